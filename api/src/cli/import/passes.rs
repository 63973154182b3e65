//! The passes of an import: survey, rehearsal, posting.

use std::collections::HashSet;

use anyhow::Context;
use dianfu_ledger::account::NewAccount;
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::import::source::Source;
use dianfu_ledger::import::survey::{Survey, Surveyed};
use dianfu_ledger::import::{Fault, Format, Numbered, Record};
use dianfu_ledger::journal::rehearsal::{Rehearsal, open_among};
use dianfu_ledger::limit_group::GroupOutcome;
use dianfu_ledger::opening::{AccountOutcome, SettingOutcome};
use dianfu_ledger::register::Signature;
use dianfu_ledger::{Ledger, Outcome, Rejection, id};
use indicatif::ProgressBar;
use jiff::Timestamp;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::What;
use super::accounts;
use super::reading::Pass;
use super::report::Imported;
use super::templates::{Templates, is_template};
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No};
use crate::cli::progress;

/// Accounts opened, and holds released, with one statement.
const AT_ONCE: usize = 1_000;

/// Imports a file, or says why not.
pub async fn import(desk: &Desk, format: Format, source: &str, what: &What) -> anyhow::Result<Answer> {
    let size = std::fs::metadata(&what.file).with_context(|| format!("cannot read {}", what.file.display()))?.len();
    let mut import = Import { desk, format, source, what, bar: progress::bytes(size), imported: Imported::default() };
    import.run().await?;
    import.bar.finish_and_clear();
    import.imported.print(&what.output)
}

struct Import<'a> {
    desk: &'a Desk,
    format: Format,
    source: &'a str,
    what: &'a What,
    bar: ProgressBar,
    imported: Imported,
}

/// What the rehearsal tells the posting.
#[derive(Default)]
struct Plan {
    /// Which batches are in the book already, whole.
    done: Vec<bool>,
    /// The holds that are taken in without their time, and what that was.
    timeless: Vec<(Uuid, Timestamp)>,
    /// The templates of the file.
    templates: Templates,
}

/// The entries of a batch and their lines.
#[derive(Default)]
struct Entries {
    lines: Vec<u64>,
    entries: Vec<NewEntry>,
}

impl Import<'_> {
    async fn run(&mut self) -> anyhow::Result<()> {
        self.imported.dry_run = self.what.dry_run;
        let (mut surveyed, digest) = self.survey().await?;
        self.imported.entries = surveyed.entries;
        self.imported.accounts_left = surveyed.unopened.iter().map(ToString::to_string).collect();
        self.imported.faults = std::mem::take(&mut surveyed.faults);
        let mut plan = self.rehearse(&mut surveyed, digest).await?;
        if self.imported.faults.total() > 0 || self.what.dry_run {
            return Ok(());
        }
        self.open_accounts(&surveyed).await?;
        self.post(&mut plan, digest).await?;
        if self.imported.faults.total() == 0 {
            self.release_overdue(&plan).await?;
            self.settle(&surveyed).await?;
        }
        Ok(())
    }

    /// The first pass: what the file says, and what of it cannot be read.
    async fn survey(&mut self) -> anyhow::Result<(Surveyed, [u8; 32])> {
        let mut pass = self.begin("reading")?;
        let mut survey = Survey::new(self.format.has_assertions());
        if let Some(chart) = &self.what.accounts {
            accounts::add(self.desk, chart, &mut survey).await?;
        }
        while let Some(batch) = pass.next().await? {
            self.bar.set_position(pass.bytes());
            for numbered in batch {
                survey.take(numbered);
            }
        }
        let mut client = self.desk.client().await?;
        let known = open_among(&mut client, survey.codes()).await?;
        let types = self.what.open_accounts.clone().unwrap_or_default();
        Ok((survey.finish(&types, |code| known.contains(code)), pass.digest()))
    }

    /// The second pass: what the ledger would refuse.
    async fn rehearse(&mut self, surveyed: &mut Surveyed, digest: [u8; 32]) -> anyhow::Result<Plan> {
        let mut client = self.desk.client().await?;
        let accounts: Vec<NewAccount> = surveyed.accounts.iter().map(|(_, account)| account.clone()).collect();
        let taken = std::mem::take(&mut surveyed.taken);
        let mut templates = Templates::look_up(&**client, surveyed).await?;
        let (mut rehearsal, outcomes) = Rehearsal::start(&mut client, &accounts, taken).await?;
        for ((line, account), outcome) in surveyed.accounts.iter().zip(outcomes) {
            self.note_account(*line, account, outcome);
        }
        let mut pass = self.begin("checking")?;
        let mut plan = Plan::default();
        while let Some(batch) = pass.next().await? {
            self.bar.set_position(pass.bytes());
            templates.rehearse(&batch, &mut rehearsal);
            let Entries { lines, mut entries } = entries(batch, &templates);
            let times: Vec<Option<Timestamp>> = entries.iter().map(|entry| entry.expires_at).collect();
            let (outcomes, timeless) = rehearsal.next(&mut client, &mut entries).await?;
            let overdue = timeless.into_iter().filter_map(|place| Some((entries[place].id, times[place]?)));
            plan.timeless.extend(overdue);
            plan.done.push(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Replayed(_))));
            for (line, outcome) in lines.iter().zip(&outcomes) {
                match outcome {
                    Outcome::Posted(_) => self.imported.new += 1,
                    Outcome::Replayed(_) => {}
                    Outcome::Rejected(rejection) => self.imported.faults.push(Fault::rejection(*line, rejection)),
                }
            }
        }
        self.unchanged(&pass, digest)?;
        plan.templates = templates;
        Ok(plan)
    }

    /// The third pass: everything into the book, the next batch being read while one is posted.
    async fn post(&mut self, plan: &mut Plan, digest: [u8; 32]) -> anyhow::Result<()> {
        let timeless: HashSet<Uuid> = plan.timeless.iter().map(|(id, _)| *id).collect();
        let ledger = self.desk.ledger().await?;
        let mut pass = self.begin("posting")?;
        let mut under_way = None;
        let mut batches = plan.done.iter();
        while let Some(batch) = pass.next().await? {
            let is_done = batches.next().copied().unwrap_or_default();
            if batch.first().is_some_and(is_template) {
                // What stands above is posted by the versions above.
                if let Some(before) = under_way.take() {
                    self.posted(before).await?;
                }
                if self.imported.faults.total() == 0 {
                    self.record(&mut plan.templates, &batch, ledger).await?;
                }
                if self.imported.faults.total() > 0 {
                    break;
                }
                continue;
            }
            let Entries { lines, mut entries } = entries(batch, &plan.templates);
            for entry in entries.iter_mut().filter(|entry| timeless.contains(&entry.id)) {
                entry.expires_at = None;
            }
            self.bar.set_position(pass.bytes());
            if is_done {
                self.imported.replayed += u64::try_from(entries.len()).expect("a batch fits in memory");
                continue;
            }
            let posting = ledger.clone();
            let next: Under = (lines, tokio::spawn(async move { posting.post(entries).await }));
            if let Some(before) = under_way.replace(next) {
                self.posted(before).await?;
            }
            if self.imported.faults.total() > 0 {
                break;
            }
        }
        if let Some(last) = under_way {
            self.posted(last).await?;
        }
        if self.imported.faults.total() == 0 {
            self.unchanged(&pass, digest)?;
        }
        Ok(())
    }

    async fn record(&mut self, templates: &mut Templates, batch: &[Numbered], ledger: &Ledger) -> anyhow::Result<()> {
        match templates.record(batch, ledger, &self.reason()).await? {
            Ok(recorded) => self.imported.templates_recorded += recorded,
            Err(fault) => self.imported.faults.push(fault),
        }
        Ok(())
    }

    async fn posted(&mut self, (lines, posting): Under) -> anyhow::Result<()> {
        let outcomes = posting.await.context("the posting was broken off")??;
        for (line, outcome) in lines.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Posted(_) => self.imported.posted += 1,
                Outcome::Replayed(_) => self.imported.replayed += 1,
                Outcome::Rejected(rejection) => self.imported.faults.push(Fault::rejection(line, &rejection)),
            }
        }
        let entries = self.imported.posted + self.imported.replayed;
        self.bar.set_message(format!("posting, {entries} entries"));
        Ok(())
    }

    /// Begins a pass from the start of the file.
    fn begin(&self, doing: &'static str) -> anyhow::Result<Pass> {
        self.bar.reset();
        self.bar.set_message(doing);
        Pass::over(&self.what.file, &self.format, Source::new(self.source))
    }

    /// What is posted must be what was checked.
    fn unchanged(&self, pass: &Pass, digest: [u8; 32]) -> anyhow::Result<()> {
        if pass.digest() == digest || self.imported.faults.total() > 0 {
            return Ok(());
        }
        let what = format!("{} has changed while it was read", self.what.file.display());
        Err(No::new(what).next("import it again when nobody writes to it").into())
    }

    async fn open_accounts(&mut self, surveyed: &Surveyed) -> anyhow::Result<()> {
        let ledger = self.desk.ledger().await?;
        for accounts in surveyed.accounts.chunks(AT_ONCE) {
            let wanted: Vec<NewAccount> = accounts.iter().map(|(_, account)| account.clone()).collect();
            let outcomes = ledger.open_accounts(&wanted, &Desk::actor()).await?;
            for ((line, account), outcome) in accounts.iter().zip(outcomes) {
                self.imported.accounts_opened += u64::from(matches!(outcome, AccountOutcome::Opened(_)));
                self.note_account(*line, account, outcome);
            }
        }
        Ok(())
    }

    fn note_account(&mut self, line: u64, account: &NewAccount, outcome: AccountOutcome) {
        match outcome {
            AccountOutcome::Opened(_) | AccountOutcome::Existing(_) => {}
            AccountOutcome::Refused(fault) => self.imported.faults.push(Fault::account(line, &fault)),
            AccountOutcome::Conflict { field, first, given } => {
                let message = format!("account {} is open with another {field}", account.code);
                self.imported.faults.push(Fault::new(line, "account_conflict", message).expected(first, given));
            }
        }
    }

    /// Ends the holds whose time was over before they came here, as the ledger itself would have.
    async fn release_overdue(&mut self, plan: &Plan) -> anyhow::Result<()> {
        let ledger = self.desk.ledger().await?;
        for holds in plan.timeless.chunks(AT_ONCE) {
            let outcomes = ledger.post(holds.iter().map(overdue).collect()).await?;
            for outcome in outcomes {
                match outcome {
                    Outcome::Posted(_) => self.imported.holds_released += 1,
                    Outcome::Replayed(_)
                    | Outcome::Rejected(Rejection::NothingLeft { .. } | Rejection::HoldGroupEnded { .. }) => {}
                    Outcome::Rejected(rejection) => self.imported.faults.push(Fault::rejection(0, &rejection)),
                }
            }
        }
        Ok(())
    }

    /// Why settings, limit groups and templates are on record that do not say so themselves.
    fn reason(&self) -> String {
        format!("imported from {}", self.what.file.display())
    }

    /// Settings and limit groups, which are those of after the last entry.
    async fn settle(&mut self, surveyed: &Surveyed) -> anyhow::Result<()> {
        let (ledger, actor) = (self.desk.ledger().await?, Desk::actor());
        let reason = self.reason();
        for (line, setting) in &surveyed.settings {
            let outcome = ledger.change_setting(&setting.account, setting.change.clone(), &actor, &reason).await?;
            match outcome {
                SettingOutcome::Changed | SettingOutcome::Unchanged => {}
                SettingOutcome::Refused(fault) => self.imported.faults.push(Fault::account(*line, &fault)),
                SettingOutcome::AccountUnknown => {
                    let message = format!("there is no account {}", setting.account);
                    self.imported.faults.push(Fault::new(*line, "account_unknown", message));
                }
            }
        }
        for (line, name, group) in &surveyed.limit_groups {
            let outcome = ledger.set_limit_group(name, group, Signature::of(&actor, &reason)).await?;
            if let GroupOutcome::Refused(fault) = outcome {
                self.imported.faults.push(Fault::new(*line, fault.code(), fault.to_string()));
            }
        }
        Ok(())
    }
}

/// Lines of entries that are being posted.
type Under = (Vec<u64>, JoinHandle<Result<Vec<Outcome>, dianfu_ledger::Error>>);

/// The entries of a batch, each with its template and an actor.
fn entries(batch: Vec<Numbered>, templates: &Templates) -> Entries {
    let (mut taken, actor) = (Entries::default(), Desk::actor());
    for Numbered { line, record } in batch {
        let Ok(Record::Entry(mut entry)) = record else { continue };
        if entry.actor.is_empty() {
            entry.actor.clone_from(&actor);
        }
        templates.renumber(&mut entry);
        taken.lines.push(line);
        taken.entries.push(*entry);
    }
    taken
}

/// The release of a hold whose time is over. Made up from the hold alone, so that a second run finds it.
fn overdue(&(hold, expires_at): &(Uuid, Timestamp)) -> NewEntry {
    NewEntry {
        id: id::entry_id(expires_at, &hold.to_string(), "overdue at import"),
        kind: EntryKind::Release,
        description: "The hold's time is over".to_owned(),
        actor: Desk::actor(),
        relates_to: Some(hold),
        ..NewEntry::default()
    }
}
