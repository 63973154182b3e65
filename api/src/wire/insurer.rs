//! Insurers as they are put on record and looked at: where each stands, what is missing, how much of its line is used.

use dianfu_claims::insurer::Standing;
use dianfu_claims::insurer::checklist::{CheckItem, Checklist, ItemState, NewPaper, Paper};
use dianfu_claims::insurer::exposure::Exposure;
use dianfu_claims::insurer::modules::{Module, Switch};
use dianfu_claims::insurer::view::{InsurerView, ListedInsurer};
use dianfu_ledger::clock;
use dianfu_ledger::money::{Currency, decimal_text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::claim_told::reading::digest;
use super::insurer_agreed::{ProposalBody, TermsVersionBody};
use super::proof::hexadecimal;
use super::time;
use crate::problem::Violation;

/// What an insurer sees in place of a person of the platform.
pub(super) const PLATFORM: &str = "platform";

/// An insurer to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInsurer)]
pub struct NewInsurerBody {
    /// Its name: 1 to 500 bytes.
    pub name: String,
    /// The currency of its claims.
    #[schema(example = "CNY")]
    pub currency: String,
    /// The credit line that it begins with; later it is changed by a proposal.
    #[schema(example = "1000000.00")]
    pub credit_line: String,
}

/// A paper to be handed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPaper)]
pub struct NewPaperBody {
    /// What for: `licence`, `contract_terms`, `bank_account`, `credit_line`, `keys`.
    #[schema(example = "licence")]
    item: String,
    /// SHA-256 of the paper, in hexadecimal.
    evidence_sha256: String,
    /// What it is.
    note: String,
    /// Its last day; a licence has one.
    #[serde(default, deserialize_with = "time::day")]
    #[schema(value_type = Option<String>, format = Date)]
    expires_on: Option<Date>,
}

/// What somebody has found of a paper.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewVerdict)]
pub struct VerdictBody {
    /// Whether it is accepted.
    pub accepted: bool,
    /// Why.
    pub reason: String,
}

/// Modules to be switched, all or none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSwitches)]
pub struct NewSwitchesBody {
    /// Which: `coverage_check`, `pre_review`, `confirm_review`, `direct_pay`, `reimbursement`, `remittance`.
    #[schema(example = json!(["direct_pay"]))]
    pub modules: Vec<String>,
    /// Whether they are on from then.
    pub is_on: bool,
    /// From when; from now, if left out.
    #[serde(default, deserialize_with = "time::instant")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from_at: Option<Timestamp>,
    /// Why, for the record.
    pub reason: String,
}

/// A word with its reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InsurerWord)]
pub struct WordBody {
    /// Why, for the record.
    pub reason: String,
}

/// An item of the checklist.
#[derive(Serialize, ToSchema)]
#[schema(as = ChecklistItem)]
pub struct ItemBody {
    #[schema(value_type = String, example = "licence")]
    item: &'static str,
    /// How its newest paper stands: `open`, `submitted`, `accepted`, `rejected`.
    #[schema(value_type = String, example = "accepted")]
    state: &'static str,
    /// What is missing today; `null` if nothing is.
    #[schema(example = "is not judged")]
    lacks: Option<String>,
    /// Its papers, oldest first.
    papers: Vec<PaperBody>,
}

/// A paper on record.
#[derive(Serialize, ToSchema)]
#[schema(as = InsurerPaper)]
pub struct PaperBody {
    /// From 1 for each item.
    paper: i32,
    evidence_sha256: String,
    note: String,
    #[schema(value_type = Option<String>, format = Date)]
    expires_on: Option<Date>,
    submitted_by: String,
    #[schema(value_type = String, format = DateTime)]
    submitted_at: Timestamp,
    /// Whether it is accepted; `null` while nobody has looked.
    accepted: Option<bool>,
    verdict_reason: Option<String>,
    judged_by: Option<String>,
}

/// A module at the moment.
#[derive(Serialize, ToSchema)]
#[schema(as = InsurerModule)]
pub struct ModuleBody {
    #[schema(value_type = String, example = "direct_pay")]
    module: &'static str,
    is_on: bool,
    /// Every switch of it, also those that begin later.
    switches: Vec<SwitchBody>,
}

/// A switch on record.
#[derive(Serialize, ToSchema)]
#[schema(as = ModuleSwitch)]
pub struct SwitchBody {
    is_on: bool,
    #[schema(value_type = String, format = DateTime)]
    from_at: Timestamp,
    reason: String,
    actor: String,
}

/// What a credit line is used for.
#[derive(Serialize, ToSchema)]
#[schema(as = CreditLine)]
pub struct LineBody {
    /// The line in force; `null` if there is none.
    #[schema(example = "1000000.00")]
    limit: Option<String>,
    /// Held for approved claims.
    committed: String,
    /// Advanced and not yet decided.
    advanced: String,
    /// Approved and due.
    due: String,
    /// Not covered, or disputed.
    disputed: String,
    /// What is left; negative where the line was lowered below what is used.
    left: Option<String>,
    /// The day of the oldest open item.
    #[schema(value_type = Option<String>, format = Date)]
    oldest_on: Option<Date>,
}

/// An insurer in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedInsurer)]
pub struct ListedBody {
    #[schema(example = "picc")]
    insurer: String,
    name: String,
    #[schema(example = "CNY")]
    currency: String,
    /// `ONBOARDING`, `LIVE`, `SUSPENDED` or `CLOSED`.
    #[schema(value_type = String, example = "LIVE")]
    stage: &'static str,
    /// Since when; `null` in the first stage.
    #[schema(value_type = Option<String>, format = DateTime)]
    stage_since: Option<Timestamp>,
    /// Why; of a suspension, what it is suspended for.
    stage_reason: Option<String>,
    /// The modules that are on.
    #[schema(value_type = Vec<String>, example = json!(["direct_pay"]))]
    modules_on: Vec<&'static str>,
    credit_line: Option<LineBody>,
}

/// Insurers by number.
#[derive(Serialize, ToSchema)]
#[schema(as = Insurers)]
pub struct InsurersBody {
    /// As of this time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Those that the caller may see.
    pub insurers: Vec<ListedBody>,
}

/// Everything on record about an insurer.
#[derive(Serialize, ToSchema)]
#[schema(as = Insurer)]
pub struct InsurerBody {
    #[serde(flatten)]
    listed: ListedBody,
    /// What it has to hand in.
    checklist: Vec<ItemBody>,
    /// The version of the contract terms in force; `null` before there are any.
    terms_in_force: Option<i32>,
    /// Every version of them.
    terms: Vec<TermsVersionBody>,
    modules: Vec<ModuleBody>,
    /// Everything ever proposed; an insurer sees none of it.
    proposals: Vec<ProposalBody>,
}

/// The number that was given, and the insurer as it stands now.
#[derive(Serialize, ToSchema)]
#[schema(as = NumberedInsurer)]
pub struct NumberedBody {
    /// Of the paper for its item, or of the proposal.
    pub number: i32,
    /// The insurer.
    pub insurer: InsurerBody,
}

impl NewPaperBody {
    /// Reads it.
    pub fn read(self) -> Result<NewPaper, Violation> {
        let words = || CheckItem::ALL.map(CheckItem::word).join(", ");
        let unknown = |word: &str| Violation::at("item_unknown", "/item", format!("'{word}' is no item"));
        let item = CheckItem::from_word(&self.item)
            .ok_or_else(|| unknown(&self.item).expected(words(), self.item.as_str()))?;
        let evidence_sha256 = digest(&self.evidence_sha256)?;
        Ok(NewPaper { item, evidence_sha256, note: self.note, expires_on: self.expires_on })
    }
}

/// Reads the name of a module at its place.
pub fn module(at: usize, word: &str) -> Result<Module, Violation> {
    let words = || Module::ALL.map(Module::word).join(", ");
    let unknown = || Violation::at("module_unknown", format!("/modules/{at}"), format!("'{word}' is no module"));
    Module::from_word(word).ok_or_else(|| unknown().expected(words(), word))
}

impl ListedBody {
    fn of(standing: &Standing, exposure: Option<&Exposure>) -> ListedBody {
        let insurer = &standing.insurer;
        let because = standing.stage.because.as_ref();
        let is_on = |module: &Module| standing.module_on(*module);
        ListedBody {
            insurer: insurer.insurer_no.to_string(),
            name: insurer.name.clone(),
            currency: insurer.currency.code().to_owned(),
            stage: standing.stage.stage.word(),
            stage_since: because.map(|step| step.recorded_at),
            stage_reason: because.map(|step| step.reason.clone()),
            modules_on: Module::ALL.into_iter().filter(is_on).map(Module::word).collect(),
            credit_line: exposure.map(|exposure| LineBody::of(exposure, insurer.currency)),
        }
    }
}

impl From<ListedInsurer> for ListedBody {
    fn from(listed: ListedInsurer) -> ListedBody {
        ListedBody::of(&listed.standing, listed.exposure.as_ref())
    }
}

impl LineBody {
    fn of(exposure: &Exposure, currency: Currency) -> LineBody {
        let text = |minor: i64| decimal_text(minor.into(), currency);
        LineBody {
            limit: exposure.limit_minor.map(text),
            committed: text(exposure.committed_minor),
            advanced: text(exposure.advanced_minor),
            due: text(exposure.due_minor),
            disputed: text(exposure.disputed_minor),
            left: exposure.headroom_minor.map(text),
            oldest_on: exposure.oldest_on,
        }
    }
}

impl From<InsurerView> for InsurerBody {
    fn from(view: InsurerView) -> InsurerBody {
        let InsurerView { standing, checklist, terms, proposals, exposure } = view;
        let currency = standing.insurer.currency;
        InsurerBody {
            listed: ListedBody::of(&standing, exposure.as_ref()),
            checklist: items(&checklist, clock::date_of(standing.at)),
            terms_in_force: standing.terms.as_ref().map(|version| version.version),
            terms: terms.into_iter().map(|version| TermsVersionBody::of(version, currency)).collect(),
            modules: Module::ALL.into_iter().map(|module| ModuleBody::of(module, &standing)).collect(),
            proposals: proposals.into_iter().map(|proposal| ProposalBody::of(proposal, currency)).collect(),
        }
    }
}

impl InsurerBody {
    /// As the insurer itself sees it: without the platform's people, and without what they propose.
    #[must_use]
    pub fn without_people(mut self) -> InsurerBody {
        self.proposals.clear();
        for paper in self.checklist.iter_mut().flat_map(|item| &mut item.papers) {
            PLATFORM.clone_into(&mut paper.submitted_by);
            paper.judged_by = paper.judged_by.take().map(|_| PLATFORM.to_owned());
        }
        for switch in self.modules.iter_mut().flat_map(|module| &mut module.switches) {
            PLATFORM.clone_into(&mut switch.actor);
        }
        self
    }
}

impl ModuleBody {
    fn of(module: Module, standing: &Standing) -> ModuleBody {
        let switches = standing.switches.iter().filter(|switch| switch.module == module);
        let shown = |Switch { is_on, from_at, reason, actor, .. }: &Switch| SwitchBody {
            is_on: *is_on,
            from_at: *from_at,
            reason: reason.clone(),
            actor: actor.clone(),
        };
        ModuleBody { module: module.word(), is_on: standing.module_on(module), switches: switches.map(shown).collect() }
    }
}

fn items(checklist: &Checklist, on: Date) -> Vec<ItemBody> {
    let unmet = checklist.unmet(on);
    let lacks = |item| unmet.iter().find(|unmet| unmet.item == item).map(|unmet| unmet.lack.to_string());
    let state = |item| match checklist.state(item) {
        ItemState::Open => "open",
        ItemState::Submitted(_) => "submitted",
        ItemState::Accepted(_) => "accepted",
        ItemState::Rejected(_) => "rejected",
    };
    let papers = |item| checklist.0.iter().filter(move |paper| paper.paper.item == item).map(PaperBody::of);
    let body = |item: CheckItem| ItemBody {
        item: item.word(),
        state: state(item),
        lacks: lacks(item),
        papers: papers(item).collect(),
    };
    CheckItem::ALL.into_iter().map(body).collect()
}

impl PaperBody {
    fn of(paper: &Paper) -> PaperBody {
        let verdict = paper.verdict.as_ref();
        PaperBody {
            paper: paper.paper_no,
            evidence_sha256: hexadecimal(&paper.paper.evidence_sha256),
            note: paper.paper.note.clone(),
            expires_on: paper.paper.expires_on,
            submitted_by: paper.submitted_by.clone(),
            submitted_at: paper.submitted_at,
            accepted: verdict.map(|verdict| verdict.accepted),
            verdict_reason: verdict.map(|verdict| verdict.reason.clone()),
            judged_by: verdict.map(|verdict| verdict.judged_by.clone()),
        }
    }
}
