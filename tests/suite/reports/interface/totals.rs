//! The totals of the reports against each other, as the interface gives them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Served, minor, rows, text};
use crate::books::{Book, DAYS, day, for_random_books};
use crate::reports::enrich;

/// Moments as the interface takes them: `known_at` always named, so that the reports of one are of one.
fn moments(book: &Book) -> Vec<String> {
    let last = book.booked.last().map(|booked| booked.receipt.booked_at);
    let middle = book.booked.get(book.booked.len() / 2).map(|booked| booked.receipt.booked_at);
    let mut moments = Vec::new();
    for known_at in [last, middle].into_iter().flatten() {
        moments.push(format!("known_at={known_at}"));
        moments.push(format!("known_at={known_at}&as_of={}", day(DAYS / 2)));
    }
    moments
}

fn by<'a>(rows: &'a [Value], field: &str) -> BTreeMap<String, &'a Value> {
    rows.iter().map(|row| (text(row, field).to_owned(), row)).collect()
}

/// Trial balance, its tree, balance sheet and income statement say the same of every account and every currency.
async fn assert_statements(served: &Served, moment: &str) {
    let balance = served.json(&format!("/v1/reports/trial-balance?{moment}")).await;
    let tree = served.json(&format!("/v1/reports/trial-balance?level=tree&{moment}")).await;
    let sheet = served.json(&format!("/v1/reports/balance-sheet?{moment}")).await;
    let income = served.json(&format!("/v1/reports/income-statement?{moment}")).await;
    assert_eq!((&balance["balanced"], &tree["balanced"]), (&Value::Bool(true), &Value::Bool(true)));
    assert_eq!(balance["totals"], tree["totals"]);
    let accounts = by(rows(&balance, "rows"), "account");
    for line in rows(&tree, "lines") {
        // An account of another currency is a heading here, where accounts of this one are rolled up to it.
        let own = accounts.get(text(line, "account")).filter(|row| row["currency"] == line["currency"]);
        let own = own.map_or(0, |row| minor(row, "closing"));
        assert_eq!(minor(line, "own_closing"), own, "{line}");
    }
    let mut statements = 0;
    for line in rows(&sheet, "lines").iter().chain(rows(&income, "lines")).filter(|line| line["kind"] == "account") {
        let closing = minor(accounts[text(line, "account")], "closing");
        let seen = if matches!(text(line, "section"), "asset" | "expense") { closing } else { -closing };
        assert_eq!(minor(line, "own"), seen, "{line}");
        statements += 1;
    }
    let memo = accounts.keys().filter(|code| code.starts_with('9')).count();
    assert_eq!(statements + memo, accounts.len());
    let results = by(rows(&income, "totals"), "currency");
    for total in rows(&sheet, "totals") {
        let currency = text(total, "currency");
        let top = |section: &str| -> i128 {
            let lines = rows(&sheet, "lines").iter();
            let lines = lines.filter(|line| text(line, "section") == section && text(line, "currency") == currency);
            lines.filter(|line| line["level"] == 0 && line["kind"] != "result").map(|line| minor(line, "amount")).sum()
        };
        assert_eq!(minor(total, "result"), minor(results[currency], "result"));
        assert_eq!((top("asset"), top("liability")), (minor(total, "assets"), minor(total, "liabilities")));
        let other = minor(total, "liabilities") + minor(total, "equity") + minor(total, "result");
        assert_eq!(minor(total, "assets") - other, minor(total, "difference"));
        assert_eq!(minor(total, "difference"), minor(total, "memo"));
        let of_tree: i128 = rows(&tree, "lines")
            .iter()
            .filter(|line| line["level"] == 0 && text(line, "currency") == currency)
            .map(|line| minor(line, "closing"))
            .sum();
        assert_eq!(of_tree, 0);
    }
}

/// The general ledger, page by page, is the statement of each account, and the roll-forward leads the same way.
async fn assert_ledger(served: &Served, moment: &str) {
    let question = format!("/v1/reports/general-ledger?from={}&{moment}", day(DAYS / 4));
    let lines = served.pages(&question, "lines", 7).await;
    let forward = served.json(&format!("/v1/reports/roll-forward?from={}&{moment}", day(DAYS / 4))).await;
    assert_eq!(forward["ties_out"], true);
    let forward = by(rows(&forward, "rows"), "account");
    let mut accounts = 0;
    for closing in lines.iter().filter(|line| line["line"] == "closing") {
        let account = text(closing, "account");
        let statement = format!("/v1/accounts/{account}/statement?from={}&{moment}&limit=1000", day(DAYS / 4));
        let statement = served.json(&statement).await;
        let own: Vec<&Value> = lines.iter().filter(|line| text(line, "account") == account).collect();
        assert_eq!(own[0]["balance"], statement["opening"]);
        assert_eq!(closing["balance"], statement["closing"]);
        let postings = rows(&statement, "rows");
        assert_eq!(own.len(), postings.len() + 2);
        for (line, row) in own[1..].iter().zip(postings) {
            assert_eq!((&line["sequence"], &line["balance"]), (&row["sequence"], &row["balance"]));
            assert_eq!(line["debit"].as_str(), row["debit"].as_str());
            assert_eq!(line["credit"].as_str(), row["credit"].as_str());
        }
        let row = forward[account];
        assert_eq!((&row["opening"], &row["closing"]), (&statement["opening"], &statement["closing"]));
        let moved: i128 = ["new", "applied", "adjusted", "written_off"].iter().map(|field| minor(row, field)).sum();
        assert_eq!(minor(row, "opening") + moved, minor(row, "closing"), "{row}");
        assert_eq!(minor(row, "tie_out"), 0);
        accounts += 1;
    }
    assert_eq!(accounts, forward.len());
}

/// The aging of an account is its items, is its open items, is its balance.
async fn assert_items(served: &Served, moment: &str) {
    let aging = served.json(&format!("/v1/reports/aging?{moment}")).await;
    let aged = served.pages(&format!("/v1/reports/aging/items?{moment}"), "items", 3).await;
    let open = served.pages(&format!("/v1/open-items?{moment}"), "items", 4).await;
    let balance = served.json(&format!("/v1/reports/trial-balance?{moment}")).await;
    let balances = by(rows(&balance, "rows"), "account");
    let sum = |items: &[Value], account: &str| -> i128 {
        let own = items.iter().filter(|item| text(item, "account") == account);
        own.map(|item| minor(item, "outstanding")).sum()
    };
    assert_eq!(aged.len(), open.len());
    for row in rows(&aging, "rows") {
        let account = text(row, "account");
        let buckets = ["current", "1-30", "31-60", "61-90", "91-180", "over-180"];
        assert_eq!(buckets.iter().map(|bucket| minor(row, bucket)).sum::<i128>(), minor(row, "total"));
        assert_eq!(sum(&aged, account), minor(row, "total"));
        assert_eq!(sum(&open, account), minor(row, "total"));
        assert_eq!(minor(balances[account], "closing"), minor(row, "total"), "{account}");
        let count = aged.iter().filter(|item| text(item, "account") == account).count();
        assert_eq!(row["items"], count);
    }
    let with_items = open.iter().map(|item| text(item, "account")).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(with_items.len(), rows(&aging, "rows").len());
}

#[test]
fn the_reports_tie_to_each_other() {
    for_random_books(4, async |book| {
        enrich(book).await;
        let served = Served::start(book.test.database()).await;
        for moment in moments(book) {
            assert_statements(&served, &moment).await;
            assert_ledger(&served, &moment).await;
            assert_items(&served, &moment).await;
            let integrity = served.json(&format!("/v1/reports/integrity?{moment}")).await;
            assert_eq!(integrity["holds"], true);
        }
    });
}

#[test]
fn the_entries_between_two_reports_explain_their_difference() {
    for_random_books(3, async |book| {
        enrich(book).await;
        let served = Served::start(book.test.database()).await;
        let early = book.booked[book.booked.len() / 2].receipt.booked_at;
        for of in ["trial-balance", "balance-sheet", "income-statement", "open-items"] {
            let question = format!("/v1/reports/diff?of={of}&before_known_at={early}");
            let whole = served.json(&format!("{question}&limit=1000")).await;
            assert_eq!(whole["explained"], true, "{of}");
            for row in rows(&whole, "rows") {
                assert_eq!(minor(row, "after") - minor(row, "before"), minor(row, "difference"), "{row}");
                assert_eq!((minor(row, "unexplained"), row["explained"].clone()), (0, row["difference"].clone()));
            }
            assert_eq!(&served.pages(&question, "entries", 2).await, rows(&whole, "entries"));
            if of == "trial-balance" {
                for row in rows(&whole, "rows") {
                    let own = rows(&whole, "entries").iter().filter(|entry| entry["account"] == row["account"]);
                    assert_eq!(own.map(|entry| minor(entry, "change")).sum::<i128>(), minor(row, "difference"));
                }
            }
        }
    });
}
