//! What is measured is done to: a state, entries and a remittance, drawn from seeds.

use std::fmt::Write;

use dianfu_ledger::account::{
    Account, AccountCode, AccountNo, AccountSetting, AccountType, Frozen, Limits, NormalSide,
};
use dianfu_ledger::balance::Balance;
use dianfu_ledger::entry::{Effect, NewEntry, NewPosting};
use dianfu_ledger::journal::state::{KnownAccount, State};
use dianfu_ledger::money::{Currency, Money};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use uuid::Uuid;

/// Entries a batch, as the canonical workloads have them.
pub const BATCH: usize = 8_000;
/// Accounts that they are spread over.
pub const ACCOUNTS: usize = 10_000;
/// Claims in the remittance.
pub const CLAIMS: usize = 5_000;

/// Where the journal is when the batch comes.
pub const LAST_SEQUENCE: i64 = 1_000_000;
/// Largest amount of an entry, in minor units; the smallest is 1.
const AMOUNT_MAX: i64 = 100_000;
/// The most that stands on an account: enough for most entries.
const MONEY_MAX: i64 = 1_000_000;

/// When the batch is booked: 2026-05-01T08:00:00Z.
pub fn booked_at() -> Timestamp {
    Timestamp::from_second(1_777_622_400).expect("a second of this century")
}

/// As many as counts of these inputs are.
pub fn elements(count: usize) -> u64 {
    u64::try_from(count).expect("counts fit in 64 bits")
}

/// A state that knows all accounts, each with the same limits and some money on both sides.
pub fn state(limits: Limits) -> State {
    let mut random = StdRng::seed_from_u64(1);
    let mut state = State::default();
    state.sequence = LAST_SEQUENCE;
    for number in 0..ACCOUNTS {
        let mut balance = Balance::default();
        let debit = random.random_range(10..=MONEY_MAX);
        for amount in [debit, -random.random_range(1..=debit / 10)] {
            balance.fold(Effect::Move, amount).expect("a little money fits");
        }
        state.insert(KnownAccount { account: account(number, limits), balance });
    }
    state
}

fn account(number: usize, limits: Limits) -> Account {
    Account {
        no: AccountNo::try_from(number + 1).expect("a few accounts"),
        code: code(number),
        name: format!("Account {number}"),
        account_type: AccountType::Asset,
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        open_item: false,
        setting: AccountSetting { limits, closed: false, frozen: Frozen::None },
    }
}

fn code(number: usize) -> AccountCode {
    AccountCode::parse(&format!("1101.{number:05}")).expect("digits and a dot make a code")
}

/// A batch of two-leg entries between any two accounts.
pub fn entries() -> Vec<NewEntry> {
    let mut random = StdRng::seed_from_u64(2);
    (0..BATCH).map(|number| entry(number, &mut random)).collect()
}

fn entry(number: usize, random: &mut StdRng) -> NewEntry {
    let debit = random.random_range(0..ACCOUNTS);
    let credit = (debit + random.random_range(1..ACCOUNTS)) % ACCOUNTS;
    let minor = random.random_range(1..=AMOUNT_MAX);
    let leg = |number, minor| NewPosting::new(code(number), Money::new(minor, Currency::CNY), None);
    NewEntry {
        id: id(number, random),
        reference: format!("CLM-2026-{number:06}"),
        description: "Advance to the pharmacy".to_owned(),
        actor: "bench".to_owned(),
        postings: vec![leg(debit, minor), leg(credit, -minor)],
        ..NewEntry::default()
    }
}

fn id(number: usize, random: &mut StdRng) -> Uuid {
    let mut bytes = [0; 10];
    random.fill_bytes(&mut bytes);
    let first = u64::try_from(booked_at().as_millisecond()).expect("after 1970");
    uuid::Builder::from_unix_timestamp_millis(first + elements(number), &bytes).into_uuid()
}

/// A claim as a remittance names it.
pub struct Claim {
    /// The number under which it was sent.
    pub submitted_no: String,
    /// The payer's own.
    pub insurer_claim_no: String,
    /// What is charged for it.
    pub billed_minor: i64,
    /// What the patient bears.
    pub patient_minor: i64,
}

impl Claim {
    /// What is paid for it.
    pub fn paid_minor(&self) -> i64 {
        self.billed_minor - self.patient_minor
    }
}

/// Claims that one remittance pays for; two in a hundred share the number of the one before.
pub fn claims() -> Vec<Claim> {
    let mut random = StdRng::seed_from_u64(3);
    let mut claims: Vec<Claim> = Vec::with_capacity(CLAIMS);
    for number in 0..CLAIMS {
        let submitted_no = match claims.last() {
            Some(before) if random.random_range(0..100) < 2 => before.submitted_no.clone(),
            _ => format!("CLM-2026-{number:06}"),
        };
        let billed_minor = random.random_range(1_000..=2_000_000);
        claims.push(Claim {
            submitted_no,
            insurer_claim_no: format!("{:012}", 70_000_000_000 + number),
            billed_minor,
            patient_minor: random.random_range(0..=billed_minor / 5),
        });
    }
    claims
}

/// The remittance as an 835 of version 5010: a reduction and one service a claim, all sums right.
pub fn remittance_835(claims: &[Claim]) -> String {
    let amount = |minor: i64| Money::new(minor, Currency::USD).to_decimal_string();
    let paid: i64 = claims.iter().map(Claim::paid_minor).sum();
    let mut segments = vec![
        format!("ISA*00*{0:10}*00*{0:10}*ZZ*{1:15}*ZZ*{2:15}*260501*0800*U*00501*000000001*0*T*:", "", "PAYER", "US"),
        "GS*HP*PAYER*US*20260501*0800*1*X*005010X221A1".to_owned(),
        "ST*835*0001".to_owned(),
        format!("BPR*I*{}*C*ACH{}20260501", amount(paid), "*".repeat(12)),
        "TRN*1*TRACE-0001*1000000001".to_owned(),
        "DTM*405*20260501".to_owned(),
        "N1*PR*PAYER*XV*PAYER".to_owned(),
        "N1*PE*PAYEE*XX*1000000004".to_owned(),
        "LX*1".to_owned(),
    ];
    for claim in claims {
        let Claim { submitted_no, insurer_claim_no, billed_minor, patient_minor } = claim;
        let (billed, patient, paid) = (amount(*billed_minor), amount(*patient_minor), amount(claim.paid_minor()));
        segments.push(format!("CLP*{submitted_no}*1*{billed}*{paid}*{patient}*12*{insurer_claim_no}"));
        segments.push("NM1*QC*1*WANG*LI".to_owned());
        segments.push(format!("SVC*N4:00002751001*{billed}*{paid}**1"));
        segments.push("DTM*472*20260415".to_owned());
        segments.push(format!("CAS*PR*2*{patient}"));
    }
    segments.push(format!("SE*{}*0001", segments.len() - 1));
    segments.extend(["GE*1*1", "IEA*1*000000001"].map(str::to_owned));
    segments.iter().fold(String::new(), |mut file, segment| {
        writeln!(file, "{segment}~").expect("a string takes what is written");
        file
    })
}
