//! The statements of the exports.

/// The accounts that have settled postings up to a sequence and an effective date (which may be NULL), by code.
pub const ACCOUNTS: &str = "
    SELECT a.code, a.name, a.currency
    FROM account a
    WHERE EXISTS (
        SELECT
        FROM posting
        WHERE account_no = a.account_no AND layer = 0 AND sequence <= $1
          AND effective_date <= COALESCE($2, date 'infinity')
    )
    ORDER BY a.code";

/// The legs of settled entries `$1` to `$2` up to an effective date (which may be NULL), each with its entry.
pub const LEGS: &str = "
    SELECT e.sequence, e.entry_id, e.effective_date, e.reference, e.description,
           p.amount_minor, p.currency, p.item, a.code
    FROM entry e
    JOIN posting p USING (sequence)
    JOIN account a USING (account_no)
    WHERE e.sequence BETWEEN $1 AND $2 AND p.layer = 0 AND e.effective_date <= COALESCE($3, date 'infinity')
    ORDER BY e.sequence, p.leg";

/// Entries `$1` to `$2` up to an effective date (which may be NULL), whole: a row a leg, of both layers.
pub const JOURNAL: &str = "
    SELECT e.sequence, e.entry_id, e.kind, e.effective_date, e.booked_at, e.value_date, e.relates_to, e.hold_group,
           e.expires_at, e.at_most_minor, e.adjusting, e.template_no, e.reference, e.description,
           e.metadata::text AS metadata, e.actor, p.leg, p.layer, p.amount_minor, p.currency, p.item, p.due_date,
           p.debits_after, p.credits_after, a.code
    FROM entry e
    JOIN posting p USING (sequence)
    JOIN account a USING (account_no)
    WHERE e.sequence BETWEEN $1 AND $2 AND e.effective_date <= COALESCE($3, date 'infinity')
    ORDER BY e.sequence, p.leg";

/// Every account in the order of opening, with what was in force for it at `$1`, or is now if that is NULL.
pub const CHART: &str = "
    SELECT a.account_no, a.code, a.name, a.type, a.currency, a.normal_side, a.open_item,
           s.min_minor, s.max_minor, COALESCE(s.closed, false) AS closed, COALESCE(s.frozen, 'none') AS frozen,
           s.parent, s.metadata::text AS metadata
    FROM account a
    LEFT JOIN LATERAL (
        SELECT min_minor, max_minor, closed, frozen, parent, metadata
        FROM account_setting
        WHERE account_no = a.account_no AND recorded_at <= COALESCE($1, timestamptz 'infinity')
        ORDER BY setting_no DESC
        LIMIT 1
    ) s ON true
    WHERE a.opened_at <= COALESCE($1, timestamptz 'infinity')
    ORDER BY a.account_no";

/// Every statement by name.
pub const ALL: [(&str, &str); 4] = [("ACCOUNTS", ACCOUNTS), ("LEGS", LEGS), ("JOURNAL", JOURNAL), ("CHART", CHART)];
