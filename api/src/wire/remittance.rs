//! Remittances: what was taken in, where each stands, and what became of its lines.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_reconcile::breaks::Category;
use dianfu_reconcile::import::{Imported, hexadecimal};
use dianfu_reconcile::report::{AdjustmentView, ApplicationRow, BreakView, LineView, RemittanceView};
use dianfu_reconcile::{Application, violation};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Violation;

/// A file that is taken in.
#[derive(Serialize, ToSchema)]
#[schema(as = Imported)]
pub struct ImportedBody {
    /// SHA-256 of its bytes, in hexadecimal: the same bytes again get this answer again.
    sha256: String,
    /// Whether it had been taken in before.
    replayed: bool,
    /// Its remittances in the order of the file.
    remittances: Vec<ApplicationBody>,
    /// What is odd in it, and no reason to refuse it.
    warnings: Vec<Violation>,
}

/// Where one remittance of the file stands.
#[derive(Serialize, ToSchema)]
#[schema(as = Application)]
struct ApplicationBody {
    id: Uuid,
    /// The number that the payment and the advice share.
    trace: String,
    /// `VALIDATED` while its cash is missing, `FUNDED` when it is there, `PART_APPLIED` or `APPLIED`.
    #[schema(example = "VALIDATED")]
    state: &'static str,
    /// The entries that applied it.
    entries: Vec<Uuid>,
}

impl From<Imported> for ImportedBody {
    fn from(imported: Imported) -> ImportedBody {
        ImportedBody {
            sha256: hexadecimal(&imported.digest),
            replayed: imported.replayed,
            remittances: imported.remittances.into_iter().map(ApplicationBody::from).collect(),
            warnings: imported.verdict.warnings.iter().map(|warning| of_rule("remittance_odd", warning)).collect(),
        }
    }
}

impl From<Application> for ApplicationBody {
    fn from(application: Application) -> ApplicationBody {
        let Application { remittance_id, trace, state, entry_ids } = application;
        ApplicationBody { id: remittance_id, trace, state: state.word(), entries: entry_ids }
    }
}

/// A rule of the format or of the arithmetic that does not hold.
pub fn of_rule(code: &'static str, broken: &violation::Violation) -> Violation {
    Violation {
        code,
        rule: Some(broken.rule.name().into()),
        segment: broken.segment.map(|segment| segment as u64),
        message: format!("{} ({})", broken.message, broken.place).into(),
        expected: Some(broken.expected.as_str().into()),
        actual: Some(broken.actual.as_str().into()),
        ..Violation::default()
    }
}

/// One remittance and where it stands. Amounts are of its currency.
#[derive(Serialize, ToSchema)]
#[schema(as = RemittanceSummary)]
pub struct SummaryBody {
    /// Its id.
    pub id: Uuid,
    #[schema(example = "picc")]
    insurer: String,
    /// The number that the payment and the advice share.
    trace: String,
    #[schema(example = "APPLIED")]
    state: &'static str,
    /// SHA-256 of its file, in hexadecimal.
    sha256: String,
    payer: String,
    payee: String,
    /// How the money moves.
    #[schema(example = "ACH")]
    method: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// What it announces.
    paid: String,
    /// Sum of what its lines pay.
    lines_paid: String,
    /// Sum of its payee-level adjustments; a positive one lowers the payment.
    adjusted: String,
    /// The cash that has come for it.
    cash: String,
    /// How much of the cash is where it belongs.
    applied: String,
    /// How much of the cash waits to be explained.
    unapplied: String,
    /// The cash less what lines and adjustments come to.
    difference: String,
    /// What is wrong with its cash, if anything.
    #[schema(example = "MISSING_CASH")]
    cash_break: Option<&'static str>,
    #[schema(value_type = String, format = Date)]
    value_date: Date,
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// Who brought it.
    actor: String,
    /// The entries that applied it; empty while it is not applied.
    entries: Vec<Uuid>,
}

impl From<ApplicationRow> for SummaryBody {
    fn from(row: ApplicationRow) -> SummaryBody {
        let remittance = row.remittance;
        let text = |minor: i128| decimal_text(minor, remittance.currency);
        SummaryBody {
            id: remittance.remittance_id,
            insurer: remittance.insurer.to_string(),
            trace: remittance.trace,
            state: row.state.word(),
            sha256: hexadecimal(&remittance.digest),
            payer: remittance.payer,
            payee: remittance.payee,
            method: remittance.method,
            currency: remittance.currency,
            paid: text(remittance.paid_minor.into()),
            lines_paid: text(remittance.lines_minor.into()),
            adjusted: text(remittance.adjustments_minor.into()),
            cash: text(row.cash_minor),
            applied: text(row.applied_minor),
            unapplied: text(row.unapplied_minor),
            difference: text(row.difference_minor),
            cash_break: row.cash_break.map(Category::word),
            value_date: remittance.value_date,
            received_at: remittance.received_at,
            actor: remittance.actor,
            entries: remittance.entry_ids.unwrap_or_default(),
        }
    }
}

/// Remittances in the order in which they came.
#[derive(Serialize, ToSchema)]
#[schema(as = RemittancePage)]
pub struct RemittancePageBody {
    /// The remittances.
    pub remittances: Vec<SummaryBody>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Uuid>,
}

/// One remittance and everything that became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = Remittance)]
pub struct RemittanceBody {
    #[serde(flatten)]
    summary: SummaryBody,
    /// What it pays for, in its order.
    lines: Vec<LineBody>,
    /// What it takes back or adds for the payee as a whole, in its order.
    adjustments: Vec<AdjustmentBody>,
    /// The differences that it left.
    breaks: Vec<BreakBody>,
}

/// What is paid for one claim, and what that was matched to.
#[derive(Serialize, ToSchema)]
#[schema(as = RemittanceLine)]
struct LineBody {
    /// Its order in the remittance, from 1.
    line: usize,
    /// Where it stands in the file.
    segment: usize,
    /// The number under which the claim was sent, echoed.
    claim_no: String,
    /// The payer's own number of the claim; empty if the file has none.
    insurer_claim_no: String,
    /// What the payer did with it.
    status: String,
    billed: String,
    paid: String,
    /// What it was matched to; absent while the remittance is not applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    matched: Option<MatchBody>,
}

/// What a line was matched to, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = RemittanceMatch)]
struct MatchBody {
    #[schema(example = "equal")]
    outcome: &'static str,
    /// Our claim, if one was found.
    claim_no: Option<String>,
    /// To what the insurer owes for the claim.
    applied: String,
    /// To what we owe the insurer for the claim.
    excess: String,
    /// To suspense.
    suspense: String,
    /// Keys on which line and claim agree.
    agreed: Vec<String>,
    /// Keys on which they differ.
    differed: Vec<String>,
}

/// A payee-level adjustment, and where it went.
#[derive(Serialize, ToSchema)]
#[schema(as = RemittanceAdjustment)]
struct AdjustmentBody {
    /// Its order in the remittance, from 1.
    adjustment: usize,
    /// Where it stands in the file.
    segment: usize,
    #[schema(example = "WO")]
    code: String,
    reference: String,
    /// A positive amount lowers the payment.
    amount: String,
    /// The account it was booked on, if any.
    account: Option<String>,
    /// The item on that account.
    item: Option<String>,
    /// How much was booked there.
    booked: String,
    /// How much waits to be explained.
    suspense: String,
    /// Why; null while the remittance is not applied.
    reason: Option<String>,
}

/// A difference that somebody must explain.
#[derive(Serialize, ToSchema)]
#[schema(as = Break)]
struct BreakBody {
    id: Uuid,
    #[schema(example = "SHORT_PAID")]
    category: &'static str,
    /// The line it is about.
    line: Option<usize>,
    /// The adjustment it is about.
    adjustment: Option<usize>,
    /// The item under which its money waits.
    item: Option<String>,
    amount: String,
    /// The day it ages from.
    #[schema(value_type = String, format = Date)]
    value_date: Date,
    explanation: String,
    #[schema(value_type = String, format = DateTime)]
    raised_at: Timestamp,
    /// When it was explained; null while it is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
}

impl From<RemittanceView> for RemittanceBody {
    fn from(view: RemittanceView) -> RemittanceBody {
        let currency = view.row.remittance.currency;
        RemittanceBody {
            summary: view.row.into(),
            lines: view.lines.into_iter().map(|line| LineBody::new(line, currency)).collect(),
            adjustments: view.adjustments.into_iter().map(|one| AdjustmentBody::new(one, currency)).collect(),
            breaks: view.breaks.into_iter().map(|one| BreakBody::new(one, currency)).collect(),
        }
    }
}

impl LineBody {
    fn new(LineView { line, matched }: LineView, currency: Currency) -> LineBody {
        let text = |minor: i64| decimal_text(minor.into(), currency);
        let matched = matched.map(|matched| MatchBody {
            outcome: matched.outcome.word(),
            claim_no: matched.claim_no,
            applied: text(matched.parts.applied_minor),
            excess: text(matched.parts.excess_minor),
            suspense: text(matched.parts.suspense_minor),
            agreed: matched.evidence.agreed,
            differed: matched.evidence.differed,
        });
        LineBody {
            line: line.order,
            segment: line.place.segment,
            claim_no: line.claim_no,
            insurer_claim_no: line.insurer_claim_no,
            status: line.status,
            billed: text(line.billed_minor),
            paid: text(line.paid_minor),
            matched,
        }
    }
}

impl AdjustmentBody {
    fn new(view: AdjustmentView, currency: Currency) -> AdjustmentBody {
        let text = |minor: i64| decimal_text(minor.into(), currency);
        AdjustmentBody {
            adjustment: view.order,
            segment: view.segment,
            code: view.code,
            reference: view.reference,
            amount: text(view.amount_minor),
            account: view.account,
            item: view.item,
            booked: text(view.booked_minor),
            suspense: text(view.suspense_minor),
            reason: view.reason,
        }
    }
}

impl BreakBody {
    fn new(view: BreakView, currency: Currency) -> BreakBody {
        BreakBody {
            id: view.break_id,
            category: view.category.word(),
            line: view.line,
            adjustment: view.adjustment,
            item: view.item,
            amount: decimal_text(view.amount_minor.into(), currency),
            value_date: view.value_date,
            explanation: view.explanation,
            raised_at: view.raised_at,
            closed_at: view.closed_at,
        }
    }
}
