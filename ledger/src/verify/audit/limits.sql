-- Proves: no entry took an account or a limit group past the limit that was in force for it, what is held counted in,
--         nor posted on an account that was closed, or frozen on its side; and the members of a limit group that are
--         listed are the accounts that its record names.
-- Finds:  a row for each entry and account or group that passed a limit, each posting on an account that was not open
--         to it, and each group with other members. No row is the good answer.
-- Costs:  a pass over the postings for accounts, and one for groups; sorted are those of accounts with limits, and
--         those of members once for every version of a group.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql limits |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
--
-- A setting and a group are in force for the entries after the one they name (after_sequence), up to the next. A
-- balance can still rise to what is settled and all that is held upwards, and fall to what is settled less all that is
-- held downwards: both ends obey the limits. Going back towards a limit that is passed already is free.
WITH setting AS MATERIALIZED (
    SELECT account_no, after_sequence, min_minor, max_minor, closed, frozen,
           lead(after_sequence, 1, 9223372036854775807) OVER (PARTITION BY account_no ORDER BY setting_no) AS up_to
    FROM account_setting
),
limit_group AS MATERIALIZED (
    SELECT register_no, name, after_sequence, content ->> 'normal_side' AS normal_side,
           CASE json_typeof(content -> 'accounts') WHEN 'array' THEN content -> 'accounts' END AS accounts,
           -- Decimals with all digits of their currency.
           replace(content ->> 'min', '.', '')::numeric AS min_minor,
           replace(content ->> 'max', '.', '')::numeric AS max_minor,
           lead(after_sequence, 1, 9223372036854775807) OVER (PARTITION BY name ORDER BY register_no) AS up_to
    FROM register
    WHERE kind = 'limit_group'
),
named AS MATERIALIZED (
    SELECT register_no, account_no
    FROM limit_group
    CROSS JOIN LATERAL json_array_elements_text(accounts) AS name_of (code)
    JOIN account USING (code)
),
member AS (
    SELECT register_no,
           array_agg(named.account_no ORDER BY account_no) FILTER (WHERE named.account_no IS NOT NULL) AS named,
           array_agg(listed.account_no ORDER BY account_no) FILTER (WHERE listed.account_no IS NOT NULL) AS listed
    FROM named
    FULL JOIN limit_group_member listed USING (register_no, account_no)
    GROUP BY register_no
),
-- What is limited: accounts that ever had a limit, and every version of a group that has one.
watched AS MATERIALIZED (
    SELECT NULL::bigint AS register_no, account_no, 9223372036854775807 AS up_to
    FROM setting
    WHERE min_minor IS NOT NULL OR max_minor IS NOT NULL
    GROUP BY account_no
    UNION ALL
    SELECT register_no, account_no, up_to
    FROM limit_group
    JOIN named USING (register_no)
    WHERE min_minor IS NOT NULL OR max_minor IS NOT NULL
),
-- What an entry adds to it: to what is settled, and to what is held on each side.
moved AS (
    SELECT register_no, CASE WHEN register_no IS NULL THEN account_no END AS account_no, sequence,
           sum(amount_minor) FILTER (WHERE layer = 0) AS settled,
           sum(amount_minor) FILTER (WHERE layer = 1 AND (amount_minor > 0) = (holds IS NOT NULL)) AS held_debits,
           -sum(amount_minor) FILTER (WHERE layer = 1 AND (amount_minor > 0) <> (holds IS NOT NULL)) AS held_credits
    FROM watched
    JOIN posting p USING (account_no)
    LEFT JOIN (SELECT DISTINCT sequence AS holds FROM entry WHERE kind = 1) AS hold ON holds = p.sequence
    WHERE p.sequence <= up_to
    GROUP BY 1, 2, 3
),
reached AS (
    SELECT register_no, account_no, sequence,
           sum(COALESCE(settled, 0)) OVER earlier AS settled,
           sum(COALESCE(held_debits, 0)) OVER earlier AS held_debits,
           sum(COALESCE(held_credits, 0)) OVER earlier AS held_credits
    FROM moved
    WINDOW earlier AS (PARTITION BY register_no, account_no ORDER BY sequence)
),
-- How far the balance could then fall and rise, seen from the normal side.
span AS (
    SELECT r.register_no, r.account_no, r.sequence,
           CASE side WHEN 'D' THEN settled - held_credits ELSE -settled - held_debits END AS lowest,
           CASE side WHEN 'D' THEN settled + held_debits ELSE -settled + held_credits END AS highest
    FROM reached r
    LEFT JOIN account a USING (account_no)
    LEFT JOIN limit_group g USING (register_no)
    CROSS JOIN LATERAL (SELECT COALESCE(a.normal_side, g.normal_side) AS side) AS seen
),
step AS (
    SELECT s.*, lag(lowest, 1, 0::numeric) OVER earlier AS lowest_before,
           lag(highest, 1, 0::numeric) OVER earlier AS highest_before
    FROM span s
    WINDOW earlier AS (PARTITION BY register_no, account_no ORDER BY sequence)
),
limited AS (
    SELECT step.*, a.code AS name, s.min_minor, s.max_minor
    FROM step
    JOIN setting s USING (account_no)
    JOIN account a USING (account_no)
    WHERE sequence > s.after_sequence AND sequence <= s.up_to
    UNION ALL
    SELECT step.*, g.name, g.min_minor, g.max_minor
    FROM step
    JOIN limit_group g USING (register_no)
    WHERE sequence > g.after_sequence AND sequence <= g.up_to
)
SELECT 'entry ' || sequence AS place, 'within_limits' AS rule,
       CASE WHEN lowest < min_minor AND lowest < lowest_before
            THEN format('at least %s on %s', min_minor, name)
            ELSE format('at most %s on %s', max_minor, name)
       END AS expected,
       CASE WHEN lowest < min_minor AND lowest < lowest_before THEN lowest ELSE highest END::text AS actual
FROM limited
WHERE (lowest < min_minor AND lowest < lowest_before) OR (highest > max_minor AND highest > highest_before)
UNION ALL
SELECT format('posting %s leg %s', p.sequence, p.leg), 'account_open',
       CASE WHEN s.closed THEN 'nothing on a closed account' ELSE 'nothing against the freeze' END, p.amount_minor::text
FROM setting s
JOIN account a USING (account_no)
JOIN posting p USING (account_no)
LEFT JOIN entry e USING (sequence)
WHERE (s.closed OR s.frozen <> 'none')
  AND p.sequence > s.after_sequence AND p.sequence <= s.up_to
  AND NOT (p.layer = 1 AND e.kind IN (2, 3, 4)) -- what is held can always be given back
  AND (s.closed OR s.frozen = 'both'
       OR s.frozen = CASE WHEN (p.amount_minor > 0) = (a.normal_side = 'D') THEN 'in' ELSE 'out' END)
UNION ALL
SELECT 'account_setting ' || setting_no, 'known', 'an account', 'account ' || account_no
FROM account_setting
LEFT JOIN account a USING (account_no)
WHERE a.account_no IS NULL
UNION ALL
SELECT 'register ' || register_no, 'group_members', 'accounts ' || array_to_string(named, ', '),
       'accounts ' || array_to_string(listed, ', ')
FROM member
WHERE named IS DISTINCT FROM listed
ORDER BY 1, 2;
