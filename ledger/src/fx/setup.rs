//! The functional currency of a book and the accounts through which other currencies are cleared.
//!
//! A row of the register; the last is in force. The clearing accounts of a currency are those of the setup with the
//! currency's code behind the dot: `1901.usd`, `1902.usd`, `1903.usd`.

use deadpool_postgres::Transaction;
use serde::{Deserialize, Serialize};
use tokio_postgres::GenericClient;

use super::FxFault;
use crate::account::{Account, AccountCode, AccountNote, AccountType, Limits, NewAccount};
use crate::error::Error;
use crate::journal::sql as journal;
use crate::money::Currency;
use crate::opening::{self, AccountOutcome};
use crate::register::{self, Record, Signature};

/// The kind under which the register keeps it.
pub const KIND: &str = "currencies";
const NAME: &str = "books";

/// How a book keeps several currencies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setup {
    /// The currency in which its result is measured.
    pub functional: Currency,
    /// Clearing: quantities.
    pub position: AccountCode,
    /// Clearing: what they cost.
    pub cost: AccountCode,
    /// What revaluation adds to the cost.
    pub revaluation: AccountCode,
    /// Income from what was exchanged or settled at a better rate.
    pub realised_gain: AccountCode,
    /// Expense from what was exchanged or settled at a worse rate.
    pub realised_loss: AccountCode,
    /// Income from revaluation.
    pub unrealised_gain: AccountCode,
    /// Expense from revaluation.
    pub unrealised_loss: AccountCode,
}

/// The setup as the register has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    functional: Currency,
    position: String,
    cost: String,
    revaluation: String,
    realised_gain: String,
    realised_loss: String,
    unrealised_gain: String,
    unrealised_loss: String,
}

impl Setup {
    /// With the accounts of the starter chart.
    pub fn starter(functional: Currency) -> Setup {
        let code = |code| AccountCode::parse(code).expect("the starter chart has codes");
        Setup {
            functional,
            position: code("1901"),
            cost: code("1902"),
            revaluation: code("1903"),
            realised_gain: code("4911"),
            realised_loss: code("5911"),
            unrealised_gain: code("4912"),
            unrealised_loss: code("5912"),
        }
    }

    /// The account of a currency's quantities.
    pub fn position(&self, currency: Currency) -> AccountCode {
        of_currency(&self.position, currency)
    }

    /// The account of what they cost.
    pub fn cost(&self, currency: Currency) -> AccountCode {
        of_currency(&self.cost, currency)
    }

    /// The account of what revaluation adds.
    pub fn revaluation(&self, currency: Currency) -> AccountCode {
        of_currency(&self.revaluation, currency)
    }

    /// The clearing accounts of a currency, each with the currency that it holds.
    fn clearing(&self, currency: Currency) -> [(AccountCode, Currency, &'static str); 3] {
        [
            (self.position(currency), currency, "position"),
            (self.cost(currency), self.functional, "cost of the position"),
            (self.revaluation(currency), self.functional, "revaluation of the position"),
        ]
    }

    /// The accounts of results with their fields and what they are.
    fn results(&self) -> [(&AccountCode, &'static str, AccountType); 4] {
        [
            (&self.realised_gain, "/realised_gain", AccountType::Income),
            (&self.realised_loss, "/realised_loss", AccountType::Expense),
            (&self.unrealised_gain, "/unrealised_gain", AccountType::Income),
            (&self.unrealised_loss, "/unrealised_loss", AccountType::Expense),
        ]
    }

    fn parse(json: &str) -> Option<Setup> {
        let content: Content = serde_json::from_str(json).ok()?;
        Some(Setup {
            functional: content.functional,
            position: AccountCode::parse(&content.position)?,
            cost: AccountCode::parse(&content.cost)?,
            revaluation: AccountCode::parse(&content.revaluation)?,
            realised_gain: AccountCode::parse(&content.realised_gain)?,
            realised_loss: AccountCode::parse(&content.realised_loss)?,
            unrealised_gain: AccountCode::parse(&content.unrealised_gain)?,
            unrealised_loss: AccountCode::parse(&content.unrealised_loss)?,
        })
    }

    fn to_json(&self) -> String {
        let content = Content {
            functional: self.functional,
            position: self.position.to_string(),
            cost: self.cost.to_string(),
            revaluation: self.revaluation.to_string(),
            realised_gain: self.realised_gain.to_string(),
            realised_loss: self.realised_loss.to_string(),
            unrealised_gain: self.unrealised_gain.to_string(),
            unrealised_loss: self.unrealised_loss.to_string(),
        };
        serde_json::to_string(&content).expect("a struct of texts is JSON")
    }
}

/// An account of one currency below another: `1901.usd`.
fn of_currency(control: &AccountCode, currency: Currency) -> AccountCode {
    let code = format!("{control}.{}", currency.code().to_ascii_lowercase());
    AccountCode::parse(&code).expect("a control account has room for a currency: checked when it is set")
}

/// The setup in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetupView {
    /// What it is.
    pub setup: Setup,
    /// Who has set it, when and why.
    pub record: Record,
}

/// The setup in force, if there is one.
pub async fn in_force(client: &impl GenericClient) -> Result<Option<SetupView>, Error> {
    let Some(record) = register::history(client, KIND, NAME).await?.pop() else { return Ok(None) };
    let corrupt = || Error::Corrupt("register.content of the currencies".to_owned());
    Ok(Some(SetupView { setup: Setup::parse(&record.content).ok_or_else(corrupt)?, record }))
}

/// The currency that an account holds; `None` if there is no such account.
pub async fn currency_of(client: &impl GenericClient, account: &AccountCode) -> Result<Option<Currency>, Error> {
    let found = client.query_opt(crate::query::sql::ACCOUNT, &[&account.as_str()]).await?;
    found.as_ref().map(crate::query::row::currency).transpose()
}

/// Sets a book up for several currencies, and opens the clearing accounts of some, inside the caller's transaction.
/// The accounts of results must be there. The functional currency is set once: every cost is measured in it.
pub async fn set(
    tx: &Transaction<'_>,
    setup: &Setup,
    currencies: &[Currency],
    signature: Signature<'_>,
) -> Result<Result<(), FxFault>, Error> {
    if let Err(fault) = signature.check() {
        return Ok(Err(FxFault::text(&fault)));
    }
    if let Err(fault) = check_codes(setup, currencies) {
        return Ok(Err(fault));
    }
    let mut head = journal::lock_head(tx).await?;
    let there = in_force(&**tx).await?;
    if let Some(there) = there.as_ref().filter(|there| there.setup.functional != setup.functional) {
        let message = format!("the functional currency is {}, and stays so", there.setup.functional);
        return Ok(Err(FxFault::new("functional_currency_fixed", "/functional", message)));
    }
    if let Err(fault) = check_results(tx, setup).await? {
        return Ok(Err(fault));
    }
    if there.is_none_or(|there| there.setup != *setup) {
        let now = journal::clock(tx).await?;
        register::record(tx, &mut head, KIND, NAME, &setup.to_json(), signature, now).await?;
    }
    open(tx, setup, currencies, signature.actor).await
}

/// Refuses control accounts below which the accounts of currencies could not be told apart or named.
fn check_codes(setup: &Setup, currencies: &[Currency]) -> Result<(), FxFault> {
    let controls = [(&setup.position, "/position"), (&setup.cost, "/cost"), (&setup.revaluation, "/revaluation")];
    for (at, (code, pointer)) in controls.iter().enumerate() {
        if AccountCode::parse(&format!("{code}.xxx")).is_none() {
            let message = format!("account {code} has no room for a currency behind it: at most 60 bytes");
            return Err(FxFault::new("account_malformed", *pointer, message));
        }
        if controls[..at].iter().any(|(other, _)| other == code) {
            return Err(FxFault::new("account_twice", *pointer, format!("account {code} is named twice")));
        }
    }
    match currencies.iter().position(|currency| *currency == setup.functional) {
        None => Ok(()),
        Some(at) => {
            let message = format!("{} is the functional currency: nothing of it is cleared", setup.functional);
            Err(FxFault::new("functional_currency", format!("/currencies/{at}"), message))
        }
    }
}

async fn check_results(tx: &Transaction<'_>, setup: &Setup) -> Result<Result<(), FxFault>, Error> {
    let results = setup.results();
    let codes: Vec<String> = results.iter().map(|(code, ..)| code.to_string()).collect();
    let known = journal::accounts(tx, &codes).await?;
    for (code, pointer, wanted) in results {
        let there: Option<&Account> = known.iter().map(|known| &known.account).find(|there| there.code == *code);
        let Some(there) = there else { return Ok(Err(FxFault::account_unknown(pointer, code))) };
        if there.currency != setup.functional {
            return Ok(Err(FxFault::currency(pointer, there, setup.functional)));
        }
        if there.account_type != wanted || there.open_item {
            let message = format!("account {code} must be of type {} and keep no items", wanted.word());
            return Ok(Err(FxFault::new("account_unfit", pointer, message)));
        }
    }
    Ok(Ok(()))
}

async fn open(
    tx: &Transaction<'_>,
    setup: &Setup,
    currencies: &[Currency],
    actor: &str,
) -> Result<Result<(), FxFault>, Error> {
    let mut accounts = Vec::new();
    for foreign in currencies {
        for (code, currency, name) in setup.clearing(*foreign) {
            accounts.push(NewAccount {
                code,
                name: format!("{foreign} clearing, {name}"),
                account_type: AccountType::Asset,
                currency,
                normal_side: AccountType::Asset.normal_side(),
                open_item: true,
                limits: Limits::default(),
                note: AccountNote::default(),
            });
        }
    }
    for (account, outcome) in accounts.iter().zip(opening::open_accounts(tx, &accounts, actor).await?) {
        let code = &account.code;
        match outcome {
            AccountOutcome::Opened(_) | AccountOutcome::Existing(_) => {}
            AccountOutcome::Conflict { field, first, given } => {
                let message = format!("account {code} is open with another {field}: there '{first}', here '{given}'");
                return Ok(Err(FxFault::new("account_conflict", "/currencies", message)));
            }
            AccountOutcome::Refused(fault) => {
                return Ok(Err(FxFault::new(fault.code(), "/currencies", format!("{code}: {fault}"))));
            }
        }
    }
    Ok(Ok(()))
}
