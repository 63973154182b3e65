//! The ledger of one book in this process: two doors, one engine.
//!
//! [`Ledger::post`] joins the group commit; [`Ledger::post_in`] runs the same turn inside the caller's transaction,
//! for flows whose own rows must commit with the entries. Any number of processes may post to one book at once.

use std::sync::Arc;

use deadpool_postgres::{Pool, Transaction};
use jiff::civil::Date;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::account::{AccountCode, NewAccount, SettingChange};
use crate::allocation::{self, AllocationOutcome, NewAllocation};
use crate::batch::{self, Batcher, WhenFull};
use crate::book::{self, BookName};
use crate::db::Database;
use crate::decide::Outcome;
use crate::entry::NewEntry;
use crate::error::Error;
use crate::events::Tail;
use crate::fx::{self, FxFault, Revaluation, Revalued, Setup, Trade, Traded};
use crate::journal::turn::{Asking, turn};
use crate::limit_group::{self, GroupOutcome, LimitGroup};
use crate::money::Currency;
use crate::opening::{self, AccountOutcome, SettingOutcome};
use crate::period::{self, PeriodOutcome, Reopening, Tightness, YearEnd};
use crate::rate::{self, NewRate, RateOutcome};
use crate::refusal::{Door, Recorder, Refusal};
use crate::register::Signature;
use crate::template::Template;
use crate::template_register::posting::{self, Answer, Request};
use crate::template_register::{self, TemplateNo, TemplateOutcome};
use crate::verify::{self, Asked, Progress, Report};

/// Connections a process keeps to one book for its callers.
const CONNECTIONS: usize = 16;
/// Connections it keeps for the writer's turns, its pen, and what seals segments, so that callers cannot hold them up.
const OWN_CONNECTIONS: usize = batch::TURNS_AT_ONCE + 2;

/// A book's ledger in this process; cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    book: BookName,
    database: Database,
    pool: Pool,
    batcher: Batcher,
    refusals: Recorder,
    tail: Tail,
    node: Arc<str>,
    writer: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Ledger {
    /// Opens an existing book and starts its writer task. The service's role may only INSERT and SELECT the journal.
    pub async fn open(database: &Database, book: &BookName) -> Result<Ledger, Error> {
        book::require(database, book).await?;
        let pool = database.service_pool(&book.schema(), CONNECTIONS)?;
        let node: Arc<str> = format!("pid-{}", std::process::id()).into();
        let own = database.service_pool(&book.schema(), OWN_CONNECTIONS)?;
        let refusals = Recorder::new(pool.clone(), node.clone());
        let (batcher, writer) = Batcher::start(own, node.clone(), refusals.clone());
        let (writer, tail) = (Arc::new(Mutex::new(Some(writer))), Tail::new(pool.clone()));
        let (book, database) = (book.clone(), database.clone());
        Ok(Ledger { book, database, pool, batcher, refusals, tail, node, writer })
    }

    /// The book.
    pub fn book(&self) -> &BookName {
        &self.book
    }

    /// Checks the whole book ([`verify::verify`]).
    pub async fn verify(&self, asked: Asked, progress: impl FnMut(Progress)) -> Result<Report, Error> {
        verify::verify(&self.database, &self.book, asked, progress).await
    }

    /// A connection in the service's role, on the book's tables.
    pub async fn client(&self) -> Result<deadpool_postgres::Client, Error> {
        Ok(self.pool.get().await?)
    }

    /// Where refused requests go on record.
    pub fn refusals(&self) -> &Recorder {
        &self.refusals
    }

    /// The end of the journal, for whoever must hear of each entry.
    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    /// The same ledger for callers of whom there may be any number: where more waits to be posted than is worked off in
    /// good time, they are refused with [`Error::Busy`] in place of being made to wait.
    #[must_use]
    pub fn refusing_when_full(&self) -> Ledger {
        Ledger { batcher: self.batcher.when_full(WhenFull::Refuse), ..self.clone() }
    }

    /// Posts entries through the group commit: one outcome an entry, in order, once they are durable. Waits for room in
    /// its queue.
    pub async fn post(&self, entries: Vec<NewEntry>) -> Result<Vec<Outcome>, Error> {
        let outcomes = self.batcher.post(entries).await?;
        self.tail.tell();
        Ok(outcomes)
    }

    /// Posts entries inside the caller's transaction; nothing of it counts before the caller's COMMIT.
    ///
    /// Call it last: it locks the head until the transaction ends, and every other posting of the book waits.
    pub async fn post_in(&self, tx: &Transaction<'_>, entries: &[NewEntry]) -> Result<Vec<Outcome>, Error> {
        batch::size(entries)?;
        // On a state of its own: what this transaction reads of itself may yet be rolled back, so it must not reach the
        // writer's state. The writer learns of these entries from the head, as of another process's.
        let asking = Asking { requests: &[entries] };
        let outcomes = turn(tx, asking, &self.node).await?;
        for (entry, outcome) in entries.iter().zip(&outcomes) {
            if let Outcome::Rejected(rejection) = outcome {
                // Not in this transaction, which may be rolled back for it.
                self.refusals.offer(Refusal::of_entry(Door::PostIn, entry.clone(), rejection));
            }
        }
        Ok(outcomes)
    }

    /// Opens accounts: one outcome an account, in order. The same definition again is fine.
    pub async fn open_accounts(&self, accounts: &[NewAccount], actor: &str) -> Result<Vec<AccountOutcome>, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcomes = opening::open_accounts(&tx, accounts, actor).await?;
        tx.commit().await?;
        Ok(outcomes)
    }

    /// Opens all of these accounts or none; a rehearsal, without `keep`, opens none and says what it would.
    pub async fn open_chart(
        &self,
        accounts: &[NewAccount],
        actor: &str,
        keep: bool,
    ) -> Result<Vec<AccountOutcome>, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcomes = opening::open_accounts(&tx, accounts, actor).await?;
        let is_open =
            |outcome: &AccountOutcome| matches!(outcome, AccountOutcome::Opened(_) | AccountOutcome::Existing(_));
        if keep && outcomes.iter().all(is_open) {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(outcomes)
    }

    /// Changes limits or closes an account, from now on and on record.
    pub async fn change_setting(
        &self,
        account: &AccountCode,
        change: SettingChange,
        actor: &str,
        reason: &str,
    ) -> Result<SettingOutcome, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = opening::change_setting(&tx, account, change, actor, reason).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Sets a limit on what stands on several accounts together, from now on and on record.
    pub async fn set_limit_group(
        &self,
        name: &str,
        group: &LimitGroup,
        signature: Signature<'_>,
    ) -> Result<GroupOutcome, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = limit_group::set(&tx, name, group, signature).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Puts rates on record, all or none; a rehearsal, without `keep`, puts none there and says what it would.
    pub async fn record_rates(
        &self,
        rates: &[NewRate],
        signature: Signature<'_>,
        keep: bool,
    ) -> Result<RateOutcome, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = rate::table::record(&tx, rates, signature).await?;
        if keep {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(outcome)
    }

    /// Sets the book up for several currencies, and opens the clearing accounts of some.
    pub async fn set_up_currencies(
        &self,
        setup: &Setup,
        currencies: &[Currency],
        signature: Signature<'_>,
    ) -> Result<Result<(), FxFault>, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = fx::setup::set(&tx, setup, currencies, signature).await?;
        if outcome.is_ok() {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(outcome)
    }

    /// Exchanges one currency for another, or settles in a foreign one; a rehearsal, without `keep`, posts nothing and
    /// says what it would.
    pub async fn trade(&self, trade: &Trade, keep: bool) -> Result<Traded, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let traded = fx::trade::trade(self, &tx, trade).await?;
        if keep && matches!(traded, Traded::Posted { .. }) {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(traded)
    }

    /// Values accounts of foreign currencies at the rates of a day; a rehearsal, without `keep`, posts nothing.
    pub async fn revalue(&self, revaluation: &Revaluation, keep: bool) -> Result<Revalued, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let revalued = fx::revaluation::revalue(self, &tx, revaluation).await?;
        if keep && matches!(revalued, Revalued::Posted { .. }) {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(revalued)
    }

    /// Records a version of a template, from now on and on record; a rehearsal, without `keep`, records none and says
    /// what it would. `replaces` is the version that the caller has worked from.
    pub async fn record_template(
        &self,
        template: &Template,
        replaces: Option<TemplateNo>,
        signature: Signature<'_>,
        keep: bool,
    ) -> Result<TemplateOutcome, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = template_register::record(&tx, template, replaces, signature).await?;
        if keep {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(outcome)
    }

    /// Retires a template, from now on and on record.
    pub async fn retire_template(
        &self,
        name: &str,
        replaces: Option<TemplateNo>,
        signature: Signature<'_>,
    ) -> Result<TemplateOutcome, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = template_register::retire(&tx, name, replaces, signature).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Posts entries of which some come from templates, through the group commit: one answer a request, in order.
    pub async fn post_requests(&self, requests: Vec<Request>) -> Result<Vec<Answer>, Error> {
        posting::post(self, requests).await
    }

    /// Closes all days up to one, from now on and on record.
    pub async fn close_period(
        &self,
        through: Date,
        how: Tightness,
        signature: Signature<'_>,
    ) -> Result<PeriodOutcome, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = period::close(&tx, through, how, signature).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Proposes to take days back out of what is closed.
    pub async fn propose_reopening(
        &self,
        reopening: &Reopening,
        signature: Signature<'_>,
    ) -> Result<PeriodOutcome, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = period::propose_reopening(&tx, reopening, signature).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Agrees to a proposal to take days back, as another person.
    pub async fn reopen_period(&self, proposal: i64, signature: Signature<'_>) -> Result<PeriodOutcome, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = period::reopen(&tx, proposal, signature).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Moves the result of all days up to one to retained earnings, one account a currency.
    pub async fn close_year(
        &self,
        through: Date,
        retained_earnings: &[AccountCode],
        actor: &str,
    ) -> Result<YearEnd, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = period::close_year(self, &tx, through, retained_earnings, actor).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Sets items of an account off against each other; without `keep` it only says what it would do.
    pub async fn allocate(&self, allocation: &NewAllocation, keep: bool) -> Result<AllocationOutcome, Error> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let outcome = allocation::allocate(self, &tx, allocation).await?;
        if keep && matches!(outcome, AllocationOutcome::Done { .. }) {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(outcome)
    }

    /// Works off what is waiting, stops the writer task and closes the connections. Clones that are still about get
    /// [`Error::Unavailable`] or [`Error::Pool`] from then on.
    pub async fn close(self) {
        self.tail.close();
        self.batcher.stop();
        if let Some(writer) = self.writer.lock().await.take() {
            let _ended = writer.await;
        }
        self.refusals.close().await;
        self.pool.close();
    }
}
