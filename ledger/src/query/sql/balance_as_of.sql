-- $1: a code. $2: whether the accounts below it count too. $3: the horizon's last sequence. $4: the effective date.
-- "listed" tells a currency in which something was posted from one that no posting has touched yet.
WITH wanted AS MATERIALIZED (
    SELECT account_no, code, name, currency, normal_side
    FROM account
    WHERE code = $1 OR ($2 AND code > $1 || '.' AND code < $1 || '/')
), totals AS MATERIALIZED (
    SELECT *
    FROM accounts_as_of((SELECT array_agg(account_no) FROM wanted), $4, $3)
)
SELECT a.currency,
       count(*) AS accounts,
       (array_agg(a.name ORDER BY a.account_no))[1] AS name,
       (array_agg(a.normal_side ORDER BY a.account_no))[1] AS normal_side,
       bool_or(a.code = $1 OR settled.debits IS NOT NULL OR pending.debits IS NOT NULL) AS listed,
       COALESCE(sum(settled.debits), 0)::text AS settled_debits,
       COALESCE(sum(settled.credits), 0)::text AS settled_credits,
       COALESCE(sum(pending.debits), 0)::text AS pending_debits,
       COALESCE(sum(pending.credits), 0)::text AS pending_credits
FROM wanted a
LEFT JOIN totals settled ON settled.account_no = a.account_no AND settled.layer = 0
LEFT JOIN totals pending ON pending.account_no = a.account_no AND pending.layer = 1
GROUP BY a.currency
ORDER BY a.currency
