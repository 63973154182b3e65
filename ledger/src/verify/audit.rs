//! SQL for auditors: what [`super::verify`] checks, said again in SQL alone, for whoever does not trust this program.
//!
//! Each file runs in `psql` with the search path set to the book, and says above itself what it proves and costs.
//! It answers a row for each thing that is wrong, in four texts: the place, the rule, what is expected and what is
//! there, in the words of a [`super::Finding`]. No row is the good answer. They need PostgreSQL 15, the right to
//! read the tables, and nothing of this program: no function, no view.

/// One file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audit {
    /// Its name.
    pub name: &'static str,
    /// The statement, below what it says of itself.
    pub sql: &'static str,
}

/// Every file, what the others rest on first.
pub const ALL: [Audit; 12] = [
    Audit { name: "chain", sql: include_str!("audit/chain.sql") },
    Audit { name: "sequence", sql: include_str!("audit/sequence.sql") },
    Audit { name: "ids", sql: include_str!("audit/ids.sql") },
    Audit { name: "entries", sql: include_str!("audit/entries.sql") },
    Audit { name: "running_totals", sql: include_str!("audit/running_totals.sql") },
    Audit { name: "items", sql: include_str!("audit/items.sql") },
    Audit { name: "holds", sql: include_str!("audit/holds.sql") },
    Audit { name: "reversals", sql: include_str!("audit/reversals.sql") },
    Audit { name: "limits", sql: include_str!("audit/limits.sql") },
    Audit { name: "closings", sql: include_str!("audit/closings.sql") },
    Audit { name: "templates", sql: include_str!("audit/templates.sql") },
    Audit { name: "summaries", sql: include_str!("audit/summaries.sql") },
];
