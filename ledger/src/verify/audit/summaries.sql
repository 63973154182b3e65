-- Proves: what is summed up of sealed segments, from which balances, reports and open items of the past are answered,
--         is what their postings come to. Nothing else rests on summaries: emptied, they are filled again.
-- Finds:  a row for each segment, account, day and item that is summed up to something else. No row is the good answer.
-- Costs:  four passes over the postings that are summed up, grouped.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql summaries |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
--
-- Layers: 0 settled, 1 pending. A posting adds to debits if it is positive, else to credits; in the pending layer that
-- is so for holds (kind 1), and what ends a hold takes from the side that the hold has added to.
WITH summed AS MATERIALIZED (
    SELECT summary.*, segment.first_sequence, segment.last_sequence, segment.sealed_at,
           row_number() OVER (ORDER BY summary.segment_no) AS place
    FROM summary
    LEFT JOIN segment USING (segment_no)
),
side AS MATERIALIZED (
    SELECT summed.segment_no, p.account_no, p.layer, p.effective_date,
           CASE WHEN (amount > 0) = adds THEN amount ELSE 0 END AS debit,
           CASE WHEN (amount > 0) = adds THEN 0 ELSE -amount END AS credit
    FROM summed
    JOIN posting p ON p.sequence BETWEEN summed.first_sequence AND summed.last_sequence
    LEFT JOIN (SELECT DISTINCT sequence FROM entry WHERE kind = 1) AS hold USING (sequence)
    CROSS JOIN LATERAL (
        SELECT p.amount_minor::numeric AS amount, p.layer <> 1 OR hold.sequence IS NOT NULL AS adds
    ) AS moved
),
dates AS (
    SELECT segment_no, min(effective_date) AS first_date, max(effective_date) AS last_date,
           bool_or(layer = 1) AS has_pending
    FROM side
    GROUP BY segment_no
),
-- Segments at whose end all totals were taken, each with the one before.
taken AS MATERIALIZED (
    SELECT segment_no, lag(segment_no, 1, 0) OVER (ORDER BY segment_no) AS before
    FROM (SELECT segment_no FROM account_total UNION SELECT segment_no FROM summed WHERE has_totals) AS every
),
total AS (
    SELECT segment_no, account_no, layer, sum(debit) AS debits, sum(credit) AS credits
    FROM (
        SELECT taken.segment_no, t.account_no, t.layer, t.debits_after AS debit, t.credits_after AS credit
        FROM taken
        JOIN account_total t ON t.segment_no = taken.before
        UNION ALL
        SELECT taken.segment_no, side.account_no, side.layer, side.debit, side.credit
        FROM taken
        JOIN summed ON summed.segment_no > taken.before AND summed.segment_no <= taken.segment_no
        JOIN side ON side.segment_no = summed.segment_no
    ) AS moved
    GROUP BY segment_no, account_no, layer
),
day AS (
    SELECT segment_no, account_no, layer, effective_date, sum(debit) AS debits, sum(credit) AS credits
    FROM side
    JOIN (SELECT DISTINCT segment_no, account_no, layer FROM day_total) AS busy USING (segment_no, account_no, layer)
    GROUP BY segment_no, account_no, layer, effective_date
),
item AS (
    SELECT account_no, item, layer, sum(amount_minor) AS total, min(effective_date) AS first_date,
           max(effective_date) AS last_date, max(due_date) AS due_date
    FROM posting
    WHERE item IS NOT NULL AND sequence <= (SELECT max(last_sequence) FROM summed)
    GROUP BY account_no, item, layer
)
SELECT 'summary ' || segment_no AS place, 'summary' AS rule,
       format('%s to %s, pending: %s, of sealed segment %s', d.first_date, d.last_date, d.has_pending, place)
           AS expected,
       format('%s to %s, pending: %s, of segment %s', s.first_date, s.last_date, s.has_pending, segment_no) AS actual
FROM summed s
LEFT JOIN dates d USING (segment_no)
WHERE segment_no <> place OR sealed_at IS NULL
   OR (d.first_date, d.last_date, d.has_pending) IS DISTINCT FROM (s.first_date, s.last_date, s.has_pending)
UNION ALL
SELECT 'summary ' || segment_no, 'summary', 'no totals of accounts', 'totals of accounts'
FROM (SELECT DISTINCT segment_no FROM account_total) AS there
WHERE segment_no NOT IN (SELECT segment_no FROM summed WHERE has_totals)
UNION ALL
SELECT 'summary ' || segment_no, 'summary',
       format('account %s, layer %s: debits %s, credits %s', account_no, layer, debits, credits),
       format('account %s, layer %s: debits %s, credits %s', account_no, layer, debits_after, credits_after)
FROM total
FULL JOIN account_total USING (segment_no, account_no, layer)
WHERE debits IS DISTINCT FROM debits_after OR credits IS DISTINCT FROM credits_after
UNION ALL
SELECT 'summary ' || segment_no, 'summary',
       format('account %s, layer %s, %s: debits %s, credits %s', account_no, layer, effective_date, debits, credits),
       format('account %s, layer %s, %s: debits %s, credits %s', account_no, layer, effective_date, debits_minor,
              credits_minor)
FROM day
FULL JOIN day_total USING (segment_no, account_no, layer, effective_date)
WHERE debits IS DISTINCT FROM debits_minor OR credits IS DISTINCT FROM credits_minor
UNION ALL
SELECT 'summary ' || COALESCE((SELECT max(segment_no) FROM summed), 0), 'summary',
       format('account %s, item %s, layer %s: %s from %s to %s, due %s', account_no, item, layer, i.total, i.first_date,
              i.last_date, i.due_date),
       format('account %s, item %s, layer %s: %s from %s to %s, due %s', account_no, item, layer, t.total_minor,
              t.first_date, t.last_date, t.due_date)
FROM item i
FULL JOIN item_total t USING (account_no, item, layer)
WHERE i.total IS DISTINCT FROM t.total_minor
   OR (i.first_date, i.last_date, i.due_date) IS DISTINCT FROM (t.first_date, t.last_date, t.due_date)
ORDER BY 1, 2;
