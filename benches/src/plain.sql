CREATE SCHEMA plain;
SET search_path = plain;
CREATE TABLE balance (
    account_no    integer PRIMARY KEY,
    balance_minor bigint NOT NULL,
    max_minor     bigint NOT NULL,
    CHECK (balance_minor <= max_minor)
) WITH (fillfactor = 50);
CREATE TABLE entry (
    entry_id  uuid PRIMARY KEY,
    reference text NOT NULL,
    booked_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE posting (
    posting_no   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id     uuid NOT NULL,
    account_no   integer NOT NULL,
    amount_minor bigint NOT NULL
);
CREATE INDEX posting_account_idx ON posting (account_no, posting_no);
CREATE FUNCTION post_batch(ids uuid[], debits integer[], credits integer[], amounts bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM balance
    WHERE account_no = ANY (debits) OR account_no = ANY (credits)
    ORDER BY account_no
    FOR UPDATE;
    INSERT INTO entry (entry_id, reference)
    SELECT id, 'bench'
    FROM unnest(ids) AS id;
    INSERT INTO posting (entry_id, account_no, amount_minor)
    SELECT id, leg.account_no, leg.amount_minor
    FROM unnest(ids, debits, credits, amounts) AS transfer (id, debit, credit, amount),
        LATERAL (VALUES (debit, amount), (credit, -amount)) AS leg (account_no, amount_minor);
    UPDATE balance
    SET balance_minor = balance_minor + moved.amount_minor
    FROM (
        SELECT leg.account_no, sum(leg.amount_minor)::bigint AS amount_minor
        FROM unnest(debits, credits, amounts) AS transfer (debit, credit, amount),
            LATERAL (VALUES (debit, amount), (credit, -amount)) AS leg (account_no, amount_minor)
        GROUP BY leg.account_no
    ) moved
    WHERE balance.account_no = moved.account_no;
END $$;
