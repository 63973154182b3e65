//! Pre-review rules as they are proposed, tried and shown. In rules an amount is a decimal string of the insurer's
//! currency under the name of its parameter, such as `cap`; everything else is as the rules have it.

use dianfu_claims::prereview::RuleVersion;
use dianfu_claims::prereview::rules::RuleSet;
use dianfu_claims::prereview::trial::{Change, Said, Trial};
use dianfu_claims::rule_book::{Book, LiveVersion, LogLine, Proposal};
use dianfu_claims::rule_quality::RuleQuality;
use dianfu_ledger::money::{Currency, decimal_text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::insurer_agreed::minor;
use super::proof::hexadecimal;
use super::{json, time};
use crate::problem::Violation;

/// What is an amount in rules.
const AMOUNTS: [&str; 4] = ["second_person_above", "price", "tolerance", "cap"];

/// A version of an insurer's rules to be proposed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRules)]
pub struct NewRulesBody {
    /// From when it counts.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date)]
    effective_from: Date,
    /// The rules.
    #[schema(value_type = Object)]
    rules: Value,
}

/// A proposal of rules.
#[derive(Serialize, ToSchema)]
#[schema(as = RulesProposal)]
pub struct RulesProposalBody {
    version: i32,
    /// SHA-256 of the version, its first day and its rules: what it is tried and accepted by.
    content_sha256: String,
    #[schema(value_type = String, format = Date)]
    effective_from: Date,
    #[schema(value_type = Object)]
    rules: Value,
    made_by: String,
    /// Its last trial; `null` before it was tried.
    trial: Option<i32>,
}

/// A live version of rules.
#[derive(Serialize, ToSchema)]
#[schema(as = LiveRules)]
pub struct LiveRulesBody {
    version: i32,
    #[schema(value_type = String, format = Date)]
    effective_from: Date,
    #[schema(value_type = Object)]
    rules: Value,
    made_by: String,
    /// Who made it live.
    checked_by: String,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
}

/// A line of the rule change log.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleChange)]
pub struct RuleChangeBody {
    /// The version that brought it.
    version: i32,
    #[schema(value_type = String, format = Date)]
    effective_from: Date,
    /// The rule's code, or the setting's name.
    #[schema(example = "approval_days")]
    rule: String,
    /// As it was; `null` where it is new.
    from: Option<Value>,
    /// As it is; `null` where it is gone.
    to: Option<Value>,
    made_by: String,
    checked_by: String,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
}

/// The rules of an insurer.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleBook)]
pub struct RuleBookBody {
    /// Every live version, by version.
    pub versions: Vec<LiveRulesBody>,
    /// What the next version may be, oldest first.
    pub proposals: Vec<RulesProposalBody>,
    /// What each version has changed, oldest first.
    pub changes: Vec<RuleChangeBody>,
}

/// What rules say of a claim.
#[derive(Serialize, ToSchema)]
#[schema(as = RulesSay)]
pub struct SaidBody {
    /// `approved`, `rejected` or `referred`.
    outcome: String,
    /// The rules that fired.
    rules: Vec<String>,
    /// What would be advanced.
    advance: String,
}

/// A decision that would be another.
#[derive(Serialize, ToSchema)]
#[schema(as = TrialChange)]
pub struct TrialChangeBody {
    claim_no: String,
    before: SaidBody,
    after: SaidBody,
    /// What the rules that would fire find.
    english: Vec<String>,
    /// The same in Chinese.
    chinese: Vec<String>,
}

/// What a trial on past claims shows.
#[derive(Serialize, ToSchema)]
#[schema(as = RulesTrial)]
pub struct TrialBody {
    /// Decisions that were judged again.
    tried: u32,
    /// Those that would be others.
    changed: u32,
    approved_no_more: u32,
    newly_approved: u32,
    advance_before: String,
    advance_after: String,
    /// The changes, at most 1,000 of them.
    changes: Vec<TrialChangeBody>,
}

/// What became of the decisions of one version.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleQuality)]
pub struct QualityBody {
    version: i32,
    approved: i64,
    rejected: i64,
    /// Claims that it left to people.
    referred: i64,
    /// Claims that people decided under it.
    ruled: i64,
    /// Claims of whose shortfall the platform bears a part.
    borne_claims: i64,
    /// What the platform bears of them.
    borne: String,
}

/// The quality of each version.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleQualities)]
pub struct QualitiesBody {
    /// By version.
    pub versions: Vec<QualityBody>,
}

impl RuleBookBody {
    /// A book as it is shown.
    pub fn of(book: Book, currency: Currency) -> RuleBookBody {
        let Book { versions, proposals, changes } = book;
        RuleBookBody {
            versions: versions.into_iter().map(|live| LiveRulesBody::of(live, currency)).collect(),
            proposals: proposals.iter().map(|proposal| RulesProposalBody::of(proposal, currency)).collect(),
            changes: changes.into_iter().map(|line| RuleChangeBody::of(line, currency)).collect(),
        }
    }
}

impl NewRulesBody {
    /// Reads a version, amounts in the insurer's currency.
    pub fn read(self, version: i32, currency: Currency) -> Result<RuleVersion, Violation> {
        let rules = inward(self.rules, currency, "/rules")?;
        let misshapen = |error: serde_json::Error| Violation::at("rules_misshapen", "/rules", error.to_string());
        let rules: RuleSet = serde_json::from_value(rules).map_err(misshapen)?;
        Ok(RuleVersion { version, effective_from: self.effective_from, rules })
    }
}

/// Amounts as the rules have them: minor units, under a name that says so.
fn inward(value: Value, currency: Currency, at: &str) -> Result<Value, Violation> {
    Ok(match value {
        Value::Array(items) => {
            let each = items.into_iter().enumerate();
            each.map(|(index, item)| inward(item, currency, &format!("{at}/{index}"))).collect::<Result<_, _>>()?
        }
        Value::Object(fields) => {
            let mut read = Map::new();
            for (name, value) in fields {
                let place = format!("{at}/{}", json::escaped(&name));
                match &value {
                    Value::String(text) if AMOUNTS.contains(&name.as_str()) => {
                        read.insert(format!("{name}_minor"), minor(text, currency, &place)?.into());
                    }
                    Value::Null if AMOUNTS.contains(&name.as_str()) => {
                        read.insert(format!("{name}_minor"), Value::Null);
                    }
                    _ if name.ends_with("_minor") => {
                        let message = "amounts are decimal strings, without '_minor' in their names";
                        return Err(Violation::at("amount_malformed", place, message));
                    }
                    _ => {
                        read.insert(name, inward(value, currency, &place)?);
                    }
                }
            }
            Value::Object(read)
        }
        plain => plain,
    })
}

/// Amounts as they are shown: decimal strings.
fn outward(value: Value, currency: Currency) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| outward(item, currency)).collect(),
        Value::Object(fields) => {
            let shown = fields.into_iter().map(|(name, value)| match (name.strip_suffix("_minor"), value.as_i64()) {
                (Some(short), Some(minor)) => (short.to_owned(), decimal_text(minor.into(), currency).into()),
                (Some(short), None) => (short.to_owned(), value),
                (None, _) => (name, outward(value, currency)),
            });
            Value::Object(shown.collect())
        }
        plain => plain,
    }
}

fn shown(rules: &RuleSet, currency: Currency) -> Value {
    outward(serde_json::to_value(rules).expect("names, numbers and lists become JSON"), currency)
}

impl RulesProposalBody {
    /// A proposal as it is shown.
    pub fn of(proposal: &Proposal, currency: Currency) -> RulesProposalBody {
        RulesProposalBody {
            version: proposal.version.version,
            content_sha256: hexadecimal(&proposal.content_sha256),
            effective_from: proposal.version.effective_from,
            rules: shown(&proposal.version.rules, currency),
            made_by: proposal.made_by.clone(),
            trial: proposal.trial_no,
        }
    }
}

impl LiveRulesBody {
    /// A live version as it is shown.
    pub fn of(live: LiveVersion, currency: Currency) -> LiveRulesBody {
        let LiveVersion { version, made_by, checked_by, recorded_at } = live;
        LiveRulesBody {
            version: version.version,
            effective_from: version.effective_from,
            rules: shown(&version.rules, currency),
            made_by,
            checked_by,
            recorded_at,
        }
    }
}

impl RuleChangeBody {
    /// A change as it is shown.
    pub fn of(line: LogLine, currency: Currency) -> RuleChangeBody {
        // A setting's own name says that its value is an amount.
        let rule = line.change.rule;
        let show = |value: Value| {
            let named = Value::Object(Map::from_iter([(rule.clone(), value)]));
            outward(named, currency).as_object().and_then(|fields| fields.values().next().cloned()).unwrap_or_default()
        };
        let (from, to) = (line.change.from.map(&show), line.change.to.map(&show));
        RuleChangeBody {
            version: line.version,
            effective_from: line.effective_from,
            rule: rule.strip_suffix("_minor").unwrap_or(&rule).to_owned(),
            from,
            to,
            made_by: line.made_by,
            checked_by: line.checked_by,
            recorded_at: line.recorded_at,
        }
    }
}

impl SaidBody {
    fn of(said: Said, currency: Currency) -> SaidBody {
        let Said { outcome, rules, advance_minor } = said;
        SaidBody { outcome, rules, advance: decimal_text(advance_minor.into(), currency) }
    }
}

impl TrialBody {
    /// A trial as it is shown.
    pub fn of(trial: Trial, currency: Currency) -> TrialBody {
        let change = |Change { claim_no, before, after, english, chinese }| TrialChangeBody {
            claim_no: String::from(claim_no),
            before: SaidBody::of(before, currency),
            after: SaidBody::of(after, currency),
            english,
            chinese,
        };
        TrialBody {
            tried: trial.tried,
            changed: trial.changed,
            approved_no_more: trial.approved_no_more,
            newly_approved: trial.newly_approved,
            advance_before: decimal_text(trial.advance_before_minor, currency),
            advance_after: decimal_text(trial.advance_after_minor, currency),
            changes: trial.changes.into_iter().map(change).collect(),
        }
    }
}

impl QualityBody {
    /// The quality of a version as it is shown.
    pub fn of(quality: &RuleQuality, currency: Currency) -> QualityBody {
        let RuleQuality { version, approved, rejected, referred, ruled, borne_claims, borne_minor } = *quality;
        let borne = decimal_text(borne_minor.into(), currency);
        QualityBody { version, approved, rejected, referred, ruled, borne_claims, borne }
    }
}
