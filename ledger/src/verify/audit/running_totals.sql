-- Proves: the running totals that every posting carries, of its account in its layer, are those of the posting before
--         it plus what it moves; so the last ones are the sums of all, and every balance is what its postings add up
--         to.
-- Finds:  a row for each posting whose totals do not follow from the one before. No row is the good answer.
-- Costs:  a pass over the postings, sorted by account.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql running_totals |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
--
-- A posting adds to debits if it is positive, else to credits. In the pending layer (1) that is so for holds (kind 1);
-- what ends a hold, or takes from it, takes from the side that the hold has added to.
SELECT format('posting %s leg %s', sequence, leg) AS place,
       CASE WHEN debits_after <> debits THEN 'debits_after' ELSE 'credits_after' END AS rule,
       format('debits %s, credits %s', debits, credits) AS expected,
       format('debits %s, credits %s', debits_after, credits_after) AS actual
FROM (
    SELECT sequence, leg, debits_after, credits_after,
           lag(debits_after, 1, 0::bigint) OVER of_account
           + CASE WHEN (amount > 0) = adds THEN amount ELSE 0 END AS debits,
           lag(credits_after, 1, 0::bigint) OVER of_account
           + CASE WHEN (amount > 0) = adds THEN 0 ELSE -amount END AS credits
    FROM (
        SELECT p.*, amount_minor::numeric AS amount, layer <> 1 OR hold.sequence IS NOT NULL AS adds
        FROM posting p
        LEFT JOIN (SELECT DISTINCT sequence FROM entry WHERE kind = 1) AS hold USING (sequence)
    ) AS moved
    WINDOW of_account AS (PARTITION BY account_no, layer ORDER BY sequence, leg)
) AS followed
WHERE debits_after <> debits OR credits_after <> credits
ORDER BY sequence, leg;
