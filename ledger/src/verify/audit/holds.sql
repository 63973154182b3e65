-- Proves: what is released, captured and expired of a hold, by account and item, is never more than it holds; the end
--         of a group of holds, and an expiry, take all that is left; a capture moves what it no longer holds; no hold
--         outlasts its time; and what is pending on an account is what all holds together still hold.
-- Finds:  a row for each leg that takes too much, and for whatever else of this is wrong. No row is the good answer.
-- Costs:  a pass over the entries and three over the postings; sorted is only what is pending, and times.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql holds |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
--
-- Kinds of entries: 1 hold, 2 release, 3 capture, 4 expiry. What takes names its hold (relates_to), or ends a whole
-- group of holds (hold_group). Layer 1 is what is pending; what takes has the opposite sign of what was held.
WITH hold AS MATERIALIZED (
    SELECT entry_id, sequence, hold_group, expires_at
    FROM entry
    WHERE kind = 1
),
taker AS MATERIALIZED (
    SELECT sequence, kind, relates_to, CASE WHEN relates_to IS NULL THEN hold_group END AS ends_group
    FROM entry
    WHERE kind IN (2, 3, 4)
),
group_end AS (
    SELECT ends_group AS hold_group, min(sequence) AS sequence
    FROM taker
    WHERE ends_group IS NOT NULL
    GROUP BY ends_group
),
pending AS MATERIALIZED (
    SELECT sequence, leg, account_no, item, amount_minor
    FROM posting
    WHERE layer = 1
),
-- Each hold's legs, and those of what names it, with what is left after each.
part AS MATERIALIZED (
    SELECT of_hold.hold, is_hold, sequence, leg, account_no, item, amount_minor,
           sum(amount_minor) OVER (PARTITION BY of_hold.hold, account_no, item ORDER BY sequence, leg) AS left_after
    FROM (
        SELECT entry_id AS hold, sequence, true AS is_hold
        FROM hold
        UNION ALL
        SELECT relates_to, sequence, false
        FROM taker
        WHERE relates_to IS NOT NULL
    ) AS of_hold
    JOIN pending USING (sequence)
),
-- What was left of each hold when nothing named it any more.
remainder AS MATERIALIZED (
    SELECT hold.entry_id, hold.sequence, hold.hold_group, hold.expires_at, of_hold.account_no, of_hold.item,
           of_hold.left_minor, of_hold.last_taken
    FROM hold
    JOIN (
        SELECT hold, account_no, item, sum(amount_minor) AS left_minor, max(sequence) AS last_taken
        FROM part
        GROUP BY hold, account_no, item
    ) AS of_hold ON of_hold.hold = hold.entry_id
),
-- When each hold that has an end of its own held nothing any more; NULL: it still holds something.
ended AS (
    SELECT r.entry_id, r.sequence, r.expires_at,
           CASE
               WHEN g.sequence IS NOT NULL AND g.sequence > r.sequence THEN g.sequence
               WHEN bool_and(r.left_minor = 0) THEN max(r.last_taken)
           END AS at_sequence
    FROM remainder r
    LEFT JOIN group_end g USING (hold_group)
    WHERE r.expires_at IS NOT NULL
    GROUP BY r.entry_id, r.sequence, r.expires_at, g.sequence
),
-- The first entry at or after the end of each of them that is no expiry.
overtaken AS (
    SELECT ended.*, first_entry
    FROM ended
    JOIN (
        SELECT hold, min(first_sequence) OVER (ORDER BY at DESC) AS first_entry
        FROM (
            SELECT booked_at AS at, min(sequence) AS first_sequence, NULL::uuid AS hold
            FROM entry
            WHERE kind <> 4
            GROUP BY booked_at
            UNION ALL
            SELECT expires_at, NULL, entry_id
            FROM hold
            WHERE expires_at IS NOT NULL
        ) AS moments
    ) AS next ON next.hold = ended.entry_id
),
-- What was left of the holds of a group when it was ended, and what its end has taken, on each side.
group_left AS (
    SELECT hold_group, account_no, item, sum(left_minor) AS left_minor, sum(taken) AS taken
    FROM (
        SELECT hold_group, account_no, item, left_minor > 0 AS is_debit, left_minor, 0 AS taken
        FROM remainder
        JOIN group_end USING (hold_group)
        WHERE left_minor <> 0
        UNION ALL
        SELECT ends_group, account_no, item, amount_minor < 0, 0, -amount_minor::numeric
        FROM taker
        JOIN pending USING (sequence)
        WHERE ends_group IS NOT NULL
    ) AS parts
    GROUP BY hold_group, account_no, item, is_debit
),
captured AS (
    SELECT p.sequence, p.account_no, p.item, sum(p.amount_minor) FILTER (WHERE p.layer = 0) AS moved,
           -sum(p.amount_minor) FILTER (WHERE p.layer = 1) AS unheld
    FROM taker t
    JOIN posting p USING (sequence)
    WHERE t.kind = 3
    GROUP BY p.sequence, p.account_no, p.item
),
-- What all holds together still hold of an account, beside what its last pending posting says.
held AS (
    SELECT account_no, sum(left_minor) AS held
    FROM remainder r
    LEFT JOIN group_end g USING (hold_group)
    WHERE g.sequence IS NULL
    GROUP BY account_no
),
balance AS (
    SELECT DISTINCT ON (account_no) account_no, debits_after::numeric - credits_after::numeric AS pending
    FROM posting
    WHERE layer = 1
    ORDER BY account_no, sequence DESC, leg DESC
)
-- What takes names an earlier hold whose group has not ended, or is the first that ends a group.
SELECT 'entry ' || t.sequence AS place, 'takes_from_earlier' AS rule, 'a hold that still holds something' AS expected,
       COALESCE(t.relates_to::text, 'group ' || t.ends_group, 'no entry') AS actual
FROM taker t
LEFT JOIN hold ON hold.entry_id = t.relates_to
LEFT JOIN group_end g ON g.hold_group = COALESCE(t.ends_group, hold.hold_group)
WHERE CASE
          WHEN t.relates_to IS NOT NULL
          THEN COALESCE(hold.sequence >= t.sequence, true) OR COALESCE(g.sequence < t.sequence, false)
          ELSE t.ends_group IS NULL OR g.sequence < t.sequence
       END
UNION ALL
-- A hold joins no group that has ended.
SELECT 'entry ' || hold.sequence, 'takes_from_earlier', 'a group that has not ended', 'group ' || hold_group
FROM hold
JOIN group_end g USING (hold_group)
WHERE hold.sequence > g.sequence
UNION ALL
SELECT format('posting %s leg %s', sequence, leg), 'takes_what_is_left',
       format('at most %s on account %s%s', -(left_after - amount_minor), account_no, ' for item ' || item),
       amount_minor::text
FROM part
WHERE NOT is_hold
  AND (sign(amount_minor) <> -sign(left_after - amount_minor)
       OR abs(amount_minor::numeric) > abs(left_after - amount_minor))
UNION ALL
SELECT 'entry ' || g.sequence, 'takes_what_is_left',
       format('%s on account %s%s', -left_minor, account_no, ' for item ' || item), (-taken)::text
FROM group_left
JOIN group_end g USING (hold_group)
WHERE left_minor <> taken
UNION ALL
SELECT 'entry ' || t.sequence, 'takes_what_is_left', 'all that is left',
       format('leaves %s on account %s', r.left_minor, r.account_no)
FROM taker t
JOIN remainder r ON r.entry_id = t.relates_to
WHERE t.kind = 4 AND r.left_minor <> 0
UNION ALL
SELECT 'entry ' || sequence, 'takes_what_is_left',
       format('%s on account %s%s', COALESCE(unheld, 0), account_no, ' for item ' || item), COALESCE(moved, 0)::text
FROM captured
WHERE moved IS DISTINCT FROM unheld
UNION ALL
SELECT 'entry ' || first_entry, 'holds_end_in_time',
       format('the end of hold %s, which expired at %s', entry_id, expires_at), 'another entry'
FROM overtaken
WHERE first_entry > sequence AND first_entry < COALESCE(at_sequence, first_entry + 1)
UNION ALL
SELECT 'head', 'holds_end_in_time', format('a look at the holds at %s', first), COALESCE(next_expiry::text, 'never')
FROM head
JOIN (SELECT min(expires_at) AS first FROM ended WHERE at_sequence IS NULL) AS open ON true
WHERE first IS NOT NULL AND COALESCE(next_expiry > first, true)
UNION ALL
SELECT 'account ' || COALESCE(account.code, account_no::text), 'holds', format('%s held', COALESCE(held, 0)),
       format('%s pending', COALESCE(pending, 0))
FROM held
FULL JOIN balance USING (account_no)
LEFT JOIN account USING (account_no)
WHERE COALESCE(held, 0) <> COALESCE(pending, 0)
ORDER BY 1, 2;
