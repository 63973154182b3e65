//! One entry from the command line, in the form in which a file has it.

use std::collections::BTreeMap;

use clap::Args;
use dianfu_ledger::id;
use dianfu_ledger::template::Given;
use dianfu_ledger::template_register::posting::Filling;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cli::arguments::{currency, day, instant};
use crate::cli::ending::No;
use crate::cli::template::With;

/// An entry, leg by leg.
#[derive(Args)]
#[command(next_help_heading = "One entry, without a file")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct One {
    /// A debit leg; may be given several times
    #[arg(long, value_name = "ACCOUNT=AMOUNT[@ITEM]", value_parser = leg)]
    debit: Vec<Leg>,
    /// A credit leg; may be given several times
    #[arg(long, value_name = "ACCOUNT=AMOUNT[@ITEM]", value_parser = leg)]
    credit: Vec<Leg>,
    /// The template that its legs come from
    #[arg(long, value_name = "NAME", conflicts_with_all = ["file", "debit", "credit", "taking"])]
    template: Option<String>,
    #[command(flatten)]
    with: With,
    /// Post nothing, and show what the template would post, and why it is that much
    #[arg(long, requires = "template")]
    dry_run: bool,
    /// The currency of its legs, such as CNY
    #[arg(long, required_unless_present_any = ["file", "taking"], conflicts_with = "file")]
    currency: Option<String>,
    /// Its id: a retry with the same id posts nothing twice. Drawn and shown if left out
    #[arg(long, conflicts_with = "file")]
    id: Option<Uuid>,
    /// When it counts; the day it is booked if left out
    #[arg(long, value_name = "DAY", value_parser = day, conflicts_with = "file")]
    date: Option<Date>,
    /// The business document it stems from
    #[arg(long, default_value = "", hide_default_value = true, conflicts_with = "file")]
    reference: String,
    /// A sentence for a person
    #[arg(long, default_value = "", hide_default_value = true, conflicts_with = "file")]
    description: String,
    /// Move at most that much: as much as the limits of both accounts let through
    #[arg(long, conflicts_with_all = ["file", "taking"])]
    at_most: bool,
    /// If its day is closed: count it on the first open day, with that day as its value date
    #[arg(long, conflicts_with = "file")]
    late: bool,
    /// It adjusts a period that is closed to all but adjusters
    #[arg(long, conflicts_with = "file")]
    adjusting: bool,
    /// Hold the money, do not move it: it counts in limits, not in balances
    #[arg(long, conflicts_with_all = ["file", "taking"])]
    hold: bool,
    /// When the hold ends by itself, such as 2026-05-01T12:00:00Z
    #[arg(long, value_name = "TIME", requires = "hold", value_parser = instant)]
    expires_at: Option<Timestamp>,
    /// The group that the hold joins: any id of yours
    #[arg(long, value_name = "ID", requires = "hold")]
    hold_group: Option<Uuid>,
    #[command(flatten)]
    taking: Taking,
}

/// What it takes from. Its legs say how much; without any it takes all that is left.
#[derive(Args)]
#[group(id = "taking", multiple = false, conflicts_with = "file")]
struct Taking {
    /// Give back what the hold of this id holds: all that is left, or its legs
    #[arg(long, value_name = "ID")]
    release: Option<Uuid>,
    /// Give back what all holds of this group hold
    #[arg(long, value_name = "ID", conflicts_with_all = ["debit", "credit"])]
    release_group: Option<Uuid>,
    /// Move what the hold of this id holds: all that is left, or its legs
    #[arg(long, value_name = "ID")]
    capture: Option<Uuid>,
    /// Move what all holds of this group hold
    #[arg(long, value_name = "ID", conflicts_with_all = ["debit", "credit"])]
    capture_group: Option<Uuid>,
    /// Move back what the entry of this id has moved: all that is left, or its legs, the other way round
    #[arg(long, value_name = "ID")]
    reverse: Option<Uuid>,
}

impl Taking {
    /// The kind that it makes of an entry, the entry that this relates to, and the group.
    fn kind(&self) -> Option<(&'static str, Option<Uuid>, Option<Uuid>)> {
        let Taking { release, release_group, capture, capture_group, reverse } = *self;
        if release.or(release_group).is_some() {
            Some(("release", release, release_group))
        } else if capture.or(capture_group).is_some() {
            Some(("capture", capture, capture_group))
        } else {
            reverse.map(|entry| ("reversal", Some(entry), None))
        }
    }
}

/// One leg as it was written.
#[derive(Clone)]
struct Leg {
    account: String,
    amount: String,
    item: Option<String>,
}

fn leg(text: &str) -> Result<Leg, String> {
    let Some((account, rest)) = text.split_once('=') else {
        return Err("is ACCOUNT=AMOUNT, such as 1002.bank=500.00, or ACCOUNT=AMOUNT@ITEM".to_owned());
    };
    let (amount, item) = rest.split_once('@').map_or((rest, None), |(amount, item)| (amount, Some(item.to_owned())));
    Ok(Leg { account: account.to_owned(), amount: amount.to_owned(), item })
}

impl One {
    /// What the template is filled with, if it is only to be shown. Refuses inputs without a template, and one that is
    /// given twice.
    pub fn preview(&self) -> anyhow::Result<Option<Filling>> {
        if self.template.is_none() && !(self.with.inputs.is_empty() && self.with.template_no.is_none()) {
            return Err(No::new("--input and --template-no go with --template NAME").into());
        }
        self.with.by_name()?;
        let (Some(name), true) = (&self.template, self.dry_run) else { return Ok(None) };
        let currency = currency(self.currency.as_deref().unwrap_or_default()).map_err(No::new)?;
        Ok(Some(self.with.filling(name, currency)?))
    }

    /// The entry as JSON: what is written nonsensically is refused where files are, with the same words.
    pub fn entry(&self) -> Value {
        let stands_alone = if self.hold { "hold" } else { "post" };
        let (kind, relates_to, hold_group) = self.taking.kind().unwrap_or((stands_alone, None, self.hold_group));
        let side = |name: &'static str| {
            move |leg: &Leg| {
                let Leg { account, amount, item } = leg;
                json!({"account": account, name: amount, "currency": self.currency, "item": item})
            }
        };
        let postings = self.debit.iter().map(side("debit")).chain(self.credit.iter().map(side("credit")));
        let inputs: BTreeMap<&str, Value> =
            self.with.inputs.iter().map(|(name, given)| (name.as_str(), given_as_json(given))).collect();
        let template = self.template.as_ref().map(|name| {
            let template_no = self.with.template_no;
            json!({"name": name, "template_no": template_no, "currency": self.currency, "inputs": inputs})
        });
        json!({
            "template": template, "id": self.id.unwrap_or_else(id::fresh), "kind": kind, "effective_date": self.date,
            "reference": self.reference, "description": self.description, "relates_to": relates_to,
            "hold_group": hold_group, "expires_at": self.expires_at, "at_most": self.at_most, "late": self.late,
            "adjusting": self.adjusting, "postings": postings.collect::<Vec<Value>>(),
        })
    }
}

fn given_as_json(given: &Given) -> Value {
    match given {
        Given::Text(text) => Value::from(text.as_str()),
        Given::List(elements) => {
            let element = |element: &BTreeMap<String, Given>| {
                element.iter().map(|(name, given)| (name.clone(), given_as_json(given))).collect::<Value>()
            };
            elements.iter().map(element).collect()
        }
        Given::Twice | Given::Other(_) => Value::Null,
    }
}
