-- Proves: every entry is of a known kind, on a day that there is, has at least two legs and sums to zero in each
--         currency and layer; what was to move at most an amount moves no more; every posting belongs to an entry and
--         has its day and layer, is numbered within it from 0, moves something, and is in the currency of an account
--         that exists, naming an item exactly where the account keeps items.
-- Finds:  a row for each entry or posting that is wrong, with the first rule that it breaks. No row is the good answer.
-- Costs:  two passes over the postings, sorted and grouped by entry.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql entries |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
--
-- Kinds of entries: 0 post, 1 hold, 2 release, 3 capture, 4 expiry, 5 reversal. Layers: 0 settled, 1 pending.
WITH sum_of AS MATERIALIZED (
    SELECT sequence, currency, layer, sum(amount_minor) AS total, count(*) AS legs,
           GREATEST(max(amount_minor)::numeric, -min(amount_minor)::numeric) AS largest
    FROM posting
    GROUP BY sequence, currency, layer
),
wrong_entry AS (
    SELECT e.sequence, e.kind, e.effective_date, e.relates_to, e.expires_at, e.at_most_minor, legs, largest,
           CASE
               WHEN NOT isfinite(e.effective_date) OR e.effective_date > '9999-12-31'
                    OR NOT isfinite(e.expires_at) OR e.expires_at >= '10000-01-01T00:00:00Z'
               THEN 'readable'
               WHEN e.kind NOT BETWEEN 0 AND 5 THEN 'kind'
               WHEN e.kind IN (0, 1) AND e.relates_to IS NOT NULL THEN 'kind'
               WHEN e.kind <> 1 AND e.expires_at IS NOT NULL THEN 'kind'
               WHEN COALESCE(legs, 0) < 2 THEN 'leg_count'
               WHEN e.kind IN (0, 1) AND e.at_most_minor IS NOT NULL
                    AND (legs <> 2 OR largest > abs(e.at_most_minor::numeric))
               THEN 'moves_at_most'
           END AS rule
    FROM entry e
    LEFT JOIN (
        SELECT sequence, sum(legs) AS legs, max(largest) AS largest
        FROM sum_of
        GROUP BY sequence
    ) AS size USING (sequence)
),
wrong_posting AS (
    SELECT p.*, e.kind, e.effective_date AS entry_date, a.currency AS account_currency, a.open_item,
           CASE
               WHEN e.sequence IS NULL THEN 'has_entry'
               WHEN p.leg <> p.next_leg THEN 'dense'
               WHEN p.effective_date <> e.effective_date THEN 'effective_date'
               WHEN p.layer NOT IN (0, 1) OR (p.layer = 0 AND e.kind NOT IN (0, 3, 5))
                    OR (p.layer = 1 AND e.kind IN (0, 5))
               THEN 'layer'
               WHEN p.amount_minor = 0 THEN 'amount_not_zero'
               WHEN a.account_no IS NULL THEN 'known'
               WHEN p.currency <> a.currency THEN 'currency'
               WHEN (p.item IS NOT NULL) <> a.open_item THEN 'item'
           END AS rule
    FROM (
        SELECT p.*, lag(leg, 1, (-1)::smallint) OVER (PARTITION BY sequence ORDER BY leg) + 1 AS next_leg
        FROM posting p
    ) AS p
    LEFT JOIN entry e USING (sequence)
    LEFT JOIN account a USING (account_no)
)
SELECT 'entry ' || sequence AS place, rule,
       CASE rule
           WHEN 'readable' THEN 'days of four-digit years'
           WHEN 'kind' THEN '0 to 5; taking from no entry if it is 0 or 1; with an end only if it is 1'
           WHEN 'leg_count' THEN 'at least 2 legs'
           ELSE format('2 legs of at most %s', abs(at_most_minor::numeric))
       END AS expected,
       CASE rule
           WHEN 'readable' THEN concat_ws(', ', effective_date, 'ends ' || expires_at)
           WHEN 'kind' THEN concat_ws(', ', 'kind ' || kind, 'takes from ' || relates_to, 'ends ' || expires_at)
           WHEN 'leg_count' THEN COALESCE(legs, 0)::text
           ELSE format('%s legs, the largest of %s', legs, largest)
       END AS actual
FROM wrong_entry
WHERE rule IS NOT NULL
UNION ALL
SELECT 'entry ' || sequence, 'balances', format('0 minor units of %s', currency),
       format('%s in layer %s', total, layer)
FROM sum_of
WHERE total <> 0
UNION ALL
SELECT format('posting %s leg %s', sequence, leg), rule,
       CASE rule
           WHEN 'has_entry' THEN 'an entry'
           WHEN 'dense' THEN 'leg ' || next_leg
           WHEN 'effective_date' THEN entry_date::text
           WHEN 'layer' THEN 'a layer of an entry of kind ' || kind
           WHEN 'amount_not_zero' THEN 'an amount'
           WHEN 'known' THEN 'an account'
           WHEN 'currency' THEN account_currency
           ELSE CASE WHEN open_item THEN 'an item' ELSE 'no item' END
       END,
       CASE rule
           WHEN 'has_entry' THEN 'none'
           WHEN 'dense' THEN 'leg ' || leg
           WHEN 'effective_date' THEN effective_date::text
           WHEN 'layer' THEN layer::text
           WHEN 'amount_not_zero' THEN '0'
           WHEN 'known' THEN 'account ' || account_no
           WHEN 'currency' THEN currency
           ELSE COALESCE(item, 'no item')
       END
FROM wrong_posting
WHERE rule IS NOT NULL
ORDER BY 1, 2;
