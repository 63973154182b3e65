-- People and what they do: who works here in which roles, that two people are two, what was done by whom, and the
-- indexes by which claims are found.
--
-- Who acts is named the same everywhere (entries, events, refusals, acts):
--   person:NAME     somebody of the platform, whichever of his tokens he came with, or the shell
--   insurer:NO, pharmacy:NO, patient:NO     a party, by token or by signature
--   system:NAME     a program
-- An actor names a person, not a token, so a table whose maker and checker are both people of the platform keeps them
-- apart with CHECK (made_by <> checked_by). Where other actors may make, CHECK (two_people(made_by, checked_by)) says
-- also that the checker is a person.

-- Who works here. Nobody is deleted: an end is an end, and whoever comes back gets a new name.
CREATE TABLE operator (
    operator_no   text        COLLATE "C" NOT NULL, -- the NAME of person:NAME
    display_name  text        NOT NULL,
    registered_at timestamptz NOT NULL,
    actor         text        NOT NULL,
    ends_at       timestamptz, -- NULL: no end is set
    CONSTRAINT operator_pkey PRIMARY KEY (operator_no),
    CONSTRAINT operator_no_shape CHECK (operator_no ~ '^[A-Za-z0-9_-]{1,64}$'),
    CONSTRAINT operator_display_name_length CHECK (octet_length(display_name) BETWEEN 1 AND 200),
    CONSTRAINT operator_ends_after_its_beginning CHECK (ends_at >= registered_at)
);
-- `Lin` and `lin` would pass for one person in every list, and for two in every check.
CREATE UNIQUE INDEX operator_no_key ON operator (lower(operator_no));

-- In which roles, and why. Tokens are made by the owner of the book only; what the service writes here takes rights
-- away at once and gives none without such a token.
CREATE TABLE operator_role (
    operator_no text        COLLATE "C" NOT NULL,
    role        text        COLLATE "C" NOT NULL,
    held_from   timestamptz NOT NULL,
    ends_at     timestamptz, -- NULL: no end is set
    reason      text        NOT NULL,
    actor       text        NOT NULL,
    CONSTRAINT operator_role_pkey PRIMARY KEY (operator_no, role, held_from),
    CONSTRAINT operator_role_operator_fkey FOREIGN KEY (operator_no) REFERENCES operator (operator_no),
    CONSTRAINT operator_role_known
        CHECK (role IN ('admin', 'controller', 'finance', 'auditor', 'reviewer', 'approver', 'operator')),
    CONSTRAINT operator_role_ends_after_its_beginning CHECK (ends_at >= held_from),
    CONSTRAINT operator_role_reason_length CHECK (octet_length(reason) BETWEEN 1 AND 1000)
);

ALTER TABLE access_token ADD CONSTRAINT access_token_operator_fkey
    FOREIGN KEY (operator_no) REFERENCES operator (operator_no);

-- An end may be set and may come nearer; nothing else of these rows changes.
CREATE FUNCTION only_ends_sooner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'ends_at' IS DISTINCT FROM to_jsonb(OLD) - 'ends_at'
        OR NEW.ends_at IS NULL OR NEW.ends_at > OLD.ends_at
    THEN
        RAISE EXCEPTION 'of % nothing changes but the end, which only comes nearer', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'only_ends_sooner', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

-- Whether what takes two people was done by two: the checker is a person of the platform, and another than the maker.
-- Letters count once, as in operator_no_key. NULL, as nobody, is nobody's second person.
CREATE FUNCTION two_people(maker text, checker text) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$
    SELECT COALESCE(checker LIKE 'person:_%' AND lower(maker) <> lower(checker), false)
$$;

-- What was done that is not a claim's event or an entry: who, to what, what it was before and after, and why. Numbers
-- rise; of two acts at once the lower number may appear second, so a page is asked for from the newest.
CREATE TABLE operator_act (
    act_no       bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    acted_at     timestamptz NOT NULL,
    actor        text        COLLATE "C" NOT NULL,
    what         text        COLLATE "C" NOT NULL,
    subject_kind text        COLLATE "C" NOT NULL,
    subject_no   text        COLLATE "C" NOT NULL,
    before       jsonb, -- NULL: there was nothing
    after        jsonb, -- NULL: there is nothing any more
    reason       text        NOT NULL,
    request_id   text,  -- of the request it came with, as in the log
    CONSTRAINT operator_act_pkey PRIMARY KEY (act_no),
    CONSTRAINT operator_act_actor_given CHECK (actor <> ''),
    CONSTRAINT operator_act_what_shape CHECK (what ~ '^[a-z][a-z_]{0,62}$'),
    CONSTRAINT operator_act_subject_kind_shape CHECK (subject_kind ~ '^[a-z][a-z_]{0,62}$'),
    CONSTRAINT operator_act_subject_no_length CHECK (octet_length(subject_no) BETWEEN 1 AND 200),
    CONSTRAINT operator_act_reason_length CHECK (octet_length(reason) <= 1000),
    CONSTRAINT operator_act_request_id_length CHECK (octet_length(request_id) BETWEEN 1 AND 200),
    CONSTRAINT operator_act_before_bounded CHECK (octet_length(before::text) <= 65536),
    CONSTRAINT operator_act_after_bounded CHECK (octet_length(after::text) <= 65536)
);
CREATE INDEX operator_act_subject_idx ON operator_act (subject_kind, subject_no, act_no DESC);
CREATE INDEX operator_act_actor_idx ON operator_act (actor, act_no DESC);

CREATE TRIGGER operator_only_ends BEFORE UPDATE ON operator FOR EACH ROW EXECUTE FUNCTION only_ends_sooner();
CREATE TRIGGER operator_role_only_ends BEFORE UPDATE ON operator_role FOR EACH ROW EXECUTE FUNCTION only_ends_sooner();
CREATE TRIGGER operator_is_not_deleted BEFORE DELETE ON operator FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER operator_role_is_not_deleted BEFORE DELETE ON operator_role
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER operator_act_is_append_only BEFORE UPDATE OR DELETE ON operator_act
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['operator', 'operator_role', 'operator_act'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            kept || '_is_not_truncated', kept);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO dianfu_service', kept);
    END LOOP;
END $$;
GRANT UPDATE (ends_at) ON operator, operator_role TO dianfu_service;

-- Claims are found newest first, by whatever is known of them.
CREATE INDEX claim_taken_in_idx ON claim (taken_in_at, claim_no);
CREATE INDEX claim_insurer_taken_in_idx ON claim (insurer_no, taken_in_at, claim_no);
CREATE INDEX claim_pharmacy_taken_in_idx ON claim (pharmacy_no, taken_in_at, claim_no);
CREATE INDEX claim_patient_taken_in_idx ON claim (patient_no, taken_in_at, claim_no);
-- Those that somebody has to do something about; most claims are over.
CREATE INDEX claim_at_work_idx ON claim (state, claim_no)
    WHERE state NOT IN ('CLOSED', 'PRE_REJECTED', 'CANCELLED', 'EXPIRED');
CREATE INDEX claim_shortfall_idx ON claim (claim_no) WHERE shortfall_minor > 0;
