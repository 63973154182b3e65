-- The first item that has come to something else than its total says.
WITH covered AS MATERIALIZED (
    SELECT COALESCE(max(segment_no), 0) AS segment_no, COALESCE(max(last_sequence), 0) AS up_to
    FROM segment
    JOIN summary USING (segment_no)
)
SELECT (SELECT segment_no FROM covered) AS segment_no,
       format('account %s, item %s, layer %s', account_no, item, layer) AS what,
       format('%s from %s to %s, due %s', derived.total, derived.first_date, derived.last_date, derived.due_date)
           AS expected,
       format('%s from %s to %s, due %s', there.total_minor, there.first_date, there.last_date, there.due_date)
           AS actual
FROM (
    SELECT account_no, item, layer, sum(amount_minor) AS total, min(effective_date) AS first_date,
           max(effective_date) AS last_date, max(due_date) AS due_date
    FROM posting
    WHERE item IS NOT NULL AND sequence <= (SELECT up_to FROM covered)
    GROUP BY account_no, item, layer
) AS derived
FULL JOIN item_total there USING (account_no, item, layer)
WHERE derived.total IS DISTINCT FROM there.total_minor
   OR (derived.first_date, derived.last_date) IS DISTINCT FROM (there.first_date, there.last_date)
   OR derived.due_date IS DISTINCT FROM there.due_date
ORDER BY account_no, item, layer
LIMIT 1
