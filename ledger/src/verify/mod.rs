//! Recomputes the books from the journal alone and names the first row that is wrong.
//!
//! # What is checked, in the order of the journal
//! - accounts, settings and the register: numbered without gaps, each chained by its hash to the one before,
//!   and the members of limit groups are the accounts on record;
//! - each commit: numbered without gaps, chained to the commit before by hash and sequence, later than it, and its root
//!   and hash recomputed from its rows;
//! - each entry: sequences without gaps, inside its commit and of its time, of a known kind; what takes from a hold or
//!   moves back an entry takes no more than is left, and no hold outlasts its time;
//! - each posting: belongs to an entry, legs numbered from 0, in the currency of an account that exists, of the entry's
//!   date and layer, naming an item where the account keeps items and nowhere else, and with running totals that are
//!   those of the posting before on the same account and layer plus this one;
//! - each entry again: at least two legs, summing to zero per currency and layer;
//! - the head: it is where the last commit, account, setting, record and segment are;
//! - templates: an entry that was posted by one names a version that was in force when it was written;
//! - closings: every entry counts on a day that was open to it, and every trial balance that was sealed is the one that
//!   follows from the journal.
//!
//! As every posting on an open-item account names an item, and the totals are the sums of the postings, the items of an
//! account add up to its balance.
//!
//! # How
//! The bytes that are hashed are those the server sends: its binary format of a column is the one it takes in a binary
//! COPY, so the writer's encoder is checked, not trusted. `chain.sql` does the same in SQL alone. The check reads one
//! snapshot (REPEATABLE READ, read only) and disturbs nobody.
//!
//! What no check of the journal alone can see: an end cut off together with its commits and the head put back to fit,
//! or books rewritten whole. Keep the head's hash elsewhere ([`Report::head_hash`]) and compare.
//!
//! # Cost
//! One pass over all rows in order of sequence. Memory is bounded by the accounts, the holds that are held at one time,
//! the entries that are moved back at some time, and the largest commit; it does not grow with the rest of the journal.

mod accounts;
mod closings;
mod finding;
mod originals;
pub(crate) mod row;
mod rows;
pub mod sql;
mod templates;
mod walk;

pub use finding::{Finding, Place, Rule};

use tokio_postgres::{Client, IsolationLevel, Row, Transaction};

use crate::account::AccountNo;
use crate::error::Error;

use self::accounts::Accounts;
use self::closings::Closings;
use self::originals::Originals;
use self::row::Head;
pub use self::row::hex;
use self::rows::{Rows, pieces};
use self::templates::Templates;
use self::walk::Walk;

/// SQL that recomputes every hash without this program and lists the rows that differ; it runs in `psql`
/// with the search path set to the book. No rows is the good answer.
pub const CHAIN_SQL: &str = include_str!("chain.sql");

/// How far a check has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Entries checked.
    pub entries: i64,
    /// Entries there are.
    pub entries_total: i64,
}

/// What a check found. The counts are of rows that were checked: all of them, unless there is a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    /// The first row that is wrong.
    pub finding: Option<Finding>,
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

/// Checks the book that the client's search path names. `progress` is told after each commit.
pub async fn verify(client: &mut Client, mut progress: impl FnMut(Progress)) -> Result<Report, Error> {
    let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let tx = snapshot.start().await?;
    // Room to sort a piece in memory; compiling statements that run a few times does not pay.
    tx.batch_execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off").await?;
    let mut report = Report { entries: 0, postings: 0, commits: 0, accounts: 0, head_hash: [0; 32], finding: None };
    match check(&tx, &mut report, &mut progress).await {
        Ok(()) => {}
        Err(Halt::Found(finding)) => report.finding = Some(*finding),
        Err(Halt::Failed(error)) => return Err(error),
    }
    tx.rollback().await?;
    Ok(report)
}

fn check_members(differing: Option<&Row>) -> Result<(), Finding> {
    let Some(row) = differing else { return Ok(()) };
    let accounts = |column: &str| {
        let numbers: Vec<AccountNo> = row.get(column);
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        if numbers.is_empty() { "no account".to_owned() } else { format!("accounts {}", numbers.join(", ")) }
    };
    let place = Place::Register { register_no: row.get("register_no") };
    Finding::unless_equal(place, Rule::GroupMembers, &accounts("named"), &accounts("listed"))
}

async fn check(tx: &Transaction<'_>, report: &mut Report, progress: &mut impl FnMut(Progress)) -> Result<(), Halt> {
    let head = tx.query_opt(sql::HEAD, &[]).await?;
    let head = Head::read(head.as_ref())?;
    report.head_hash = head.hash;

    let (accounts, last_account) = Accounts::read(Rows::open(tx, sql::ACCOUNTS, pieces(1)).await?).await?;
    report.accounts = last_account.no;
    let last_setting = accounts.check_settings(Rows::open(tx, sql::SETTINGS, pieces(1)).await?).await?;
    let last_record = Accounts::check_register(Rows::open(tx, sql::REGISTER, pieces(1)).await?).await?;
    check_members(tx.query_opt(sql::MEMBERS, &[]).await?.as_ref())?;
    let closings = Closings::read(tx).await?;
    let templates = Templates::read(tx).await?;
    let reversed = tx.query(sql::REVERSED, &[]).await?.iter().map(|row| row.get(0)).collect();

    let commits = Rows::open(tx, sql::COMMITS, pieces(1)).await?;
    let entries = Rows::open(tx, sql::ENTRIES, pieces(head.sequence)).await?;
    let postings = Rows::open(tx, sql::POSTINGS, pieces(head.sequence)).await?;
    let mut walk = Walk::new(accounts, Originals::new(reversed), (closings, templates), commits, entries, postings);
    let outcome = walk.all(&mut |entries| progress(Progress { entries, entries_total: head.sequence })).await;
    (report.entries, report.postings, report.commits) = walk.counts();
    outcome?;
    walk.check_head(&head, &last_account, &last_setting, &last_record)?;
    walk.closings().check_seals(tx).await
}
