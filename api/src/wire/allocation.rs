//! Allocations: a payment that is shared out over open items.

use dianfu_ledger::allocation::{Allocated, AllocationFault, NewAllocation, Share};
use dianfu_ledger::entry::Receipt;
use dianfu_ledger::money::{Currency, Money, MoneyError};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::account_code;
use super::time;
use crate::problem::Violation;

/// Open items of one account that are to be set off against each other.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAllocation)]
pub struct NewAllocationBody {
    /// Yours, as of any entry: a retry with the same id gives the first answer again.
    id: Uuid,
    /// The account that all items are on.
    #[schema(example = "1102.picc")]
    account: String,
    /// ISO 4217, of all amounts.
    #[schema(example = "CNY")]
    currency: String,
    /// When it counts; without it, the day it is booked.
    #[serde(default, deserialize_with = "time::day")]
    #[schema(value_type = Option<String>, format = Date)]
    effective_date: Option<Date>,
    /// The business document it stems from, at most 200 bytes.
    #[serde(default)]
    reference: String,
    /// A sentence for a person, at most 2,000 bytes.
    #[serde(default)]
    description: String,
    /// The items that give, such as payments, in the order in which they do.
    from: Vec<ShareBody>,
    /// The items that take, in the order in which they do; without any, those of the other side that are due first.
    #[serde(default)]
    to: Vec<ShareBody>,
}

/// An item, and how much of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AllocationShare)]
struct ShareBody {
    #[schema(example = "CLM-2026-000017")]
    item: String,
    /// A positive decimal amount, which is moved whole or not at all; without it, as much as there is.
    #[serde(default)]
    #[schema(example = "14000.00")]
    amount: Option<String>,
}

impl NewAllocationBody {
    /// Reads code and amounts; the ledger checks the rest.
    pub fn read(self, actor: String) -> Result<NewAllocation, Violation> {
        let account = account_code(&self.account, "/account")?;
        let misread = |pointer: &str, error: &MoneyError| Violation::at(error.code(), pointer, error.to_string());
        let currency: Currency = self.currency.parse().map_err(|error| misread("/currency", &error))?;
        let shares = |side: &str, shares: Vec<ShareBody>| {
            let share = |(at, ShareBody { item, amount }): (usize, ShareBody)| {
                let minor = amount.map(|text| Money::parse(&text, currency).map(|money| money.minor)).transpose();
                let minor = minor.map_err(|error| misread(&format!("/{side}/{at}/amount"), &error))?;
                Ok(Share { item, minor })
            };
            shares.into_iter().enumerate().map(share).collect::<Result<Vec<_>, Violation>>()
        };
        Ok(NewAllocation {
            id: self.id,
            account,
            currency,
            effective_date: self.effective_date,
            reference: self.reference,
            description: self.description,
            actor,
            from: shares("from", self.from)?,
            to: shares("to", self.to)?,
        })
    }
}

/// What is wrong with an allocation, at the item.
pub fn of_fault(fault: &AllocationFault, allocation: &NewAllocation) -> Violation {
    let at = |side: &'static str, shares: &[Share], item: &str| {
        shares.iter().rposition(|share| share.item == item).map(|at| format!("/{side}/{at}"))
    };
    let of_item = |item: &str| at("to", &allocation.to, item).or_else(|| at("from", &allocation.from, item));
    let place = match fault {
        AllocationFault::AccountUnknown { .. } | AllocationFault::NoOpenItems { .. } => "/account".to_owned(),
        AllocationFault::CurrencyMismatch { .. } => "/currency".to_owned(),
        AllocationFault::NothingGives => "/from".to_owned(),
        AllocationFault::NothingTakes => "/to".to_owned(),
        other => other.item().and_then(of_item).unwrap_or_default(),
    };
    let violation = Violation::at(fault.code(), place, fault.to_string());
    match fault.expected_actual() {
        Some((expected, actual)) => violation.expected(expected, actual),
        None => violation,
    }
}

/// What is posted on one item: exactly one of `debit` and `credit`.
#[derive(Serialize, ToSchema)]
#[schema(as = AllocatedItem)]
struct AllocatedBody {
    item: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "14000.00")]
    debit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
}

/// An allocation in the books. It is an entry: a reversal of it takes it back.
#[derive(Serialize, ToSchema)]
#[schema(as = Allocation)]
pub struct AllocationBody {
    /// Of the entry.
    id: Uuid,
    /// Of the entry; absent in a rehearsal.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<i64>,
    /// When the ledger knew it; absent in a rehearsal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    booked_at: Option<Timestamp>,
    /// Whether it was in the books already.
    replayed: bool,
    #[schema(example = "1102.picc")]
    account: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// The items that give, then those that take; only those on which something moves.
    items: Vec<AllocatedBody>,
}

impl AllocationBody {
    /// Of an allocation that went through; without a receipt it is a rehearsal.
    pub fn new(
        allocation: &NewAllocation,
        receipt: Option<Receipt>,
        replayed: bool,
        shares: Vec<Allocated>,
    ) -> AllocationBody {
        let item = |Allocated { item, amount }: Allocated| {
            let text = Some(amount.without_sign().to_decimal_string());
            let (debit, credit) = if amount.minor > 0 { (text, None) } else { (None, text) };
            AllocatedBody { item, debit, credit }
        };
        AllocationBody {
            id: allocation.id,
            sequence: receipt.map(|receipt| receipt.sequence),
            booked_at: receipt.map(|receipt| receipt.booked_at),
            replayed,
            account: allocation.account.to_string(),
            currency: allocation.currency,
            items: shares.into_iter().map(item).collect(),
        }
    }
}
