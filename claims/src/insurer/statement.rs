//! The statement of an insurer for a period: what stood on each of its accounts, what moved by claim and journal, and
//! what stands now. It ties to the ledger to the minor unit, or it is not given.
//!
//! Read from the ledger alone: opening and closing as the balances of these days, lines as the sums of the postings
//! between them. What a movement means follows from its account and the journal that made it.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{Moment, horizon};
use dianfu_settlement::chart;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::sql;

/// What a movement on an insurer's account is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Movement {
    /// Advanced when a drug was dispensed.
    Advanced,
    /// Decided by the insurer: out of what is advanced, into what is due.
    Approved,
    /// Not covered, or disputed.
    Shortfall,
    /// Borne by somebody else, or written off.
    Borne,
    /// Our fee.
    Fee,
    /// Paid by the insurer.
    Paid,
    /// Paid too much, and owed back.
    Overpaid,
    /// Taken back by the insurer.
    TakenBack,
    /// Of a drug that went back.
    Returned,
    /// Changed by a deductible that was run again.
    Rerun,
    /// A small difference.
    Tolerance,
    /// Paid in before anything was advanced.
    Deposited,
    /// Drawn from what was paid in.
    Drawn,
    /// By a journal of the book's own, or by hand.
    Other,
}

impl Movement {
    /// The word for it at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Movement::Advanced => "advanced",
            Movement::Approved => "approved",
            Movement::Shortfall => "shortfall",
            Movement::Borne => "borne",
            Movement::Fee => "fee",
            Movement::Paid => "paid",
            Movement::Overpaid => "overpaid",
            Movement::TakenBack => "taken_back",
            Movement::Returned => "returned",
            Movement::Rerun => "rerun",
            Movement::Tolerance => "tolerance",
            Movement::Deposited => "deposited",
            Movement::Drawn => "drawn",
            Movement::Other => "other",
        }
    }
}

/// What a journal's leg on an account is. `account` is the control account, such as `1102`.
pub fn movement(account: &str, journal: Option<&str>) -> Movement {
    let on = |line: chart::Line| account == line.code;
    match journal.unwrap_or_default() {
        "J3" | "J3b" | "J3c" => Movement::Advanced,
        "J9" | "J10" | "J10d" | "J10e" | "J18b" | "J24-cut" | "J24-decided-again" if on(chart::SHORTFALL) => {
            Movement::Shortfall
        }
        "J11" => Movement::Shortfall,
        "J9" | "J10" | "J10d" | "J10e" | "J23" | "J23-cut" => Movement::Approved,
        "J10a" | "J10b" | "J10b-unpaid" | "J10c" | "J13-write-off-insurer" => Movement::Borne,
        "J9b" | "J9b-back" => Movement::Fee,
        "J14b" if on(chart::INSURER_PAYABLE) => Movement::TakenBack,
        "J15" | "J15b" | "J17" if on(chart::INSURER_PAYABLE) => Movement::Overpaid,
        "J14b" | "J15" | "J16" | "J23-applied" => Movement::Paid,
        "J18" | "J18-corrected" | "J18b" => Movement::TakenBack,
        "J19a" | "J19b" | "J19c" => Movement::Returned,
        "J22" | "J22-overcharged" => Movement::Rerun,
        "J25" | "J25-gained" => Movement::Tolerance,
        "J24" => Movement::Deposited,
        "J24-drawn" | "J24-cut" | "J24-more" | "J24-decided-again" => Movement::Drawn,
        _ => Movement::Other,
    }
}

/// What moved on one item of an account by one journal in the period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatementLine {
    /// The claim or the insurer's reference; `None` on accounts without open items.
    pub item: Option<String>,
    /// The journal; `None` for an entry without a template.
    pub journal: Option<String>,
    /// What that is.
    pub movement: Movement,
    /// The sum, in minor units; a debit is positive: the insurer owes more.
    pub amount_minor: i64,
}

/// One account of the insurer in the period. Amounts in minor units, debit positive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountStatement {
    /// The account.
    pub account: AccountCode,
    /// What stood before the first day.
    pub opening_minor: i64,
    /// What moved, by item and journal.
    pub lines: Vec<StatementLine>,
    /// What stands after the last day.
    pub closing_minor: i64,
}

impl AccountStatement {
    /// What moved, by kind.
    pub fn movements(&self) -> BTreeMap<Movement, i64> {
        let mut sums = BTreeMap::new();
        for line in &self.lines {
            *sums.entry(line.movement).or_insert(0) += line.amount_minor;
        }
        sums
    }

    /// Whether opening and lines come to the closing.
    pub fn ties(&self) -> bool {
        let moved: i128 = self.lines.iter().map(|line| i128::from(line.amount_minor)).sum();
        i128::from(self.opening_minor) + moved == i128::from(self.closing_minor)
    }
}

/// An insurer's statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InsurerStatement {
    /// The insurer.
    pub insurer: PartyNo,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// When this was known: asked again with it, the answer is the same.
    pub known_at: Timestamp,
    /// Its accounts 1101, 1102, 1103, 1109, 2301 and 2302, in this order; those that it has.
    pub accounts: Vec<AccountStatement>,
}

/// The accounts that a statement is about.
pub const ACCOUNTS: [chart::Line; 6] =
    [chart::ADVANCED, chart::DUE, chart::PASS_THROUGH, chart::SHORTFALL, chart::INSURER_PAYABLE, chart::PREFUND];

/// The statement of an insurer for the days from one to another, both included, as it is or was known.
///
/// Costs two balances an account and the postings of the period.
pub async fn statement(
    client: &impl GenericClient,
    insurer: &PartyNo,
    (from, to): (Date, Date),
    known_at: Option<Timestamp>,
) -> Result<InsurerStatement, Error> {
    let known = horizon(client, Moment { as_of: None, known_at }).await?;
    let codes: Vec<AccountCode> = ACCOUNTS.iter().map(|line| line.of(insurer)).collect();
    let period = sql::insurers::statement::Period { from, to, until: known.sequence };
    let balances = sql::insurers::statement::balances(client, &codes, period).await?;
    let mut lines = sql::insurers::statement::lines(client, &codes, period).await?;
    let mut accounts = Vec::with_capacity(balances.len());
    for code in codes {
        let Some((opening_minor, closing_minor)) = balances.get(&code).copied() else { continue };
        let lines = lines.remove(&code).unwrap_or_default();
        let shown = AccountStatement { account: code, opening_minor, lines, closing_minor };
        if !shown.ties() {
            return Err(Error::Corrupt(format!("the statement of {} does not tie to the ledger", shown.account)));
        }
        accounts.push(shown);
    }
    Ok(InsurerStatement { insurer: insurer.clone(), from, to, known_at: known.known_at, accounts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_movement_follows_from_account_and_journal() {
        for (account, journal, expected) in [
            ("1101", Some("J3"), Movement::Advanced),
            ("1101", Some("J10"), Movement::Approved),
            ("1102", Some("J10"), Movement::Approved),
            ("1109", Some("J10"), Movement::Shortfall),
            ("1101", Some("J11"), Movement::Shortfall),
            ("1102", Some("J10d"), Movement::Approved),
            ("1109", Some("J10d"), Movement::Shortfall),
            ("1109", Some("J10c"), Movement::Borne),
            ("1102", Some("J9b"), Movement::Fee),
            ("1102", Some("J14b"), Movement::Paid),
            ("2301", Some("J14b"), Movement::TakenBack),
            ("2301", Some("J15"), Movement::Overpaid),
            ("1102", Some("J18"), Movement::TakenBack),
            ("1102", Some("J18b"), Movement::TakenBack),
            ("1109", Some("J18b"), Movement::Shortfall),
            ("1101", Some("J19a"), Movement::Returned),
            ("1103", Some("J23"), Movement::Approved),
            ("2302", Some("J24"), Movement::Deposited),
            ("2302", Some("J24-drawn"), Movement::Drawn),
            ("1102", Some("J25"), Movement::Tolerance),
            ("1102", Some("OURS"), Movement::Other),
            ("1102", None, Movement::Other),
        ] {
            assert_eq!(movement(account, journal), expected, "{account} {journal:?}");
        }
    }

    #[test]
    fn a_statement_that_does_not_tie_says_so() {
        let line = |movement, amount_minor| StatementLine { item: None, journal: None, movement, amount_minor };
        let mut shown = AccountStatement {
            account: AccountCode::parse("1102.picc").unwrap(),
            opening_minor: 100,
            lines: vec![line(Movement::Approved, 50), line(Movement::Paid, -120), line(Movement::Paid, -30)],
            closing_minor: 0,
        };
        assert!(shown.ties());
        assert_eq!(shown.movements(), BTreeMap::from([(Movement::Approved, 50), (Movement::Paid, -150)]));
        shown.closing_minor = 1;
        assert!(!shown.ties());
    }
}
