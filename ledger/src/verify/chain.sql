-- Recomputes the hash of every commit, account, account setting and row of the register from the rows themselves, in SQL
-- alone, and lists those that are not what their rows say. No rows is the good answer. Run it with the search path set
-- to the book:
--
--     SET search_path = book_main;
--     \i chain.sql
--
-- A commit's hash = SHA-256 of: previous_hash (32 bytes), commit_no, first_sequence, last_sequence (int8 each), booked_at
-- (timestamptz), entries_root (32 bytes). entries_root is the root of a Merkle tree (RFC 6962, section 2.1) with a leaf for
-- each entry by sequence: a leaf's hash = SHA-256 of a zero byte, the entry's row and its posting rows by leg; a node's =
-- SHA-256 of a byte of one and the hashes of both nodes below it. A row is the number of its columns (int2), then each
-- column in table order as its length (int4, -1 for NULL) and its value, everything in the binary format that the type's
-- send function writes. Any other row's hash = SHA-256 of the hash of the row before (32 zero bytes for the first), then
-- the row's columns but for the hash.
-- The client encoding must be UTF8, as textsend obeys it.
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
-- A row of the register that is a limit group names its accounts; limit_group_member lists them again.
member AS (
    SELECT register_no,
           (SELECT array_agg(account_no ORDER BY account_no)
            FROM json_array_elements_text(CASE r.kind WHEN 'limit_group' THEN r.content -> 'accounts' END) AS name (code)
            JOIN account USING (code)) AS named,
           (SELECT array_agg(account_no ORDER BY account_no)
            FROM limit_group_member
            WHERE register_no = every.register_no) AS listed
    FROM (SELECT register_no FROM register UNION SELECT register_no FROM limit_group_member) AS every
    LEFT JOIN register r USING (register_no)
),
-- A trial balance that was sealed, made up again from the postings that were there.
sealed AS (
    SELECT register_no, content -> 'trial_balance' ->> 'sha256' AS digest, sha256(COALESCE(
        (SELECT string_agg(convert_to(line, 'UTF8'), '' ORDER BY code)
         FROM (
             SELECT a.code, a.code || '|' || a.currency
                    || '|' || COALESCE(sum(p.amount_minor) FILTER (WHERE p.amount_minor > 0), 0)
                    || '|' || COALESCE(-sum(p.amount_minor) FILTER (WHERE p.amount_minor < 0), 0) || chr(10) AS line
             FROM posting p
             JOIN account a USING (account_no)
             WHERE p.layer = 0 AND p.sequence <= r.after_sequence
               AND p.effective_date <= (r.content -> 'trial_balance' ->> 'as_of')::date
             GROUP BY a.code, a.currency
         ) AS trial_balance), '')) AS recomputed
    FROM register r
    WHERE kind = 'closing' AND content -> 'trial_balance' IS NOT NULL
),
wrong AS (
    SELECT 'commit' AS kind, commit_no AS number, hash_before, previous_hash, hash_of_rows, hash
    FROM recomputed
    WHERE commit_no IS NULL -- rows before the first commit
       OR hash IS DISTINCT FROM hash_of_rows
       OR entries_root IS DISTINCT FROM root_of_rows
       OR previous_hash IS DISTINCT FROM hash_before
    UNION ALL
    SELECT 'account', account_no, hash_before, hash_before, sha256(hash_before || bytes), hash
    FROM account_row
    WHERE hash <> sha256(hash_before || bytes)
    UNION ALL
    SELECT 'account_setting', setting_no, hash_before, hash_before, sha256(hash_before || bytes), hash
    FROM setting_row
    WHERE hash <> sha256(hash_before || bytes)
    UNION ALL
    SELECT 'register', register_no, hash_before, hash_before, sha256(hash_before || bytes), hash
    FROM register_row
    WHERE hash <> sha256(hash_before || bytes)
    UNION ALL
    SELECT 'limit_group_member', register_no, NULL, NULL, NULL, NULL
    FROM member
    WHERE named IS DISTINCT FROM listed
    UNION ALL
    SELECT 'closing', register_no, NULL, NULL, recomputed, decode(digest, 'hex')
    FROM sealed
    WHERE encode(recomputed, 'hex') <> digest
    UNION ALL
    -- Segments lie one behind the other, and those that are sealed are full.
    SELECT 'segment', segment_no, NULL, NULL, NULL, NULL
    FROM (
        SELECT segment_no, first_sequence, last_sequence, sealed_at,
               row_number() OVER (ORDER BY segment_no) AS place,
               lag(last_sequence, 1, 0::bigint) OVER (ORDER BY segment_no) AS before
        FROM segment
    ) AS laid
    WHERE segment_no <> place OR first_sequence <> before + 1
       OR (sealed_at IS NOT NULL AND last_sequence > (SELECT max(sequence) FROM head))
)
SELECT kind, number,
       encode(hash_before, 'hex') AS hash_before,
       encode(previous_hash, 'hex') AS previous_hash,
       encode(hash_of_rows, 'hex') AS hash_of_rows,
       encode(hash, 'hex') AS hash
FROM wrong
ORDER BY kind, number;
