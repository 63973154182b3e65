-- Proves: every entry counts on a day that was open to it; every trial balance that was sealed with a closing is the
--         one that follows from the postings that were there, down to its digest; and the head obeys the last closing.
-- Finds:  a row for each entry on a closed day and each seal that does not follow. No row is the good answer.
-- Costs:  a pass over the entries and one over the postings, grouped by account.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql closings |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
--
-- A closing is in force for the entries after the one it names (after_sequence), up to the next closing. Its seal is
-- the SHA-256 of a line `ACCOUNT|CURRENCY|DEBITS|CREDITS` and a line feed for every account that was posted to, in the
-- order of their codes, byte by byte; amounts in minor units.
WITH closing AS MATERIALIZED (
    SELECT register_no, after_sequence, (content ->> 'soft_through')::date AS soft_through,
           (content ->> 'hard_through')::date AS hard_through, content -> 'trial_balance' AS sealed,
           row_number() OVER (ORDER BY register_no) AS place
    FROM register
    WHERE kind = 'closing'
),
seal AS MATERIALIZED (
    SELECT register_no, after_sequence, sealed, CASE WHEN sealed ->> 'as_of' ~ '^\d{4}-(0[1-9]|1[0-2])-([01]\d|2[0-8])$|^\d{4}-\d{2}-(29|30|31)$'
                THEN to_date(sealed ->> 'as_of', 'YYYY-MM-DD') END AS as_of,
           row_number() OVER (ORDER BY register_no) AS place
    FROM closing
    WHERE json_typeof(sealed) = 'object'
),
-- The postings of each account between one seal and the next, and between one sealed day and the next.
part AS MATERIALIZED (
    SELECT account_no, seals_before, days_before, sum(GREATEST(amount_minor, 0)) AS debits,
           sum(GREATEST(-amount_minor::numeric, 0)) AS credits
    FROM posting
    CROSS JOIN LATERAL (
        SELECT width_bucket(sequence, (SELECT array_agg(after_sequence + 1 ORDER BY place) FROM seal)) AS seals_before,
               width_bucket(effective_date, (SELECT array_agg(as_of + 1 ORDER BY as_of) FROM seal WHERE as_of IS NOT NULL)) AS days_before
    ) AS counted
    WHERE layer = 0 AND EXISTS (SELECT FROM seal)
    GROUP BY account_no, seals_before, days_before
),
line AS (
    SELECT seal.register_no, a.code, a.currency, sum(debits) AS debits, sum(credits) AS credits
    FROM (
        SELECT seal.*, (SELECT count(*) FROM seal other WHERE other.as_of < seal.as_of) AS days_before
        FROM seal
    ) AS seal
    JOIN part ON part.seals_before < seal.place AND part.days_before <= seal.days_before
    JOIN account a USING (account_no)
    GROUP BY seal.register_no, a.code, a.currency
),
made AS (
    SELECT seal.register_no, sealed,
           encode(sha256(convert_to(COALESCE(lines.lines, ''), 'UTF8')), 'hex') AS sha256,
           COALESCE(lines.rows, 0) AS rows,
           COALESCE(totals.totals, '') AS totals,
           (SELECT max(booked_at) FROM commit WHERE last_sequence <= seal.after_sequence) AS known_at
    FROM seal
    LEFT JOIN (
        SELECT register_no, count(*) AS rows,
               string_agg(format(E'%s|%s|%s|%s\n', code, currency, debits, credits), '' ORDER BY code) AS lines
        FROM line
        GROUP BY register_no
    ) AS lines USING (register_no)
    LEFT JOIN (
        SELECT register_no, string_agg(format('%s %s', currency, debits), ', ' ORDER BY currency) AS totals
        FROM (SELECT register_no, currency, sum(debits) AS debits FROM line GROUP BY register_no, currency) AS total
        GROUP BY register_no
    ) AS totals USING (register_no)
),
compared AS (
    SELECT register_no, name, expected, actual
    FROM made
    CROSS JOIN LATERAL (VALUES
        ('sha256', made.sha256, sealed ->> 'sha256'),
        ('rows', made.rows::text, sealed ->> 'rows'),
        ('known at', COALESCE(made.known_at, '1970-01-01T00:00:00Z')::text, (sealed ->> 'known_at')::timestamptz::text),
        ('totals', made.totals, (
            -- Decimals with all digits of their currency.
            SELECT COALESCE(string_agg(
                format('%s %s', total ->> 'currency', ltrim(replace(total ->> 'amount', '.', ''), '0')),
                ', ' ORDER BY (total ->> 'currency') COLLATE "C"), '')
            FROM json_array_elements(sealed -> 'totals') AS total
        ))
    ) AS field (name, expected, actual)
)
SELECT 'entry ' || e.sequence AS place, 'day_open' AS rule, format('a day after %s', closed_through) AS expected,
       e.effective_date::text AS actual
FROM entry e
JOIN closing ON closing.place = width_bucket(
    e.sequence, (SELECT array_agg(after_sequence + 1 ORDER BY place) FROM closing))
CROSS JOIN LATERAL (SELECT CASE WHEN e.adjusting THEN hard_through ELSE soft_through END AS closed_through) AS obeyed
WHERE e.effective_date <= closed_through
UNION ALL
SELECT 'register ' || register_no, 'sealed_trial_balance', format('%s: %s', name, expected),
       format('%s: %s', name, actual)
FROM compared
WHERE expected IS DISTINCT FROM actual
UNION ALL
SELECT 'head', 'head_is_last', format('closed softly through %s, hard through %s', c.soft_through, c.hard_through),
       format('closed softly through %s, hard through %s', head.soft_closed_through, head.hard_closed_through)
FROM head
LEFT JOIN (SELECT * FROM closing ORDER BY place DESC LIMIT 1) AS c ON true
WHERE (c.soft_through, c.hard_through) IS DISTINCT FROM (head.soft_closed_through, head.hard_closed_through)
ORDER BY 1, 2;
