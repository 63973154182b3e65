//! The templates of a file, and which of their versions a book has already.
//!
//! A file tells a book's templates as history: a version stands above the entries that it made, and takes the place of
//! the version above it of the same name. What is imported has the same history behind it: a version that the book
//! lacks is recorded where it stands between the entries, so that each entry names a version that was in force for it.
//!
//! Importing a file again, or for the rest of it, records nothing twice: versions of which no entry is awaited any more
//! are found in what the book has, each behind the one before. Pure.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeFrom;

use crate::template::Template;
use crate::template_register::{TemplateNo, Version};

/// A version of a template in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TemplateLine {
    /// Its number in the file, by which the entries below name it.
    pub template_no: TemplateNo,
    /// The template's name.
    pub name: String,
    /// The template; `None` if the name is retired.
    pub template: Option<Template>,
    /// Who recorded it.
    pub actor: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// What becomes of a version of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The book has it, under this number; without one, the name is not in force and need not be retired.
    There(Option<TemplateNo>),
    /// It is to be recorded in the place of another.
    Record {
        /// The one that is in force until then.
        replaces: Option<TemplateNo>,
        /// What it goes by until it has a number, which no version of a book has.
        stand_in: TemplateNo,
    },
}

/// What becomes of each version of a file, given all versions that the book has of their names, oldest first.
/// `is_awaited`: whether entries of it are yet to be posted, by its number in the file.
pub fn plan<'a>(
    lines: impl Iterator<Item = &'a TemplateLine>,
    on_record: &'a BTreeMap<String, Vec<Version>>,
    is_awaited: impl Fn(TemplateNo) -> bool,
) -> Vec<Step> {
    let mut names: HashMap<&str, Name<'_>> = HashMap::new();
    let mut stand_ins = TemplateNo::MIN..;
    let step = |line: &'a TemplateLine| {
        let versions = on_record.get(&line.name).map_or(&[][..], Vec::as_slice);
        let name = names.entry(&line.name).or_insert_with(|| Name::with(versions));
        name.step(line, is_awaited(line.template_no), &mut stand_ins)
    };
    lines.map(step).collect()
}

/// One name as far as the file has been read.
struct Name<'a> {
    on_record: &'a [Version],
    /// How many of them stand for lines above, or are older than such.
    passed: usize,
    in_force: Option<(TemplateNo, &'a Template)>,
}

impl<'a> Name<'a> {
    fn with(on_record: &'a [Version]) -> Name<'a> {
        let in_force = on_record.last().and_then(|last| Some((last.template_no, last.template.as_ref()?)));
        Name { on_record, passed: 0, in_force }
    }

    fn step(&mut self, line: &'a TemplateLine, is_awaited: bool, stand_ins: &mut RangeFrom<TemplateNo>) -> Step {
        let mut left = self.on_record[self.passed..].iter();
        if !is_awaited && let Some(behind) = left.position(|version| version.template == line.template) {
            self.passed += behind + 1;
            return Step::There(Some(self.on_record[self.passed - 1].template_no));
        }
        self.passed = self.on_record.len();
        let replaces = self.in_force.map(|(template_no, _)| template_no);
        if self.in_force.map(|(_, template)| template) == line.template.as_ref() {
            return Step::There(replaces);
        }
        let stand_in = stand_ins.next().expect("a file has fewer versions than there are numbers below zero");
        self.in_force = line.template.as_ref().map(|template| (stand_in, template));
        Step::Record { replaces, stand_in }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    /// A template that is told from others by its title; `-` for none.
    fn template(title: char) -> Option<Template> {
        let json = serde_json::json!({
            "name": "J", "title": title.to_string(), "description": "d",
            "inputs": [{"name": "a", "kind": "amount"}],
            "legs": [
                {"side": "debit", "account": "1", "amount": "a"},
                {"side": "credit", "account": "2", "amount": "a"},
            ],
        });
        (title != '-').then(|| Template::parse(&json.to_string()).unwrap())
    }

    /// What becomes of lines `A B C`, of which those written `A!` are awaited, in a book with versions `ABC`, numbered
    /// from 1: their numbers, or `new` and what they replace.
    fn planned(lines: &str, on_record: &str) -> String {
        let version = |(title, template_no)| Version {
            template_no,
            name: "J".to_owned(),
            template: template(title),
            recorded_at: Timestamp::UNIX_EPOCH,
            actor: String::new(),
            reason: String::new(),
        };
        let on_record = BTreeMap::from([("J".to_owned(), on_record.chars().zip(1..).map(version).collect())]);
        let awaited: Vec<bool> = lines.split(' ').map(|line| line.ends_with('!')).collect();
        let line = |(line, template_no): (&str, TemplateNo)| TemplateLine {
            template_no,
            name: "J".to_owned(),
            template: template(line.chars().next().unwrap()),
            actor: None,
            reason: None,
        };
        let lines: Vec<TemplateLine> = lines.split(' ').zip(0..).map(line).collect();
        let steps = plan(lines.iter(), &on_record, |at| awaited[usize::try_from(at).unwrap()]);
        let number = |number: Option<TemplateNo>| match number {
            Some(stand_in @ ..0) => format!("new{}", stand_in - TemplateNo::MIN),
            Some(number) => number.to_string(),
            None => "none".to_owned(),
        };
        let shown = steps.into_iter().map(|step| match step {
            Step::There(template_no) => number(template_no),
            Step::Record { replaces, stand_in } => format!("{} for {}", number(Some(stand_in)), number(replaces)),
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn versions_are_found_or_recorded_once() {
        for (lines, on_record, expected) in [
            // Into a book that has none, and again.
            ("A! B! A!", "", "new0 for none, new1 for new0, new2 for new1"),
            ("A B A", "ABA", "1, 2, 3"),
            ("A B A", "ABAC", "1, 2, 3"),
            // Broken off, and again.
            ("A! B! C!", "A", "1, new0 for 1, new1 for new0"),
            ("A B! C!", "AB", "1, 2, new0 for 2"),
            ("A B C", "AB", "1, 2, new0 for 2"),
            // The book has another in force.
            ("A!", "AX", "new0 for 2"),
            ("A! B", "AB", "new0 for 2, new1 for new0"),
            ("A! B", "ABAB", "new0 for 4, new1 for new0"),
            ("A", "AX", "1"),
            ("A", "X", "new0 for 1"),
            ("A!", "XA", "2"),
            // Retired, taken up again, never known.
            ("A! - A!", "", "new0 for none, new1 for new0, new2 for none"),
            ("A - A", "A-A", "1, 2, 3"),
            ("-", "", "none"),
            ("-", "A", "new0 for 1"),
            ("A!", "A-", "new0 for none"),
        ] {
            assert_eq!(planned(lines, on_record), expected, "{lines} into {on_record:?}");
        }
    }
}
