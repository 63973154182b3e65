-- Adds tasks, each the next of its kind on its claim, with their first acts. One that is open already stays as it is.
WITH told AS (
    SELECT DISTINCT ON (claim_no, kind) claim_no, kind, insurer_no, amount_minor, due_at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[])
        AS told (claim_no, kind, insurer_no, amount_minor, due_at)
    ORDER BY claim_no, kind
), opened AS (
    INSERT INTO review_task
        (claim_no, kind, round_no, insurer_no, amount_minor, opened_at, due_at, intake_by, act_no)
    SELECT t.claim_no, t.kind,
           1 + (SELECT count(*) FROM review_task r WHERE r.claim_no = t.claim_no AND r.kind = t.kind)::integer,
           t.insurer_no, t.amount_minor, $6::timestamptz, t.due_at, '', 1
    FROM told t
    ON CONFLICT DO NOTHING
    RETURNING claim_no, kind, round_no, act_no
)
INSERT INTO review_task_act (claim_no, kind, round_no, act_no, act, actor, reason, acted_at)
SELECT claim_no, kind, round_no, act_no, 'opened', $7, '', $6
FROM opened
