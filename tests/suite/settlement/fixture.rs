//! A book with parties that are owed and owe, items made by plain entries, and batches that pay them.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query::{self, Items, Moment, open_items};
use dianfu_ledger::{Ledger, Outcome, id};
use dianfu_settlement::batch::{Batch, Pays};
use dianfu_settlement::chart::{
    channel_accounts, insurer_accounts, patient_accounts, pharmacy_accounts, platform_accounts,
};
use dianfu_settlement::instruct::figures_of;
use dianfu_settlement::journals::{Facts, Journals};
use dianfu_settlement::number::{BatchNo, PartyNo};
use dianfu_settlement::payable::{NewPayable, raise_in};
use dianfu_settlement::payee::{NewPayee, NewPayeeAccount, PayeeAccount, record_account, register_in};
use dianfu_settlement::payout::{Fact, Payout};
use dianfu_settlement::plan::{Figures, Plan};
use dianfu_settlement::record::Recorded;
use dianfu_settlement::voucher::Heading;
use dianfu_settlement::{Approval, ControlTotal, Refusal, Report, instruct, preview, propose, record};
use dianfu_tests::journal::assert_verifies;
use dianfu_tests::{TestDatabase, test_database};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use uuid::Uuid;

/// The day of everything in these tests, and the cut-off of every batch.
pub const ON: Date = date(2026, 3, 9);

pub fn now() -> Timestamp {
    "2026-03-09T09:00:00Z".parse().unwrap()
}

pub fn party(number: &str) -> PartyNo {
    PartyNo::parse(number).unwrap()
}

/// Legs: account, item, amount; debit positive.
pub type Legs<'a> = &'a [(&'a str, Option<&'a str>, i64)];

pub struct Desk {
    pub test: TestDatabase,
    pub ledger: Ledger,
}

impl Desk {
    /// The insurer `picc`, the pharmacies `red-cross` and `blue-sky`, the channel `wechat` and the patient `p-1`, all
    /// with bank details.
    pub async fn new() -> Desk {
        let test = test_database().await;
        let desk = Desk { ledger: Desk::open(&test).await, test };
        let mut accounts = platform_accounts(Currency::CNY);
        accounts.extend(channel_accounts(&party("wechat"), Currency::CNY));
        accounts.extend(insurer_accounts(&party("picc"), Currency::CNY));
        accounts.extend(["red-cross", "blue-sky"].iter().flat_map(|own| pharmacy_accounts(&party(own), Currency::CNY)));
        accounts.extend(patient_accounts(&party("p-1"), Currency::CNY));
        desk.ledger.open_accounts(&accounts, "tester").await.unwrap();
        for payee in ["picc", "red-cross", "blue-sky", "p-1"] {
            desk.payee(payee, 0).await;
            desk.pays(payee, 1).await;
        }
        desk
    }

    /// Another process's door to the same book.
    pub async fn open(test: &TestDatabase) -> Ledger {
        Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap()
    }

    pub async fn payee(&self, payee: &str, withheld_per_10000: i32) {
        let mut client = self.ledger.client().await.unwrap();
        let tx = client.transaction().await.unwrap();
        let payee = NewPayee { payee: party(payee), name: payee.to_owned(), withheld_per_10000 };
        register_in(&tx, &payee, "tester", now()).await.unwrap().unwrap();
        tx.commit().await.unwrap();
    }

    /// Puts a version of bank details of a payee on record.
    pub async fn pays(&self, payee: &str, version: i32) {
        let details = PayeeAccount {
            holder: payee.to_owned(),
            bank_code: "102100099996".to_owned(),
            account_no: format!("6222-{version}"),
        };
        let account = NewPayeeAccount { payee: party(payee), version, details, checked_by: "li".to_owned() };
        let mut client = self.ledger.client().await.unwrap();
        record_account(&mut client, &account, "wang", now()).await.unwrap().unwrap();
    }

    /// Posts an entry of these legs: what others do in the same book.
    pub async fn move_money(&self, legs: Legs<'_>) {
        post(&self.ledger, legs).await;
    }

    /// Posts a journal by its template.
    pub async fn journal(&self, journal: &str, item: &str, facts: Facts) {
        let mut client = self.ledger.client().await.unwrap();
        let tx = client.transaction().await.unwrap();
        let journals = Journals::in_force(&tx, &[journal]).await.unwrap();
        let heading = Heading {
            id: id::fresh(),
            journal,
            kind: EntryKind::Post,
            relates_to: None,
            on: ON,
            reference: item,
            description: None,
            actor: "tester",
        };
        let entry = journals.entry(heading, &facts.text("claim", item)).unwrap().unwrap();
        let outcomes = self.ledger.post_in(&tx, &[entry]).await.unwrap();
        assert!(matches!(outcomes[0], Outcome::Posted(_)), "{outcomes:?}");
        tx.commit().await.unwrap();
    }

    /// An item that we owe, due on [`ON`].
    pub async fn owe(&self, account: &str, item: &str, minor: i64, advance_minor: i64) {
        self.move_money(&[("5102", None, minor), (account, Some(item), -minor)]).await;
        self.due(account, item, advance_minor).await;
    }

    /// Says that an item is to be paid out.
    pub async fn due(&self, account: &str, item: &str, advance_minor: i64) {
        let mut client = self.ledger.client().await.unwrap();
        let tx = client.transaction().await.unwrap();
        let payable = NewPayable {
            account: AccountCode::parse(account).unwrap(),
            item: item.to_owned(),
            payee: party(account.split_once('.').unwrap().1),
            currency: Currency::CNY,
            advance_minor,
            due_on: ON,
        };
        raise_in(&tx, &[payable], now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// An item that a pharmacy owes us.
    pub async fn owed_by(&self, pharmacy: &str, item: &str, minor: i64) {
        let account = format!("1301.{pharmacy}");
        self.move_money(&[(&account, Some(item), minor), ("5102", None, -minor)]).await;
    }

    pub async fn propose(&self, batch_no: &str, pays: Pays) {
        let batch = Batch {
            batch_no: BatchNo::parse(batch_no).unwrap(),
            pays,
            currency: Currency::CNY,
            bank: party("settlement"),
            cut_off: ON,
            made_by: "wang".to_owned(),
            made_at: now(),
        };
        let mut client = self.ledger.client().await.unwrap();
        propose(&mut client, &batch).await.unwrap().unwrap();
    }

    pub async fn preview(&self, batch_no: &str) -> Plan {
        let mut client = self.ledger.client().await.unwrap();
        preview(&mut client, &BatchNo::parse(batch_no).unwrap()).await.unwrap().unwrap()
    }

    pub async fn instruct(&self, batch_no: &str, total: ControlTotal) -> Result<Vec<Payout>, Refusal> {
        release(&self.ledger, batch_no, total).await
    }

    /// Proposes, looks and releases.
    pub async fn pay(&self, batch_no: &str, pays: Pays) -> Result<Vec<Payout>, Refusal> {
        self.propose(batch_no, pays).await;
        let plan = self.preview(batch_no).await;
        self.instruct(batch_no, plan.control_total()).await
    }

    pub async fn figures(&self, batch_no: &str) -> Figures {
        let mut client = self.ledger.client().await.unwrap();
        figures_of(&mut client, &BatchNo::parse(batch_no).unwrap()).await.unwrap()
    }

    /// The bank reports something about a payout.
    pub async fn report(&self, payout: &Payout, fact: Fact) -> Result<Recorded, Refusal> {
        let report = Report { payout_id: payout.payout_id.clone(), fact, on: ON, evidence_sha256: None };
        let mut client = self.ledger.client().await.unwrap();
        record(&self.ledger, &mut client, &[report], "bank", now()).await.unwrap().remove(0)
    }

    /// The journals of the entries with this reference, in order: `J5: account item amount, …`.
    pub async fn journals(&self, reference: &str) -> Vec<String> {
        let client = self.ledger.client().await.unwrap();
        let sql = "SELECT entry_id FROM entry WHERE reference = $1 ORDER BY sequence";
        let mut shown = Vec::new();
        for row in client.query(sql, &[&reference]).await.unwrap() {
            let entry = query::entry(&**client, row.get::<_, Uuid>(0)).await.unwrap().unwrap();
            let legs = entry
                .postings
                .iter()
                .map(|leg| format!("{} {} {}", leg.account, leg.item.as_deref().unwrap_or("-"), leg.amount.minor));
            shown.push(format!("{}: {}", entry.template.unwrap().name, legs.collect::<Vec<_>>().join(", ")));
        }
        shown
    }

    /// `account item amount` of everything outstanding on the accounts of a control, debit positive; the book verifies.
    pub async fn open_items(&self, control: &str) -> String {
        let client = self.ledger.client().await.unwrap();
        let control = AccountCode::parse(control).unwrap();
        let items = open_items(&**client, &control, Moment::default(), Items::Outstanding).await.unwrap();
        let shown = items.iter().map(|item| format!("{} {} {}", item.account, item.item, item.outstanding_minor));
        assert_verifies(self.test.database()).await;
        shown.collect::<Vec<_>>().join("; ")
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let client = self.ledger.client().await.unwrap();
        client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    }
}

pub async fn post(ledger: &Ledger, legs: Legs<'_>) {
    let posting = |(account, item, minor): &(&str, Option<&str>, i64)| NewPosting {
        account: AccountCode::parse(account).unwrap(),
        amount: Money::new(*minor, Currency::CNY),
        item: item.map(str::to_owned),
        due_date: None,
    };
    let entry = NewEntry {
        id: id::fresh(),
        effective_date: Some(ON),
        reference: "test".to_owned(),
        actor: "tester".to_owned(),
        postings: legs.iter().map(posting).collect(),
        ..NewEntry::default()
    };
    let outcomes = ledger.post(vec![entry]).await.unwrap();
    assert!(matches!(outcomes[0], Outcome::Posted(_)), "{outcomes:?}");
}

/// The checker's word, through this door.
pub async fn release(ledger: &Ledger, batch_no: &str, total: ControlTotal) -> Result<Vec<Payout>, Refusal> {
    let batch_no = BatchNo::parse(batch_no).unwrap();
    let approval = Approval { batch_no, checked_by: "li".to_owned(), control_total: total, on: ON };
    let mut client = ledger.client().await.unwrap();
    instruct(ledger, &mut client, &approval, now()).await.unwrap()
}

pub fn paid(payout: &Payout) -> Fact {
    let bank_reference = format!("STMT-{}", payout.payout_id);
    Fact::Paid { amount_minor: payout.net_minor(), charge_minor: 0, bank_reference }
}

pub fn rejected() -> Fact {
    Fact::Rejected { reason: "AC04".to_owned() }
}

pub fn returned(payout: &Payout) -> Fact {
    let bank_reference = format!("RTR-{}", payout.payout_id);
    Fact::Returned { amount_minor: payout.net_minor(), reason: "AC01".to_owned(), bank_reference }
}
