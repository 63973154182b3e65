//! Several currencies: exchanges, settlements, and revaluations, as they come and as they are shown.

use dianfu_ledger::entry::{NewEntry, NewPosting, Receipt};
use dianfu_ledger::fx::{FxFault, Quoted, Revaluation, Revalued, RevaluedAccount, Side, Trade, TradeKind, Traded};
use dianfu_ledger::money::{Currency, Money, decimal_text};
use dianfu_ledger::rate::{Quotation, RateKind, RateValue};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::account_code;
use super::rate::{AskedRule, currency, of_fault, pair};
use super::time;
use crate::problem::Violation;

/// An account that gives or takes.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTradeSide)]
pub struct SideBody {
    /// The account.
    #[schema(example = "1002.usd")]
    pub account: String,
    /// Its open item, if it keeps items.
    #[serde(default)]
    pub item: Option<String>,
    /// How much, above zero; left out on one side to have it worked out.
    #[serde(default)]
    #[schema(example = "100.00")]
    pub amount: Option<String>,
    /// The currency of the amount.
    #[serde(default)]
    #[schema(example = "USD")]
    pub currency: Option<String>,
}

/// A rate that was agreed on.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AgreedRate)]
pub struct AgreedRateBody {
    /// Either way round.
    #[schema(example = "USD/CNY")]
    pub pair: String,
    /// Units of the second for one of the first.
    #[schema(example = "7.1234")]
    pub rate: String,
}

/// What is to be exchanged between two currencies, or settled in a foreign one.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTrade)]
pub struct NewTradeBody {
    /// The entry's id: yours, and means one thing for ever.
    pub id: Uuid,
    /// The day.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-04-30")]
    pub date: Date,
    /// What gives: it is credited.
    pub from: SideBody,
    /// What takes: it is debited.
    pub to: SideBody,
    /// At this rate; at that of the table if an amount or the value is to be worked out and no rate is given.
    #[serde(default)]
    pub rate: Option<AgreedRateBody>,
    /// What both sides are worth in the functional currency, if neither is an amount of it; else by the table.
    #[serde(default)]
    pub value: Option<String>,
    /// The kind of rates of the table; `spot` if left out.
    #[serde(default)]
    pub rate_kind: Option<String>,
    /// A rate of at most so many days before may stand in.
    #[serde(default)]
    pub max_age: u16,
    /// A rate the other way round may.
    #[serde(default)]
    pub inverse: bool,
    /// Two over this currency may.
    #[serde(default)]
    pub via: Option<String>,
    /// It adjusts a period that is closed to all but adjusters. Needs the right to adjust.
    #[serde(default)]
    pub adjusting: bool,
    /// The business document.
    #[serde(default)]
    pub reference: String,
    /// A sentence for a person.
    #[serde(default)]
    pub description: String,
    /// Only say what would be posted.
    #[serde(default)]
    pub dry_run: bool,
}

impl NewTradeBody {
    /// Reads it; what is wrong, at its field. `functional` is needed where a value is given.
    pub fn read(self, kind: TradeKind, functional: Option<Currency>, actor: &str) -> Result<Trade, Violation> {
        let value = match (self.value, functional) {
            (Some(text), Some(functional)) => {
                let read = Money::parse(&text, functional);
                Some(read.map_err(|error| Violation::at(error.code(), "/value", error.to_string()))?)
            }
            _ => None,
        };
        let rate = match self.rate {
            None => None,
            Some(AgreedRateBody { pair: given, rate }) => Some(Quoted {
                pair: pair(&given, "/rate/pair")?,
                value: RateValue::parse(&rate).map_err(|fault| of_fault(&fault, "/rate/rate"))?,
            }),
        };
        let asked = AskedRule { kind: self.rate_kind, max_age: self.max_age, inverse: self.inverse, via: self.via };
        Ok(Trade {
            id: self.id,
            kind,
            date: self.date,
            from: side(self.from, "/from")?,
            to: side(self.to, "/to")?,
            rate,
            value,
            rule: asked.read(RateKind::spot(), "")?,
            adjusting: self.adjusting,
            reference: self.reference,
            description: self.description,
            actor: actor.to_owned(),
        })
    }
}

fn side(body: SideBody, place: &str) -> Result<Side, Violation> {
    let amount = match (body.amount, body.currency) {
        (None, _) => None,
        (Some(amount), Some(code)) => {
            let currency = currency(&code, &format!("{place}/currency"))?;
            let read = Money::parse(&amount, currency);
            Some(read.map_err(|error| Violation::at(error.code(), format!("{place}/amount"), error.to_string()))?)
        }
        (Some(_), None) => {
            let pointer = format!("{place}/currency");
            return Err(Violation::at("currency_missing", pointer, "an amount needs its currency beside it"));
        }
    };
    Ok(Side { account: account_code(&body.account, format!("{place}/account"))?, item: body.item, amount })
}

/// What is wrong, at its place.
pub fn of_fx_fault(fault: &FxFault) -> Violation {
    let violation = Violation::at(fault.code, fault.pointer.as_str(), fault.message.as_str());
    match (&fault.expected, &fault.actual) {
        (Some(expected), Some(actual)) => violation.expected(expected.as_str(), actual.as_str()),
        _ => violation,
    }
}

/// A leg that is posted.
#[derive(Serialize, ToSchema)]
#[schema(as = TradeLeg)]
struct LegBody {
    account: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    debit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
    #[schema(value_type = String, example = "USD")]
    currency: Currency,
    item: Option<String>,
}

impl From<NewPosting> for LegBody {
    fn from(posting: NewPosting) -> LegBody {
        let text = posting.amount.without_sign().to_decimal_string();
        let (debit, credit) = if posting.amount.minor > 0 { (Some(text), None) } else { (None, Some(text)) };
        let currency = posting.amount.currency;
        LegBody { account: posting.account.to_string(), debit, credit, currency, item: posting.item }
    }
}

/// What was exchanged or settled.
#[derive(Serialize, ToSchema)]
#[schema(as = Trade)]
pub struct TradeBody {
    id: Uuid,
    /// `posted`, `replayed` if it was in the books already, or `rehearsed`.
    #[schema(example = "posted")]
    status: &'static str,
    /// The entry's number; absent in a rehearsal.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<i64>,
    /// What both sides are worth in the functional currency; absent where it was in the books already.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// The realised gain, below zero for a loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    realised: Option<String>,
    /// The functional currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "CNY")]
    currency: Option<Currency>,
    /// Every rate of the table that was used.
    rates: Vec<String>,
    /// The legs.
    postings: Vec<LegBody>,
}

impl TradeBody {
    /// Of what was done, or of its rehearsal.
    pub fn new(id: Uuid, traded: Traded, dry_run: bool) -> Result<TradeBody, FxFault> {
        match traded {
            Traded::Posted { receipt, entry, value, gain, rates } => {
                let NewEntry { postings, .. } = *entry;
                Ok(TradeBody {
                    id,
                    status: if dry_run { "rehearsed" } else { "posted" },
                    sequence: (!dry_run).then_some(receipt.sequence),
                    value: Some(value.to_decimal_string()),
                    realised: Some(gain.to_decimal_string()),
                    currency: Some(value.currency),
                    rates: rates.iter().map(Quotation::words).collect(),
                    postings: postings.into_iter().map(LegBody::from).collect(),
                })
            }
            Traded::Replayed(receipt) => Ok(TradeBody {
                id,
                status: "replayed",
                sequence: Some(receipt.sequence),
                value: None,
                realised: None,
                currency: None,
                rates: Vec::new(),
                postings: Vec::new(),
            }),
            Traded::Refused(fault) => Err(fault),
        }
    }

    /// Whether it is new in the books.
    pub fn is_new(&self) -> bool {
        self.status == "posted"
    }
}

/// What is to be revalued.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRevaluation)]
pub struct NewRevaluationBody {
    /// The last day of the period.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-04-30")]
    date: Date,
    /// The accounts; if left out, those whose metadata says `"monetary": true`.
    #[serde(default)]
    accounts: Vec<String>,
    /// The kind of rates at which balances are valued; `closing` if left out.
    #[serde(default)]
    rate_kind: Option<String>,
    /// A rate of at most so many days before may stand in.
    #[serde(default)]
    max_age: u16,
    /// A rate the other way round may.
    #[serde(default)]
    inverse: bool,
    /// Two over this currency may.
    #[serde(default)]
    via: Option<String>,
    /// It adjusts a period that is closed to all but adjusters. Needs the right to adjust.
    #[serde(default)]
    pub adjusting: bool,
    /// Only say what would be posted.
    #[serde(default)]
    pub dry_run: bool,
}

impl NewRevaluationBody {
    /// Reads it; what is wrong, at its field.
    pub fn read(self, actor: &str) -> Result<Revaluation, Violation> {
        let accounts = self.accounts.iter().enumerate();
        let accounts = accounts.map(|(at, code)| account_code(code, format!("/accounts/{at}")));
        let accounts = accounts.collect::<Result<_, _>>()?;
        let asked = AskedRule { kind: self.rate_kind, max_age: self.max_age, inverse: self.inverse, via: self.via };
        let rule = asked.read(RateKind::closing(), "")?;
        let carried_at = dianfu_ledger::rate::Rule { kind: RateKind::spot(), ..rule.clone() };
        let (date, adjusting, actor) = (self.date, self.adjusting, actor.to_owned());
        Ok(Revaluation { date, accounts, rule, carried_at, adjusting, actor })
    }
}

/// An account that was valued. Amounts are positive for a debit.
#[derive(Serialize, ToSchema)]
#[schema(as = RevaluedAccount)]
struct RevaluedBody {
    #[schema(example = "1002.usd")]
    account: String,
    /// What stands on it, in its currency.
    balance: String,
    #[schema(value_type = String, example = "USD")]
    currency: Currency,
    /// At what that is carried, in the functional currency, as all that follows.
    carried: String,
    /// The rate.
    #[schema(example = "USD/CNY 7.1234 closing 2026-04-30")]
    rate: String,
    /// What it is worth at that rate.
    value: String,
    /// The value above what it is carried at: the unrealised gain.
    difference: String,
    /// What earlier revaluations of the same day had posted.
    posted_before: String,
    /// What is posted now.
    posted_now: String,
}

/// What a revaluation came to.
#[derive(Serialize, ToSchema)]
#[schema(as = Revaluation)]
pub struct RevaluationBody {
    /// The functional currency.
    #[schema(value_type = String, example = "CNY")]
    functional: Currency,
    /// Nothing was posted: this is what would have been.
    dry_run: bool,
    /// The accounts by code.
    accounts: Vec<RevaluedBody>,
    /// The numbers of the entries, each followed by the one that moves it back on the next day.
    sequences: Vec<i64>,
}

impl RevaluationBody {
    /// Of what was done, or of its rehearsal.
    pub fn new(revalued: Revalued, dry_run: bool) -> Result<RevaluationBody, FxFault> {
        match revalued {
            Revalued::Posted { functional, accounts, receipts } => {
                let shown = |account: RevaluedAccount| valued(&account, functional);
                let sequence = |receipt: &Receipt| receipt.sequence;
                let sequences = if dry_run { Vec::new() } else { receipts.iter().map(sequence).collect() };
                let accounts = accounts.into_iter().map(shown).collect();
                Ok(RevaluationBody { functional, dry_run, accounts, sequences })
            }
            Revalued::Refused(fault) => Err(fault),
        }
    }
}

fn valued(account: &RevaluedAccount, functional: Currency) -> RevaluedBody {
    let text = |minor| decimal_text(minor, functional);
    RevaluedBody {
        account: account.account.to_string(),
        balance: account.quantity(),
        currency: account.currency,
        carried: text(account.carried_minor),
        rate: account.rate.words(),
        value: text(account.value_minor),
        difference: text(account.difference_minor()),
        posted_before: text(account.posted_minor),
        posted_now: text(account.change_minor),
    }
}
