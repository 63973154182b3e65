-- Patients as people, the materials that a claim needs, and the documents that are handed in.
--
-- What names a person is sealed (claims/src/vault): one data key a record, wrapped by a key of the ring, bound to the
-- table and row that it belongs to. Everything here is append-only; of a sealed record only the wrapping of its key may
-- be replaced, so that keys can be rotated.

-- Sealed records of every table, under the row they belong to; in one place, so that one job rotates all of them.
-- Layout: version 1, length of the key's id, the id, 12 bytes of nonce, 48 of wrapped key, then nonce and content.
CREATE TABLE vault (
    of_table text  COLLATE "C" NOT NULL,
    of_row   text  COLLATE "C" NOT NULL,
    sealed   bytea NOT NULL,
    key_id   text  COLLATE "C" NOT NULL
        GENERATED ALWAYS AS (encode(substring(sealed FROM 3 FOR get_byte(sealed, 1)), 'escape')) STORED,
    CONSTRAINT vault_pkey PRIMARY KEY (of_table, of_row),
    CONSTRAINT vault_layout CHECK (get_byte(sealed, 0) = 1 AND length(sealed) >= 90 + get_byte(sealed, 1))
);
CREATE INDEX vault_key_idx ON vault (key_id, of_table, of_row);

-- A sealed record stays what it is and where it is; only the wrapping of its key is replaced.
CREATE FUNCTION vault_only_rewraps() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.of_table, NEW.of_row) IS DISTINCT FROM (OLD.of_table, OLD.of_row)
        OR substring(NEW.sealed FROM 63 + get_byte(NEW.sealed, 1))
            IS DISTINCT FROM substring(OLD.sealed FROM 63 + get_byte(OLD.sealed, 1))
    THEN
        RAISE EXCEPTION 'of the sealed record %/% only the key is wrapped again', OLD.of_table, OLD.of_row
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'vault_only_rewraps', TABLE = 'vault';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vault_only_rewraps BEFORE UPDATE ON vault
    FOR EACH ROW EXECUTE FUNCTION vault_only_rewraps();
CREATE TRIGGER vault_is_not_deleted BEFORE DELETE ON vault
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Who a patient is: name, phone, address and identity number lie in the vault, under `patient_record` and
-- `patient_no/version`. A change is a new version. The indexes are keyed digests, for finding without opening.
CREATE TABLE patient_record (
    patient_no     text        COLLATE "C" NOT NULL,
    version        integer     NOT NULL, -- from 1, without gaps; the highest counts
    phone_index    bytea       NOT NULL,
    identity_index bytea       NOT NULL,
    reason         text        NOT NULL,
    actor          text        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    CONSTRAINT patient_record_pkey PRIMARY KEY (patient_no, version),
    CONSTRAINT patient_record_patient_fkey FOREIGN KEY (patient_no) REFERENCES patient (patient_no),
    CONSTRAINT patient_record_version_positive CHECK (version > 0),
    CONSTRAINT patient_record_indexes_length CHECK (length(phone_index) = 32 AND length(identity_index) = 32)
);
CREATE INDEX patient_record_phone_idx ON patient_record (phone_index);
CREATE INDEX patient_record_identity_idx ON patient_record (identity_index);

-- What a patient has agreed to, and taken back. The last one of a kind counts.
CREATE TABLE patient_consent (
    patient_no   text        COLLATE "C" NOT NULL,
    kind         text        COLLATE "C" NOT NULL,
    consent_no   integer     NOT NULL, -- from 1, without gaps
    given        boolean     NOT NULL, -- false: withdrawn
    text_version text        COLLATE "C" NOT NULL, -- which text was shown
    happened_at  timestamptz NOT NULL,
    actor        text        NOT NULL,
    recorded_at  timestamptz NOT NULL,
    CONSTRAINT patient_consent_pkey PRIMARY KEY (patient_no, kind, consent_no),
    CONSTRAINT patient_consent_patient_fkey FOREIGN KEY (patient_no) REFERENCES patient (patient_no),
    CONSTRAINT patient_consent_kind_known CHECK (kind IN (
        'personal_information', 'health_information', 'insurer_sharing', 'pharmacy_sharing', 'contact_by_phone',
        'contact_by_message', 'share_rerun')),
    CONSTRAINT patient_consent_no_positive CHECK (consent_no > 0)
);

-- Every time that somebody saw more than a masked view.
CREATE TABLE patient_reading (
    reading_id uuid        NOT NULL,
    patient_no text        COLLATE "C" NOT NULL,
    version    integer     NOT NULL, -- what was read
    reader     text        NOT NULL,
    reason     text        NOT NULL,
    read_at    timestamptz NOT NULL,
    CONSTRAINT patient_reading_pkey PRIMARY KEY (reading_id),
    CONSTRAINT patient_reading_record_fkey
        FOREIGN KEY (patient_no, version) REFERENCES patient_record (patient_no, version),
    CONSTRAINT patient_reading_has_a_reason CHECK (reason <> '')
);
CREATE INDEX patient_reading_patient_idx ON patient_reading (patient_no, read_at);

-- Which materials a claim needs, by insurer, drug and phase; '*' for any. One person proposes a version, another checks
-- it. Of those in force on a day the highest counts; the closest scope counts alone.
CREATE TABLE material_rules (
    insurer_no     text        COLLATE "C" NOT NULL,
    drug_code      text        COLLATE "C" NOT NULL,
    phase          text        COLLATE "C" NOT NULL,
    version        integer     NOT NULL,
    effective_from date        NOT NULL,
    requirements   jsonb       NOT NULL,
    made_by        text        NOT NULL,
    checked_by     text        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    CONSTRAINT material_rules_pkey PRIMARY KEY (insurer_no, drug_code, phase, version),
    CONSTRAINT material_rules_version_positive CHECK (version > 0),
    CONSTRAINT material_rules_phase_known
        CHECK (phase IN ('first_application', 'refill', 'charity', 'appeal', 'insurer_request')),
    CONSTRAINT material_rules_two_people CHECK (made_by <> checked_by)
);

-- Documents that are handed in for a claim. Part 1, 2, … of a kind are its files; a later version of a part replaces
-- the earlier one, which stays. The file lies sealed in the object store; the key to it lies in the vault, under
-- `document` and the document's id. The digest is that of the file before it was sealed.
CREATE TABLE document (
    document_id uuid        NOT NULL,
    claim_no    text        COLLATE "C" NOT NULL,
    kind        text        COLLATE "C" NOT NULL,
    part        integer     NOT NULL,
    version     integer     NOT NULL,
    issued_on   date        NOT NULL,
    expires_on  date,                 -- its own last day, where it has one
    media_type  text        COLLATE "C" NOT NULL,
    size_bytes  bigint      NOT NULL,
    sha256      bytea       NOT NULL,
    object_key  text        COLLATE "C" NOT NULL,
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT document_pkey PRIMARY KEY (document_id),
    CONSTRAINT document_version_key UNIQUE (claim_no, kind, part, version),
    CONSTRAINT document_object_key UNIQUE (object_key),
    CONSTRAINT document_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT document_kind_known CHECK (kind IN (
        'identity_document', 'policy', 'diagnosis_proof', 'pathology', 'imaging', 'gene_test', 'discharge_note',
        'prescription', 'earlier_use', 'charity_form', 'consent', 'bank_card')),
    CONSTRAINT document_counted_from_one CHECK (part BETWEEN 1 AND 50 AND version > 0),
    CONSTRAINT document_expires_after_issue CHECK (expires_on >= issued_on),
    CONSTRAINT document_media_type_known CHECK (media_type IN ('application/pdf', 'image/jpeg', 'image/png')),
    CONSTRAINT document_size_positive CHECK (size_bytes > 0),
    CONSTRAINT document_sha256_length CHECK (length(sha256) = 32)
);

-- What a reviewer says of a document; the last word counts.
CREATE TABLE document_review (
    document_id uuid        NOT NULL,
    review_no   integer     NOT NULL, -- from 1, without gaps
    accepted    boolean     NOT NULL,
    reason      text        NOT NULL, -- why it is rejected; may be empty where it is accepted
    reviewer    text        NOT NULL,
    reviewed_at timestamptz NOT NULL,
    CONSTRAINT document_review_pkey PRIMARY KEY (document_id, review_no),
    CONSTRAINT document_review_document_fkey FOREIGN KEY (document_id) REFERENCES document (document_id),
    CONSTRAINT document_review_no_positive CHECK (review_no > 0),
    CONSTRAINT document_review_rejection_has_a_reason CHECK (accepted OR reason <> '')
);

-- Who handed a document in does not review it.
CREATE FUNCTION document_review_two_people() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM document WHERE document_id = NEW.document_id AND actor = NEW.reviewer) THEN
        RAISE EXCEPTION '% handed in document % and does not review it', NEW.reviewer, NEW.document_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_review_two_people', TABLE = 'document_review';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER document_review_two_people BEFORE INSERT ON document_review
    FOR EACH ROW EXECUTE FUNCTION document_review_two_people();

-- Every time that a document was opened.
CREATE TABLE document_reading (
    reading_id  uuid        NOT NULL,
    document_id uuid        NOT NULL,
    reader      text        NOT NULL,
    reason      text        NOT NULL,
    read_at     timestamptz NOT NULL,
    CONSTRAINT document_reading_pkey PRIMARY KEY (reading_id),
    CONSTRAINT document_reading_document_fkey FOREIGN KEY (document_id) REFERENCES document (document_id),
    CONSTRAINT document_reading_has_a_reason CHECK (reason <> '')
);
CREATE INDEX document_reading_document_idx ON document_reading (document_id, read_at);

-- More that is asked for, by a reviewer or the insurer: only what is handed in from then on answers it.
CREATE TABLE material_request (
    claim_no   text        COLLATE "C" NOT NULL,
    request_no integer     NOT NULL, -- from 1, without gaps
    asked_by   text        COLLATE "C" NOT NULL,
    kinds      text[]      NOT NULL,
    reason     text        NOT NULL,
    respond_by date        NOT NULL,
    asked_at   timestamptz NOT NULL,
    actor      text        NOT NULL,
    CONSTRAINT material_request_pkey PRIMARY KEY (claim_no, request_no),
    CONSTRAINT material_request_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT material_request_no_positive CHECK (request_no > 0),
    CONSTRAINT material_request_asked_by_known CHECK (asked_by IN ('reviewer', 'insurer')),
    CONSTRAINT material_request_asks_for_something CHECK (cardinality(kinds) > 0)
);

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'patient_record', 'patient_consent', 'patient_reading', 'material_rules', 'document', 'document_review',
        'document_reading', 'material_request'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            kept || '_is_append_only', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY[
        'vault', 'patient_record', 'patient_consent', 'patient_reading', 'material_rules', 'document',
        'document_review', 'document_reading', 'material_request'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            kept || '_is_not_truncated', kept);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO dianfu_service', kept);
    END LOOP;
END $$;
GRANT UPDATE (sealed) ON vault TO dianfu_service;
