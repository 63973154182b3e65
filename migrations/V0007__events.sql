-- What goes out of a book besides reports: how far its readers are, and what it has refused.
--
-- The journal itself is the outbox: an event is an entry, its number is the entry's sequence, and nothing is written a
-- second time. None of these tables is touched by the turn that posts.

-- How far a reader of the journal is, by name: it has dealt with everything up to `position`. Only who holds the fence
-- moves it, from the position that he knows: whoever takes a cursor raises its fence, so that the one before cannot.
-- `held_until` keeps two workers from taking turns with one name; nothing rests on it.
CREATE TABLE event_cursor (
    name            text        COLLATE "C" NOT NULL,
    position        bigint      NOT NULL,
    fence           bigint      NOT NULL,
    holder          text,
    held_until      timestamptz,
    failures        integer     NOT NULL DEFAULT 0, -- in a row, on failed_sequence
    failed_sequence bigint,     -- the event that could not be dealt with
    error           text,
    failed_at       timestamptz,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    moved_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT event_cursor_pkey PRIMARY KEY (name),
    CONSTRAINT event_cursor_name_shape CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    CONSTRAINT event_cursor_position_not_negative CHECK (position >= 0),
    CONSTRAINT event_cursor_failure_whole CHECK (
        (failures = 0) = (failed_sequence IS NULL)
        AND (failures = 0) = (error IS NULL)
        AND (failures = 0) = (failed_at IS NULL)),
    CONSTRAINT event_cursor_failure_ahead CHECK (failed_sequence > position)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON event_cursor TO dianfu_service;

-- What people have done to cursors: made them, put them elsewhere, passed over an event, dropped them.
CREATE TABLE event_cursor_act (
    act_no        bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    name          text        COLLATE "C" NOT NULL,
    act           text        COLLATE "C" NOT NULL,
    from_position bigint,
    to_position   bigint,
    actor         text        NOT NULL,
    reason        text        NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT event_cursor_act_pkey PRIMARY KEY (act_no),
    CONSTRAINT event_cursor_act_known CHECK (act IN ('created', 'set', 'skipped', 'dropped'))
);
CREATE INDEX event_cursor_act_name_idx ON event_cursor_act (name, act_no DESC);

-- Requests that were refused. Written behind the refusal, in a transaction of its own: it is here although what was
-- refused has left no other trace, and a crash may lose the last moment of it. Numbers are dense in the order of
-- COMMIT: whoever writes takes the next ones, and of two at once one is told to try again.
CREATE TABLE refusal (
    refusal_no  bigint      NOT NULL,
    refusal_id  uuid        NOT NULL, -- drawn with the refusal: written twice, it is here once
    refused_at  timestamptz NOT NULL, -- by the clock of the node
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    door        text        COLLATE "C" NOT NULL,
    node        text        NOT NULL,
    actor       text        NOT NULL,
    entry_id    uuid,
    kind        text        COLLATE "C",
    code        text        COLLATE "C" NOT NULL,
    pointer     text,
    message     text        NOT NULL,
    request     json,
    CONSTRAINT refusal_pkey PRIMARY KEY (refusal_no),
    CONSTRAINT refusal_id_key UNIQUE (refusal_id),
    CONSTRAINT refusal_door_known CHECK (door IN ('post', 'post_in', 'api', 'gate', 'recorder')),
    CONSTRAINT refusal_request_bounded CHECK (octet_length(request::text) <= 65536)
);
CREATE INDEX refusal_actor_idx ON refusal (actor, refusal_no DESC);
CREATE INDEX refusal_code_idx ON refusal (code, refusal_no DESC);

DO $$
DECLARE
    append_only text;
BEGIN
    FOREACH append_only IN ARRAY ARRAY['event_cursor_act', 'refusal'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            append_only || '_is_append_only', append_only);
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            append_only || '_is_not_truncated', append_only);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO dianfu_service', append_only);
    END LOOP;
END $$;
