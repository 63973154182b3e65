//! Each format of each report, read by a reader that is not ours, says what the JSON says.

use std::io::Cursor;

use calamine::{Data, DataType, Reader};
use dianfu_ledger::entry::EntryKind;
use quick_xml::events::Event;
use serde_json::{Value, json};

use super::{Answer, Served, rows};
use crate::books::{Book, DAYS, day, entry};
use crate::reports::enrich;

/// The media type of a workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Reports, the field of their rows, and columns that are amounts.
fn reports(book: &Book) -> Vec<(String, &'static str, &'static [&'static str])> {
    let early = book.booked[book.booked.len() / 2].receipt.booked_at;
    let (from, to) = (day(DAYS / 4), day(DAYS));
    let balance = &["opening", "debits", "credits", "closing"][..];
    let moved = &["debit", "credit", "balance"][..];
    let buckets = &["current", "1-30", "31-60", "61-90", "91-180", "over-180", "total"][..];
    let forward = &["opening", "new", "applied", "adjusted", "written_off", "closing", "tie_out"][..];
    vec![
        (format!("/v1/reports/trial-balance?from={from}"), "rows", balance),
        (format!("/v1/reports/trial-balance?as_of={to}&level=tree"), "lines", balance),
        ("/v1/reports/balance-sheet?".to_owned(), "lines", &["amount"]),
        (format!("/v1/reports/income-statement?from={from}"), "lines", &["amount"]),
        (format!("/v1/reports/general-ledger?from={from}&as_of={to}"), "lines", moved),
        ("/v1/reports/roll-forward?".to_owned(), "rows", forward),
        ("/v1/reports/aging?".to_owned(), "rows", buckets),
        ("/v1/reports/aging/items?".to_owned(), "items", &["outstanding"]),
        ("/v1/reports/suspense?".to_owned(), "rows", &["amount"]),
        ("/v1/reports/manual-journals?".to_owned(), "entries", &[]),
        (format!("/v1/reports/cut-off?period_end={}", day(DAYS / 2)), "rows", &["amount"]),
        ("/v1/reports/integrity?".to_owned(), "totals", &["debits", "credits"]),
        (format!("/v1/reports/diff?of=trial-balance&before_known_at={early}"), "entries", &["change"]),
        ("/v1/fx/reports/trial-balance?in=CNY".to_owned(), "lines", &["amount"]),
        ("/v1/open-items?account=1101".to_owned(), "items", &["outstanding"]),
        ("/v1/open-items/history?account=1101.picc&item=CLM-A".to_owned(), "postings", &["debit", "credit"]),
        ("/v1/accounts/1002/statement?".to_owned(), "rows", moved),
        ("/v1/entries?".to_owned(), "entries", &[]),
    ]
}

/// The names of the columns, and the rows.
type Table = (Vec<String>, Vec<Vec<String>>);

fn of_csv(answer: &Answer) -> Table {
    let mut reader = csv::Reader::from_reader(answer.bytes.as_slice());
    let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
    let names = texts(reader.headers().unwrap());
    (names, reader.records().map(|record| texts(&record.unwrap())).collect())
}

/// The last worksheet, below the names of its columns.
fn of_workbook(answer: &Answer, names: &[String]) -> Vec<Vec<Data>> {
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(&answer.bytes)).unwrap();
    let (_, sheet) = workbook.worksheets().pop().unwrap();
    let wanted: Vec<String> = names.iter().map(|name| name.replace(['_', '.'], " ")).collect();
    let is_head = |row: &&[Data]| wanted.iter().zip(*row).all(|(name, cell)| cell.get_string() == Some(name));
    let at = sheet.rows().position(|row| is_head(&row)).unwrap_or_else(|| panic!("{wanted:?} in {sheet:?}"));
    sheet.rows().skip(at + 1).map(<[Data]>::to_vec).collect()
}

/// The cells of the rows of a page that is strict XML: what is not escaped would not be read.
fn of_page(answer: &Answer) -> Vec<Vec<String>> {
    let page = answer.text();
    let mut reader = quick_xml::Reader::from_str(&page);
    let (mut found, mut depth, mut cell) = (Vec::<Vec<String>>::new(), 0, None::<String>);
    let (mut in_rows, mut in_body) = (false, false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                depth += 1;
                let class = tag.try_get_attribute("class").unwrap().map(|class| class.value.into_owned());
                let class = class.unwrap_or_default();
                match tag.name().as_ref() {
                    "table" => in_rows = class == "rows",
                    "tbody" => in_body = in_rows && class.is_empty(),
                    "tr" if in_body && class != "empty" => found.push(Vec::new()),
                    "td" if in_body => cell = Some(String::new()),
                    _ => {}
                }
            }
            Event::End(tag) => {
                depth -= 1;
                match (tag.name().as_ref(), cell.take()) {
                    ("tbody", _) => in_body = false,
                    ("td", Some(text)) if !found.is_empty() => found.last_mut().unwrap().push(text),
                    _ => {}
                }
            }
            Event::Text(text) => {
                if let Some(cell) = &mut cell {
                    cell.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                let resolved = reference.resolve_char_ref().unwrap();
                if let Some(cell) = &mut cell {
                    cell.push(resolved.unwrap_or_else(|| panic!("{reference:?}")));
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every tag is closed");
    found
}

/// What a row of JSON says in a column.
fn said(row: &Value, name: &str) -> String {
    let value = name.split('.').fold(row, |value, name| &value[name]);
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(|value| value.as_str().unwrap()).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A cell of a workbook as JSON would say it: `like` tells with how many decimals.
fn in_words(cell: &Data, like: &str) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::Float(number) => {
            format!("{number:.*}", like.split_once('.').map_or(0, |(_, fraction)| fraction.len()))
        }
        Data::DateTime(day) => {
            let (year, month, day, ..) = day.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        other => other.get_string().unwrap_or_else(|| panic!("{other:?}")).to_owned(),
    }
}

async fn assert_read_alike(served: &Served, path: &str, expected: &[Value], amounts: &[&str]) {
    let csv = served.answer(path, &[("accept", "text/csv")]).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8; header=present"), "{path}");
    let (names, records) = of_csv(&csv);
    assert_eq!(records.len(), expected.len(), "{path}");
    assert!(amounts.iter().all(|amount| names.iter().any(|name| name == amount)), "{path}: {names:?}");

    let workbook = served.answer(path, &[("accept", XLSX)]).await;
    assert_eq!((workbook.status, workbook.header("content-type")), (200, XLSX), "{path}");
    let cells = of_workbook(&workbook, &names);
    let page = served.answer(&format!("{path}&format=html"), &[]).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let page = of_page(&page);
    assert_eq!(page.len(), expected.len(), "{path}");
    for (at, row) in expected.iter().enumerate() {
        for (column, name) in names.iter().enumerate() {
            let said = said(row, name);
            let in_csv = &records[at][column];
            assert!(*in_csv == said || *in_csv == format!("'{said}"), "{path}: {name}: {in_csv} for {said}");
            let in_workbook = cells[at].get(column).map_or_else(String::new, |cell| in_words(cell, &said));
            assert_eq!(in_workbook, said, "{path}: {name}");
            let on_page = match page[at][column].as_str() {
                "yes" => "true".to_owned(),
                "no" => "false".to_owned(),
                text if amounts.contains(&name.as_str()) => text.replace(',', ""),
                text => text.to_owned(),
            };
            assert_eq!(on_page, said, "{path}: {name}");
        }
    }
    let lines = served.answer(path, &[("accept", "application/x-ndjson")]).await;
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = lines.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (summary, lines) = lines.split_last().unwrap();
    assert_eq!(lines, expected, "{path}");
    assert_eq!((&summary["summary"]["complete"], &summary["summary"]["rows"]), (&json!(true), &json!(lines.len())));
    assert!(summary["summary"]["known_at"].is_string(), "{path}: {summary}");
}

#[tokio::test]
async fn every_format_says_what_the_json_says() {
    let mut book = Book::new().await;
    enrich(&mut book).await;
    enrich(&mut book).await;
    let served = Served::start(book.test.database()).await;
    for (path, field, amounts) in reports(&book) {
        let path = if path.ends_with('?') { format!("{path}known_at={}", known(&book)) } else { path };
        let answer = served.json(&path).await;
        assert_read_alike(&served, &path, rows(&answer, field), amounts).await;
    }
}

fn known(book: &Book) -> String {
    book.booked.last().unwrap().receipt.booked_at.to_string()
}

/// Names, references and amounts that a format could take for something else.
#[tokio::test]
async fn odd_texts_and_long_amounts_come_through() {
    let mut book = Book::new().await;
    let odd = "=HYPERLINK(\"x\") <script>alert('1')</script> & \"quoted\", ]]> 垫付\tüñ";
    let mut new =
        entry(EntryKind::Post, 1, &[("1101.picc", 9_999_999_999_999_999, Some(odd)), ("2190", -1, Some("x"))]);
    new.postings.push(
        entry(EntryKind::Post, 1, &[("1002", -9_999_999_999_999_998, None), ("1002", 1, None)]).postings[0].clone(),
    );
    new.reference = odd.to_owned();
    new.description = odd.to_owned();
    book.post(vec![new]).await;
    let served = Served::start(book.test.database()).await;
    for path in ["/v1/reports/general-ledger?", "/v1/reports/manual-journals?", "/v1/open-items?account=1101"] {
        let page = served.answer(&format!("{path}&format=html"), &[]).await.text();
        assert!(!page.contains("<script>") && page.contains("alert("), "{page}");
        of_page(&served.answer(&format!("{path}&format=html"), &[]).await);
    }
    let names = ["account", "item", "currency", "outstanding"].map(str::to_owned);
    let cells = of_workbook(&served.answer("/v1/open-items?account=1101&format=xlsx", &[]).await, &names);
    assert_eq!(cells[0][1], Data::String(odd.replace('\t', "\u{fffd}")));
    assert_eq!(cells[0][3], Data::String("99999999999999.99".to_owned()), "sixteen digits are no number");
    let (_, records) = of_csv(&served.answer("/v1/open-items?account=1101&format=csv", &[]).await);
    assert_eq!(records[0][1], format!("'{odd}"));
    assert_eq!(records[0][3], "99999999999999.99");
}
