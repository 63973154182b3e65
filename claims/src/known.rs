//! Reads what a batch of commands needs to know, and locks what it decides on: claims first, then patients.

use std::collections::{BTreeMap, HashMap, HashSet};

use deadpool_postgres::Transaction;
use dianfu_settlement::journals::Journals;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::claim::{Claim, ClaimKind, ClaimNo, NewClaim, State};
use crate::command::{Command, Request};
use crate::coverage::CoverageAnswer;
use crate::decide::Known;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::insurer::standing::need_of;
use crate::insurer::{Standing, standings_in};
use crate::journal_map;
use crate::materials::{Completeness, lacking_of};
use crate::review::{ReviewBook, terms_of};
use crate::review_queue::task::Task;
use crate::sql;
use crate::sql::parties::PolicyKey;
use crate::sql::rules::PolicyYear;

/// Reads it, whatever the number of commands, in at most twenty-one statements, and one more for each journal of which
/// the book has another text than the program ships; what is lacking of claims is read for each day on which they come
/// into review.
pub async fn read(tx: &Transaction<'_>, commands: &[Command], at: Timestamp) -> Result<Known, Error> {
    let numbers = sorted(commands.iter().map(|command| command.claim_no.as_str()));
    let claims = sql::claims::lock_claims(tx, &numbers).await?;
    let wanted: Vec<(&str, String)> =
        commands.iter().filter_map(|command| Some((command.claim_no.as_str(), command.fact()?))).collect();
    let facts = sql::claims::facts(tx, &wanted).await?;
    let book = read_book(tx, commands, &claims).await?;
    let posts = |command: &Command| !matches!(command.request, Request::Tell(Event::LedgerRead(_)));
    let is_needed = commands.iter().any(posts);
    let journals = if is_needed { Journals::in_force(tx, journal_map::TEMPLATES).await? } else { Journals::default() };
    let insurers = read_insurers(tx, commands, &claims, at).await?;
    let coverage = read_coverage(tx, commands, &claims).await?;
    let tasks = read_tasks(tx, commands, &claims).await?;
    let lacking = read_lacking(tx, commands, &claims).await?;
    let outstanding = HashMap::new();
    Ok(Known { claims, facts, book, journals, insurers, coverage, outstanding, lacking, tasks })
}

/// What is lacking of claims that may come into review, once for each day on which that counts.
async fn read_lacking(
    tx: &Transaction<'_>,
    commands: &[Command],
    claims: &HashMap<ClaimNo, Claim>,
) -> Result<HashMap<ClaimNo, Completeness>, Error> {
    let new: HashMap<&ClaimNo, &NewClaim> = commands.iter().filter_map(taken_in).collect();
    let begins = |kind| matches!(kind, EventKind::ReviewStarted | EventKind::MaterialSupplied);
    let mut by_day: BTreeMap<Date, BTreeMap<&ClaimNo, &NewClaim>> = BTreeMap::new();
    for command in commands.iter().filter(|command| begins(command.kind())) {
        if let Some(intake) = intake(&command.claim_no, claims, &new) {
            by_day.entry(command.on).or_default().insert(&intake.claim_no, intake);
        }
    }
    let mut lacking = HashMap::new();
    for (on, intakes) in by_day {
        let intakes: Vec<&NewClaim> = intakes.into_values().collect();
        lacking.extend(lacking_of(tx, &intakes, on).await?);
    }
    Ok(lacking)
}

/// The review tasks that a command may move; a claim that nothing was left to a reviewer of, and of which no material
/// was asked for, has had none.
async fn read_tasks(
    tx: &Transaction<'_>,
    commands: &[Command],
    claims: &HashMap<ClaimNo, Claim>,
) -> Result<HashMap<ClaimNo, Vec<Task>>, Error> {
    let moves = |kind| matches!(kind, EventKind::PreReviewed | EventKind::MaterialRequested | EventKind::Cancelled);
    let has_tasks = |claim: &&Claim| {
        matches!(claim.state, State::Submitted | State::Pended | State::PreReview)
            && (claim.progress.awaited.is_some() || !claim.progress.left_to_reviewer.is_empty())
    };
    let moving = commands.iter().filter(|command| moves(command.kind()));
    let concerned = moving.filter_map(|command| claims.get(&command.claim_no)).filter(has_tasks);
    let numbers = sorted(concerned.map(|claim| claim.claim_no().as_str()));
    if numbers.is_empty() { Ok(HashMap::new()) } else { sql::review_tasks::lock_of_claims(tx, &numbers).await }
}

/// How the insurers stand of whom something is asked, or who will owe something; locked against suspension.
async fn read_insurers(
    tx: &Transaction<'_>,
    commands: &[Command],
    claims: &HashMap<ClaimNo, Claim>,
    at: Timestamp,
) -> Result<HashMap<PartyNo, Standing>, Error> {
    let new: HashMap<&ClaimNo, &NewClaim> = commands.iter().filter_map(taken_in).collect();
    let asks = |command: &&Command| {
        let kind = command.kind();
        kind == EventKind::ShortfallAssigned || need_of(kind, ClaimKind::DirectPay).is_some()
    };
    let asked = commands.iter().filter(asks).filter_map(|command| intake(&command.claim_no, claims, &new));
    let mut insurers: Vec<PartyNo> = asked.map(|intake| intake.insurer.clone()).collect();
    insurers.sort_unstable();
    insurers.dedup();
    if insurers.is_empty() { Ok(HashMap::new()) } else { standings_in(tx, &insurers, at).await }
}

/// What insurers have guaranteed for the claims that are to be reviewed.
async fn read_coverage(
    tx: &Transaction<'_>,
    commands: &[Command],
    claims: &HashMap<ClaimNo, Claim>,
) -> Result<HashMap<PolicyKey, CoverageAnswer>, Error> {
    let new: HashMap<&ClaimNo, &NewClaim> = commands.iter().filter_map(taken_in).collect();
    let reviews = commands.iter().filter(|command| command.request.is_review());
    let intakes = reviews.filter_map(|command| intake(&command.claim_no, claims, &new));
    let keys: Vec<PolicyKey> = intakes.map(|of| (of.insurer.clone(), of.policy_no.clone())).collect();
    if keys.is_empty() { Ok(HashMap::new()) } else { sql::coverage::newest(tx, &keys).await }
}

async fn read_book(
    tx: &Transaction<'_>,
    commands: &[Command],
    claims: &HashMap<ClaimNo, Claim>,
) -> Result<ReviewBook, Error> {
    let new: HashMap<&ClaimNo, &NewClaim> = commands.iter().filter_map(taken_in).collect();
    let reviews: Vec<(&Command, &NewClaim)> = commands
        .iter()
        .filter(|command| command.request.is_review())
        .filter_map(|command| Some((command, intake(&command.claim_no, claims, &new)?)))
        .collect();
    let concerned: Vec<&NewClaim> = new.values().copied().chain(reviews.iter().map(|(_, intake)| *intake)).collect();
    let offered: Vec<&str> = commands.iter().filter_map(offered).collect();
    if concerned.is_empty() && offered.is_empty() {
        return Ok(ReviewBook::default());
    }
    let keys: Vec<PolicyKey> = concerned.iter().map(|of| (of.insurer.clone(), of.policy_no.clone())).collect();
    let pharmacies = sorted(concerned.iter().map(|of| of.pharmacy.as_str()).chain(offered));
    let mut book = ReviewBook {
        policies: sql::parties::policies(tx, &keys).await?,
        pharmacies: sql::parties::pharmacies(tx, &pharmacies).await?,
        ..ReviewBook::default()
    };
    if !reviews.is_empty() {
        read_history(tx, &reviews, &mut book).await?;
    }
    Ok(book)
}

/// What earlier claims have used up, as it stands once the patients are locked.
async fn read_history(
    tx: &Transaction<'_>,
    reviews: &[(&Command, &NewClaim)],
    book: &mut ReviewBook,
) -> Result<(), Error> {
    let intakes = || reviews.iter().map(|(_, intake)| *intake);
    let patients = sorted(intakes().map(|of| of.patient.as_str()));
    sql::parties::lock_patients(tx, &patients).await?;
    book.rules = sql::rule_book::versions(tx, &sorted(intakes().map(|of| of.insurer.as_str()))).await?;
    let keys: Vec<PolicyKey> = intakes().map(|of| (of.insurer.clone(), of.policy_no.clone())).collect();
    book.terms = sql::terms::of_policies(tx, &keys).await?;
    let years: Vec<PolicyYear> = intakes().filter_map(|intake| policy_year(intake, book)).collect();
    book.used = sql::rules::used(tx, &years).await?;
    book.packs = sql::rules::packs(tx, &patients).await?;
    Ok(())
}

/// The year of its policy in which a claim counts.
fn policy_year(intake: &NewClaim, book: &ReviewBook) -> Option<PolicyYear> {
    let policy = (intake.insurer.clone(), intake.policy_no.clone());
    let versions = book.terms.get(&policy).cloned().unwrap_or_default();
    let terms = terms_of(book.policies.get(&policy)?, versions);
    let prescribed_on = intake.prescription.prescribed_on;
    Some(PolicyYear { policy, from: terms.year_of(prescribed_on), before: terms.year_after(prescribed_on) })
}

fn taken_in(command: &Command) -> Option<(&ClaimNo, &NewClaim)> {
    match &command.request {
        Request::Tell(Event::TakenIn(intake)) => Some((&command.claim_no, intake)),
        Request::Tell(_) | Request::Review | Request::Rule { .. } | Request::Offer { .. } => None,
    }
}

fn offered(command: &Command) -> Option<&str> {
    let Request::Offer { pharmacy, .. } = &command.request else { return None };
    Some(pharmacy.as_str())
}

fn intake<'a>(
    claim_no: &ClaimNo,
    claims: &'a HashMap<ClaimNo, Claim>,
    new: &HashMap<&ClaimNo, &'a NewClaim>,
) -> Option<&'a NewClaim> {
    claims.get(claim_no).map(|claim| &claim.intake).or_else(|| new.get(claim_no).copied())
}

fn sorted<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let distinct: HashSet<&str> = texts.collect();
    let mut sorted: Vec<&str> = distinct.into_iter().collect();
    sorted.sort_unstable();
    sorted
}
