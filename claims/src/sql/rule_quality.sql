-- What each version of an insurer's rules decided, and what the platform bears of the claims that were
-- approved under it, because a rule was misapplied.
WITH borne AS (
    SELECT claim_no, sum((content ->> 'amount_minor')::bigint) AS minor
    FROM claim_event
    WHERE event = 'shortfall_assigned' AND content ->> 'bearer' = 'platform'
      AND content -> 'grounds' ->> 'cause' = 'rule_misapplied'
    GROUP BY claim_no
)
SELECT d.rules_version,
       count(*) FILTER (WHERE d.ruling IS NULL AND d.outcome = 'approved') AS approved,
       count(*) FILTER (WHERE d.ruling IS NULL AND d.outcome = 'rejected') AS rejected,
       count(*) FILTER (WHERE d.outcome = 'referred') AS referred,
       count(d.ruling) AS ruled,
       count(b.claim_no) AS borne_claims,
       COALESCE(sum(b.minor), 0)::bigint AS borne_minor
FROM decision d
LEFT JOIN borne b ON b.claim_no = d.claim_no AND d.outcome = 'approved'
WHERE d.insurer_no = $1
GROUP BY d.rules_version
ORDER BY d.rules_version
