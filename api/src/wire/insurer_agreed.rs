//! What is agreed with an insurer by two people: contract terms, the credit line, stages, the ends of disputes.

use dianfu_claims::calendar::CalendarName;
use dianfu_claims::insurer::bearer::{BearerRule, Bears, Condition};
use dianfu_claims::insurer::dispute::DisputeNo;
use dianfu_claims::insurer::proposal::{Act, Proposal};
use dianfu_claims::insurer::terms::{ContractTerms, DayCount, Funding, TermsVersion};
use dianfu_ledger::money::{Currency, Money, decimal_text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;
use crate::problem::Violation;

/// Who bears a shortfall of one cause.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BearerRule)]
pub struct BearerRuleBody {
    /// The cause, as a stable code.
    #[schema(example = "not_covered")]
    pub cause: String,
    /// What must be so: `always`, `second_review`, `consent_signed`, `inside_guarantee`, `chargeback_right`.
    #[schema(value_type = String, example = "consent_signed")]
    pub condition: Condition,
    /// Who bears it then: `patient`, `pharmacy`, `platform`, `insurer`, `dispute`.
    #[schema(value_type = String, example = "patient")]
    pub bears: Bears,
    /// Who bears it otherwise.
    #[schema(value_type = String, example = "platform")]
    pub otherwise: Bears,
}

/// What a contract says. Rates in ten-thousandths, amounts in the insurer's currency.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContractTerms)]
pub struct TermsBody {
    /// Days from the insurer's approval until it has paid: 0 to 365.
    pub payment_days: u16,
    /// How those days are counted: `calendar` or `bank`.
    #[schema(value_type = String, example = "calendar")]
    pub payment_days_are: DayCount,
    /// Whose bank days.
    #[schema(example = "CN")]
    pub calendar: String,
    /// Our fee on what the insurer approves, VAT included: 1 % is 100.
    pub fee_per_10000: i32,
    /// The VAT rate in the fee: 6 % is 600.
    pub vat_per_10000: i32,
    /// The difference that is borne on a line of a remittance without asking.
    #[schema(example = "0.05")]
    pub tolerance_per_line: String,
    /// The most of such differences on a day.
    #[schema(example = "1.00")]
    pub tolerance_per_day: String,
    /// Days for which the answer to a coverage check guarantees, where it does not say.
    pub guarantee_days: u16,
    /// Bank days until the insurer has decided on a claim that was sent to it.
    pub response_days: u16,
    /// What advances are paid from: `credit_line` or `prefund`.
    #[schema(value_type = String, example = "credit_line")]
    pub funding: Funding,
    /// Who bears what the insurer does not cover, by cause.
    pub bearers: Vec<BearerRuleBody>,
}

/// What may be proposed about an insurer; exactly one.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = InsurerAct)]
pub enum ActBody {
    /// It goes live: all its papers are accepted, and there are terms in force.
    GoLive,
    /// Its suspension is lifted.
    Lift,
    /// The contract is over.
    Close,
    /// The next version of its contract terms.
    Terms(NextTermsBody),
    /// Another credit line, from now on.
    CreditLine(CreditLineBody),
    /// How a dispute ends.
    EndDispute(EndDisputeBody),
}

/// The next version of contract terms.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NextTerms)]
pub struct NextTermsBody {
    /// Its first day.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date)]
    effective_from: Date,
    /// What it says.
    terms: TermsBody,
}

/// A credit line.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCreditLine)]
pub struct CreditLineBody {
    /// The most that may be committed, advanced, due and disputed together.
    #[schema(example = "1000000.00")]
    max: String,
}

/// The end of a dispute.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DisputeEnd)]
pub struct EndDisputeBody {
    /// The dispute.
    #[schema(example = "D-1")]
    dispute: String,
    /// What the insurer owes after all; `0.00` if the dispute is lost.
    #[schema(example = "0.00")]
    won: String,
}

/// Something proposed about an insurer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInsurerProposal)]
pub struct NewProposalBody {
    /// What is proposed.
    pub act: ActBody,
    /// Why, for the record.
    pub reason: String,
}

/// A proposal on record.
#[derive(Serialize, ToSchema)]
#[schema(as = InsurerProposal)]
pub struct ProposalBody {
    /// From 1 for each insurer.
    proposal: i32,
    /// What is proposed.
    act: ActBody,
    reason: String,
    proposed_by: String,
    #[schema(value_type = String, format = DateTime)]
    proposed_at: Timestamp,
    /// `open`, `approved` or `withdrawn`.
    #[schema(value_type = String, example = "open")]
    state: &'static str,
    /// Why it ended so; `null` while it is open.
    end_reason: Option<String>,
    /// Who ended it.
    ended_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

/// A version of contract terms.
#[derive(Serialize, ToSchema)]
#[schema(as = TermsVersion)]
pub struct TermsVersionBody {
    version: i32,
    /// Its first day.
    #[schema(value_type = String, format = Date)]
    effective_from: Date,
    terms: TermsBody,
    /// The proposal by which it was made.
    proposal: i32,
}

impl ActBody {
    /// Reads it, amounts in the insurer's currency.
    pub fn read(self, currency: Currency) -> Result<Act, Violation> {
        Ok(match self {
            ActBody::GoLive => Act::GoLive,
            ActBody::Lift => Act::Lift,
            ActBody::Close => Act::Close,
            ActBody::Terms(NextTermsBody { effective_from, terms }) => {
                Act::Terms { effective_from, terms: Box::new(terms.read(currency)?) }
            }
            ActBody::CreditLine(CreditLineBody { max }) => {
                Act::CreditLine { max_minor: minor(&max, currency, "/act/credit_line/max")? }
            }
            ActBody::EndDispute(EndDisputeBody { dispute, won }) => {
                let malformed = |error: dianfu_settlement::number::NumberError| {
                    Violation::at("number_malformed", "/act/end_dispute/dispute", error.to_string())
                };
                let dispute_no = DisputeNo::parse(&dispute).map_err(malformed)?;
                Act::EndDispute { dispute_no, won_minor: minor(&won, currency, "/act/end_dispute/won")? }
            }
        })
    }

    fn of(act: Act, currency: Currency) -> ActBody {
        match act {
            Act::GoLive => ActBody::GoLive,
            Act::Lift => ActBody::Lift,
            Act::Close => ActBody::Close,
            Act::Terms { effective_from, terms } => {
                ActBody::Terms(NextTermsBody { effective_from, terms: TermsBody::of(*terms, currency) })
            }
            Act::CreditLine { max_minor } => {
                ActBody::CreditLine(CreditLineBody { max: decimal_text(max_minor.into(), currency) })
            }
            Act::EndDispute { dispute_no, won_minor } => {
                let won = decimal_text(won_minor.into(), currency);
                ActBody::EndDispute(EndDisputeBody { dispute: dispute_no.into(), won })
            }
        }
    }
}

/// Reads an amount of the insurer's currency.
pub fn minor(text: &str, currency: Currency, pointer: &str) -> Result<i64, Violation> {
    let misread = |error: dianfu_ledger::money::MoneyError| Violation::at(error.code(), pointer, error.to_string());
    Ok(Money::parse(text, currency).map_err(misread)?.minor)
}

impl TermsBody {
    fn read(self, currency: Currency) -> Result<ContractTerms, Violation> {
        let at = |field: &str| format!("/act/terms/terms/{field}");
        let calendar = CalendarName::parse(&self.calendar)
            .map_err(|error| Violation::at("number_malformed", at("calendar"), error.to_string()))?;
        let bearer =
            |BearerRuleBody { cause, condition, bears, otherwise }| BearerRule { cause, condition, bears, otherwise };
        Ok(ContractTerms {
            payment_days: self.payment_days,
            payment_days_are: self.payment_days_are,
            calendar,
            fee_per_10000: self.fee_per_10000,
            vat_per_10000: self.vat_per_10000,
            tolerance_per_line_minor: minor(&self.tolerance_per_line, currency, &at("tolerance_per_line"))?,
            tolerance_per_day_minor: minor(&self.tolerance_per_day, currency, &at("tolerance_per_day"))?,
            guarantee_days: self.guarantee_days,
            response_days: self.response_days,
            funding: self.funding,
            bearers: self.bearers.into_iter().map(bearer).collect(),
        })
    }

    /// Terms as they are shown.
    pub fn of(terms: ContractTerms, currency: Currency) -> TermsBody {
        let bearer =
            |BearerRule { cause, condition, bears, otherwise }| BearerRuleBody { cause, condition, bears, otherwise };
        TermsBody {
            payment_days: terms.payment_days,
            payment_days_are: terms.payment_days_are,
            calendar: terms.calendar.as_str().to_owned(),
            fee_per_10000: terms.fee_per_10000,
            vat_per_10000: terms.vat_per_10000,
            tolerance_per_line: decimal_text(terms.tolerance_per_line_minor.into(), currency),
            tolerance_per_day: decimal_text(terms.tolerance_per_day_minor.into(), currency),
            guarantee_days: terms.guarantee_days,
            response_days: terms.response_days,
            funding: terms.funding,
            bearers: terms.bearers.into_iter().map(bearer).collect(),
        }
    }
}

impl TermsVersionBody {
    /// A version as it is shown.
    pub fn of(version: TermsVersion, currency: Currency) -> TermsVersionBody {
        let TermsVersion { version, effective_from, terms, proposal_no } = version;
        TermsVersionBody { version, effective_from, terms: TermsBody::of(terms, currency), proposal: proposal_no }
    }
}

impl ProposalBody {
    /// A proposal as it is shown.
    pub fn of(proposal: Proposal, currency: Currency) -> ProposalBody {
        let Proposal { proposal_no, act, reason, proposed_by, proposed_at, end } = proposal;
        let state = match &end {
            None => "open",
            Some(end) if end.approved => "approved",
            Some(_) => "withdrawn",
        };
        let ended_at = end.as_ref().map(|end| end.ended_at);
        let (end_reason, ended_by) = end.map(|end| (end.reason, end.ended_by)).unzip();
        let act = ActBody::of(act, currency);
        ProposalBody {
            proposal: proposal_no,
            act,
            reason,
            proposed_by,
            proposed_at,
            state,
            end_reason,
            ended_by,
            ended_at,
        }
    }
}
