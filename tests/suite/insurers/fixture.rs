//! A book with one insurer that is on its way in, and the two people who bring it live.

use dianfu_claims::calendar::CalendarName;
use dianfu_claims::insurer::checklist::{CheckItem, NewPaper, hand_in, judge};
use dianfu_claims::insurer::modules::{Module, NewSwitch, switch};
use dianfu_claims::insurer::proposal::{Act, approve, propose};
use dianfu_claims::insurer::terms::{ContractTerms, DayCount, Funding};
use dianfu_claims::insurer::{Insurer, InsurerRefusal, Standing, bearer, register, standings_in};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::{Ledger, Outcome, id};
use dianfu_settlement::chart::platform_accounts;
use dianfu_settlement::number::PartyNo;
use dianfu_tests::{TestDatabase, test_database};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};

/// The day of everything in these tests.
pub const ON: Date = date(2026, 3, 2);
/// The credit line of the insurer.
pub const LINE: i64 = 1_000_000;
/// Who proposes and hands in, and who judges and approves.
pub const MAKER: &str = "wang";
pub const CHECKER: &str = "li";

pub fn now() -> Timestamp {
    "2026-03-02T09:00:00.123456789Z".parse().unwrap()
}

/// Some hours later.
pub fn later(hours: i64) -> Timestamp {
    now().checked_add(hours.hours()).unwrap()
}

pub fn cpic() -> PartyNo {
    PartyNo::parse("cpic").unwrap()
}

pub fn the_insurer() -> Insurer {
    Insurer { insurer_no: cpic(), name: "Example Insurer".to_owned(), currency: Currency::CNY }
}

pub fn the_terms() -> ContractTerms {
    ContractTerms {
        payment_days: 30,
        payment_days_are: DayCount::Calendar,
        calendar: CalendarName::parse("CN").unwrap(),
        fee_per_10000: 100,
        vat_per_10000: 600,
        tolerance_per_line_minor: 5,
        tolerance_per_day_minor: 100,
        guarantee_days: 30,
        response_days: 10,
        funding: Funding::CreditLine,
        bearers: bearer::usual(),
    }
}

pub fn terms_from(effective_from: Date) -> Act {
    Act::Terms { effective_from, terms: Box::new(the_terms()) }
}

/// A paper for each item; the licence is valid until the end of the year.
pub fn the_papers() -> Vec<NewPaper> {
    CheckItem::ALL.into_iter().map(paper).collect()
}

pub fn paper(item: CheckItem) -> NewPaper {
    let expires_on = (item == CheckItem::Licence).then_some(date(2026, 12, 31));
    NewPaper { item, evidence_sha256: [7; 32], note: format!("the {}", item.word()), expires_on }
}

/// What was refused: its code and its sentence.
pub fn told<T: std::fmt::Debug>(answer: Result<T, InsurerRefusal>) -> String {
    let refusal = answer.unwrap_err();
    format!("{}: {refusal}", refusal.code())
}

/// A book with the insurer `cpic`, registered and nothing more.
pub struct Office {
    pub test: TestDatabase,
    pub ledger: Ledger,
}

impl Office {
    pub async fn new() -> Office {
        let test = test_database().await;
        let ledger = Office::open(&test).await;
        let office = Office { test, ledger };
        office.ledger.open_accounts(&platform_accounts(Currency::CNY), MAKER).await.unwrap();
        register(&mut office.client().await, &the_insurer(), LINE, MAKER, now()).await.unwrap().unwrap();
        office
    }

    /// A book in which it is live, with every module on.
    pub async fn live() -> Office {
        let office = Office::new().await;
        office.hand_in_everything().await;
        office.agree(&terms_from(date(2026, 1, 1))).await;
        office.agree(&Act::GoLive).await;
        for module in Module::ALL {
            office.switch(module, true, now()).await.unwrap();
        }
        office
    }

    /// Another process's door to the same book.
    pub async fn open(test: &TestDatabase) -> Ledger {
        Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap()
    }

    pub async fn client(&self) -> deadpool_postgres::Client {
        self.ledger.client().await.unwrap()
    }

    /// A connection that may do everything, in the book.
    pub async fn owner(&self) -> tokio_postgres::Client {
        let client = self.test.database().connect_owner().await.unwrap();
        client.batch_execute("SET search_path = book_main").await.unwrap();
        client
    }

    pub async fn hand_in(&self, paper: &NewPaper) -> Result<i32, InsurerRefusal> {
        hand_in(&mut self.client().await, &cpic(), paper, MAKER, now()).await.unwrap()
    }

    pub async fn judge(&self, item: CheckItem, no: i32, accepted: bool, by: &str) -> Result<(), InsurerRefusal> {
        judge(&mut self.client().await, &cpic(), (item, no), (accepted, "seen"), by, now()).await.unwrap()
    }

    pub async fn hand_in_everything(&self) {
        for paper in the_papers() {
            let paper_no = self.hand_in(&paper).await.unwrap();
            self.judge(paper.item, paper_no, true, CHECKER).await.unwrap();
        }
    }

    pub async fn propose(&self, act: &Act, at: Timestamp) -> Result<i32, InsurerRefusal> {
        propose(&mut self.client().await, &cpic(), act, ("agreed", MAKER), at).await.unwrap()
    }

    pub async fn approve(&self, proposal_no: i32, by: &str, at: Timestamp) -> Result<(), InsurerRefusal> {
        approve(&mut self.client().await, &cpic(), proposal_no, ("checked", by), at).await.unwrap()
    }

    /// One proposes, another approves.
    pub async fn agree(&self, act: &Act) {
        let proposal_no = self.propose(act, now()).await.unwrap();
        self.approve(proposal_no, CHECKER, now()).await.unwrap();
    }

    pub async fn switch(&self, module: Module, is_on: bool, from_at: Timestamp) -> Result<(), InsurerRefusal> {
        let switches = [NewSwitch { module, is_on, from_at, reason: "contract".to_owned() }];
        switch(&mut self.client().await, &cpic(), &switches, MAKER, now()).await.unwrap()
    }

    /// How the insurer stands at a moment.
    pub async fn standing(&self, at: Timestamp) -> Standing {
        let mut client = self.client().await;
        let tx = client.transaction().await.unwrap();
        standings_in(&tx, &[cpic()], at).await.unwrap().remove(&cpic()).unwrap()
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        self.client().await.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    }
}

/// An entry of two legs between an account of the insurer and the contra of its exposure.
pub fn entry(kind: EntryKind, account: &str, minor: i64, item: &str) -> NewEntry {
    let leg = |code: &str, minor: i64, item: Option<&str>| {
        let account = AccountCode::parse(code).unwrap();
        NewPosting::new(account, Money::new(minor, Currency::CNY), item.map(str::to_owned))
    };
    NewEntry {
        id: id::fresh(),
        kind,
        effective_date: Some(ON),
        reference: "test".to_owned(),
        actor: "tester".to_owned(),
        postings: vec![leg(account, minor, Some(item)), leg("9002.cpic", -minor, None)],
        ..NewEntry::default()
    }
}

/// `posted`, or the code of the refusal.
pub fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Posted(_) => "posted",
        Outcome::Replayed(_) => "replayed",
        Outcome::Rejected(rejection) => rejection.code(),
    }
}
