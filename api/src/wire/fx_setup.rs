//! How a book keeps several currencies, as it comes and as it is shown.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::fx::{Setup, SetupView};
use dianfu_ledger::money::Currency;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::account_code;
use super::rate::currency;
use crate::problem::Violation;

/// How a book keeps several currencies.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCurrencySetup)]
pub struct NewSetupBody {
    /// The currency in which its result is measured; it is set once.
    #[schema(example = "CNY")]
    functional: String,
    /// The foreign currencies whose clearing accounts are to be opened.
    #[serde(default)]
    #[schema(example = json!(["USD"]))]
    currencies: Vec<String>,
    /// Clearing: quantities; `1901.usd` for `1901`, which it is if left out.
    #[serde(default)]
    position: Option<String>,
    /// Clearing: what they cost; `1902` if left out.
    #[serde(default)]
    cost: Option<String>,
    /// What revaluation adds to the cost; `1903` if left out.
    #[serde(default)]
    revaluation: Option<String>,
    /// An income account; `4911` if left out.
    #[serde(default)]
    realised_gain: Option<String>,
    /// An expense account; `5911` if left out.
    #[serde(default)]
    realised_loss: Option<String>,
    /// An income account; `4912` if left out.
    #[serde(default)]
    unrealised_gain: Option<String>,
    /// An expense account; `5912` if left out.
    #[serde(default)]
    unrealised_loss: Option<String>,
    /// Why, for the record.
    pub reason: String,
}

impl NewSetupBody {
    /// Reads it; what is wrong, at its field.
    pub fn read(&self) -> Result<(Setup, Vec<Currency>), Violation> {
        let starter = Setup::starter(currency(&self.functional, "/functional")?);
        let or = |given: &Option<String>, or: AccountCode, pointer: &str| match given {
            None => Ok(or),
            Some(code) => account_code(code, pointer),
        };
        let setup = Setup {
            functional: starter.functional,
            position: or(&self.position, starter.position, "/position")?,
            cost: or(&self.cost, starter.cost, "/cost")?,
            revaluation: or(&self.revaluation, starter.revaluation, "/revaluation")?,
            realised_gain: or(&self.realised_gain, starter.realised_gain, "/realised_gain")?,
            realised_loss: or(&self.realised_loss, starter.realised_loss, "/realised_loss")?,
            unrealised_gain: or(&self.unrealised_gain, starter.unrealised_gain, "/unrealised_gain")?,
            unrealised_loss: or(&self.unrealised_loss, starter.unrealised_loss, "/unrealised_loss")?,
        };
        let foreign = self.currencies.iter().enumerate();
        let foreign = foreign.map(|(at, code)| currency(code, &format!("/currencies/{at}")));
        Ok((setup, foreign.collect::<Result<_, _>>()?))
    }
}

/// How the book keeps several currencies.
#[derive(Serialize, ToSchema)]
#[schema(as = CurrencySetup)]
pub struct SetupBody {
    #[schema(value_type = String, example = "CNY")]
    functional: Currency,
    position: String,
    cost: String,
    revaluation: String,
    realised_gain: String,
    realised_loss: String,
    unrealised_gain: String,
    unrealised_loss: String,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    actor: String,
    reason: String,
}

impl From<SetupView> for SetupBody {
    fn from(SetupView { setup, record }: SetupView) -> SetupBody {
        SetupBody {
            functional: setup.functional,
            position: setup.position.to_string(),
            cost: setup.cost.to_string(),
            revaluation: setup.revaluation.to_string(),
            realised_gain: setup.realised_gain.to_string(),
            realised_loss: setup.realised_loss.to_string(),
            unrealised_gain: setup.unrealised_gain.to_string(),
            unrealised_loss: setup.unrealised_loss.to_string(),
            recorded_at: record.recorded_at,
            actor: record.actor,
            reason: record.reason,
        }
    }
}
