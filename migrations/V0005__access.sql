-- Who may come in: tokens of people, parties and systems, the signing keys of partners, and the nonces that partners
-- have used.
--
-- The service only reads tokens and keys. They are written by the owner of the book, so that a program that answers
-- requests cannot make itself a way in.

-- A token stands here as its SHA-256 and nowhere else: 256 random bits need no salt and no slow hash. Who bears it, and
-- so who acts with it on record: a person, an insurer, a pharmacy or a patient, or a system of the token's own name.
CREATE TABLE access_token (
    token_hash  bytea       NOT NULL,
    name        text        COLLATE "C" NOT NULL, -- tells tokens apart
    role        text        COLLATE "C" NOT NULL,
    operator_no text        COLLATE "C", -- the person
    party_no    text        COLLATE "C", -- the insurer, the pharmacy or the patient: the role says which
    created_at  timestamptz NOT NULL,
    created_by  text        NOT NULL,
    expires_at  timestamptz, -- NULL: never
    revoked_at  timestamptz,
    CONSTRAINT access_token_pkey PRIMARY KEY (token_hash),
    CONSTRAINT access_token_hash_length CHECK (length(token_hash) = 32),
    CONSTRAINT access_token_name_given CHECK (name <> ''),
    CONSTRAINT access_token_role_known CHECK (role IN (
        'admin', 'controller', 'finance', 'auditor', 'poster', 'reviewer', 'approver', 'operator', 'insurer',
        'pharmacy', 'patient')),
    CONSTRAINT access_token_bearer_fits_role CHECK (
        CASE
            WHEN role IN ('insurer', 'pharmacy', 'patient') THEN party_no IS NOT NULL AND operator_no IS NULL
            WHEN role = 'poster' THEN num_nonnulls(operator_no, party_no) = 0
            WHEN role = 'auditor' THEN party_no IS NULL
            ELSE operator_no IS NOT NULL AND party_no IS NULL
        END)
);
-- One live token a name, so that a system on record means one token at a time. Revoked ones stay, to be told apart.
CREATE UNIQUE INDEX access_token_name_key ON access_token (name) WHERE revoked_at IS NULL;
CREATE INDEX access_token_operator_idx ON access_token (operator_no) WHERE operator_no IS NOT NULL;

-- A partner signs with a shared secret, so the secret itself must be here: HMAC cannot be checked from a hash of its
-- key. Whoever reads this table can sign as the partner. Several live keys an insurer, for rotation.
CREATE TABLE partner_key (
    key_id     text        COLLATE "C" NOT NULL,
    insurer    text        COLLATE "C" NOT NULL, -- the party whose remittances it may hand in
    secret     text        COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL,
    expires_at timestamptz, -- NULL: never
    revoked_at timestamptz,
    CONSTRAINT partner_key_pkey PRIMARY KEY (key_id),
    CONSTRAINT partner_key_insurer_given CHECK (insurer <> ''),
    CONSTRAINT partner_key_secret_length CHECK (length(secret) >= 43) -- 256 bits in base64url
);

-- Nonces of accepted signatures. Logged, although it is young data: a crash empties an unlogged table, and with it every
-- signature of the last minutes could be used again. Rows older than two windows are deleted.
CREATE TABLE partner_nonce (
    key_id  text        COLLATE "C" NOT NULL,
    nonce   text        COLLATE "C" NOT NULL,
    seen_at timestamptz NOT NULL,
    CONSTRAINT partner_nonce_pkey PRIMARY KEY (key_id, nonce)
);
CREATE INDEX partner_nonce_seen_idx ON partner_nonce (seen_at);

GRANT SELECT ON access_token, partner_key TO dianfu_service;
GRANT SELECT, INSERT, DELETE ON partner_nonce TO dianfu_service;
