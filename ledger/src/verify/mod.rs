//! Recomputes the books from the journal alone and names the first row that is wrong.
//!
//! # What is checked, in the order of the journal
//! - accounts, settings and the register: numbered without gaps, each chained by its hash to the one before,
//!   and the members of limit groups are the accounts on record;
//! - each commit: numbered without gaps, chained to the commit before by hash and sequence, later than it, and its root
//!   and hash recomputed from its rows;
//! - each entry: sequences without gaps, inside its commit and of its time, of a known kind; what takes from a hold or
//!   moves back an entry takes no more than is left, and no hold outlasts its time;
//! - limits: no entry took an account or a limit group past the limit that was in force for it, what is held counted
//!   in, nor posted on an account that was closed, or frozen on its side;
//! - each posting: belongs to an entry, legs numbered from 0, in the currency of an account that exists, of the entry's
//!   date and layer, naming an item where the account keeps items and nowhere else, and with running totals that are
//!   those of the posting before on the same account and layer plus this one;
//! - each entry again: at least two legs, summing to zero per currency and layer;
//! - segments: one behind the other without gaps, sealed in order;
//! - the head: it is where the last commit, account, setting, record and segment are;
//! - templates: an entry that was posted by one names a version that was in force when it was written;
//! - ids: no two entries have the same ([`ids`]);
//! - links: what is looked for among entries is what the entries say ([`links`]); told last but one;
//! - summaries: what was summed up of sealed segments is what their postings come to ([`summaries`]); told last;
//! - files of detached segments: there, and read as they were written ([`files`]); told before any row behind them;
//! - closings: every entry counts on a day that was open to it, and every trial balance that was sealed is the one that
//!   follows from the journal.
//!
//! As every posting on an open-item account names an item, and the totals are the sums of the postings, the items of an
//! account add up to its balance.
//!
//! # How
//! The bytes that are hashed are those the server sends: its binary format of a column is the one it takes in a binary
//! COPY, so the writer's encoder is checked, not trusted. [`audit`] does the same in SQL alone. Five
//! sessions read one snapshot (REPEATABLE READ, read only) side by side ([`database`]) and disturb nobody; one thread
//! walks.
//!
//! Large tables are read as they lie on the disk, nearly in order ([`order`]). If something is found wrong, everything
//! is read again, sorted by the server, and what is found then is the answer: so the order on the disk, which is
//! nobody's promise, never makes a finding, and sorting is paid for by wrong books alone.
//!
//! What no check of the journal alone can see: an end cut off together with its commits and the head put back to fit,
//! or books rewritten whole. Keep the head's hash elsewhere ([`Report::head_hash`]) and have it looked for
//! ([`Asked::remembered`]).
//!
//! # Cost
//! One pass over all rows: about a microsecond of two cores an entry with two legs, most of it the server's. Memory is
//! bounded by the accounts with their settings and the trial balances to be sealed, the holds that are held at one
//! time, the entries that are moved back at some time, and the items of summaries, up to 3.6 million (140 MB; of more
//! the server is asked, for a further pass over the postings). With the rest of the journal it grows by 2.3 bytes an
//! entry: which ids there were ([`ids`]).
//!
//! Reading order: [`feed`], [`row`], [`walk`], then what the walk asks; [`database`] for where rows come from.

mod accounts;
pub mod archive;
pub mod audit;
mod closings;
mod database;
mod feed;
mod files;
mod finding;
mod ids;
mod limits;
mod links;
mod order;
mod originals;
mod records;
pub(crate) mod row;
mod seals;
pub mod sql;
mod summaries;
mod templates;
mod tips;
mod walk;

pub use finding::{Finding, Place, Rule};

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::book::BookName;
use crate::db::Database;
use crate::error::Error;
use crate::proof::Tip;

use self::accounts::Accounts;
use self::database::Order;
use self::feed::Journal;
use self::links::Links;
use self::originals::Originals;
pub use self::row::hex;
use self::summaries::Summaries;
use self::tips::Tips;
use self::walk::{Tables, Walk};

/// How far a check has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Entries checked.
    pub entries: i64,
    /// Entries there are.
    pub entries_total: i64,
}

/// What a check found. The counts are of rows that were checked: all of them, unless there is a finding.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Report {
    /// Entries.
    pub entries: i64,
    /// Postings.
    pub postings: i64,
    /// Commits.
    pub commits: i64,
    /// Accounts.
    pub accounts: i64,
    /// Hash of the last commit, as the head has it: all of the journal in 32 bytes.
    pub head_hash: [u8; 32],
    /// The tip of the tree over all commits that were checked, by which later books can be compared ([`crate::proof`]).
    pub tip: Option<Tip>,
    /// The first row that is wrong.
    pub finding: Option<Finding>,
}

/// What is asked besides whether the book is right.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Asked {
    /// The hash of a commit, or the root of a tip, that somebody has kept: it must be found in the book.
    pub remembered: Option<[u8; 32]>,
    /// Tips of a receipt, or of a proof that one follows from the other: the book must begin with the commits of each.
    /// What a receipt proves of its tip ([`crate::proof::Receipt::check`]) it so proves of the book.
    pub tips: [Option<Tip>; 2],
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.finding.is_none()
    }
}

/// Why a check ends early.
enum Halt {
    Found(Box<Finding>),
    Failed(Error),
    /// Rows lie so far out of order that only the server can sort them.
    Mixed,
    /// What items were summed up to differs, or there are too many to say: the server must be asked which.
    WrongItem,
    /// All is well but for these ids, which may be there twice: who has the rows must be asked.
    DoubtfulIds(Vec<Uuid>),
    /// Nobody waits for the answer.
    Unwanted,
}

impl From<Finding> for Halt {
    fn from(finding: Finding) -> Halt {
        Halt::Found(Box::new(finding))
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Halt {
        Halt::Failed(error)
    }
}

impl From<tokio_postgres::Error> for Halt {
    fn from(error: tokio_postgres::Error) -> Halt {
        Halt::Failed(Error::Database(error))
    }
}

/// Entries between two reports of progress.
const PROGRESS_ENTRIES: i64 = 1 << 14;
/// Reports of progress that may wait; more are left out.
const PROGRESS_AHEAD: usize = 64;

/// Checks a book. `progress` is told now and then, and at the end.
pub async fn verify(
    database: &Database,
    book: &BookName,
    asked: Asked,
    mut progress: impl FnMut(Progress),
) -> Result<Report, Error> {
    let journal = database::open(database, book, Order::AsItLies).await?;
    let walked = match walk_beside(journal, asked, &mut progress).await {
        (_, Err(Halt::Found(_) | Halt::Mixed | Halt::Unwanted)) => {
            let journal = database::open(database, book, Order::Sorted).await?;
            walk_beside(journal, asked, &mut progress).await
        }
        walked => walked,
    };
    let (report, outcome) = match walked {
        (report, Err(Halt::WrongItem)) => {
            (Report { finding: summaries::find_item(database, book).await?, ..report }, Ok(()))
        }
        (report, Err(Halt::DoubtfulIds(doubtful))) => {
            (Report { finding: ids::find_twice(database, book, &doubtful).await?, ..report }, Ok(()))
        }
        walked => walked,
    };
    files::told(database, book, report, outcome).await
}

fn finished((mut report, outcome): (Report, Result<(), Halt>)) -> Result<Report, Error> {
    match outcome {
        Ok(()) => {}
        Err(Halt::Found(finding)) => report.finding = Some(*finding),
        Err(Halt::Failed(error)) => return Err(error),
        Err(Halt::Mixed | Halt::WrongItem | Halt::DoubtfulIds(_) | Halt::Unwanted) => {
            unreachable!("sorted rows are not mixed, items and ids are asked about elsewhere, and somebody waits")
        }
    }
    Ok(report)
}

/// Walks on a thread of its own and tells the caller's task how far it is. If that goes away, the walk ends too.
async fn walk_beside(
    journal: Journal,
    asked: Asked,
    progress: &mut impl FnMut(Progress),
) -> (Report, Result<(), Halt>) {
    let (told, mut steps) = mpsc::channel(PROGRESS_AHEAD);
    let walk = spawn_blocking(move || {
        let mut report = Report::default();
        let mut reported = 0;
        let outcome = check(journal, asked, &mut report, &mut |step: Progress| {
            if step.entries - reported >= PROGRESS_ENTRIES {
                reported = step.entries;
                _ = told.try_send(step);
            }
            !told.is_closed()
        });
        (report, outcome)
    });
    while let Some(step) = steps.recv().await {
        progress(step);
    }
    let (report, outcome) = match walk.await {
        Ok(ended) => ended,
        Err(failure) => std::panic::resume_unwind(failure.into_panic()),
    };
    progress(Progress { entries: report.entries, entries_total: report.entries });
    (report, outcome)
}

/// Checks everything; the report has the counts, whatever comes of it.
fn check(
    journal: Journal,
    asked: Asked,
    report: &mut Report,
    progress: &mut impl FnMut(Progress) -> bool,
) -> Result<(), Halt> {
    let Journal { mut head, mut segments, mut accounts, mut settings, mut register, mut members, .. } = journal;
    let (mut reversed, mut summaries) = (journal.reversed, journal.summaries);
    let head = records::head(&mut head)?;
    report.head_hash = head.hash;
    let segments = records::segments(&mut segments, &head)?;
    let last_segment = segments.last().map_or((0, 0), |last| (last.number, last.last_sequence));
    let (mut accounts, last_account) = Accounts::read(&mut accounts)?;
    report.accounts = last_account.no;
    let last_setting = accounts.check_settings(&mut settings)?;
    let (records, last_record) = records::register(&mut register, &mut members, &mut accounts)?;
    let reversed = records::reversed(&mut reversed)?;
    let summaries = Summaries::read(&mut summaries, journal.totals, journal.items, &segments)?;

    let links = Links::new(journal.links);
    let mut walk = Walk::new(accounts, Originals::new(reversed), records, Tips::new(asked), links, summaries);
    let mut tables = Tables { commits: journal.commits, entries: journal.entries, postings: journal.postings };
    let entries_total = head.sequence;
    let outcome = walk.all(&mut tables, &mut |entries| progress(Progress { entries, entries_total }));
    (report.entries, report.postings, report.commits) = (walk.entries, walk.postings, walk.last_commit_no());
    report.tip = walk.tips.tip();
    outcome?;
    records::check_head(&head, &walk, last_segment, [last_account, last_setting, last_record])?;
    walk.closings.check_seals()?;
    walk.tips.check()?;
    walk.links.finish()?;
    walk.summaries.check()?;
    walk.ids.finish()
}
