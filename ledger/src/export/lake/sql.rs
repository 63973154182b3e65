//! The statements of the export for a warehouse.

/// The end of the book.
pub const HEAD: &str = "SELECT sequence, account_no FROM head";

/// The commit that brought a sequence.
pub const COMMIT_OF: &str = "
    SELECT commit_no, encode(hash, 'hex') AS hash
    FROM commit
    WHERE first_sequence <= $1
    ORDER BY first_sequence DESC
    LIMIT 1";

/// The commits that brought the entries `$1` to `$2`, in order.
pub const COMMITS: &str = "
    SELECT commit_no, last_sequence
    FROM commit
    WHERE first_sequence <= $2
      AND first_sequence >= (SELECT max(first_sequence) FROM commit WHERE first_sequence <= $1)
    ORDER BY first_sequence";

/// What postings name by number.
pub const ACCOUNT_CODES: &str = "SELECT account_no, code, currency FROM account";

/// Entries `$1` to `$2`.
pub const ENTRIES: &str = "
    SELECT sequence, entry_id, kind, effective_date, booked_at, value_date, relates_to, hold_group, expires_at,
           at_most_minor, adjusting, template_no, reference, description, metadata, actor
    FROM entry
    WHERE sequence BETWEEN $1 AND $2
    ORDER BY sequence";

/// The postings of entries `$1` to `$2`.
pub const POSTINGS: &str = "
    SELECT sequence, leg, account_no, layer, amount_minor, currency, effective_date, item, due_date, debits_after,
           credits_after
    FROM posting
    WHERE sequence BETWEEN $1 AND $2
    ORDER BY sequence, leg";

/// Accounts `$1` to `$2`.
pub const ACCOUNTS: &str = "
    SELECT account_no, code, name, type, currency, normal_side, open_item, opened_at, opened_by
    FROM account
    WHERE account_no BETWEEN $1 AND $2
    ORDER BY account_no";

/// Every statement by name.
pub const ALL: [(&str, &str); 7] = [
    ("HEAD", HEAD),
    ("COMMIT_OF", COMMIT_OF),
    ("COMMITS", COMMITS),
    ("ACCOUNT_CODES", ACCOUNT_CODES),
    ("ENTRIES", ENTRIES),
    ("POSTINGS", POSTINGS),
    ("ACCOUNTS", ACCOUNTS),
];

/// A statement over a range as a binary COPY, which takes no parameters.
pub fn copy(select: &str, first: i64, last: i64) -> String {
    let select = select.replace("$1", &first.to_string()).replace("$2", &last.to_string());
    format!("COPY ({select}) TO STDOUT (FORMAT binary)")
}
