-- Proves: entries, commits, accounts, settings, the register and segments are numbered from 1 without gaps or doubles;
--         commits lie one behind the other, each later than the one before; every entry is of the time and the range of
--         its commit; and the head is where the last of each is.
-- Finds:  a row for each one that is out of place. No row is the good answer.
-- Costs:  a pass over the entries and one over the commits, both sorted.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql sequence |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
WITH wrong_entry AS (
    SELECT e.sequence, e.before, e.booked_at, c.booked_at AS commit_at, c.first_sequence, c.last_sequence,
           CASE
               WHEN e.sequence <> e.before + 1 THEN 'dense'
               WHEN e.sequence > (SELECT COALESCE(max(last_sequence), 0) FROM commit) THEN 'in_commit'
               WHEN c.booked_at IS NULL THEN 'booked_at'
               WHEN e.sequence NOT BETWEEN c.first_sequence AND c.last_sequence THEN 'in_commit'
           END AS rule
    FROM (
        SELECT sequence, booked_at, lag(sequence, 1, 0::bigint) OVER (ORDER BY sequence) AS before
        FROM entry
    ) AS e
    LEFT JOIN commit c USING (booked_at)
),
wrong_commit AS (
    SELECT commit_no, first_sequence, last_sequence, booked_at, no_before, last_before, booked_before,
           CASE
               WHEN commit_no <> no_before + 1 OR first_sequence <> last_before + 1 THEN 'dense'
               WHEN last_sequence < first_sequence THEN 'sequences_ordered'
               WHEN booked_at <= booked_before THEN 'booked_at'
           END AS rule
    FROM (
        SELECT c.*, lag(commit_no, 1, 0::bigint) OVER by_number AS no_before,
               lag(last_sequence, 1, 0::bigint) OVER by_number AS last_before,
               lag(booked_at) OVER by_number AS booked_before
        FROM commit c
        WINDOW by_number AS (ORDER BY commit_no)
    ) AS numbered
),
-- What else is numbered.
numbered AS (
    SELECT 'account' AS kind, account_no::bigint AS number, lag(account_no, 1, 0) OVER (ORDER BY account_no) AS before
    FROM account
    UNION ALL
    SELECT 'account_setting', setting_no, lag(setting_no, 1, 0::bigint) OVER (ORDER BY setting_no)
    FROM account_setting
    UNION ALL
    SELECT 'register', register_no, lag(register_no, 1, 0::bigint) OVER (ORDER BY register_no)
    FROM register
    UNION ALL
    SELECT 'segment', segment_no, lag(segment_no, 1, 0) OVER (ORDER BY segment_no)
    FROM segment
),
-- Segments lie one behind the other; those that are sealed are full, and come first.
wrong_segment AS (
    SELECT segment_no, first_sequence, last_before,
           CASE
               WHEN first_sequence <> last_before + 1 THEN 'dense'
               WHEN sealed_at IS NOT NULL AND (is_open_before OR last_sequence > (SELECT max(sequence) FROM head))
               THEN 'sequences_ordered'
           END AS rule
    FROM (
        SELECT s.*, lag(last_sequence, 1, 0::bigint) OVER by_number AS last_before,
               lag(sealed_at IS NULL, 1, false) OVER by_number AS is_open_before
        FROM segment s
        WINDOW by_number AS (ORDER BY segment_no)
    ) AS laid
),
-- What the head says, and what the last rows say.
pointer AS (
    SELECT compared.*
    FROM head
    LEFT JOIN (SELECT * FROM commit ORDER BY commit_no DESC LIMIT 1) AS c ON true
    LEFT JOIN (SELECT * FROM account ORDER BY account_no DESC LIMIT 1) AS a ON true
    LEFT JOIN (SELECT * FROM account_setting ORDER BY setting_no DESC LIMIT 1) AS s ON true
    LEFT JOIN (SELECT * FROM register ORDER BY register_no DESC LIMIT 1) AS r ON true
    LEFT JOIN (SELECT * FROM segment ORDER BY segment_no DESC LIMIT 1) AS g ON true
    CROSS JOIN (SELECT repeat('0', 64) AS hash, timestamptz '1970-01-01T00:00:00Z' AS booked_at) AS none
    CROSS JOIN LATERAL (VALUES
        ('sequence', COALESCE(c.last_sequence, 0)::text, head.sequence::text),
        ('commit_no', COALESCE(c.commit_no, 0)::text, head.commit_no::text),
        ('hash', COALESCE(encode(c.hash, 'hex'), none.hash), encode(head.hash, 'hex')),
        ('booked_at', COALESCE(c.booked_at, none.booked_at)::text, head.booked_at::text),
        ('account_no', COALESCE(a.account_no, 0)::text, head.account_no::text),
        ('account_hash', COALESCE(encode(a.hash, 'hex'), none.hash), encode(head.account_hash, 'hex')),
        ('setting_no', COALESCE(s.setting_no, 0)::text, head.setting_no::text),
        ('setting_hash', COALESCE(encode(s.hash, 'hex'), none.hash), encode(head.setting_hash, 'hex')),
        ('register_no', COALESCE(r.register_no, 0)::text, head.register_no::text),
        ('register_hash', COALESCE(encode(r.hash, 'hex'), none.hash), encode(head.register_hash, 'hex')),
        ('segment_no', COALESCE(g.segment_no, 0)::text, head.segment_no::text),
        ('segment_end', COALESCE(g.last_sequence, 0)::text, head.segment_end::text)
    ) AS compared (name, expected, actual)
)
SELECT 'entry ' || CASE rule WHEN 'dense' THEN before + 1 ELSE sequence END AS place, rule,
       CASE rule
           WHEN 'dense' THEN (before + 1)::text
           WHEN 'booked_at' THEN 'the time of a commit'
           ELSE COALESCE(first_sequence || ' to ' || last_sequence, 'a commit')
       END AS expected,
       CASE rule WHEN 'booked_at' THEN booked_at::text ELSE sequence::text END AS actual
FROM wrong_entry
WHERE rule IS NOT NULL
UNION ALL
SELECT 'entry ' || last_entry + 1, 'dense', (last_entry + 1)::text, 'none'
FROM (SELECT COALESCE(max(sequence), 0) AS last_entry FROM entry) AS there
WHERE last_entry < (SELECT max(last_sequence) FROM commit)
UNION ALL
SELECT 'commit ' || commit_no, rule,
       CASE rule
           WHEN 'dense' THEN format('commit %s from %s on', no_before + 1, last_before + 1)
           WHEN 'booked_at' THEN format('after %s', booked_before)
           ELSE format('at least %s', first_sequence)
       END,
       CASE rule
           WHEN 'dense' THEN format('commit %s from %s on', commit_no, first_sequence)
           WHEN 'booked_at' THEN booked_at::text
           ELSE last_sequence::text
       END
FROM wrong_commit
WHERE rule IS NOT NULL
UNION ALL
SELECT kind || ' ' || number, 'dense', (before + 1)::text, number::text
FROM numbered
WHERE number <> before + 1
UNION ALL
SELECT 'segment ' || segment_no, rule,
       CASE rule WHEN 'dense' THEN format('from %s on', last_before + 1) ELSE 'sealed when it is full, in order' END,
       CASE rule WHEN 'dense' THEN format('from %s on', first_sequence) ELSE 'sealed' END
FROM wrong_segment
WHERE rule IS NOT NULL
UNION ALL
SELECT 'head', 'readable', 'one row', 'none'
WHERE NOT EXISTS (SELECT FROM head)
UNION ALL
SELECT 'head', 'head_is_last', name || ' ' || expected, name || ' ' || actual
FROM pointer
WHERE expected IS DISTINCT FROM actual
ORDER BY 1, 2;
