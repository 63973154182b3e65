-- $1, $2: last entry and day of the first scope. $3, $4: of the second. $5: the first day, or NULL.
-- $6: entries that do not count. $7: the entry behind which the page begins. $8: how many entries it has.
WITH moved AS (
    SELECT sequence, account_no, item, amount_minor,
           sequence <= $3 AND effective_date <= COALESCE($4, date 'infinity') AS in_second
    FROM posting
    WHERE layer = 0 AND sequence <> ALL ($6::bigint[]) AND sequence > $7 AND sequence <= GREATEST($1::bigint, $3::bigint)
      AND effective_date >= COALESCE($5, date '-infinity')
      AND (sequence <= $1 AND effective_date <= COALESCE($2, date 'infinity'))
          <> (sequence <= $3 AND effective_date <= COALESCE($4, date 'infinity'))
), page AS (
    SELECT DISTINCT sequence
    FROM moved
    ORDER BY sequence
    LIMIT $8
)
SELECT e.sequence, e.entry_id, e.kind, e.effective_date, e.booked_at, e.reference, e.description, e.actor,
       m.account_no, m.item, m.in_second,
       sum(CASE WHEN m.in_second THEN m.amount_minor ELSE -m.amount_minor END)::text AS change
FROM page
JOIN moved m USING (sequence)
JOIN entries_of(ARRAY(SELECT sequence FROM page)) e USING (sequence)
GROUP BY e.sequence, e.entry_id, e.kind, e.effective_date, e.booked_at, e.reference, e.description, e.actor,
         m.account_no, m.item, m.in_second
ORDER BY e.sequence, m.account_no, m.item
