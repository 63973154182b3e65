-- Packs of these patients: of claims that were dispensed or may yet be, and those given for nothing. Oldest first.
SELECT s.patient_no, s.drug_code, COALESCE(c.dispensed_on, c.reviewed_on) AS happened_on, s.prescribed_on,
       s.quantity, false AS free, s.claim_no AS number, s.line_no
FROM claim_share s
JOIN claim c ON c.claim_no = s.claim_no
WHERE s.patient_no = ANY ($1) AND s.run_no = 1
  AND (c.dispensed_on IS NOT NULL OR c.state IN ('PRE_APPROVED', 'SHARE_DUE', 'SHARE_PAID', 'READY'))
UNION ALL
SELECT g.patient_no, g.drug_code, g.given_on, g.given_on, g.quantity, true, g.gift_no, 0
FROM charity_gift g
WHERE g.patient_no = ANY ($1)
ORDER BY happened_on, number, line_no
