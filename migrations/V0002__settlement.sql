-- Settlement: whom we pay and where, what is due to them, the payouts that carry it, and what the bank says of them.
--
-- A payout's state is derived from its facts, never stored. Amounts are minor units of the row's currency. What an item
-- is worth is told by the ledger alone; here stands only when it is due, to whom, and which payout carries it.

-- Whom we pay: pharmacies, patients for refunds and reimbursements, and insurers for what they paid in excess.
CREATE TABLE payee (
    payee              text        COLLATE "C" NOT NULL,
    name               text        NOT NULL,
    withheld_per_10000 integer     NOT NULL, -- tax withheld from what we pay
    recorded_at        timestamptz NOT NULL,
    actor              text        NOT NULL,
    CONSTRAINT payee_pkey PRIMARY KEY (payee),
    CONSTRAINT payee_withholding_is_a_part CHECK (withheld_per_10000 BETWEEN 0 AND 9999)
);

-- Where the money goes. A correction is a new version; a payout keeps the version it went to. Changing where money goes
-- takes two people.
CREATE TABLE payee_account (
    payee       text        COLLATE "C" NOT NULL,
    version     integer     NOT NULL,
    holder      text        NOT NULL,
    bank_code   text        COLLATE "C" NOT NULL,
    account_no  text        COLLATE "C" NOT NULL,
    made_by     text        NOT NULL,
    checked_by  text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT payee_account_pkey PRIMARY KEY (payee, version),
    CONSTRAINT payee_account_payee_fkey FOREIGN KEY (payee) REFERENCES payee (payee),
    CONSTRAINT payee_account_version_positive CHECK (version > 0),
    CONSTRAINT payee_account_given CHECK (account_no <> ''),
    CONSTRAINT payee_account_two_people CHECK (made_by <> checked_by)
);

-- An open item that is to be paid out. `settled` is a worklist's mark and no fact: it keeps items that were paid long
-- ago out of the way of those that are due, and the ledger's open amount decides.
CREATE TABLE payable (
    account       text        COLLATE "C" NOT NULL, -- such as 2101.red-cross
    item          text        COLLATE "C" NOT NULL,
    control       text        COLLATE "C" NOT NULL, -- such as 2101
    payee         text        COLLATE "C" NOT NULL,
    currency      text        COLLATE "C" NOT NULL,
    advance_minor bigint      NOT NULL, -- the part that our own money covers until the insurer pays
    due_on        date        NOT NULL,
    settled       boolean     NOT NULL DEFAULT false,
    recorded_at   timestamptz NOT NULL,
    CONSTRAINT payable_pkey PRIMARY KEY (account, item),
    CONSTRAINT payable_payee_fkey FOREIGN KEY (payee) REFERENCES payee (payee),
    CONSTRAINT payable_under_control CHECK (account = control OR account LIKE control || '.%'),
    CONSTRAINT payable_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payable_advance_not_negative CHECK (advance_minor >= 0)
);
CREATE INDEX payable_due_idx ON payable (control, currency, due_on) WHERE NOT settled;

-- What a maker proposes to pay: everything due under a cut-off. Which items that are is decided when it is posted.
CREATE TABLE payout_batch (
    batch_no text        COLLATE "C" NOT NULL,
    control  text        COLLATE "C" NOT NULL, -- the control account whose items it pays
    currency text        COLLATE "C" NOT NULL,
    bank     text        COLLATE "C" NOT NULL, -- the party of 1002 and 1010
    cut_off  date        NOT NULL,
    made_by  text        NOT NULL,
    made_at  timestamptz NOT NULL,
    CONSTRAINT payout_batch_pkey PRIMARY KEY (batch_no),
    CONSTRAINT payout_batch_maker_key UNIQUE (batch_no, made_by)
);

-- One payment to one payee. Written in the transaction that instructs it, by a checker who is not the maker.
CREATE TABLE payout (
    payout_id             text        COLLATE "C" NOT NULL,
    batch_no              text        COLLATE "C",
    reissue_of            text        COLLATE "C",
    payee                 text        COLLATE "C" NOT NULL,
    payee_account_version integer     NOT NULL,
    bank                  text        COLLATE "C" NOT NULL,
    currency              text        COLLATE "C" NOT NULL,
    gross_minor           bigint      NOT NULL,
    withheld_minor        bigint      NOT NULL,
    made_by               text        NOT NULL,
    checked_by            text        NOT NULL,
    created_at            timestamptz NOT NULL,
    CONSTRAINT payout_pkey PRIMARY KEY (payout_id),
    CONSTRAINT payout_id_fits_the_bank CHECK (length(payout_id) BETWEEN 1 AND 35),
    CONSTRAINT payout_batch_fkey FOREIGN KEY (batch_no, made_by) REFERENCES payout_batch (batch_no, made_by),
    CONSTRAINT payout_reissue_fkey FOREIGN KEY (reissue_of) REFERENCES payout (payout_id),
    CONSTRAINT payout_reissued_once UNIQUE (reissue_of),
    CONSTRAINT payout_origin_is_one CHECK ((batch_no IS NULL) <> (reissue_of IS NULL)),
    CONSTRAINT payout_payee_account_fkey
        FOREIGN KEY (payee, payee_account_version) REFERENCES payee_account (payee, version),
    CONSTRAINT payout_currency_shape CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT payout_amounts_ordered CHECK (withheld_minor >= 0 AND gross_minor > withheld_minor),
    CONSTRAINT payout_two_people CHECK (made_by <> checked_by)
);
CREATE INDEX payout_batch_idx ON payout (batch_no);

-- What a payout pays. `live` until the bank's last word: an item is in at most one payout that may still pay it.
CREATE TABLE payout_item (
    payout_id     text    COLLATE "C" NOT NULL,
    account       text    COLLATE "C" NOT NULL,
    item          text    COLLATE "C" NOT NULL,
    amount_minor  bigint  NOT NULL,
    advance_minor bigint  NOT NULL, -- what this payout moved of our own money to cover it: never twice over all payouts
    live          boolean NOT NULL,
    CONSTRAINT payout_item_pkey PRIMARY KEY (payout_id, account, item),
    CONSTRAINT payout_item_payout_fkey FOREIGN KEY (payout_id) REFERENCES payout (payout_id),
    CONSTRAINT payout_item_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT payout_item_advance_not_negative CHECK (advance_minor >= 0)
);
CREATE UNIQUE INDEX payout_item_one_live ON payout_item (account, item) WHERE live;
CREATE INDEX payout_item_item_idx ON payout_item (account, item);

-- What a batch sets off: a part of what we owe a pharmacy for an order against what the same pharmacy owes us. Written
-- in the transaction that posts it, by a checker who is not the maker. A bank's word on a payout takes none of it back.
CREATE TABLE payout_netting (
    batch_no      text        COLLATE "C" NOT NULL,
    netting_no    integer     NOT NULL,             -- order in the batch, from 1
    pharmacy      text        COLLATE "C" NOT NULL,
    account       text        COLLATE "C" NOT NULL, -- such as 2101.red-cross
    item          text        COLLATE "C" NOT NULL, -- the order
    debt_account  text        COLLATE "C" NOT NULL, -- such as 1301.red-cross
    debt_item     text        COLLATE "C" NOT NULL,
    amount_minor  bigint      NOT NULL,
    advance_minor bigint      NOT NULL, -- what this moved of our own money to cover the order; see payout_item
    entry_id      uuid        NOT NULL,
    netted_on     date        NOT NULL,
    made_by       text        NOT NULL,
    checked_by    text        NOT NULL,
    recorded_at   timestamptz NOT NULL,
    CONSTRAINT payout_netting_pkey PRIMARY KEY (batch_no, netting_no),
    CONSTRAINT payout_netting_pair_key UNIQUE (batch_no, account, item, debt_item),
    CONSTRAINT payout_netting_batch_fkey FOREIGN KEY (batch_no, made_by) REFERENCES payout_batch (batch_no, made_by),
    CONSTRAINT payout_netting_payee_fkey FOREIGN KEY (pharmacy) REFERENCES payee (payee),
    CONSTRAINT payout_netting_one_pharmacy
        CHECK (account = '2101.' || pharmacy AND debt_account = '1301.' || pharmacy),
    CONSTRAINT payout_netting_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT payout_netting_advance_not_negative CHECK (advance_minor >= 0),
    CONSTRAINT payout_netting_two_people CHECK (made_by <> checked_by)
);
CREATE INDEX payout_netting_item_idx ON payout_netting (account, item);
CREATE INDEX payout_netting_debt_idx ON payout_netting (debt_account, debt_item);

-- What happened to a payout: each kind at most once, and never both the money left and the instruction was rejected.
CREATE TABLE payout_fact (
    payout_id       text        COLLATE "C" NOT NULL,
    kind            text        COLLATE "C" NOT NULL,
    happened_on     date        NOT NULL,
    content         jsonb       NOT NULL,
    evidence_sha256 bytea,
    entry_ids       uuid[]      NOT NULL, -- the entries posted with it
    actor           text        NOT NULL,
    recorded_at     timestamptz NOT NULL,
    CONSTRAINT payout_fact_pkey PRIMARY KEY (payout_id, kind),
    CONSTRAINT payout_fact_payout_fkey FOREIGN KEY (payout_id) REFERENCES payout (payout_id),
    CONSTRAINT payout_fact_kind_known CHECK (
        kind IN ('instructed', 'unknown', 'accepted', 'rejected', 'paid', 'returned', 'reissued')),
    CONSTRAINT payout_fact_content_names_its_kind CHECK (content ->> 'fact' = kind),
    CONSTRAINT payout_fact_evidence_length CHECK (length(evidence_sha256) = 32)
);
CREATE UNIQUE INDEX payout_fact_one_end ON payout_fact (payout_id) WHERE kind IN ('paid', 'rejected');

-- The items of a payout are its amount. Checked at COMMIT, when both are written.
CREATE FUNCTION payout_items_add_up() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    gross numeric;
    items numeric;
BEGIN
    SELECT gross_minor INTO gross FROM payout WHERE payout_id = NEW.payout_id;
    SELECT sum(amount_minor) INTO items FROM payout_item WHERE payout_id = NEW.payout_id;
    IF items IS DISTINCT FROM gross THEN
        RAISE EXCEPTION 'payout % is over %, its items over %', NEW.payout_id, gross, items
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payout_items_add_up', TABLE = 'payout';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payout_items_add_up AFTER INSERT ON payout
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION payout_items_add_up();
CREATE CONSTRAINT TRIGGER payout_items_add_up AFTER INSERT ON payout_item
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION payout_items_add_up();

-- An item stops being live, and that is all that ever changes about it.
CREATE FUNCTION payout_item_only_ends() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT OLD.live OR NEW.live
        OR (OLD.payout_id, OLD.account, OLD.item, OLD.amount_minor, OLD.advance_minor)
            IS DISTINCT FROM (NEW.payout_id, NEW.account, NEW.item, NEW.amount_minor, NEW.advance_minor)
    THEN
        RAISE EXCEPTION 'an item of a payout can only stop being live'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payout_item_only_ends', TABLE = 'payout_item';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_item_only_ends BEFORE UPDATE ON payout_item
    FOR EACH ROW EXECUTE FUNCTION payout_item_only_ends();

-- When and to whom an item is due never changes; only the worklist's mark does.
CREATE FUNCTION payable_stays() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.account, OLD.item, OLD.control, OLD.payee, OLD.currency, OLD.advance_minor, OLD.due_on, OLD.recorded_at)
        IS DISTINCT FROM
        (NEW.account, NEW.item, NEW.control, NEW.payee, NEW.currency, NEW.advance_minor, NEW.due_on, NEW.recorded_at)
    THEN
        RAISE EXCEPTION 'a payable does not change'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payable_stays', TABLE = 'payable';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payable_stays BEFORE UPDATE ON payable
    FOR EACH ROW EXECUTE FUNCTION payable_stays();

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY[
        'payee', 'payee_account', 'payout_batch', 'payout', 'payout_netting', 'payout_fact'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            kept || '_is_append_only', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY['payable', 'payout_item'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()',
            kept || '_is_not_deleted', kept);
    END LOOP;
    FOREACH kept IN ARRAY ARRAY[
        'payee', 'payee_account', 'payable', 'payout_batch', 'payout', 'payout_item', 'payout_netting', 'payout_fact'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()',
            kept || '_is_not_truncated', kept);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO dianfu_service', kept);
    END LOOP;
END $$;
GRANT UPDATE (settled) ON payable TO dianfu_service;
GRANT UPDATE (live) ON payout_item TO dianfu_service;
