//! An insurer as it is looked at: where it stands, what it has handed in, what is agreed and what waits, and how much
//! of its credit line is used.
//!
//! Read in one transaction that holds the rows FOR SHARE, so that what is shown fits together. Costs a fixed number of
//! statements for one insurer, and as many for a list of any length.

use deadpool_postgres::Client;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

use crate::error::Error;
use crate::sql;

use super::Standing;
use super::checklist::Checklist;
use super::exposure::{Exposure, exposure};
use super::proposal::Proposal;
use super::standing::standings_in;
use super::terms::TermsVersion;

/// Everything on record about an insurer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InsurerView {
    /// Where it stands at the moment.
    pub standing: Standing,
    /// Its papers.
    pub checklist: Checklist,
    /// Every version of its contract terms, by version.
    pub terms: Vec<TermsVersion>,
    /// Every proposal about it, by number.
    pub proposals: Vec<Proposal>,
    /// What its credit line is used for; `None` if it has no accounts.
    pub exposure: Option<Exposure>,
}

/// An insurer in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedInsurer {
    /// Where it stands at the moment.
    pub standing: Standing,
    /// What its credit line is used for; `None` if it has no accounts.
    pub exposure: Option<Exposure>,
}

/// An insurer at a moment; `None` if it is not on record.
pub async fn view(client: &mut Client, insurer: &PartyNo, at: Timestamp) -> Result<Option<InsurerView>, Error> {
    let tx = client.transaction().await?;
    let mut standings = standings_in(&tx, std::slice::from_ref(insurer), at).await?;
    let Some(standing) = standings.remove(insurer) else { return Ok(None) };
    let checklist = sql::insurers::papers::papers(&tx, insurer).await?;
    let mut terms = sql::insurers::standing::terms(&tx, &[insurer.as_str()]).await?.remove(insurer).unwrap_or_default();
    terms.sort_by_key(|version| version.version);
    let proposals = sql::insurers::proposals::proposals(&tx, insurer).await?;
    let exposure = exposure(&*tx, std::slice::from_ref(insurer)).await?.pop();
    Ok(Some(InsurerView { standing, checklist, terms, proposals, exposure }))
}

/// All insurers at a moment, by number.
pub async fn list(client: &mut Client, at: Timestamp) -> Result<Vec<ListedInsurer>, Error> {
    let tx = client.transaction().await?;
    let numbers = sql::insurers::numbers(&tx).await?;
    let mut standings = standings_in(&tx, &numbers, at).await?;
    let mut exposures = exposure(&*tx, &numbers).await?;
    let listed = numbers.iter().filter_map(|number| {
        let at = exposures.iter().position(|known| known.insurer == *number);
        let exposure = at.map(|at| exposures.swap_remove(at));
        Some(ListedInsurer { standing: standings.remove(number)?, exposure })
    });
    Ok(listed.collect())
}
