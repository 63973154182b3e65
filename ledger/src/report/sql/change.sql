-- $1, $2: last entry and day of the first scope. $3, $4: of the second. $5: the first day, or NULL. $6: entries that do
-- not count.
SELECT account_no, sum(CASE WHEN in_second THEN amount_minor ELSE -amount_minor END)::text AS change
FROM (
    SELECT account_no, amount_minor,
           sequence <= $3 AND effective_date <= COALESCE($4, date 'infinity') AS in_second
    FROM posting
    WHERE layer = 0 AND sequence <> ALL ($6::bigint[]) AND sequence <= GREATEST($1::bigint, $3::bigint)
      AND effective_date >= COALESCE($5, date '-infinity')
      AND (sequence <= $1 AND effective_date <= COALESCE($2, date 'infinity'))
          <> (sequence <= $3 AND effective_date <= COALESCE($4, date 'infinity'))
) moved
GROUP BY account_no
