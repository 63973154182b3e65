//! `dianfu account open`: one account.

use clap::{Args, ValueEnum};
use dianfu_api::wire::account::NewAccountBody;
use dianfu_api::wire::json::{self, Misread, Object};
use dianfu_ledger::account::{AccountCode, NewAccount, NormalSide};
use dianfu_ledger::opening::AccountOutcome;
use dianfu_ledger::query::AccountView;
use serde_json::json;

use crate::cli::arguments::account_code;
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No, note};
use crate::cli::print::Output;

/// Open an account
///
/// The same definition again is fine; another one for the same code is refused. Limits are on the balance seen from the
/// account's normal side, with money that is held counted in.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu account open 1002.bank --name \"Settlement account\" --type asset --currency CNY
  dianfu account open 1101.picc --name \"Advanced to PICC\" --type asset --currency CNY --open-item --max 5000000.00")]
pub struct Open {
    /// CODE or CODE.PARTY, such as 1101.picc; 1101 sums up all accounts that begin with `1101.`
    #[arg(value_parser = account_code)]
    code: AccountCode,
    /// A person's name for it
    #[arg(long)]
    name: String,
    /// Its one currency, such as CNY
    #[arg(long)]
    currency: String,
    /// What it stands for in the financial statements
    #[arg(long, value_enum)]
    r#type: Type,
    /// The side on which it normally stands, if not that of its type: a contra account
    #[arg(long, value_enum)]
    side: Option<Side>,
    /// Every posting names an item, such as a claim, and the items add up to the balance
    #[arg(long = "open-item")]
    has_items: bool,
    /// The balance never falls below this; 0 forbids an overdraft
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    min: Option<String>,
    /// The balance never rises above this: a credit line
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    max: Option<String>,
    /// The account or heading that it is rolled up to, if not what stands before the last dot of its code
    #[arg(long, value_name = "CODE")]
    parent: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Type {
    Asset,
    Liability,
    Equity,
    Income,
    Expense,
    Memo,
}

/// The side on which an account normally stands.
#[derive(Clone, Copy, ValueEnum)]
pub enum Side {
    /// Assets and expenses
    Debit,
    /// Liabilities, equity and income
    Credit,
}

impl From<Side> for NormalSide {
    fn from(side: Side) -> NormalSide {
        match side {
            Side::Debit => NormalSide::Debit,
            Side::Credit => NormalSide::Credit,
        }
    }
}

impl Open {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Open { code, name, currency, r#type, side, has_items, min, max, parent, output } = self;
        let body = json!({
            "code": code.as_str(), "name": name, "currency": currency, "type": word(r#type),
            "normal_side": side.as_ref().map(word), "open_item": has_items, "min": min, "max": max, "parent": parent,
        });
        let read = json::read::<Object<NewAccountBody>>(body.to_string().as_bytes()).map_err(Misread::into_violation);
        let account = read.and_then(|Object(body)| body.into_account());
        let account = account.map_err(|violation| No::new(violation.message))?;
        let outcomes = desk.ledger().await?.open_accounts(std::slice::from_ref(&account), &Desk::actor()).await?;
        match outcomes.into_iter().next().expect("one outcome an account") {
            AccountOutcome::Opened(_) => {}
            AccountOutcome::Existing(_) => {
                refuse_other(&account, &super::find(desk, code).await?)?;
                note(&format!("account {code} was open already, with this definition"));
            }
            AccountOutcome::Conflict { field, first, given } => {
                return Err(conflict(code, field, &first, &given).into());
            }
            AccountOutcome::Refused(fault) => return Err(No::new(fault.to_string()).into()),
        }
        super::show(desk, code, output).await
    }
}

/// The word of a choice, as the API has it.
fn word(choice: &impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// The answer where an account is open with another definition.
pub fn conflict(code: &AccountCode, field: &str, first: &str, given: &str) -> No {
    No::new(format!("account {code} is open with another {field}: there '{first}', here '{given}'"))
        .next("an account's definition never changes: open another account")
}

/// What was asked of an account that is open already and is not in force there.
pub fn others(asked: &NewAccount, there: &AccountView) -> Vec<&'static str> {
    let (limits, in_force) = (asked.limits, there.account.setting.limits);
    [
        ("name", asked.name != there.account.name),
        ("minimum", limits.min_minor.is_some() && limits.min_minor != in_force.min_minor),
        ("maximum", limits.max_minor.is_some() && limits.max_minor != in_force.max_minor),
        ("parent", asked.note.parent.is_some() && asked.note.parent != there.note.parent),
        ("metadata", asked.note.metadata.is_some() && asked.note.metadata != there.note.metadata),
    ]
    .into_iter()
    .filter_map(|(what, differs)| differs.then_some(what))
    .collect()
}

/// Says so if what was asked of an account that is open already is not in force there.
pub fn refuse_other(asked: &NewAccount, there: &AccountView) -> Result<(), No> {
    let others = others(asked, there);
    if others.is_empty() {
        return Ok(());
    }
    let said =
        format!("account {} was open already, with another {}; nothing is changed", asked.code, others.join(", "));
    Err(No::new(said).next("`dianfu account set` changes limits, parent and metadata; a name never changes"))
}
