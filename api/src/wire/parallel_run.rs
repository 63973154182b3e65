//! Their balances beside ours.

use std::collections::{HashMap, HashSet};

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::{Currency, Money, decimal_text};
use dianfu_ledger::query::Moment;
use dianfu_ledger::report::parallel_run::{ParallelRow, ParallelRun, Theirs};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::account::account_code;
use super::entry::money_violation;
use super::time;
use crate::problem::Violation;

/// Balances of another system, to be compared with ours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewParallelRun)]
pub struct NewParallelRunBody {
    /// The last effective date that counts; without it all.
    #[serde(default, deserialize_with = "time::day")]
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// Ours as they were known then; without it now.
    #[serde(default, deserialize_with = "time::instant")]
    #[schema(value_type = Option<String>, format = DateTime)]
    known_at: Option<Timestamp>,
    /// A decimal amount that each account may differ by; without it nothing is forgiven.
    #[serde(default)]
    #[schema(example = "0.01")]
    pub tolerance: Option<String>,
    /// What their accounts are called here; one that is not listed has the same code in both.
    #[serde(default)]
    accounts: Vec<AccountNamesBody>,
    /// Each of their accounts and currencies once; several that are one of ours are added up.
    balances: Vec<TheirBalanceBody>,
}

/// What an account is called in both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountNames)]
struct AccountNamesBody {
    /// Their name of it.
    theirs: String,
    /// Its code here.
    #[schema(example = "1002.bank")]
    ours: String,
}

/// What another system has on an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TheirBalance)]
struct TheirBalanceBody {
    /// Their name of it.
    #[schema(example = "1101.picc")]
    account: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
    /// A decimal amount, debit positive.
    #[schema(example = "-15200.00")]
    balance: String,
}

impl NewParallelRunBody {
    /// The moment of ours.
    pub fn moment(&self) -> Moment {
        Moment { as_of: self.as_of, known_at: self.known_at }
    }

    /// Theirs by our codes, or all that cannot be read.
    pub fn theirs(&self) -> Result<Theirs, Vec<Violation>> {
        let (ours, mut wrong) = self.names();
        let (mut theirs, mut seen) = (Theirs::default(), HashSet::new());
        theirs.as_of = self.as_of;
        for (at, body) in self.balances.iter().enumerate() {
            match body.read(at, &ours) {
                Err(violation) => wrong.push(violation),
                Ok((_, currency, _)) if !seen.insert((&body.account, currency)) => {
                    let said = "this account stands here twice in this currency";
                    wrong.push(Violation::at("account_twice", format!("/balances/{at}/account"), said));
                }
                Ok((Some(code), currency, minor)) => *theirs.balances.entry((code, currency)).or_default() += minor,
                Ok((None, ..)) => {}
            }
        }
        if wrong.is_empty() { Ok(theirs) } else { Err(wrong) }
    }

    /// What their accounts are called here, and what is wrong with that. Of a name that is, nothing more is told.
    fn names(&self) -> (HashMap<&str, Option<AccountCode>>, Vec<Violation>) {
        let (mut names, mut wrong) = (HashMap::new(), Vec::new());
        for (at, AccountNamesBody { theirs, ours }) in self.accounts.iter().enumerate() {
            let read = account_code(ours, format!("/accounts/{at}/ours"));
            let code = read.map_err(|violation| wrong.push(violation)).ok();
            if names.insert(theirs.as_str(), code).is_some() {
                let said = "this account is named here twice";
                wrong.push(Violation::at("account_twice", format!("/accounts/{at}/theirs"), said));
            }
        }
        (names, wrong)
    }
}

impl TheirBalanceBody {
    fn read(
        &self,
        at: usize,
        ours: &HashMap<&str, Option<AccountCode>>,
    ) -> Result<(Option<AccountCode>, Currency, i128), Violation> {
        let place = |field: &str| format!("/balances/{at}/{field}");
        let code = match ours.get(self.account.as_str()) {
            Some(code) => code.clone(),
            None => Some(account_code(&self.account, place("account"))?),
        };
        let currency = self.currency.parse().map_err(|error| money_violation(&error, place("currency")))?;
        let money = Money::parse(&self.balance, currency).map_err(|error| money_violation(&error, place("balance")))?;
        Ok((code, currency, i128::from(money.minor)))
    }
}

/// Both books beside each other, debit positive.
#[derive(Serialize, ToSchema)]
#[schema(as = ParallelRun)]
pub struct ParallelRunBody {
    /// The last effective date that counts; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When ours was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// Whether the two agree on every account.
    agrees: bool,
    /// By account and currency.
    rows: Vec<ParallelRowBody>,
    /// One a currency.
    totals: Vec<ParallelRowBody>,
}

/// One account, or all of a currency together.
#[derive(Serialize, ToSchema)]
#[schema(as = ParallelRow)]
struct ParallelRowBody {
    /// Our code; null for a total.
    account: Option<String>,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// What they have; null if they do not have the account.
    theirs: Option<String>,
    /// What we have; null if we do not have the account.
    ours: Option<String>,
    /// Ours less theirs.
    difference: String,
    /// `equal`, `tolerated`, `differs`, `only_theirs` or `only_ours`.
    verdict: &'static str,
}

impl ParallelRunBody {
    /// Of a comparison with our books at a moment.
    pub fn new(run: ParallelRun, as_of: Option<Date>, known_at: Timestamp) -> ParallelRunBody {
        let bodies = |rows: Vec<ParallelRow>| rows.into_iter().map(ParallelRowBody::from).collect();
        let agrees = run.agrees();
        ParallelRunBody { as_of, known_at, agrees, rows: bodies(run.rows), totals: bodies(run.totals) }
    }
}

impl From<ParallelRow> for ParallelRowBody {
    fn from(row: ParallelRow) -> ParallelRowBody {
        let text = |minor: i128| decimal_text(minor, row.currency);
        ParallelRowBody {
            account: row.account.as_ref().map(ToString::to_string),
            currency: row.currency,
            theirs: row.theirs_minor.map(text),
            ours: row.ours_minor.map(text),
            difference: text(row.difference_minor()),
            verdict: row.verdict.word(),
        }
    }
}
