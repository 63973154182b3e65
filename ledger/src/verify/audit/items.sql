-- Proves: the open items of an account add up to its balance, in each layer, and only accounts that keep items have
--         any; an allocation, which is known by its metadata, takes from an item no more than stood on it, so that none
--         is shared out twice.
-- Finds:  a row for each account whose items are not its balance, and for each item of which too much was taken. No row
--         is the good answer.
-- Costs:  two passes over the postings, grouped by account; sorted are those of items that were allocated.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql items |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
--
-- Items are seen as debits less credits: positive on a claim against somebody, negative on a debt.
WITH balance AS (
    -- What the last posting of an account in a layer says.
    SELECT DISTINCT ON (account_no, layer) account_no, layer,
           debits_after::numeric - credits_after::numeric AS stands
    FROM posting
    ORDER BY account_no, layer, sequence DESC, leg DESC
),
items AS (
    SELECT account_no, layer, sum(amount_minor) AS stands
    FROM posting
    WHERE item IS NOT NULL
    GROUP BY account_no, layer
),
allocation AS (
    SELECT sequence
    FROM entry
    WHERE kind = 0 AND metadata::text ~ '^\{"journal":"allocation","request":"[0-9a-f]{64}"\}$'
),
allocated AS (
    SELECT DISTINCT p.account_no, p.item
    FROM allocation
    JOIN posting p USING (sequence)
    WHERE p.item IS NOT NULL
),
-- What stands on every item that was ever allocated, after each entry on it.
standing AS (
    SELECT account_no, item, sequence, sum(amount_minor) AS moved,
           sum(sum(amount_minor)) OVER (PARTITION BY account_no, item ORDER BY sequence) AS stands
    FROM posting
    JOIN allocated USING (account_no, item)
    WHERE layer = 0
    GROUP BY account_no, item, sequence
)
SELECT 'account ' || COALESCE(a.code, account_no::text) AS place, 'item' AS rule,
       format('%s in layer %s', COALESCE(balance.stands, 0), layer) AS expected,
       format('items of %s', COALESCE(items.stands, 0)) AS actual
FROM balance
FULL JOIN items USING (account_no, layer)
LEFT JOIN account a USING (account_no)
WHERE CASE WHEN a.open_item THEN balance.stands IS DISTINCT FROM items.stands ELSE items.stands IS NOT NULL END
UNION ALL
SELECT 'entry ' || sequence, 'takes_what_is_left',
       format('at most %s from item %s of account %s', stands - moved, item, account.code), moved::text
FROM standing
JOIN allocation USING (sequence)
LEFT JOIN account USING (account_no)
WHERE moved <> 0 AND (sign(stands - moved) <> -sign(moved) OR abs(moved) > abs(stands - moved))
ORDER BY 1, 2;
