//! One entry from the command line, in the form in which a file has it.

use std::collections::BTreeMap;

use clap::Args;
use dianfu_ledger::id;
use dianfu_ledger::template::Given;
use dianfu_ledger::template_register::posting::Filling;
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cli::arguments::{currency, day};
use crate::cli::ending::No;
use crate::cli::template::With;

/// An entry, leg by leg.
#[derive(Args)]
#[command(next_help_heading = "One entry, without a file")]
pub struct One {
    /// A debit leg; may be given several times
    #[arg(long, value_name = "ACCOUNT=AMOUNT[@ITEM]", value_parser = leg)]
    debit: Vec<Leg>,
    /// A credit leg; may be given several times
    #[arg(long, value_name = "ACCOUNT=AMOUNT[@ITEM]", value_parser = leg)]
    credit: Vec<Leg>,
    /// The template that its legs come from
    #[arg(long, value_name = "NAME", conflicts_with_all = ["file", "debit", "credit", "release"])]
    template: Option<String>,
    #[command(flatten)]
    with: With,
    /// Post nothing, and show what the template would post, and why it is that much
    #[arg(long, requires = "template")]
    dry_run: bool,
    /// The currency of its legs, such as CNY
    #[arg(long, required_unless_present_any = ["file", "release"], conflicts_with = "file")]
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
    /// Hold the money, do not move it: it counts in limits, not in balances
    #[arg(long, conflicts_with_all = ["file", "release"])]
    hold: bool,
    /// Undo the hold of this id as a whole
    #[arg(long, value_name = "ID", conflicts_with_all = ["debit", "credit"])]
    release: Option<Uuid>,
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
        let kind = match (self.hold, self.release) {
            (_, Some(_)) => "release",
            (true, None) => "hold",
            (false, None) => "post",
        };
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
            "reference": self.reference, "description": self.description, "relates_to": self.release,
            "postings": postings.collect::<Vec<Value>>(),
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
