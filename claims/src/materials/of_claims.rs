//! What is lacking of many claims at once, in as many statements as of one.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;

use super::completeness::{Completeness, HandedIn, completeness};
use super::kind::Phase;
use super::request::MaterialRequest;
use super::rules::{MaterialRules, Needed, Scope, in_force, together};
use crate::claim::{ClaimLine, ClaimNo, DrugCode, NewClaim};
use crate::documents::Document;
use crate::error::Error;
use crate::sql;

/// A claim, and what decides on what it needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimScope {
    /// The claim.
    pub claim_no: ClaimNo,
    /// Its insurer.
    pub insurer: PartyNo,
    /// The drugs of its lines.
    pub drugs: Vec<DrugCode>,
    /// Where it is in its life.
    pub phase: Phase,
}

/// What is needed for a claim and what is lacking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimMaterials {
    /// The rules that counted, with their versions, one for each drug; `None` where there are none for a drug, so that
    /// nobody takes that for complete.
    pub rules: Vec<Option<(Scope, i32)>>,
    /// What is needed.
    pub needed: Vec<Needed>,
    /// What is lacking.
    pub completeness: Completeness,
}

/// What is lacking of the claims of these that are not complete on a day: two statements where nothing is asked for,
/// four where something is. A claim is for a refill if its patient has had each of its drugs before, on a claim or as a
/// gift, else a first application.
pub async fn lacking_of(
    tx: &Transaction<'_>,
    claims: &[&NewClaim],
    on: Date,
) -> Result<HashMap<ClaimNo, Completeness>, Error> {
    let of_phase = |claim: &NewClaim, phase: Phase| ClaimScope {
        claim_no: claim.claim_no.clone(),
        insurer: claim.insurer.clone(),
        drugs: claim.lines.iter().map(|line| line.drug_code.clone()).collect(),
        phase,
    };
    let scopes: Vec<ClaimScope> = claims.iter().map(|claim| of_phase(claim, Phase::FirstApplication)).collect();
    let asked = asked_of(tx, &scopes, on).await?;
    if asked.is_nothing() {
        return Ok(HashMap::new());
    }
    let patients: Vec<&str> = claims.iter().map(|claim| claim.patient.as_str()).collect();
    let packs = sql::rules::packs(tx, &patients).await?;
    let has_had = |claim: &NewClaim, line: &ClaimLine| {
        packs.get(&claim.patient).is_some_and(|packs| packs.iter().any(|pack| pack.drug_code == line.drug_code))
    };
    let is_refill = |claim: &NewClaim| claim.lines.iter().all(|line| has_had(claim, line));
    let scopes: Vec<ClaimScope> = claims
        .iter()
        .map(|claim| of_phase(claim, if is_refill(claim) { Phase::Refill } else { Phase::FirstApplication }))
        .collect();
    let found = judge_all(tx, &scopes, &asked, on).await?;
    let lacking = found.into_iter().map(|(claim_no, found)| (claim_no, found.completeness));
    Ok(lacking.filter(|(_, completeness)| !completeness.is_complete()).collect())
}

/// What is lacking of these claims on a day.
pub async fn completeness_of(
    tx: &Transaction<'_>,
    claims: &[ClaimScope],
    on: Date,
) -> Result<HashMap<ClaimNo, ClaimMaterials>, Error> {
    let asked = asked_of(tx, claims, on).await?;
    judge_all(tx, claims, &asked, on).await
}

/// What rules and requests ask for.
struct Asked {
    rules: Vec<MaterialRules>,
    requests: HashMap<ClaimNo, Vec<MaterialRequest>>,
}

impl Asked {
    fn is_nothing(&self) -> bool {
        self.requests.is_empty() && self.rules.iter().all(|rules| rules.requirements.is_empty())
    }
}

async fn asked_of(tx: &Transaction<'_>, claims: &[ClaimScope], on: Date) -> Result<Asked, Error> {
    let numbers: Vec<&str> = claims.iter().map(|claim| claim.claim_no.as_str()).collect();
    let insurers: Vec<&str> = claims.iter().map(|claim| claim.insurer.as_str()).collect();
    let drugs: Vec<&str> = claims.iter().flat_map(|claim| &claim.drugs).map(DrugCode::as_str).collect();
    let rules = sql::materials::rules_in_force(tx, &insurers, &drugs, on).await?;
    let mut requests: HashMap<ClaimNo, Vec<MaterialRequest>> = HashMap::new();
    for request in sql::materials::requests(tx, &numbers).await? {
        requests.entry(request.claim_no.clone()).or_default().push(request);
    }
    Ok(Asked { rules, requests })
}

async fn judge_all(
    tx: &Transaction<'_>,
    claims: &[ClaimScope],
    asked: &Asked,
    on: Date,
) -> Result<HashMap<ClaimNo, ClaimMaterials>, Error> {
    let numbers: Vec<&str> = claims.iter().map(|claim| claim.claim_no.as_str()).collect();
    let mut documents: HashMap<ClaimNo, Vec<HandedIn>> = HashMap::new();
    for document in sql::documents::in_front(tx, &numbers).await? {
        documents.entry(document.claim_no.clone()).or_default().push(handed_in(document));
    }
    let of_claim = |claim: &ClaimScope| {
        let requests = asked.requests.get(&claim.claim_no).map_or(&[][..], Vec::as_slice);
        let documents = documents.get(&claim.claim_no).map_or(&[][..], Vec::as_slice);
        (claim.claim_no.clone(), judge(claim, &asked.rules, requests, documents, on))
    };
    Ok(claims.iter().map(of_claim).collect())
}

/// What is lacking of one claim. Pure.
pub fn judge(
    claim: &ClaimScope,
    rules: &[MaterialRules],
    requests: &[MaterialRequest],
    documents: &[HandedIn],
    on: Date,
) -> ClaimMaterials {
    let found: Vec<Option<&MaterialRules>> =
        claim.drugs.iter().map(|drug| in_force(rules, (&claim.insurer, drug, claim.phase), on)).collect();
    let by_rules = found.iter().copied().flatten().flat_map(|rules| rules.requirements.iter().map(Needed::from));
    let by_request = requests.iter().flat_map(|request| {
        let since = Some(request.asked_at);
        request.kinds.iter().map(move |kind| Needed { kind: *kind, valid_days: None, files: 1, since })
    });
    let needed = together(by_rules.chain(by_request));
    let completeness = completeness(&needed, documents, on);
    let rules = found.into_iter().map(|rules| rules.map(|rules| (rules.scope.clone(), rules.version))).collect();
    ClaimMaterials { rules, needed, completeness }
}

fn handed_in(document: Document) -> HandedIn {
    let Document { kind, issued_on, expires_on, recorded_at, verdict, .. } = document;
    HandedIn { kind, issued_on, expires_on, recorded_at, verdict }
}
