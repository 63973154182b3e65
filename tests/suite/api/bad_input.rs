//! The list of bad input: whoever sends it, by whichever door, learns a stable code, the place, what was expected and
//! what was found; and of the book nothing is changed, not a row of any table but the record of refusals.

use std::collections::BTreeMap;

use dianfu_api::Limits;
use dianfu_api::wire::entry::{self, Poster};
use dianfu_ledger::db::Database;
use dianfu_ledger::template_register::posting::Answer;
use dianfu_ledger::{Ledger, Outcome};
use serde_json::{Value, json};

use super::{Api, id, main_book};
use crate::shell::{Ended, Shell};

/// What is expected of a refusal at every door.
struct Told {
    code: &'static str,
    pointer: &'static str,
    expected: String,
    actual: String,
}

/// A book with the three doors to it.
struct Doors {
    shell: Shell,
    api: Api,
    ledger: Ledger,
}

impl Doors {
    /// The accounts of [`Shell::with_accounts`].
    async fn open() -> Doors {
        let shell = Shell::with_accounts().await;
        let api = Api::on(shell.test().database(), Limits::default()).await;
        let ledger = Ledger::open(shell.test().database(), &main_book()).await.unwrap();
        Doors { shell, api, ledger }
    }

    async fn digest(&self) -> BTreeMap<String, String> {
        digest(self.shell.test().database()).await
    }

    /// Sends an entry by every door and checks that each tells the same.
    async fn refuse(&self, entry: &Value, told: Told) {
        let before = self.digest().await;
        let Told { code, pointer, expected, actual } = told;

        let http = self.api.post("/v1/entries", entry).await;
        http.problem(422, code);
        let shell = self.shell.feed(&["post", "-", "--format", "json"], &entry.to_string()).ended_with(1).json_lines();
        for place in [&http.body["errors"][0], &shell[0]["error"]] {
            let said = [&place["code"], &place["pointer"], &place["expected"], &place["actual"]];
            assert_eq!(said, [&json!(code), &json!(pointer), &json!(expected), &json!(actual)], "{place}");
        }

        let poster = Poster { actor: "test".to_owned(), may_adjust: true };
        let request = entry::read(entry.to_string().as_bytes(), &poster).unwrap();
        let Answer::Decided(Outcome::Rejected(rejection)) =
            self.ledger.post_requests(vec![request]).await.unwrap().remove(0)
        else {
            panic!("the library takes {entry}");
        };
        assert_eq!((rejection.code(), rejection.expected_actual()), (code, Some((expected, actual))));
        assert_eq!(rejection.pointer().replace("/amount", "/debit"), pointer);
        assert_eq!(self.digest().await, before, "{entry}");
    }

    /// Runs a command that must find faults; answers what it said.
    async fn fail(&self, arguments: &[&str]) -> Ended {
        let before = self.digest().await;
        let ended = self.shell.run(&[arguments, &["--format", "json"]].concat()).ended_with(1);
        assert_eq!(self.digest().await, before, "{ended:?}");
        ended
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        self.shell.file(name, content).to_str().unwrap().to_owned()
    }

    async fn posted(&self, entry: Value) {
        self.api.posted(&entry).await;
    }
}

/// Every table of the book with a digest of its rows. Refusals are on record by design.
async fn digest(database: &Database) -> BTreeMap<String, String> {
    let client = database.connect_owner().await.unwrap();
    let tables = "SELECT relname::text FROM pg_class
                  WHERE relnamespace = 'book_main'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                    AND relname NOT LIKE 'refusal%'";
    let mut digests = BTreeMap::new();
    for row in client.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        let sum =
            format!("SELECT coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '') FROM book_main.{table} t");
        let sum: String = client.query_one(&sum, &[]).await.unwrap().get(0);
        digests.insert(table, sum);
    }
    assert!(digests.contains_key("posting") && digests.len() > 10, "{digests:?}");
    digests
}

fn moving(number: u32, kind: &str, of: Option<u32>, amount: &str) -> Value {
    let mut entry = json!({"id": id(number), "kind": kind, "effective_date": "2026-05-05", "postings": [
        {"account": "1101.picc", "debit": amount, "currency": "CNY", "item": "C"},
        {"account": "3001", "credit": amount, "currency": "CNY"},
    ]});
    if let Some(of) = of {
        entry["relates_to"] = json!(id(of));
    }
    entry
}

/// A reversal of a posting by [`moving`], or of a part of it.
fn back(number: u32, of: u32, amount: Option<&str>) -> Value {
    let mut entry = json!({"id": id(number), "kind": "reversal", "relates_to": id(of), "effective_date": "2026-05-05"});
    if let Some(amount) = amount {
        entry["postings"] = json!([
            {"account": "3001", "debit": amount, "currency": "CNY"},
            {"account": "1101.picc", "credit": amount, "currency": "CNY", "item": "C"},
        ]);
    }
    entry
}

fn at_most(pointer: &'static str, left: &str, asked: &str) -> Told {
    let (expected, actual) = (format!("at most {left} CNY"), format!("{asked} CNY"));
    Told { code: "more_than_left", pointer, expected, actual }
}

fn gone(code: &'static str, of: u32, how: &str, by: u32) -> Told {
    let (expected, actual) =
        (format!("something left of {}", id(of)), format!("the last of it went with {how} {}", id(by)));
    Told { code, pointer: "/relates_to", expected, actual }
}

#[tokio::test]
async fn nothing_is_taken_that_is_not_there() {
    let doors = Doors::open().await;
    doors.posted(moving(1, "hold", None, "100.00")).await;
    doors.refuse(&moving(2, "capture", Some(1), "100.01"), at_most("/postings/0/debit", "100.00", "100.01")).await;
    doors.posted(moving(3, "capture", Some(1), "60.00")).await;
    doors.refuse(&moving(2, "capture", Some(1), "40.01"), at_most("/postings/0/debit", "40.00", "40.01")).await;

    doors.posted(moving(4, "hold", None, "10.00")).await;
    doors.posted(json!({"id": id(5), "kind": "release", "relates_to": id(4)})).await;
    doors.refuse(&moving(2, "capture", Some(4), "10.00"), gone("hold_released", 4, "release", 5)).await;

    doors.posted(moving(6, "post", None, "50.00")).await;
    doors.posted(back(7, 6, Some("20.00"))).await;
    doors.refuse(&back(2, 6, Some("30.01")), at_most("/postings/0/debit", "30.00", "30.01")).await;
    doors.posted(back(8, 6, None)).await;
    doors.refuse(&back(2, 6, None), gone("already_reversed", 6, "reversal", 8)).await;
    doors.refuse(&back(2, 6, Some("0.01")), gone("already_reversed", 6, "reversal", 8)).await;
}

#[tokio::test]
async fn a_closed_day_takes_nothing() {
    let doors = Doors::open().await;
    let closed = |through: &str| Told {
        code: "period_closed",
        pointer: "/effective_date",
        expected: format!("after {through}"),
        actual: "2026-05-05".to_owned(),
    };
    for (through, how) in [("2026-05-05", "soft"), ("2026-05-06", "hard")] {
        let closing = json!({"through": through, "how": how, "reason": "month end"});
        assert_eq!(doors.api.post("/v1/periods/closings", &closing).await.status, 201);
        doors.refuse(&moving(1, "post", None, "1.00"), closed(through)).await;
        doors.refuse(&moving(1, "hold", None, "1.00"), closed(through)).await;
    }
}

/// The faults that a command found in a file: line, code, expected, actual.
fn faults(ended: &Ended) -> Vec<(u64, String, String, String)> {
    let text = |fault: &Value, field: &str| fault[field].as_str().unwrap_or_else(|| panic!("{fault}")).to_owned();
    let faults = ended.json()["faults"].as_array().unwrap().clone();
    let fault = |fault: &Value| {
        let line = fault["line"].as_u64().unwrap();
        (line, text(fault, "code"), text(fault, "expected"), text(fault, "actual"))
    };
    faults.iter().map(fault).collect()
}

fn codes(ended: &Ended) -> Vec<(u64, String)> {
    faults(ended).into_iter().map(|(line, code, ..)| (line, code)).collect()
}

#[tokio::test]
async fn a_chart_with_a_cycle_or_a_duplicate_opens_nothing() {
    let doors = Doors::open().await;
    let good = "account,type,currency,name,parent\n1201,asset,CNY,One,\n";
    let cycle = doors.file("cycle.csv", format!("{good}1202,asset,CNY,Two,1203\n1203,asset,CNY,Three,1202\n"));
    assert_eq!(codes(&doors.fail(&["account", "load", &cycle]).await), [(3, "parent_cycle".to_owned())]);
    let twice = doors.file("twice.csv", format!("{good}1202,asset,CNY,Two,1201\n1201,asset,CNY,One,\n"));
    assert_eq!(codes(&doors.fail(&["account", "load", &twice]).await), [(4, "account_twice".to_owned())]);
    let foreign = doors.file("gb.csv", [good.as_bytes(), b"1202,asset,CNY,\xd2\xf8\xd0\xd0,\n"].concat());
    assert_eq!(codes(&doors.fail(&["account", "load", &foreign]).await), [(3, "encoding_not_utf8".to_owned())]);
}

#[tokio::test]
async fn a_file_of_entries_that_is_cut_or_in_another_encoding_posts_nothing() {
    let doors = Doors::open().await;
    let lines: Vec<String> =
        (1..=3).map(|number| json!({"entry": moving(number, "post", None, "1.00")}).to_string() + "\n").collect();
    let whole = lines.concat();
    let cut = doors.file("cut.ndjson", &whole[..whole.len() - 30]);
    assert_eq!(codes(&doors.fail(&["import", "ndjson", &cut]).await), [(3, "line_cut".to_owned())]);
    let foreign = doors.file("gb.ndjson", [lines[0].as_bytes(), b"{\"entry\":\"\xd2\xf8\"}\n"].concat());
    assert_eq!(codes(&doors.fail(&["import", "ndjson", &foreign]).await), [(2, "encoding_not_utf8".to_owned())]);
    let wide: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = doors.file("wide.ndjson", wide);
    assert_eq!(codes(&doors.fail(&["import", "ndjson", &wide]).await), [(1, "encoding_not_utf8".to_owned())]);

    // An array is one request: cut, it is not JSON, and none of it is posted.
    let array = json!([moving(1, "post", None, "1.00"), moving(2, "post", None, "1.00")]).to_string();
    let before = doors.digest().await;
    let cut = doors.api.post_text("/v1/entries", "application/json", array[..array.len() - 20].to_owned()).await;
    cut.problem(400, "json_malformed");
    let foreign = [array.as_bytes(), b"\xd2\xf8"].concat();
    doors.api.post_text("/v1/entries", "application/json", foreign).await.problem(400, "json_malformed");
    assert_eq!(doors.digest().await, before);
}

#[tokio::test]
async fn a_rate_that_is_missing_is_named_and_nothing_is_posted() {
    let doors = Doors::open().await;
    let abroad = ["account", "open", "1002.usd", "--name", "Abroad", "--type", "asset", "--currency", "USD"];
    doors.shell.run(&abroad).went_well();
    doors.shell.run(&["account", "load", "--starter"]).went_well();
    let setup = ["fx", "setup", "--functional", "CNY", "--currency", "USD", "--reason", "abroad"];
    doors.shell.run(&setup).went_well();
    let bought = json!({"id": id(1), "date": "2026-04-10",
                        "from": {"account": "1002.bank", "amount": "700.00", "currency": "CNY"},
                        "to": {"account": "1002.usd", "amount": "100.00", "currency": "USD"}});
    assert_eq!(doors.api.post("/v1/fx/exchanges", &bought).await.status, 201);

    let before = doors.digest().await;
    let revalue = json!({"date": "2026-04-30", "accounts": ["1002.usd"]});
    let refused = doors.api.post("/v1/fx/revaluations", &revalue).await;
    let looked_up = doors.api.get("/v1/rates/quotation?pair=USD%2FCNY&date=2026-04-30&kind=closing").await;
    for (reply, status, pointer) in [(refused, 422, "/date"), (looked_up, 404, "/query/date")] {
        let place = reply.problem(status, "rate_missing");
        assert_eq!(
            [&place["pointer"], &place["expected"], &place["actual"]],
            [&json!(pointer), &json!("USD/CNY closing 2026-04-30"), &json!("none")]
        );
    }
    assert_eq!(doors.digest().await, before);
    let words = "there is no closing rate USD/CNY for 2026-04-30, nor for any other day";
    doors.fail(&["fx", "revalue", "2026-04-30", "--account", "1002.usd"]).await.says(1, words);
}
