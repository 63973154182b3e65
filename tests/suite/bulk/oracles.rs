//! Our books as other programs see them: the real hledger and the real beancount read what is exported, and find every
//! account where we find it, on several days.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use dianfu_ledger::clock;
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::export::{beancount_account, hledger_account};
use dianfu_ledger::money::decimal_text;
use dianfu_ledger::period::Tightness;
use dianfu_ledger::query::{self, Moment, TrialBalance};
use dianfu_ledger::register::Signature;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::Value;

use super::{place, run};
use crate::books::{Book, DAYS, day, entry, for_random_books_of, type_of};

/// Reads a file with beancount and prints what it complains of, all narrations by id, and the balances on some days.
const BEANCOUNT: &str = "
import collections, json, sys
from beancount import loader
from beancount.core import data
entries, errors, options = loader.load_file(sys.argv[1])
posted = [entry for entry in entries if isinstance(entry, data.Transaction)]
days = {}
for day in sys.argv[2:]:
    sums = collections.defaultdict(int)
    for entry in posted:
        if str(entry.date) <= day:
            for posting in entry.postings:
                sums[posting.account] += posting.units.number
    days[day] = {account: format(total, 'f') for account, total in sums.items()}
texts = {entry.meta['id']: entry.narration for entry in posted}
print(json.dumps({'errors': [str(error.message) for error in errors], 'days': days, 'texts': texts}))
";

fn answered(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("this test needs hledger and beancount");
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// Balances by account as decimals without zeros behind.
type Balances = BTreeMap<String, String>;

fn ours(trial_balance: &TrialBalance, name: impl Fn(&str) -> String) -> Balances {
    let rows = trial_balance.rows.iter();
    rows.map(|row| (name(row.account.as_str()), short(&decimal_text(row.closing_minor(), row.currency)))).collect()
}

/// Beancount prints `5`, `5.0`, `5.00` as it was added up.
fn short(number: &str) -> String {
    let digits = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    if digits == "-0" { "0".to_owned() } else { digits.to_owned() }
}

fn hledgers(file: &str, day: Date) -> Balances {
    let end = day.tomorrow().unwrap().to_string();
    let options = ["--flat", "--no-total", "--empty", "--end", &end, "--output-format", "csv"];
    let mut command = Command::new("hledger");
    let text = answered(command.env("LC_ALL", "C.UTF-8").args(["--file", file, "balance"]).args(options));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| (row[0].to_owned(), short(row[1].split(' ').next().unwrap()))).collect()
}

/// A hold that ends by itself, and days that are closed.
async fn end(book: &mut Book) {
    let legs = [("1101.picc", 700, Some("CLM-9")), ("9002", -700, None)];
    let soon = clock::now() + SignedDuration::from_millis(50);
    book.post(vec![NewEntry { expires_at: Some(soon), ..entry(EntryKind::Hold, 3, &legs) }]).await;
    dianfu_tests::eventually("the hold's time is over", async || clock::now() > soon).await;
    let last = entry(EntryKind::Post, 3, &legs);
    assert_eq!(book.ledger.post(vec![last]).await.unwrap().len(), 1);
    let signature = Signature::of("test", "a test");
    book.ledger.close_period(day(DAYS / 2), Tightness::Hard, signature).await.unwrap();
}

#[test]
fn hledger_and_beancount_find_every_account_where_we_do() {
    for_random_books_of(3, 60, async |book| {
        end(book).await;
        let folder = tempfile::tempdir().unwrap();
        let (journal, beans) = (place(folder.path(), "book.journal"), place(folder.path(), "book.beancount"));
        run(&book.test, &["export", "hledger", "-o", &journal]).went_well();
        run(&book.test, &["export", "beancount", "-o", &beans]).went_well();
        answered(Command::new("bean-check").arg(&beans));
        let days = [day(0), day(DAYS / 3), day(DAYS / 2), day(DAYS)];
        let arguments = days.map(|day| day.to_string());
        let python =
            Command::new("/usr/bin/python3").args(["-c", BEANCOUNT, &beans]).args(&arguments).output().unwrap();
        assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
        let said: Value = serde_json::from_slice(&python.stdout).unwrap();
        assert_eq!(said["errors"], Value::Array(vec![]), "{}", fs::read_to_string(&beans).unwrap());
        let client = book.ledger.client().await.unwrap();
        for day in days {
            let moment = Moment { as_of: Some(day), known_at: None };
            let trial_balance = query::trial_balance(&**client, moment, None).await.unwrap();
            assert_eq!(hledgers(&journal, day), ours(&trial_balance, hledger_account), "hledger on {day}");
            let theirs = said["days"][day.to_string()].as_object().unwrap().iter();
            let theirs: Balances =
                theirs.map(|(account, sum)| (account.clone(), short(sum.as_str().unwrap()))).collect();
            let name = |code: &str| beancount_account(type_of(code), code);
            assert_eq!(theirs, ours(&trial_balance, name), "beancount on {day}");
        }
        for booked in &book.booked {
            let text = said["texts"].get(booked.entry.id.to_string());
            assert_eq!(text.is_some(), booked.legs_in(dianfu_ledger::entry::Layer::Settled).next().is_some());
            assert!(text.is_none_or(|text| *text == booked.entry.description), "{text:?}: {:?}", booked.entry);
        }
    });
}
