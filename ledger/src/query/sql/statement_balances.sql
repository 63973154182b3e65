-- $1: the account. $2: the horizon's last sequence. $3, $4: the first and the last day, either of which may be NULL.
-- $5, $6: where the page before ended, both 0 for the first.
WITH day AS (
    SELECT LEAST($3::date - 1, $4::date) AS before
)
SELECT opening::text, before_page::text, (settled_net_as_of($1, $4, $2) - opening)::text AS in_range
FROM day
CROSS JOIN LATERAL (
    SELECT CASE WHEN $3 IS NULL THEN 0 ELSE settled_net_as_of($1, day.before, $2) END AS opening
) AS opened
CROSS JOIN LATERAL (
    SELECT CASE
               WHEN $5::bigint = 0 THEN 0
               ELSE settled_net_as_of($1, $4, $5::bigint - 1)
                    - CASE WHEN $3 IS NULL THEN 0 ELSE settled_net_as_of($1, day.before, $5::bigint - 1) END
                    + (
                        SELECT COALESCE(sum(amount_minor), 0)
                        FROM postings_of(ARRAY[$5::bigint])
                        WHERE leg <= $6 AND account_no = $1 AND layer = 0
                          AND effective_date BETWEEN COALESCE($3, date '-infinity') AND COALESCE($4, date 'infinity')
                    )
           END AS before_page
) AS listed
