//! The tables of the journal and how they are read: as they lie, in order, or in order piece by piece, always as a
//! binary COPY ([`crate::journal::tuples`]).
//!
//! The columns are all of a table's, in its order, because the hashes cover them so.

/// A table of the journal.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, in table order.
    pub columns: &'static [&'static str],
    /// What tells its rows apart, and in which order they are checked.
    pub key: &'static [&'static str],
}

impl Table {
    /// All rows in the order in which they lie on the disk, which is nearly that of their keys and costs nothing.
    pub fn as_it_lies(&self) -> String {
        let Table { name, columns, .. } = self;
        format!("COPY (SELECT {} FROM {name}) TO STDOUT (FORMAT binary)", columns.join(", "))
    }

    /// All rows in order.
    pub fn in_order(&self) -> String {
        let Table { name, columns, key } = self;
        let (columns, key) = (columns.join(", "), key.join(", "));
        format!("COPY (SELECT {columns} FROM {name} ORDER BY {key}) TO STDOUT (FORMAT binary)")
    }

    /// The rows of a range of the first column of the key, in order: few enough to be sorted in memory.
    pub fn piece(&self, first: i64, last: i64) -> String {
        let Table { name, columns, key } = self;
        let (number, columns, key) = (key[0], columns.join(", "), key.join(", "));
        let rows = format!("SELECT {columns} FROM {name} WHERE {number} BETWEEN {first} AND {last} ORDER BY {key}");
        format!("COPY ({rows}) TO STDOUT (FORMAT binary)")
    }
}

/// The head, but for its key, which has one value.
pub const HEAD: Table = Table {
    name: "head",
    columns: &[
        "sequence",
        "commit_no",
        "hash",
        "booked_at",
        "account_no",
        "account_hash",
        "setting_no",
        "setting_hash",
        "register_no",
        "register_hash",
        "soft_closed_through",
        "hard_closed_through",
        "next_expiry",
        "segment_no",
        "segment_end",
    ],
    key: &["sequence"],
};

/// The segments.
pub const SEGMENT: Table = Table {
    name: "segment",
    columns: &["segment_no", "first_sequence", "last_sequence", "sealed_at"],
    key: &["segment_no"],
};

/// Accounts; the hash covers the columns before it.
pub const ACCOUNT: Table = Table {
    name: "account",
    columns: &[
        "account_no",
        "code",
        "name",
        "type",
        "currency",
        "normal_side",
        "open_item",
        "opened_at",
        "opened_by",
        "hash",
    ],
    key: &["account_no"],
};

/// Settings; the hash covers the columns before it.
pub const SETTING: Table = Table {
    name: "account_setting",
    columns: &[
        "setting_no",
        "account_no",
        "after_sequence",
        "min_minor",
        "max_minor",
        "closed",
        "frozen",
        "parent",
        "metadata",
        "recorded_at",
        "actor",
        "reason",
        "hash",
    ],
    key: &["setting_no"],
};

/// The register; the hash covers the columns before it.
pub const REGISTER: Table = Table {
    name: "register",
    columns: &[
        "register_no",
        "kind",
        "name",
        "content",
        "after_sequence",
        "proposed_by",
        "recorded_at",
        "actor",
        "reason",
        "hash",
    ],
    key: &["register_no"],
};

/// The members of limit groups.
pub const MEMBER: Table =
    Table { name: "limit_group_member", columns: &["account_no", "register_no"], key: &["register_no", "account_no"] };

/// Commits.
pub const COMMIT: Table = Table {
    name: "commit",
    columns: &[
        "commit_no",
        "first_sequence",
        "last_sequence",
        "booked_at",
        "entries_root",
        "previous_hash",
        "hash",
        "node",
    ],
    key: &["commit_no"],
};

/// Entries.
pub const ENTRY: Table = Table {
    name: "entry",
    columns: &[
        "sequence",
        "entry_id",
        "kind",
        "effective_date",
        "booked_at",
        "value_date",
        "relates_to",
        "hold_group",
        "expires_at",
        "at_most_minor",
        "adjusting",
        "template_no",
        "reference",
        "description",
        "metadata",
        "actor",
    ],
    key: &["sequence"],
};

/// Postings.
pub const POSTING: Table = Table {
    name: "posting",
    columns: &[
        "sequence",
        "amount_minor",
        "debits_after",
        "credits_after",
        "account_no",
        "effective_date",
        "leg",
        "layer",
        "currency",
        "item",
        "due_date",
    ],
    key: &["sequence", "leg"],
};

/// Every table, in the order in which they are checked.
pub const TABLES: [&Table; 9] = [&HEAD, &SEGMENT, &ACCOUNT, &SETTING, &REGISTER, &MEMBER, &COMMIT, &ENTRY, &POSTING];

/// The ids of the entries that some reversal names: which entries to remember. Not trusted: whoever leaves one out
/// makes the check find a reversal of nothing.
pub const REVERSED: Table = Table {
    name: "(SELECT DISTINCT relates_to FROM entry WHERE kind = 5 AND relates_to IS NOT NULL) AS reversed",
    columns: &["relates_to"],
    key: &["relates_to"],
};

/// What is looked for among entries.
pub const LINK: Table = Table {
    name: "entry_link",
    columns: &["sequence", "entry_id", "kind", "relates_to", "hold_group", "expires_at", "closes_year"],
    key: &["sequence"],
};

/// Of ids `$1` that are there more than once, the one that comes again first.
pub const FIRST_ID_TWICE: &str = "
    SELECT entry_id, min(sequence) AS first, max(sequence) AS again
    FROM entry
    WHERE entry_id = ANY ($1)
    GROUP BY entry_id
    HAVING count(*) > 1
    ORDER BY again
    LIMIT 1";

/// The segments that are summed up.
pub const SUMMARY: Table = Table {
    name: "summary",
    columns: &["segment_no", "first_date", "last_date", "has_pending", "has_totals"],
    key: &["segment_no"],
};

/// What busy accounts have come to in a segment, day by day.
pub const DAY_TOTAL: Table = Table {
    name: "day_total",
    columns: &["segment_no", "account_no", "layer", "effective_date", "debits_minor", "credits_minor"],
    key: &["segment_no", "account_no", "layer", "effective_date"],
};

/// What accounts have come to at the end of a segment: as days are read, but of no day.
pub const ACCOUNT_TOTAL: Table = Table {
    name: "account_total",
    columns: &["segment_no", "account_no", "layer", "NULL::date", "debits_after", "credits_after"],
    key: &["segment_no", "account_no", "layer"],
};

/// What items have come to.
pub const ITEM_TOTAL: Table = Table {
    name: "item_total",
    columns: &["account_no", "item", "layer", "total_minor", "first_date", "last_date", "due_date"],
    key: &["account_no", "item", "layer"],
};

/// The snapshot of this transaction, for other connections to read the same.
pub const EXPORT_SNAPSHOT: &str = "SELECT pg_export_snapshot()";

/// Up to where the journal goes, or says that it goes.
pub const LAST_SEQUENCE: &str = "SELECT COALESCE(max(sequence), 0) FROM head";

/// Up to where segments are summed up.
pub const LAST_SUMMARY: &str = "SELECT COALESCE(max(segment_no), 0) FROM summary";

/// The first item that has come to something else than its total says.
pub const WRONG_ITEM: &str = include_str!("summaries/wrong_item.sql");

/// The segments that lie in files.
pub const DETACHED: &str = "
    SELECT segment_no, first_sequence, last_sequence
    FROM segment
    WHERE is_file(leaf('entry', segment_no)) OR is_file(leaf('posting', segment_no))
    ORDER BY segment_no";

/// Reads the files of segment `$1`, whole or only how large they are.
pub const READ_FILES: &str = "SELECT read_files($1, $2)";

/// What an archive is of.
pub const ARCHIVED: &str = "SELECT sequence, booked_at FROM head";

/// Begins to read one snapshot.
pub const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// What a transaction that reads the journal needs: the rows as they lie, without parallel workers, which mix them, and
/// without joining a scan in the middle that somebody else has begun; room to sort a piece in memory.
pub const SETTINGS: &str = "
    SET LOCAL max_parallel_workers_per_gather = 0;
    SET LOCAL synchronize_seqscans = off;
    SET LOCAL work_mem = '64MB';
    SET LOCAL jit = off";

/// Reads what another transaction reads.
pub fn import_snapshot(snapshot: &str) -> String {
    format!("SET TRANSACTION SNAPSHOT '{snapshot}'; {SETTINGS}")
}

/// Every statement by name, for a test to prepare.
pub fn all() -> Vec<(String, String)> {
    let tables = TABLES.into_iter().chain([&REVERSED, &LINK, &SUMMARY, &DAY_TOTAL, &ACCOUNT_TOTAL, &ITEM_TOTAL]);
    let of_table = |table: &Table| {
        let statements = [table.as_it_lies(), table.in_order()];
        statements.map(|statement| (table.name.to_owned(), statement))
    };
    let pieces = [&COMMIT, &ENTRY, &POSTING, &DAY_TOTAL, &ACCOUNT_TOTAL]
        .map(|table| (table.name.to_owned(), table.piece(i64::MIN, i64::MAX)));
    let others = [
        ("EXPORT_SNAPSHOT", EXPORT_SNAPSHOT),
        ("FIRST_ID_TWICE", FIRST_ID_TWICE),
        ("LAST_SEQUENCE", LAST_SEQUENCE),
        ("LAST_SUMMARY", LAST_SUMMARY),
        ("WRONG_ITEM", WRONG_ITEM),
        ("ARCHIVED", ARCHIVED),
        ("DETACHED", DETACHED),
        ("READ_FILES", READ_FILES),
    ];
    let others = others.map(|(name, statement)| (name.to_owned(), statement.to_owned()));
    tables.flat_map(of_table).chain(pieces).chain(others).collect()
}
