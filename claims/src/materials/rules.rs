//! Which materials are needed: versions of rules, the closest of them, and what several ask for together.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::kind::{MaterialKind, Phase};
use super::refusal::{MaterialRefusal, in_range};
use crate::claim::DrugCode;

/// One kind of material that is needed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Which kind.
    pub kind: MaterialKind,
    /// For how many days behind its date of issue it will do; `None` for ever, or as long as it says itself.
    pub valid_days: Option<i32>,
    /// How many files of it are needed at least.
    pub files: i32,
}

/// Whom rules are for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Scope {
    /// The insurer; `None` for every one.
    pub insurer: Option<PartyNo>,
    /// The drug; `None` for every one.
    pub drug: Option<DrugCode>,
    /// When they are asked for.
    pub phase: Phase,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (insurer, drug) = (self.insurer.as_ref(), self.drug.as_ref());
        let [insurer, drug] = [insurer.map_or("*", PartyNo::as_str), drug.map_or("*", DrugCode::as_str)];
        write!(f, "{insurer}/{drug}/{}", self.phase.word())
    }
}

/// A version of rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MaterialRules {
    /// Whom they are for.
    pub scope: Scope,
    /// The version, from 1 without gaps.
    pub version: i32,
    /// From which day they count.
    pub effective_from: Date,
    /// What they ask for; nothing, where they are to ask for nothing.
    pub requirements: Vec<Requirement>,
}

impl MaterialRules {
    /// Refuses what cannot be asked for.
    pub fn check(&self) -> Result<(), MaterialRefusal> {
        let mut seen = HashSet::new();
        for (at, requirement) in self.requirements.iter().enumerate() {
            let Requirement { kind, valid_days, files } = *requirement;
            if !seen.insert(kind) {
                return Err(MaterialRefusal::Twice { path: format!("requirements/{at}/kind"), kind });
            }
            in_range(&format!("requirements/{at}/valid_days"), valid_days.unwrap_or(1).into(), 1, 36_500)?;
            in_range(&format!("requirements/{at}/files"), files.into(), 1, 50)?;
        }
        Ok(())
    }
}

/// The rules that count for an insurer, a drug and a phase on a day: of those for the insurer and the drug, else the
/// insurer, else the drug, else all, the highest version in force. The closest scope counts alone, so that it can ask
/// for less, too.
pub fn in_force<'a>(
    versions: &'a [MaterialRules],
    (insurer, drug, phase): (&PartyNo, &DrugCode, Phase),
    on: Date,
) -> Option<&'a MaterialRules> {
    let fits = |rules: &&MaterialRules| {
        let Scope { insurer: of_insurer, drug: of_drug, phase: of_phase } = &rules.scope;
        of_insurer.as_ref().is_none_or(|of| of == insurer)
            && of_drug.as_ref().is_none_or(|of| of == drug)
            && *of_phase == phase
            && rules.effective_from <= on
    };
    let closeness = |rules: &&MaterialRules| (rules.scope.insurer.is_some(), rules.scope.drug.is_some(), rules.version);
    versions.iter().filter(fits).max_by_key(closeness)
}

/// What a claim needs of a kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needed {
    /// Which kind.
    pub kind: MaterialKind,
    /// For how many days behind its date of issue it will do.
    pub valid_days: Option<i32>,
    /// How many files of it are needed at least.
    pub files: i32,
    /// Only what is handed in from then on will do.
    pub since: Option<Timestamp>,
}

/// What several rules and requests ask for together, by kind: the strictest of each.
pub fn together(asked: impl IntoIterator<Item = Needed>) -> Vec<Needed> {
    let mut by_kind: BTreeMap<MaterialKind, Needed> = BTreeMap::new();
    for one in asked {
        let needed = by_kind.entry(one.kind).or_insert_with(|| one.clone());
        needed.valid_days = needed.valid_days.into_iter().chain(one.valid_days).min();
        needed.files = needed.files.max(one.files);
        needed.since = needed.since.max(one.since);
    }
    by_kind.into_values().collect()
}

impl From<&Requirement> for Needed {
    fn from(requirement: &Requirement) -> Needed {
        let Requirement { kind, valid_days, files } = *requirement;
        Needed { kind, valid_days, files, since: None }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn rules(insurer: Option<&str>, drug: Option<&str>, version: i32, month: i8) -> MaterialRules {
        let insurer = insurer.map(|text| PartyNo::parse(text).unwrap());
        let drug = drug.map(|text| DrugCode::parse(text).unwrap());
        let scope = Scope { insurer, drug, phase: Phase::Refill };
        MaterialRules { scope, version, effective_from: date(2026, month, 1), requirements: Vec::new() }
    }

    #[test]
    fn the_closest_scope_counts_and_of_its_versions_the_highest_in_force() {
        let all = [
            rules(None, None, 1, 1),
            rules(None, Some("drug"), 1, 1),
            rules(Some("picc"), None, 1, 1),
            rules(Some("picc"), None, 2, 3),
            rules(Some("picc"), Some("drug"), 1, 5),
        ];
        let found = |insurer: &str, drug: &str, phase, month| {
            let (insurer, drug) = (PartyNo::parse(insurer).unwrap(), DrugCode::parse(drug).unwrap());
            let found = in_force(&all, (&insurer, &drug, phase), date(2026, month, 2));
            found.map(|rules| format!("{} {}", rules.scope, rules.version))
        };
        let refill = Phase::Refill;
        assert_eq!(found("picc", "drug", refill, 1).as_deref(), Some("picc/*/refill 1"));
        assert_eq!(found("picc", "drug", refill, 3).as_deref(), Some("picc/*/refill 2"));
        assert_eq!(found("picc", "drug", refill, 5).as_deref(), Some("picc/drug/refill 1"));
        assert_eq!(found("other", "drug", refill, 5).as_deref(), Some("*/drug/refill 1"));
        assert_eq!(found("other", "other", refill, 5).as_deref(), Some("*/*/refill 1"));
        assert_eq!(found("picc", "drug", Phase::Appeal, 5), None);
    }

    #[test]
    fn of_what_several_ask_for_the_strictest_counts() {
        let asked = |valid_days, files, since: Option<i64>| Needed {
            kind: MaterialKind::GeneTest,
            valid_days,
            files,
            since: since.map(|second| Timestamp::from_second(second).unwrap()),
        };
        let together = together([asked(None, 1, None), asked(Some(90), 2, Some(5)), asked(Some(180), 1, Some(3))]);
        assert_eq!(together, [asked(Some(90), 2, Some(5))]);
    }

    #[test]
    fn what_cannot_be_asked_for_is_refused_with_its_place() {
        let requirement = |valid_days, files| Requirement { kind: MaterialKind::Policy, valid_days, files };
        let check = |requirements| MaterialRules { requirements, ..rules(None, None, 1, 1) }.check();
        assert_eq!(check(vec![requirement(None, 1)]), Ok(()));
        for (requirements, sentence) in [
            (vec![requirement(Some(0), 1)], "requirements/0/valid_days is 0; it lies between 1 and 36500"),
            (vec![requirement(None, 0)], "requirements/0/files is 0; it lies between 1 and 50"),
            (vec![requirement(None, 1), requirement(None, 2)], "requirements/1/kind is 'policy', which stands before"),
        ] {
            assert_eq!(check(requirements).unwrap_err().to_string(), sentence);
        }
    }
}
