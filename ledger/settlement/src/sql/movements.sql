-- $1: the accounts. $2, $3: the first and the last day, either may be NULL.
-- The legs beside them, on output VAT and on shares held, say what of a fee is VAT and what of a price was collected.
WITH moved AS MATERIALIZED (
    SELECT p.sequence, p.leg, a.code, p.item, p.amount_minor, p.effective_date
    FROM account_postings(
        ARRAY(SELECT account_no FROM account WHERE code = ANY ($1)), $2, $3, 9223372036854775807
    ) p
    JOIN account a USING (account_no)
), beside AS MATERIALIZED (
    SELECT p.sequence,
           COALESCE(sum(p.amount_minor) FILTER (WHERE a.code = '2401'), 0)::bigint AS vat_minor,
           COALESCE(sum(p.amount_minor) FILTER (WHERE a.code LIKE '2203.%'), 0)::bigint AS held_minor
    FROM postings_of(ARRAY(SELECT DISTINCT sequence FROM moved)) p
    JOIN account a USING (account_no)
    GROUP BY p.sequence
)
SELECT split_part(moved.code, '.', 1) AS control, COALESCE(moved.item, '') AS item,
       COALESCE(register.name, '') AS journal, e.reference, moved.effective_date, moved.amount_minor,
       beside.vat_minor, beside.held_minor
FROM moved
JOIN beside USING (sequence)
JOIN entries_of(ARRAY(SELECT DISTINCT sequence FROM moved)) e USING (sequence)
LEFT JOIN register ON register.register_no = e.template_no
ORDER BY moved.sequence, moved.leg
