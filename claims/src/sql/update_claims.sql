UPDATE claim
SET state = moved.state,
    event_no = moved.event_no,
    deductible_minor = moved.deductible_minor,
    share_minor = moved.share_minor,
    advance_minor = moved.advance_minor,
    fee_minor = moved.fee_minor,
    vat_minor = moved.vat_minor,
    valid_until = moved.valid_until,
    payment_days = moved.payment_days,
    reviewed_on = moved.reviewed_on,
    dispensed_on = moved.dispensed_on,
    submitted_no = moved.submitted_no,
    approved_minor = moved.approved_minor,
    shortfall_minor = moved.shortfall_minor
FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::date[], $10::integer[], $11::date[], $12::date[], $13::text[], $14::bigint[], $15::bigint[]
) AS moved (
    claim_no, state, event_no, deductible_minor, share_minor, advance_minor, fee_minor, vat_minor, valid_until,
    payment_days, reviewed_on, dispensed_on, submitted_no, approved_minor, shortfall_minor
)
WHERE claim.claim_no = moved.claim_no
