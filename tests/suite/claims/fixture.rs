//! A book with everybody who takes part, claims on their way, and what the books say of them.

use std::collections::BTreeMap;

use dianfu_claims::claim::{
    Claim, ClaimKind, ClaimLine, ClaimNo, DiagnosisCode, DrugCode, NewClaim, PolicyNo, Prescription, ShareCollector,
    State,
};
use dianfu_claims::decide::{Applied, RecordedEvent};
use dianfu_claims::event::{Bearer, Event, Grounds, LineDecision};
use dianfu_claims::insurer::Insurer;
use dianfu_claims::insurer::bearer::Condition;
use dianfu_claims::insurer::onboard::{Onboarding, onboard};
use dianfu_claims::insurer::terms::{ContractTerms, Funding};
use dianfu_claims::patient::{Patient, Policy};
use dianfu_claims::pharmacy::Pharmacy;
use dianfu_claims::prereview::RuleVersion;
use dianfu_claims::prereview::rules::{Cycle, Rule, RuleSet};
use dianfu_claims::{Command, Refusal, apply, patient, pharmacy, read, rule_book, settle_open};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{Layer, NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::{Ledger, Outcome, id};
use dianfu_settlement::chart::{channel_accounts, platform_accounts};
use dianfu_settlement::number::PartyNo;
use dianfu_settlement::payee::{NewPayeeAccount, PayeeAccount, record_account};
use dianfu_tests::journal::assert_verifies;
use dianfu_tests::{TestDatabase, test_database};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

/// The day of every review; until further down the path nothing depends on the day.
pub const ON: Date = date(2026, 3, 2);
/// The worked figures: price, share and advance.
pub const GROSS: i64 = 2_000_000;
pub const SHARE: i64 = 480_000;
pub const ADVANCE: i64 = 1_520_000;
/// Enough for whatever a test does not ask the credit line about.
pub const WIDE: i64 = 1_000_000_000;

/// When everything in these tests is recorded: more exact than the database keeps, as clocks are.
pub fn now() -> Timestamp {
    "2026-03-02T09:00:00.123456789Z".parse().unwrap()
}

pub fn party(number: &str) -> PartyNo {
    PartyNo::parse(number).unwrap()
}

pub fn number(claim_no: &str) -> ClaimNo {
    ClaimNo::parse(claim_no).unwrap()
}

pub fn the_insurer() -> Insurer {
    Insurer { insurer_no: party("picc"), name: "Example Insurer".to_owned(), currency: Currency::CNY }
}

pub fn the_pharmacy(pharmacy_no: &str) -> Pharmacy {
    Pharmacy {
        pharmacy_no: party(pharmacy_no),
        name: "Example Pharmacy".to_owned(),
        currency: Currency::CNY,
        fee_per_10000: 100,
        vat_per_10000: 600,
        payment_days: 7,
    }
}

/// The policy of the worked figures: a deductible of 1000.00 and a fifth of the rest.
pub fn policy_of(patient_no: &str) -> Policy {
    Policy {
        insurer: party("picc"),
        policy_no: PolicyNo::parse(&format!("POL-{patient_no}")).unwrap(),
        patient: party(patient_no),
        currency: Currency::CNY,
        in_force_from: date(2026, 1, 1),
        in_force_until: date(2026, 12, 31),
        deductible_minor: 100_000,
        coinsurance_per_10000: 2_000,
        share_cap_minor: None,
        benefit_limit_minor: None,
    }
}

pub fn the_rules(version: i32) -> RuleVersion {
    let drug_code = DrugCode::parse("osimertinib-80mg-30").unwrap();
    let rules = vec![
        Rule::PolicyInForce,
        Rule::PrescriptionValid { days: 30 },
        Rule::DrugListed { drugs: vec![drug_code.clone()] },
        Rule::QuantityPerCycle { drugs: vec![Cycle { drug_code, packs_per_cycle: 1, cycle_days: 28 }] },
    ];
    RuleVersion { version, effective_from: date(2026, 1, 1), rules: RuleSet::deciding(30, rules) }
}

/// A claim at the worked figures; each patient of these tests has a policy of its own.
pub fn intake(claim_no: &str, patient_no: &str) -> NewClaim {
    NewClaim {
        claim_no: number(claim_no),
        kind: ClaimKind::DirectPay,
        insurer: party("picc"),
        pharmacy: party("red-cross"),
        patient: party(patient_no),
        policy_no: policy_of(patient_no).policy_no,
        diagnosis: DiagnosisCode::parse("C34.9").unwrap(),
        prescription: Prescription {
            prescription_no: "RX-1".to_owned(),
            prescribed_on: date(2026, 3, 1),
            doctor_no: party("dr-wu"),
        },
        tests: Vec::new(),
        lines: vec![ClaimLine {
            line_no: 1,
            drug_code: DrugCode::parse("osimertinib-80mg-30").unwrap(),
            quantity: 1,
            prescribed_quantity: Some(1),
            gross_minor: GROSS,
        }],
        gross_minor: GROSS,
        currency: Currency::CNY,
        share_collector: ShareCollector::Platform,
    }
}

/// The same claim on a prescription of another day.
pub fn prescribed(on: Date, claim: NewClaim) -> NewClaim {
    NewClaim { prescription: Prescription { prescribed_on: on, ..claim.prescription }, ..claim }
}

/// An event on a claim, with the proof or the second person that it needs.
pub fn told(claim_no: &str, event: Event) -> Command {
    let kind = event.kind();
    let command = Command::tell(number(claim_no), event, ON);
    let command = if kind.needs_proof() { command.proven_by([7; 32]) } else { command };
    if kind.takes_two() { command.checked_by("li") } else { command }
}

/// Until when a pharmacy may answer an offer of these tests.
pub fn respond_by() -> Timestamp {
    "2026-03-02T10:00:00Z".parse().unwrap()
}

/// An offer of the order.
pub fn offered(claim_no: &str, offer_no: i32, pharmacy: &str) -> Command {
    Command::offer(number(claim_no), offer_no, party(pharmacy), respond_by(), ON)
}

pub fn share_paid(amount_minor: i64) -> Event {
    Event::SharePaid { amount_minor, channel: party("wechat") }
}

pub fn sent(submitted_no: &str) -> Event {
    Event::SentToInsurer { submitted_no: submitted_no.to_owned() }
}

/// The insurer's first decision on a claim of one line and an advance at the worked figures.
pub fn decided(approved_minor: i64) -> Event {
    decided_again(1, approved_minor)
}

/// Another decision of the insurer on the same.
pub fn decided_again(decision_no: i32, approved_minor: i64) -> Event {
    let reasons = (approved_minor < ADVANCE).then(|| "CO-45".to_owned());
    decision(decision_no, vec![line_decided(1, approved_minor, reasons)])
}

/// What the insurer decides on a line.
pub fn line_decided(line_no: i32, approved_minor: i64, reasons: impl IntoIterator<Item = String>) -> LineDecision {
    LineDecision { line_no, approved_minor, reasons: reasons.into_iter().collect() }
}

/// A decision on these lines.
pub fn decision(decision_no: i32, lines: Vec<LineDecision>) -> Event {
    Event::InsurerDecided { decision_no, insurer_claim_no: "9406".to_owned(), position: 1, lines }
}

/// Somebody bears a part of a shortfall, on grounds that the usual contract agrees to.
pub fn assigned(number: i32, bearer: Bearer, amount_minor: i64) -> Event {
    let grounds = match bearer {
        Bearer::Patient => Grounds::of("benefit_used_up", &[Condition::ConsentSigned]),
        Bearer::PharmacyByNetting | Bearer::PharmacyUnpaidOrder => {
            Grounds::of("price_above_contract", &[Condition::ChargebackRight])
        }
        Bearer::Platform => Grounds::of("rule_misapplied", &[]),
        Bearer::InsurerAfterDispute => Grounds::of("clinical_view", &[]),
    };
    Event::ShortfallAssigned { number, bearer, amount_minor, grounds }
}

/// The straight path of one claim at the worked figures, with the state that each command leads to.
pub fn straight_path(claim: NewClaim) -> Vec<(Command, State)> {
    let claim_no = claim.claim_no.to_string();
    let told = |event| told(&claim_no, event);
    vec![
        (Command::take_in(claim, ON), State::Draft),
        (told(Event::Submitted), State::Submitted),
        (told(Event::ReviewStarted), State::PreReview),
        (Command::review(number(&claim_no), ON), State::PreApproved),
        (offered(&claim_no, 1, "red-cross"), State::OrderOffered),
        (told(Event::OrderAccepted { offer_no: 1 }), State::OrderAccepted),
        (told(Event::ShareRequested), State::ShareDue),
        (told(share_paid(SHARE)), State::SharePaid),
        (told(Event::DrugReady), State::Ready),
        (told(Event::Dispensed), State::Dispensed),
        (told(sent(&claim_no)), State::InsurerSubmitted),
        (told(decided(1_400_000)), State::Partial),
    ]
}

/// A book in a database of its own.
pub struct Desk {
    pub test: TestDatabase,
    pub ledger: Ledger,
}

impl Desk {
    /// A book with the insurer `picc`, the pharmacy `red-cross`, the channel `wechat` and the patients `p-1` to `p-4`.
    pub async fn new(credit_line_minor: i64) -> Desk {
        Desk::on_terms(credit_line_minor, ContractTerms::plain()).await
    }

    /// The same, with an insurer on these terms.
    pub async fn on_terms(credit_line_minor: i64, terms: ContractTerms) -> Desk {
        let test = test_database().await;
        let ledger = Desk::open(&test).await;
        let desk = Desk { test, ledger };
        let mut accounts = platform_accounts(Currency::CNY);
        accounts.extend(channel_accounts(&party("wechat"), Currency::CNY));
        desk.ledger.open_accounts(&accounts, "tester").await.unwrap();
        let mut client = desk.ledger.client().await.unwrap();
        let people = ("wang", "li");
        let insurer = Onboarding { terms, ..Onboarding::plain(the_insurer(), credit_line_minor, ON, [7; 32]) };
        onboard(&mut client, &insurer, people, now()).await.unwrap().unwrap();
        rule_book::record(&mut client, &party("picc"), &the_rules(1), people, now()).await.unwrap().unwrap();
        pharmacy::register(&mut client, &the_pharmacy("red-cross"), "tester", now()).await.unwrap().unwrap();
        desk.pays("red-cross", 1).await;
        for patient_no in ["p-1", "p-2", "p-3", "p-4"] {
            desk.patient(patient_no).await;
        }
        desk
    }

    /// A book whose insurer pays beforehand, and has deposited this much.
    pub async fn deposited(minor: i64) -> Desk {
        let terms = ContractTerms { funding: Funding::Prefund, ..ContractTerms::plain() };
        let desk = Desk::on_terms(WIDE, terms).await;
        desk.move_money(&[("1002.settlement", None, minor), ("2302.picc", None, -minor)]).await;
        desk
    }

    /// A second version of the insurer's rules, which asks only that the policy is in force.
    pub async fn asks_little(&self) {
        let mut rules = the_rules(2);
        rules.rules = RuleSet::deciding(30, vec![Rule::PolicyInForce]);
        let mut client = self.ledger.client().await.unwrap();
        rule_book::record(&mut client, &party("picc"), &rules, ("wang", "li"), now()).await.unwrap().unwrap();
    }

    /// Registers a patient with a policy of the worked figures.
    pub async fn patient(&self, patient_no: &str) {
        let mut client = self.ledger.client().await.unwrap();
        let patient = Patient { patient_no: party(patient_no), currency: Currency::CNY };
        patient::register(&mut client, &patient, "tester", now()).await.unwrap().unwrap();
        patient::register_policy(&mut client, &policy_of(patient_no), "tester", now()).await.unwrap().unwrap();
    }

    /// Another process's door to the same book.
    pub async fn open(test: &TestDatabase) -> Ledger {
        Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap()
    }

    /// Puts a version of bank details of a payee on record.
    pub async fn pays(&self, payee: &str, version: i32) {
        let mut client = self.ledger.client().await.unwrap();
        record_account(&mut client, &bank_details(payee, version), "wang", now()).await.unwrap().unwrap();
    }

    /// Asks for one thing.
    pub async fn ask(&self, command: Command) -> Result<Applied, Refusal> {
        self.ask_as(command, "tester", now()).await
    }

    /// Asks for one thing as somebody, at a moment.
    pub async fn ask_as(&self, command: Command, actor: &str, at: Timestamp) -> Result<Applied, Refusal> {
        let mut client = self.ledger.client().await.unwrap();
        let answers = apply(&self.ledger, &mut client, &[command], actor, at).await.unwrap();
        let [answer] = answers.try_into().unwrap();
        answer
    }

    /// Asks for everything in one batch; the code of each refusal.
    pub async fn ask_at_once(&self, commands: &[Command]) -> Vec<Result<Applied, &'static str>> {
        let mut client = self.ledger.client().await.unwrap();
        let answers = apply(&self.ledger, &mut client, commands, "tester", now()).await.unwrap();
        answers.into_iter().map(|answer| answer.map_err(|refusal| refusal.code())).collect()
    }

    /// Tells an event, which is granted.
    pub async fn tell(&self, claim_no: &str, event: Event) -> Applied {
        self.ask(told(claim_no, event)).await.unwrap()
    }

    /// Tells an event, and answers the code of its refusal.
    pub async fn refused(&self, command: Command) -> &'static str {
        let refusal = self.ask(command).await.unwrap_err();
        assert!(refusal.to_string().contains("is refused: "), "{refusal}");
        refusal.code()
    }

    /// Brings a new claim along the straight path until it is in this state.
    pub async fn bring(&self, claim_no: &str, patient_no: &str, to: State) {
        let path = straight_path(intake(claim_no, patient_no));
        let length = path.iter().position(|(_, state)| *state == to).unwrap();
        let commands: Vec<Command> = path.into_iter().take(length + 1).map(|(command, _)| command).collect();
        let mut client = self.ledger.client().await.unwrap();
        for answer in apply(&self.ledger, &mut client, &commands, "tester", now()).await.unwrap() {
            answer.unwrap();
        }
    }

    /// Brings a new claim through its review.
    pub async fn reviewed(&self, claim: NewClaim) -> Applied {
        let claim_no = claim.claim_no.clone();
        self.ask(Command::take_in(claim, ON)).await.unwrap();
        self.tell(claim_no.as_str(), Event::Submitted).await;
        self.tell(claim_no.as_str(), Event::ReviewStarted).await;
        self.ask(Command::review(claim_no, ON)).await.unwrap()
    }

    /// The pharmacy has not answered an offer in time.
    pub async fn times_out(&self, claim_no: &str, offer_no: i32) -> Applied {
        let late = respond_by() + 1.second();
        self.ask_as(told(claim_no, Event::OfferTimedOut { offer_no }), "tester", late).await.unwrap()
    }

    /// Looks at the ledger for all claims and answers where this one stands.
    pub async fn settled(&self, claim_no: &str) -> State {
        let mut client = self.ledger.client().await.unwrap();
        settle_open(&self.ledger, &mut client, (ON, "system"), now()).await.unwrap();
        self.claim(claim_no).await.state
    }

    pub async fn claim(&self, claim_no: &str) -> Claim {
        self.story(claim_no).await.0
    }

    /// A claim and what happened to it.
    pub async fn story(&self, claim_no: &str) -> (Claim, Vec<RecordedEvent>) {
        let mut client = self.ledger.client().await.unwrap();
        read::story(&mut client, &number(claim_no)).await.unwrap().unwrap()
    }

    /// Posts an entry of these legs: what others do in the same book.
    pub async fn move_money(&self, legs: &[(&str, Option<&str>, i64)]) {
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
        let outcomes = self.ledger.post(vec![entry]).await.unwrap();
        assert!(matches!(outcomes[0], Outcome::Posted(_)), "{outcomes:?}");
    }

    /// The journals of these entries, `J3: account item amount, …`, debit positive; pending legs in brackets.
    pub async fn journals(&self, entry_ids: &[Uuid]) -> Vec<String> {
        let client = self.ledger.client().await.unwrap();
        let mut shown = Vec::new();
        for id in entry_ids {
            let entry = query::entry(&**client, *id).await.unwrap().unwrap();
            let legs: Vec<String> = entry.postings.iter().map(leg).collect();
            shown.push(format!("{}: {}", entry.template.unwrap().name, legs.join(", ")));
        }
        shown
    }

    /// `account balance` of every account that is not zero, debit positive; and the book verifies.
    pub async fn balances(&self) -> String {
        let client = self.ledger.client().await.unwrap();
        let report = query::trial_balance(&**client, Moment::default(), None).await.unwrap();
        assert!(report.is_balanced());
        let rows = report.rows.iter().filter(|row| row.closing_minor() != 0);
        let shown: Vec<String> = rows.map(|row| format!("{} {}", row.account, row.closing_minor())).collect();
        self.verify().await;
        shown.join("; ")
    }

    /// What is held against the insurer's credit line, in minor units.
    pub async fn held(&self) -> i64 {
        let sql = "SELECT COALESCE(sum(amount_minor), 0)::bigint FROM posting JOIN account USING (account_no)
                   WHERE code = '1101.picc' AND layer <> 0";
        self.ledger.client().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }

    pub async fn verify(&self) {
        assert_verifies(self.test.database()).await;
    }

    /// A connection that may do everything, in the book.
    pub async fn owner(&self) -> tokio_postgres::Client {
        let client = self.test.database().connect_owner().await.unwrap();
        client.batch_execute("SET search_path = book_main").await.unwrap();
        client
    }

    /// Every row of the book, by table.
    pub async fn everything(&self) -> BTreeMap<String, String> {
        let owner = self.owner().await;
        let sql = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = 'book_main' AND c.relkind IN ('r', 'p') AND NOT c.relispartition";
        let mut rows = BTreeMap::new();
        for table in owner.query(sql, &[]).await.unwrap() {
            let table: String = table.get(0);
            let sql = format!("SELECT COALESCE(string_agg(t::text, chr(10) ORDER BY t::text), '') FROM {table} t");
            rows.insert(table, owner.query_one(&sql, &[]).await.unwrap().get(0));
        }
        rows
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let client = self.ledger.client().await.unwrap();
        client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
    }
}

fn leg(leg: &query::PostingView) -> String {
    let shown = format!("{} {} {}", leg.account, leg.item.as_deref().unwrap_or("-"), leg.amount.minor);
    if leg.layer == Layer::Settled { shown } else { format!("({shown})") }
}

/// A version of a payee's bank details.
pub fn bank_details(payee: &str, version: i32) -> NewPayeeAccount {
    let details = PayeeAccount {
        holder: payee.to_owned(),
        bank_code: "102100099996".to_owned(),
        account_no: format!("6222-{version}"),
    };
    NewPayeeAccount { payee: party(payee), version, details, checked_by: "li".to_owned() }
}
