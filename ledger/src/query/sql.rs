//! Every statement that answers questions. [`ALL`] lists them for the test that prepares each against the migrated
//! tables.
//!
//! Common to all: `sequence <= $n` is the horizon, and makes an answer repeatable; sums of `bigint` are `numeric`,
//! which cannot overflow, and leave as text; codes collate bytewise and `/` is the character after `.`, so the accounts
//! below a code are one range of the unique index.

/// The head as it is committed.
pub const HEAD: &str = "
    SELECT sequence, booked_at
    FROM head";

/// Waits for the turns that run ahead of the head. The clock is read before the wait, so that every turn that takes a
/// lane, or locks the head, after this reads a later one.
pub const LANES_FOR_SHARE: &str = "
    SELECT clock_timestamp() AS clock
    FROM lane
    FOR SHARE";

/// Waits for the turn that holds the head.
pub const HEAD_FOR_SHARE: &str = "
    SELECT
    FROM head
    FOR SHARE";

/// The last entry known at a time.
pub const LAST_SEQUENCE_KNOWN_AT: &str = "
    SELECT last_sequence
    FROM commit
    WHERE booked_at <= $1
    ORDER BY booked_at DESC
    LIMIT 1";

/// One account.
pub const ACCOUNT: &str = "
    SELECT account_no, name, currency, normal_side
    FROM account
    WHERE code = $1";

/// Accounts by code with the settings in force. `$2`: the code after which the page starts. `$4`: JSON that their
/// metadata has, which may be NULL.
pub const ACCOUNTS: &str = "
    SELECT a.account_no, a.code, a.name, a.type, a.currency, a.normal_side, a.open_item,
           s.min_minor, s.max_minor, COALESCE(s.closed, false) AS closed, COALESCE(s.frozen, 'none') AS frozen,
           s.parent, s.metadata::text AS metadata
    FROM account a
    LEFT JOIN LATERAL (
        SELECT min_minor, max_minor, closed, frozen, parent, metadata
        FROM account_setting
        WHERE account_no = a.account_no
        ORDER BY setting_no DESC
        LIMIT 1
    ) s ON true
    WHERE starts_with(a.code, $1) AND a.code >= $1 AND a.code > $2
      AND ($4::text IS NULL OR s.metadata::jsonb @> $4::text::jsonb)
    ORDER BY a.code
    LIMIT $3";

/// Balances per currency of account `$1` and, where `$2`, all accounts below it, up to day `$3` and entry `$4`. Without
/// a day: the totals on the last posting of each account and layer, one index probe each. Without an entry: up to the
/// head, whose time is answered.
pub const BALANCES: &str = "
    SELECT booked_at, currency, accounts, name, normal_side, listed,
           settled_debits::text AS settled_debits, settled_credits::text AS settled_credits,
           pending_debits::text AS pending_debits, pending_credits::text AS pending_credits
    FROM balances($1, $2, $3, $4)";

/// Every account's settled totals.
pub const TRIAL_BALANCE: &str = "
    SELECT a.code, a.name, a.currency, a.normal_side,
           '0' AS opening, total.debits::text AS debits, total.credits::text AS credits
    FROM settled_as_of(NULL, $1) total
    JOIN account a USING (account_no)
    ORDER BY a.code";

/// Every account's settled sums between days `$2` and `$3`, either of which may be NULL, and before.
pub const TRIAL_BALANCE_DATED: &str = "
    SELECT a.code, a.name, a.currency, a.normal_side,
           COALESCE(before.debits - before.credits, 0)::text AS opening,
           (total.debits - COALESCE(before.debits, 0))::text AS debits,
           (total.credits - COALESCE(before.credits, 0))::text AS credits
    FROM settled_as_of($3, $1) total
    LEFT JOIN (
        SELECT *
        FROM settled_as_of(LEAST($2::date - 1, $3), $1)
        WHERE $2 IS NOT NULL
    ) before USING (account_no)
    JOIN account a USING (account_no)
    ORDER BY a.code";

/// Items of account `$1` and all accounts below it (of all accounts if empty), up to effective date `$3` (which may be
/// NULL); those that have come to zero only where `$4`. Those behind account `$5` and item `$6`, both empty for all;
/// `$7` of them, NULL for all.
pub const OPEN_ITEMS: &str = "
    SELECT a.code, a.currency, moved.item, moved.outstanding::text AS outstanding, moved.first_date, moved.last_date
    FROM items_as_of(
        ARRAY(
            SELECT account_no
            FROM account
            WHERE ($1 = '' OR code = $1 OR (code > $1 || '.' AND code < $1 || '/')) AND code >= $5
        ),
        $3, $2
    ) moved
    JOIN account a USING (account_no)
    WHERE ($4 OR moved.outstanding <> 0)
      AND (moved.item > $6 OR moved.account_no IS DISTINCT FROM (SELECT account_no FROM account WHERE code = $5))
    ORDER BY a.code, moved.item
    LIMIT $7";

/// The postings on item `$2` of account number `$1`, up to a sequence and an effective date (which may be NULL), with
/// what is outstanding after each.
pub const ITEM: &str = "
    WITH p AS MATERIALIZED (
        SELECT *
        FROM posting
        WHERE account_no = $1 AND item = $2 AND sequence <= $3 AND effective_date <= COALESCE($4, date 'infinity')
    )
    SELECT p.sequence, p.leg, p.layer, p.amount_minor, p.due_date, e.entry_id, e.kind, e.relates_to, e.effective_date,
           e.booked_at, e.reference, e.description,
           COALESCE(sum(p.amount_minor) FILTER (WHERE p.layer = 0) OVER (ORDER BY p.sequence, p.leg), 0)::text
               AS outstanding
    FROM p
    JOIN entries_of(ARRAY(SELECT sequence FROM p)) e USING (sequence)
    ORDER BY p.sequence, p.leg";

/// Holds of which something is left, newest first: before sequence `$1`, on account `$2` (which may be NULL) or below
/// it, at most `$3`; one row an account and item. What ends a group leaves nothing of its holds.
pub const HOLDS: &str = "
    WITH hold AS MATERIALIZED (
        SELECT l.sequence, l.entry_id
        FROM entry_link l
        WHERE l.kind = 1 AND l.sequence < $1
          AND NOT EXISTS (SELECT FROM entry_link ends WHERE ends.hold_group = l.hold_group AND ends.kind <> 1)
          AND EXISTS (
              SELECT
              FROM held(l.entry_id, l.sequence) AS held
              JOIN account a USING (account_no)
              WHERE $2::text IS NULL OR a.code = $2 OR (a.code > $2 || '.' AND a.code < $2 || '/')
          )
        ORDER BY l.sequence DESC
        LIMIT $3
    )
    SELECT hold.sequence, hold.entry_id, hold.effective_date, hold.booked_at, hold.expires_at, hold.hold_group,
           hold.reference, hold.description, hold.actor, left_of.code, left_of.currency, left_of.item,
           left_of.left_minor
    FROM entries_of(ARRAY(SELECT sequence FROM hold)) AS hold
    CROSS JOIN LATERAL (
        SELECT a.code, a.currency, held.item, held.left_minor
        FROM held(hold.entry_id, hold.sequence) AS held
        JOIN account a USING (account_no)
    ) AS left_of
    ORDER BY hold.sequence DESC, left_of.code, left_of.item";

/// Each item `$2[n]` of account `$1[n]`: what has moved on it and what is held.
pub const OUTSTANDING: &str = "
    WITH wanted AS MATERIALIZED (
        SELECT a.account_no, a.code, named.item
        FROM unnest($1::text[], $2::text[]) AS named (code, item)
        JOIN account a ON a.code = named.code
    )
    SELECT a.code, moved.item,
           COALESCE(sum(moved.total_minor) FILTER (WHERE moved.layer = 0), 0)::text AS settled,
           COALESCE(sum(moved.total_minor) FILTER (WHERE moved.layer = 1), 0)::text AS pending
    FROM item_totals((SELECT array_agg(account_no) FROM wanted), (SELECT array_agg(item) FROM wanted)) moved
    JOIN account a USING (account_no)
    GROUP BY a.code, moved.item";

/// For a statement: what stood before the first day, what is listed before the page, and all that is
/// listed.
pub const STATEMENT_BALANCES: &str = include_str!("sql/statement_balances.sql");

/// A page of a statement: what follows (`$5`, `$6`).
pub const STATEMENT_ROWS: &str = "
    WITH p AS MATERIALIZED (
        SELECT *
        FROM settled_postings($1, $3, $4, $2, $5, $6, $7)
    )
    SELECT p.sequence, p.leg, p.effective_date, p.amount_minor, p.currency, p.item,
           e.entry_id, e.booked_at, e.reference, e.description
    FROM p
    JOIN entries_of(ARRAY(SELECT sequence FROM p)) e USING (sequence)
    ORDER BY p.sequence, p.leg";

/// One entry, and those that take from it.
pub const ENTRY: &str = "
    SELECT e.sequence, e.entry_id, e.kind, e.effective_date, e.booked_at, e.value_date, e.relates_to, e.hold_group,
           e.expires_at, e.at_most_minor, e.adjusting, e.template_no, r.name AS template_name, e.reference,
           e.description, e.metadata::text AS metadata, e.actor, related.ids AS related_ids,
           related.kinds AS related_kinds
    FROM entries_of(ARRAY(SELECT sequence FROM entry_places(ARRAY[$1]::uuid[]))) e
    LEFT JOIN register r ON r.register_no = e.template_no
    CROSS JOIN LATERAL (
        SELECT COALESCE(array_agg(entry_id ORDER BY sequence), '{}') AS ids,
               COALESCE(array_agg(kind ORDER BY sequence), '{}') AS kinds
        FROM (
            SELECT sequence, entry_id, kind
            FROM entry_link
            WHERE relates_to = e.entry_id
            UNION ALL
            SELECT sequence, entry_id, kind
            FROM entry_link
            WHERE hold_group = e.hold_group AND e.kind = 1 AND kind <> 1
            ORDER BY sequence
            LIMIT 1000
        ) taking
    ) related";

/// `$2` entries after sequence `$1` and up to `$3`, each with those up to there that take from it. Sequences have no
/// gaps.
pub const ENTRIES: &str = "
    SELECT e.sequence, e.entry_id, e.kind, e.effective_date, e.booked_at, e.value_date, e.relates_to, e.hold_group,
           e.expires_at, e.at_most_minor, e.adjusting, e.template_no, r.name AS template_name, e.reference,
           e.description, e.metadata::text AS metadata, e.actor, related.ids AS related_ids,
           related.kinds AS related_kinds
    FROM (
        SELECT *
        FROM entry
        WHERE sequence > $1 AND sequence <= LEAST(LEAST($1::bigint, 1::bigint << 62) + $2::bigint, $3)
    ) e
    LEFT JOIN register r ON r.register_no = e.template_no
    CROSS JOIN LATERAL (
        SELECT COALESCE(array_agg(entry_id ORDER BY sequence), '{}') AS ids,
               COALESCE(array_agg(kind ORDER BY sequence), '{}') AS kinds
        FROM (
            SELECT sequence, entry_id, kind
            FROM entry_link
            WHERE relates_to = e.entry_id AND sequence <= $3
            UNION ALL
            SELECT sequence, entry_id, kind
            FROM entry_link
            WHERE hold_group = e.hold_group AND e.kind = 1 AND kind <> 1 AND sequence <= $3
            ORDER BY sequence
            LIMIT 1000
        ) taking
    ) related
    ORDER BY e.sequence";

/// The legs of the entries from `$1` to `$2`.
pub const POSTINGS_OF_ENTRIES: &str = "
    SELECT p.sequence, p.leg, p.layer, p.amount_minor, p.currency, p.item, p.due_date, p.debits_after, p.credits_after,
           a.code
    FROM posting p
    JOIN account a USING (account_no)
    WHERE p.sequence BETWEEN $1 AND $2
    ORDER BY p.sequence, p.leg";

/// Every statement by name.
pub const ALL: [(&str, &str); 18] = [
    ("HEAD", HEAD),
    ("HEAD_FOR_SHARE", HEAD_FOR_SHARE),
    ("LANES_FOR_SHARE", LANES_FOR_SHARE),
    ("LAST_SEQUENCE_KNOWN_AT", LAST_SEQUENCE_KNOWN_AT),
    ("ACCOUNT", ACCOUNT),
    ("ACCOUNTS", ACCOUNTS),
    ("BALANCES", BALANCES),
    ("TRIAL_BALANCE", TRIAL_BALANCE),
    ("TRIAL_BALANCE_DATED", TRIAL_BALANCE_DATED),
    ("OPEN_ITEMS", OPEN_ITEMS),
    ("OUTSTANDING", OUTSTANDING),
    ("HOLDS", HOLDS),
    ("ITEM", ITEM),
    ("STATEMENT_BALANCES", STATEMENT_BALANCES),
    ("STATEMENT_ROWS", STATEMENT_ROWS),
    ("ENTRY", ENTRY),
    ("ENTRIES", ENTRIES),
    ("POSTINGS_OF_ENTRIES", POSTINGS_OF_ENTRIES),
];
