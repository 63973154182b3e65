-- Sums of what has been sealed, so that a question about the past costs what it asks for and not the whole journal.
--
-- Everything here follows from the journal: it is written behind the writer, segment after segment, in one transaction
-- each (summarise_segment), read beside the postings that no summary covers yet, and checked by `verify`. An owner who
-- empties these four tables has them filled again.

-- A sealed segment that is summed up. Segments are summed up in order.
CREATE TABLE summary (
    segment_no  integer NOT NULL,
    first_date  date    NOT NULL, -- the earliest effective date in it
    last_date   date    NOT NULL, -- the latest
    has_pending boolean NOT NULL, -- whether anything was held or released in it
    has_totals  boolean NOT NULL, -- whether account_total has every account at its end
    CONSTRAINT summary_pkey PRIMARY KEY (segment_no),
    CONSTRAINT summary_dates_ordered CHECK (first_date <= last_date)
);

-- Every account's totals at the end of a segment, as its last posting up to there has them. Taken as often as pays: when
-- the entries since the last time are four times the accounts; while much is posted, 32 times.
CREATE TABLE account_total (
    segment_no    integer  NOT NULL,
    account_no    integer  NOT NULL,
    layer         smallint NOT NULL,
    debits_after  bigint   NOT NULL,
    credits_after bigint   NOT NULL,
    CONSTRAINT account_total_pkey PRIMARY KEY (segment_no, account_no, layer)
);

-- What a busy account's postings in a segment come to, day by day; without any row they are added up when asked for. In
-- the pending layer: what they add to each side, and what they take from it again.
CREATE TABLE day_total (
    segment_no     integer  NOT NULL,
    account_no     integer  NOT NULL,
    layer          smallint NOT NULL,
    effective_date date     NOT NULL,
    debits_minor   bigint   NOT NULL,
    credits_minor  bigint   NOT NULL,
    CONSTRAINT day_total_pkey PRIMARY KEY (segment_no, account_no, layer, effective_date)
);

-- What every open item has come to in all segments that are summed up: the one table here whose rows change.
CREATE TABLE item_total (
    account_no  integer  NOT NULL,
    item        text     COLLATE "C" NOT NULL,
    layer       smallint NOT NULL,
    total_minor bigint   NOT NULL,
    first_date  date     NOT NULL, -- the earliest effective date of its postings
    last_date   date     NOT NULL, -- the latest
    due_date    date,              -- the latest that they give
    CONSTRAINT item_total_pkey PRIMARY KEY (account_no, item, layer)
) WITH (fillfactor = 80); -- room for the row that follows: an item is raised once and cleared once

-- Whether anything was ever held: if not, nobody need look for what is pending.
CREATE FUNCTION has_holds() RETURNS boolean
LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN EXISTS (SELECT FROM entry_link WHERE kind = 1); END $$;

-- What a posting adds to each side of its account. What ends a hold, or takes from it, takes from the side that the hold
-- has added to.
CREATE VIEW posting_side AS
SELECT sequence, leg, account_no, layer, effective_date,
       GREATEST(amount_minor, 0) AS debit_minor, GREATEST(-amount_minor, 0) AS credit_minor
FROM posting
WHERE layer = 0
UNION ALL
SELECT p.sequence, p.leg, p.account_no, p.layer, p.effective_date,
       CASE WHEN (p.amount_minor > 0) = (l.kind = 1) THEN p.amount_minor ELSE 0 END,
       CASE WHEN (p.amount_minor > 0) = (l.kind = 1) THEN 0 ELSE -p.amount_minor END
FROM posting p
JOIN entry_link l USING (sequence)
WHERE p.layer = 1;

-- Gives a segment's postings the index on items. A partition that has no items needs none.
CREATE FUNCTION index_items(name text, suffix text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %I (account_no, item) WHERE item IS NOT NULL',
        name || '_item_idx', name || suffix);
END $$;

-- Sums up the next sealed segment, or waits for who does; answers whether there was one. A crash in the middle leaves it
-- to be done again.
CREATE FUNCTION summarise_segment() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET work_mem = '64MB' AS $$
DECLARE
    busy constant integer := 256; -- postings in a segment from which adding up days beats adding up postings
    part_looked_at constant integer := 16; -- of so many pages one is looked at to find who is likely to have as many
    entries_an_account constant integer := 4; -- from which taking all totals pays; while much is posted, eight times that
    this segment;
    name text; -- of its partition
    busy_accounts integer[];
    first_date date;
    last_date date;
    has_pending boolean;
    has_items boolean;
    takes_totals boolean;
BEGIN
    SELECT *
    INTO this
    FROM segment
    WHERE sealed_at IS NOT NULL AND segment_no > (SELECT COALESCE(max(segment_no), 0) FROM summary)
    ORDER BY segment_no
    LIMIT 1
    FOR UPDATE; -- another process may be at it: wait, then find it done
    IF NOT FOUND THEN
        RETURN false;
    ELSIF EXISTS (SELECT FROM summary WHERE segment_no = this.segment_no) THEN
        RETURN true; -- there may be another
    END IF;
    name := leaf_to_read('posting', this.segment_no);

    EXECUTE format('SELECT min(effective_date), max(effective_date), max(layer) = 1, count(item) > 0 FROM %I', name)
    INTO first_date, last_date, has_pending, has_items;
    EXECUTE format(
        'SELECT array_agg(account_no)
         FROM (SELECT account_no FROM %I %s GROUP BY account_no HAVING count(*) >= %s) AS account',
        name,
        CASE WHEN is_file(name) THEN '' ELSE format('TABLESAMPLE SYSTEM (100.0 / %s) REPEATABLE (0)', part_looked_at) END,
        CASE WHEN is_file(name) THEN busy ELSE busy / part_looked_at END)
    INTO busy_accounts;
    IF busy_accounts IS NOT NULL THEN
        EXECUTE format(
            'INSERT INTO day_total
             SELECT $1, account_no, layer, effective_date,
                    sum(GREATEST(amount_minor, 0)), sum(GREATEST(-amount_minor, 0))
             FROM %I
             WHERE layer = 0 AND account_no = ANY ($2)
             GROUP BY account_no, layer, effective_date
             ORDER BY account_no, layer, effective_date',
            name)
        USING this.segment_no, busy_accounts;
    END IF;
    IF busy_accounts IS NOT NULL AND has_pending THEN
        INSERT INTO day_total
        SELECT this.segment_no, account_no, layer, effective_date, sum(debit_minor), sum(credit_minor)
        FROM posting_side
        WHERE layer = 1 AND sequence BETWEEN this.first_sequence AND this.last_sequence
          AND account_no = ANY (busy_accounts)
        GROUP BY account_no, layer, effective_date
        ORDER BY account_no, layer, effective_date;
    END IF;

    IF has_items THEN
        IF NOT is_file(name) THEN
            PERFORM index_items(name, '');
        END IF;
        EXECUTE format(
            'INSERT INTO item_total AS there
             SELECT account_no, item, layer, sum(amount_minor), min(effective_date), max(effective_date), max(due_date)
             FROM %I
             WHERE item IS NOT NULL
             GROUP BY account_no, item, layer
             ORDER BY account_no, item, layer
             ON CONFLICT ON CONSTRAINT item_total_pkey DO UPDATE
             SET total_minor = there.total_minor + excluded.total_minor,
                 first_date = LEAST(there.first_date, excluded.first_date),
                 last_date = GREATEST(there.last_date, excluded.last_date),
                 due_date = GREATEST(there.due_date, excluded.due_date)',
            name);
    END IF;

    takes_totals := this.last_sequence - COALESCE((
        SELECT max(last_sequence)
        FROM segment
        JOIN summary USING (segment_no)
        WHERE has_totals
    ), 0) >= entries_an_account * CASE WHEN posting_is_fast() THEN 8 ELSE 1 END * (SELECT account_no FROM head);
    IF takes_totals THEN
        INSERT INTO account_total
        SELECT this.segment_no, last.*
        FROM last_totals(ARRAY(SELECT account_no FROM account), this.last_sequence) AS last
        ORDER BY account_no, layer;
    END IF;
    INSERT INTO summary VALUES (this.segment_no, first_date, last_date, has_pending, takes_totals);
    RETURN true;
END $$;

-- The last posting at or before `horizon` of each of these accounts and each layer: its totals are the balance. Goes
-- back from segment to segment, to the last one at whose end all totals were taken, and looks only for what it has not
-- found yet: one index probe each; for many accounts, or in a segment without indexes, one pass. Names the partitions
-- itself, so that the cost does not grow with their number. The planner takes an unsealed segment for small and would go
-- over it once an account, or sort it, hence no nested loops and no sort where it has a choice.
CREATE FUNCTION last_totals(accounts integer[], horizon bigint)
RETURNS TABLE (account_no integer, layer smallint, debits_after bigint, credits_after bigint)
LANGUAGE plpgsql STABLE ROWS 100000 SET enable_nestloop = off SET enable_sort = off SET work_mem = '64MB' AS $$
#variable_conflict use_column
DECLARE
    many constant integer := 10000; -- accounts for which a pass is cheaper than as many probes
    taken integer;
    holds constant boolean := has_holds();
    of_layer smallint;
    part record;
    missing integer[]; -- the accounts not found yet
    found_ones integer[];
    debits bigint[];
    credits bigint[];
BEGIN
    SELECT COALESCE(max(segment_no), 0)
    INTO taken
    FROM segment
    JOIN summary USING (segment_no)
    WHERE has_totals AND last_sequence <= horizon;
    FOREACH of_layer IN ARRAY '{0, 1}'::smallint[] LOOP
        missing := ARRAY(SELECT DISTINCT unnest(accounts));
        FOR part IN
            SELECT segment_no, LEAST(last_sequence, horizon) AS up_to,
                   to_regclass(leaf('posting', segment_no) || '_account_idx') IS NOT NULL AS is_indexed
            FROM segment
            LEFT JOIN summary USING (segment_no)
            WHERE segment_no > taken AND first_sequence <= horizon AND (of_layer = 0 OR COALESCE(has_pending, holds))
            ORDER BY segment_no DESC
        LOOP
            EXIT WHEN missing = '{}';
            EXECUTE format(
                CASE
                    WHEN part.is_indexed AND cardinality(missing) <= many THEN
                        'SELECT array_agg(account_no), array_agg(debits_after), array_agg(credits_after)
                         FROM unnest($1) AS wanted (account_no)
                         CROSS JOIN LATERAL (
                             SELECT p.debits_after, p.credits_after
                             FROM %I p
                             WHERE account_place(p.account_no, p.layer, p.sequence, p.leg)
                                   BETWEEN first_place(wanted.account_no, $2) AND last_place(wanted.account_no, $2, $3)
                             ORDER BY account_place(p.account_no, p.layer, p.sequence, p.leg) DESC
                             LIMIT 1
                         ) AS last'
                    WHEN of_layer = 0 THEN -- where totals only rise
                        'SELECT array_agg(account_no), array_agg(debits_after), array_agg(credits_after)
                         FROM (
                             SELECT account_no, max(debits_after) AS debits_after, max(credits_after) AS credits_after
                             FROM %I
                             WHERE account_no = ANY ($1) AND layer = $2 AND sequence <= $3
                             GROUP BY account_no
                         ) AS last'
                    ELSE
                        'SELECT array_agg(account_no), array_agg(debits_after), array_agg(credits_after)
                         FROM %1$I
                         JOIN (
                             SELECT max(sequence << 15 | leg) AS place
                             FROM %1$I
                             JOIN unnest($1) AS wanted (account_no) USING (account_no)
                             WHERE layer = $2 AND sequence <= $3
                             GROUP BY account_no
                         ) AS last ON place = sequence << 15 | leg'
                END, leaf_to_read('posting', part.segment_no))
            INTO found_ones, debits, credits
            USING missing, of_layer, part.up_to;
            CONTINUE WHEN found_ones IS NULL;
            RETURN QUERY
            SELECT account_no, of_layer, debits_after, credits_after
            FROM unnest(found_ones, debits, credits) AS found (account_no, debits_after, credits_after);
            missing := ARRAY(SELECT unnest(missing) EXCEPT SELECT unnest(found_ones));
        END LOOP;
        RETURN QUERY
        SELECT wanted.account_no, of_layer, last.debits_after, last.credits_after
        FROM unnest(missing) AS wanted (account_no)
        CROSS JOIN LATERAL (
            SELECT t.debits_after, t.credits_after
            FROM account_total t
            WHERE t.segment_no = taken AND t.account_no = wanted.account_no AND t.layer = of_layer
            LIMIT 1
        ) AS last
        WHERE taken > 0 AND (of_layer = 0 OR holds);
    END LOOP;
END $$;

-- The same of one account: a probe a segment and layer, and nothing is put together that need not be.
CREATE FUNCTION account_totals(account integer, horizon bigint)
RETURNS TABLE (layer smallint, debits_after bigint, credits_after bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    holds constant boolean := has_holds();
    part record;
    missing smallint[] := '{0, 1}'; -- layers
BEGIN
    SELECT segment_no + 1 AS segment_no
    INTO part
    FROM segment
    WHERE first_sequence <= horizon
    ORDER BY segment_no DESC
    LIMIT 1;
    LOOP
        SELECT segment_no, LEAST(last_sequence, horizon) AS up_to,
               last_sequence <= horizon AND COALESCE(has_totals, false) AS has_totals,
               COALESCE(has_pending, holds) AS has_pending
        INTO part
        FROM segment
        LEFT JOIN summary USING (segment_no)
        WHERE segment_no = part.segment_no - 1;
        EXIT WHEN NOT FOUND;
        IF part.has_totals THEN
            RETURN QUERY
            SELECT layer, debits_after, credits_after
            FROM account_total
            WHERE segment_no = part.segment_no AND account_no = account AND layer = ANY (missing);
            EXIT;
        END IF;
        FOREACH layer IN ARRAY missing LOOP
            CONTINUE WHEN layer = 1 AND NOT part.has_pending;
            EXECUTE format(
                'SELECT debits_after, credits_after
                 FROM %I
                 WHERE account_place(account_no, layer, sequence, leg) BETWEEN $1 AND $2
                 ORDER BY account_place(account_no, layer, sequence, leg) DESC
                 LIMIT 1', leaf_to_read('posting', part.segment_no))
            INTO debits_after, credits_after
            USING first_place(account, layer), last_place(account, layer, part.up_to);
            IF debits_after IS NOT NULL THEN
                missing := array_remove(missing, layer);
                RETURN NEXT;
            END IF;
        END LOOP;
        EXIT WHEN missing = '{}';
    END LOOP;
END $$;

-- The settled postings of these accounts up to entry `horizon`, dated from `first_day` to `last_day` (either may be
-- NULL).
CREATE FUNCTION account_postings(accounts integer[], first_day date, last_day date, horizon bigint)
RETURNS SETOF posting
LANGUAGE plpgsql STABLE ROWS 10000 AS $$
DECLARE
    from_day constant date := COALESCE(first_day, date '-infinity');
    to_day constant date := COALESCE(last_day, date 'infinity');
    part record;
BEGIN
    FOR part IN
        SELECT segment_no, LEAST(last_sequence, horizon) AS up_to,
               to_regclass(leaf('posting', segment_no) || '_account_idx') IS NOT NULL AS is_indexed
        FROM segment
        LEFT JOIN summary USING (segment_no)
        WHERE first_sequence <= horizon
          AND (first_date IS NULL OR first_date <= to_day AND last_date >= from_day)
        ORDER BY segment_no
    LOOP
        RETURN QUERY EXECUTE format(
            CASE
                WHEN part.is_indexed AND cardinality(accounts) < 1000 THEN
                    'SELECT p.*
                     FROM unnest($1) AS wanted (account_no)
                     CROSS JOIN LATERAL (
                         SELECT *
                         FROM %I
                         WHERE account_place(account_no, layer, sequence, leg)
                               BETWEEN first_place(wanted.account_no, 0) AND last_place(wanted.account_no, 0, $4)
                           AND effective_date BETWEEN $2 AND $3
                         OFFSET 0
                     ) AS p'
                ELSE
                    'SELECT p.*
                     FROM %I p
                     JOIN unnest($1) AS wanted (account_no) USING (account_no)
                     WHERE layer = 0 AND effective_date BETWEEN $2 AND $3 AND sequence <= $4'
            END, leaf_to_read('posting', part.segment_no))
        USING accounts, from_day, to_day, part.up_to;
    END LOOP;
END $$;

-- The segment whose totals are the best to begin with, for what counts up to day `as_of` among the entries up to
-- `horizon`: of those behind it one must look at what has postings of these days, of it and those before it at what has
-- postings of later days. 0: the beginning.
CREATE FUNCTION totals_to_begin_with(as_of date, horizon bigint) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT segment_no
    FROM (
        SELECT segment_no, has_totals,
               sum(CASE WHEN last_date > as_of THEN 1 ELSE 0 END) OVER (ORDER BY segment_no)
               - sum(CASE WHEN first_date <= as_of THEN 1 ELSE 0 END) OVER (ORDER BY segment_no) AS more_to_look_at
        FROM segment
        JOIN summary USING (segment_no)
        WHERE last_sequence <= horizon
        UNION ALL
        SELECT 0, true, 0
    ) AS place
    WHERE has_totals
    ORDER BY more_to_look_at, segment_no DESC
    LIMIT 1
$$;

-- The parts of the journal that lie between the totals of segment `taken` and what counts up to day `as_of` and entry
-- `horizon`: of segments behind it postings up to that day are to be added; of the others later ones to be taken off.
CREATE FUNCTION parts_as_of(taken integer, as_of date, horizon bigint)
RETURNS TABLE (segment_no integer, first_sequence bigint, last_sequence bigint, has_pending boolean, is_whole boolean,
               sign text, days text)
LANGUAGE sql STABLE AS $$
    SELECT segment_no, first_sequence, LEAST(last_sequence, horizon), COALESCE(has_pending, has_holds()),
           last_date IS NOT NULL AND last_sequence <= horizon,
           CASE WHEN segment_no > taken THEN '' ELSE '-' END,
           CASE WHEN segment_no > taken THEN '<=' ELSE '>' END
    FROM segment
    LEFT JOIN summary USING (segment_no)
    WHERE first_sequence <= horizon
      AND CASE WHEN segment_no > taken THEN COALESCE(first_date <= as_of, true) ELSE last_date > as_of END
$$;

-- What every account has come to in the settled layer, up to day `as_of` (which may be NULL) and entry `horizon`;
-- accounts on which nothing counts are left out. One pass over the totals of a segment and over the segments that have
-- postings of both sides of that day.
CREATE FUNCTION settled_as_of(as_of date, horizon bigint)
RETURNS TABLE (account_no integer, debits numeric, credits numeric)
LANGUAGE plpgsql STABLE ROWS 100000 AS $$
#variable_conflict use_column
DECLARE
    day constant date := COALESCE(as_of, date 'infinity');
    taken constant integer := totals_to_begin_with(day, horizon);
    pieces text;
BEGIN
    SELECT string_agg(
        format(
            'SELECT account_no, %sGREATEST(amount_minor, 0), %sGREATEST(-amount_minor, 0)
             FROM %I
             WHERE layer = 0 AND effective_date %s $2 AND sequence <= $3', sign, sign, leaf_to_read('posting', segment_no), days),
        ' UNION ALL ')
    INTO pieces
    FROM parts_as_of(taken, day, horizon);
    RETURN QUERY EXECUTE concat_ws(
        ' UNION ALL ',
        'SELECT account_no, sum(debit_minor), sum(credit_minor)
         FROM (
             SELECT account_no, debits_after AS debit_minor, credits_after AS credit_minor
             FROM account_total
             WHERE segment_no = $1 AND layer = 0',
        pieces)
        || ') moved GROUP BY account_no HAVING sum(debit_minor) <> 0 OR sum(credit_minor) <> 0'
    USING taken, day, horizon;
END $$;

-- The same of one account, in both layers: index probes, and for a busy account the totals of days.
CREATE FUNCTION account_as_of(account integer, as_of date, horizon bigint)
RETURNS TABLE (layer smallint, debits numeric, credits numeric)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    day constant date := COALESCE(as_of, date 'infinity');
    taken constant integer := totals_to_begin_with(day, horizon);
    added integer[]; -- segments of which totals of days are to be added
    taken_off integer[]; -- and taken off
    holds constant boolean := has_holds();
    pieces text;
    counts boolean;
BEGIN
    SELECT array_agg(DISTINCT segment_no) FILTER (WHERE has_days AND sign = ''),
           array_agg(DISTINCT segment_no) FILTER (WHERE has_days AND sign = '-'),
           string_agg(
               CASE
                   WHEN layers.no = 0 THEN format(
                       'SELECT 0::smallint, %1$ssum(GREATEST(amount_minor, 0)), %1$ssum(GREATEST(-amount_minor, 0))
                        FROM %2$I
                        WHERE account_place(account_no, layer, sequence, leg) BETWEEN %4$s AND %5$s
                          AND effective_date %3$s $3
                        HAVING count(*) > 0',
                       sign, leaf_to_read('posting', segment_no), days,
                       first_place(account, 0), last_place(account, 0, part.last_sequence))
                   ELSE format(
                       'SELECT 1::smallint, %1$ssum(debit_minor), %1$ssum(credit_minor)
                        FROM posting_side
                        WHERE layer = 1 AND account_place(account_no, layer, sequence, leg) BETWEEN %5$s AND %6$s
                          AND effective_date %2$s $3 AND sequence BETWEEN %3$s AND %4$s
                        HAVING count(*) > 0',
                       sign, days, first_sequence, last_sequence,
                       first_place(account, 1), last_place(account, 1, part.last_sequence))
               END, ' UNION ALL ') FILTER (WHERE NOT has_days)
    INTO added, taken_off, pieces
    FROM parts_as_of(taken, day, horizon) AS part
    CROSS JOIN (VALUES (0), (1)) AS layers (no)
    CROSS JOIN LATERAL (
        SELECT part.is_whole AND EXISTS (
            SELECT FROM day_total d
            WHERE d.segment_no = part.segment_no AND d.account_no = account AND d.layer = layers.no
        ) AS has_days
    ) AS summed
    WHERE layers.no = 0 OR part.has_pending;
    FOR layer, debits, credits IN EXECUTE concat_ws(
        ' UNION ALL ',
        'SELECT layer, COALESCE(sum(debit_minor), 0), COALESCE(sum(credit_minor), 0)
         FROM (
             SELECT layer, debits_after AS debit_minor, credits_after AS credit_minor
             FROM account_total
             WHERE segment_no = $1 AND account_no = $2
             UNION ALL
             SELECT layer, debits_minor, credits_minor
             FROM day_total
             WHERE segment_no = ANY ($4) AND account_no = $2 AND effective_date <= $3
             UNION ALL
             SELECT layer, -debits_minor, -credits_minor
             FROM day_total
             WHERE segment_no = ANY ($5) AND account_no = $2 AND effective_date > $3',
        pieces)
        || ') moved GROUP BY layer'
    USING taken, account, day, added, taken_off
    LOOP
        IF debits = 0 AND credits = 0 THEN -- nothing counts; or holds that have all been ended
            SELECT string_agg(
                format(
                    'SELECT FROM %I
                     WHERE account_place(account_no, layer, sequence, leg) BETWEEN %s AND %s AND effective_date <= $1',
                    leaf_to_read('posting', segment_no), first_place(account, layer),
                    last_place(account, layer, LEAST(last_sequence, horizon))),
                ' UNION ALL ')
            INTO pieces
            FROM segment
            LEFT JOIN summary USING (segment_no)
            WHERE first_sequence <= horizon AND COALESCE(first_date <= day, true)
              AND (layer = 0 OR COALESCE(has_pending, holds));
            CONTINUE WHEN pieces IS NULL;
            EXECUTE 'SELECT EXISTS (' || pieces || ')' INTO counts USING day;
            CONTINUE WHEN NOT counts;
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;

-- The same of several accounts: each by itself, or, of many, all accounts together.
CREATE FUNCTION accounts_as_of(accounts integer[], as_of date, horizon bigint)
RETURNS TABLE (account_no integer, layer smallint, debits numeric, credits numeric)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    day constant date := COALESCE(as_of, date 'infinity');
    pieces text; -- of the segments with anything pending
BEGIN
    IF cardinality(accounts) <= 50 THEN
        RETURN QUERY
        SELECT wanted.account_no, total.layer, total.debits, total.credits
        FROM unnest(accounts) AS wanted (account_no)
        CROSS JOIN LATERAL account_as_of(wanted.account_no, as_of, horizon) AS total;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT account_no, 0::smallint, total.debits, total.credits
    FROM settled_as_of(as_of, horizon) AS total
    JOIN unnest(accounts) AS wanted (account_no) USING (account_no);
    SELECT string_agg(
        format(
            'SELECT account_no, debit_minor, credit_minor
             FROM posting_side
             WHERE layer = 1 AND sequence BETWEEN %s AND %s AND effective_date <= $2',
            first_sequence, LEAST(last_sequence, horizon)),
        ' UNION ALL ')
    INTO pieces
    FROM segment
    LEFT JOIN summary USING (segment_no)
    WHERE first_sequence <= horizon AND COALESCE(has_pending, has_holds()) AND COALESCE(first_date <= day, true);
    IF pieces IS NOT NULL THEN
        RETURN QUERY EXECUTE
            'SELECT account_no, 1::smallint, sum(debit_minor), sum(credit_minor)
             FROM (' || pieces || ') AS moved
             JOIN unnest($1) AS wanted (account_no) USING (account_no)
             GROUP BY account_no'
        USING accounts, day;
    END IF;
END $$;

-- What stands, by currency, on account `wanted` and, where `below`, on all accounts below it: codes collate bytewise and
-- `/` is the character after `.`, so they are one range. Up to day `as_of` and entry `horizon`; without a day whatever
-- their day; without a horizon up to the head, which is answered too. Name and normal side are the oldest account's.
-- "listed" tells a currency in which something was posted from one that no posting has touched yet.
CREATE FUNCTION balances(wanted text, below boolean, as_of date, horizon bigint)
RETURNS TABLE (booked_at timestamptz, currency text, accounts bigint, name text, normal_side text, listed boolean,
               settled_debits numeric, settled_credits numeric, pending_debits numeric, pending_credits numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    numbers integer[];
    known_at timestamptz;
    total record;
BEGIN
    IF horizon IS NULL THEN
        SELECT sequence, booked_at INTO horizon, known_at FROM head;
    END IF;
    IF below THEN
        SELECT array_agg(account_no)
        INTO numbers
        FROM account
        WHERE code = wanted OR (code > wanted || '.' AND code < wanted || '/');
    ELSE
        SELECT array_agg(account_no) INTO numbers FROM account WHERE code = wanted;
    END IF;
    IF as_of IS NULL AND cardinality(numbers) = 1 THEN -- the question that is asked most: nothing to add up
        SELECT known_at, a.currency, 1, a.name, a.normal_side, a.code = wanted, 0, 0, 0, 0
        INTO booked_at, currency, accounts, name, normal_side, listed,
             settled_debits, settled_credits, pending_debits, pending_credits
        FROM account a
        WHERE a.account_no = numbers[1];
        FOR total IN SELECT * FROM account_totals(numbers[1], horizon) LOOP
            listed := true;
            IF total.layer = 0 THEN
                settled_debits := total.debits_after;
                settled_credits := total.credits_after;
            ELSE
                pending_debits := total.debits_after;
                pending_credits := total.credits_after;
            END IF;
        END LOOP;
        RETURN NEXT;
        RETURN;
    END IF;
    RETURN QUERY
    WITH totals AS MATERIALIZED (
        SELECT account_no, layer, debits_after::numeric AS debits, credits_after::numeric AS credits
        FROM last_totals(numbers, horizon)
        WHERE as_of IS NULL
        UNION ALL
        SELECT *
        FROM accounts_as_of(numbers, as_of, horizon)
        WHERE as_of IS NOT NULL
    )
    SELECT known_at, a.currency, count(*), (array_agg(a.name ORDER BY a.account_no))[1],
           (array_agg(a.normal_side ORDER BY a.account_no))[1],
           bool_or(a.code = wanted OR settled.debits IS NOT NULL OR pending.debits IS NOT NULL),
           COALESCE(sum(settled.debits), 0), COALESCE(sum(settled.credits), 0),
           COALESCE(sum(pending.debits), 0), COALESCE(sum(pending.credits), 0)
    FROM account a
    LEFT JOIN totals settled ON settled.account_no = a.account_no AND settled.layer = 0
    LEFT JOIN totals pending ON pending.account_no = a.account_no AND pending.layer = 1
    WHERE a.account_no = ANY (numbers)
    GROUP BY a.currency
    ORDER BY a.currency;
END $$;

-- What is settled on an account, debits less credits.
CREATE FUNCTION settled_net_as_of(account integer, as_of date, horizon bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT COALESCE(sum(debits - credits), 0)
    FROM (
        SELECT debits, credits FROM account_as_of(account, as_of, horizon) WHERE layer = 0 AND as_of IS NOT NULL
        UNION ALL
        SELECT debits_after, credits_after FROM account_totals(account, horizon) WHERE layer = 0 AND as_of IS NULL
    ) AS stands
$$;

-- The first `row_limit` settled postings of an account behind a leg of entry `sequence`, up to entry `horizon`, dated
-- from `first_day` to `last_day` (either may be NULL), in order. Goes through the segments that have such days until it
-- has them: the first, which is all that a busy account needs, then eight at a time. Planning a question costs more than
-- answering it, and the more the more it says: a condition that holds for a whole segment is left out.
CREATE FUNCTION settled_postings(
    account integer, first_day date, last_day date, horizon bigint, sequence bigint, leg smallint, row_limit bigint
)
RETURNS SETOF posting
LANGUAGE plpgsql STABLE ROWS 100 SET enable_bitmapscan = off AS $$
DECLARE
    from_day constant date := COALESCE(first_day, date '-infinity');
    to_day constant date := COALESCE(last_day, date 'infinity');
    parts text;
    found_ones bigint;
BEGIN
    FOR parts IN
        SELECT string_agg(
            format(
                '(SELECT *
                  FROM %I
                  WHERE account_place(account_no, layer, sequence, leg) > %s
                    AND account_place(account_no, layer, sequence, leg) <= %s%s
                  ORDER BY account_place(account_no, layer, sequence, leg)
                  LIMIT $3)',
                leaf_to_read('posting', part.segment_no),
                CASE
                    WHEN part.first_sequence <= settled_postings.sequence
                        THEN account_place(account, 0::smallint, settled_postings.sequence, settled_postings.leg)
                    ELSE first_place(account, 0) - 1
                END,
                last_place(account, 0, LEAST(part.last_sequence, horizon)),
                CASE WHEN part.has_other_days THEN ' AND effective_date BETWEEN $1 AND $2' ELSE '' END),
            ' UNION ALL ')
        FROM (
            SELECT s.*, row_number() OVER (ORDER BY s.segment_no) AS place,
                   COALESCE(summary.first_date < from_day OR summary.last_date > to_day, true) AS has_other_days
            FROM segment s
            LEFT JOIN summary USING (segment_no)
            WHERE s.last_sequence >= settled_postings.sequence AND s.first_sequence <= horizon
              AND (summary.first_date IS NULL OR summary.first_date <= to_day AND summary.last_date >= from_day)
        ) AS part
        GROUP BY (part.place + 6) / 8
        ORDER BY min(part.segment_no)
    LOOP
        EXIT WHEN row_limit <= 0;
        RETURN QUERY EXECUTE 'SELECT * FROM (' || parts || ') AS found ORDER BY sequence, leg LIMIT $3'
        USING from_day, to_day, row_limit;
        GET DIAGNOSTICS found_ones = ROW_COUNT;
        row_limit := row_limit - found_ones;
    END LOOP;
END $$;

-- What the totals of items do not tell of items of these accounts (NULL for all) up to day `as_of` (which may be NULL)
-- and entry `horizon`: postings behind `covered`, up to where totals count, and, of items with postings of both sides of
-- that day, those up to it; only segments that have such days are gone over. "is_late": some are behind.
CREATE FUNCTION items_beside_totals(accounts integer[], as_of date, horizon bigint, covered bigint)
RETURNS TABLE (account_no integer, item text, outstanding numeric, first_date date, last_date date, due_date date,
               is_late boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100000 SET work_mem = '64MB' AS $$
#variable_conflict use_column
DECLARE
    day constant date := COALESCE(as_of, date 'infinity');
    late text;
    earlier text;
BEGIN
    SELECT string_agg(postings, ' UNION ALL ') FILTER (WHERE last_sequence > covered),
           string_agg(postings, ' UNION ALL ') FILTER (WHERE last_sequence <= covered)
    INTO late, earlier
    FROM (
        SELECT last_sequence, format(
            'SELECT account_no, item, amount_minor, effective_date, due_date
             FROM %I
             WHERE layer = 0 AND item IS NOT NULL AND effective_date <= $2 AND sequence <= $3
               AND ($1 IS NULL OR account_no = ANY ($1))', leaf_to_read('posting', segment_no)) AS postings
        FROM segment
        LEFT JOIN summary USING (segment_no)
        WHERE first_sequence <= horizon AND COALESCE(first_date <= day, true)
          AND (last_sequence > covered OR as_of IS NOT NULL)
    ) AS part;
    IF late IS NULL AND earlier IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE
        'SELECT account_no, item, sum(amount_minor), min(effective_date), max(effective_date), max(due_date), bool_or(is_late)
         FROM ('
        || concat_ws(
            ' UNION ALL ',
            'SELECT p.*, true AS is_late FROM (' || late || ') AS p',
            'SELECT p.*, false AS is_late
             FROM (' || earlier || ') AS p
             JOIN item_total t USING (account_no, item)
             WHERE t.layer = 0 AND t.first_date <= $2 AND t.last_date > $2')
        || ') AS moved
         GROUP BY account_no, item'
    USING accounts, day, horizon;
END $$;

-- What is settled on items of these accounts (NULL for all) up to day `as_of` (which may be NULL) and entry `horizon`. A
-- horizon that the summaries have passed costs one pass over the postings.
CREATE FUNCTION items_as_of(accounts integer[], as_of date, horizon bigint)
RETURNS TABLE (account_no integer, item text, outstanding numeric, first_date date, last_date date, due_date date)
LANGUAGE sql STABLE AS $$
    WITH covered AS MATERIALIZED (
        SELECT CASE WHEN max(last_sequence) <= horizon THEN max(last_sequence) ELSE 0 END AS up_to
        FROM segment
        JOIN summary USING (segment_no)
    ), counted AS NOT MATERIALIZED (
        SELECT t.*
        FROM item_total t
        WHERE t.layer = 0 AND (accounts IS NULL OR t.account_no = ANY (accounts))
          AND t.last_date <= COALESCE(as_of, date 'infinity')
          AND (SELECT up_to FROM covered) > 0
    ), beside AS MATERIALIZED (
        SELECT * FROM items_beside_totals(accounts, as_of, horizon, (SELECT up_to FROM covered))
    )
    SELECT t.account_no, t.item, t.total_minor::numeric, t.first_date, t.last_date, t.due_date
    FROM counted t
    WHERE NOT EXISTS (SELECT FROM beside b WHERE b.is_late AND b.account_no = t.account_no AND b.item = t.item)
    UNION ALL
    SELECT b.account_no, b.item, b.outstanding + COALESCE(t.total_minor, 0),
           LEAST(b.first_date, t.first_date), GREATEST(b.last_date, t.last_date), GREATEST(b.due_date, t.due_date)
    FROM beside b
    LEFT JOIN counted t USING (account_no, item)
    WHERE b.is_late
    UNION ALL
    SELECT b.account_no, b.item, b.outstanding, b.first_date, b.last_date, b.due_date
    FROM beside b
    WHERE NOT b.is_late
$$;

-- What has moved on each item items[n] of account accounts[n], debits less credits, by layer: one probe an item, and one
-- pass over the postings that no summary covers yet, by hash for the same reason as in last_totals.
CREATE FUNCTION item_totals(accounts integer[], items text[])
RETURNS TABLE (account_no integer, item text, layer smallint, total_minor numeric)
LANGUAGE plpgsql STABLE SET enable_nestloop = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY EXECUTE
        'WITH wanted AS MATERIALIZED (
             SELECT DISTINCT named.account_no, named.item COLLATE "C" AS item
             FROM unnest($1, $2) AS named (account_no, item)
         )
         SELECT account_no, item, layer, sum(total_minor)
         FROM (
             SELECT p.account_no, p.item, p.layer, p.amount_minor AS total_minor
             FROM wanted
             JOIN posting p USING (account_no, item)
             WHERE p.sequence > $3
             UNION ALL
             SELECT older.*
             FROM wanted
             CROSS JOIN LATERAL (
                 SELECT t.account_no, t.item, t.layer, t.total_minor
                 FROM item_total t
                 WHERE t.account_no = wanted.account_no AND t.item = wanted.item
                 LIMIT 2 -- one a layer
             ) older
         ) moved
         GROUP BY account_no, item, layer'
    USING accounts, items, (SELECT COALESCE(max(last_sequence), 0) FROM segment JOIN summary USING (segment_no));
END $$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION summarise_segment() SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE ALL ON FUNCTION summarise_segment() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION summarise_segment() TO dianfu_service;
GRANT SELECT ON summary, account_total, day_total, item_total, posting_side TO dianfu_service;
