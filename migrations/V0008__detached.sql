-- Segments that lie in files: their partitions are foreign tables of the extension file_fdw on files in the format of
-- a binary COPY. Readers see one journal as before; no index helps them there, a file is read whole.
--
-- Called by the owner, one transaction a segment (ledger/src/segment.rs): a new table is made and filled beside the
-- partition, compared with it by digest, and takes its place.

-- Makes the foreign table on `file` that is to be a segment's partition of a table, under the partition's name and
-- `suffix`: with the columns and constraints that a partition must have. Whoever reads it sees the whole file, also in
-- a snapshot from before.
CREATE FUNCTION make_file_leaf(parent text, no integer, suffix text, file text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    made constant text := leaf(parent, no) || suffix;
    columns text;
    checks text;
BEGIN
    SELECT string_agg(
        format('%I %s%s%s', attname, format_type(atttypid, atttypmod),
            (SELECT format(' COLLATE %I.%I', n.nspname, c.collname)
             FROM pg_collation c
             JOIN pg_namespace n ON n.oid = c.collnamespace
             WHERE c.oid = attcollation),
            CASE WHEN attnotnull THEN ' NOT NULL' END),
        ', ' ORDER BY attnum)
    INTO columns
    FROM pg_attribute
    WHERE attrelid = parent::regclass AND attnum > 0 AND NOT attisdropped;
    SELECT string_agg(format(', CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)), '')
    INTO checks
    FROM pg_constraint
    WHERE conrelid = parent::regclass AND contype = 'c';
    EXECUTE format('CREATE FOREIGN TABLE %I (%s%s) SERVER dianfu_files OPTIONS (filename %L, format %L)',
        made, columns, checks, file, 'binary');
    EXECUTE format('GRANT SELECT ON %I TO dianfu_service', made);
    EXECUTE format('ANALYZE %I', made);
END $$;

-- The file of a segment's partition of a table; NULL if it is not in one.
CREATE FUNCTION leaf_file(parent text, no integer) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT option_value
    FROM pg_foreign_table, pg_options_to_table(ftoptions)
    WHERE ftrelid = to_regclass(leaf(parent, no)) AND option_name = 'filename'
$$;

-- Whether the book's owner may ask how large a file is.
CREATE FUNCTION may_ask_files() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
    SELECT has_function_privilege('pg_stat_file(text, boolean)', 'EXECUTE')
           AND pg_has_role('pg_read_server_files', 'USAGE')
$$;

-- The size of the file of a segment's partition; NULL if it is missing, or may not be asked. By the owner's rights, for
-- every reader.
CREATE FUNCTION file_bytes(parent text, no integer) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER AS $$
BEGIN
    IF NOT may_ask_files() THEN
        RETURN NULL;
    END IF;
    -- A statement of its own: rights are looked at when it begins.
    RETURN (pg_stat_file(leaf_file(parent, no), true)).size;
END $$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION may_ask_files() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION file_bytes(text, integer) SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION may_ask_files(), file_bytes(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION may_ask_files(), file_bytes(text, integer) TO dianfu_service;

-- The same; NULL, too, if it cannot be reached.
CREATE FUNCTION reached_file_bytes(parent text, no integer) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN file_bytes(parent, no);
EXCEPTION
    WHEN insufficient_privilege OR wrong_object_type OR io_error THEN RETURN NULL;
END $$;

-- Reads the files of a segment, whole or only how large they are, and fails if they cannot be read as they were
-- written.
CREATE FUNCTION read_files(no integer, whole boolean) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
    parent text;
    leaf text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['entry', 'posting'] LOOP
        leaf := leaf_to_read(parent, no);
        IF whole THEN
            EXECUTE format('SELECT count(*) FROM %I', leaf);
        END IF;
    END LOOP;
END $$;

-- SHA-256 over the rows of a segment's partition of a table, or of what was made for it, in order: of the SHA-256 of each
-- in PostgreSQL's binary format. NULL if there is none.
CREATE FUNCTION leaf_digest(parent text, no integer, suffix text) RETURNS bytea
LANGUAGE plpgsql STABLE SET work_mem = '64MB' AS $$
DECLARE
    digest bytea;
BEGIN
    EXECUTE format(
        'SELECT sha256(string_agg(sha256(record_send(r)), NULL ORDER BY %s)) FROM %I AS r',
        CASE parent WHEN 'entry' THEN 'sequence' ELSE 'sequence, leg' END, leaf(parent, no) || suffix)
    INTO digest;
    RETURN digest;
END $$;

-- Keeps what a segment's partition of a table says; answers whether what was made for it says the same.
CREATE FUNCTION keep_digest(parent text, no integer, suffix text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    digest constant bytea := leaf_digest(parent, no, '');
BEGIN
    UPDATE segment
    SET entry_digest = CASE parent WHEN 'entry' THEN digest ELSE entry_digest END,
        posting_digest = CASE parent WHEN 'posting' THEN digest ELSE posting_digest END
    WHERE segment_no = no;
    RETURN COALESCE(leaf_digest(parent, no, suffix) = digest, false);
END $$;

-- Whether what was made for a segment's partition of a table says what that said when it was detached.
CREATE FUNCTION is_as_detached(parent text, no integer, suffix text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT COALESCE(leaf_digest(parent, no, suffix)
               = CASE parent WHEN 'entry' THEN entry_digest ELSE posting_digest END, false)
    FROM segment
    WHERE segment_no = no
$$;

-- Gives the tables that were made for a segment, and filled, all that its partitions have.
CREATE FUNCTION finish_leaves(no integer, suffix text) RETURNS void
LANGUAGE plpgsql SET default_statistics_target = 10 AS $$
DECLARE
    posting constant text := leaf('posting', no);
    bounds text;
    parent text;
    has_items boolean;
BEGIN
    PERFORM index_full_segment(no, suffix);
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE item IS NOT NULL)', posting || suffix) INTO has_items;
    IF has_items THEN
        PERFORM index_items(posting, suffix);
    END IF;
    -- With this the server need not look at the rows when it takes them in, while everybody waits.
    SELECT format('sequence >= %s AND sequence < %s', first_sequence, last_sequence + 1)
    INTO bounds
    FROM segment
    WHERE segment_no = no;
    FOREACH parent IN ARRAY ARRAY['entry', 'posting'] LOOP
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT within_segment CHECK (%s)', leaf(parent, no) || suffix, bounds);
    END LOOP;
END $$;

-- Puts the tables that were made for a segment in the place of its partitions, which are dropped, and keeps how large
-- the files are, if they are files. Their parents are locked.
CREATE FUNCTION swap_leaves(no integer, suffix text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    this segment;
    parent text;
    leaf text;
BEGIN
    SELECT * INTO this FROM segment WHERE segment_no = no;
    FOREACH parent IN ARRAY ARRAY['entry', 'posting'] LOOP
        leaf := leaf(parent, no);
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, leaf);
        EXECUTE format('DROP %s %I', CASE WHEN is_file(leaf) THEN 'FOREIGN TABLE' ELSE 'TABLE' END, leaf);
        EXECUTE format('ALTER TABLE %I RENAME TO %I', leaf || suffix, leaf);
        EXECUTE format('ALTER TABLE %I OWNER TO %s', leaf, (
            SELECT relowner::regrole
            FROM pg_class
            WHERE oid = parent::regclass
        ));
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
            parent, leaf, this.first_sequence, this.last_sequence + 1);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT IF EXISTS within_segment', leaf);
    END LOOP;
    UPDATE segment
    SET entry_bytes = file_bytes('entry', no), posting_bytes = file_bytes('posting', no),
        entry_digest = CASE WHEN is_file(leaf('entry', no)) THEN entry_digest END,
        posting_digest = CASE WHEN is_file(leaf('posting', no)) THEN posting_digest END
    WHERE segment_no = no;
END $$;
