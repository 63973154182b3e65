-- The first day of an account that has come to something else than its total says.
SELECT taken.segment_no, differing.*
FROM (SELECT DISTINCT segment_no FROM day_total) AS taken
LEFT JOIN segment USING (segment_no)
CROSS JOIN LATERAL (
    SELECT format('account %s, layer %s, %s', account_no, layer, effective_date) AS what,
           format('debits %s, credits %s', derived.debits, derived.credits) AS expected,
           format('debits %s, credits %s', there.debits_minor, there.credits_minor) AS actual
    FROM (
        SELECT account_no, layer, effective_date, sum(debit_minor) AS debits, sum(credit_minor) AS credits
        FROM posting_side
        WHERE sequence BETWEEN segment.first_sequence AND segment.last_sequence
          AND (account_no, layer) IN (SELECT account_no, layer FROM day_total WHERE segment_no = taken.segment_no)
        GROUP BY account_no, layer, effective_date
    ) AS derived
    FULL JOIN (
        SELECT *
        FROM day_total
        WHERE segment_no = taken.segment_no
    ) AS there USING (account_no, layer, effective_date)
    WHERE debits IS DISTINCT FROM debits_minor OR credits IS DISTINCT FROM credits_minor
    ORDER BY account_no, layer, effective_date
    LIMIT 1
) AS differing
ORDER BY 1
LIMIT 1
