//! A claim: what is known of it, and the states it goes through.

use dianfu_ledger::money::{Currency, Money};
use dianfu_settlement::number::{NumberError, PartyNo};
use dianfu_settlement::number_type;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
    /// The patient has sent the claim.
    Submitted,
    /// It is complete and under review before money moves.
    PreReview,
    /// A rule or a reviewer said no. The end.
    PreRejected,
    /// The quote is frozen and the advance is held within the insurer's credit line.
    PreApproved,
    /// The patient's share is asked for.
    ShareDue,
    /// The patient's share is here and held.
    SharePaid,
    /// The drug waits for pickup.
    Ready,
    /// The drug is with the patient; the advance is made.
    Dispensed,
    /// Claim and proof of dispensing are with the insurer.
    InsurerSubmitted,
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
    /// Called off before the drug was dispensed.
    Cancelled,
    /// The approval was not used in time.
    Expired,
    /// Every balance of the claim is zero.
    Closed,
}

impl State {
    /// Every state, in the order of a claim's life.
    pub const ALL: [State; 19] = [
        State::Submitted,
        State::PreReview,
        State::PreRejected,
        State::PreApproved,
        State::ShareDue,
        State::SharePaid,
        State::Ready,
        State::Dispensed,
        State::InsurerSubmitted,
        State::Approved,
        State::Partial,
        State::Rejected,
        State::PartRecovered,
        State::Recovered,
        State::ShortfallOpen,
        State::TakenBack,
        State::Cancelled,
        State::Expired,
        State::Closed,
    ];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            State::Submitted => "SUBMITTED",
            State::PreReview => "PRE_REVIEW",
            State::PreRejected => "PRE_REJECTED",
            State::PreApproved => "PRE_APPROVED",
            State::ShareDue => "SHARE_DUE",
            State::SharePaid => "SHARE_PAID",
            State::Ready => "READY",
            State::Dispensed => "DISPENSED",
            State::InsurerSubmitted => "INSURER_SUBMITTED",
            State::Approved => "APPROVED",
            State::Partial => "PARTIAL",
            State::Rejected => "REJECTED",
            State::PartRecovered => "PART_RECOVERED",
            State::Recovered => "RECOVERED",
            State::ShortfallOpen => "SHORTFALL_OPEN",
            State::TakenBack => "TAKEN_BACK",
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
}

impl ShareCollector {
    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            ShareCollector::Platform => "platform",
            ShareCollector::Pharmacy => "pharmacy",
        }
    }

    /// The inverse of [`ShareCollector::word`].
    pub fn from_word(word: &str) -> Option<ShareCollector> {
        [ShareCollector::Platform, ShareCollector::Pharmacy].into_iter().find(|who| who.word() == word)
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
}

/// What has come of a claim. Amounts in minor units.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// Frozen at pre-approval.
    pub quote: Option<Quote>,
    /// When it was reviewed.
    pub reviewed_on: Option<Date>,
    /// When the drug was dispensed.
    pub dispensed_on: Option<Date>,
    /// The number under which the insurer got it and echoes it; several claims may share one.
    pub submitted_no: Option<String>,
    /// What the insurer has said it owes, disputes won included.
    pub approved_minor: i64,
    /// What the insurer does not cover and nobody has been told to bear yet.
    pub shortfall_minor: i64,
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
        Claim { intake, taken_in_at, state: State::Submitted, event_no: 1, progress: Progress::default() }
    }

    /// Its number.
    pub fn claim_no(&self) -> &ClaimNo {
        &self.intake.claim_no
    }

    /// U: what the patient pays; zero before the quote.
    pub fn share_minor(&self) -> i64 {
        self.progress.quote.as_ref().map_or(0, |quote| quote.share_minor)
    }

    /// A: what the platform advances; zero before the quote.
    pub fn advance_minor(&self) -> i64 {
        self.progress.quote.as_ref().map_or(0, |quote| quote.advance_minor)
    }

    /// What the platform itself takes from the patient before pickup.
    pub fn share_to_collect_minor(&self) -> i64 {
        match self.intake.share_collector {
            ShareCollector::Platform => self.share_minor(),
            ShareCollector::Pharmacy => 0,
        }
    }

    /// An amount in the claim's currency.
    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.intake.currency)
    }
}
