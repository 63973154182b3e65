//! What a policy promises for a year, as data: deductible, patient's part by bands, caps.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::claim::{DiagnosisCode, DrugCode};

/// What a policy covers in one of its years. Amounts in minor units, none negative.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenefitTerms {
    /// What the patient pays before the insurer covers anything.
    pub deductible_minor: i64,
    /// The patient's part of what lies behind the deductible, by how much has come together in the year.
    pub bands: Vec<Band>,
    /// Other bands for some drugs or some diagnoses, such as those the patient had before; the first that fits counts.
    #[serde(default)]
    pub special: Vec<SpecialBands>,
    /// The most that the patient pays of what is covered; `None` for no cap.
    pub share_cap_minor: Option<i64>,
    /// The most that the insurer covers; `None` for no limit.
    pub benefit_limit_minor: Option<i64>,
    /// The most that the insurer covers of single drugs.
    #[serde(default)]
    pub drug_caps: Vec<DrugCap>,
}

/// A band of the year's sum behind the deductible, and the patient's part in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Where it ends; the last band has no end.
    pub up_to_minor: Option<i64>,
    /// The patient's part, in ten-thousandths: 20 % is 2,000.
    pub patient_per_10000: i32,
}

/// Bands for some drugs or diagnoses.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialBands {
    /// The drugs of the class; none means any drug.
    pub drugs: Vec<DrugCode>,
    /// The branches of diagnoses; none means any diagnosis.
    pub diagnoses: Vec<DiagnosisCode>,
    /// The bands.
    pub bands: Vec<Band>,
}

/// The most that is covered of a drug in a year.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrugCap {
    /// The drug.
    pub drug_code: DrugCode,
    /// The most, in minor units.
    pub cap_minor: i64,
}

/// What is wrong with terms.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{path} is {found}; it is to be {expected}")]
pub struct TermsFault {
    /// Where, such as `bands/1/up_to_minor`.
    pub path: String,
    /// What belongs there.
    pub expected: &'static str,
    /// What stands there.
    pub found: String,
}

impl BenefitTerms {
    /// Terms with one part for the patient behind a deductible.
    pub fn plain(deductible_minor: i64, patient_per_10000: i32) -> BenefitTerms {
        BenefitTerms {
            deductible_minor,
            bands: vec![Band { up_to_minor: None, patient_per_10000 }],
            special: Vec::new(),
            share_cap_minor: None,
            benefit_limit_minor: None,
            drug_caps: Vec::new(),
        }
    }

    /// The bands that count for a drug and a diagnosis. Bands for diagnoses count only where the diagnosis is known.
    pub fn bands_of(&self, drug_code: &DrugCode, diagnosis: Option<&DiagnosisCode>) -> &[Band] {
        let fits = |special: &&SpecialBands| {
            let lies_in = |branch| diagnosis.is_some_and(|diagnosis| diagnosis.lies_in(branch));
            (special.drugs.is_empty() || special.drugs.contains(drug_code))
                && (special.diagnoses.is_empty() || special.diagnoses.iter().any(lies_in))
        };
        self.special.iter().find(fits).map_or(&self.bands, |special| &special.bands)
    }

    /// The most that is covered of a drug in a year.
    pub fn cap_of(&self, drug_code: &DrugCode) -> Option<i64> {
        self.drug_caps.iter().find(|cap| cap.drug_code == *drug_code).map(|cap| cap.cap_minor)
    }

    /// Everything that is wrong with them.
    pub fn faults(&self) -> Vec<TermsFault> {
        let mut faults = Vec::new();
        let amounts = [
            ("deductible_minor", Some(self.deductible_minor)),
            ("share_cap_minor", self.share_cap_minor),
            ("benefit_limit_minor", self.benefit_limit_minor),
        ];
        for (path, minor) in amounts {
            not_negative(path.to_owned(), minor, &mut faults);
        }
        check_bands("bands", &self.bands, &mut faults);
        for (index, special) in self.special.iter().enumerate() {
            check_bands(&format!("special/{index}/bands"), &special.bands, &mut faults);
            if special.drugs.is_empty() && special.diagnoses.is_empty() {
                let (path, expected) = (format!("special/{index}"), "for some drugs or some diagnoses");
                faults.push(TermsFault { path, expected, found: "for all".to_owned() });
            }
        }
        for (index, cap) in self.drug_caps.iter().enumerate() {
            not_negative(format!("drug_caps/{index}/cap_minor"), Some(cap.cap_minor), &mut faults);
            if self.drug_caps[..index].iter().any(|earlier| earlier.drug_code == cap.drug_code) {
                let (path, found) = (format!("drug_caps/{index}/drug_code"), cap.drug_code.to_string());
                faults.push(TermsFault { path, expected: "a drug that has no cap yet", found });
            }
        }
        faults
    }
}

fn not_negative(path: String, minor: Option<i64>, faults: &mut Vec<TermsFault>) {
    if let Some(minor @ ..0) = minor {
        faults.push(TermsFault { path, expected: "not negative", found: minor.to_string() });
    }
}

fn check_bands(path: &str, bands: &[Band], faults: &mut Vec<TermsFault>) {
    if bands.is_empty() {
        faults.push(TermsFault { path: path.to_owned(), expected: "one band at least", found: "none".to_owned() });
    }
    let mut start = 0;
    for (index, band) in bands.iter().enumerate() {
        if !(0..=10_000).contains(&band.patient_per_10000) {
            let (path, found) = (format!("{path}/{index}/patient_per_10000"), band.patient_per_10000.to_string());
            faults.push(TermsFault { path, expected: "between 0 and 10000", found });
        }
        let is_last = index + 1 == bands.len();
        let expected = match band.up_to_minor {
            None if is_last => continue,
            None => "an end: only the last band has none",
            Some(_) if is_last => "without an end: it is the last band",
            Some(end) if end > start => {
                start = end;
                continue;
            }
            Some(_) => "beyond the end of the band before",
        };
        let found = band.up_to_minor.map_or_else(|| "nothing".to_owned(), |end| end.to_string());
        faults.push(TermsFault { path: format!("{path}/{index}/up_to_minor"), expected, found });
    }
}

/// Terms as they count for claims prescribed from a day on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TermsVersion {
    /// The first day of prescriptions that they count for.
    pub effective_from: Date,
    /// Since when the patient is insured without a gap; `None` for the policy's first day.
    pub enrolled_on: Option<Date>,
    /// The terms.
    pub terms: BenefitTerms,
}

/// All terms of a policy: what its benefits depend on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyTerms {
    /// The day on which the first of its years begins.
    pub years_from: Date,
    /// What counts where no version does.
    pub first: BenefitTerms,
    /// Later versions, in the order of their recording: of those in force on a day the last counts.
    pub versions: Vec<TermsVersion>,
}

impl PolicyTerms {
    /// The terms for a prescription of this day.
    pub fn on(&self, day: Date) -> &BenefitTerms {
        let in_force = self.versions.iter().rfind(|version| version.effective_from <= day);
        in_force.map_or(&self.first, |version| &version.terms)
    }

    /// Since when the patient is insured without a gap, as it counts for a prescription of this day.
    pub fn enrolled_on(&self, day: Date) -> Date {
        let in_force = self.versions.iter().rfind(|version| version.effective_from <= day);
        in_force.and_then(|version| version.enrolled_on).unwrap_or(self.years_from)
    }

    /// The first day of the policy's year in which a day lies. Years begin on the day of the policy's first, and on
    /// the last of February where that is the 29th and the year has none.
    pub fn year_of(&self, day: Date) -> Date {
        let this_year = self.begins(day.year());
        if this_year <= day { this_year } else { self.begins(day.year().saturating_sub(1)) }
    }

    /// The first day of the year behind the one in which a day lies.
    pub fn year_after(&self, day: Date) -> Date {
        self.begins(self.year_of(day).year().saturating_add(1))
    }

    fn begins(&self, year: i16) -> Date {
        let month = Date::new(year, self.years_from.month(), 1).unwrap_or(self.years_from);
        let last = self.years_from.day().min(month.days_in_month());
        Date::new(year, self.years_from.month(), last).unwrap_or(self.years_from)
    }
}
