//! The statements of the check. Each table is read in order and in pieces `$1` to `$2`; the columns are all of the
//! table's, in its order, because the hash of a commit covers them so.

/// The head, and where the segments end.
pub const HEAD: &str = "
    SELECT sequence, commit_no, hash, booked_at, account_no, account_hash, setting_no, setting_hash,
           segment_no, segment_end,
           (SELECT COALESCE(max(segment_no), 0) FROM segment) AS segments,
           (SELECT COALESCE(max(last_sequence), 0) FROM segment) AS segments_end
    FROM head";

/// Accounts by number; the hash covers the columns before it.
pub const ACCOUNTS: &str = "
    SELECT account_no, code, name, currency, normal_side, open_item, opened_at, opened_by, hash
    FROM account
    WHERE account_no BETWEEN $1::bigint AND $2::bigint
    ORDER BY account_no";

/// Settings by number; the hash covers the columns before it.
pub const SETTINGS: &str = "
    SELECT setting_no, account_no, after_sequence, min_minor, max_minor, closed, recorded_at, actor, reason, hash
    FROM account_setting
    WHERE setting_no BETWEEN $1 AND $2
    ORDER BY setting_no";

/// Commits by number.
pub const COMMITS: &str = "
    SELECT commit_no, first_sequence, last_sequence, booked_at, previous_hash, hash
    FROM commit
    WHERE commit_no BETWEEN $1 AND $2
    ORDER BY commit_no";

/// Entries by sequence.
pub const ENTRIES: &str = "
    SELECT sequence, entry_id, kind, effective_date, booked_at, relates_to, reference, description, metadata, actor
    FROM entry
    WHERE sequence BETWEEN $1 AND $2
    ORDER BY sequence";

/// Postings by sequence and leg: along the index on the sequence, and sorted by leg within an entry.
pub const POSTINGS: &str = "
    SELECT sequence, amount_minor, debits_after, credits_after, account_no, effective_date, leg, layer, currency, item
    FROM posting
    WHERE sequence BETWEEN $1 AND $2
    ORDER BY sequence, leg";

/// Every statement by name.
pub const ALL: [(&str, &str); 6] = [
    ("HEAD", HEAD),
    ("ACCOUNTS", ACCOUNTS),
    ("SETTINGS", SETTINGS),
    ("COMMITS", COMMITS),
    ("ENTRIES", ENTRIES),
    ("POSTINGS", POSTINGS),
];
