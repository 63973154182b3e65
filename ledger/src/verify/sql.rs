//! The statements of the check. Each table is read in order and in pieces `$1` to `$2`; the columns are all of the
//! table's, in its order, because the hash of a commit covers them so.

/// The head, and where the segments end.
pub const HEAD: &str = "
    SELECT sequence, commit_no, hash, booked_at, account_no, account_hash, setting_no, setting_hash,
           register_no, register_hash, next_expiry, segment_no, segment_end,
           (SELECT COALESCE(max(segment_no), 0) FROM segment) AS segments,
           (SELECT COALESCE(max(last_sequence), 0) FROM segment) AS segments_end,
           soft_closed_through, hard_closed_through
    FROM head";

/// Accounts by number; the hash covers the columns before it.
pub const ACCOUNTS: &str = "
    SELECT account_no, code, name, type, currency, normal_side, open_item, opened_at, opened_by, hash
    FROM account
    WHERE account_no BETWEEN $1::bigint AND $2::bigint
    ORDER BY account_no";

/// Settings by number; the hash covers the columns before it.
pub const SETTINGS: &str = "
    SELECT setting_no, account_no, after_sequence, min_minor, max_minor, closed, frozen, parent, metadata, recorded_at,
           actor, reason, hash
    FROM account_setting
    WHERE setting_no BETWEEN $1 AND $2
    ORDER BY setting_no";

/// The register by number; the hash covers the columns before it.
pub const REGISTER: &str = "
    SELECT register_no, kind, name, content, after_sequence, proposed_by, recorded_at, actor, reason, hash
    FROM register
    WHERE register_no BETWEEN $1 AND $2
    ORDER BY register_no";

/// The entries that some reversal names.
pub const REVERSED: &str = "
    SELECT DISTINCT relates_to
    FROM entry
    WHERE kind = 5 AND relates_to IS NOT NULL";

/// Every closing on record, oldest first.
pub const CLOSINGS: &str = "
    SELECT register_no, after_sequence, content::text AS content
    FROM register
    WHERE kind = 'closing'
    ORDER BY register_no";

/// Every version of a template on record, oldest first.
pub const TEMPLATES: &str = "
    SELECT register_no, name, after_sequence, content::text = 'null' AS is_retired
    FROM register
    WHERE kind = 'template'
    ORDER BY register_no";

/// The first record whose members are not the accounts that it names.
pub const MEMBERS: &str = "
    SELECT register_no, COALESCE(named, '{}') AS named, COALESCE(listed, '{}') AS listed
    FROM (SELECT register_no FROM register UNION SELECT register_no FROM limit_group_member) AS every
    LEFT JOIN register r USING (register_no)
    CROSS JOIN LATERAL (
        SELECT array_agg(account_no ORDER BY account_no) AS named
        FROM json_array_elements_text(CASE r.kind WHEN 'limit_group' THEN r.content -> 'accounts' END) AS listing (code)
        JOIN account USING (code)
    ) AS content
    CROSS JOIN LATERAL (
        SELECT array_agg(account_no ORDER BY account_no) AS listed
        FROM limit_group_member
        WHERE register_no = every.register_no
    ) AS member
    WHERE named IS DISTINCT FROM listed
    ORDER BY register_no
    LIMIT 1";

/// Commits by number.
pub const COMMITS: &str = "
    SELECT commit_no, first_sequence, last_sequence, booked_at, entries_root, previous_hash, hash
    FROM commit
    WHERE commit_no BETWEEN $1 AND $2
    ORDER BY commit_no";

/// Entries by sequence.
pub const ENTRIES: &str = "
    SELECT sequence, entry_id, kind, effective_date, booked_at, value_date, relates_to, hold_group, expires_at,
           at_most_minor, adjusting, template_no, reference, description, metadata, actor
    FROM entry
    WHERE sequence BETWEEN $1 AND $2
    ORDER BY sequence";

/// Postings by sequence and leg: along the index on the sequence, and sorted by leg within an entry.
pub const POSTINGS: &str = "
    SELECT sequence, amount_minor, debits_after, credits_after, account_no, effective_date, leg, layer, currency, item,
           due_date
    FROM posting
    WHERE sequence BETWEEN $1 AND $2
    ORDER BY sequence, leg";

/// Every statement by name.
pub const ALL: [(&str, &str); 11] = [
    ("HEAD", HEAD),
    ("ACCOUNTS", ACCOUNTS),
    ("SETTINGS", SETTINGS),
    ("REGISTER", REGISTER),
    ("CLOSINGS", CLOSINGS),
    ("TEMPLATES", TEMPLATES),
    ("MEMBERS", MEMBERS),
    ("REVERSED", REVERSED),
    ("COMMITS", COMMITS),
    ("ENTRIES", ENTRIES),
    ("POSTINGS", POSTINGS),
];
