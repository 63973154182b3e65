-- The first total of an account that is not the one before and what was posted since.
SELECT taken.segment_no, differing.*
FROM (
    SELECT segment_no, last_sequence, lag(segment_no) OVER earlier AS before_no,
           COALESCE(lag(last_sequence) OVER earlier, 0) AS before_end
    FROM (SELECT DISTINCT segment_no FROM account_total UNION SELECT segment_no FROM summary WHERE has_totals) AS every
    JOIN segment USING (segment_no)
    WINDOW earlier AS (ORDER BY segment_no)
) AS taken
CROSS JOIN LATERAL (
    SELECT format('account %s, layer %s', account_no, layer) AS what,
           format('debits %s, credits %s', derived.debits, derived.credits) AS expected,
           format('debits %s, credits %s', there.debits_after, there.credits_after) AS actual
    FROM (
        SELECT account_no, layer, sum(debit_minor) AS debits, sum(credit_minor) AS credits
        FROM (
            SELECT account_no, layer, debits_after AS debit_minor, credits_after AS credit_minor
            FROM account_total
            WHERE segment_no = taken.before_no
            UNION ALL
            SELECT account_no, layer, debit_minor, credit_minor
            FROM posting_side
            WHERE sequence > taken.before_end AND sequence <= taken.last_sequence
        ) AS moved
        GROUP BY account_no, layer
    ) AS derived
    FULL JOIN (
        SELECT *
        FROM account_total
        WHERE segment_no = taken.segment_no
    ) AS there USING (account_no, layer)
    WHERE debits IS DISTINCT FROM debits_after OR credits IS DISTINCT FROM credits_after
    ORDER BY account_no, layer
    LIMIT 1
) AS differing
ORDER BY 1
LIMIT 1
