-- Remittances with their sums. $1 insurer or NULL, $2 the id after which the page starts, $3 one id or NULL, $4 rows.
SELECT r.remittance_id, r.insurer, r.trace, r.digest, r.payer, r.payee, r.method, r.currency, r.paid_minor,
       r.value_date, r.received_at, r.actor, lines.lines_minor, adjustments.adjustments_minor, a.entry_ids,
       waiting.items AS waiting_items
FROM remittance r
LEFT JOIN remittance_application a USING (remittance_id)
CROSS JOIN LATERAL (
    -- The check bounds the sum of all amounts of a remittance by 64 bits.
    SELECT COALESCE(sum(l.paid_minor), 0)::bigint AS lines_minor
    FROM remittance_line l
    WHERE l.remittance_id = r.remittance_id
) lines
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(p.amount_minor), 0)::bigint AS adjustments_minor
    FROM remittance_adjustment p
    WHERE p.remittance_id = r.remittance_id
) adjustments
CROSS JOIN LATERAL (
    SELECT COALESCE(array_agg(DISTINCT b.item ORDER BY b.item), '{}') AS items
    FROM reconciliation_break b
    WHERE b.remittance_id = r.remittance_id AND b.item IS NOT NULL
) waiting
WHERE ($1::text IS NULL OR r.insurer = $1) AND r.remittance_id > $2 AND ($3::uuid IS NULL OR r.remittance_id = $3)
ORDER BY r.remittance_id
LIMIT $4
