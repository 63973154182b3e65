//! The statements of several currencies. [`ALL`] lists them for the test that prepares each.
//!
//! An account `1102.usd` and its items are in the clearing accounts as the items `1102.usd` and `1102.usd/ITEM`: codes
//! have no `/`, and `0` is the character after it.

/// For each account `$1[n]` and item `$2[n]` (empty for the whole account), by day up to `$5` (which may be NULL): what
/// moved on it; what of that moved past the clearing account of quantities `$3[n]`; and what moved in that of costs
/// `$4[n]`.
pub const HOLDINGS: &str = "
    WITH wanted AS (
        SELECT named.no, a.account_no, named.code, named.item, named.position, named.cost
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
            AS named (code, item, position, cost, no)
        JOIN account a ON a.code = named.code
    ), cleared AS (
        SELECT w.no, w.code, w.item, c.account_no, c.code = w.cost AS is_cost
        FROM wanted w
        JOIN account c ON c.code IN (w.position, w.cost)
    )
    SELECT no, effective_date, sum(quantity)::text AS quantity, sum(outside)::text AS outside, sum(cost)::text AS cost
    FROM (
        SELECT w.no, p.effective_date, p.amount_minor AS quantity, p.amount_minor AS outside, 0::bigint AS cost
        FROM wanted w
        JOIN account_postings(ARRAY(SELECT account_no FROM wanted), NULL, $5, 9223372036854775807) p USING (account_no)
        WHERE (w.item = '' OR p.item = w.item)
        UNION ALL
        SELECT c.no, p.effective_date, 0, CASE WHEN c.is_cost THEN 0 ELSE p.amount_minor END,
               CASE WHEN c.is_cost THEN p.amount_minor ELSE 0 END
        FROM cleared c
        JOIN account_postings(ARRAY(SELECT account_no FROM cleared), NULL, $5, 9223372036854775807) p USING (account_no)
        WHERE CASE WHEN c.item = '' THEN p.item = c.code OR (p.item > c.code || '/' AND p.item < c.code || '0')
                   ELSE p.item = c.code || '/' || c.item END
    ) moved
    GROUP BY no, effective_date
    ORDER BY no, effective_date";

/// The items of account `$1` with what stands on them at the end of day `$2`.
pub const ITEMS_AT: &str = "
    SELECT p.item, sum(p.amount_minor)::text AS minor
    FROM account_postings(
        ARRAY(SELECT account_no FROM account WHERE code = $1), NULL, $2, 9223372036854775807
    ) p
    GROUP BY p.item
    HAVING sum(p.amount_minor) <> 0
    ORDER BY p.item";

/// The accounts of a currency other than `$1` whose metadata says that they are monetary.
pub const MONETARY: &str = "
    SELECT a.code
    FROM account a
    CROSS JOIN LATERAL (
        SELECT metadata
        FROM account_setting
        WHERE account_no = a.account_no
        ORDER BY setting_no DESC
        LIMIT 1
    ) AS setting
    WHERE a.currency <> $1 AND setting.metadata::jsonb @> '{\"monetary\": true}'
    ORDER BY a.code";

/// Every statement by name.
pub const ALL: [(&str, &str); 3] = [("HOLDINGS", HOLDINGS), ("ITEMS_AT", ITEMS_AT), ("MONETARY", MONETARY)];
