//! The formats besides our own, each taught by a small whole example.

use clap::Args;
use dianfu_ledger::import::Format;
use dianfu_ledger::import::commodity::CommodityMap;
use dianfu_ledger::import::opening::{Against, Heading};
use jiff::civil::Date;

use super::{SourceArg, What};
use crate::cli::arguments::day;

/// Read entries from CSV: one row a posting, the rows of an entry together
///
/// The first row names the columns, in any order. Required: entry, date, account, currency, and either amount (debit
/// positive) or debit and credit. If wanted: description, reference, item, `due_date`, actor, metadata (JSON), kind,
/// layer, `relates_to`, `hold_group`, `expires_at`, adjusting. What is about the entry stands in its first row and may
/// be left empty in the others. UTF-8, with or without a byte order mark; cells are exact; any other column is refused.
///
/// `entry` is the entry's id if it is a UUID, and else its number in the books that the file comes from (`--source`):
/// the same number of the same source is one entry for ever, so that a longer file of the same books may follow.
#[derive(Args)]
#[command(after_help = "\
A complete file:
  entry,date,account,debit,credit,currency,item,due_date,description
  17,2026-01-05,1101.picc,5000.00,,CNY,CLM-1,2026-02-04,Advance for claim CLM-1
  17,,1002,,5000.00,CNY,,,
  18,2026-01-06,6602,12.50,,CNY,,,Bank charges
  18,,1002,,12.50,CNY,,,

Examples:
  dianfu import csv postings.csv --dry-run
  dianfu import csv postings.csv --accounts accounts.csv
  dianfu import csv postings.csv --open-accounts 1=asset,6=expense --source erp")]
pub struct Csv {
    #[command(flatten)]
    what: What,
    /// Whose numbers the entries have
    #[arg(long, value_name = "NAME", default_value = "csv")]
    source: String,
}

/// Read what accounts stood at when the book began: one row an account, or one of its open items
///
/// The first row names the columns: account, currency, and either balance (debit positive) or debit and credit; if
/// wanted item, `due_date`, reference, description. Each row becomes an ordinary entry against an opening equity
/// account, with an id made of the day, the account and the item: the same file taken in again changes nothing, and a
/// row that says another amount is a conflict. A row of 0 makes no entry.
#[derive(Args)]
#[command(after_help = "\
A complete file:
  account,currency,debit,credit,item,due_date
  1002,CNY,250000.00,,,
  1101.picc,CNY,5000.00,,CLM-1,2026-02-04
  2101.p-1,CNY,,5000.00,ORD-9,2026-01-15

Examples:
  dianfu import opening-balances balances.csv --date 2025-12-31 --against 3900
  dianfu import opening-balances balances.csv --date 2025-12-31 --against CNY=3900,USD=3901")]
pub struct OpeningBalances {
    #[command(flatten)]
    what: What,
    /// The day on which they count: mostly the last before the books begin
    #[arg(long, value_name = "DAY", value_parser = day)]
    date: Date,
    /// The opening equity account that they are posted against; for several currencies one for each
    #[arg(long, value_name = "ACCOUNT", value_parser = against)]
    against: Against,
}

/// Read a journal of hledger, written by `hledger print`, by `dianfu export hledger`, or by hand
///
/// Transactions with dates, status, code, `payee | note`, comments and tags; postings, one of them without an amount;
/// assertions; account and commodity directives. The code is the reference, the tags id: and reference: are the
/// entry's, item: and due: a posting's; all else becomes metadata. Accounts are named by their codes with colons for
/// dots (`1101:picc`), or say `code:`; what they stand for follows from `type:`, or from roots such as assets. What is
/// not understood is refused with its line: prices and costs, virtual postings, balance assignments, include, alias.
#[derive(Args)]
#[command(after_help = "\
A complete file:
  account 1002       ; type:A, name:Bank
  account 1101:picc  ; type:A, name:Advanced, open-item:true

  2026-01-05 * (R-1) City Clinic | advance
      1101:picc   5000.00 CNY  ; item:CLM-1, due:2026-02-04
      1002       -5000.00 CNY = -5000.00 CNY

Examples:
  dianfu import hledger book.journal --dry-run
  dianfu import hledger book.journal --commodity '$=USD,元=CNY'
  hledger -f all.journal print -o plain.journal && dianfu import hledger plain.journal")]
pub struct Hledger {
    #[command(flatten)]
    what: What,
    /// Which currencies commodities are that are no ISO 4217 codes, such as `$=USD`
    #[arg(long, value_name = "COMMODITY=CODE,...", value_parser = commodities)]
    commodity: Option<CommodityMap>,
    #[command(flatten)]
    source: SourceArg,
}

/// Read a file of beancount, written by `dianfu export beancount`, by other programs, or by hand
///
/// Transactions with flag, payee, narration, tags, links and metadata; open, close, commodity; balance, which is
/// checked; pad, which becomes the entry that beancount would insert. The metadata id and reference are the entry's,
/// item and due a posting's; all else becomes metadata. Accounts are named by their codes with colons for dots, or say
/// `code` where they are opened. What is not understood is refused with its line: prices and costs, arithmetic,
/// tolerances, plugin, include, note, document, event, price, query, custom.
#[derive(Args)]
#[command(after_help = "\
A complete file:
  2020-01-01 open Assets:Bank CNY
    code: \"1002\"
  2020-01-01 open Assets:Advanced:Picc CNY
    code: \"1101.picc\"
    open-item: TRUE

  2026-01-05 * \"City Clinic\" \"advance\"
    reference: \"R-1\"
    Assets:Advanced:Picc   5000.00 CNY
      item: \"CLM-1\"
      due: 2026-02-04
    Assets:Bank           -5000.00 CNY

  2026-01-06 balance Assets:Bank  -5000.00 CNY

Examples:
  dianfu import beancount book.beancount --dry-run
  dianfu import beancount book.beancount --commodity RMB=CNY")]
pub struct Beancount {
    #[command(flatten)]
    what: What,
    /// Which currencies commodities are that are no ISO 4217 codes, such as `RMB=CNY`
    #[arg(long, value_name = "COMMODITY=CODE,...", value_parser = commodities)]
    commodity: Option<CommodityMap>,
    #[command(flatten)]
    source: SourceArg,
}

fn against(text: &str) -> Result<Against, String> {
    Against::parse(text).map_err(|part| format!("'{part}' is not ACCOUNT, or CURRENCY=ACCOUNT"))
}

fn commodities(text: &str) -> Result<CommodityMap, String> {
    CommodityMap::parse(text).map_err(|part| format!("'{part}' is not COMMODITY=CODE with an ISO 4217 code"))
}

impl Csv {
    pub fn format(&self) -> (Format, &str, &What) {
        (Format::Csv(self.source.clone()), &self.source, &self.what)
    }
}

impl OpeningBalances {
    pub fn format(&self) -> (Format, &str, &What) {
        (Format::Opening(Heading { date: self.date, against: self.against.clone() }), "opening balances", &self.what)
    }
}

impl Hledger {
    pub fn format(&self) -> (Format, &str, &What) {
        (Format::Hledger(self.commodity.clone().unwrap_or_default()), &self.source.source, &self.what)
    }
}

impl Beancount {
    pub fn format(&self) -> (Format, &str, &What) {
        (Format::Beancount(self.commodity.clone().unwrap_or_default()), &self.source.source, &self.what)
    }
}
