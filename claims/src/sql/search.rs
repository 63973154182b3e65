//! Searching claims. The statement has the conditions that are asked for and no others, so that each question is
//! planned for what it asks.

use deadpool_postgres::Client;
use dianfu_settlement::number::PartyNo;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::claim::{ClaimNo, PolicyNo, State};
use crate::error::Error;
use crate::party::Party;
use crate::search::{ClaimFilter, ListedClaim, Place, View};

use super::{corrupt, currency, number};

const SELECTED: &str = "
        SELECT claim_no, insurer_no, pharmacy_no, patient_no, policy_no, state, taken_in_at, currency, gross_minor,
               advance_minor
        FROM claim c
        WHERE true";

type Value = Box<dyn ToSql + Sync + Send>;

/// Conditions on a claim, and their values in the order of their numbers.
#[derive(Default)]
struct Conditions {
    clauses: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition if there is a value for it. `before` and `after` are the texts around the value's number.
    fn add<T: ToSql + Sync + Send + 'static>(&mut self, before: &str, value: Option<T>, after: &str) {
        if let Some(value) = value {
            self.values.push(Box::new(value));
            self.clauses.push(format!("\n          AND {before}${}{after}", self.values.len()));
        }
    }

    fn of(view: View<'_>, filter: &ClaimFilter, after: Option<&Place>) -> Conditions {
        let mut conditions = Conditions::default();
        let owned = |party: &Option<PartyNo>| party.as_ref().map(|number| number.as_str().to_owned());
        if let View::Of(party) = view {
            let own = match party {
                Party::Insurer(_) => "insurer_no = ",
                Party::Pharmacy(_) => "pharmacy_no = ",
                Party::Patient(_) => "patient_no = ",
            };
            conditions.add(own, Some(party.number().as_str().to_owned()), "");
        }
        let prefix = filter.number_prefix.as_ref().map(|prefix| prefix.as_str().to_owned());
        conditions.add("starts_with(claim_no, ", prefix, ")");
        conditions.add("patient_no = ", owned(&filter.patient), "");
        let drug = filter.drug.as_ref().map(|drug| drug.as_str().to_owned());
        conditions.add("claim_no IN (SELECT claim_no FROM claim_line WHERE drug_code = ", drug, ")");
        let states: Vec<&'static str> = filter.states.iter().copied().map(State::word).collect();
        conditions.add("state = ANY (", Some(states).filter(|states| !states.is_empty()), ")");
        conditions.add("insurer_no = ", owned(&filter.insurer), "");
        conditions.add("pharmacy_no = ", owned(&filter.pharmacy), "");
        conditions.add("policy_no = ", filter.policy_no.as_ref().map(|policy| policy.as_str().to_owned()), "");
        conditions.add("taken_in_at >= ", filter.from, "");
        conditions.add("taken_in_at < ", filter.to, "");
        if let Some(Place { taken_in_at, claim_no }) = after {
            conditions.values.push(Box::new(*taken_in_at));
            let at = conditions.values.len();
            let before = format!("(taken_in_at, claim_no) < (${at}, ");
            conditions.add(&before, Some(claim_no.as_str().to_owned()), ")");
        }
        conditions
    }
}

/// The claims that a filter means and a viewer may see, newest first.
pub async fn claims(
    client: &Client,
    view: View<'_>,
    filter: &ClaimFilter,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<ListedClaim>, Error> {
    let Conditions { clauses, mut values } = Conditions::of(view, filter, after);
    values.push(Box::new(limit));
    let order = "ORDER BY taken_in_at DESC, claim_no DESC";
    let sql = format!("{SELECTED}{}\n        {order}\n        LIMIT ${}", clauses.concat(), values.len());
    let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value.as_ref() as _).collect();
    client.query(&sql, &values).await?.iter().map(listed).collect()
}

/// The columns of a claim in a list.
pub(super) fn listed(row: &Row) -> Result<ListedClaim, Error> {
    Ok(ListedClaim {
        claim_no: number(ClaimNo::parse(row.get("claim_no")))?,
        insurer: number(PartyNo::parse(row.get("insurer_no")))?,
        pharmacy: number(PartyNo::parse(row.get("pharmacy_no")))?,
        patient: number(PartyNo::parse(row.get("patient_no")))?,
        policy_no: number(PolicyNo::parse(row.get("policy_no")))?,
        state: State::from_word(row.get("state")).ok_or_else(|| corrupt("claim.state"))?,
        taken_in_at: row.get("taken_in_at"),
        currency: currency(row)?,
        gross_minor: row.get("gross_minor"),
        advance_minor: row.get("advance_minor"),
    })
}
