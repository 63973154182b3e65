//! An insurer's money: what it has paid in before anything is advanced, and its statement for a period.

use dianfu_claims::insurer::prefund::{Deposit, Prefund};
use dianfu_claims::insurer::statement::{AccountStatement, InsurerStatement, StatementLine};
use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::insurer_agreed::minor;
use super::time;
use crate::problem::Violation;

/// A deposit, as it is seen at the bank.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDeposit)]
pub struct NewDepositBody {
    /// Our bank account with clients' money that it arrived on.
    #[schema(example = "icbc")]
    bank: String,
    /// The bank's reference: unique for the bank account. The same again is the same deposit.
    #[schema(example = "BK-20260301-7")]
    bank_reference: String,
    /// How much, in the insurer's currency.
    #[schema(example = "500000.00")]
    amount: String,
    /// The day of the receipt.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-03-01")]
    on: Date,
}

/// A deposit that is booked.
#[derive(Serialize, ToSchema)]
#[schema(as = BookedDeposit)]
pub struct DepositBody {
    /// The entry.
    pub entry: Uuid,
    /// What is left of the insurer's deposits now.
    pub prefund: PrefundBody,
}

/// What is left of an insurer's deposits.
#[derive(Serialize, ToSchema)]
#[schema(as = Prefund)]
pub struct PrefundBody {
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// What was paid in and not drawn.
    #[schema(example = "500000.00")]
    balance: String,
    /// What of it is held for approved claims.
    #[schema(example = "0.00")]
    held: String,
}

/// A movement in a statement.
#[derive(Serialize, ToSchema)]
#[schema(as = InsurerStatementLine)]
pub struct StatementLineBody {
    /// The claim, or the insurer's reference; `null` on accounts without open items.
    #[schema(example = "CLM-1")]
    item: Option<String>,
    /// The journal; `null` for an entry by hand.
    #[schema(example = "J3")]
    journal: Option<String>,
    /// `advanced`, `approved`, `shortfall`, `borne`, `fee`, `paid`, `overpaid`, `taken_back`, `returned`, `rerun`,
    /// `tolerance`, `deposited`, `drawn` or `other`.
    #[schema(value_type = String, example = "advanced")]
    movement: &'static str,
    /// A positive amount is owed by the insurer.
    #[schema(example = "15200.00")]
    amount: String,
}

/// One account in a statement.
#[derive(Serialize, ToSchema)]
#[schema(as = InsurerStatementAccount)]
pub struct StatementAccountBody {
    #[schema(example = "1102.picc")]
    account: String,
    /// What stood before the first day; positive if the insurer owes it.
    opening: String,
    /// What moved, by item and journal.
    lines: Vec<StatementLineBody>,
    /// What stands after the last day: the opening and the lines.
    closing: String,
}

/// An insurer's statement: it ties to the ledger, or it is not given.
#[derive(Serialize, ToSchema)]
#[schema(as = InsurerStatement)]
pub struct StatementBody {
    #[schema(example = "picc")]
    insurer: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    #[schema(value_type = String, format = Date)]
    from: Date,
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// When this was known.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// Its accounts 1101, 1102, 1103, 1109, 2301 and 2302, those that it has.
    accounts: Vec<StatementAccountBody>,
}

impl NewDepositBody {
    /// Reads it, of an insurer and its currency.
    pub fn read(self, insurer: PartyNo, currency: Currency) -> Result<Deposit, Violation> {
        let NewDepositBody { bank, bank_reference, amount, on } = self;
        let malformed = |error: dianfu_settlement::number::NumberError| {
            Violation::at("number_malformed", "/bank", error.to_string())
        };
        let bank = PartyNo::parse(&bank).map_err(malformed)?;
        Ok(Deposit { insurer, bank, bank_reference, amount_minor: minor(&amount, currency, "/amount")?, on })
    }
}

impl PrefundBody {
    /// What is left, in the insurer's currency.
    pub fn of(prefund: Prefund, currency: Currency) -> PrefundBody {
        let Prefund { balance_minor, held_minor } = prefund;
        let [balance, held] = [balance_minor, held_minor].map(|minor| decimal_text(minor.into(), currency));
        PrefundBody { currency, balance, held }
    }
}

impl StatementBody {
    /// A statement, in the insurer's currency.
    pub fn of(statement: InsurerStatement, currency: Currency) -> StatementBody {
        let InsurerStatement { insurer, from, to, known_at, accounts } = statement;
        let accounts = accounts.into_iter().map(|account| StatementAccountBody::of(account, currency)).collect();
        StatementBody { insurer: insurer.into(), currency, from, to, known_at, accounts }
    }
}

impl StatementAccountBody {
    fn of(shown: AccountStatement, currency: Currency) -> StatementAccountBody {
        let text = |minor: i64| decimal_text(minor.into(), currency);
        let line = |StatementLine { item, journal, movement, amount_minor }| StatementLineBody {
            item,
            journal,
            movement: dianfu_claims::insurer::statement::Movement::word(movement),
            amount: text(amount_minor),
        };
        StatementAccountBody {
            account: shown.account.to_string(),
            opening: text(shown.opening_minor),
            lines: shown.lines.into_iter().map(line).collect(),
            closing: text(shown.closing_minor),
        }
    }
}
