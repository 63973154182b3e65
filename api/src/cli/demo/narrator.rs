//! Tells the demo: numbered steps, and under each the journals that it posted.
//!
//! What is printed is read back from the journal, behind the last entry that was told: nothing can be told that is not
//! booked. Of many entries of one journal the first few are shown whole and the others as a count and a sum.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};

use deadpool_postgres::Client;
use dianfu_ledger::entry::{EntryKind, Layer};
use dianfu_ledger::money::Currency;
use dianfu_ledger::query::{self, EntryView, PAGE_ROWS_MAX, PostingView};
use dianfu_reconcile::remittance::decimal_text;
use serde_json::Value;

use crate::cli::ending::printable;
use crate::cli::print::{Out, stdout};

/// Entries of one journal that a step shows whole, and in brief.
const SHOWN_PER_JOURNAL: usize = 6;
const SHOWN_IN_BRIEF: usize = 1;
/// Postings of one entry that are shown.
const POSTINGS_SHOWN: usize = 12;

/// Who tells.
pub struct Narrator {
    out: BufWriter<Out>,
    steps: usize,
    told_up_to: i64,
    shown_per_journal: usize,
}

/// Entries of one journal that are not shown whole.
#[derive(Default)]
struct Others {
    entries: usize,
    debits_minor: i128,
    currency: Option<Currency>,
}

impl Narrator {
    /// Nothing is told yet.
    pub fn new() -> Narrator {
        Narrator { out: stdout(), steps: 0, told_up_to: 0, shown_per_journal: SHOWN_PER_JOURNAL }
    }

    /// From now on an entry of each journal stands for the others.
    pub fn be_brief(&mut self) {
        self.shown_per_journal = SHOWN_IN_BRIEF;
    }

    /// Begins the next step.
    pub fn step(&mut self, title: &str) -> anyhow::Result<()> {
        self.steps += 1;
        Ok(writeln!(self.out, "\n{}. {}", self.steps, printable(title))?)
    }

    /// A sentence in the step.
    pub fn say(&mut self, sentence: &str) -> anyhow::Result<()> {
        Ok(writeln!(self.out, "   {}", printable(sentence))?)
    }

    /// How many more there are of what was listed, if there are more.
    pub fn say_more(&mut self, more: usize, what: &str) -> anyhow::Result<()> {
        if more == 0 { Ok(()) } else { self.say(&format!("… and {more} more {what}")) }
    }

    /// Shows what is in the journal and was not shown.
    pub async fn show_journals(&mut self, client: &Client) -> anyhow::Result<()> {
        let mut shown: BTreeMap<String, usize> = BTreeMap::new();
        let mut others: BTreeMap<String, Others> = BTreeMap::new();
        loop {
            let entries = query::entries(&***client, self.told_up_to, PAGE_ROWS_MAX).await?;
            let Some(last) = entries.last() else { break };
            self.told_up_to = last.sequence;
            for entry in &entries {
                let journal = journal(entry);
                let count = shown.entry(journal.clone()).or_default();
                *count += 1;
                if *count <= self.shown_per_journal {
                    self.entry(&journal, entry)?;
                } else {
                    others.entry(journal).or_default().add(entry);
                }
            }
        }
        for (journal, others) in &others {
            writeln!(self.out, "   {journal}   … and {}", others.sentence())?;
        }
        Ok(self.out.flush()?)
    }

    /// Hands everything over to the terminal.
    pub fn pause(&mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }

    fn entry(&mut self, journal: &str, entry: &EntryView) -> anyhow::Result<()> {
        let heading = format!("{journal:<4} {}   {}   {}", entry.effective_date, entry.reference, entry.description);
        writeln!(self.out, "   {}", printable(&heading))?;
        for posting in entry.postings.iter().take(POSTINGS_SHOWN) {
            writeln!(self.out, "        {}", printable(&line(posting, entry.kind)))?;
        }
        if let Some(more) = entry.postings.len().checked_sub(POSTINGS_SHOWN).filter(|more| *more > 0) {
            writeln!(self.out, "        … and {more} more postings")?;
        }
        Ok(())
    }
}

impl Others {
    fn add(&mut self, entry: &EntryView) {
        self.entries += 1;
        let debits = entry.postings.iter().map(|posting| i128::from(posting.amount.minor.max(0)));
        self.debits_minor += debits.sum::<i128>();
        self.currency = entry.postings.first().map(|posting| posting.amount.currency).or(self.currency);
    }

    fn sentence(&self) -> String {
        let Others { entries, debits_minor, currency } = self;
        let sum = currency.map(|currency| format!(", in all {}", decimal_text(*debits_minor, currency)));
        format!("{entries} more entries{}", sum.unwrap_or_default())
    }
}

/// The journal: the template that the entry was posted by, or the one that its metadata names.
pub fn journal(entry: &EntryView) -> String {
    if let Some(made_by) = &entry.template {
        return made_by.name.clone();
    }
    let noted = entry.metadata.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    noted.and_then(|noted| Some(noted["journal"].as_str()?.to_owned())).unwrap_or_else(|| "-".to_owned())
}

/// Debits on the left, credits on the right. In the pending layer a debit that is undone is a credit.
fn line(posting: &PostingView, kind: EntryKind) -> String {
    let account = posting.account.as_str();
    let item = posting.item.as_deref().unwrap_or("");
    let amount = posting.amount.to_decimal_string();
    let (debit, credit) =
        if posting.amount.minor < 0 { ("", amount.trim_start_matches('-')) } else { (amount.as_str(), "") };
    let held = match (posting.layer, kind) {
        (Layer::Settled, _) => "",
        (Layer::Pending, EntryKind::Hold) => "held",
        (Layer::Pending, _) => "released",
    };
    format!("{account:<28} {item:<16} {debit:>14} {credit:>14} {held}").trim_end().to_owned()
}
