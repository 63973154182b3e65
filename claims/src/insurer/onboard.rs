//! The whole of onboarding in one go, for an insurer whose papers are at hand: registered, its terms agreed, its papers
//! handed in and judged, its modules on, and live. Each step is the one that is taken by hand, in the same order, by
//! the same two people; the same again is fine.

use deadpool_postgres::Client;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::error::Error;
use crate::sql;

use super::checklist::{CheckItem, NewPaper, hand_in, judge};
use super::modules::{Module, NewSwitch, switch};
use super::proposal::{Act, approve, propose};
use super::refusal::InsurerRefusal;
use super::terms::ContractTerms;
use super::{Insurer, register};

/// What is known of an insurer that goes live.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Onboarding {
    /// Who it is.
    pub insurer: Insurer,
    /// Its credit line, in minor units.
    pub credit_line_minor: i64,
    /// What its contract says.
    pub terms: ContractTerms,
    /// The contract's first day.
    pub effective_from: Date,
    /// Its papers, one for each item of the checklist.
    pub papers: Vec<NewPaper>,
    /// What it takes part in.
    pub modules: Vec<Module>,
}

impl Onboarding {
    /// An insurer whose papers lie in one document: advances within the credit line, no fee, thirty days, the usual
    /// bearers, a licence for three years, and every module but the coverage check.
    pub fn plain(
        insurer: Insurer,
        credit_line_minor: i64,
        effective_from: Date,
        evidence_sha256: [u8; 32],
    ) -> Onboarding {
        let expires_on = effective_from.saturating_add(3.years());
        let paper = |item: CheckItem| NewPaper {
            item,
            evidence_sha256,
            note: item.word().to_owned(),
            expires_on: (item == CheckItem::Licence).then_some(expires_on),
        };
        let modules = Module::ALL.into_iter().filter(|module| *module != Module::CoverageCheck).collect();
        let papers = CheckItem::ALL.into_iter().map(paper).collect();
        Onboarding { insurer, credit_line_minor, terms: ContractTerms::plain(), effective_from, papers, modules }
    }
}

/// Brings an insurer live: the maker hands in and proposes, the checker judges and approves.
pub async fn onboard(
    client: &mut Client,
    onboarding: &Onboarding,
    (maker, checker): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), InsurerRefusal>, Error> {
    let Onboarding { insurer, credit_line_minor, terms, effective_from, papers, modules } = onboarding;
    let number = &insurer.insurer_no;
    if let Err(refusal) = register(client, insurer, *credit_line_minor, maker, now).await? {
        return Ok(Err(refusal.into()));
    }
    if is_begun(client, insurer).await? {
        return Ok(Ok(()));
    }
    for paper in papers {
        let paper_no = match hand_in(client, number, paper, maker, now).await? {
            Ok(paper_no) => paper_no,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = judge(client, number, (paper.item, paper_no), (true, "onboarding"), checker, now).await? {
            return Ok(Err(refusal));
        }
    }
    let on =
        |module: &Module| NewSwitch { module: *module, is_on: true, from_at: now, reason: "onboarding".to_owned() };
    let switches: Vec<NewSwitch> = modules.iter().map(on).collect();
    if let Err(refusal) = switch(client, number, &switches, maker, now).await? {
        return Ok(Err(refusal));
    }
    let terms = Act::Terms { effective_from: *effective_from, terms: Box::new(terms.clone()) };
    for act in [terms, Act::GoLive] {
        let proposal_no = match propose(client, number, &act, ("onboarding", maker), now).await? {
            Ok(proposal_no) => proposal_no,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = approve(client, number, proposal_no, ("onboarding", checker), now).await? {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(()))
}

/// Whether the insurer has left the first stage.
async fn is_begun(client: &mut Client, insurer: &Insurer) -> Result<bool, Error> {
    let tx = client.transaction().await?;
    let steps = sql::insurers::standing::steps(&tx, &[insurer.insurer_no.as_str()]).await?;
    tx.commit().await?;
    Ok(!steps.is_empty())
}
