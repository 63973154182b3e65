-- Reviews: rules by two people and after a trial, what policies promise in detail, how claims were shared, and the
-- queue of those who review. Amounts are minor units of the row's currency, or of the claim's.

-- A version of an insurer's rules as somebody proposes it. Its maker may propose other content under the same number,
-- until one of them goes live. The digest is over number, first day and rules.
CREATE TABLE rule_proposal (
    insurer_no     text        COLLATE "C" NOT NULL,
    version        integer     NOT NULL,
    content_sha256 bytea       NOT NULL,
    effective_from date        NOT NULL,
    rules          jsonb       NOT NULL,
    made_by        text        NOT NULL,
    proposed_at    timestamptz NOT NULL,
    CONSTRAINT rule_proposal_pkey PRIMARY KEY (insurer_no, version, content_sha256),
    CONSTRAINT rule_proposal_maker_key UNIQUE (insurer_no, version, content_sha256, made_by),
    CONSTRAINT rule_proposal_insurer_fkey FOREIGN KEY (insurer_no) REFERENCES insurer (insurer_no),
    CONSTRAINT rule_proposal_version_positive CHECK (version > 0),
    CONSTRAINT rule_proposal_digest_length CHECK (length(content_sha256) = 32)
);

-- What a proposal would have said of decisions of the past.
CREATE TABLE rule_trial (
    insurer_no     text        COLLATE "C" NOT NULL,
    version        integer     NOT NULL,
    content_sha256 bytea       NOT NULL,
    trial_no       integer     NOT NULL,
    tried          bigint      NOT NULL, -- decisions that were judged again
    changed        bigint      NOT NULL, -- those that would be others
    result         jsonb       NOT NULL,
    result_sha256  bytea       NOT NULL,
    run_by         text        NOT NULL,
    run_at         timestamptz NOT NULL,
    CONSTRAINT rule_trial_pkey PRIMARY KEY (insurer_no, version, content_sha256, trial_no),
    CONSTRAINT rule_trial_proposal_fkey FOREIGN KEY (insurer_no, version, content_sha256)
        REFERENCES rule_proposal (insurer_no, version, content_sha256),
    CONSTRAINT rule_trial_counts_add_up CHECK (changed BETWEEN 0 AND tried),
    CONSTRAINT rule_trial_digest_length CHECK (length(result_sha256) = 32)
);

-- What is live is what was proposed and tried, by construction: a version is a proposal, its maker is the proposal's,
-- and it names a trial of exactly this content.
ALTER TABLE rule_version
    DROP COLUMN effective_from,
    DROP COLUMN rules,
    ADD COLUMN content_sha256 bytea NOT NULL,
    ADD COLUMN trial_no integer NOT NULL,
    ADD CONSTRAINT rule_version_is_a_proposal FOREIGN KEY (insurer_no, version, content_sha256, made_by)
        REFERENCES rule_proposal (insurer_no, version, content_sha256, made_by),
    ADD CONSTRAINT rule_version_was_tried FOREIGN KEY (insurer_no, version, content_sha256, trial_no)
        REFERENCES rule_trial (insurer_no, version, content_sha256, trial_no);

-- What a decision came to, and what people said where the rules left it to them.
ALTER TABLE decision
    DROP COLUMN approved,
    ADD COLUMN outcome text COLLATE "C" NOT NULL,
    ADD COLUMN advance_minor bigint NOT NULL, -- what is advanced on it; nothing unless it is approved
    ADD COLUMN ruling jsonb,
    ADD CONSTRAINT decision_outcome_known CHECK (outcome IN ('approved', 'rejected', 'referred')),
    ADD CONSTRAINT decision_names_what_fired CHECK ((outcome = 'approved') = (rules_fired = '{}')),
    ADD CONSTRAINT decision_advance_is_approved CHECK (advance_minor = 0 OR advance_minor > 0 AND outcome = 'approved'),
    ADD CONSTRAINT decision_people_decide CHECK (ruling IS NULL OR outcome <> 'referred'),
    ADD CONSTRAINT decision_two_people CHECK (ruling ->> 'reviewer' <> ruling ->> 'second');
CREATE INDEX decision_insurer_idx ON decision (insurer_no, claim_no, event_no) WHERE ruling IS NULL;

-- What a policy promises where its row says too little: bands, classes of drugs, caps of drugs, since when the patient
-- is insured. A later version counts for prescriptions from its first day on.
CREATE TABLE policy_terms (
    insurer_no     text        COLLATE "C" NOT NULL,
    policy_no      text        COLLATE "C" NOT NULL,
    version        integer     NOT NULL,
    effective_from date        NOT NULL,
    enrolled_on    date,                   -- NULL for the policy's first day
    terms          jsonb       NOT NULL,
    made_by        text        NOT NULL,
    checked_by     text        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    CONSTRAINT policy_terms_pkey PRIMARY KEY (insurer_no, policy_no, version),
    CONSTRAINT policy_terms_policy_fkey FOREIGN KEY (insurer_no, policy_no) REFERENCES policy (insurer_no, policy_no),
    CONSTRAINT policy_terms_version_positive CHECK (version > 0),
    CONSTRAINT policy_terms_two_people CHECK (made_by <> checked_by)
);

-- How the lines of a claim were shared: by its quote (run 1), and by each re-run of its policy's deductible and caps.
-- The last run of a claim says what it uses up of its policy.
CREATE TABLE claim_share (
    claim_no         text    COLLATE "C" NOT NULL,
    run_no           integer NOT NULL,
    line_no          integer NOT NULL,
    insurer_no       text    COLLATE "C" NOT NULL,
    policy_no        text    COLLATE "C" NOT NULL,
    patient_no       text    COLLATE "C" NOT NULL,
    prescribed_on    date    NOT NULL, -- places the claim in a year of its policy
    drug_code        text    COLLATE "C" NOT NULL,
    quantity         integer NOT NULL,
    gross_minor      bigint  NOT NULL,
    share_minor      bigint  NOT NULL,
    advance_minor    bigint  NOT NULL,
    deductible_minor bigint  NOT NULL, -- what of the share uses up the deductible
    counted_minor    bigint  NOT NULL, -- what of the share counts towards the patient's cap
    CONSTRAINT claim_share_pkey PRIMARY KEY (claim_no, run_no, line_no),
    CONSTRAINT claim_share_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT claim_share_numbers_positive CHECK (run_no > 0 AND line_no > 0 AND quantity > 0),
    CONSTRAINT claim_share_parts_are_the_price CHECK (share_minor + advance_minor = gross_minor),
    CONSTRAINT claim_share_not_negative CHECK (
        advance_minor >= 0 AND deductible_minor BETWEEN 0 AND counted_minor AND counted_minor <= share_minor)
);
CREATE INDEX claim_share_policy_idx ON claim_share (insurer_no, policy_no, prescribed_on);
CREATE INDEX claim_share_patient_idx ON claim_share (patient_no, drug_code);

-- Packs that a charity scheme gave for nothing: no money moves (J26), but they count in cycles and phases.
CREATE TABLE charity_gift (
    gift_no         text        COLLATE "C" NOT NULL,
    patient_no      text        COLLATE "C" NOT NULL,
    drug_code       text        COLLATE "C" NOT NULL,
    given_on        date        NOT NULL,
    quantity        integer     NOT NULL,
    evidence_sha256 bytea       NOT NULL,
    actor           text        NOT NULL,
    recorded_at     timestamptz NOT NULL,
    CONSTRAINT charity_gift_pkey PRIMARY KEY (gift_no),
    CONSTRAINT charity_gift_patient_fkey FOREIGN KEY (patient_no) REFERENCES patient (patient_no),
    CONSTRAINT charity_gift_quantity_positive CHECK (quantity > 0),
    CONSTRAINT charity_gift_evidence_length CHECK (length(evidence_sha256) = 32)
);
CREATE INDEX charity_gift_patient_idx ON charity_gift (patient_no, drug_code);

-- What people have to review. A task is taken for a time: when it is over, another may take it. Moments are told by who
-- asks, so that a test needs no clock.
CREATE TABLE review_task (
    claim_no       text        COLLATE "C" NOT NULL,
    kind           text        COLLATE "C" NOT NULL,
    round_no       integer     NOT NULL, -- counts the tasks of one kind of a claim
    insurer_no     text        COLLATE "C" NOT NULL,
    amount_minor   bigint      NOT NULL, -- what is at stake
    opened_at      timestamptz NOT NULL,
    due_at         timestamptz NOT NULL,
    intake_by      text        NOT NULL, -- who took the claim in; written by the database
    first_reviewer text,                 -- who reviewed it first; written by the database
    taken_by       text,
    taken_at       timestamptz,
    taken_until    timestamptz,
    done_by        text,
    done_at        timestamptz,
    outcome        text        COLLATE "C",
    act_no         integer     NOT NULL,
    CONSTRAINT review_task_pkey PRIMARY KEY (claim_no, kind, round_no),
    CONSTRAINT review_task_claim_fkey FOREIGN KEY (claim_no) REFERENCES claim (claim_no),
    CONSTRAINT review_task_kind_known CHECK (kind IN ('first', 'second', 'insurer_answer')),
    CONSTRAINT review_task_round_positive CHECK (round_no > 0),
    CONSTRAINT review_task_amount_not_negative CHECK (amount_minor >= 0),
    CONSTRAINT review_task_taken_whole CHECK (num_nulls(taken_by, taken_at, taken_until) IN (0, 3)),
    CONSTRAINT review_task_lease_ordered CHECK (taken_at < taken_until),
    CONSTRAINT review_task_done_whole CHECK (num_nulls(done_by, done_at, outcome) IN (0, 3)),
    -- One lapses when its claim has moved on, whoever has it.
    CONSTRAINT review_task_done_by_who_has_it CHECK (done_at IS NULL OR outcome = 'lapsed'
        OR taken_by IS NOT NULL AND done_by = taken_by AND done_at < taken_until),
    -- The second person is neither the first nor who took the claim in.
    CONSTRAINT review_task_second_is_another
        CHECK (kind <> 'second' OR first_reviewer IS NOT NULL AND (taken_by IS NULL
            OR taken_by <> first_reviewer AND taken_by <> intake_by))
);
CREATE UNIQUE INDEX review_task_one_open ON review_task (claim_no, kind) WHERE done_at IS NULL;
CREATE INDEX review_task_due_idx ON review_task (due_at, claim_no, kind, round_no) WHERE done_at IS NULL;

-- Everything that was done with tasks.
CREATE TABLE review_task_act (
    claim_no text        COLLATE "C" NOT NULL,
    kind     text        COLLATE "C" NOT NULL,
    round_no integer     NOT NULL,
    act_no   integer     NOT NULL, -- from 1, without gaps
    act      text        COLLATE "C" NOT NULL,
    actor    text        NOT NULL,
    reason   text        NOT NULL,
    acted_at timestamptz NOT NULL,
    CONSTRAINT review_task_act_pkey PRIMARY KEY (claim_no, kind, round_no, act_no),
    CONSTRAINT review_task_act_task_fkey FOREIGN KEY (claim_no, kind, round_no)
        REFERENCES review_task (claim_no, kind, round_no),
    CONSTRAINT review_task_act_known CHECK (act IN ('opened', 'taken', 'extended', 'released', 'done', 'lapsed'))
);

-- Who took the claim in and who reviewed it first is what the records say, not what the program says.
CREATE FUNCTION review_task_knows_people() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    SELECT actor INTO NEW.intake_by FROM claim_event WHERE claim_no = NEW.claim_no AND event_no = 1;
    NEW.first_reviewer := NULL;
    IF NEW.kind = 'second' THEN
        SELECT done_by INTO NEW.first_reviewer FROM review_task
        WHERE claim_no = NEW.claim_no AND kind = 'first' AND outcome <> 'lapsed'
        ORDER BY round_no DESC LIMIT 1;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_task_knows_people BEFORE INSERT ON review_task
    FOR EACH ROW EXECUTE FUNCTION review_task_knows_people();

-- What is done stays done, and nobody takes a task from who has it. Each move is one act.
CREATE FUNCTION review_task_moves() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.done_at IS NOT NULL THEN
        RAISE EXCEPTION 'task % of claim % is done', OLD.kind, OLD.claim_no
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'review_task_is_done', TABLE = 'review_task';
    END IF;
    IF NEW.taken_by <> OLD.taken_by AND NEW.taken_at < OLD.taken_until THEN
        RAISE EXCEPTION 'task % of claim % is with % until %', OLD.kind, OLD.claim_no, OLD.taken_by, OLD.taken_until
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'review_task_is_taken', TABLE = 'review_task';
    END IF;
    IF NEW.act_no <> OLD.act_no + 1 THEN
        RAISE EXCEPTION 'act % of task % of claim % does not follow %', NEW.act_no, OLD.kind, OLD.claim_no, OLD.act_no
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_task_act_follows', TABLE = 'review_task';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_task_moves BEFORE UPDATE ON review_task
    FOR EACH ROW EXECUTE FUNCTION review_task_moves();
CREATE TRIGGER review_task_is_not_deleted BEFORE DELETE ON review_task
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'rule_proposal', 'rule_trial', 'policy_terms', 'claim_share', 'charity_gift', 'review_task_act'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            kept || '_is_append_only', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY[
        'rule_proposal', 'rule_trial', 'policy_terms', 'claim_share', 'charity_gift', 'review_task', 'review_task_act'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            kept || '_is_not_truncated', kept);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO dianfu_service', kept);
    END LOOP;
END $$;
GRANT UPDATE (taken_by, taken_at, taken_until, done_by, done_at, outcome, act_no) ON review_task TO dianfu_service;
