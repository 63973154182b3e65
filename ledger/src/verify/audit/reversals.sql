-- Proves: every reversal names an earlier entry that has moved something, and moves back no more than is left of it:
--         what it has moved, less what was moved back of it, plus what was moved back of that, and so on; by account
--         and item.
-- Finds:  a row for each reversal of nothing, and each leg of one that moves back too much. No row is the good answer.
-- Costs:  a pass over the entries and one over the postings; sorted is only what was reversed.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql reversals |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
--
-- Kinds of entries: 0 post, 3 capture, 5 reversal; others move nothing. Layer 0 is what is settled.
WITH RECURSIVE line AS (
    -- Every reversal with what it reverses, what that reverses, and so on.
    SELECT sequence, relates_to AS original, true AS is_direct
    FROM entry
    WHERE kind = 5
    UNION
    SELECT line.sequence, e.relates_to, false
    FROM line
    JOIN entry e ON e.entry_id = line.original
    WHERE e.kind = 5
),
moved AS (
    -- What was moved by the originals themselves, and back again by what is in their lines.
    SELECT part.original, part.is_direct, p.sequence, p.leg, p.account_no, p.item, p.amount_minor,
           sum(p.amount_minor) OVER (
               PARTITION BY part.original, p.account_no, p.item ORDER BY p.sequence, p.leg
           ) AS left_after
    FROM (
        SELECT original, sequence, is_direct
        FROM line
        UNION ALL
        SELECT entry_id, sequence, false
        FROM entry
        WHERE entry_id IN (SELECT original FROM line)
    ) AS part
    JOIN posting p USING (sequence)
    WHERE p.layer = 0
)
SELECT 'entry ' || e.sequence AS place, 'takes_from_earlier' AS rule,
       'an earlier entry that moved something' AS expected, COALESCE(e.relates_to::text, 'no entry') AS actual
FROM entry e
LEFT JOIN entry original ON original.entry_id = e.relates_to
WHERE e.kind = 5
  AND COALESCE(original.sequence >= e.sequence OR original.kind NOT IN (0, 3, 5), true)
UNION ALL
SELECT format('posting %s leg %s', sequence, leg), 'takes_what_is_left',
       format('at most %s on account %s%s', -(left_after - amount_minor), account_no, ' for item ' || item),
       amount_minor::text
FROM moved
WHERE is_direct
  AND (sign(amount_minor) <> -sign(left_after - amount_minor)
       OR abs(amount_minor::numeric) > abs(left_after - amount_minor))
ORDER BY 1, 2;
