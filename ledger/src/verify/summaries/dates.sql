-- The first summary that is not of the next sealed segment, or has other dates and layers than its postings.
SELECT numbered.segment_no, 'dates and layers' AS what,
       CASE WHEN numbered.segment_no = numbered.no AND sealed_at IS NOT NULL THEN derived.shown ELSE 'no summary' END
           AS expected,
       format('%s to %s, pending: %s', first_date, last_date, has_pending) AS actual
FROM (SELECT summary.*, row_number() OVER (ORDER BY segment_no) AS no FROM summary) AS numbered
LEFT JOIN segment USING (segment_no)
CROSS JOIN LATERAL (
    SELECT format('%s to %s, pending: %s', min(effective_date), max(effective_date), bool_or(layer = 1)) AS shown
    FROM posting
    WHERE sequence BETWEEN segment.first_sequence AND segment.last_sequence
) AS derived
WHERE numbered.segment_no <> numbered.no OR sealed_at IS NULL
   OR derived.shown <> format('%s to %s, pending: %s', first_date, last_date, has_pending)
ORDER BY 1
LIMIT 1
