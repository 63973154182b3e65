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

/// Every statement by name.
pub const ALL: [(&str, &str); 2] = [("ACCOUNTS", ACCOUNTS), ("LEGS", LEGS)];
