-- $1: a code. $2: whether the accounts below it count too. $3: the horizon's last sequence. $4: the effective date.
-- Pending: a hold's debit leg and what is taken from it (a negative amount of another kind) are one side, so that summing
-- the legs of a side leaves what is outstanding on it.
SELECT a.currency,
       count(*) AS accounts,
       (array_agg(a.name ORDER BY a.account_no))[1] AS name,
       (array_agg(a.normal_side ORDER BY a.account_no))[1] AS normal_side,
       bool_or(a.code = $1 OR settled.legs > 0 OR pending.legs > 0) AS listed,
       COALESCE(sum(settled.debits), 0)::text AS settled_debits,
       COALESCE(sum(settled.credits), 0)::text AS settled_credits,
       COALESCE(sum(pending.debits), 0)::text AS pending_debits,
       COALESCE(sum(pending.credits), 0)::text AS pending_credits
FROM account a
CROSS JOIN LATERAL (
    SELECT count(*) AS legs,
           sum(amount_minor) FILTER (WHERE amount_minor > 0) AS debits,
           -sum(amount_minor) FILTER (WHERE amount_minor < 0) AS credits
    FROM posting
    WHERE account_no = a.account_no AND layer = 0 AND sequence <= $3 AND effective_date <= $4
) settled
CROSS JOIN LATERAL (
    SELECT count(*) AS legs,
           sum(p.amount_minor) FILTER (WHERE (p.amount_minor > 0) = (e.kind = 1)) AS debits,
           -sum(p.amount_minor) FILTER (WHERE (p.amount_minor > 0) <> (e.kind = 1)) AS credits
    FROM posting p
    JOIN entry e USING (sequence)
    WHERE p.account_no = a.account_no AND p.layer = 1 AND p.sequence <= $3 AND p.effective_date <= $4
) pending
WHERE a.code = $1 OR ($2 AND a.code > $1 || '.' AND a.code < $1 || '/')
GROUP BY a.currency
ORDER BY a.currency
