//! `dianfu template`: journals as versioned data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use dianfu_api::wire::template::{ChangeBody, PreviewBody, RecordedTemplateBody, TemplateBody, VersionsBody};
use dianfu_ledger::money::Currency;
use dianfu_ledger::register::Signature;
use dianfu_ledger::template::{BYTES_MAX, Fault, Given, Template as Definition, changes};
use dianfu_ledger::template_register::posting::{Filling, preview};
use dianfu_ledger::template_register::{self, TemplateNo, TemplateOutcome};
use serde::Serialize;
use serde_json::value::RawValue;

use super::arguments::currency;
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Output, Sheet};

/// Journals as versioned data: what a business event posts
///
/// A template names its inputs, works out amounts and puts them on legs, so that whatever it is filled with balances.
/// Every version stays on record; an entry names the one that it was posted by.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu template check journal.json
  dianfu template record journal.json --reason \"Board of 2 March\"
  dianfu template preview receipt --currency CNY --input claim=CLM-17 --input received=100.00
  dianfu post --template receipt --currency CNY --input claim=CLM-17 --input received=100.00

A template in a file; lists, splits and dates are in ARCHITECTURE.md and in the interface's document:
  {\"name\": \"receipt\", \"title\": \"Receipt less a fee\", \"description\": \"Seen at the bank.\",
   \"inputs\": [{\"name\": \"claim\", \"kind\": \"text\"}, {\"name\": \"received\", \"kind\": \"amount\"}],
   \"amounts\": [{\"fraction\": {\"name\": \"fee\", \"of\": \"received\", \"numerator\": 1, \"denominator\": 100}},
               {\"sum\": {\"name\": \"net\", \"plus\": [\"received\"], \"less\": [\"fee\"]}}],
   \"legs\": [{\"side\": \"debit\", \"account\": \"1002.bank\", \"amount\": \"net\"},
            {\"side\": \"debit\", \"account\": \"5101\", \"amount\": \"fee\"},
            {\"side\": \"credit\", \"account\": \"2190.picc\", \"item\": \"{claim}\", \"amount\": \"received\"}]}")]
pub enum Template {
    /// List the templates, each with the version in force
    #[command(after_help = "\
Example:
  dianfu template list --format json")]
    List {
        #[command(flatten)]
        output: Output,
    },
    Show(Show),
    Check(Check),
    Record(Record),
    Retire(Retire),
    Preview(Preview),
}

/// Show a template, as JSON, or its history
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu template show J2
  dianfu template show J2 --template-no 17
  dianfu template show J2 --history")]
pub struct Show {
    /// The template's name
    name: String,
    /// Another version than the one in force
    #[arg(long, value_name = "NUMBER")]
    template_no: Option<TemplateNo>,
    /// All versions that ever were, oldest first
    #[arg(long, conflicts_with = "template_no")]
    history: bool,
    #[command(flatten)]
    output: Output,
}

/// Say what is wrong with a template in a file; needs no database
///
/// Names every fault with its place, its code, and what was expected. The file has one template or an array of them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu template check journal.json
  dianfu template check all-journals.json --format csv")]
pub struct Check {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// Record a version of a template, in force from now on
///
/// Shows where it differs from the version that it replaces. With --replaces it is refused if somebody else was faster.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu template record journal.json --dry-run --reason \"A look\"
  dianfu template record journal.json --replaces 17 --reason \"New tax rate\"")]
pub struct Record {
    /// The file, with one template
    file: PathBuf,
    /// The version that it is to replace
    #[arg(long, value_name = "NUMBER")]
    replaces: Option<TemplateNo>,
    /// Record nothing, and say what would be
    #[arg(long)]
    dry_run: bool,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

/// Retire a template: no entry is posted by it any more
#[derive(Args)]
#[command(after_help = "\
Example:
  dianfu template retire J24 --reason \"No prefunding any more\"")]
pub struct Retire {
    /// The template's name
    name: String,
    /// The version that is to be retired
    #[arg(long, value_name = "NUMBER")]
    replaces: Option<TemplateNo>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

/// Show what a template would post, and every amount with how it came about
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu template preview J4 --currency CNY --input pharmacy=red-cross --input claim=CLM-17 --input fee=200.00 \\
    --input vat=11.32
  dianfu template preview J18 --currency CNY --input insurer=picc \\
    --input 'reversed=[{\"claim\": \"CLM-17\", \"paid\": \"100.00\"}]'")]
pub struct Preview {
    /// The template's name
    name: String,
    #[command(flatten)]
    with: With,
    /// The currency of all amounts
    #[arg(long, value_parser = currency)]
    currency: Currency,
    #[command(flatten)]
    output: Output,
}

/// What a template is filled with.
#[derive(Args)]
pub struct With {
    /// An input; a list is a JSON array of objects. May be given several times
    #[arg(long = "input", value_name = "NAME=VALUE", value_parser = input)]
    pub inputs: Vec<(String, Given)>,
    /// The version that it must be; the one in force if left out
    #[arg(long, value_name = "NUMBER")]
    pub template_no: Option<TemplateNo>,
}

fn input(text: &str) -> Result<(String, Given), String> {
    let Some((name, value)) = text.split_once('=') else {
        return Err("is NAME=VALUE, such as share=4800.00".to_owned());
    };
    let given = if value.starts_with('[') {
        let given = serde_json::from_str(value).map_err(|error| format!("has a list that cannot be read: {error}"))?;
        if let Some(field) = twice_in(&given) {
            return Err(format!("has a list of which an element has '{field}' more than once"));
        }
        given
    } else {
        Given::Text(value.to_owned())
    };
    Ok((name.to_owned(), given))
}

/// The first field of an element of a list that it has more than once.
fn twice_in(given: &Given) -> Option<&str> {
    let Given::List(elements) = given else { return None };
    let fields = elements.iter().flatten();
    fields.into_iter().find(|(_, given)| **given == Given::Twice).map(|(field, _)| field.as_str())
}

impl With {
    /// The inputs by name; one that is given twice is refused.
    pub fn by_name(&self) -> Result<BTreeMap<String, Given>, No> {
        let mut inputs = BTreeMap::new();
        for (input, given) in &self.inputs {
            if inputs.insert(input.clone(), given.clone()).is_some() {
                return Err(No::new(format!("the input '{input}' is given twice")));
            }
        }
        Ok(inputs)
    }

    /// What is to be filled.
    pub fn filling(&self, name: &str, currency: Currency) -> Result<Filling, No> {
        Ok(Filling { name: name.to_owned(), template_no: self.template_no, currency, inputs: self.by_name()? })
    }
}

const VERSIONS: Sheet = Sheet {
    above: &[],
    rows: "templates",
    columns: &[
        Column::Text("name"),
        Column::Number("template_no"),
        Column::Text("title"),
        Column::Text("recorded_at"),
        Column::Text("actor"),
        Column::Text("reason"),
    ],
    totals: None,
    below: &[],
    empty: "There is no template yet: dianfu template record FILE",
};

const CHANGES: Sheet = Sheet {
    above: &["template_no", "replaced", "new"],
    rows: "changes",
    columns: &[Column::Text("pointer"), Column::Text("before"), Column::Text("after")],
    totals: None,
    below: &[],
    empty: "It differs from no version before.",
};

const FAULTS: Sheet = Sheet {
    above: &[],
    rows: "faults",
    columns: &[
        Column::Text("pointer"),
        Column::Text("code"),
        Column::Text("message"),
        Column::Text("expected"),
        Column::Text("actual"),
    ],
    totals: None,
    below: &["templates"],
    empty: "Nothing is wrong.",
};

const AMOUNTS: Sheet = Sheet {
    above: &["name", "template_no", "title", "currency"],
    rows: "amounts",
    columns: &[Column::Text("name"), Column::Number("value"), Column::Text("formula")],
    totals: None,
    below: &[],
    empty: "There is no amount.",
};

const POSTINGS: Sheet = Sheet {
    above: &[],
    rows: "postings",
    columns: &[
        Column::Text("account"),
        Column::Number("debit"),
        Column::Number("credit"),
        Column::Text("currency"),
        Column::Text("item"),
        Column::Text("due_date"),
    ],
    totals: None,
    below: &[],
    empty: "Nothing would move.",
};

impl Template {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Template::List { output } => {
                let client = desk.client().await?;
                output.print(&VersionsBody::of(&template_register::list(&**client).await?), &VERSIONS)?;
                Ok(Answer::Yes)
            }
            Template::Show(show) => show.run(desk).await,
            Template::Check(check) => check.run(),
            Template::Record(record) => record.run(desk).await,
            Template::Retire(retire) => retire.run(desk).await,
            Template::Preview(preview) => preview.run(desk).await,
        }
    }
}

impl Show {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let client = desk.client().await?;
        let versions = template_register::history(&**client, &self.name).await?;
        if self.history {
            self.output.print(&VersionsBody::of(&versions), &VERSIONS)?;
            return Ok(Answer::Yes);
        }
        let asked = |number: TemplateNo| self.template_no.is_none_or(|asked| asked == number);
        let Some(version) = versions.iter().rev().find(|version| asked(version.template_no)) else {
            let what = format!("there is no such version of a template '{}'", self.name);
            return Err(No::new(what).next("dianfu template list").into());
        };
        let fields = &["name", "template_no", "title", "recorded_at", "actor", "reason", "template"];
        self.output.print_one(&TemplateBody::from(version), fields)?;
        Ok(Answer::Yes)
    }
}

/// What is wrong with the templates of a file.
#[derive(Serialize)]
struct CheckBody {
    templates: usize,
    faults: Vec<FaultBody>,
}

#[derive(Serialize)]
struct FaultBody {
    pointer: String,
    code: &'static str,
    message: String,
    expected: String,
    actual: String,
}

fn fault(place: &str, fault: &Fault) -> FaultBody {
    let (expected, actual) = fault.problem.expected_actual();
    let (pointer, message) = (format!("{place}{}", fault.pointer), fault.to_string());
    FaultBody { pointer, code: fault.code(), message, expected, actual }
}

impl Check {
    fn run(&self) -> anyhow::Result<Answer> {
        let text = read(&self.file)?;
        let many: Option<Vec<&RawValue>> =
            text.trim_start().starts_with('[').then(|| serde_json::from_str(&text).ok()).flatten();
        let parsed: Vec<(String, Result<Definition, Vec<Fault>>)> = match &many {
            Some(many) => {
                let each = many.iter().enumerate();
                each.map(|(at, text)| (format!("/{at}"), Definition::parse(text.get()))).collect()
            }
            None => vec![(String::new(), Definition::parse(&text))],
        };
        let faults = parsed.iter().flat_map(|(place, parsed)| {
            let faults = parsed.as_ref().err().into_iter().flatten();
            faults.map(move |wrong| fault(place, wrong))
        });
        let body = CheckBody { templates: parsed.len(), faults: faults.collect() };
        self.output.print(&body, &FAULTS)?;
        match body.faults.len() {
            0 => Ok(Answer::Yes),
            faults => Err(No::new(format!("{faults} faults in {}", self.file.display())).into()),
        }
    }
}

/// Reads a file that is no longer than all the templates of a program.
fn read(file: &Path) -> anyhow::Result<String> {
    let most = 100 * BYTES_MAX;
    let context = || format!("cannot read {}", file.display());
    let size = std::fs::metadata(file).with_context(context)?.len();
    if usize::try_from(size).map_or(true, |size| size > most) {
        return Err(No::new(format!("{} has more than {most} bytes", file.display())).into());
    }
    let bytes = std::fs::read(file).with_context(context)?;
    String::from_utf8(bytes).map_err(|_| No::new(format!("{} is not UTF-8", file.display())).into())
}

impl Record {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let template = Definition::parse(&read(&self.file)?).map_err(|faults| {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            let at = faults.first().map(|fault| fault.pointer.clone()).unwrap_or_default();
            No::new(format!("{first} (at {at}); {} faults in all", faults.len()))
                .next(format!("dianfu template check {}", self.file.display()))
        })?;
        let name = &template.definition().name;
        let client = desk.client().await?;
        let before = template_register::last_of(&**client, &[name]).await?.remove(name);
        drop(client);
        let actor = Desk::actor();
        let signature = Signature::of(&actor, &self.reason);
        let outcome = desk.ledger().await?.record_template(&template, self.replaces, signature, !self.dry_run).await?;
        let (template_no, new) = match outcome {
            TemplateOutcome::Recorded(template_no) => (template_no, true),
            TemplateOutcome::Unchanged(template_no) => (template_no, false),
            TemplateOutcome::Refused(fault) => return Err(No::new(fault.to_string()).into()),
        };
        let before = before.and_then(|before| Some((before.template_no, before.template?)));
        let changed = before.as_ref().map(|(_, before)| changes(before, &template)).unwrap_or_default();
        let replaced = before.map(|(template_no, _)| template_no).filter(|_| new);
        let changes = changed.into_iter().map(ChangeBody::from).collect();
        self.output.print(&RecordedTemplateBody { template_no, replaced, new, changes }, &CHANGES)?;
        if self.dry_run {
            note("nothing was recorded: this was a dry run");
        }
        Ok(Answer::Yes)
    }
}

impl Retire {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let actor = Desk::actor();
        let signature = Signature::of(&actor, &self.reason);
        if let TemplateOutcome::Refused(fault) =
            desk.ledger().await?.retire_template(&self.name, self.replaces, signature).await?
        {
            return Err(No::new(fault.to_string()).into());
        }
        let client = desk.client().await?;
        let versions = template_register::history(&**client, &self.name).await?;
        self.output.print(&VersionsBody::of(&versions), &VERSIONS)?;
        Ok(Answer::Yes)
    }
}

impl Preview {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        show_preview(desk, &self.with.filling(&self.name, self.currency)?, &self.output).await
    }
}

/// Shows what a filling would post; nothing is posted.
pub async fn show_preview(desk: &Desk, filling: &Filling, output: &Output) -> anyhow::Result<Answer> {
    let client = desk.client().await?;
    match preview(&**client, filling).await? {
        Ok(seen) => {
            let body = PreviewBody::from(seen);
            output.print_parts(&body, &[AMOUNTS, POSTINGS])?;
            Ok(Answer::Yes)
        }
        Err(unfilled) => Err(No::new(format!("{unfilled} [{}]", unfilled.code())).into()),
    }
}
