-- The claims of a policy that were dispensed or may yet be, as the last run of each has shared them.
SELECT s.claim_no, s.line_no, s.prescribed_on, s.drug_code, s.gross_minor, s.share_minor,
       s.advance_minor, s.deductible_minor, s.counted_minor, c.intake ->> 'diagnosis' AS diagnosis
FROM claim_share s
JOIN claim c ON c.claim_no = s.claim_no
WHERE s.insurer_no = $1 AND s.policy_no = $2
  AND c.is_granted
  AND s.run_no = (SELECT max(last.run_no) FROM claim_share last WHERE last.claim_no = s.claim_no)
ORDER BY s.prescribed_on, s.claim_no, s.line_no
