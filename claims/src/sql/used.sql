-- What is used up of each year of each policy, drug by drug: by claims that were dispensed or may yet be, and of each by
-- its last run.
WITH wanted AS (
    SELECT DISTINCT insurer_no, policy_no, year_from, year_before
    FROM unnest($1::text[], $2::text[], $3::date[], $4::date[])
        AS named (insurer_no, policy_no, year_from, year_before)
)
SELECT w.insurer_no, w.policy_no, w.year_from, s.drug_code,
       sum(s.deductible_minor)::bigint AS deductible_minor,
       sum(s.gross_minor - s.deductible_minor)::bigint AS behind_deductible_minor,
       sum(s.counted_minor)::bigint AS counted_minor,
       sum(s.advance_minor)::bigint AS advance_minor
FROM wanted w
JOIN claim_share s
    ON s.insurer_no = w.insurer_no AND s.policy_no = w.policy_no
    AND s.prescribed_on >= w.year_from AND s.prescribed_on < w.year_before
JOIN claim c ON c.claim_no = s.claim_no
WHERE (c.dispensed_on IS NOT NULL OR c.state IN ('PRE_APPROVED', 'SHARE_DUE', 'SHARE_PAID', 'READY'))
  AND s.run_no = (SELECT max(last.run_no) FROM claim_share last WHERE last.claim_no = s.claim_no)
GROUP BY w.insurer_no, w.policy_no, w.year_from, s.drug_code
