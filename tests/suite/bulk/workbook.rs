//! The book as a workbook: what a reader that is not ours finds in it is what the CSV says.

use std::fs::File;
use std::io::BufReader;

use calamine::{Data, DataType, Reader};
use dianfu_ledger::export::is_bidi_control;

use super::{place, run};
use crate::books::for_random_books;

/// A worksheet's rows below the names of its columns, the first of which is `first`.
fn below(workbook: &mut calamine::Xlsx<BufReader<File>>, name: &str, first: &str) -> Vec<Vec<Data>> {
    let sheet = workbook.worksheet_range(name).unwrap();
    let head = sheet.rows().position(|row| row[0].get_string() == Some(first)).unwrap();
    sheet.rows().skip(head + 1).map(<[Data]>::to_vec).collect()
}

/// An amount as shortly as it can be written, whether its cell is a number or, of many digits, words.
fn amount(cell: &Data) -> String {
    cell.get_float().map_or_else(|| short(cell.get_string().unwrap_or_default()), |number| number.to_string())
}

fn short(decimal: &str) -> String {
    if decimal.contains('.') {
        decimal.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        decimal.to_owned()
    }
}

/// Words as a workbook shows them: no apostrophe keeps a formula away, and no character can deceive.
fn shown(cell: &str) -> String {
    let is_formula = |words: &&str| words.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']);
    let words = cell.strip_prefix('\'').filter(is_formula).unwrap_or(cell);
    words.replace(|letter: char| is_bidi_control(letter) || letter.is_control(), "\u{fffd}")
}

#[test]
fn a_workbook_has_every_account_and_every_posting_as_the_csv_has_them() {
    for_random_books(2, async |book| {
        let folder = tempfile::tempdir().unwrap();
        let (postings, accounts) = (place(folder.path(), "postings.csv"), place(folder.path(), "accounts.csv"));
        let xlsx = place(folder.path(), "book.xlsx");
        run(&book.test, &["export", "csv", "-o", &postings, "--accounts", &accounts]).went_well();
        run(&book.test, &["export", "xlsx", "-o", &xlsx]).went_well();

        let mut reader = csv::Reader::from_path(postings).unwrap();
        let names = reader.headers().unwrap().clone();
        let at = ["entry", "account", "debit", "credit", "item", "layer", "reference"]
            .map(|name| names.iter().position(|found| found == name).unwrap());
        let of_csv = |row: csv::StringRecord| {
            let [entry, account, debit, credit, item, layer, reference] = at.map(|at| shown(&row[at]));
            [entry, account, short(&debit), short(&credit), item, layer, reference]
        };
        let expected: Vec<_> = reader.records().map(|row| of_csv(row.unwrap())).collect();

        let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(&xlsx).unwrap();
        let words = |row: &[Data], at: usize| row[at].get_string().unwrap_or_default().to_owned();
        let of_workbook = |row: Vec<Data>| {
            let [entry, account, item, layer, reference] = [2, 5, 9, 11, 12].map(|at| words(&row, at));
            [entry, account, amount(&row[6]), amount(&row[7]), item, layer, reference]
        };
        let found: Vec<_> = below(&mut workbook, "Journal", "sequence").into_iter().map(of_workbook).collect();
        assert!(!found.is_empty());
        assert_eq!(found, expected);
        let opened = csv::Reader::from_path(accounts).unwrap().into_records().map(|row| shown(&row.unwrap()[0]));
        let listed = below(&mut workbook, "Accounts", "code").into_iter().map(|row| words(&row, 0));
        assert_eq!(listed.collect::<Vec<_>>(), opened.collect::<Vec<_>>());
    });
}
