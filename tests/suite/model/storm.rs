//! Several posters at once, in this process and in another, and what is killed while they post.
//!
//! Round after round tasks make random requests at once: through two handles of this process, inside transactions of
//! their own, some of which are rolled back, by a caller who does not wait for the answer and asks again, and over HTTP
//! to the real program; one more task changes settings, limit groups and periods. Where things are killed, it is the
//! program or the database server, in the middle of a round; who gets no answer asks again with the same ids.
//! Afterwards the model goes through the journal in its own order ([`follow`]) and must predict:
//!
//! - each entry that is in the books, with its legs, its day, its totals and what has taken from it;
//! - each answer that names a sequence, to the last word and with all its neighbours in the request, because it was
//!   decided right before that sequence, also in a transaction that was rolled back;
//! - each answer that names none, because all is refused or was in the books already, at one of the positions between
//!   the head before it was asked for and the head after it was answered. It does not say at which one it was decided,
//!   so that no more can be asked.
//!
//! Settings are taken from the record in their order. What is asked for, by whom, and what is killed after how many
//! answers comes from the seed alone, so that a seed does the same work again; in which order the database takes it is
//! the machine's. A failure shows what was asked, what was answered, and what the model says at each position.

mod follow;
mod program;
mod traffic;

use std::sync::atomic::{AtomicUsize, Ordering};

use dianfu_api::auth::Role;
use dianfu_ledger::Ledger;
use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::entry::NewEntry;
use dianfu_tests::{DataFolder, TestDatabase, cut_segments, dianfu_bin, eventually, test_database};
use futures_util::future::join_all;
use jiff::SignedDuration;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use self::follow::{Follower, Met};
use self::program::Program;
use self::traffic::{Asked, Door, Traffic};
use super::operation::{self, Operation, Past};
use super::seed::{self, Seeded};
use super::{chart, draft, time};

/// Rounds of a run, unless the environment says otherwise.
const ROUNDS: u32 = 4;
/// Requests refer to no more than so many entries that were sent last.
const LATELY: usize = 60;

#[test]
fn posters_at_once_are_answered_as_the_model_predicts_in_the_order_of_the_journal() {
    run("storm::posters", false);
}

#[test]
fn killed_programs_and_servers_leave_what_the_model_predicts() {
    run("storm::killed", true);
}

fn run(test: &'static str, kills: bool) {
    let (seed, rounds) = (seed::first(), seed::steps(ROUNDS));
    let mut seeded = Seeded::new(test, seed);
    dianfu_bin();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut storm = Storm::new(kills, seeded.draw(&(5..90_u32))).await;
        for _ in 0..rounds {
            seeded.step();
            let round = storm.draw(&mut seeded, kills);
            storm.round(round).await;
        }
        storm.end(rounds >= ROUNDS).await;
    });
}

/// What is killed in a round, after so many answers.
#[derive(Clone, Copy, Debug)]
enum Killed {
    Nobody,
    Program(usize),
    Server(usize),
    Both(usize),
}

/// What is done in a round.
struct Round {
    by: SignedDuration,
    tasks: Vec<Vec<Asked>>,
    settings: Vec<Operation>,
    killed: Killed,
    reopened: Option<usize>,
}

/// Where the database is.
enum Place {
    /// On the server that all tests share.
    Shared(TestDatabase),
    /// On one of its own that keeps what it acknowledges.
    Own { folder: DataFolder, database: Database },
}

impl Place {
    async fn own() -> Place {
        let folder = DataFolder::new();
        let database = Database::private(folder.path()).await.unwrap();
        book::create(&database, &main_book()).await.unwrap();
        Place::Own { folder, database }
    }

    fn database(&self) -> &Database {
        match self {
            Place::Shared(test) => test.database(),
            Place::Own { database, .. } => database,
        }
    }

    fn url(&self) -> String {
        match self {
            Place::Shared(test) => test.url(),
            Place::Own { database, .. } => {
                let socket_folder = database.cluster().unwrap().socket_folder();
                format!("host={} user=postgres dbname=postgres", socket_folder.display())
            }
        }
    }

    /// Kills the server and starts it again.
    async fn kill_server(&mut self) {
        let Place::Own { folder, database } = self else { panic!("nobody kills the server that all share") };
        let pid = database.cluster().unwrap().server_pid().unwrap();
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        let exe = format!("/proc/{pid}/exe");
        eventually("the killed server is dead", async || std::fs::read_link(&exe).is_err()).await;
        *database = Database::private(folder.path()).await.unwrap();
    }
}

fn main_book() -> BookName {
    BookName::parse("main").unwrap()
}

/// A book that many post to.
struct Storm {
    place: Place,
    ledgers: Vec<Ledger>,
    program: Program,
    follower: Follower,
    /// All that was ever asked for.
    sent: Vec<NewEntry>,
}

impl Storm {
    async fn new(kills: bool, segment: u32) -> Storm {
        let place = if kills { Place::own().await } else { Place::Shared(test_database().await) };
        let owner = place.database().connect_owner().await.unwrap();
        owner.batch_execute("SET search_path = book_main").await.unwrap();
        cut_segments(&owner, segment).await;
        let mut ledgers = Vec::new();
        for _ in 0..2 {
            ledgers.push(Ledger::open(place.database(), &main_book()).await.unwrap());
        }
        ledgers[0].open_accounts(&chart::opened(), "model").await.unwrap();
        let token = crate::api::token(place.database(), "model", Role::Admin).await;
        let program = Program::start(&place.url(), token).await;
        let follower = Follower::new(&ledgers[0]).await;
        Storm { place, ledgers, program, follower, sent: Vec::new() }
    }

    /// Draws a round from the seed and from what was asked for, and not from what became of it.
    fn draw(&mut self, seeded: &mut Seeded, kills: bool) -> Round {
        let doors = [
            Door::Post(0),
            Door::Forgotten(1),
            Door::PostIn { handle: 0, keep: true },
            Door::PostIn { handle: 1, keep: false },
            Door::Http,
            Door::Http,
        ];
        let by = seeded.draw(&time::hours());
        let now = self.follower.books.now + by;
        let mut tasks = Vec::new();
        for door in doors {
            let mut asked = Vec::new();
            for _ in 0..seeded.draw(&(2..5_u32)) {
                let lately = &self.sent[self.sent.len().saturating_sub(LATELY)..];
                let past = Past { sent: lately, posted: lately, allocations: &[], now, huge: 1 };
                let requests = seeded.draw(&operation::requests(past));
                for request in requests {
                    asked.push(Asked::by(door, request));
                    self.sent.extend(asked.last().unwrap().request.iter().cloned());
                }
            }
            tasks.push(asked);
        }
        // Some eighths of them.
        let all: usize = tasks.iter().map(Vec::len).sum();
        let answers = (1..8_usize).prop_map(move |eighths| all * eighths / 8);
        let killed = prop_oneof![
            1 => Just(Killed::Nobody),
            2 => answers.clone().prop_map(Killed::Program),
            2 => answers.clone().prop_map(Killed::Server),
            1 => answers.prop_map(Killed::Both),
        ];
        let settings = prop::collection::vec(operation::setting_of_the_book(), 0..6);
        let tick = draft::tick(Uuid::from_u128(seeded.draw(&any::<u128>())));
        self.sent.push(tick.clone());
        tasks[0].insert(0, Asked { door: Door::Post(0), request: vec![tick] });
        Round {
            by,
            tasks,
            settings: seeded.draw(&settings),
            killed: if kills { seeded.draw(&killed) } else { Killed::Nobody },
            reopened: seeded.draw(&select(vec![None, None, Some(0), Some(1)])),
        }
    }

    /// Does all of it at once, and lets the model follow.
    async fn round(&mut self, round: Round) {
        let before = self.follower.read_to();
        time::move_on(self.place.database(), self.follower.books.now + round.by).await;
        self.follower.books.move_on(round.by);
        let traffic = Traffic::new(self.ledgers.clone(), &self.program);
        let tasks = join_all(round.tasks.into_iter().map(|task| traffic.work_off(task)));
        let killing = self.kill(round.killed, &traffic.answers);
        let (answered, (), ()) = tokio::join!(tasks, traffic.change(round.settings, before), killing);
        let mut answered: Vec<_> = answered.into_iter().flatten().collect();
        // Whoever was killed in a turn may still hold the head for a moment; what comes after it is settled.
        let last = Asked { door: Door::Post(0), request: Vec::new() };
        answered.extend(traffic.work_off(vec![last]).await);
        self.follower.follow(&self.ledgers[0], answered, &self.sent).await;
        if let Some(which) = round.reopened {
            self.ledgers.remove(which).close().await;
            self.ledgers.insert(which, Ledger::open(self.place.database(), &main_book()).await.unwrap());
        }
    }

    async fn kill(&mut self, killed: Killed, answers: &AtomicUsize) {
        let after = async |many: usize| {
            eventually("so many are answered", async || answers.load(Ordering::Relaxed) >= many).await;
        };
        match killed {
            Killed::Nobody => {}
            Killed::Program(many) => {
                after(many).await;
                self.program.kill().await;
                self.program.start_again(&self.place.url()).await;
            }
            Killed::Server(many) => {
                after(many).await;
                self.place.kill_server().await;
            }
            Killed::Both(many) => {
                after(many).await;
                self.program.kill().await;
                self.place.kill_server().await;
                self.program.start_again(&self.place.url()).await;
            }
        }
    }

    async fn end(mut self, long: bool) {
        self.follower.compare_whole(&self.ledgers[0], &self.sent).await;
        assert_eq!(self.program.trial_balance().await, self.follower.trial_balance());
        let Met { at_a_sequence, in_between, answer_lost } = self.follower.met;
        assert!(
            !long || [at_a_sequence, in_between, answer_lost].iter().all(|met| *met > 0),
            "{:?}",
            self.follower.met
        );
        println!("{} entries, {:?}", self.sent.len(), self.follower.met);
        self.program.kill().await;
        for ledger in self.ledgers {
            ledger.close().await;
        }
    }
}
