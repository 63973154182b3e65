//! The versions of an insurer's pre-review rules: proposed by one person, tried on past claims, made live by another.
//!
//! Versions are counted without gaps; of those in force on a day the highest counts. A proposal may be replaced by
//! another under the same number until one of them is live. What goes live is exactly what was tried: the database
//! keeps the two together by their digest.

use deadpool_postgres::{Client, Transaction};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::Error;
use crate::prereview::RuleVersion;
use crate::prereview::changes::{RuleChange, changes};
use crate::prereview::check::{RuleFault, check};
use crate::prereview::trial::{Trial, content_digest};
use crate::registration::{RegistrationRefusal, in_range, same};
use crate::sql;

pub use crate::sql::rule_book::LiveVersion;

/// The most past decisions that a trial judges again, the first ones by claim number.
pub const TRIED_MAX: u32 = 100_000;
/// How many of them are in memory at the same time.
const PAGE: u32 = 1_000;

/// A version as it is proposed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The version.
    pub version: RuleVersion,
    /// The digest of its number, its first day and its rules: what it is known by.
    pub content_sha256: [u8; 32],
    /// Who proposes it.
    pub made_by: String,
    /// Its last trial.
    pub trial_no: Option<i32>,
}

/// Proposes a version, and answers the digest by which it is tried and made live. The same again is fine.
pub async fn propose(
    client: &mut Client,
    insurer: &PartyNo,
    version: &RuleVersion,
    made_by: &str,
    now: Timestamp,
) -> Result<Result<[u8; 32], RegistrationRefusal>, Error> {
    let tx = client.transaction().await?;
    let answer = propose_in(&tx, insurer, version, made_by, now).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Tries a proposal on the insurer's past claims and keeps what it shows.
pub async fn try_on_past(
    client: &mut Client,
    insurer: &PartyNo,
    (version, content_sha256): (i32, &[u8; 32]),
    run_by: &str,
    now: Timestamp,
) -> Result<Result<Trial, RegistrationRefusal>, Error> {
    let tx = client.transaction().await?;
    let Some(proposal) = proposal(&tx, insurer, version, content_sha256).await? else {
        return Ok(Err(not_proposed(content_sha256)));
    };
    let (_, trial) = try_in(&tx, insurer, &proposal, run_by, now).await?;
    tx.commit().await?;
    Ok(Ok(trial))
}

/// What the last trial of a proposal showed.
pub async fn last_trial(
    client: &mut Client,
    insurer: &PartyNo,
    (version, content_sha256): (i32, &[u8; 32]),
) -> Result<Option<Trial>, Error> {
    let tx = client.transaction().await?;
    sql::rule_book::last_trial(&tx, insurer, version, content_sha256).await
}

/// Makes a proposal live: by another person than its maker, and after a trial of exactly it. The same again is fine.
pub async fn go_live(
    client: &mut Client,
    insurer: &PartyNo,
    (version, content_sha256): (i32, &[u8; 32]),
    checked_by: &str,
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    let tx = client.transaction().await?;
    let Some(proposal) = proposal(&tx, insurer, version, content_sha256).await? else {
        return Ok(Err(not_proposed(content_sha256)));
    };
    let answer = go_live_in(&tx, insurer, &proposal, checked_by, now).await?;
    if answer.is_ok() {
        tx.commit().await?;
    }
    Ok(answer)
}

/// The three steps at once, for books and insurers that begin: proposes, tries and makes live in one transaction.
pub async fn record(
    client: &mut Client,
    insurer: &PartyNo,
    version: &RuleVersion,
    (made_by, checked_by): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    if made_by == checked_by {
        return Ok(Err(RegistrationRefusal::SamePerson { person: made_by.to_owned() }));
    }
    let tx = client.transaction().await?;
    let content_sha256 = match propose_in(&tx, insurer, version, made_by, now).await? {
        Ok(content_sha256) => content_sha256,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let proposed = proposal(&tx, insurer, version.version, &content_sha256).await?;
    let mut proposal = proposed.ok_or_else(|| Error::Corrupt("rule_proposal".to_owned()))?;
    if live(&tx, insurer, version.version).await?.is_none() {
        let (trial_no, _) = try_in(&tx, insurer, &proposal, made_by, now).await?;
        proposal.trial_no = Some(trial_no);
    }
    let answer = go_live_in(&tx, insurer, &proposal, checked_by, now).await?;
    if answer.is_ok() {
        tx.commit().await?;
    }
    Ok(answer)
}

/// Every live version of an insurer's rules, by version.
pub async fn live_versions(client: &mut Client, insurer: &PartyNo) -> Result<Vec<LiveVersion>, Error> {
    let tx = client.transaction().await?;
    sql::rule_book::live(&tx, insurer).await
}

/// The proposals of a version, the oldest first.
pub async fn proposals(client: &mut Client, insurer: &PartyNo, version: i32) -> Result<Vec<Proposal>, Error> {
    let tx = client.transaction().await?;
    sql::rule_book::proposals(&tx, insurer, version).await
}

/// The rules of an insurer as they stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Book {
    /// Every live version, by version.
    pub versions: Vec<LiveVersion>,
    /// What the next version may be, oldest first.
    pub proposals: Vec<Proposal>,
    /// What each version has changed, oldest first.
    pub changes: Vec<LogLine>,
}

/// The rules of an insurer: live versions, proposals of the next, and the change log.
pub async fn book(client: &mut Client, insurer: &PartyNo) -> Result<Book, Error> {
    let versions = live_versions(client, insurer).await?;
    let next = versions.last().map_or(0, |live| live.version.version) + 1;
    let proposals = proposals(client, insurer, next).await?;
    let changes = change_log(client, insurer).await?;
    Ok(Book { versions, proposals, changes })
}

/// A line of the rule change log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    /// The version that brought it.
    pub version: i32,
    /// From when it counts.
    pub effective_from: Date,
    /// What is different.
    pub change: RuleChange,
    /// Who proposed it.
    pub made_by: String,
    /// Who made it live.
    pub checked_by: String,
    /// When.
    pub recorded_at: Timestamp,
}

/// The rule change log of an insurer, the oldest change first.
pub async fn change_log(client: &mut Client, insurer: &PartyNo) -> Result<Vec<LogLine>, Error> {
    let tx = client.transaction().await?;
    let live = sql::rule_book::live(&tx, insurer).await?;
    let before = |index: usize| index.checked_sub(1).map(|before| &live[before].version.rules);
    let lines = live.iter().enumerate().flat_map(|(index, this)| {
        changes(before(index), &this.version.rules).into_iter().map(|change| LogLine {
            version: this.version.version,
            effective_from: this.version.effective_from,
            change,
            made_by: this.made_by.clone(),
            checked_by: this.checked_by.clone(),
            recorded_at: this.recorded_at,
        })
    });
    Ok(lines.collect())
}

async fn propose_in(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    version: &RuleVersion,
    made_by: &str,
    now: Timestamp,
) -> Result<Result<[u8; 32], RegistrationRefusal>, Error> {
    let faults: Vec<String> = check(&version.rules).iter().map(RuleFault::to_string).collect();
    if !faults.is_empty() {
        return Ok(Err(RegistrationRefusal::Faulty { faults }));
    }
    // One by one, so that the next number is not taken while it is counted.
    if !sql::rule_book::lock_insurer(tx, insurer).await? {
        return Ok(Err(RegistrationRefusal::Unknown { what: "insurer", number: insurer.to_string() }));
    }
    let content_sha256 = content_digest(version);
    if let Some(live) = live(tx, insurer, version.version).await? {
        return Ok(same("rules", insurer.as_str(), &live, version).map(|()| content_sha256));
    }
    let next = sql::rule_book::last_version(tx, insurer).await? + 1;
    if let Err(refusal) = in_range("version", version.version.into(), next.into(), next.into()) {
        return Ok(Err(refusal));
    }
    if !sql::rule_book::insert_proposal(tx, insurer, version, &content_sha256, made_by, now).await? {
        let first = proposal(tx, insurer, version.version, &content_sha256).await?;
        let first = first.ok_or_else(|| Error::Corrupt("rule_proposal".to_owned()))?;
        return Ok(same("rules", insurer.as_str(), &first.made_by.as_str(), &made_by).map(|()| content_sha256));
    }
    Ok(Ok(content_sha256))
}

async fn try_in(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    proposal: &Proposal,
    run_by: &str,
    now: Timestamp,
) -> Result<(i32, Trial), Error> {
    let mut trial = Trial::default();
    let mut cursor = (String::new(), 0);
    while trial.tried < TRIED_MAX {
        let (past, next) = sql::rule_book::past_decisions(tx, insurer, &cursor, PAGE.into()).await?;
        for past in &past {
            trial.add(&proposal.version, past);
        }
        if past.is_empty() {
            break;
        }
        cursor = next;
    }
    let mut trial_no = proposal.trial_no.unwrap_or(0) + 1;
    while !sql::rule_book::insert_trial(tx, insurer, proposal, (trial_no, &trial), run_by, now).await? {
        trial_no += 1;
    }
    Ok((trial_no, trial))
}

async fn go_live_in(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    proposal: &Proposal,
    checked_by: &str,
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    let version = &proposal.version;
    if proposal.made_by == checked_by {
        return Ok(Err(RegistrationRefusal::SamePerson { person: checked_by.to_owned() }));
    }
    if let Some(live) = live(tx, insurer, version.version).await? {
        return Ok(same("rules", insurer.as_str(), &live, version));
    }
    let Some(trial_no) = proposal.trial_no else {
        return Ok(Err(RegistrationRefusal::Untried { insurer: insurer.to_string(), version: version.version }));
    };
    if sql::rule_book::insert_version(tx, insurer, proposal, trial_no, checked_by, now).await? {
        return Ok(Ok(()));
    }
    // Somebody else has made it, or another under its number, live at the same moment.
    let live = live(tx, insurer, version.version).await?;
    let live = live.ok_or_else(|| Error::Corrupt("rule_version".to_owned()))?;
    Ok(same("rules", insurer.as_str(), &live, version))
}

async fn live(tx: &Transaction<'_>, insurer: &PartyNo, version: i32) -> Result<Option<RuleVersion>, Error> {
    let versions = sql::rule_book::versions(tx, &[insurer.as_str()]).await?;
    Ok(versions.into_values().flatten().find(|live| live.version == version))
}

async fn proposal(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    version: i32,
    content_sha256: &[u8; 32],
) -> Result<Option<Proposal>, Error> {
    let proposals = sql::rule_book::proposals(tx, insurer, version).await?;
    Ok(proposals.into_iter().find(|proposal| proposal.content_sha256 == *content_sha256))
}

fn not_proposed(content_sha256: &[u8; 32]) -> RegistrationRefusal {
    let number = content_sha256.map(|byte| format!("{byte:02x}")).concat();
    RegistrationRefusal::Unknown { what: "proposal", number }
}
