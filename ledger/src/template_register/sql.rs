//! The statements about templates on record. [`ALL`] lists them for the test that prepares each.

/// The last version of each name, or of names `$1` only, by name.
pub const LAST: &str = "
    SELECT DISTINCT ON (name) register_no, name, content::text AS content, recorded_at, actor, reason
    FROM register
    WHERE kind = 'template' AND ($1::text[] IS NULL OR name = ANY ($1))
    ORDER BY name, register_no DESC";

/// All versions of names `$1`, oldest first.
pub const HISTORIES: &str = "
    SELECT register_no, name, content::text AS content, recorded_at, actor, reason
    FROM register
    WHERE kind = 'template' AND name = ANY ($1)
    ORDER BY register_no";

/// The versions with numbers `$1`.
pub const VERSIONS: &str = "
    SELECT register_no, name, content::text AS content, recorded_at, actor, reason
    FROM register
    WHERE kind = 'template' AND register_no = ANY ($1)";

/// The numbers of the versions in force: what a turn knows of templates.
pub const NUMBERS_IN_FORCE: &str = "
    SELECT register_no
    FROM (
        SELECT DISTINCT ON (name) register_no, content
        FROM register
        WHERE kind = 'template'
        ORDER BY name, register_no DESC
    ) last
    WHERE content::text <> 'null'";

/// Those of entries `$1` that are in the books, and by which versions they were posted.
pub const VERSIONS_OF_ENTRIES: &str = "
    SELECT entry_id, template_no
    FROM entries_of(ARRAY(SELECT sequence FROM entry_places($1)))";

/// Every statement by name.
pub const ALL: [(&str, &str); 5] = [
    ("LAST", LAST),
    ("HISTORIES", HISTORIES),
    ("VERSIONS", VERSIONS),
    ("NUMBERS_IN_FORCE", NUMBERS_IN_FORCE),
    ("VERSIONS_OF_ENTRIES", VERSIONS_OF_ENTRIES),
];
