//! What is on record about a book: limits on groups of accounts, holds that are open, periods that are closed.

use dianfu_ledger::account::{AccountCode, Limits};
use dianfu_ledger::entry::Receipt;
use dianfu_ledger::limit_group::{GroupFault, LimitGroup, LimitGroupView};
use dianfu_ledger::money::{Currency, Money, MoneyError, decimal_text};
use dianfu_ledger::period::{Closing, Period, PeriodFault, Reopening, Tightness as BookTightness};
use dianfu_ledger::query::HoldView;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::Side;
use super::account::account_code;
use super::time;
use crate::problem::Violation;

/// Limits on what stands on several accounts together, settled plus the worse side of what is held.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLimitGroup)]
pub struct NewLimitGroupBody {
    /// ISO 4217; all of its accounts hold it.
    #[schema(example = "CNY")]
    currency: String,
    /// The side from which its balance is seen.
    normal_side: Side,
    /// The balance must not fall below this decimal amount.
    #[serde(default)]
    min: Option<String>,
    /// The balance must not rise above this decimal amount; a credit line.
    #[serde(default)]
    #[schema(example = "8000000.00")]
    max: Option<String>,
    /// Its accounts.
    #[schema(example = json!(["1101.picc", "1102.picc", "1109.picc"]))]
    accounts: Vec<String>,
    /// Why, for the record.
    pub reason: String,
}

impl NewLimitGroupBody {
    /// Reads amounts and codes; the ledger checks the rest.
    pub fn into_group(self) -> Result<LimitGroup, Violation> {
        let currency: Currency = self
            .currency
            .parse()
            .map_err(|error: MoneyError| Violation::at(error.code(), "/currency", error.to_string()))?;
        let limit = |text: Option<String>, pointer| {
            let minor = text.map(|text| Money::parse(&text, currency).map(|money| money.minor)).transpose();
            minor.map_err(|error| Violation::at(error.code(), pointer, error.to_string()))
        };
        let limits = Limits { min_minor: limit(self.min, "/min")?, max_minor: limit(self.max, "/max")? };
        let accounts = self.accounts.iter().enumerate().map(|(at, code)| account_code(code, format!("/accounts/{at}")));
        let accounts = accounts.collect::<Result<_, _>>()?;
        Ok(LimitGroup { currency, normal_side: self.normal_side.into(), limits, accounts })
    }
}

/// What is wrong with a limit group, at its field.
pub fn of_group_fault(fault: &GroupFault) -> Violation {
    Violation::at(fault.code(), format!("/{}", fault.field()), fault.to_string())
}

/// A limit group in force.
#[derive(Serialize, ToSchema)]
#[schema(as = LimitGroup)]
pub struct LimitGroupBody {
    #[schema(example = "credit line of picc")]
    name: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    normal_side: Side,
    min: Option<String>,
    max: Option<String>,
    accounts: Vec<String>,
    /// Since when it is in force.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Who has set it.
    actor: String,
    /// Why.
    reason: String,
}

impl From<LimitGroupView> for LimitGroupBody {
    fn from(LimitGroupView { name, group, recorded_at, actor, reason }: LimitGroupView) -> LimitGroupBody {
        let limit = |minor: Option<i64>| minor.map(|minor| decimal_text(minor.into(), group.currency));
        LimitGroupBody {
            name,
            currency: group.currency,
            normal_side: group.normal_side.into(),
            min: limit(group.limits.min_minor),
            max: limit(group.limits.max_minor),
            accounts: group.accounts.iter().map(ToString::to_string).collect(),
            recorded_at,
            actor,
            reason,
        }
    }
}

/// Limit groups by name.
#[derive(Serialize, ToSchema)]
#[schema(as = LimitGroups)]
pub struct LimitGroupsBody {
    /// The groups.
    pub limit_groups: Vec<LimitGroupBody>,
}

/// What is still held on one account and item.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldPosting)]
pub struct HeldBody {
    #[schema(example = "1101.picc")]
    account: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "15200.00")]
    debit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    item: Option<String>,
}

/// A hold of which something is left.
#[derive(Serialize, ToSchema)]
#[schema(as = Hold)]
pub struct HoldBody {
    id: Uuid,
    sequence: i64,
    #[schema(value_type = String, format = Date)]
    effective_date: Date,
    #[schema(value_type = String, format = DateTime)]
    booked_at: Timestamp,
    /// When it ends by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// The group that it is captured or released with.
    hold_group: Option<Uuid>,
    reference: String,
    description: String,
    actor: String,
    /// What it still holds.
    left: Vec<HeldBody>,
}

impl From<HoldView> for HoldBody {
    fn from(hold: HoldView) -> HoldBody {
        let left = hold.left.into_iter().map(|leg| {
            let amount = Some(leg.amount.without_sign().to_decimal_string());
            let (debit, credit) = if leg.amount.minor > 0 { (amount, None) } else { (None, amount) };
            HeldBody { account: leg.account.to_string(), debit, credit, currency: leg.amount.currency, item: leg.item }
        });
        HoldBody {
            id: hold.id,
            sequence: hold.sequence,
            effective_date: hold.effective_date,
            booked_at: hold.booked_at,
            expires_at: hold.expires_at,
            hold_group: hold.hold_group,
            reference: hold.reference,
            description: hold.description,
            actor: hold.actor,
            left: left.collect(),
        }
    }
}

/// Open holds, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = HoldPage)]
pub struct HoldPageBody {
    /// The holds.
    pub holds: Vec<HoldBody>,
    /// What to ask for with `before` to read on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// How tightly days are closed.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tightness {
    /// Adjusting entries are still taken.
    Soft,
    /// Nothing is.
    Hard,
}

impl From<Tightness> for BookTightness {
    fn from(how: Tightness) -> BookTightness {
        match how {
            Tightness::Soft => BookTightness::Soft,
            Tightness::Hard => BookTightness::Hard,
        }
    }
}

/// Days that are to be closed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewClosing)]
pub struct NewClosingBody {
    /// The last of them; it must be over.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-04-30")]
    pub through: Date,
    /// How tightly.
    pub how: Tightness,
    /// Why, for the record.
    pub reason: String,
}

/// Days that are to be taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReopening)]
pub struct NewReopeningBody {
    /// The first of them.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-04-01")]
    from: Date,
    /// `soft`: out of all closings, so that anybody may post. `hard`: so that adjusters may.
    out_of: Tightness,
    /// Why, for the record.
    pub reason: String,
}

impl NewReopeningBody {
    /// As the ledger takes it.
    pub fn reopening(&self) -> Reopening {
        Reopening { from: self.from, out_of: self.out_of.into() }
    }
}

/// Agreement to a proposal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Approval)]
pub struct ApprovalBody {
    /// Why, for the record.
    pub reason: String,
}

/// The end of a year.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewYearEnd)]
pub struct NewYearEndBody {
    /// Its last day.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-12-31")]
    pub through: Date,
    /// Equity accounts that take the result, one a currency.
    #[schema(example = json!(["3900"]))]
    retained_earnings: Vec<String>,
}

impl NewYearEndBody {
    /// The accounts that take the result.
    pub fn retained_earnings(&self) -> Result<Vec<AccountCode>, Violation> {
        let codes = self.retained_earnings.iter().enumerate();
        codes.map(|(at, code)| account_code(code, format!("/retained_earnings/{at}"))).collect()
    }
}

/// An entry that has moved a result.
#[derive(Serialize, ToSchema)]
#[schema(as = YearEndEntry)]
pub struct YearEndEntryBody {
    sequence: i64,
    #[schema(value_type = String, format = DateTime)]
    booked_at: Timestamp,
}

/// What has moved to retained earnings.
#[derive(Serialize, ToSchema)]
#[schema(as = YearEnd)]
pub struct YearEndBody {
    /// The entries that did it; none if there was nothing to move.
    entries: Vec<YearEndEntryBody>,
}

impl From<Vec<Receipt>> for YearEndBody {
    fn from(receipts: Vec<Receipt>) -> YearEndBody {
        let entry = |receipt: Receipt| YearEndEntryBody { sequence: receipt.sequence, booked_at: receipt.booked_at };
        YearEndBody { entries: receipts.into_iter().map(entry).collect() }
    }
}

/// What is wrong with a closing or a reopening, at its field.
pub fn of_period_fault(fault: &PeriodFault) -> Violation {
    Violation::at(fault.code(), format!("/{}", fault.field()), fault.to_string())
}

/// The number under which something is on record.
#[derive(Serialize, ToSchema)]
#[schema(as = Recorded)]
pub struct RecordedBody {
    /// The number.
    pub record: i64,
}

/// The trial balance of the last day that a hard closing closed.
#[derive(Serialize, ToSchema)]
#[schema(as = TrialBalanceSeal)]
pub struct SealBody {
    #[schema(value_type = String, format = Date)]
    as_of: Date,
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    rows: usize,
    /// SHA-256 of its rows by account: `ACCOUNT|CURRENCY|DEBITS|CREDITS` and a line feed each, in minor units.
    sha256: String,
}

/// Something that was closed, proposed or reopened.
#[derive(Serialize, ToSchema)]
#[schema(as = PeriodRecord)]
pub struct PeriodRecordBody {
    record: i64,
    /// `closed`, `proposed` or `reopened`.
    what: &'static str,
    /// Days up to this one take adjusting entries only, from then on.
    #[schema(value_type = Option<String>, format = Date)]
    soft_through: Option<Date>,
    /// Days up to this one take no entry, from then on.
    #[schema(value_type = Option<String>, format = Date)]
    hard_through: Option<Date>,
    /// Of a proposal: the first day that would be open again.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Of a proposal: what the days would be taken out of.
    out_of: Option<Tightness>,
    /// The proposal that was agreed to.
    proposal: Option<i64>,
    trial_balance: Option<SealBody>,
    proposed_by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    actor: String,
    reason: String,
}

/// What is closed, and everything that was ever done about it.
#[derive(Serialize, ToSchema)]
#[schema(as = Periods)]
pub struct PeriodsBody {
    /// Days up to this one take adjusting entries only.
    #[schema(value_type = Option<String>, format = Date)]
    soft_through: Option<Date>,
    /// Days up to this one take no entry.
    #[schema(value_type = Option<String>, format = Date)]
    hard_through: Option<Date>,
    /// Oldest first.
    records: Vec<PeriodRecordBody>,
}

impl From<Vec<Period>> for PeriodsBody {
    fn from(periods: Vec<Period>) -> PeriodsBody {
        let last = periods.iter().rev().find_map(|period| period.closing.clone()).unwrap_or_default();
        let (soft_through, hard_through) = (last.soft_through, last.hard_through);
        PeriodsBody { soft_through, hard_through, records: periods.into_iter().map(PeriodRecordBody::from).collect() }
    }
}

impl From<Period> for PeriodRecordBody {
    fn from(period: Period) -> PeriodRecordBody {
        let Period { record, closing, reopening } = period;
        let what = match &closing {
            None => "proposed",
            Some(Closing { proposal: Some(_), .. }) => "reopened",
            Some(_) => "closed",
        };
        let Closing { soft_through, hard_through, proposal, trial_balance } = closing.unwrap_or_default();
        let out_of = reopening.as_ref().map(|reopening| match reopening.out_of {
            BookTightness::Soft => Tightness::Soft,
            BookTightness::Hard => Tightness::Hard,
        });
        let seal = trial_balance.map(|seal| SealBody {
            as_of: seal.as_of,
            known_at: seal.known_at,
            rows: seal.rows,
            sha256: seal.sha256,
        });
        PeriodRecordBody {
            record: record.register_no,
            what,
            soft_through,
            hard_through,
            from: reopening.map(|reopening| reopening.from),
            out_of,
            proposal,
            trial_balance: seal,
            proposed_by: record.proposed_by,
            recorded_at: record.recorded_at,
            actor: record.actor,
            reason: record.reason,
        }
    }
}
