//! Every statement of the reports. [`ALL`] lists them for the test that prepares each against the migrated tables.
//!
//! `sequence <= $n` is the scope; sums of `bigint` are `numeric`, which cannot overflow, and leave as text; codes
//! collate bytewise. JSON text with an escape may be such that PostgreSQL cannot take it apart (`\u0000`): where the
//! journal's name is asked for, such metadata leaves as text (`odd`) and is read by the program.

/// The head as it is committed, and the latest time at which anything was booked, opened or recorded about an account.
pub const NOW: &str = "
    SELECT sequence,
           GREATEST(
               booked_at,
               (SELECT opened_at FROM account ORDER BY account_no DESC LIMIT 1),
               (SELECT recorded_at FROM account_setting ORDER BY setting_no DESC LIMIT 1)
           ) AS known_at
    FROM head";

/// The chart as it was known at `$1`.
pub const CHART: &str = "
    SELECT a.account_no, a.code, a.name, a.type, a.currency, a.normal_side, s.parent,
           CASE WHEN strpos(s.metadata::text, 'suspense') > 0 THEN s.metadata::text END AS metadata
    FROM account a
    LEFT JOIN LATERAL (
        SELECT parent, metadata
        FROM account_setting
        WHERE account_no = a.account_no AND recorded_at <= $1
        ORDER BY setting_no DESC
        LIMIT 1
    ) s ON true
    WHERE a.opened_at <= $1";

/// The entries up to `$1` that closed a year, and all that takes them back.
pub const YEAR_ENDS: &str = "
    SELECT COALESCE(array_agg(l.sequence ORDER BY l.sequence), '{}') AS sequences
    FROM entry_families(ARRAY(SELECT entry_id FROM entry_link WHERE closes_year)) AS family (entry_id)
    JOIN entry_link l USING (entry_id)
    WHERE l.sequence <= $1";

/// What entries `$1` have moved on income and expense accounts from day `$2` to `$3`.
pub const RESULTS_MOVED: &str = "
    SELECT a.code, sum(p.amount_minor)::text AS net
    FROM postings_of($1) p
    JOIN account a USING (account_no)
    WHERE p.layer = 0 AND a.type IN ('income', 'expense')
      AND p.effective_date BETWEEN COALESCE($2, date '-infinity') AND COALESCE($3, date 'infinity')
    GROUP BY a.code";

/// For accounts `$1`, up to day `$4`: what stood before day `$3`, debits and credits since, and what is listed before
/// the page, which begins behind (`$6`, `$7`) of account `$5`.
pub const LEDGER_SUMS: &str = "
    SELECT account_no,
           COALESCE(sum(amount_minor) FILTER (WHERE effective_date < $3), 0)::text AS opening,
           COALESCE(sum(amount_minor) FILTER (
               WHERE amount_minor > 0 AND effective_date >= COALESCE($3, date '-infinity')
           ), 0)::text AS debits,
           COALESCE(-sum(amount_minor) FILTER (
               WHERE amount_minor < 0 AND effective_date >= COALESCE($3, date '-infinity')
           ), 0)::text AS credits,
           COALESCE(sum(amount_minor) FILTER (
               WHERE effective_date >= COALESCE($3, date '-infinity')
                 AND account_no = $5 AND (sequence, leg) <= ($6, $7)
           ), 0)::text AS before_page
    FROM account_postings($1, NULL, $4, $2)
    GROUP BY account_no";

/// Postings of accounts `$1`, in the order given, of days `$3` to `$4`; of account `$5` those behind (`$6`, `$7`).
pub const LEDGER_ROWS: &str = "
    WITH p AS MATERIALIZED (
        SELECT p.*, wanted.place
        FROM unnest($1::integer[]) WITH ORDINALITY AS wanted (account_no, place)
        JOIN account_postings($1, $3, $4, $2) p USING (account_no)
        WHERE (p.account_no <> $5 OR (p.sequence, p.leg) > ($6, $7))
        ORDER BY wanted.place, p.sequence, p.leg
        LIMIT $8
    )
    SELECT p.account_no, p.sequence, p.leg, p.effective_date, p.amount_minor, p.currency, p.item,
           e.entry_id, e.booked_at, e.kind, e.reference, e.description
    FROM p
    JOIN entries_of(ARRAY(SELECT sequence FROM p)) e USING (sequence)
    ORDER BY p.place, p.sequence, p.leg";

/// What has moved on accounts `$4` (all if NULL) from day `$2` to `$3`, by kind of entry and journal: the
/// name of the template that an entry was posted by, or what its metadata says.
pub const MOVEMENTS: &str = r"
    SELECT p.account_no, e.kind, e.journal, e.odd,
           COALESCE(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0)::text AS debits,
           COALESCE(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0)::text AS credits
    FROM posting p
    JOIN (
        SELECT e.sequence, e.kind,
               COALESCE(r.name, CASE WHEN strpos(metadata::text, '\u') = 0 THEN metadata ->> 'journal' END) AS journal,
               CASE WHEN r.name IS NULL AND strpos(metadata::text, '\u') > 0 THEN metadata::text END AS odd
        FROM entry e
        LEFT JOIN register r ON r.register_no = e.template_no
    ) e USING (sequence)
    WHERE p.layer = 0 AND p.sequence <= $1
      AND p.effective_date BETWEEN COALESCE($2, date '-infinity') AND COALESCE($3, date 'infinity')
      AND ($4::integer[] IS NULL OR p.account_no = ANY ($4))
    GROUP BY p.account_no, e.kind, e.journal, e.odd";

/// What is outstanding on accounts `$3` (all if NULL) up to day `$2`, by account and bucket of age at day `$4`, counted
/// from the latest due date of an item, or from its first day.
pub const AGING: &str = "
    SELECT item.account_no, width_bucket($4::date - item.due, ARRAY[1, 31, 61, 91, 181])::smallint AS bucket,
           sum(item.outstanding)::text AS outstanding, count(*) AS items
    FROM (
        SELECT account_no, outstanding, COALESCE(due_date, first_date) AS due
        FROM items_as_of($3, $2, $1)
        WHERE outstanding <> 0
    ) item
    GROUP BY 1, 2
    ORDER BY 1, 2";

/// The items behind the buckets: of bucket `$5` (all if NULL), behind item `$7` of account `$6`, at most `$8`.
pub const AGING_ITEMS: &str = "
    SELECT a.code, item.*
    FROM (
        SELECT item.*, width_bucket($4::date - COALESCE(due_date, first_date), ARRAY[1, 31, 61, 91, 181])::smallint
            AS bucket
        FROM (
            SELECT account_no, item, outstanding::text AS outstanding, due_date, first_date, last_date
            FROM items_as_of($3, $2, $1)
            WHERE outstanding <> 0
        ) item
    ) item
    JOIN account a USING (account_no)
    WHERE ($5::smallint IS NULL OR item.bucket = $5) AND (a.code, item.item) > ($6, $7)
    ORDER BY a.code, item.item
    LIMIT $8";

/// What stands on accounts `$3` up to day `$2`, item by item; without an item, what stands on the account.
pub const SUSPENSE: &str = "
    SELECT account_no, item, sum(amount_minor)::text AS amount, min(effective_date) AS first_date,
           max(effective_date) AS last_date
    FROM account_postings($3, NULL, $2, $1)
    GROUP BY account_no, item
    HAVING sum(amount_minor) <> 0";

/// Entries behind sequence `$4` of days `$2` to `$3` that moved money, that no template made and no machine (actors
/// `$5`, and those that begin with one of `$6`) asked for, and that name no journal.
pub const MANUAL_ENTRIES: &str = r"
    WITH e AS MATERIALIZED (
        SELECT *, CASE WHEN strpos(metadata::text, '\u') > 0 THEN metadata::text END AS odd
        FROM entry
        WHERE sequence > $4 AND sequence <= $1
          AND effective_date BETWEEN COALESCE($2, date '-infinity') AND COALESCE($3, date 'infinity')
          AND kind IN (0, 3, 5) AND template_no IS NULL AND actor <> ALL ($5::text[])
          AND NOT EXISTS (SELECT FROM unnest($6::text[]) AS prefix WHERE starts_with(actor, prefix))
          AND CASE WHEN strpos(metadata::text, '\u') > 0 THEN true
                   ELSE metadata IS NULL OR metadata ->> 'journal' IS NULL END
        ORDER BY sequence
        LIMIT $7
    ), leg AS (
        SELECT sequence, sum(legs)::bigint AS legs, array_agg(currency ORDER BY currency) AS currencies,
               array_agg(debits::text ORDER BY currency) AS amounts
        FROM (
            SELECT sequence, currency, count(*) AS legs, sum(amount_minor) FILTER (WHERE amount_minor > 0) AS debits
            FROM postings_of(ARRAY(SELECT sequence FROM e))
            WHERE layer = 0
            GROUP BY sequence, currency
        ) sums
        GROUP BY sequence
    )
    SELECT e.sequence, e.entry_id, e.kind, e.effective_date, e.booked_at, e.value_date, e.adjusting, e.reference,
           e.description, e.actor, e.odd, COALESCE(leg.legs, 0) AS legs, COALESCE(leg.currencies, '{}') AS currencies,
           COALESCE(leg.amounts, '{}') AS amounts
    FROM e
    LEFT JOIN leg USING (sequence)
    ORDER BY e.sequence";

/// The last entry booked before a time.
pub const LAST_SEQUENCE_BEFORE: &str = "
    SELECT COALESCE(max(last_sequence), 0) AS sequence
    FROM commit
    WHERE booked_at = (SELECT max(booked_at) FROM commit WHERE booked_at < $1)";

/// Entries that moved money on the other side of the end of a period, day `$3`, after whose end the entries behind `$2`
/// were booked. Debits of each, one row a currency.
pub const CUT_OFF: &str = "
    WITH e AS MATERIALIZED (
        SELECT *
        FROM entry
        WHERE sequence <= $1 AND kind IN (0, 3, 5)
          AND (sequence > $2 AND effective_date <= $3 OR sequence <= $2 AND effective_date > $3
               OR value_date <= $3 AND effective_date > $3)
    )
    SELECT e.sequence, e.entry_id, e.kind, e.effective_date, e.booked_at, e.value_date, e.adjusting, e.reference,
           e.description, e.actor, leg.currency, leg.amount::text AS amount
    FROM e
    JOIN (
        SELECT sequence, currency, sum(amount_minor) FILTER (WHERE amount_minor > 0) AS amount
        FROM postings_of(ARRAY(SELECT sequence FROM e))
        WHERE layer = 0
        GROUP BY sequence, currency
    ) leg USING (sequence)
    ORDER BY e.sequence, leg.currency";

/// The last commit up to an entry, and how many commits are not what they say, or not linked to the one before.
pub const CHAIN: &str = r"
    SELECT count(*) AS commits, count(*) FILTER (WHERE broken) AS broken, max(last_sequence) AS last_sequence,
           (array_agg(encode(hash, 'hex') ORDER BY commit_no DESC))[1] AS hash
    FROM (
        SELECT commit_no, last_sequence, hash,
               commit_no <> row_number() OVER chain
               OR first_sequence <> COALESCE(lag(last_sequence) OVER chain, 0) + 1
               OR previous_hash <> COALESCE(lag(hash) OVER chain, decode(repeat('00', 32), 'hex'))
               OR hash <> sha256(
                   previous_hash || int8send(commit_no) || int8send(first_sequence) || int8send(last_sequence)
                   || timestamptz_send(booked_at) || entries_root
               ) AS broken
        FROM commit
        WHERE last_sequence <= $1
        WINDOW chain AS (ORDER BY commit_no)
    ) linked";

/// How many entries there are up to one, and the last.
pub const ENTRY_COUNT: &str = "
    SELECT count(*) AS entries, COALESCE(max(sequence), 0) AS last_sequence
    FROM entry
    WHERE sequence <= $1";

/// Debits and credits up to day `$2` by currency and layer.
pub const CURRENCY_TOTALS: &str = "
    SELECT currency, layer, count(*) AS postings,
           COALESCE(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0)::text AS debits,
           COALESCE(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0)::text AS credits
    FROM posting
    WHERE sequence <= $1 AND effective_date <= COALESCE($2, date 'infinity')
    GROUP BY currency, layer
    ORDER BY currency, layer";

/// What was added to the accounts between two scopes, up to sequence `$1` and day `$2`, and up to `$3` and `$4`: the
/// postings in the second and not the first, less those in the first and not the second. Only from day `$5`, without
/// entries `$6`.
pub const CHANGE: &str = include_str!("sql/change.sql");

/// The same by account and item, of all entries.
pub const CHANGE_OF_ITEMS: &str = include_str!("sql/change_of_items.sql");

/// The same by entry and account, of at most `$8` entries behind `$7`.
pub const CHANGE_BY_ENTRY: &str = include_str!("sql/change_by_entry.sql");

/// What is outstanding up to entry `$1` and day `$2`, by account and item.
pub const OUTSTANDING_ITEMS: &str = "
    SELECT account_no, item, outstanding::text AS outstanding
    FROM items_as_of(NULL, $2, $1)
    WHERE outstanding <> 0";

/// Every statement by name.
pub const ALL: [(&str, &str); 20] = [
    ("NOW", NOW),
    ("CHART", CHART),
    ("YEAR_ENDS", YEAR_ENDS),
    ("RESULTS_MOVED", RESULTS_MOVED),
    ("LEDGER_SUMS", LEDGER_SUMS),
    ("LEDGER_ROWS", LEDGER_ROWS),
    ("MOVEMENTS", MOVEMENTS),
    ("AGING", AGING),
    ("AGING_ITEMS", AGING_ITEMS),
    ("SUSPENSE", SUSPENSE),
    ("MANUAL_ENTRIES", MANUAL_ENTRIES),
    ("LAST_SEQUENCE_BEFORE", LAST_SEQUENCE_BEFORE),
    ("CUT_OFF", CUT_OFF),
    ("CHAIN", CHAIN),
    ("ENTRY_COUNT", ENTRY_COUNT),
    ("CURRENCY_TOTALS", CURRENCY_TOTALS),
    ("CHANGE", CHANGE),
    ("CHANGE_OF_ITEMS", CHANGE_OF_ITEMS),
    ("CHANGE_BY_ENTRY", CHANGE_BY_ENTRY),
    ("OUTSTANDING_ITEMS", OUTSTANDING_ITEMS),
];
