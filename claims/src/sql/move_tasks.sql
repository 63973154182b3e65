-- Moves tasks, each at most once, and adds the act that each move is.
WITH told AS (
    SELECT *
    FROM unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[],
                $8::timestamptz[], $9::text[], $10::integer[], $11::text[], $12::text[], $13::text[],
                $14::timestamptz[])
        AS told (claim_no, kind, round_no, taken_by, taken_at, taken_until, done_by, done_at, outcome, act_no, act,
                 actor, reason, acted_at)
), moved AS (
    UPDATE review_task task
    SET taken_by = told.taken_by, taken_at = told.taken_at, taken_until = told.taken_until,
        done_by = told.done_by, done_at = told.done_at, outcome = told.outcome, act_no = told.act_no
    FROM told
    WHERE (task.claim_no, task.kind, task.round_no) = (told.claim_no, told.kind, told.round_no)
)
INSERT INTO review_task_act (claim_no, kind, round_no, act_no, act, actor, reason, acted_at)
SELECT claim_no, kind, round_no, act_no, act, actor, reason, acted_at
FROM told
