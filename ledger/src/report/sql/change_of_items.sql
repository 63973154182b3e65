-- $1, $2: last entry and day of the first scope. $3, $4: of the second. $5: the first day, or NULL.
SELECT account_no, item, sum(CASE WHEN in_second THEN amount_minor ELSE -amount_minor END)::text AS change
FROM (
    SELECT account_no, item, amount_minor,
           sequence <= $3 AND effective_date <= COALESCE($4, date 'infinity') AS in_second
    FROM posting
    WHERE layer = 0 AND item IS NOT NULL AND sequence <= GREATEST($1::bigint, $3::bigint)
      AND effective_date >= COALESCE($5, date '-infinity')
      AND (sequence <= $1 AND effective_date <= COALESCE($2, date 'infinity'))
          <> (sequence <= $3 AND effective_date <= COALESCE($4, date 'infinity'))
) moved
GROUP BY account_no, item
