//! A book with one insurer, claims that it has approved, and files that pay them.

use std::collections::BTreeMap;
use std::fmt::Write;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query::{Items, Moment, open_items};
use dianfu_ledger::{Ledger, Outcome, clock, id};
use dianfu_reconcile::import::{Delivery, Imported, import};
use dianfu_reconcile::report::{self, RemittanceView};
use dianfu_reconcile::{CashReceipt, Refusal, cash, receive};
use dianfu_settlement::chart::{insurer_accounts, platform_accounts};
use dianfu_settlement::number::PartyNo;
use dianfu_tests::journal::assert_verifies;
use dianfu_tests::{TestDatabase, test_database};
use jiff::Timestamp;
use jiff::civil::date;

/// When everything in these tests arrives.
pub fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// A book in a database of its own.
pub struct Desk {
    pub test: TestDatabase,
    pub ledger: Ledger,
    pub currency: Currency,
    pub insurer: PartyNo,
    pub bank: PartyNo,
}

impl Desk {
    /// A book in US dollars with the insurer `picc` and no claims.
    pub async fn new() -> Desk {
        let test = test_database().await;
        let ledger = Desk::open(&test).await;
        let currency = Currency::USD;
        let insurer = PartyNo::parse("picc").unwrap();
        let mut accounts = platform_accounts(currency);
        accounts.extend(insurer_accounts(&insurer, currency));
        ledger.open_accounts(&accounts, "tester").await.unwrap();
        Desk { test, ledger, currency, insurer, bank: PartyNo::parse("settlement").unwrap() }
    }

    /// Another process's door to the same book.
    pub async fn open(test: &TestDatabase) -> Ledger {
        Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap()
    }

    /// A claim that was sent under a number and is approved: due on 1102, known to outsiders.
    pub async fn approve(&self, claim_no: &str, submitted_no: &str, own: &str, position: i32, minor: i64) {
        if minor > 0 {
            self.move_money(&[("1102.picc", Some(claim_no), minor), ("9002.picc", None, -minor)]).await;
        }
        let client = self.ledger.client().await.unwrap();
        let sql = "INSERT INTO open_item_reference
                   (account, item, submitted_no, insurer_claim_no, position, recorded_at)
                   VALUES ('1102.picc', $1, $2, $3, $4, $5)";
        client.execute(sql, &[&claim_no, &submitted_no, &own, &position, &now()]).await.unwrap();
    }

    /// A reimbursement that the insurer has approved: due on 1103, owed on to the patient, known to outsiders.
    pub async fn approve_reimbursement(&self, claim_no: &str, own: &str, minor: i64) {
        self.move_money(&[("1103.picc", Some(claim_no), minor), ("9002.picc", None, -minor)]).await;
        let client = self.ledger.client().await.unwrap();
        let sql = "INSERT INTO open_item_reference
                   (account, item, submitted_no, insurer_claim_no, position, recorded_at)
                   VALUES ('1103.picc', $1, $1, $2, 0, $3)";
        client.execute(sql, &[&claim_no, &own, &now()]).await.unwrap();
    }

    /// Posts an entry of these legs.
    pub async fn move_money(&self, legs: &[(&str, Option<&str>, i64)]) {
        let posting = |(account, item, minor): &(&str, Option<&str>, i64)| NewPosting {
            account: AccountCode::parse(account).unwrap(),
            amount: Money::new(*minor, self.currency),
            item: item.map(str::to_owned),
            due_date: None,
        };
        let entry = NewEntry {
            id: id::fresh(),
            reference: "test".to_owned(),
            actor: "tester".to_owned(),
            postings: legs.iter().map(posting).collect(),
            ..NewEntry::default()
        };
        let outcomes = self.ledger.post(vec![entry]).await.unwrap();
        assert!(matches!(outcomes[0], Outcome::Posted(_)), "{outcomes:?}");
    }

    pub async fn import(&self, file: &str) -> Result<Imported, Refusal> {
        self.import_bytes(file.as_bytes()).await
    }

    pub async fn import_bytes(&self, bytes: &[u8]) -> Result<Imported, Refusal> {
        import_through(&self.ledger, &self.insurer, bytes).await
    }

    /// Cash of this trace at the bank.
    pub async fn cash(&self, bank_reference: &str, trace: &str, minor: i64) -> Result<cash::Received, Refusal> {
        cash_through(&self.ledger, self, bank_reference, trace, minor).await
    }

    pub async fn view(&self, trace: &str) -> RemittanceView {
        let mut client = self.ledger.client().await.unwrap();
        let id = report::remittance_id(&mut client, &self.insurer, trace).await.unwrap().unwrap();
        report::remittance(&mut client, id).await.unwrap().unwrap()
    }

    /// Where a remittance stands, as the report says it.
    pub async fn state(&self, trace: &str) -> String {
        let row = self.view(trace).await.row;
        let cash_break = row.cash_break.map_or("", dianfu_reconcile::breaks::Category::word);
        format!("{} {cash_break}", row.state.word()).trim().to_owned()
    }

    /// `account item amount` of everything outstanding for the insurer, debit positive; and the book verifies.
    pub async fn open_items(&self) -> String {
        let client = self.ledger.client().await.unwrap();
        let mut shown = Vec::new();
        for control in ["1102", "1103", "2190", "2301"] {
            let control = AccountCode::parse(control).unwrap();
            for item in open_items(&**client, &control, Moment::default(), Items::Outstanding).await.unwrap() {
                shown.push(format!("{} {} {}", item.account.control(), item.item, item.outstanding_minor));
            }
        }
        self.verify().await;
        shown.join("; ")
    }

    pub async fn verify(&self) {
        assert_verifies(self.test.database()).await;
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let client = self.ledger.client().await.unwrap();
        client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    }
}

pub async fn import_through(ledger: &Ledger, insurer: &PartyNo, bytes: &[u8]) -> Result<Imported, Refusal> {
    let mut client = ledger.client().await.unwrap();
    let delivery = Delivery { insurer, bytes, received_at: now(), actor: "picc" };
    import(ledger, &mut client, &delivery).await.unwrap()
}

pub async fn cash_through(
    ledger: &Ledger,
    desk: &Desk,
    bank_reference: &str,
    trace: &str,
    minor: i64,
) -> Result<cash::Received, Refusal> {
    let mut client = ledger.client().await.unwrap();
    let receipt = CashReceipt {
        bank: &desk.bank,
        bank_reference,
        insurer: &desk.insurer,
        trace: Some(trace),
        amount: Money::new(minor, desk.currency),
        value_date: date(2026, 3, 1),
        received_at: now(),
        actor: "bank",
    };
    receive(ledger, &mut client, &receipt, clock::date_of(now())).await.unwrap()
}

/// An 835 of one remittance: `claim_no own_no minor` a line, `code reference minor` an adjustment, both separated by
/// semicolons; `-` for nothing. It pays what they come to.
pub fn file(trace: &str, lines: &str, adjustments: &str) -> String {
    let rows = |table: &str| -> Vec<Vec<String>> {
        let rows = table.split(';').map(|row| row.split_whitespace().map(|cell| cell.replace('-', "")).collect());
        rows.filter(|row: &Vec<String>| !row.is_empty()).collect()
    };
    let minor = |table: &str, row: usize| -> i64 {
        let row = table.split(';').filter(|row| !row.trim().is_empty()).nth(row).unwrap();
        row.split_whitespace().nth(2).unwrap().parse().unwrap()
    };
    let mut body = String::new();
    let mut paid = 0;
    for (index, row) in rows(lines).iter().enumerate() {
        let amount = minor(lines, index);
        paid += amount;
        let status = if amount < 0 { 22 } else { 1 };
        write!(body, "CLP*{}*{status}*{}*{}**12*{}~", row[0], text(amount), text(amount), row[1]).unwrap();
    }
    for (index, row) in rows(adjustments).iter().enumerate() {
        let amount = minor(adjustments, index);
        paid -= amount;
        write!(body, "PLB*PAYEE*20261231*{}:{}*{}~", row[0], row[1], text(amount)).unwrap();
    }
    let segments = body.matches('~').count() + 7;
    format!(
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*1200*^*00501*000000001*0*T*:~\
         GS*HP*SENDER*RECEIVER*20260302*1200*1*X*005010X221A1~ST*835*0001~BPR*I*{}*C*ACH************20260301~\
         TRN*1*{trace}*1512345678~N1*PR*PICC~N1*PE*DIANFU*XX*1~LX*1~{body}SE*{segments}*0001~GE*1*1~IEA*1*000000001~",
        text(paid)
    )
}

/// Minor units as the file writes them.
pub fn text(minor: i64) -> String {
    Money::new(minor, Currency::USD).to_decimal_string()
}

/// `account item amount` of each leg of the entries, which are separated by `|`.
pub async fn legs(desk: &Desk, ids: &[uuid::Uuid]) -> String {
    let client = desk.ledger.client().await.unwrap();
    let mut shown = Vec::new();
    for id in ids {
        let entry = dianfu_ledger::query::entry(&**client, *id).await.unwrap().unwrap();
        let leg = |leg: &dianfu_ledger::query::PostingView| {
            format!("{} {} {}", leg.account, leg.item.as_deref().unwrap_or("-"), leg.amount.minor)
        };
        shown.push(entry.postings.iter().map(leg).collect::<Vec<_>>().join("; "));
    }
    shown.join(" | ")
}

/// `CATEGORY item amount` of each break.
pub fn breaks(view: &RemittanceView) -> String {
    let shown = view.breaks.iter().map(|raised| {
        let item = raised.item.as_deref().unwrap_or("-");
        format!("{} {item} {}", raised.category.word(), raised.amount_minor)
    });
    shown.collect::<Vec<_>>().join("; ")
}

/// How often each outcome occurs.
pub fn outcomes(view: &RemittanceView) -> BTreeMap<&'static str, usize> {
    let mut outcomes = BTreeMap::new();
    for matched in view.lines.iter().filter_map(|line| line.matched.as_ref()) {
        *outcomes.entry(matched.outcome.word()).or_default() += 1;
    }
    outcomes
}
