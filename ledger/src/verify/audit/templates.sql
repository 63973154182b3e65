-- Proves: every entry that was posted by a template names a version of it that was in force when it was written.
-- Finds:  a row for each entry that names another. No row is the good answer.
-- Costs:  a pass over the entries.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql templates |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
--
-- A version is a row of the register, in force for the entries after the one it names (after_sequence), up to the next
-- of its name; `null` retires the name.
SELECT 'entry ' || e.sequence AS place, 'template_in_force' AS rule, 'a version in force' AS expected,
       COALESCE(format('%s of %s, for %s to %s', e.template_no, name, after_sequence + 1, up_to), e.template_no::text)
           AS actual
FROM entry e
LEFT JOIN (
    SELECT register_no, name, content, after_sequence,
           lead(after_sequence) OVER (PARTITION BY name ORDER BY register_no) AS up_to
    FROM register
    WHERE kind = 'template'
) AS version ON version.register_no = e.template_no
WHERE e.template_no IS NOT NULL
  AND COALESCE(
      content::text = 'null' OR e.sequence <= after_sequence OR e.sequence > COALESCE(up_to, e.sequence), true)
ORDER BY e.sequence;
