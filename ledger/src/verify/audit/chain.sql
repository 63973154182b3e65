-- Proves: the hash of every commit, account, account setting and row of the register is that of the rows themselves,
--         down to the last byte, and each is chained to the one before: nobody has altered a row without rewriting all
--         later ones, and the head's hash, kept elsewhere, stands for all of them.
-- Finds:  a row for each one that is not what its rows say. No row is the good answer.
-- Costs:  a pass over all tables; entries and postings are sorted and hashed, and hashed in pairs level by level: of
--         all these the dearest.
-- Run it with the search path set to the book, and room to sort:
--     dianfu verify --print-sql chain |
--         PGOPTIONS='-c search_path=book_main -c work_mem=256MB' psql DATABASE
--
-- A commit's hash = SHA-256 of: previous_hash (32 bytes), commit_no, first_sequence, last_sequence (int8 each),
-- booked_at (timestamptz), entries_root (32 bytes). entries_root is the root of a Merkle tree (RFC 6962, section 2.1)
-- with a leaf for each entry by sequence: a leaf's hash = SHA-256 of a zero byte, the entry's row and its posting rows
-- by leg; a node's = SHA-256 of a byte of one and the hashes of both nodes below it. A row is the number of its columns
-- (int2), then each column in table order as its length (int4, -1 for NULL) and its value, everything in the binary
-- format that the type's send function writes. Any other row's hash = SHA-256 of the hash of the row before (32 zero
-- bytes for the first), then the row's columns but for the hash. The client encoding must be UTF8, as textsend obeys
-- it.
WITH RECURSIVE entry_row AS (
    SELECT sequence,
           -- An entry belongs to the last commit that begins at or before it.
           (SELECT max(c.first_sequence) FROM commit c WHERE c.first_sequence <= e.sequence) AS first_sequence,
           int2send(16::int2)
           || int4send(8) || int8send(sequence)
           || int4send(16) || uuid_send(entry_id)
           || int4send(2) || int2send(kind)
           || int4send(4) || date_send(effective_date)
           || int4send(8) || timestamptz_send(booked_at)
           || COALESCE(int4send(4) || date_send(value_date), int4send(-1))
           || COALESCE(int4send(16) || uuid_send(relates_to), int4send(-1))
           || COALESCE(int4send(16) || uuid_send(hold_group), int4send(-1))
           || COALESCE(int4send(8) || timestamptz_send(expires_at), int4send(-1))
           || COALESCE(int4send(8) || int8send(at_most_minor), int4send(-1))
           || int4send(1) || boolsend(adjusting)
           || COALESCE(int4send(4) || int4send(template_no), int4send(-1))
           || int4send(octet_length(textsend(reference))) || textsend(reference)
           || int4send(octet_length(textsend(description))) || textsend(description)
           || COALESCE(int4send(octet_length(json_send(metadata))) || json_send(metadata), int4send(-1))
           || int4send(octet_length(textsend(actor))) || textsend(actor) AS bytes
    FROM entry e
),
posting_rows AS (
    SELECT sequence,
           string_agg(
               int2send(11::int2)
               || int4send(8) || int8send(sequence)
               || int4send(8) || int8send(amount_minor)
               || int4send(8) || int8send(debits_after)
               || int4send(8) || int8send(credits_after)
               || int4send(4) || int4send(account_no)
               || int4send(4) || date_send(effective_date)
               || int4send(2) || int2send(leg)
               || int4send(2) || int2send(layer)
               || int4send(octet_length(textsend(currency))) || textsend(currency)
               || COALESCE(int4send(octet_length(textsend(item))) || textsend(item), int4send(-1))
               || COALESCE(int4send(4) || date_send(due_date), int4send(-1)),
               ''::bytea ORDER BY leg
           ) AS bytes
    FROM posting
    GROUP BY sequence
),
leaf AS (
    -- FULL JOIN: a posting without an entry, or an entry without postings, must show as well.
    SELECT COALESCE(
               e.first_sequence,
               (SELECT max(c.first_sequence) FROM commit c WHERE c.first_sequence <= p.sequence)
           ) AS first_sequence,
           sequence,
           sha256('\x00'::bytea || COALESCE(e.bytes, ''::bytea) || COALESCE(p.bytes, ''::bytea)) AS hash
    FROM entry_row e
    FULL JOIN posting_rows p USING (sequence)
),
tree AS (
    -- Level by level: two neighbours become one node, the last one without a neighbour goes up as it is.
    SELECT first_sequence,
           row_number() OVER (PARTITION BY first_sequence ORDER BY sequence) - 1 AS place,
           count(*) OVER (PARTITION BY first_sequence) AS nodes,
           hash
    FROM leaf
    UNION ALL
    SELECT first_sequence, place / 2, (nodes + 1) / 2,
           CASE WHEN neighbour IS NULL THEN hash ELSE sha256('\x01'::bytea || hash || neighbour) END
    FROM (
        SELECT tree.*, lead(hash) OVER (PARTITION BY first_sequence ORDER BY place) AS neighbour
        FROM tree
        WHERE nodes > 1
    ) level
    WHERE place % 2 = 0
),
recomputed AS (
    SELECT c.commit_no, c.previous_hash, c.hash, c.entries_root,
           lag(c.hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY c.commit_no) AS hash_before,
           r.hash AS root_of_rows,
           sha256(
               c.previous_hash || int8send(c.commit_no) || int8send(c.first_sequence) || int8send(c.last_sequence)
               || timestamptz_send(c.booked_at) || COALESCE(r.hash, ''::bytea)
           ) AS hash_of_rows
    FROM commit c
    FULL JOIN (SELECT first_sequence, hash FROM tree WHERE nodes = 1) r USING (first_sequence)
),
account_row AS (
    SELECT account_no, hash,
           lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY account_no) AS hash_before,
           int2send(9::int2)
           || int4send(4) || int4send(account_no)
           || int4send(octet_length(textsend(code))) || textsend(code)
           || int4send(octet_length(textsend(name))) || textsend(name)
           || int4send(octet_length(textsend(type))) || textsend(type)
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
           int2send(12::int2)
           || int4send(8) || int8send(setting_no)
           || int4send(4) || int4send(account_no)
           || int4send(8) || int8send(after_sequence)
           || COALESCE(int4send(8) || int8send(min_minor), int4send(-1))
           || COALESCE(int4send(8) || int8send(max_minor), int4send(-1))
           || int4send(1) || boolsend(closed)
           || int4send(octet_length(textsend(frozen))) || textsend(frozen)
           || COALESCE(int4send(octet_length(textsend(parent))) || textsend(parent), int4send(-1))
           || COALESCE(int4send(octet_length(json_send(metadata))) || json_send(metadata), int4send(-1))
           || int4send(8) || timestamptz_send(recorded_at)
           || int4send(octet_length(textsend(actor))) || textsend(actor)
           || int4send(octet_length(textsend(reason))) || textsend(reason) AS bytes
    FROM account_setting
),
register_row AS (
    SELECT register_no, hash,
           lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY register_no) AS hash_before,
           int2send(9::int2)
           || int4send(8) || int8send(register_no)
           || int4send(octet_length(textsend(kind))) || textsend(kind)
           || int4send(octet_length(textsend(name))) || textsend(name)
           || int4send(octet_length(json_send(content))) || json_send(content)
           || int4send(8) || int8send(after_sequence)
           || COALESCE(int4send(octet_length(textsend(proposed_by))) || textsend(proposed_by), int4send(-1))
           || int4send(8) || timestamptz_send(recorded_at)
           || int4send(octet_length(textsend(actor))) || textsend(actor)
           || int4send(octet_length(textsend(reason))) || textsend(reason) AS bytes
    FROM register
),
-- What else is chained, with the hash that follows from the row before and this one.
chained AS (
    SELECT 'account' AS kind, account_no::bigint AS number, hash, sha256(hash_before || bytes) AS hash_of_rows
    FROM account_row
    UNION ALL
    SELECT 'account_setting', setting_no, hash, sha256(hash_before || bytes)
    FROM setting_row
    UNION ALL
    SELECT 'register', register_no, hash, sha256(hash_before || bytes)
    FROM register_row
)
SELECT COALESCE('commit ' || commit_no, 'no commit') AS place, rule, encode(expected, 'hex') AS expected,
       encode(actual, 'hex') AS actual
FROM recomputed
CROSS JOIN LATERAL (VALUES
    ('previous_hash', CASE WHEN commit_no IS NOT NULL THEN hash_before END, previous_hash),
    ('entries_root', root_of_rows, entries_root), -- without a commit: rows before the first one
    ('hash', hash_of_rows, hash)
) AS compared (rule, expected, actual)
WHERE expected IS DISTINCT FROM actual
UNION ALL
SELECT kind || ' ' || number, 'hash', encode(hash_of_rows, 'hex'), encode(hash, 'hex')
FROM chained
WHERE hash <> hash_of_rows
ORDER BY 1, 2;
