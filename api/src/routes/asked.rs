//! Groups of parameters that several questions share.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::Moment;
use dianfu_ledger::report::Period;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de};

use crate::answer::Lasts;
use crate::problem::{Problem, Violation};
use crate::report::Format;
use crate::wire::time;

/// When.
#[derive(Clone, Copy, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MomentQuery {
    /// Only what counts up to this day; all if left out.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date, example = "2026-05-31")]
    as_of: Option<Date>,
    /// Only what the ledger knew at this time; now if left out. A cursor keeps the time of its first page.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<Timestamp>,
}

impl MomentQuery {
    /// The moment.
    pub fn moment(&self) -> Moment {
        Moment { as_of: self.as_of, known_at: self.known_at }
    }

    /// How long the answer lasts.
    pub fn lasts(&self) -> Lasts {
        Lasts::with(self.known_at)
    }
}

/// From when on.
#[derive(Clone, Copy, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FromQuery {
    /// The first day; what is dated before it is in the openings.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date, example = "2026-05-01")]
    from: Option<Date>,
}

impl FromQuery {
    /// From this day to the moment.
    pub fn until(self, moment: &MomentQuery) -> Period {
        Period { from: self.from, moment: moment.moment() }
    }
}

/// Which accounts.
#[derive(Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountQuery {
    /// The account; `1102` stands for all accounts below it too. Every account if left out.
    #[param(example = "1102")]
    account: Option<String>,
}

impl AccountQuery {
    /// The code.
    pub fn code(&self) -> Result<Option<AccountCode>, Problem> {
        self.account.as_deref().map(account_code).transpose()
    }
}

/// Reads the code in the parameter `account`.
pub fn account_code(text: &str) -> Result<AccountCode, Problem> {
    AccountCode::parse(text).ok_or_else(|| Problem::parameter("/query/account", "account is a code such as 1102.picc"))
}

/// Which page.
#[derive(Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// `next` of the page before, with the same other parameters. Only with JSON: every other format is the whole list.
    pub cursor: Option<String>,
    /// Rows a page: 1 to 1,000, 100 if left out. Only with JSON.
    #[param(example = 100)]
    pub limit: Option<u16>,
}

impl PageQuery {
    /// Refuses pages of what is given out whole.
    pub fn refuse_with(&self, format: Format) -> Result<(), Problem> {
        let given = [("cursor", self.cursor.is_some()), ("limit", self.limit.is_some())];
        let Some((name, _)) = given.into_iter().find(|(_, is_given)| *is_given) else { return Ok(()) };
        let message = format!("{} is the whole list: pages are for JSON", format.word());
        Err(Problem::parameter(&format!("/query/{name}"), message))
    }
}

/// In which format.
#[derive(Clone, Copy, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FormatQuery {
    /// `json`, `ndjson`, `csv`, `html` or `xlsx`; what the header `Accept` likes best if left out.
    #[serde(default, deserialize_with = "format")]
    #[param(value_type = Option<String>, example = "json")]
    pub format: Option<Format>,
}

fn format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Format>, D::Error> {
    let word = Option::<String>::deserialize(deserializer)?;
    word.map(|word| word.parse().map_err(de::Error::custom)).transpose()
}

/// Refuses a word that is none of a few.
pub fn one_of<T>(place: &str, word: &str, known: Option<T>, expected: &[&str]) -> Result<T, Problem> {
    known.ok_or_else(|| {
        let message = format!("'{word}' is none of {}", expected.join(", "));
        let violation = Violation::at("parameter_invalid", place, message.as_str());
        let errors = vec![violation.expected(expected.join(", "), word)];
        Problem::parameter(place, message).with_errors(errors)
    })
}
