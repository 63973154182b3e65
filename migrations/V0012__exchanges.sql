-- Talking with insurers: where each is reached and with which keys, every call and what came of it, every decision as it
-- was heard, and what in the answers cannot be true together.
--
-- The service only reads endpoints and keys. They are written by the owner of the book, as the keys of partners are, so
-- that a program that talks to the world cannot make itself another insurer.

-- Where an insurer answers, and what it calls us. The newest version counts.
CREATE TABLE insurer_endpoint (
    insurer_no  text        COLLATE "C" NOT NULL,
    version     integer     NOT NULL,
    base_url    text        NOT NULL, -- in front of /spi/v1/
    app_id      text        COLLATE "C" NOT NULL, -- our X-App-Id
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL,
    CONSTRAINT insurer_endpoint_pkey PRIMARY KEY (insurer_no, version),
    CONSTRAINT insurer_endpoint_insurer_fkey FOREIGN KEY (insurer_no) REFERENCES insurer (insurer_no),
    CONSTRAINT insurer_endpoint_version_positive CHECK (version > 0),
    CONSTRAINT insurer_endpoint_app_id_given CHECK (app_id <> '')
);

-- The keys of both sides. Ours signs requests; theirs checks answers: a public key, or for HMAC the shared secret.
-- Whoever reads this table can sign as we do. Several live ones a side, for rotation.
CREATE TABLE insurer_key (
    insurer_no text        COLLATE "C" NOT NULL,
    holder     text        COLLATE "C" NOT NULL,
    key_id     text        COLLATE "C" NOT NULL,
    algorithm  text        COLLATE "C" NOT NULL,
    key_text   text        COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL,
    expires_at timestamptz, -- NULL: never
    revoked_at timestamptz,
    CONSTRAINT insurer_key_pkey PRIMARY KEY (insurer_no, holder, key_id),
    CONSTRAINT insurer_key_insurer_fkey FOREIGN KEY (insurer_no) REFERENCES insurer (insurer_no),
    CONSTRAINT insurer_key_holder_known CHECK (holder IN ('ours', 'theirs')),
    CONSTRAINT insurer_key_algorithm_known CHECK (algorithm IN ('hmac-sha256', 'ed25519', 'sm2-sm3')),
    CONSTRAINT insurer_key_id_given CHECK (key_id <> ''),
    CONSTRAINT insurer_key_length CHECK (length(key_text) >= 43) -- 256 bits in base64url
);

-- Under one business key an insurer gets the same bytes for ever, however often they are sent.
CREATE TABLE exchange_content (
    partner_no     text        COLLATE "C" NOT NULL,
    route          text        COLLATE "C" NOT NULL,
    business_key   text        COLLATE "C" NOT NULL,
    request_sha256 bytea       NOT NULL,
    first_sent_at  timestamptz NOT NULL,
    CONSTRAINT exchange_content_pkey PRIMARY KEY (partner_no, route, business_key),
    CONSTRAINT exchange_content_digest_length CHECK (length(request_sha256) = 32)
);

-- Every call, written before it is sent. Bodies stand here with their sensitive members masked; the digest is that of
-- the bytes that went.
CREATE TABLE exchange (
    exchange_no    bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    direction      text        COLLATE "C" NOT NULL, -- out: we call the partner
    partner_no     text        COLLATE "C" NOT NULL,
    route          text        COLLATE "C" NOT NULL,
    business_key   text        COLLATE "C" NOT NULL,
    claim_no       text        COLLATE "C",
    attempt_no     integer     NOT NULL, -- within one call
    nonce          text        COLLATE "C" NOT NULL,
    request_sha256 bytea       NOT NULL,
    request_bytes  integer     NOT NULL,
    request_masked json,       -- NULL: empty, or not kept for its size
    started_at     timestamptz NOT NULL,
    CONSTRAINT exchange_pkey PRIMARY KEY (exchange_no),
    CONSTRAINT exchange_direction_known CHECK (direction IN ('out', 'in')),
    CONSTRAINT exchange_attempt_positive CHECK (attempt_no > 0),
    CONSTRAINT exchange_digest_length CHECK (length(request_sha256) = 32),
    CONSTRAINT exchange_request_bounded CHECK (octet_length(request_masked::text) <= 65536)
);
CREATE INDEX exchange_claim_idx ON exchange (claim_no, exchange_no DESC) WHERE claim_no IS NOT NULL;
CREATE INDEX exchange_key_idx ON exchange (partner_no, route, business_key, exchange_no DESC);

-- What came of a call, written behind it. A call without its row here was cut off: by a crash, or it is under way.
CREATE TABLE exchange_outcome (
    exchange_no     bigint      NOT NULL,
    ended_at        timestamptz NOT NULL,
    outcome         text        COLLATE "C" NOT NULL, -- answered, or the code of the fault
    detail          text,
    http_status     integer,
    response_sha256 bytea,
    response_bytes  integer,
    response_masked json,       -- NULL: none, no JSON, or not kept for its size
    CONSTRAINT exchange_outcome_pkey PRIMARY KEY (exchange_no),
    CONSTRAINT exchange_outcome_exchange_fkey FOREIGN KEY (exchange_no) REFERENCES exchange (exchange_no),
    CONSTRAINT exchange_outcome_given CHECK (outcome <> ''),
    CONSTRAINT exchange_outcome_digest_length CHECK (length(response_sha256) = 32),
    CONSTRAINT exchange_outcome_response_bounded CHECK (octet_length(response_masked::text) <= 65536)
);

-- Every decision of an insurer as it was first heard: what a later answer under the same number is compared with.
CREATE TABLE insurer_heard (
    claim_no    text        COLLATE "C" NOT NULL,
    decision_no integer     NOT NULL,
    decision    json        NOT NULL,
    exchange_no bigint      NOT NULL,
    heard_at    timestamptz NOT NULL,
    CONSTRAINT insurer_heard_pkey PRIMARY KEY (claim_no, decision_no),
    CONSTRAINT insurer_heard_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT insurer_heard_exchange_fkey FOREIGN KEY (exchange_no) REFERENCES exchange (exchange_no),
    CONSTRAINT insurer_heard_number_positive CHECK (decision_no > 0)
);

-- What an insurer said that cannot be followed: it moves no money, and somebody has to ask. Said again, it is here once.
CREATE TABLE insurer_discrepancy (
    discrepancy_no bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    claim_no       text        COLLATE "C" NOT NULL,
    kind           text        COLLATE "C" NOT NULL,
    content_sha256 bytea       NOT NULL, -- of kind, expected and actual
    expected       json        NOT NULL,
    actual         json        NOT NULL,
    exchange_no    bigint      NOT NULL,
    found_at       timestamptz NOT NULL,
    CONSTRAINT insurer_discrepancy_pkey PRIMARY KEY (discrepancy_no),
    CONSTRAINT insurer_discrepancy_content_key UNIQUE (claim_no, content_sha256),
    CONSTRAINT insurer_discrepancy_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT insurer_discrepancy_exchange_fkey FOREIGN KEY (exchange_no) REFERENCES exchange (exchange_no),
    CONSTRAINT insurer_discrepancy_kind_known
        CHECK (kind IN ('contradicts', 'out_of_order', 'claim_unknown', 'not_applicable'))
);

-- What is next to be done with the insurer about a claim, and when. `held_until` keeps workers from doing the same at
-- the same time; nothing rests on it: who does it twice sends the same bytes, and the insurer gives its first answer.
CREATE TABLE insurer_errand (
    claim_no   text        COLLATE "C" NOT NULL,
    next_at    timestamptz NOT NULL,
    held_until timestamptz NOT NULL,
    failures   integer     NOT NULL DEFAULT 0, -- in a row
    CONSTRAINT insurer_errand_pkey PRIMARY KEY (claim_no),
    CONSTRAINT insurer_errand_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT insurer_errand_failures_not_negative CHECK (failures >= 0)
);
-- Where there is something to be done with the insurer.
CREATE INDEX claim_with_insurer_idx ON claim (claim_no) WHERE state IN (
    'DISPENSED', 'INSURER_SUBMITTED', 'INSURER_PENDED', 'APPROVED', 'PARTIAL', 'REJECTED', 'PART_RECOVERED',
    'SHORTFALL_OPEN');
GRANT SELECT, INSERT, UPDATE ON insurer_errand TO dianfu_service;
GRANT SELECT ON insurer_endpoint, insurer_key TO dianfu_service;

DO $$
DECLARE
    append_only text;
BEGIN
    FOREACH append_only IN ARRAY ARRAY[
        'insurer_endpoint', 'exchange_content', 'exchange', 'exchange_outcome', 'insurer_heard', 'insurer_discrepancy'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            append_only || '_is_append_only', append_only);
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            append_only || '_is_not_truncated', append_only);
    END LOOP;
    FOREACH append_only IN ARRAY ARRAY[
        'exchange_content', 'exchange', 'exchange_outcome', 'insurer_heard', 'insurer_discrepancy'
    ] LOOP
        EXECUTE format('GRANT SELECT, INSERT ON %I TO dianfu_service', append_only);
    END LOOP;
END $$;
