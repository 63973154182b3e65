//! The statements of the exports.

use jiff::civil::Date;

/// Entries `$1` to `$2` up to an effective date (which may be NULL), their columns in table order.
pub const ENTRIES: &str = "
    SELECT sequence, entry_id, kind, effective_date, booked_at, value_date, relates_to, hold_group, expires_at,
           at_most_minor, adjusting, template_no, reference, description, metadata, actor
    FROM entry
    WHERE sequence BETWEEN $1 AND $2 AND effective_date <= COALESCE($3, date 'infinity')";

/// The legs of entries `$1` to `$2` up to an effective date (which may be NULL).
pub const POSTINGS: &str = "
    SELECT sequence, leg, account_no, layer, amount_minor, item, due_date
    FROM posting
    WHERE sequence BETWEEN $1 AND $2 AND effective_date <= COALESCE($3, date 'infinity')";

/// One of these two as a binary COPY, which takes no parameters: numbers and a day are put in as they are.
pub fn copy(statement: &str, first: i64, last: i64, as_of: Option<Date>) -> String {
    let as_of = as_of.map_or_else(|| "NULL::date".to_owned(), |date| format!("date '{date}'"));
    let statement = statement.replace("$1", &first.to_string()).replace("$2", &last.to_string()).replace("$3", &as_of);
    format!("COPY ({statement}) TO STDOUT (FORMAT binary)")
}

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
pub const ALL: [(&str, &str); 3] = [("ENTRIES", ENTRIES), ("POSTINGS", POSTINGS), ("CHART", CHART)];
