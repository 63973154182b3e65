-- Proves: no two entries have the same id; and what is looked for among entries of all segments (entry_link) is what the
--         entries say: a row for each that is no plain posting (kind 0), names another entry or a group of holds, ends by
--         itself, or closes a year, and no further row.
-- Finds:  a row for each entry whose id an earlier one has, and for each link that is not what its entry says. No row is
--         the good answer.
-- Costs:  two passes over the entries, one of them sorted by id.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql ids |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
SELECT 'entry ' || sequence AS place, 'id_once' AS rule, 'an id of its own' AS expected,
       format('%s, that of entry %s', entry_id, first) AS actual
FROM (
    SELECT sequence, entry_id, first_value(sequence) OVER (PARTITION BY entry_id ORDER BY sequence) AS first
    FROM entry
) AS named
WHERE sequence > first
UNION ALL
SELECT 'entry_link ' || COALESCE(there.sequence, wanted.sequence), 'link',
       CASE WHEN wanted.sequence IS NULL THEN 'none' WHEN there.sequence IS NULL THEN 'a link' ELSE 'what the entry says' END,
       CASE WHEN there.sequence IS NULL THEN 'none' ELSE 'a link' END
FROM entry_link there
FULL JOIN (
    SELECT sequence, entry_id, kind, relates_to, hold_group, expires_at,
           adjusting AND starts_with(reference, 'YEAR-END ') AS closes_year
    FROM entry
    WHERE kind <> 0 OR relates_to IS NOT NULL OR hold_group IS NOT NULL OR expires_at IS NOT NULL
       OR (adjusting AND starts_with(reference, 'YEAR-END '))
) AS wanted USING (sequence)
WHERE (there.entry_id, there.kind, there.relates_to, there.hold_group, there.expires_at, there.closes_year)
      IS DISTINCT FROM
      (wanted.entry_id, wanted.kind, wanted.relates_to, wanted.hold_group, wanted.expires_at, wanted.closes_year)
ORDER BY 1, 2;
