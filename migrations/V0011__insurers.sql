-- Insurers: the papers that let them go live, what two people agree on, stages, terms, switches, coverage, disputes.
--
-- Everything is append-only; where an insurer stands is a fold over these rows. What takes two people is a proposal and
-- its end by somebody else, and a row that needs one refers to an end that approved it: no row of that kind can exist
-- without. Amounts are minor units of the row's currency.

-- A paper handed in for an item of the checklist. The newest that was judged counts.
CREATE TABLE insurer_paper (
    insurer_no      text        COLLATE "C" NOT NULL,
    item            text        COLLATE "C" NOT NULL,
    paper_no        integer     NOT NULL, -- from 1 for each item
    evidence_sha256 bytea       NOT NULL,
    note            text        NOT NULL,
    expires_on      date,                 -- its last day
    submitted_by    text        NOT NULL,
    submitted_at    timestamptz NOT NULL,
    CONSTRAINT insurer_paper_pkey PRIMARY KEY (insurer_no, item, paper_no),
    CONSTRAINT insurer_paper_person_key UNIQUE (insurer_no, item, paper_no, submitted_by),
    CONSTRAINT insurer_paper_insurer_fkey FOREIGN KEY (insurer_no) REFERENCES insurer (insurer_no),
    CONSTRAINT insurer_paper_item_known
        CHECK (item IN ('licence', 'contract_terms', 'bank_account', 'credit_line', 'keys')),
    CONSTRAINT insurer_paper_no_positive CHECK (paper_no > 0),
    CONSTRAINT insurer_paper_evidence_length CHECK (length(evidence_sha256) = 32),
    CONSTRAINT insurer_paper_licence_expires CHECK (item <> 'licence' OR expires_on IS NOT NULL)
);

-- What somebody else than who handed it in found.
CREATE TABLE insurer_paper_verdict (
    insurer_no   text        COLLATE "C" NOT NULL,
    item         text        COLLATE "C" NOT NULL,
    paper_no     integer     NOT NULL,
    accepted     boolean     NOT NULL,
    reason       text        NOT NULL,
    submitted_by text        NOT NULL,
    judged_by    text        NOT NULL,
    judged_at    timestamptz NOT NULL,
    CONSTRAINT insurer_paper_verdict_pkey PRIMARY KEY (insurer_no, item, paper_no),
    CONSTRAINT insurer_paper_verdict_paper_fkey FOREIGN KEY (insurer_no, item, paper_no, submitted_by)
        REFERENCES insurer_paper (insurer_no, item, paper_no, submitted_by),
    CONSTRAINT insurer_paper_verdict_two_people CHECK (submitted_by <> judged_by)
);

-- What one person proposes.
CREATE TABLE insurer_proposal (
    insurer_no  text        COLLATE "C" NOT NULL,
    proposal_no integer     NOT NULL, -- from 1 for each insurer
    act         text        COLLATE "C" NOT NULL,
    content     jsonb       NOT NULL,
    reason      text        NOT NULL,
    proposed_by text        NOT NULL,
    proposed_at timestamptz NOT NULL,
    CONSTRAINT insurer_proposal_pkey PRIMARY KEY (insurer_no, proposal_no),
    CONSTRAINT insurer_proposal_person_key UNIQUE (insurer_no, proposal_no, act, proposed_by),
    CONSTRAINT insurer_proposal_insurer_fkey FOREIGN KEY (insurer_no) REFERENCES insurer (insurer_no),
    CONSTRAINT insurer_proposal_act_known
        CHECK (act IN ('go_live', 'lift', 'close', 'terms', 'credit_line', 'end_dispute')),
    CONSTRAINT insurer_proposal_no_positive CHECK (proposal_no > 0),
    CONSTRAINT insurer_proposal_content_names_its_act CHECK (content ->> 'act' = act)
);

-- How a proposal ended. Only another person approves; whoever proposed may withdraw.
CREATE TABLE insurer_proposal_end (
    insurer_no  text        COLLATE "C" NOT NULL,
    proposal_no integer     NOT NULL,
    act         text        COLLATE "C" NOT NULL,
    approved    boolean     NOT NULL,
    reason      text        NOT NULL,
    proposed_by text        NOT NULL,
    ended_by    text        NOT NULL,
    ended_at    timestamptz NOT NULL,
    CONSTRAINT insurer_proposal_end_pkey PRIMARY KEY (insurer_no, proposal_no),
    CONSTRAINT insurer_proposal_end_outcome_key UNIQUE (insurer_no, proposal_no, act, approved),
    CONSTRAINT insurer_proposal_end_proposal_fkey FOREIGN KEY (insurer_no, proposal_no, act, proposed_by)
        REFERENCES insurer_proposal (insurer_no, proposal_no, act, proposed_by),
    CONSTRAINT insurer_proposal_end_two_people CHECK (NOT approved OR proposed_by <> ended_by)
);

-- Every step of an insurer from stage to stage. Each starts where the one before it ended. A suspension takes one
-- person; every other step has a proposal that another person has approved.
CREATE TABLE insurer_stage_step (
    insurer_no  text        COLLATE "C" NOT NULL,
    step_no     integer     NOT NULL, -- from 1 for each insurer, without gaps
    previous_no integer     GENERATED ALWAYS AS (NULLIF(step_no - 1, 0)) STORED,
    act         text        COLLATE "C" NOT NULL,
    from_stage  text        COLLATE "C" NOT NULL,
    to_stage    text        COLLATE "C" NOT NULL,
    proposal_no integer,
    approved    boolean     NOT NULL DEFAULT true,
    reason      text        NOT NULL,
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT insurer_stage_step_pkey PRIMARY KEY (insurer_no, step_no),
    CONSTRAINT insurer_stage_step_to_key UNIQUE (insurer_no, step_no, to_stage),
    CONSTRAINT insurer_stage_step_proposal_key UNIQUE (insurer_no, proposal_no),
    CONSTRAINT insurer_stage_step_insurer_fkey FOREIGN KEY (insurer_no) REFERENCES insurer (insurer_no),
    CONSTRAINT insurer_stage_step_continues FOREIGN KEY (insurer_no, previous_no, from_stage)
        REFERENCES insurer_stage_step (insurer_no, step_no, to_stage),
    CONSTRAINT insurer_stage_step_approved_by_two FOREIGN KEY (insurer_no, proposal_no, act, approved)
        REFERENCES insurer_proposal_end (insurer_no, proposal_no, act, approved),
    CONSTRAINT insurer_stage_step_begins CHECK ((step_no = 1) = (from_stage = 'ONBOARDING') AND step_no > 0),
    CONSTRAINT insurer_stage_step_legal CHECK ((act, from_stage, to_stage) IN (
        ('go_live', 'ONBOARDING', 'LIVE'), ('suspend', 'LIVE', 'SUSPENDED'), ('lift', 'SUSPENDED', 'LIVE'),
        ('close', 'SUSPENDED', 'CLOSED'))),
    CONSTRAINT insurer_stage_step_takes_two CHECK ((act = 'suspend') = (proposal_no IS NULL) AND approved)
);

-- An insurer goes live when the newest paper judged for each item was accepted and is still valid.
CREATE FUNCTION insurer_goes_live() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.act = 'go_live' AND 5 > (
        SELECT count(*)
        FROM (
            SELECT DISTINCT ON (p.item) v.accepted, p.expires_on
            FROM insurer_paper p
            JOIN insurer_paper_verdict v USING (insurer_no, item, paper_no)
            WHERE p.insurer_no = NEW.insurer_no
            ORDER BY p.item, p.paper_no DESC
        ) newest
        WHERE accepted AND COALESCE(expires_on, date 'infinity') >= (NEW.recorded_at AT TIME ZONE 'UTC')::date
    ) THEN
        RAISE EXCEPTION 'insurer % has papers missing, rejected or expired', NEW.insurer_no
            USING ERRCODE = 'check_violation', CONSTRAINT = 'insurer_goes_live_complete', TABLE = 'insurer_stage_step';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER insurer_goes_live BEFORE INSERT ON insurer_stage_step
    FOR EACH ROW EXECUTE FUNCTION insurer_goes_live();

-- What the contract with an insurer says, in versions.
CREATE TABLE insurer_terms (
    insurer_no     text        COLLATE "C" NOT NULL,
    version        integer     NOT NULL,
    effective_from date        NOT NULL,
    terms          jsonb       NOT NULL,
    proposal_no    integer     NOT NULL,
    act            text        COLLATE "C" NOT NULL DEFAULT 'terms',
    approved       boolean     NOT NULL DEFAULT true,
    recorded_at    timestamptz NOT NULL,
    CONSTRAINT insurer_terms_pkey PRIMARY KEY (insurer_no, version),
    CONSTRAINT insurer_terms_proposal_key UNIQUE (insurer_no, proposal_no),
    CONSTRAINT insurer_terms_positive CHECK (version > 0),
    CONSTRAINT insurer_terms_is_of_terms CHECK (act = 'terms' AND approved),
    CONSTRAINT insurer_terms_approved_by_two FOREIGN KEY (insurer_no, proposal_no, act, approved)
        REFERENCES insurer_proposal_end (insurer_no, proposal_no, act, approved)
);

-- Parts of the platform's service, switched on or off for an insurer from a moment on. The last of a module up to a
-- moment counts; without any it is off.
CREATE TABLE insurer_switch (
    insurer_no  text        COLLATE "C" NOT NULL,
    switch_no   integer     NOT NULL, -- from 1 for each insurer
    module      text        COLLATE "C" NOT NULL,
    is_on       boolean     NOT NULL,
    from_at     timestamptz NOT NULL,
    reason      text        NOT NULL,
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT insurer_switch_pkey PRIMARY KEY (insurer_no, switch_no),
    CONSTRAINT insurer_switch_insurer_fkey FOREIGN KEY (insurer_no) REFERENCES insurer (insurer_no),
    CONSTRAINT insurer_switch_no_positive CHECK (switch_no > 0),
    CONSTRAINT insurer_switch_module_known CHECK (module IN (
        'coverage_check', 'pre_review', 'confirm_review', 'direct_pay', 'reimbursement', 'remittance')),
    CONSTRAINT insurer_switch_not_backdated CHECK (from_at >= recorded_at)
);

-- Days on which a calendar of banks differs from Monday to Friday. The highest revision of a day counts.
CREATE TABLE bank_holiday (
    calendar    text        COLLATE "C" NOT NULL,
    day         date        NOT NULL,
    revision    integer     NOT NULL,
    kind        text        COLLATE "C" NOT NULL, -- a plain day is what its weekday says
    actor       text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT bank_holiday_pkey PRIMARY KEY (calendar, day, revision),
    CONSTRAINT bank_holiday_revision_positive CHECK (revision > 0),
    CONSTRAINT bank_holiday_kind_known CHECK (kind IN ('holiday', 'workday', 'plain'))
);

-- What an insurer answered when it was asked whether it covers something.
CREATE TABLE coverage_answer (
    insurer_no       text        COLLATE "C" NOT NULL,
    verify_no        text        COLLATE "C" NOT NULL, -- the insurer's reference of the answer
    policy_no        text        COLLATE "C" NOT NULL,
    patient_no       text        COLLATE "C" NOT NULL,
    currency         text        COLLATE "C" NOT NULL,
    in_force         boolean     NOT NULL,
    guaranteed_minor bigint      NOT NULL,
    valid_until      date        NOT NULL, -- the last day of the guarantee
    answered_at      timestamptz NOT NULL,
    exchange_sha256  bytea       NOT NULL,
    actor            text        NOT NULL,
    recorded_at      timestamptz NOT NULL,
    CONSTRAINT coverage_answer_pkey PRIMARY KEY (insurer_no, verify_no),
    CONSTRAINT coverage_answer_policy_fkey
        FOREIGN KEY (insurer_no, policy_no, patient_no) REFERENCES policy (insurer_no, policy_no, patient_no),
    CONSTRAINT coverage_answer_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT coverage_answer_not_negative CHECK (guaranteed_minor >= 0),
    CONSTRAINT coverage_answer_guarantees_what_is_in_force CHECK (in_force OR guaranteed_minor = 0),
    CONSTRAINT coverage_answer_exchange_length CHECK (length(exchange_sha256) = 32)
);
CREATE INDEX coverage_answer_policy_idx ON coverage_answer (insurer_no, policy_no, answered_at DESC);

-- What we do not take from an insurer: a part of a claim that it will not pay.
CREATE TABLE dispute (
    dispute_no      text        COLLATE "C" NOT NULL,
    insurer_no      text        COLLATE "C" NOT NULL,
    claim_no        text        COLLATE "C" NOT NULL,
    cause           text        COLLATE "C" NOT NULL,
    currency        text        COLLATE "C" NOT NULL,
    amount_minor    bigint      NOT NULL,
    due_on          date        NOT NULL, -- when the insurer has to answer
    reason          text        NOT NULL,
    evidence_sha256 bytea       NOT NULL,
    opened_by       text        NOT NULL,
    opened_at       timestamptz NOT NULL,
    CONSTRAINT dispute_pkey PRIMARY KEY (dispute_no),
    CONSTRAINT dispute_insurer_key UNIQUE (dispute_no, insurer_no),
    CONSTRAINT dispute_insurer_fkey FOREIGN KEY (insurer_no) REFERENCES insurer (insurer_no),
    CONSTRAINT dispute_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT dispute_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT dispute_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT dispute_evidence_length CHECK (length(evidence_sha256) = 32)
);
CREATE INDEX dispute_claim_idx ON dispute (claim_no);

-- Every step of a dispute. It ends by two people.
CREATE TABLE dispute_step (
    dispute_no      text        COLLATE "C" NOT NULL,
    step_no         integer     NOT NULL, -- from 1 for each dispute, without gaps
    previous_no     integer     GENERATED ALWAYS AS (NULLIF(step_no - 1, 0)) STORED,
    insurer_no      text        COLLATE "C" NOT NULL,
    from_state      text        COLLATE "C" NOT NULL,
    to_state        text        COLLATE "C" NOT NULL,
    won_minor       bigint,               -- of the disputed amount, at the end
    reason          text        NOT NULL,
    evidence_sha256 bytea,
    proposal_no     integer,
    act             text        COLLATE "C" NOT NULL DEFAULT 'end_dispute',
    approved        boolean     NOT NULL DEFAULT true,
    actor           text        NOT NULL,
    recorded_at     timestamptz NOT NULL,
    CONSTRAINT dispute_step_pkey PRIMARY KEY (dispute_no, step_no),
    CONSTRAINT dispute_step_to_key UNIQUE (dispute_no, step_no, to_state),
    CONSTRAINT dispute_step_proposal_key UNIQUE (insurer_no, proposal_no),
    CONSTRAINT dispute_step_dispute_fkey FOREIGN KEY (dispute_no, insurer_no)
        REFERENCES dispute (dispute_no, insurer_no),
    CONSTRAINT dispute_step_continues FOREIGN KEY (dispute_no, previous_no, from_state)
        REFERENCES dispute_step (dispute_no, step_no, to_state),
    CONSTRAINT dispute_step_approved_by_two FOREIGN KEY (insurer_no, proposal_no, act, approved)
        REFERENCES insurer_proposal_end (insurer_no, proposal_no, act, approved),
    CONSTRAINT dispute_step_begins CHECK (step_no > 0 AND (step_no > 1 OR from_state = 'OPEN')),
    CONSTRAINT dispute_step_legal CHECK ((from_state, to_state) IN (
        ('OPEN', 'ANSWERED'), ('OPEN', 'WON'), ('OPEN', 'LOST'), ('ANSWERED', 'ANSWERED'), ('ANSWERED', 'WON'),
        ('ANSWERED', 'LOST'))),
    CONSTRAINT dispute_step_end_takes_two
        CHECK ((to_state = 'ANSWERED') = (proposal_no IS NULL) AND act = 'end_dispute' AND approved),
    CONSTRAINT dispute_step_answer_is_proven CHECK (to_state <> 'ANSWERED' OR evidence_sha256 IS NOT NULL),
    CONSTRAINT dispute_step_won_is_told CHECK (CASE to_state
        WHEN 'WON' THEN COALESCE(won_minor > 0, false)
        WHEN 'LOST' THEN COALESCE(won_minor = 0, false)
        ELSE won_minor IS NULL END),
    CONSTRAINT dispute_step_evidence_length CHECK (length(evidence_sha256) = 32)
);

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'insurer_paper', 'insurer_paper_verdict', 'insurer_proposal', 'insurer_proposal_end', 'insurer_stage_step',
        'insurer_terms', 'insurer_switch', 'bank_holiday', 'coverage_answer', 'dispute', 'dispute_step'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            kept || '_is_append_only', kept);
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            kept || '_is_not_truncated', kept);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO dianfu_service', kept);
    END LOOP;
END $$;
-- To lock a row takes the right to update it; the trigger refuses the update. Whoever relies on an insurer's standing
-- locks its row FOR SHARE, and whoever changes it FOR UPDATE: a suspension counts for all that come after it.
GRANT UPDATE (registered_at) ON insurer TO dianfu_service;
