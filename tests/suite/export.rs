//! The plain-text journal, read by the real `hledger`.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use dianfu_ledger::entry::{EntryKind, Layer, NewEntry};
use dianfu_ledger::export::{Exported, hledger, hledger_account};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query::{self, Moment, TrialBalance};
use tempfile::NamedTempFile;

use crate::books::{Book, DAYS, day, entry, for_random_books};

/// A journal as a file, so that hledger can be asked about it.
struct Journal(NamedTempFile);

impl Journal {
    async fn of(book: &Book, moment: Moment) -> (Journal, Exported) {
        let clients = [book.ledger.client().await.unwrap(), book.ledger.client().await.unwrap()];
        let mut file = NamedTempFile::with_suffix(".journal").unwrap();
        let exported = hledger(clients, moment, &mut file, |_| {}).await.unwrap();
        (Journal(file), exported)
    }

    /// What hledger answers; it must be content and on the machine.
    fn ask(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("hledger");
        command.env("LC_ALL", "C.UTF-8").arg("--file").arg(self.0.path()).args(arguments);
        let Output { status, stdout, stderr } =
            command.output().expect("this test needs the program hledger (Debian package hledger)");
        let complaint = String::from_utf8_lossy(&stderr);
        assert!(status.success(), "{arguments:?}: {complaint}\n{}", fs::read_to_string(self.0.path()).unwrap());
        assert_eq!(complaint, "");
        String::from_utf8(stdout).unwrap()
    }

    /// The balance of every account by hledger's name of it, as hledger prints it: `-1234.50 CNY`.
    fn balances(&self) -> BTreeMap<String, String> {
        let csv = self.ask(&["balance", "--flat", "--no-total", "--empty", "--output-format", "csv"]);
        let rows = records(&csv).into_iter().skip(1);
        rows.map(|row| <[String; 2]>::try_from(row).unwrap()).map(|[account, balance]| (account, balance)).collect()
    }

    /// The descriptions and comments of all transactions, each once, in order.
    fn texts(&self) -> Vec<(String, String)> {
        let csv = self.ask(&["print", "--output-format", "csv"]);
        let rows = records(&csv);
        let column = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
        let (number, description, comment) = (column("txnidx"), column("description"), column("comment"));
        let mut texts: Vec<_> = rows[1..]
            .iter()
            .map(|row| (row[number].parse::<u32>().unwrap(), row[description].clone(), row[comment].clone()))
            .collect();
        texts.dedup_by_key(|(number, ..)| *number);
        texts.into_iter().map(|(_, description, comment)| (description, comment)).collect()
    }
}

/// CSV records as hledger writes them: every field in quotes, a quote doubled.
fn records(csv: &str) -> Vec<Vec<String>> {
    let fields = |line: &str| {
        let inner = line.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        inner.split("\",\"").map(|field| field.replace("\"\"", "\"")).collect()
    };
    csv.lines().map(fields).collect()
}

/// Undoes the escaping with nothing but the rule for URLs.
fn url_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%' {
            let digits = std::str::from_utf8(&tail[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn printed(minor: i128, currency: Currency) -> String {
    // hledger prints zero without a commodity.
    if minor == 0 { "0".to_owned() } else { Money::new(i64::try_from(minor).unwrap(), currency).to_string() }
}

fn balances_of(trial_balance: &TrialBalance) -> BTreeMap<String, String> {
    let rows = trial_balance.rows.iter();
    rows.map(|row| (hledger_account(row.account.as_str()), printed(row.closing_minor(), row.currency))).collect()
}

#[test]
fn hledger_reads_it_without_complaint_and_finds_our_balances() {
    for_random_books(8, async |book| {
        let known_at = book.booked.get(book.booked.len() / 2).map(|booked| booked.receipt.booked_at);
        let client = book.ledger.client().await.unwrap();
        for moment in [
            Moment::default(),
            Moment { as_of: Some(day(DAYS / 2)), known_at: None },
            Moment { as_of: Some(day(DAYS / 2)), known_at },
        ] {
            let (journal, exported) = Journal::of(book, moment).await;
            journal.ask(&["check", "--strict", "accounts", "commodities"]);
            let trial_balance = query::trial_balance(&**client, moment, None).await.unwrap();
            assert_eq!(journal.balances(), balances_of(&trial_balance), "{moment:?}");
            assert_eq!(exported.known_at, trial_balance.known_at);
        }
    });
}

#[test]
fn every_text_comes_back_as_it_was() {
    for_random_books(8, async |book| {
        let (journal, exported) = Journal::of(book, Moment::default()).await;
        let posts: Vec<_> =
            book.booked.iter().filter(|booked| booked.legs_in(Layer::Settled).next().is_some()).collect();
        let texts = journal.texts();
        assert_eq!(exported.entries, u64::try_from(posts.len()).unwrap());
        let actual: Vec<_> = texts.iter().map(|(description, comment)| (url_decoded(description), comment)).collect();
        // hledger prints transactions by date; those of one day stay in order.
        let mut posts = posts;
        posts.sort_by_key(|booked| booked.date());
        let expected: Vec<_> = posts
            .iter()
            .map(|booked| {
                let NewEntry { id, description, reference, .. } = &booked.entry;
                (description.clone(), format!("id:{id}, reference:{reference}"))
            })
            .collect();
        assert_eq!(actual.len(), expected.len());
        for ((description, comment), (expected_description, expected_comment)) in actual.iter().zip(&expected) {
            assert_eq!((description, url_decoded(comment)), (expected_description, expected_comment.clone()));
        }
    });
}

#[tokio::test]
async fn a_settled_entry_is_a_transaction_and_a_hold_is_not() {
    let mut book = Book::new().await;
    let legs = [("1101.picc", 1_520_000, Some("CLM-1; urgent")), ("1002", -1_520_000, None)];
    let post = NewEntry { description: "(advance) 垫付".to_owned(), ..entry(EntryKind::Post, 4, &legs) };
    let id = post.id;
    book.post(vec![entry(EntryKind::Hold, 4, &legs), post]).await;
    let (journal, exported) = Journal::of(&book, Moment::default()).await;
    let text = fs::read_to_string(journal.0.path()).unwrap();
    let known_at = book.booked[1].receipt.booked_at;
    let (heading, rest) = text.split_once("\n\n").unwrap();
    assert_eq!(
        heading,
        format!(
            "\
; Settled entries of any date, known at {known_at}. Holds move no money and are left out.
; texts: percent-encoded
decimal-mark ."
        )
    );
    let (accounts, transaction) = rest.split_once("\n\n").unwrap();
    for line in [
        "commodity 1000.00 CNY",
        "account 1002  ; name:Account%3B 1002 %7C 账户, type:A, currency:CNY, side:debit",
        "account 1101:picc  ; name:Account%3B 1101.picc %7C 账户, type:A, currency:CNY, side:debit, open-item:true",
        "account 9002  ; name:Account%3B 9002 %7C 账户, stands-for:memo, currency:CNY, side:credit",
    ] {
        assert!(accounts.lines().any(|written| written == line), "{line} in\n{accounts}");
    }
    assert_eq!(
        transaction,
        format!(
            "\
2024-01-05 * (2) %28advance) 垫付  ; id:{id}, reference:REF-1
    1101:picc  15200.00 CNY  ; item:CLM-1%3B urgent
    1002  -15200.00 CNY
"
        )
    );
    assert_eq!(exported, Exported { entries: 1, known_at, last_sequence: 2 });
    assert_eq!(journal.ask(&["tags", "--values", "^item$"]), "CLM-1%3B urgent\n");
}
