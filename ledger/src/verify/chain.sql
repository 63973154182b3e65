-- Recomputes the hash of every commit, account and account setting from the rows themselves, in SQL alone, and lists
-- those that are not what their rows say. No rows is the good answer. Run it with the search path set to the book:
--
--     SET search_path = book_main;
--     \i chain.sql
--
-- A commit's hash = SHA-256 of: previous_hash (32 bytes), commit_no, first_sequence, last_sequence (int8 each), booked_at
-- (timestamptz), then the commit's entry rows by sequence, then its posting rows by sequence and leg. A row is the number
-- of its columns (int2), then each column in table order as its length (int4, -1 for NULL) and its value, everything in
-- the binary format that the type's send function writes. An account's or a setting's hash = SHA-256 of the hash of the
-- row before (32 zero bytes for the first), then the row's columns but for the hash.
-- The client encoding must be UTF8, as textsend obeys it.
WITH entry_row AS (
    SELECT sequence,
           -- An entry belongs to the last commit that begins at or before it.
           (SELECT max(c.first_sequence) FROM commit c WHERE c.first_sequence <= e.sequence) AS first_sequence,
           int2send(10::int2)
           || int4send(8) || int8send(sequence)
           || int4send(16) || uuid_send(entry_id)
           || int4send(2) || int2send(kind)
           || int4send(4) || date_send(effective_date)
           || int4send(8) || timestamptz_send(booked_at)
           || COALESCE(int4send(16) || uuid_send(relates_to), int4send(-1))
           || int4send(octet_length(textsend(reference))) || textsend(reference)
           || int4send(octet_length(textsend(description))) || textsend(description)
           || COALESCE(int4send(octet_length(json_send(metadata))) || json_send(metadata), int4send(-1))
           || int4send(octet_length(textsend(actor))) || textsend(actor) AS bytes
    FROM entry e
),
posting_rows AS (
    SELECT sequence,
           string_agg(
               int2send(10::int2)
               || int4send(8) || int8send(sequence)
               || int4send(8) || int8send(amount_minor)
               || int4send(8) || int8send(debits_after)
               || int4send(8) || int8send(credits_after)
               || int4send(4) || int4send(account_no)
               || int4send(4) || date_send(effective_date)
               || int4send(2) || int2send(leg)
               || int4send(2) || int2send(layer)
               || int4send(octet_length(textsend(currency))) || textsend(currency)
               || COALESCE(int4send(octet_length(textsend(item))) || textsend(item), int4send(-1)),
               ''::bytea ORDER BY leg
           ) AS bytes
    FROM posting
    GROUP BY sequence
),
commit_rows AS (
    -- FULL JOIN: a posting without an entry, or an entry without postings, must show as well.
    SELECT COALESCE(
               e.first_sequence,
               (SELECT max(c.first_sequence) FROM commit c WHERE c.first_sequence <= p.sequence)
           ) AS first_sequence,
           string_agg(e.bytes, ''::bytea ORDER BY sequence) AS entries,
           string_agg(p.bytes, ''::bytea ORDER BY sequence) AS postings
    FROM entry_row e
    FULL JOIN posting_rows p USING (sequence)
    GROUP BY 1
),
recomputed AS (
    SELECT c.commit_no, c.previous_hash, c.hash,
           lag(c.hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY c.commit_no) AS hash_before,
           sha256(
               c.previous_hash || int8send(c.commit_no) || int8send(c.first_sequence) || int8send(c.last_sequence)
               || timestamptz_send(c.booked_at)
               || COALESCE(r.entries, ''::bytea) || COALESCE(r.postings, ''::bytea)
           ) AS hash_of_rows
    FROM commit c
    FULL JOIN commit_rows r USING (first_sequence)
),
account_row AS (
    SELECT account_no, hash,
           lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY account_no) AS hash_before,
           int2send(8::int2)
           || int4send(4) || int4send(account_no)
           || int4send(octet_length(textsend(code))) || textsend(code)
           || int4send(octet_length(textsend(name))) || textsend(name)
           || int4send(octet_length(textsend(currency))) || textsend(currency)
           || int4send(octet_length(textsend(normal_side))) || textsend(normal_side)
           || int4send(1) || boolsend(open_item)
           || int4send(8) || timestamptz_send(opened_at)
           || int4send(octet_length(textsend(opened_by))) || textsend(opened_by) AS bytes
    FROM account
),
setting_row AS (
    SELECT setting_no, hash,
           lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY setting_no) AS hash_before,
           int2send(9::int2)
           || int4send(8) || int8send(setting_no)
           || int4send(4) || int4send(account_no)
           || int4send(8) || int8send(after_sequence)
           || COALESCE(int4send(8) || int8send(min_minor), int4send(-1))
           || COALESCE(int4send(8) || int8send(max_minor), int4send(-1))
           || int4send(1) || boolsend(closed)
           || int4send(8) || timestamptz_send(recorded_at)
           || int4send(octet_length(textsend(actor))) || textsend(actor)
           || int4send(octet_length(textsend(reason))) || textsend(reason) AS bytes
    FROM account_setting
),
wrong AS (
    SELECT 'commit' AS kind, commit_no AS number, hash_before, previous_hash, hash_of_rows, hash
    FROM recomputed
    WHERE commit_no IS NULL -- rows before the first commit
       OR hash IS DISTINCT FROM hash_of_rows
       OR previous_hash IS DISTINCT FROM hash_before
    UNION ALL
    SELECT 'account', account_no, hash_before, hash_before, sha256(hash_before || bytes), hash
    FROM account_row
    WHERE hash <> sha256(hash_before || bytes)
    UNION ALL
    SELECT 'account_setting', setting_no, hash_before, hash_before, sha256(hash_before || bytes), hash
    FROM setting_row
    WHERE hash <> sha256(hash_before || bytes)
)
SELECT kind, number,
       encode(hash_before, 'hex') AS hash_before,
       encode(previous_hash, 'hex') AS previous_hash,
       encode(hash_of_rows, 'hex') AS hash_of_rows,
       encode(hash, 'hex') AS hash
FROM wrong
ORDER BY kind, number;
