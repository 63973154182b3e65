-- $1: a code. $2: whether the accounts below it count too. $3: the horizon's last sequence.
-- "listed" tells a currency in which something was posted from one that no posting has touched yet.
WITH wanted AS (
    SELECT array_agg(account_no) AS accounts
    FROM account
    WHERE code = $1 OR ($2 AND code > $1 || '.' AND code < $1 || '/')
), totals AS MATERIALIZED (
    SELECT last.*
    FROM wanted, last_totals(wanted.accounts, $3) AS last
)
SELECT a.currency,
       count(*) AS accounts,
       (array_agg(a.name ORDER BY a.account_no))[1] AS name,
       (array_agg(a.normal_side ORDER BY a.account_no))[1] AS normal_side,
       bool_or(a.code = $1 OR settled.debits_after IS NOT NULL OR pending.debits_after IS NOT NULL) AS listed,
       COALESCE(sum(settled.debits_after), 0)::text AS settled_debits,
       COALESCE(sum(settled.credits_after), 0)::text AS settled_credits,
       COALESCE(sum(pending.debits_after), 0)::text AS pending_debits,
       COALESCE(sum(pending.credits_after), 0)::text AS pending_credits
FROM account a
LEFT JOIN totals settled ON settled.account_no = a.account_no AND settled.layer = 0
LEFT JOIN totals pending ON pending.account_no = a.account_no AND pending.layer = 1
WHERE a.code = $1 OR ($2 AND a.code > $1 || '.' AND a.code < $1 || '/')
GROUP BY a.currency
ORDER BY a.currency
