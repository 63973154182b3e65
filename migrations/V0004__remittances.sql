-- Remittances: what insurers say they pay for, the cash that comes for it, and how both were matched to open items.
--
-- Everything here is append-only: a remittance's state is derived from what is recorded (cash, application, breaks),
-- never stored. Amounts are minor units of the row's currency.

-- Under which numbers outsiders know an open item. The meeting point of those who raise items and those who clear
-- them: whoever raises an item on `account` records here what the payer will call it, at the payer's decision at the
-- latest (also when the payer denies it, so that a line that pays nothing finds its claim).
CREATE TABLE open_item_reference (
    account          text        COLLATE "C" NOT NULL, -- such as 1102.picc
    item             text        COLLATE "C" NOT NULL, -- our claim number
    submitted_no     text        COLLATE "C" NOT NULL, -- the number we sent it under, which the payer echoes
    insurer_claim_no text        COLLATE "C" NOT NULL, -- the payer's own number; '' while it is not known
    position         integer     NOT NULL,             -- order among the items that share the two numbers
    recorded_at      timestamptz NOT NULL,
    CONSTRAINT open_item_reference_pkey PRIMARY KEY (account, item, submitted_no, insurer_claim_no),
    CONSTRAINT open_item_reference_submitted_no_given CHECK (submitted_no <> '')
);
CREATE INDEX open_item_reference_submitted_idx ON open_item_reference (account, submitted_no);
CREATE INDEX open_item_reference_own_idx ON open_item_reference (account, insurer_claim_no);

-- The bytes of an accepted file, once. The digest is the database's own, so that no other bytes can stand under it.
CREATE TABLE remittance_file (
    insurer     text        COLLATE "C" NOT NULL,
    digest      bytea       NOT NULL,
    content     bytea       NOT NULL,
    verdict     jsonb       NOT NULL,
    received_at timestamptz NOT NULL,
    actor       text        NOT NULL,
    CONSTRAINT remittance_file_pkey PRIMARY KEY (insurer, digest),
    CONSTRAINT remittance_file_digest_true CHECK (digest = sha256(content))
);

-- That a file was refused, and why. Its bytes are not kept: the sender has them, and the verdict names the place.
CREATE TABLE remittance_rejection (
    insurer     text        COLLATE "C" NOT NULL,
    digest      bytea       NOT NULL,
    byte_count  bigint      NOT NULL,
    verdict     jsonb       NOT NULL,
    received_at timestamptz NOT NULL,
    actor       text        NOT NULL,
    CONSTRAINT remittance_rejection_pkey PRIMARY KEY (insurer, digest)
);

-- One payment that an insurer announces. `trace` is the number that cash and advice share, unique per insurer for ever;
-- it is the remittance's item on 2190.
CREATE TABLE remittance (
    remittance_id  uuid        NOT NULL,
    insurer        text        COLLATE "C" NOT NULL,
    trace          text        COLLATE "C" NOT NULL,
    digest         bytea       NOT NULL,
    transaction_no integer     NOT NULL, -- its place in the file, from 1
    segment        integer     NOT NULL, -- where the amount paid stands
    payer          text        NOT NULL,
    payee          text        NOT NULL,
    originator     text        NOT NULL,
    handling       text        NOT NULL,
    method         text        NOT NULL,
    currency       text        COLLATE "C" NOT NULL,
    paid_minor     bigint      NOT NULL,
    value_date     date        NOT NULL,
    received_at    timestamptz NOT NULL,
    actor          text        NOT NULL,
    CONSTRAINT remittance_pkey PRIMARY KEY (remittance_id),
    CONSTRAINT remittance_trace_key UNIQUE (insurer, trace),
    CONSTRAINT remittance_place_key UNIQUE (insurer, digest, transaction_no),
    CONSTRAINT remittance_file_fkey FOREIGN KEY (insurer, digest) REFERENCES remittance_file (insurer, digest),
    CONSTRAINT remittance_trace_given CHECK (trace <> ''),
    CONSTRAINT remittance_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT remittance_paid_not_negative CHECK (paid_minor >= 0)
);

-- What it pays for, claim by claim; `detail` has the service lines and the adjustments as they were read.
CREATE TABLE remittance_line (
    remittance_id    uuid    NOT NULL,
    line_no          integer NOT NULL, -- order in the remittance, from 1
    segment          integer NOT NULL,
    claim_no         text    COLLATE "C" NOT NULL, -- as the insurer echoes it
    insurer_claim_no text    COLLATE "C" NOT NULL,
    status           text    NOT NULL,
    billed_minor     bigint  NOT NULL,
    paid_minor       bigint  NOT NULL,
    patient_minor    bigint,
    detail           jsonb   NOT NULL,
    CONSTRAINT remittance_line_pkey PRIMARY KEY (remittance_id, line_no),
    CONSTRAINT remittance_line_paid_key UNIQUE (remittance_id, line_no, paid_minor), -- for its match to refer to
    CONSTRAINT remittance_line_remittance_fkey FOREIGN KEY (remittance_id) REFERENCES remittance (remittance_id)
);

-- What it takes back or adds for the payee as a whole. A positive amount lowers the payment.
CREATE TABLE remittance_adjustment (
    remittance_id uuid    NOT NULL,
    adjustment_no integer NOT NULL, -- order in the remittance, from 1
    segment       integer NOT NULL,
    code          text    COLLATE "C" NOT NULL,
    reference     text    COLLATE "C" NOT NULL,
    amount_minor  bigint  NOT NULL,
    CONSTRAINT remittance_adjustment_pkey PRIMARY KEY (remittance_id, adjustment_no),
    CONSTRAINT remittance_adjustment_remittance_fkey FOREIGN KEY (remittance_id) REFERENCES remittance (remittance_id)
);

-- Cash from an insurer as the bank shows it. The bank's own reference makes it one receipt, however often it is told.
CREATE TABLE cash_receipt (
    bank_account   text        COLLATE "C" NOT NULL, -- the party of 1002
    bank_reference text        COLLATE "C" NOT NULL,
    insurer        text        COLLATE "C" NOT NULL,
    item           text        COLLATE "C" NOT NULL, -- its item on 2190: the trace, or the bank's reference without one
    currency       text        COLLATE "C" NOT NULL,
    amount_minor   bigint      NOT NULL,
    value_date     date        NOT NULL,
    entry_id       uuid        NOT NULL,
    received_at    timestamptz NOT NULL,
    actor          text        NOT NULL,
    CONSTRAINT cash_receipt_pkey PRIMARY KEY (bank_account, bank_reference),
    CONSTRAINT cash_receipt_amount_positive CHECK (amount_minor > 0)
);
CREATE INDEX cash_receipt_item_idx ON cash_receipt (insurer, item);

-- A remittance is applied once: its primary key is what two appliers race for.
CREATE TABLE remittance_application (
    remittance_id uuid        NOT NULL,
    rules         text        NOT NULL, -- name and version of the matching rules
    entry_ids     uuid[]      NOT NULL, -- the entries posted with it, in order
    applied_on    date        NOT NULL, -- when it counts
    applied_at    timestamptz NOT NULL,
    actor         text        NOT NULL,
    CONSTRAINT remittance_application_pkey PRIMARY KEY (remittance_id),
    CONSTRAINT remittance_application_remittance_fkey FOREIGN KEY (remittance_id) REFERENCES remittance (remittance_id)
);

CREATE INDEX remittance_application_day_idx ON remittance_application (applied_on);

-- How small a difference of a line is taken for nothing, by insurer. The newest version is in force; without one
-- nothing is. Takes two people, because it gives money away.
CREATE TABLE remittance_tolerance (
    insurer        text        COLLATE "C" NOT NULL,
    version        integer     NOT NULL,
    per_line_minor bigint      NOT NULL,
    per_day_minor  bigint      NOT NULL,
    made_by        text        NOT NULL,
    checked_by     text        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    CONSTRAINT remittance_tolerance_pkey PRIMARY KEY (insurer, version),
    CONSTRAINT remittance_tolerance_version_positive CHECK (version > 0),
    CONSTRAINT remittance_tolerance_not_negative CHECK (per_line_minor >= 0 AND per_day_minor >= 0),
    CONSTRAINT remittance_tolerance_two_people CHECK (made_by <> checked_by)
);

-- Which claim each line was matched to, on what evidence, and where its money went: to the claim's receivable, to what
-- we owe the insurer, or to suspense. The three parts are the whole line.
CREATE TABLE remittance_match (
    remittance_id  uuid    NOT NULL,
    line_no        integer NOT NULL,
    outcome        text    COLLATE "C" NOT NULL,
    item           text    COLLATE "C", -- our claim number; NULL if none was found
    paid_minor     bigint  NOT NULL,
    applied_minor  bigint  NOT NULL,
    excess_minor   bigint  NOT NULL,
    suspense_minor bigint  NOT NULL,
    evidence       jsonb   NOT NULL,
    tolerated_minor bigint NOT NULL DEFAULT 0, -- the difference taken for nothing: borne, or below zero gained
    CONSTRAINT remittance_match_pkey PRIMARY KEY (remittance_id, line_no),
    CONSTRAINT remittance_match_line_fkey
        FOREIGN KEY (remittance_id, line_no, paid_minor)
        REFERENCES remittance_line (remittance_id, line_no, paid_minor),
    CONSTRAINT remittance_match_application_fkey
        FOREIGN KEY (remittance_id) REFERENCES remittance_application (remittance_id),
    CONSTRAINT remittance_match_outcome_known
        CHECK (outcome IN ('equal', 'short', 'over', 'reversal', 'denied', 'unknown_claim', 'ambiguous')),
    CONSTRAINT remittance_match_parts_are_whole CHECK (paid_minor = applied_minor + excess_minor + suspense_minor),
    CONSTRAINT remittance_match_found
        CHECK ((item IS NULL) = (outcome IN ('unknown_claim', 'ambiguous'))),
    CONSTRAINT remittance_match_books_found_only
        CHECK (item IS NOT NULL OR (applied_minor = 0 AND excess_minor = 0))
);
CREATE INDEX remittance_match_item_idx ON remittance_match (item) WHERE item IS NOT NULL;

-- Where each payee-level adjustment went: booked on an account that its code names, or to suspense.
CREATE TABLE remittance_adjustment_match (
    remittance_id  uuid    NOT NULL,
    adjustment_no  integer NOT NULL,
    account        text    COLLATE "C", -- NULL if its code names none
    item           text    COLLATE "C",
    amount_minor   bigint  NOT NULL,
    booked_minor   bigint  NOT NULL,
    suspense_minor bigint  NOT NULL,
    reason         text    NOT NULL,
    CONSTRAINT remittance_adjustment_match_pkey PRIMARY KEY (remittance_id, adjustment_no),
    CONSTRAINT remittance_adjustment_match_adjustment_fkey
        FOREIGN KEY (remittance_id, adjustment_no) REFERENCES remittance_adjustment (remittance_id, adjustment_no),
    CONSTRAINT remittance_adjustment_match_application_fkey
        FOREIGN KEY (remittance_id) REFERENCES remittance_application (remittance_id),
    CONSTRAINT remittance_adjustment_match_parts_are_whole CHECK (amount_minor = booked_minor + suspense_minor)
);

-- A difference that somebody must explain. Open until it has a closure.
CREATE TABLE reconciliation_break (
    break_id      uuid        NOT NULL,
    category      text        COLLATE "C" NOT NULL,
    insurer       text        COLLATE "C" NOT NULL,
    remittance_id uuid        NOT NULL,
    line_no       integer,
    adjustment_no integer,
    item          text        COLLATE "C", -- where its money waits on 2190, if it does
    currency      text        COLLATE "C" NOT NULL,
    amount_minor  bigint      NOT NULL,
    value_date    date        NOT NULL, -- ages from here
    explanation   text        NOT NULL,
    raised_at     timestamptz NOT NULL,
    CONSTRAINT reconciliation_break_pkey PRIMARY KEY (break_id),
    CONSTRAINT reconciliation_break_remittance_fkey FOREIGN KEY (remittance_id) REFERENCES remittance (remittance_id),
    CONSTRAINT reconciliation_break_category_known CHECK (category IN (
        'MISSING_CASH', 'MISSING_ADVICE', 'UNKNOWN_CLAIM', 'DUPLICATE_ADVICE', 'DUPLICATE_CASH', 'SHORT_PAID',
        'OVER_PAID', 'REVERSAL_UNLINKED', 'TAKEBACK_UNEXPECTED', 'FEE_VARIANCE', 'TAX_VARIANCE', 'CURRENCY_MISMATCH',
        'AMBIGUOUS', 'SPLIT_INCOMPLETE', 'PAYOUT_UNCONFIRMED', 'PAYOUT_RETURNED', 'TIMING', 'ROUNDING', 'STALE',
        'STATEMENT_GAP', 'BALANCE_BREAK'))
);
CREATE INDEX reconciliation_break_remittance_idx ON reconciliation_break (remittance_id);

-- That a break is explained: who says so, and why.
CREATE TABLE reconciliation_break_closure (
    break_id  uuid        NOT NULL,
    reason    text        NOT NULL,
    actor     text        NOT NULL,
    closed_at timestamptz NOT NULL,
    CONSTRAINT reconciliation_break_closure_pkey PRIMARY KEY (break_id),
    CONSTRAINT reconciliation_break_closure_break_fkey
        FOREIGN KEY (break_id) REFERENCES reconciliation_break (break_id),
    CONSTRAINT reconciliation_break_closure_reason_given CHECK (reason <> '')
);

DO $$
DECLARE
    append_only text;
BEGIN
    FOREACH append_only IN ARRAY ARRAY[
        'open_item_reference', 'remittance_file', 'remittance_rejection', 'remittance', 'remittance_line',
        'remittance_adjustment', 'cash_receipt', 'remittance_application', 'remittance_tolerance', 'remittance_match',
        'remittance_adjustment_match', 'reconciliation_break', 'reconciliation_break_closure'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            append_only || '_is_append_only', append_only);
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            append_only || '_is_not_truncated', append_only);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO dianfu_service', append_only);
    END LOOP;
END $$;
