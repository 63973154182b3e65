//! How an amount comes about, in words, for whoever reads a dry run.

use super::definition::{Amount, NamedInput, Part};

/// An input: `given: fee including VAT`.
pub(super) fn of_input(input: &NamedInput) -> String {
    input.text.as_ref().map_or_else(|| "given".to_owned(), |text| format!("given: {text}"))
}

/// A field of a list that has so many elements.
pub(super) fn of_field(list: &str, elements: usize) -> String {
    format!("given, for each of {elements} {list}; this is all of them added up")
}

/// Every name that an amount defines, with its formula.
pub(super) fn of_amount(amount: &Amount) -> Vec<(&str, String)> {
    match amount {
        Amount::Sum { name, plus, less } => {
            let added = plus.join(" plus ");
            let formula = less.iter().fold(added, |formula, term| format!("{formula} less {term}"));
            vec![(name, formula)]
        }
        Amount::Fraction { name, of, numerator, denominator } => {
            vec![(name, format!("{numerator}/{denominator} of {of}, rounded half away from zero"))]
        }
        Amount::Total { name, of } => vec![(name, format!("{of} added up"))],
        Amount::Split { of, parts } => {
            let weights: Vec<&str> = parts.iter().map(|part| part.weight.as_str()).collect();
            let all = weights.join(", ");
            let formula = |part: &Part| format!("part of {of} by {} among {all}, largest remainder", part.weight);
            parts.iter().map(|part| (part.name.as_str(), formula(part))).collect()
        }
    }
}
