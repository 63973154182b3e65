-- Claims: who takes part, the rules, the claims, and everything that happened to them.
--
-- What happened to a claim (claim_event) is append-only; the claim's row is where it stands. The two cannot part: a
-- state is the state that the claim's last event led to, and no step leaves the table of transitions. Amounts are minor
-- units of the row's currency.

-- Who covers claims. The credit line stands in the ledger, as the limit of 1101.<insurer>.
CREATE TABLE insurer (
    insurer_no    text        COLLATE "C" NOT NULL,
    name          text        NOT NULL,
    currency      text        COLLATE "C" NOT NULL,
    registered_at timestamptz NOT NULL,
    actor         text        NOT NULL,
    CONSTRAINT insurer_pkey PRIMARY KEY (insurer_no),
    CONSTRAINT insurer_currency_shape CHECK (currency ~ '^[A-Z]{3}$')
);

-- Who dispenses, and on what terms. Rates in ten-thousandths.
CREATE TABLE pharmacy (
    pharmacy_no   text        COLLATE "C" NOT NULL,
    name          text        NOT NULL,
    currency      text        COLLATE "C" NOT NULL,
    fee_per_10000 integer     NOT NULL, -- our fee on the price, VAT included
    vat_per_10000 integer     NOT NULL,
    payment_days  integer     NOT NULL, -- from dispensing until we pay
    registered_at timestamptz NOT NULL,
    actor         text        NOT NULL,
    CONSTRAINT pharmacy_pkey PRIMARY KEY (pharmacy_no),
    CONSTRAINT pharmacy_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT pharmacy_fee_is_a_part CHECK (fee_per_10000 BETWEEN 0 AND 10000),
    CONSTRAINT pharmacy_vat_is_a_rate CHECK (vat_per_10000 BETWEEN 0 AND 10000),
    CONSTRAINT pharmacy_payment_days_sane CHECK (payment_days BETWEEN 0 AND 365)
);

-- Who needs the drug: a number of ours and nothing that names a person. A review locks the row, so that the reviews of
-- one patient come one after the other and none overlooks what another has just granted.
CREATE TABLE patient (
    patient_no    text        COLLATE "C" NOT NULL,
    currency      text        COLLATE "C" NOT NULL,
    registered_at timestamptz NOT NULL,
    actor         text        NOT NULL,
    CONSTRAINT patient_pkey PRIMARY KEY (patient_no),
    CONSTRAINT patient_currency_shape CHECK (currency ~ '^[A-Z]{3}$')
);

-- What an insurer covers for a patient, per term of the policy.
CREATE TABLE policy (
    insurer_no            text        COLLATE "C" NOT NULL,
    policy_no             text        COLLATE "C" NOT NULL,
    patient_no            text        COLLATE "C" NOT NULL,
    currency              text        COLLATE "C" NOT NULL,
    in_force_from         date        NOT NULL,
    in_force_until        date        NOT NULL,
    deductible_minor      bigint      NOT NULL,
    coinsurance_per_10000 integer     NOT NULL, -- the patient's part behind the deductible
    share_cap_minor       bigint,               -- the most that the patient pays; NULL for no cap
    benefit_limit_minor   bigint,               -- the most that the insurer covers; NULL for no limit
    registered_at         timestamptz NOT NULL,
    actor                 text        NOT NULL,
    CONSTRAINT policy_pkey PRIMARY KEY (insurer_no, policy_no),
    CONSTRAINT policy_patient_key UNIQUE (insurer_no, policy_no, patient_no),
    CONSTRAINT policy_insurer_fkey FOREIGN KEY (insurer_no) REFERENCES insurer (insurer_no),
    CONSTRAINT policy_patient_fkey FOREIGN KEY (patient_no) REFERENCES patient (patient_no),
    CONSTRAINT policy_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT policy_term_ordered CHECK (in_force_from <= in_force_until),
    CONSTRAINT policy_amounts_not_negative
        CHECK (deductible_minor >= 0 AND share_cap_minor >= 0 AND benefit_limit_minor >= 0),
    CONSTRAINT policy_coinsurance_is_a_part CHECK (coinsurance_per_10000 BETWEEN 0 AND 10000)
);

-- What an insurer's programme asks of a claim. A change is a new version, by two people.
CREATE TABLE rule_version (
    insurer_no     text        COLLATE "C" NOT NULL,
    version        integer     NOT NULL,
    effective_from date        NOT NULL,
    rules          jsonb       NOT NULL,
    made_by        text        NOT NULL,
    checked_by     text        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    CONSTRAINT rule_version_pkey PRIMARY KEY (insurer_no, version),
    CONSTRAINT rule_version_insurer_fkey FOREIGN KEY (insurer_no) REFERENCES insurer (insurer_no),
    CONSTRAINT rule_version_positive CHECK (version > 0),
    CONSTRAINT rule_version_two_people CHECK (made_by <> checked_by)
);

-- Where a claim may go in one step. The program has the same list and a test compares them. A state that leads to
-- itself takes events that only add to what is known.
CREATE TABLE claim_transition (
    from_state text COLLATE "C" NOT NULL,
    to_state   text COLLATE "C" NOT NULL,
    CONSTRAINT claim_transition_pkey PRIMARY KEY (from_state, to_state)
);
INSERT INTO claim_transition (from_state, to_state)
SELECT from_state, to_state
FROM (
    VALUES
        ('DRAFT', 'SUBMITTED CANCELLED'),
        ('SUBMITTED', 'PRE_REVIEW PENDED CANCELLED'),
        ('PENDED', 'SUBMITTED PRE_REVIEW CANCELLED EXPIRED'),
        ('PRE_REVIEW', 'PRE_REVIEW PRE_APPROVED PRE_REJECTED PENDED CANCELLED'),
        ('PRE_APPROVED', 'ORDER_OFFERED INSURER_SUBMITTED CANCELLED EXPIRED'),
        ('ORDER_OFFERED', 'ORDER_ACCEPTED ORDER_DECLINED ORDER_TIMED_OUT CANCELLED EXPIRED'),
        ('ORDER_ACCEPTED', 'SHARE_DUE READY CANCELLED EXPIRED'),
        ('ORDER_DECLINED ORDER_TIMED_OUT', 'ORDER_OFFERED CANCELLED EXPIRED'),
        ('SHARE_DUE', 'SHARE_PAID CANCELLED EXPIRED'),
        ('SHARE_PAID', 'READY CANCELLED EXPIRED'),
        ('READY', 'DISPENSED CANCELLED EXPIRED'),
        ('DISPENSED', 'DISPENSED INSURER_SUBMITTED RETURNED'),
        ('INSURER_SUBMITTED', 'INSURER_SUBMITTED INSURER_PENDED APPROVED PARTIAL REJECTED RETURNED'),
        ('INSURER_PENDED', 'INSURER_PENDED INSURER_SUBMITTED APPROVED PARTIAL REJECTED RETURNED'),
        ('APPROVED PARTIAL REJECTED PART_RECOVERED RECOVERED SHORTFALL_OPEN TAKEN_BACK',
            'APPROVED PARTIAL REJECTED PART_RECOVERED RECOVERED SHORTFALL_OPEN TAKEN_BACK RETURNED FUNDED PAID CLOSED'),
        ('RETURNED', 'RETURNED CLOSED'),
        ('FUNDED PAID', 'FUNDED PAID TAKEN_BACK CLOSED'),
        ('CANCELLED EXPIRED', 'CLOSED'),
        ('CLOSED', 'CLOSED APPROVED PARTIAL REJECTED TAKEN_BACK SHORTFALL_OPEN RECOVERED RETURNED FUNDED PAID')
) AS legal (from_states, to_states)
CROSS JOIN unnest(string_to_array(from_states, ' ')) AS from_state
CROSS JOIN unnest(string_to_array(to_states, ' ')) AS to_state;

-- The claim as it was taken in never changes, and stands whole in `intake`; what others look for is
-- made of it by the database. So is what stands in `progress`: what has come of the claim, as the program reads it.
CREATE TABLE claim (
    claim_no        text        COLLATE "C" NOT NULL,
    intake          jsonb       NOT NULL,
    taken_in_at     timestamptz NOT NULL, -- the ids of its entries start with it
    insurer_no      text        COLLATE "C" GENERATED ALWAYS AS (intake ->> 'insurer') STORED NOT NULL,
    pharmacy_no     text        COLLATE "C" GENERATED ALWAYS AS (intake ->> 'pharmacy') STORED NOT NULL,
    patient_no      text        COLLATE "C" GENERATED ALWAYS AS (intake ->> 'patient') STORED NOT NULL,
    policy_no       text        COLLATE "C" GENERATED ALWAYS AS (intake ->> 'policy_no') STORED NOT NULL,
    currency        text        COLLATE "C" GENERATED ALWAYS AS (intake ->> 'currency') STORED NOT NULL,
    gross_minor     bigint      GENERATED ALWAYS AS ((intake ->> 'gross_minor')::bigint) STORED NOT NULL,
    -- Where it stands.
    state           text        COLLATE "C" NOT NULL,
    event_no        integer     NOT NULL,
    progress        jsonb       NOT NULL,
    reviewed_on     date,
    dispensed_on    date,
    wakes_at        timestamptz, -- when time alone moves it on; NULL for never
    -- The quote, frozen at pre-approval.
    deductible_minor bigint GENERATED ALWAYS AS ((progress -> 'quote' ->> 'deductible_minor')::bigint) STORED,
    share_minor      bigint GENERATED ALWAYS AS ((progress -> 'quote' ->> 'share_minor')::bigint) STORED,
    advance_minor    bigint GENERATED ALWAYS AS ((progress -> 'quote' ->> 'advance_minor')::bigint) STORED,
    approved_minor   bigint GENERATED ALWAYS AS ((progress ->> 'approved_minor')::bigint) STORED NOT NULL,
    -- What the insurer does not cover and nobody has been told to bear yet.
    shortfall_minor  bigint GENERATED ALWAYS AS ((progress ->> 'shortfall_minor')::bigint) STORED NOT NULL,
    -- Whether it uses up what its policy grants: from its approval on, unless it is called off or the drug comes back.
    is_granted       boolean GENERATED ALWAYS AS (
        progress -> 'quote' <> 'null' AND progress ->> 'returned_on' IS NULL
        AND (dispensed_on IS NOT NULL OR (progress ->> 'decision_no')::integer > 0 OR state IN (
            'PRE_APPROVED', 'ORDER_OFFERED', 'ORDER_ACCEPTED', 'ORDER_DECLINED', 'ORDER_TIMED_OUT', 'SHARE_DUE',
            'SHARE_PAID', 'READY', 'INSURER_SUBMITTED', 'INSURER_PENDED'))) STORED,
    CONSTRAINT claim_pkey PRIMARY KEY (claim_no),
    CONSTRAINT claim_number_is_its_own CHECK (intake ->> 'claim_no' = claim_no),
    CONSTRAINT claim_policy_fkey
        FOREIGN KEY (insurer_no, policy_no, patient_no) REFERENCES policy (insurer_no, policy_no, patient_no),
    CONSTRAINT claim_pharmacy_fkey FOREIGN KEY (pharmacy_no) REFERENCES pharmacy (pharmacy_no),
    CONSTRAINT claim_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT claim_gross_positive CHECK (gross_minor > 0),
    CONSTRAINT claim_kind_known CHECK (intake ->> 'kind' IN ('direct_pay', 'reimbursement')),
    CONSTRAINT claim_share_collector_known
        CHECK (intake ->> 'share_collector' IN ('platform', 'pharmacy', 'platform_later')),
    CONSTRAINT claim_state_known CHECK (state IN (
        'DRAFT', 'SUBMITTED', 'PENDED', 'PRE_REVIEW', 'PRE_REJECTED', 'PRE_APPROVED', 'ORDER_OFFERED',
        'ORDER_ACCEPTED', 'ORDER_DECLINED', 'ORDER_TIMED_OUT', 'SHARE_DUE', 'SHARE_PAID', 'READY', 'DISPENSED',
        'INSURER_SUBMITTED', 'INSURER_PENDED', 'APPROVED', 'PARTIAL', 'REJECTED', 'PART_RECOVERED', 'RECOVERED',
        'SHORTFALL_OPEN', 'TAKEN_BACK', 'RETURNED', 'FUNDED', 'PAID', 'CANCELLED', 'EXPIRED', 'CLOSED')),
    CONSTRAINT claim_parts_are_the_price CHECK (share_minor + advance_minor = gross_minor),
    CONSTRAINT claim_quote_not_negative
        CHECK (share_minor >= 0 AND advance_minor >= 0 AND deductible_minor BETWEEN 0 AND share_minor),
    CONSTRAINT claim_decision_in_bounds
        CHECK (approved_minor BETWEEN 0 AND gross_minor AND shortfall_minor BETWEEN 0 AND gross_minor)
);
CREATE INDEX claim_policy_idx ON claim (insurer_no, policy_no);
CREATE INDEX claim_patient_idx ON claim (patient_no);
-- Those that time may move on by itself.
CREATE INDEX claim_wakes_idx ON claim (wakes_at) WHERE wakes_at IS NOT NULL;
-- Those that the ledger may move on by itself.
CREATE INDEX claim_unsettled_idx ON claim (claim_no) WHERE state IN (
    'APPROVED', 'PARTIAL', 'REJECTED', 'PART_RECOVERED', 'RECOVERED', 'SHORTFALL_OPEN', 'TAKEN_BACK', 'RETURNED',
    'FUNDED', 'PAID', 'CANCELLED', 'EXPIRED');

-- The drugs of a claim, for those who look for drugs; part of what was taken in.
CREATE TABLE claim_line (
    claim_no    text    COLLATE "C" NOT NULL,
    line_no     integer NOT NULL, -- from 1, without gaps
    drug_code   text    COLLATE "C" NOT NULL,
    quantity    integer NOT NULL,
    gross_minor bigint  NOT NULL,
    CONSTRAINT claim_line_pkey PRIMARY KEY (claim_no, line_no),
    CONSTRAINT claim_line_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT claim_line_numbered CHECK (line_no > 0),
    CONSTRAINT claim_line_quantity_positive CHECK (quantity > 0),
    CONSTRAINT claim_line_gross_positive CHECK (gross_minor > 0)
);
CREATE INDEX claim_line_drug_idx ON claim_line (drug_code, claim_no);

-- Everything that happened to a claim. `fact` is unique per claim, so that a fact is recorded once however often told.
CREATE TABLE claim_event (
    claim_no        text        COLLATE "C" NOT NULL,
    event_no        integer     NOT NULL, -- from 1, without gaps
    fact            text        COLLATE "C" NOT NULL, -- the event, with a count where it may come more than once
    event           text        COLLATE "C" NOT NULL,
    from_state      text        COLLATE "C",
    to_state        text        COLLATE "C" NOT NULL,
    happened_on     date        NOT NULL,
    content         jsonb       NOT NULL,
    reason          text        NOT NULL,
    evidence_sha256 bytea,
    entry_ids       uuid[]      NOT NULL, -- the entries posted with it, in order
    actor           text        NOT NULL,
    checked_by      text,                 -- where it takes two people
    recorded_at     timestamptz NOT NULL,
    CONSTRAINT claim_event_pkey PRIMARY KEY (claim_no, event_no),
    CONSTRAINT claim_event_fact_key UNIQUE (claim_no, fact),
    CONSTRAINT claim_event_state_key UNIQUE (claim_no, event_no, to_state),
    CONSTRAINT claim_event_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT claim_event_first_has_no_state_before CHECK ((from_state IS NULL) = (event_no = 1)),
    CONSTRAINT claim_event_content_names_its_event CHECK (content ->> 'event' = event),
    CONSTRAINT claim_event_evidence_length CHECK (length(evidence_sha256) = 32),
    CONSTRAINT claim_event_two_people CHECK (actor <> checked_by),
    CONSTRAINT claim_event_is_checked
        CHECK (event NOT IN ('shortfall_assigned', 'provisioned', 'written_off') OR checked_by IS NOT NULL),
    CONSTRAINT claim_event_is_proven CHECK (event NOT IN ('dispensed', 'returned') OR evidence_sha256 IS NOT NULL)
);

-- A claim is where its last event led to; checked at COMMIT, when both are written.
ALTER TABLE claim ADD CONSTRAINT claim_state_has_its_event
    FOREIGN KEY (claim_no, event_no, state) REFERENCES claim_event (claim_no, event_no, to_state)
    DEFERRABLE INITIALLY DEFERRED;

-- What pre-review decided and why: the version of the rules, what they saw, what each found.
CREATE TABLE decision (
    claim_no      text    COLLATE "C" NOT NULL,
    event_no      integer NOT NULL,
    insurer_no    text    COLLATE "C" NOT NULL,
    rules_version integer NOT NULL,
    approved      boolean NOT NULL,
    rules_fired   text[]  NOT NULL,
    facts         jsonb   NOT NULL,
    findings      jsonb   NOT NULL,
    english       text    NOT NULL,
    chinese       text    NOT NULL,
    CONSTRAINT decision_pkey PRIMARY KEY (claim_no, event_no),
    CONSTRAINT decision_event_fkey FOREIGN KEY (claim_no, event_no) REFERENCES claim_event (claim_no, event_no),
    CONSTRAINT decision_rules_fkey
        FOREIGN KEY (insurer_no, rules_version) REFERENCES rule_version (insurer_no, version),
    CONSTRAINT decision_names_what_fired CHECK (approved = (rules_fired = '{}'))
);

-- What one person proposes and another has to accept. Decided once; nobody accepts what he has proposed.
CREATE TABLE claim_proposal (
    proposal_id     uuid        NOT NULL,
    claim_no        text        COLLATE "C" NOT NULL,
    fact            text        COLLATE "C" NOT NULL, -- the name under which the claim would remember it
    command         jsonb       NOT NULL,
    made_by         text        NOT NULL,
    made_at         timestamptz NOT NULL,
    accepted        boolean, -- NULL while it waits
    decided_by      text,
    decided_at      timestamptz,
    decision_reason text,
    CONSTRAINT claim_proposal_pkey PRIMARY KEY (proposal_id),
    CONSTRAINT claim_proposal_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT claim_proposal_decided_whole
        CHECK (num_nulls(accepted, decided_by, decided_at, decision_reason) IN (0, 4)),
    CONSTRAINT claim_proposal_two_people CHECK (NOT accepted OR made_by <> decided_by)
);
-- The same thing is proposed once at a time.
CREATE UNIQUE INDEX claim_proposal_waiting_key ON claim_proposal (claim_no, fact) WHERE accepted IS NULL;
CREATE INDEX claim_proposal_waiting_idx ON claim_proposal (made_at, proposal_id) WHERE accepted IS NULL;

CREATE FUNCTION claim_proposal_is_decided_once() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.accepted IS NOT NULL
        OR (OLD.proposal_id, OLD.claim_no, OLD.fact, OLD.command, OLD.made_by, OLD.made_at)
            IS DISTINCT FROM (NEW.proposal_id, NEW.claim_no, NEW.fact, NEW.command, NEW.made_by, NEW.made_at)
    THEN
        RAISE EXCEPTION 'a proposal is decided once and stays what was proposed'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'claim_proposal_is_decided_once',
                TABLE = 'claim_proposal';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_proposal_is_decided_once BEFORE UPDATE ON claim_proposal
    FOR EACH ROW EXECUTE FUNCTION claim_proposal_is_decided_once();
CREATE TRIGGER claim_proposal_is_not_deleted BEFORE DELETE ON claim_proposal
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An event starts where the event before it ended, and only takes a legal step. A lookup, not a foreign key: that would
-- lock the few rows of claim_transition in every transaction.
CREATE FUNCTION claim_event_follows() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    before text;
BEGIN
    IF NEW.event_no = 1 THEN
        IF NEW.to_state <> 'DRAFT' THEN
            RAISE EXCEPTION 'a claim begins as DRAFT, not as %', NEW.to_state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_begins_as_draft', TABLE = 'claim_event';
        END IF;
        RETURN NEW;
    END IF;
    SELECT to_state INTO before FROM claim_event WHERE claim_no = NEW.claim_no AND event_no = NEW.event_no - 1;
    IF before IS DISTINCT FROM NEW.from_state THEN
        RAISE EXCEPTION 'event % of claim % starts from %, but the event before it ended in %',
            NEW.event_no, NEW.claim_no, NEW.from_state, before
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_event_continues', TABLE = 'claim_event';
    END IF;
    IF NOT EXISTS (SELECT FROM claim_transition WHERE from_state = NEW.from_state AND to_state = NEW.to_state) THEN
        RAISE EXCEPTION '% does not lead to %', NEW.from_state, NEW.to_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_transition_legal', TABLE = 'claim_event';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_event_follows BEFORE INSERT ON claim_event
    FOR EACH ROW EXECUTE FUNCTION claim_event_follows();

-- A claim begins as DRAFT, takes only legal steps, one event at a time, and stays the claim that was taken in.
CREATE FUNCTION claim_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'DRAFT' THEN
            RAISE EXCEPTION 'a claim begins as DRAFT, not as %', NEW.state
                USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_begins_as_draft', TABLE = 'claim';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM claim_transition WHERE from_state = OLD.state AND to_state = NEW.state)
        OR NEW.event_no <> OLD.event_no + 1
    THEN
        RAISE EXCEPTION '% (event %) does not lead to % (event %)', OLD.state, OLD.event_no, NEW.state, NEW.event_no
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_transition_legal', TABLE = 'claim';
    END IF;
    IF (OLD.claim_no, OLD.intake, OLD.taken_in_at) IS DISTINCT FROM (NEW.claim_no, NEW.intake, NEW.taken_in_at)
        OR OLD.share_minor IS NOT NULL AND OLD.progress -> 'quote' IS DISTINCT FROM NEW.progress -> 'quote'
    THEN
        RAISE EXCEPTION 'claim % stays what was taken in and quoted', OLD.claim_no
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'claim_stays', TABLE = 'claim';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER claim_moves BEFORE INSERT OR UPDATE ON claim
    FOR EACH ROW EXECUTE FUNCTION claim_moves();
CREATE TRIGGER claim_is_not_deleted BEFORE DELETE ON claim
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'insurer', 'pharmacy', 'patient', 'policy', 'rule_version', 'claim_transition', 'claim_line', 'claim_event',
        'decision'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            kept || '_is_append_only', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY[
        'insurer', 'pharmacy', 'patient', 'policy', 'rule_version', 'claim_transition', 'claim', 'claim_line',
        'claim_event', 'claim_proposal', 'decision'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            kept || '_is_not_truncated', kept);
        EXECUTE format('GRANT SELECT ON %I TO dianfu_service', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY[
        'insurer', 'pharmacy', 'patient', 'policy', 'rule_version', 'claim', 'claim_line', 'claim_event',
        'claim_proposal', 'decision'
    ] LOOP
        EXECUTE format('GRANT INSERT ON %I TO dianfu_service', kept);
    END LOOP;
END $$;
GRANT UPDATE (state, event_no, progress, reviewed_on, dispensed_on, wakes_at) ON claim TO dianfu_service;
GRANT UPDATE (accepted, decided_by, decided_at, decision_reason) ON claim_proposal TO dianfu_service;
-- To lock a row takes the right to update it; the trigger refuses the update.
GRANT UPDATE (registered_at) ON patient TO dianfu_service;
