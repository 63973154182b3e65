-- $1: the control account. $2: the currency. $3: the cut-off.
-- The ledger says what is open; own money covers each advance once over all payouts, rejected ones included, because a
-- rejection leaves the money on the clients' account. LATERAL: one probe of the items' index a payable, not a scan.
SELECT p.account, p.item, p.payee, p.due_on, payee.withheld_per_10000,
       (
           SELECT max(version)
           FROM payee_account
           WHERE payee_account.payee = p.payee
       ) AS payee_account_version,
       owed.open_minor,
       p.advance_minor - moved.advance_minor AS advance_left_minor
FROM payable p
JOIN payee USING (payee)
JOIN account a ON a.code = p.account
CROSS JOIN LATERAL (
    SELECT (-sum(posting.amount_minor))::bigint AS open_minor
    FROM posting
    WHERE posting.account_no = a.account_no AND posting.item = p.item AND posting.layer = 0
) owed
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(i.advance_minor), 0)::bigint AS advance_minor, COALESCE(bool_or(i.live), false) AS live
    FROM payout_item i
    WHERE i.account = p.account AND i.item = p.item
) moved
WHERE p.control = $1
  AND p.currency = $2
  AND p.due_on <= $3
  AND NOT p.settled
  AND NOT moved.live
  AND owed.open_minor > 0
ORDER BY p.account, p.item
