-- The journal of one book: accounts, entries, postings, commits, and the head.
--
-- Every name is unqualified: the search_path decides which book this is. Nothing here knows of other books.
-- No foreign keys and no check that reads another table on the posting path: the turn decides, the guards below refuse
-- what no correct turn writes, and `verify` re-derives the rest.

-- Refuses any change to an append-only table. Matched by SQLSTATE 23001 and constraint name, never by text.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'append_only', TABLE = TG_TABLE_NAME;
END $$;

-- Accounts. The identity of an account never changes.
CREATE TABLE account (
    account_no  integer     NOT NULL,
    code        text        COLLATE "C" NOT NULL,
    name        text        NOT NULL,
    type        text        COLLATE "C" NOT NULL,
    currency    text        COLLATE "C" NOT NULL,
    normal_side text        COLLATE "C" NOT NULL,
    open_item   boolean     NOT NULL,
    opened_at   timestamptz NOT NULL,
    opened_by   text        NOT NULL,
    hash        bytea       NOT NULL, -- chained: see account_setting
    CONSTRAINT account_pkey PRIMARY KEY (account_no),
    CONSTRAINT account_code_key UNIQUE (code),
    CONSTRAINT account_code_shape CHECK (code ~ '^[A-Za-z0-9_-]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$'),
    CONSTRAINT account_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT account_type_known CHECK (type IN ('asset', 'liability', 'equity', 'income', 'expense', 'memo')),
    CONSTRAINT account_normal_side_known CHECK (normal_side IN ('D', 'C')),
    CONSTRAINT account_hash_length CHECK (length(hash) = 32)
);

-- Limits, freezing, closing and the place in the chart, as a history: the row with the highest setting_no is in force.
-- Accounts and settings are chained like commits: hash = SHA-256 of the hash before (32 zero bytes for the first) and
-- the row's other columns, encoded as rows of the journal are.
CREATE TABLE account_setting (
    setting_no  bigint      NOT NULL,
    account_no  integer     NOT NULL,
    after_sequence bigint   NOT NULL, -- in force for the entries after this one
    min_minor   bigint,
    max_minor   bigint,
    closed      boolean     NOT NULL,
    frozen      text        COLLATE "C" NOT NULL, -- none; in and out: what raises and what lowers it; both
    parent      text        COLLATE "C", -- the heading or account that it is rolled up to
    metadata    json,
    recorded_at timestamptz NOT NULL,
    actor       text        NOT NULL,
    reason      text        NOT NULL,
    hash        bytea       NOT NULL,
    CONSTRAINT account_setting_pkey PRIMARY KEY (setting_no),
    CONSTRAINT account_setting_account_fkey FOREIGN KEY (account_no) REFERENCES account (account_no),
    CONSTRAINT account_setting_limits_ordered CHECK (min_minor <= max_minor),
    CONSTRAINT account_setting_frozen_known CHECK (frozen IN ('none', 'in', 'out', 'both')),
    CONSTRAINT account_setting_hash_length CHECK (length(hash) = 32)
);
CREATE INDEX account_setting_account_idx ON account_setting (account_no, setting_no DESC);

-- What is on record about the book besides its accounts, as a history chained like account_setting: for each kind and
-- name the row with the highest register_no is in force. What two people must agree on is proposed by one and recorded
-- by another.
CREATE TABLE register (
    register_no    bigint      NOT NULL,
    kind           text        COLLATE "C" NOT NULL,
    name           text        COLLATE "C" NOT NULL,
    content        json        NOT NULL,
    after_sequence bigint      NOT NULL, -- in force for the entries after this one
    proposed_by    text,
    recorded_at    timestamptz NOT NULL,
    actor          text        NOT NULL,
    reason         text        NOT NULL,
    hash           bytea       NOT NULL,
    CONSTRAINT register_pkey PRIMARY KEY (register_no),
    CONSTRAINT register_two_people CHECK (proposed_by <> actor),
    CONSTRAINT register_hash_length CHECK (length(hash) = 32)
);
CREATE INDEX register_name_idx ON register (kind, name, register_no DESC);

-- Which limit groups an account is or was in; the register says whether it still is.
CREATE TABLE limit_group_member (
    account_no  integer NOT NULL,
    register_no bigint  NOT NULL,
    CONSTRAINT limit_group_member_pkey PRIMARY KEY (account_no, register_no),
    CONSTRAINT limit_group_member_account_fkey FOREIGN KEY (account_no) REFERENCES account (account_no),
    CONSTRAINT limit_group_member_register_fkey FOREIGN KEY (register_no) REFERENCES register (register_no)
);

-- One business fact. kind: 0 post, 1 hold, 2 release, 3 capture, 4 expiry, 5 reversal.
--
-- Partitioned by sequence into segments (see below), as postings are. Each has an index on the ids of its entries: small,
-- whatever the size of the journal. That an id is in no earlier segment is known to the writer (segment_ids).
CREATE TABLE entry (
    sequence       bigint      NOT NULL,
    entry_id       uuid        NOT NULL,
    kind           smallint    NOT NULL,
    effective_date date        NOT NULL,
    booked_at      timestamptz NOT NULL,
    value_date     date,       -- the day asked for, if that was closed
    relates_to     uuid,       -- the hold that is released or captured, the entry that is reversed
    hold_group     uuid,       -- the group that a hold joins, or that a release or capture ends
    expires_at     timestamptz,-- when a hold ends by itself
    at_most_minor  bigint,     -- how much was asked for, if as much as possible was to be moved; 2^63-1: all that is left
    adjusting      boolean     NOT NULL, -- posted with the right to adjust a period that is closed to others
    template_no    integer,    -- the version of the template that made its postings
    reference      text        NOT NULL,
    description    text        NOT NULL,
    metadata       json,       -- json, not jsonb: the bytes are hashed as the caller sent them
    actor          text        NOT NULL
) PARTITION BY RANGE (sequence);

-- What is looked for among entries of all segments, of those few that are looked for: holds, what takes from an earlier
-- entry or ends a group of holds, and what closes a year. Written with the entry, which it repeats; checked by `verify`.
CREATE TABLE entry_link (
    sequence    bigint   NOT NULL,
    entry_id    uuid     NOT NULL,
    kind        smallint NOT NULL,
    relates_to  uuid,
    hold_group  uuid,
    expires_at  timestamptz,
    closes_year boolean  NOT NULL,
    CONSTRAINT entry_link_pkey PRIMARY KEY (entry_id)
);
CREATE INDEX entry_link_sequence_idx ON entry_link (sequence); -- not unique, for the reason given at index_open_segment
CREATE INDEX entry_link_relates_to_idx ON entry_link (relates_to) WHERE relates_to IS NOT NULL;
CREATE INDEX entry_link_hold_group_idx ON entry_link (hold_group) WHERE hold_group IS NOT NULL;
CREATE INDEX entry_link_expires_at_idx ON entry_link (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX entry_link_hold_idx ON entry_link (sequence) WHERE kind = 1;
CREATE INDEX entry_link_closes_year_idx ON entry_link (sequence) WHERE closes_year;

-- One leg of an entry. layer: 0 settled, 1 pending. amount_minor: debit positive.
-- debits_after and credits_after are the account's totals in this layer after this leg (in the pending layer: what is
-- still outstanding on each side), so that the journal audits itself and a balance is one index probe.
--
-- Partitioned by sequence into segments (see below). The writer pays for no B-tree here: a random insert into an index
-- on the account costs more than the row. A segment gets its read indexes in bulk when it is full.
CREATE TABLE posting (
    sequence       bigint   NOT NULL,
    amount_minor   bigint   NOT NULL,
    debits_after   bigint   NOT NULL,
    credits_after  bigint   NOT NULL,
    account_no     integer  NOT NULL,
    effective_date date     NOT NULL,
    leg            smallint NOT NULL,
    layer          smallint NOT NULL,
    currency       text     COLLATE "C" NOT NULL,
    item           text     COLLATE "C",
    due_date       date,
    CONSTRAINT posting_amount_not_zero CHECK (amount_minor <> 0),
    CONSTRAINT posting_totals_not_negative CHECK (debits_after >= 0 AND credits_after >= 0)
) PARTITION BY RANGE (sequence);

-- One row a turn: what it wrote, chained to the turn before it.
-- hash = SHA-256(previous_hash, commit_no, first_sequence, last_sequence, booked_at, entries_root).
-- entries_root is the root of the Merkle tree of RFC 6962 (SHA-256) whose leaves are the commit's entries by sequence:
-- an entry's row and the rows of its postings by leg. Numbers and rows are in PostgreSQL's own binary format (see
-- verify).
CREATE TABLE commit (
    commit_no      bigint      NOT NULL,
    first_sequence bigint      NOT NULL,
    last_sequence  bigint      NOT NULL,
    booked_at      timestamptz NOT NULL,
    entries_root   bytea       NOT NULL,
    previous_hash  bytea       NOT NULL,
    hash           bytea       NOT NULL,
    node           text        NOT NULL,
    CONSTRAINT commit_pkey PRIMARY KEY (commit_no),
    CONSTRAINT commit_first_sequence_key UNIQUE (first_sequence),
    CONSTRAINT commit_booked_at_key UNIQUE (booked_at),
    CONSTRAINT commit_sequences_ordered CHECK (first_sequence <= last_sequence),
    CONSTRAINT commit_hash_length
        CHECK (length(hash) = 32 AND length(previous_hash) = 32 AND length(entries_root) = 32)
);

-- The lock, the fence, the sequence and the tip of the hash chain.
CREATE TABLE head (
    one        boolean     NOT NULL DEFAULT true,
    sequence   bigint      NOT NULL,
    commit_no  bigint      NOT NULL,
    hash       bytea       NOT NULL,
    booked_at  timestamptz NOT NULL,
    account_no integer     NOT NULL,
    account_hash bytea     NOT NULL,
    setting_no bigint      NOT NULL,
    setting_hash bytea     NOT NULL,
    register_no bigint     NOT NULL,
    register_hash bytea    NOT NULL,
    soft_closed_through date, -- days up to this one take adjusting entries only
    hard_closed_through date, -- days up to this one take no entry
    next_expiry timestamptz,  -- no hold that still holds anything expires before this
    segment_no  integer    NOT NULL, -- the last segment
    segment_end bigint     NOT NULL, -- the last sequence that it takes
    CONSTRAINT head_pkey PRIMARY KEY (one),
    CONSTRAINT head_is_one_row CHECK (one),
    CONSTRAINT head_hard_closed_is_soft_closed
        CHECK (hard_closed_through IS NULL OR COALESCE(hard_closed_through <= soft_closed_through, false))
) WITH (fillfactor = 10); -- one hot row: keep its versions on one page
INSERT INTO head (sequence, commit_no, hash, booked_at, account_no, account_hash, setting_no, setting_hash,
    register_no, register_hash, segment_no, segment_end)
SELECT 0, 0, zeros, '1970-01-01T00:00:00Z', 0, zeros, 0, zeros, 0, zeros, 0, 0
FROM decode(repeat('00', 32), 'hex') AS zeros;

-- The head only moves forward.
CREATE FUNCTION head_moves_forward() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sequence < OLD.sequence OR NEW.commit_no < OLD.commit_no OR NEW.booked_at < OLD.booked_at
        OR NEW.account_no < OLD.account_no OR NEW.setting_no < OLD.setting_no OR NEW.register_no < OLD.register_no
        OR NEW.segment_no < OLD.segment_no OR NEW.segment_end < OLD.segment_end
    THEN
        RAISE EXCEPTION 'the head only moves forward'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'head_moves_forward', TABLE = 'head';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER head_moves_forward BEFORE UPDATE ON head
    FOR EACH ROW EXECUTE FUNCTION head_moves_forward();
CREATE TRIGGER head_stays BEFORE DELETE ON head
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER head_is_not_truncated BEFORE TRUNCATE ON head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A turn that decides before the one before it has committed holds one of these, from before it reads the clock to its
-- end: it does not hold the head yet, and who asks what was known at a time waits for both. As many as may overlap.
CREATE TABLE lane (
    lane_no integer NOT NULL,
    CONSTRAINT lane_pkey PRIMARY KEY (lane_no)
);
INSERT INTO lane VALUES (1), (2), (3), (4); -- of two processes that have two turns ahead each

-- A sum of 64 bits, which fails where that is too little; sum(bigint) is numeric, and dearer.
CREATE AGGREGATE narrow_sum(bigint) (sfunc = int8pl, stype = bigint, initcond = '0');

-- Every entry sums to zero per currency and layer. Reads its transition table alone, so that it costs one pass over
-- what the statement wrote; the legs of an entry therefore come in one statement.
CREATE FUNCTION entries_balance() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    bad record;
BEGIN
    BEGIN
        PERFORM
        FROM written
        GROUP BY sequence, currency, layer
        HAVING narrow_sum(amount_minor) <> 0
        LIMIT 1;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    EXCEPTION
        WHEN numeric_value_out_of_range THEN -- some sums pass 64 bits on their way
    END;
    SELECT sequence, currency, layer, sum(amount_minor) AS total
    INTO bad
    FROM written
    GROUP BY sequence, currency, layer
    HAVING sum(amount_minor) <> 0
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % does not balance: % in layer % sums to % minor units',
            bad.sequence, bad.currency, bad.layer, bad.total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_balance', TABLE = 'posting';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_balance AFTER INSERT ON posting
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION entries_balance();

-- A range of sequences and its partition posting_NNNNNN. Sealed: its read indexes are built; segments are sealed in
-- order, so that everything up to the last sealed one is indexed. While few post, the writer has time to keep the index
-- by account itself, and readers of the open segment have it at once.
CREATE TABLE segment (
    segment_no     integer     NOT NULL,
    first_sequence bigint      NOT NULL,
    last_sequence  bigint      NOT NULL,
    sealed_at      timestamptz,
    entry_bytes    bigint, -- of a segment in files: how large each was when it was compared with the database
    posting_bytes  bigint,
    entry_digest   bytea, -- and what they say: see leaf_digest
    posting_digest bytea,
    CONSTRAINT segment_pkey PRIMARY KEY (segment_no),
    CONSTRAINT segment_ordered CHECK (first_sequence <= last_sequence)
);
GRANT SELECT ON segment TO dianfu_service;

-- Which ids a full segment has, so that whether an id is in the books is known without looking into every segment. Ids
-- that are ordered by time lie in few narrow spans; whatever lies within one is asked of the filter, which never denies
-- an id that is there. Follows from the journal, and is checked by `verify`.
CREATE TABLE segment_ids (
    segment_no integer NOT NULL,
    spans      uuid[]  NOT NULL, -- first and last id of each, in order
    filter     bytea   NOT NULL, -- see ledger/src/journal/ids/filter.rs
    CONSTRAINT segment_ids_pkey PRIMARY KEY (segment_no)
);
ALTER TABLE segment_ids ALTER filter SET STORAGE EXTERNAL;
GRANT SELECT, INSERT ON segment_ids TO dianfu_service;
CREATE FUNCTION within_spans(id uuid, spans uuid[]) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$ SELECT id = ANY (spans) OR width_bucket(id, spans) % 2 = 1 $$;

-- The name of a segment's partition of a table.
CREATE FUNCTION leaf(parent text, segment_no integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT parent || '_' || lpad(segment_no::text, 6, '0') $$;

-- The place of a posting among those of its segment by account, layer, sequence and leg, as one number: an index on it is
-- built in half the time of one on the four columns and is half as large. A segment begins behind a multiple of 131,072;
-- an entry has at most 2,000 legs.
CREATE FUNCTION account_place(account_no integer, layer smallint, sequence bigint, leg smallint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (account_no::bigint << 29) | (layer::bigint << 28) | (((sequence - 1) & 131071) << 11) | leg
$$;
-- Where the places of an account and layer begin, and where those up to a sequence of the segment end.
CREATE FUNCTION first_place(account_no integer, layer integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (account_no::bigint << 29) | (layer::bigint << 28) $$;
CREATE FUNCTION last_place(account_no integer, layer integer, sequence bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT account_place(account_no, layer::smallint, sequence, 2047::smallint) $$;

-- Whether a segment's partition is a file outside of the database, which has no index and is read whole (see
-- V0008__detached.sql).
CREATE FUNCTION is_file(leaf text) RETURNS boolean
LANGUAGE sql STABLE AS $$ SELECT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(leaf) AND relkind = 'f') $$;

-- The name of a segment's partition of a table, for who is about to read it. If it is a file, that must be as large as it
-- was when it was written: one that was cut off between two rows is to the server a shorter one.
CREATE FUNCTION leaf_to_read(parent text, no integer) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    was constant bigint := (
        SELECT CASE parent WHEN 'entry' THEN entry_bytes ELSE posting_bytes END
        FROM segment
        WHERE segment_no = no
    );
BEGIN
    IF was IS NOT NULL THEN
        IF file_bytes(parent, no) <> was THEN
            RAISE EXCEPTION 'the file % is not as large as it was', leaf_file(parent, no)
                USING ERRCODE = 'bad_copy_file_format', TABLE = leaf(parent, no);
        END IF;
    END IF;
    RETURN leaf(parent, no);
END $$;

-- The segments of these sequences, which may come in any order and more than once.
CREATE FUNCTION segments_of(sequences bigint[])
RETURNS TABLE (segment_no integer, wanted bigint[])
LANGUAGE sql STABLE AS $$
    SELECT segment_no, array_agg(DISTINCT sequence)
    FROM (
        SELECT sequence,
               width_bucket(sequence, ARRAY(SELECT first_sequence FROM segment ORDER BY segment_no)) AS segment_no
        FROM unnest(sequences) AS named (sequence)
    ) AS place
    WHERE segment_no > 0
    GROUP BY segment_no
$$;

-- The entries with these sequences, and the postings of such. A partitioned table is planned and locked whole, however
-- little of it is wanted: these name the partitions. Many that lie close together are found in one pass, and so are those
-- of a segment that has no index on the sequence: it is open, or in a file.
CREATE FUNCTION entries_of(sequences bigint[]) RETURNS SETOF entry
LANGUAGE plpgsql STABLE AS $$
DECLARE
    part record;
BEGIN
    FOR part IN SELECT * FROM segments_of(sequences) LOOP
        RETURN QUERY EXECUTE rows_of('entry', part.segment_no, part.wanted) USING part.wanted;
    END LOOP;
END $$;
CREATE FUNCTION postings_of(sequences bigint[]) RETURNS SETOF posting
LANGUAGE plpgsql STABLE AS $$
DECLARE
    part record;
BEGIN
    FOR part IN SELECT * FROM segments_of(sequences) LOOP
        RETURN QUERY EXECUTE rows_of('posting', part.segment_no, part.wanted) USING part.wanted;
    END LOOP;
END $$;
CREATE FUNCTION rows_of(parent text, segment_no integer, wanted bigint[]) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format(
        CASE
            WHEN last - first < 50 * cardinality(wanted) OR to_regclass(leaf || '_sequence_idx') IS NULL THEN
                'SELECT found.* FROM %I AS found JOIN unnest($1) AS wanted (sequence) USING (sequence)
                 WHERE found.sequence BETWEEN %s AND %s'
            ELSE
                'SELECT found.* FROM unnest($1) AS wanted (sequence)
                 CROSS JOIN LATERAL (SELECT * FROM %I WHERE sequence = wanted.sequence OFFSET 0) AS found'
        END, leaf_to_read(parent, segment_no), first, last)
    FROM (
        SELECT leaf(parent, segment_no), min(sequence) AS first, max(sequence) AS last
        FROM unnest(wanted) AS named (sequence)
    ) AS bounds
$$;

-- Where the entries with those of these ids are that a segment has. Whoever asks takes an id that is not found for one
-- that was never seen: of a file the last entry must be there, too, which is gone if the end is.
CREATE FUNCTION places_in(no integer, ids uuid[])
RETURNS TABLE (entry_id uuid, sequence bigint)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    leaf constant text := leaf_to_read('entry', no);
    last constant bigint := (SELECT last_sequence FROM segment WHERE segment_no = no);
    is_whole boolean := false;
BEGIN
    IF NOT is_file(leaf) THEN
        RETURN QUERY EXECUTE format(
            'SELECT entry_id, sequence
             FROM unnest($1) AS wanted (entry_id)
             CROSS JOIN LATERAL (SELECT sequence FROM %I WHERE entry_id = wanted.entry_id OFFSET 0) AS place', leaf)
        USING ids;
        RETURN;
    END IF;
    FOR entry_id, sequence IN EXECUTE format(
        'SELECT entry_id, sequence FROM %I WHERE entry_id = ANY ($1) OR sequence = $2', leaf)
    USING ids, last
    LOOP
        is_whole := is_whole OR places_in.sequence = last;
        IF places_in.entry_id = ANY (ids) THEN
            RETURN NEXT;
        END IF;
    END LOOP;
    IF NOT is_whole THEN
        RAISE EXCEPTION 'the file of % ends before its last entry', leaf
            USING ERRCODE = 'bad_copy_file_format', TABLE = leaf;
    END IF;
END $$;

-- Where the entries with these ids are.
CREATE FUNCTION entry_places(ids uuid[])
RETURNS TABLE (entry_id uuid, sequence bigint)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT segment_no, wanted
        FROM segment
        LEFT JOIN segment_ids USING (segment_no)
        CROSS JOIN LATERAL (
            SELECT array_agg(id) AS wanted
            FROM unnest(ids) AS named (id)
            WHERE spans IS NULL OR within_spans(id, spans)
        ) AS candidates
        WHERE wanted IS NOT NULL
        ORDER BY segment_no DESC
    LOOP
        RETURN QUERY SELECT * FROM places_in(part.segment_no, part.wanted);
    END LOOP;
END $$;

-- Whether so much is posted, 20,000 entries a second over the last five seconds, that the writer is spared what can be
-- done later.
CREATE FUNCTION posting_is_fast() RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT head.sequence - COALESCE((
        SELECT last_sequence
        FROM commit
        WHERE booked_at <= statement_timestamp() - interval '5 s' -- stable, hence by the index
        ORDER BY booked_at DESC
        LIMIT 1
    ), 0) >= 100000
    FROM head
$$;

-- Makes the table that is to be a segment's partition of a table, under the partition's name and `suffix`; nobody reads
-- it yet.
CREATE FUNCTION make_leaf(parent text, no integer, suffix text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    made constant text := leaf(parent, no) || suffix;
BEGIN
    -- Rows come once and stay: sealing tells the planner about them, and autovacuum need not look at them until they are
    -- to be frozen.
    EXECUTE format(
        'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
         WITH (autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 2147483647)', made, parent);
    -- Now, while nobody reads it: later it would wait for every reader, and everybody else for it.
    IF parent = 'entry' THEN
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I PRIMARY KEY (entry_id)', made, leaf(parent, no) || '_pkey');
    ELSE
        EXECUTE format('ALTER TABLE %I REPLICA IDENTITY FULL', made);
        EXECUTE format(
            'CREATE TRIGGER entries_balance AFTER INSERT ON %I REFERENCING NEW TABLE AS written
             FOR EACH STATEMENT EXECUTE FUNCTION entries_balance()', made);
    END IF;
    -- Row-level guards come with the partition; guards of statements do not.
    EXECUTE format(
        'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
        parent || '_is_not_truncated', made);
    -- The writer names the partition: through the partitioned table COPY would insert row by row.
    EXECUTE format('GRANT SELECT, INSERT ON %I TO dianfu_service', made);
END $$;

-- Opens the next segment; the turn that needs it calls this under the head lock, and it is rolled back with the turn.
-- The service may not create tables, hence SECURITY DEFINER. Attaching locks neither readers nor the rest of the journal.
CREATE FUNCTION open_segment() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    entries constant bigint := 131072;
    no integer;
    first bigint;
    parent text;
BEGIN
    SELECT COALESCE(max(segment_no), 0) + 1, COALESCE(max(last_sequence), 0) + 1
    INTO no, first
    FROM segment;
    FOREACH parent IN ARRAY ARRAY['entry', 'posting'] LOOP
        PERFORM make_leaf(parent, no, '');
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
            parent, leaf(parent, no), first, first + entries);
    END LOOP;
    IF no > 1 AND NOT posting_is_fast() THEN
        PERFORM index_open_segment(no);
    END IF;
    INSERT INTO segment (segment_no, first_sequence, last_sequence) VALUES (no, first, first + entries - 1);
    UPDATE head SET segment_no = no, segment_end = first + entries - 1;
    RETURN first + entries - 1;
END $$;

-- Gives a segment that is still written to the indexes that readers use. Not unique: two turns that run ahead of the head
-- may have copied the same sequences, of which one gives up; a unique index would have the one that holds the head wait
-- for the other.
CREATE FUNCTION index_open_segment(no integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    posting constant text := leaf('posting', no);
    entry constant text := leaf('entry', no);
BEGIN
    EXECUTE format('CREATE INDEX %I ON %I (account_place(account_no, layer, sequence, leg))', posting || '_account_idx', posting);
    EXECUTE format('CREATE INDEX %I ON %I (sequence)', posting || '_sequence_idx', posting);
    EXECUTE format('CREATE INDEX %I ON %I (sequence)', entry || '_sequence_idx', entry);
END $$;

-- Gives the tables of a segment that is full the indexes that readers use. Every place and sequence is there once, and
-- none will come between.
CREATE FUNCTION index_full_segment(no integer, suffix text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    posting constant text := leaf('posting', no);
    entry constant text := leaf('entry', no);
BEGIN
    EXECUTE format(
        'CREATE INDEX IF NOT EXISTS %I ON %I (account_place(account_no, layer, sequence, leg))
         WITH (fillfactor = 100, deduplicate_items = off)',
        posting || '_account_idx', posting || suffix);
    -- Postings lie in order of sequence: block ranges find an entry's legs.
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I USING brin (sequence) WITH (pages_per_range = 8)',
        posting || '_sequence_idx', posting || suffix);
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (sequence) WITH (fillfactor = 100, deduplicate_items = off)',
        entry || '_sequence_idx', entry || suffix);
    EXECUTE format('ANALYZE %I', posting || suffix); -- the planner must not guess about what it has never seen
END $$;

-- Tends the segments behind the writer: seals the first one that is full, building the indexes that readers use in bulk.
-- Nothing of this waits for the writer or holds it up. Answers whether it sealed one; a crash in the middle leaves it
-- unsealed. If none is full and the writer has the time, the open segment gets its indexes, too, which keeps it waiting
-- for a moment, once.
CREATE FUNCTION tend_segments() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET default_statistics_target = 10 SET max_parallel_maintenance_workers = 0 AS $$
DECLARE
    bytes constant bigint := 67108864; -- twice a segment of two-leg entries: more would keep the writer waiting for long
    no integer;
    posting text;
BEGIN
    SELECT segment_no
    INTO no
    FROM segment
    WHERE sealed_at IS NULL AND last_sequence <= (SELECT sequence FROM head)
    ORDER BY segment_no
    LIMIT 1
    FOR UPDATE; -- another process may be sealing it: wait, then find it sealed
    IF NOT FOUND THEN
        SELECT segment_no
        INTO no
        FROM segment
        WHERE segment_no = (SELECT segment_no FROM head) AND NOT posting_is_fast()
        FOR UPDATE SKIP LOCKED; -- one is enough
        posting := leaf('posting', no);
        IF FOUND AND to_regclass(posting || '_account_idx') IS NULL AND pg_relation_size(posting::regclass) < bytes THEN
            PERFORM set_config('lock_timeout', '100ms', true);
            PERFORM index_open_segment(no);
        END IF;
        RETURN false;
    END IF;
    PERFORM index_full_segment(no, '');
    UPDATE segment SET sealed_at = clock_timestamp() WHERE segment_no = no;
    RETURN true;
EXCEPTION
    WHEN lock_not_available THEN -- somebody posts after all: another time
        RETURN false;
END $$;
-- They run with their owner's rights and see this book alone: temporary tables of the caller come last, not first.
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION open_segment() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION tend_segments() SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION open_segment(), tend_segments() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_segment(), tend_segments() TO dianfu_service;

-- These entries, all that they take from (relates_to), and all that takes from any of those, however far. One index
-- probe an entry: the planner cannot know how small families are.
CREATE FUNCTION entry_families(entries uuid[])
RETURNS SETOF uuid
LANGUAGE sql STABLE SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
    WITH RECURSIVE original AS (
        SELECT entry_id
        FROM unnest(entries) AS named (entry_id)
        UNION
        SELECT l.relates_to
        FROM original
        JOIN entry_link l USING (entry_id)
        WHERE l.relates_to IS NOT NULL
    ), family AS (
        SELECT entry_id
        FROM original
        UNION
        SELECT l.entry_id
        FROM family
        JOIN entry_link l ON l.relates_to = family.entry_id
    )
    SELECT entry_id
    FROM family
$$;

-- What a hold still holds, by account and item; of a group that was ended, its end has taken the rest.
CREATE FUNCTION held(hold uuid, hold_sequence bigint)
RETURNS TABLE (account_no integer, item text, left_minor bigint)
LANGUAGE sql STABLE SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    SELECT p.account_no, p.item, sum(p.amount_minor)::bigint
    FROM postings_of(ARRAY(
        SELECT hold_sequence
        UNION ALL
        SELECT sequence
        FROM entry_link
        WHERE relates_to = hold
    )) AS p
    WHERE p.layer = 1
    GROUP BY p.account_no, p.item
    HAVING sum(p.amount_minor) <> 0
$$;

DO $$
DECLARE
    append_only text;
BEGIN
    FOREACH append_only IN ARRAY ARRAY[
        'account', 'account_setting', 'register', 'limit_group_member', 'entry', 'entry_link', 'posting', 'commit'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            append_only || '_is_append_only', append_only);
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            append_only || '_is_not_truncated', append_only);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO dianfu_service', append_only);
    END LOOP;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO dianfu_service', current_schema());
END $$;
GRANT SELECT, UPDATE ON head, lane TO dianfu_service;
