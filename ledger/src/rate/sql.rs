//! The statements of rates. [`ALL`] lists them for the test that prepares each against the migrated tables.
//!
//! Names of rates collate bytewise, and names of one pair and kind sort by day: a look-up is one probe of the
//! register's index, backward or forward.

/// The last of the names from `$1` to `$2`, as it was known at `$3` (which may be NULL for now).
pub const LAST_IN_RANGE: &str = "
    SELECT register_no, name, content::text AS content, recorded_at, actor, reason
    FROM register
    WHERE kind = 'rate' AND name BETWEEN $1 AND $2 AND recorded_at <= COALESCE($3, timestamptz 'infinity')
    ORDER BY name DESC, register_no DESC
    LIMIT 1";

/// The first of the names from `$1` to `$2`, likewise.
pub const FIRST_IN_RANGE: &str = "
    SELECT register_no, name, content::text AS content, recorded_at, actor, reason
    FROM register
    WHERE kind = 'rate' AND name BETWEEN $1 AND $2 AND recorded_at <= COALESCE($3, timestamptz 'infinity')
    ORDER BY name, register_no DESC
    LIMIT 1";

/// What is in force under these names.
pub const IN_FORCE: &str = "
    SELECT DISTINCT ON (name) name, content::text AS content
    FROM register
    WHERE kind = 'rate' AND name = ANY ($1)
    ORDER BY name, register_no DESC";

/// Rates by name, as they were known at `$7`: after name `$1`; of base `$2`, quote `$3` and kind `$4`, where given;
/// from day `$5` to day `$6`, as text; at most `$8`.
pub const LIST: &str = "
    SELECT DISTINCT ON (name) register_no, name, content::text AS content, recorded_at, actor, reason
    FROM register
    WHERE kind = 'rate' AND name > $1 AND recorded_at <= COALESCE($7, timestamptz 'infinity')
      AND left(name, 3) = COALESCE($2, left(name, 3)) AND substr(name, 5, 3) = COALESCE($3, substr(name, 5, 3))
      AND split_part(name, ' ', 2) = COALESCE($4, split_part(name, ' ', 2))
      AND right(name, 10) BETWEEN $5 AND $6
    ORDER BY name, register_no DESC
    LIMIT $8";

/// All that was ever on record under a name, oldest first.
pub const HISTORY: &str = "
    SELECT register_no, name, content::text AS content, recorded_at, actor, reason
    FROM register
    WHERE kind = 'rate' AND name = $1
    ORDER BY register_no";

/// Every statement by name.
pub const ALL: [(&str, &str); 5] = [
    ("LAST_IN_RANGE", LAST_IN_RANGE),
    ("FIRST_IN_RANGE", FIRST_IN_RANGE),
    ("IN_FORCE", IN_FORCE),
    ("LIST", LIST),
    ("HISTORY", HISTORY),
];
