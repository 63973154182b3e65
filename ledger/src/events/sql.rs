//! The statements on events and cursors. [`ALL`] lists them for the test that prepares each against the migrated
//! tables.

/// The last sequence that is committed.
pub const HEAD: &str = "SELECT sequence FROM head";

/// The entries after `$1` up to `$2`, each with the commit that brought it.
pub const EVENTS: &str = "
    SELECT e.sequence, e.entry_id, e.kind, e.effective_date, e.booked_at, e.value_date, e.relates_to, e.hold_group,
           e.expires_at, e.at_most_minor, e.adjusting, e.template_no, r.name AS template_name, e.reference,
           e.description, e.metadata::text AS metadata, e.actor, '{}'::uuid[] AS related_ids,
           '{}'::smallint[] AS related_kinds, brought.commit_no
    FROM entry e
    LEFT JOIN register r ON r.register_no = e.template_no
    CROSS JOIN LATERAL (
        SELECT commit_no
        FROM commit
        WHERE first_sequence <= e.sequence
        ORDER BY first_sequence DESC
        LIMIT 1
    ) AS brought
    WHERE e.sequence > $1 AND e.sequence <= $2
    ORDER BY e.sequence";

/// Cursors by name: one, or all if `$1` is NULL. Those of a holder whose time is over are nobody's.
pub const CURSORS: &str = "
    SELECT name, position, fence, holder, held_until, held_until > clock_timestamp() AS is_held, failures,
           failed_sequence, error, failed_at, created_at, moved_at, head.sequence AS head
    FROM event_cursor
    CROSS JOIN head
    WHERE $1::text IS NULL OR name = $1
    ORDER BY name";

/// Makes a cursor at `$2`, where the head has been.
pub const CREATE: &str = "
    INSERT INTO event_cursor (name, position, fence)
    SELECT $1, $2, 1
    FROM head
    WHERE sequence >= $2
    ON CONFLICT DO NOTHING";

/// Takes a cursor that nobody holds, for `$3` seconds: from now on the fence before is worth nothing.
pub const TAKE: &str = "
    UPDATE event_cursor
    SET fence = fence + 1, holder = $2, held_until = clock_timestamp() + make_interval(secs => $3::bigint)
    WHERE name = $1 AND (held_until IS NULL OR held_until <= clock_timestamp())
    RETURNING position, fence";

/// Holds a cursor for `$3` more seconds, if the fence is still ours.
pub const RENEW: &str = "
    UPDATE event_cursor
    SET held_until = clock_timestamp() + make_interval(secs => $3::bigint)
    WHERE name = $1 AND fence = $2";

/// Lets a cursor go, if the fence is still ours.
pub const RELEASE: &str = "
    UPDATE event_cursor
    SET held_until = NULL
    WHERE name = $1 AND fence = $2";

/// Moves a cursor from `$3` to `$4`, if the fence is still ours and the head has been there. A failure that lies behind
/// it then is over.
pub const ADVANCE: &str = "
    UPDATE event_cursor
    SET position = $4, moved_at = clock_timestamp(),
        held_until = COALESCE(clock_timestamp() + make_interval(secs => $5::bigint), held_until),
        failures = CASE WHEN failed_sequence > $4 THEN failures ELSE 0 END,
        error = CASE WHEN failed_sequence > $4 THEN error END,
        failed_at = CASE WHEN failed_sequence > $4 THEN failed_at END,
        failed_sequence = CASE WHEN failed_sequence > $4 THEN failed_sequence END
    WHERE name = $1 AND fence = $2 AND position = $3 AND $4 >= position AND $4 <= (SELECT sequence FROM head)";

/// Puts on a cursor that event `$4` could not be dealt with, and how often in a row.
pub const FAIL: &str = "
    UPDATE event_cursor
    SET failures = CASE WHEN failed_sequence = $4 THEN failures + 1 ELSE 1 END,
        failed_sequence = $4, error = $5, failed_at = clock_timestamp()
    WHERE name = $1 AND fence = $2 AND position = $3 AND $4 > position
    RETURNING failures";

/// Puts a cursor elsewhere, where the head has been; whoever holds it has lost it. Answers where it was.
pub const SET: &str = "
    UPDATE event_cursor new
    SET position = $2, fence = new.fence + 1, holder = NULL, held_until = NULL, moved_at = clock_timestamp(),
        failures = 0, failed_sequence = NULL, error = NULL, failed_at = NULL
    FROM (SELECT name, position FROM event_cursor WHERE name = $1 FOR UPDATE) AS old
    WHERE new.name = old.name AND $2 <= (SELECT sequence FROM head)
    RETURNING old.position";

/// Removes a cursor; answers where it was.
pub const DROP_CURSOR: &str = "
    DELETE FROM event_cursor
    WHERE name = $1
    RETURNING position";

/// Puts on record what somebody has done to a cursor.
pub const RECORD_ACT: &str = "
    INSERT INTO event_cursor_act (name, act, from_position, to_position, actor, reason)
    VALUES ($1, $2, $3, $4, $5, $6)";

/// What people have done to a cursor, newest first.
pub const ACTS: &str = "
    SELECT act, from_position, to_position, actor, reason, recorded_at
    FROM event_cursor_act
    WHERE name = $1
    ORDER BY act_no DESC
    LIMIT $2";

/// Every statement by name.
pub const ALL: [(&str, &str); 13] = [
    ("HEAD", HEAD),
    ("EVENTS", EVENTS),
    ("CURSORS", CURSORS),
    ("CREATE", CREATE),
    ("TAKE", TAKE),
    ("RENEW", RENEW),
    ("RELEASE", RELEASE),
    ("ADVANCE", ADVANCE),
    ("FAIL", FAIL),
    ("SET", SET),
    ("DROP_CURSOR", DROP_CURSOR),
    ("RECORD_ACT", RECORD_ACT),
    ("ACTS", ACTS),
];
