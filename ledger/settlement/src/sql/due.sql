-- $1: the control account. $2: the currency. $3: the cut-off.
-- The ledger says what is open; own money covers each advance once over all payouts and nettings, rejected payouts
-- included, because a rejection leaves the money on the clients' account.
WITH candidate AS MATERIALIZED (
    SELECT p.account, p.item, p.payee, p.due_on, a.account_no,
           p.advance_minor - moved.advance_minor - netted.advance_minor AS advance_left_minor
    FROM payable p
    JOIN account a ON a.code = p.account
    CROSS JOIN LATERAL (
        SELECT COALESCE(sum(i.advance_minor), 0)::bigint AS advance_minor, COALESCE(bool_or(i.live), false) AS live
        FROM payout_item i
        WHERE i.account = p.account AND i.item = p.item
    ) moved
    CROSS JOIN LATERAL (
        SELECT COALESCE(sum(n.advance_minor), 0)::bigint AS advance_minor
        FROM payout_netting n
        WHERE n.account = p.account AND n.item = p.item
    ) netted
    WHERE p.control = $1
      AND p.currency = $2
      AND p.due_on <= $3
      AND NOT p.settled
      AND NOT moved.live
), owed AS MATERIALIZED (
    SELECT account_no, item, (-total_minor)::bigint AS open_minor
    FROM item_totals((SELECT array_agg(account_no) FROM candidate), (SELECT array_agg(item) FROM candidate))
    WHERE layer = 0 AND total_minor < 0
)
SELECT candidate.account, candidate.item, candidate.payee, candidate.due_on, payee.withheld_per_10000,
       (
           SELECT max(version)
           FROM payee_account
           WHERE payee_account.payee = candidate.payee
       ) AS payee_account_version,
       owed.open_minor,
       candidate.advance_left_minor
FROM candidate
JOIN owed USING (account_no, item)
JOIN payee USING (payee)
ORDER BY candidate.account, candidate.item
