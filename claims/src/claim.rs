//! A claim: what is known of it, and the states it goes through.

mod progress;

use dianfu_ledger::money::{Currency, Money};
use dianfu_settlement::number::{NumberError, PartyNo};
use dianfu_settlement::number_type;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use progress::{Awaited, Borne, Cover, Order, Progress};

number_type!(
    /// A claim, under our own number; its open items and its order carry the same number.
    ClaimNo,
    "a claim number",
    40
);
number_type!(
    /// An insurance policy, as its insurer numbers it.
    PolicyNo,
    "a policy number",
    64
);
number_type!(
    /// A drug in one strength and pack size, as the catalogue numbers it.
    DrugCode,
    "a drug code",
    64
);

/// What the patient has, as an ICD-10 code such as `C34.9`: a letter, two characters, and after a dot up to four more.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DiagnosisCode(String);

impl DiagnosisCode {
    /// Checks and takes a text.
    pub fn parse(text: &str) -> Result<DiagnosisCode, NumberError> {
        let (category, rest) = text.split_once('.').map_or((text, None), |(category, rest)| (category, Some(rest)));
        let of_code = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        let is_code = category.len() == 3
            && category.as_bytes()[0].is_ascii_uppercase()
            && of_code(category)
            && rest.is_none_or(|rest| (1..=4).contains(&rest.len()) && of_code(rest));
        if is_code {
            return Ok(DiagnosisCode(text.to_owned()));
        }
        let given = text.chars().take(80).collect();
        Err(NumberError { what: "a diagnosis code (ICD-10, such as C34.9)", bytes_max: 8, given })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DiagnosisCode {
    type Error = NumberError;

    fn try_from(text: String) -> Result<DiagnosisCode, NumberError> {
        DiagnosisCode::parse(&text)
    }
}

impl From<DiagnosisCode> for String {
    fn from(code: DiagnosisCode) -> String {
        code.0
    }
}

/// Where a claim stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum State {
    /// The patient is preparing the claim.
    Draft,
    /// The patient has sent the claim.
    Submitted,
    /// Material is missing; the clock stands still.
    Pended,
    /// It is complete and under review before money moves.
    PreReview,
    /// A rule or a reviewer said no. The end.
    PreRejected,
    /// The quote is frozen and the advance is held within the insurer's credit line.
    PreApproved,
    /// A pharmacy is asked to take the order.
    OrderOffered,
    /// A pharmacy has taken the order.
    OrderAccepted,
    /// The pharmacy has declined; another may be asked.
    OrderDeclined,
    /// The pharmacy has not answered in time; another may be asked.
    OrderTimedOut,
    /// The patient's share is asked for.
    ShareDue,
    /// The patient's share is here and held.
    SharePaid,
    /// The drug waits for pickup.
    Ready,
    /// The drug is with the patient; the advance is made.
    Dispensed,
    /// Claim and proof are with the insurer.
    InsurerSubmitted,
    /// The insurer wants to see more.
    InsurerPended,
    /// Nobody but the insurer owes anything of the advance, and it has paid nothing.
    Approved,
    /// The insurer owes a part of the advance and has paid nothing; who bears the rest is open.
    Partial,
    /// The insurer owes nothing.
    Rejected,
    /// The insurer has paid some of what it owes.
    PartRecovered,
    /// The insurer has paid what it owes.
    Recovered,
    /// What the insurer owes is paid; who bears the rest is open.
    ShortfallOpen,
    /// The insurer has taken back what it had paid.
    TakenBack,
    /// The drug came back; what each owes for it is not settled yet.
    Returned,
    /// The insurer has paid a reimbursement; the patient has not got it yet.
    Funded,
    /// The patient has got the reimbursement.
    Paid,
    /// Called off before the drug was dispensed.
    Cancelled,
    /// The approval was not used in time, or material did not come in time.
    Expired,
    /// Every balance of the claim is zero.
    Closed,
}

impl State {
    /// Every state, in the order of a claim's life.
    pub const ALL: [State; 29] = [
        State::Draft,
        State::Submitted,
        State::Pended,
        State::PreReview,
        State::PreRejected,
        State::PreApproved,
        State::OrderOffered,
        State::OrderAccepted,
        State::OrderDeclined,
        State::OrderTimedOut,
        State::ShareDue,
        State::SharePaid,
        State::Ready,
        State::Dispensed,
        State::InsurerSubmitted,
        State::InsurerPended,
        State::Approved,
        State::Partial,
        State::Rejected,
        State::PartRecovered,
        State::Recovered,
        State::ShortfallOpen,
        State::TakenBack,
        State::Returned,
        State::Funded,
        State::Paid,
        State::Cancelled,
        State::Expired,
        State::Closed,
    ];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            State::Draft => "DRAFT",
            State::Submitted => "SUBMITTED",
            State::Pended => "PENDED",
            State::PreReview => "PRE_REVIEW",
            State::PreRejected => "PRE_REJECTED",
            State::PreApproved => "PRE_APPROVED",
            State::OrderOffered => "ORDER_OFFERED",
            State::OrderAccepted => "ORDER_ACCEPTED",
            State::OrderDeclined => "ORDER_DECLINED",
            State::OrderTimedOut => "ORDER_TIMED_OUT",
            State::ShareDue => "SHARE_DUE",
            State::SharePaid => "SHARE_PAID",
            State::Ready => "READY",
            State::Dispensed => "DISPENSED",
            State::InsurerSubmitted => "INSURER_SUBMITTED",
            State::InsurerPended => "INSURER_PENDED",
            State::Approved => "APPROVED",
            State::Partial => "PARTIAL",
            State::Rejected => "REJECTED",
            State::PartRecovered => "PART_RECOVERED",
            State::Recovered => "RECOVERED",
            State::ShortfallOpen => "SHORTFALL_OPEN",
            State::TakenBack => "TAKEN_BACK",
            State::Returned => "RETURNED",
            State::Funded => "FUNDED",
            State::Paid => "PAID",
            State::Cancelled => "CANCELLED",
            State::Expired => "EXPIRED",
            State::Closed => "CLOSED",
        }
    }

    /// The inverse of [`State::word`].
    pub fn from_word(word: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// Who takes the patient's share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareCollector {
    /// The platform, before pickup: it is held until the drug is dispensed (J2, J3).
    Platform,
    /// The pharmacy, at pickup (J3b).
    Pharmacy,
    /// The platform, after pickup: the patient owes it (J3c).
    PlatformLater,
}

impl ShareCollector {
    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            ShareCollector::Platform => "platform",
            ShareCollector::Pharmacy => "pharmacy",
            ShareCollector::PlatformLater => "platform_later",
        }
    }

    /// The inverse of [`ShareCollector::word`].
    pub fn from_word(word: &str) -> Option<ShareCollector> {
        [ShareCollector::Platform, ShareCollector::Pharmacy, ShareCollector::PlatformLater]
            .into_iter()
            .find(|who| who.word() == word)
    }
}

/// What is claimed: that the platform pays for the drug, or that the patient gets back what the patient has paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// The platform pays the pharmacy and collects from the insurer.
    DirectPay,
    /// The patient has paid everything; the insurer pays the patient through the platform (J23).
    Reimbursement,
}

impl ClaimKind {
    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            ClaimKind::DirectPay => "direct_pay",
            ClaimKind::Reimbursement => "reimbursement",
        }
    }
}

/// A drug that is claimed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClaimLine {
    /// Counts the lines of the claim, from 1.
    pub line_no: i32,
    /// The drug.
    pub drug_code: DrugCode,
    /// How many packs.
    pub quantity: i32,
    /// How many packs the prescription is for; `None` where nobody has said it.
    pub prescribed_quantity: Option<i32>,
    /// The price of all of them, in minor units.
    pub gross_minor: i64,
}

/// What the doctor has prescribed the drugs on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Prescription {
    /// Its number, as the hospital gives it.
    pub prescription_no: String,
    /// Its date.
    pub prescribed_on: Date,
    /// Who has prescribed.
    pub doctor_no: PartyNo,
}

/// What a laboratory has found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TestResult {
    /// What was tested, such as `EGFR`.
    pub test: String,
    /// Whether it was found.
    pub positive: bool,
    /// The day of the report.
    pub tested_on: Date,
}

/// A claim as it is taken in. Nothing of it ever changes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewClaim {
    /// Our number for it.
    pub claim_no: ClaimNo,
    /// What is claimed.
    pub kind: ClaimKind,
    /// Who covers it.
    pub insurer: PartyNo,
    /// Who is to dispense the drugs, or has dispensed them.
    pub pharmacy: PartyNo,
    /// Who needs the drugs.
    pub patient: PartyNo,
    /// The policy that it is claimed under.
    pub policy_no: PolicyNo,
    /// What the patient has.
    pub diagnosis: DiagnosisCode,
    /// What the drugs were prescribed on.
    pub prescription: Prescription,
    /// What laboratories have found.
    pub tests: Vec<TestResult>,
    /// The drugs, in the order of their numbers.
    pub lines: Vec<ClaimLine>,
    /// The price of all lines, in minor units: their sum, as a control total.
    pub gross_minor: i64,
    /// The currency of all amounts of the claim.
    pub currency: Currency,
    /// Who takes the patient's share.
    pub share_collector: ShareCollector,
}

/// What is frozen when a claim passes pre-review. Amounts in minor units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quote {
    /// The part of the share that uses up the policy's deductible.
    pub deductible_minor: i64,
    /// U: what the patient pays.
    pub share_minor: i64,
    /// A: what the insurer is expected to cover and the platform advances; gross less share.
    pub advance_minor: i64,
    /// f: the pharmacy's service fee, VAT included.
    pub fee_minor: i64,
    /// The VAT in the fee.
    pub vat_minor: i64,
    /// The last day on which the drug may be dispensed on this quote.
    pub valid_until: Date,
    /// Days from dispensing until the pharmacy is paid.
    pub payment_days: i32,
    /// On what terms the insurer bears the advance.
    pub cover: Cover,
}

/// A claim as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// As it was taken in.
    pub intake: NewClaim,
    /// When it was taken in; the ids of its entries start with it.
    pub taken_in_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Number of its last event, from 1.
    pub event_no: i32,
    /// What has come of it.
    pub progress: Progress,
}

impl Claim {
    /// A claim that was just taken in.
    pub fn taken_in(intake: NewClaim, taken_in_at: Timestamp) -> Claim {
        Claim { intake, taken_in_at, state: State::Draft, event_no: 1, progress: Progress::default() }
    }

    /// Its number.
    pub fn claim_no(&self) -> &ClaimNo {
        &self.intake.claim_no
    }

    /// Who dispenses: the pharmacy that was last offered the order, or the one that the claim was taken in with.
    pub fn pharmacy(&self) -> &PartyNo {
        self.progress.order.as_ref().map_or(&self.intake.pharmacy, |order| &order.pharmacy)
    }

    /// U: what the patient pays; zero before the quote.
    pub fn share_minor(&self) -> i64 {
        self.progress.quote.as_ref().map_or(0, |quote| quote.share_minor + self.progress.share_change_minor)
    }

    /// A: what the platform advances, or what the patient expects back; zero before the quote.
    pub fn advance_minor(&self) -> i64 {
        self.progress.quote.as_ref().map_or(0, |quote| quote.advance_minor - self.progress.share_change_minor)
    }

    /// f and the VAT in it: of the order, or as quoted before there is one.
    pub fn fee(&self) -> (i64, i64) {
        let quoted = || self.progress.quote.as_ref().map_or((0, 0), |quote| (quote.fee_minor, quote.vat_minor));
        self.progress.order.as_ref().map_or_else(quoted, |order| (order.fee_minor, order.vat_minor))
    }

    /// On what terms the insurer bears it.
    pub fn cover(&self) -> Cover {
        self.progress.quote.as_ref().map_or(Cover::CREDIT_LINE, |quote| quote.cover)
    }

    /// What the platform itself takes from the patient before pickup.
    pub fn share_to_collect_minor(&self) -> i64 {
        match self.intake.share_collector {
            ShareCollector::Platform => self.share_minor(),
            ShareCollector::Pharmacy | ShareCollector::PlatformLater => 0,
        }
    }

    /// What the pharmacy is owed for dispensing, before its fee.
    pub fn payable_minor(&self) -> i64 {
        match self.intake.share_collector {
            ShareCollector::Platform | ShareCollector::PlatformLater => self.intake.gross_minor,
            ShareCollector::Pharmacy => self.advance_minor(),
        }
    }

    /// An amount in the claim's currency.
    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.intake.currency)
    }
}
