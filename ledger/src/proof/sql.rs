//! The statements of the proofs.

/// The commit of entry `$1`, and the entry's sequence: two index probes.
pub const COMMIT_OF_ENTRY: &str = "
    SELECT e.sequence AS entry_sequence, c.*
    FROM entry_places(ARRAY[$1]::uuid[]) e
    CROSS JOIN LATERAL (
        SELECT commit_no, first_sequence, last_sequence, booked_at, entries_root, previous_hash, hash
        FROM commit
        WHERE first_sequence <= e.sequence
        ORDER BY first_sequence DESC
        LIMIT 1
    ) c";

/// The last commit; 0 if there is none.
pub const LAST_COMMIT: &str = "
    SELECT commit_no
    FROM head";

/// The hashes of the commits up to `$1`, in order.
pub const COMMIT_HASHES: &str = "
    SELECT hash
    FROM commit
    WHERE commit_no <= $1
    ORDER BY commit_no";

/// Every statement by name.
pub const ALL: [(&str, &str); 3] =
    [("COMMIT_OF_ENTRY", COMMIT_OF_ENTRY), ("LAST_COMMIT", LAST_COMMIT), ("COMMIT_HASHES", COMMIT_HASHES)];
