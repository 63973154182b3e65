//! How commands end that cannot do what they are asked: 1 the answer is no, 2 the command line, 3 the world.

use std::fs::create_dir;

use super::{Shell, dianfu, entry_id, entry_line};
use crate::shell::Ended;

#[tokio::test]
async fn questions_with_the_answer_no() {
    let shell = Shell::with_accounts().await;
    shell.pay_in("5.00");
    shell.file("empty.json", "");
    shell.file("words.txt", "these are words\n");
    shell.file("nothing.835", "");
    for (arguments, words) in [
        (&["balance", "1002.none"][..], "there is no account 1002.none in book 'main'"),
        (&["account", "show", "1002"], "there is no account 1002"),
        (&["statement", "1002.none"], "there is no account 1002.none"),
        (&["report", "open-items", "7777"], "there is no account 7777"),
        (&["entry", "show", "0199aa00-0000-7000-8000-000000000009"], "there is no entry 0199aa00"),
        (&["remittance", "show", "0199aa00-0000-7000-8000-000000000009"], "there is no remittance 0199aa00"),
        (&["--book", "none", "balance", "1002.bank"], "there is no book 'none'"),
        (&["balance", "1002", "--known-at", "2999-01-01T00:00:00Z"], "has not passed yet"),
        (&["statement", "1002.bank", "--cursor", "x"], "the cursor does not belong"),
        (&["post", "empty.json"], "empty.json is empty"),
        (&["post", "words.txt", "--format", "csv"], "[json_malformed]"),
        (&["remittance", "check", "words.txt"], "words.txt does not hold: SYNTAX"),
        (&["remittance", "check", "nothing.835"], "nothing.835 does not hold: SYNTAX at file: the file is empty"),
        (&["token", "create", "", "--role", "poster"], "the name of a token has 1 to"),
        (&["token", "create", "lin", "--role", "admin"], "nobody of the name 'lin' holds the role admin"),
        (
            &["account", "open", "3001", "--name", "Capital", "--currency", "USD", "--type", "equity"],
            "account 3001 is open with another currency: there 'CNY', here 'USD'",
        ),
        (
            &["account", "open", "3002", "--name", "X", "--currency", "CNY", "--type", "equity", "--max", "1.005"],
            "1.005",
        ),
        (&["account", "open", "3002", "--name", "X", "--currency", "ABC", "--type", "equity"], "ABC"),
        (&["account", "chart", "--currency", "CNY", "--insurer", "a", "--credit-line", "much"], "much"),
    ] {
        shell.run(arguments).says(1, words);
    }
}

#[tokio::test]
async fn entries_that_are_refused() {
    let shell = Shell::with_accounts().await;
    shell.feed(&["post", "-"], &entry_line(1, "1002.bank", "3001", "1.00")).went_well();
    let post = |debit: &str, credit: &str, rest: &[&str]| {
        let legs = ["post", "--currency", "CNY", "--debit", debit, "--credit", credit];
        shell.run(&[&legs[..], rest].concat())
    };
    post("1002.bank=2.00", "3001=1.00", &[]).says(1, "[unbalanced]");
    post("1002.none=1.00", "3001=1.00", &[]).says(1, "[account_unknown]");
    post("1002.bank=1.00", "3001=1.00", &["--currency", "USD"]).ended_with(2);
    post("1101.picc=1.00", "3001=1.00", &[]).says(1, "[item_required]");
    post("1002.bank=1.00@X", "3001=1.00", &[]).says(1, "[item_not_allowed]");
    post("1101.picc=1000.01@X", "3001=1000.01", &[]).says(1, "[above_maximum]");
    post("1002.bank=1.00", "3001=1.00", &["--date", "1900-01-01"]).says(1, "[effective_date_out_of_range]");
    post("1002.bank=2.00", "3001=2.00", &["--id", &entry_id(1)]).says(1, "[id_conflict]");
    for (amount, code) in [
        ("", "amount_malformed"),
        ("much", "amount_malformed"),
        ("1e3", "amount_malformed"),
        ("1,000.00", "amount_malformed"),
        ("0", "amount_zero"),
        ("-1", "amount_negative"),
        ("1.005", "amount_too_many_decimals"),
        ("92233720368547758.08", "amount_overflow"),
    ] {
        let ended = post(&format!("1002.bank={amount}"), "3001=1.00", &[]);
        ended.says(1, &format!("[{code}]"));
    }
    let refused = post("1002.bank=2.00", "3001=1.00", &["--format", "json"]).says(1, "not zero");
    let error = &refused.json()["error"];
    assert_eq!(
        (&error["code"], &error["expected"], &error["actual"]),
        (&"unbalanced".into(), &"0.00 CNY".into(), &"1.00 CNY".into())
    );
    assert_eq!(shell.run(&["verify", "--format", "json"]).went_well().json()["entries"], 1);
}

#[test]
fn command_lines_that_cannot_be_read() {
    for arguments in [
        &[][..],
        &["nonsense"],
        &["balance"],
        &["balance", "a b"],
        &["balance", "1002", "--format", "xml"],
        &["balance", "1002", "--as-of", "tomorrow"],
        &["balance", "1002", "--as-of", "2026-02-30"],
        &["balance", "1002", "--known-at", "2026-01-01"],
        &["statement", "1002", "--limit", "0"],
        &["statement", "1002", "--limit", "1001"],
        &["--book", "No Book", "account", "list"],
        &["book", "create", "1st"],
        &["post"],
        &["post", "file", "--debit", "1=1"],
        &["post", "--debit", "1002.bank", "--currency", "CNY"],
        &["post", "--debit", "1002.bank=1"],
        &["post", "--release", "not-an-id"],
        &["token", "create", "lin", "--role", "king"],
        &["token", "create", "lin", "--role", "admin", "--expires-at", "soon"],
        &["partner", "key", "create", "p i c c"],
        &["remittance", "import", "file"],
        &["remittance", "check"],
        &["serve", "--listen", "here"],
    ] {
        let ended = Ended::of(arguments, dianfu(arguments).output().unwrap());
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.out.is_empty() && ended.err.contains("--help") || ended.err.contains("Usage"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_world_that_fails() {
    let shell = Shell::with_accounts().await;
    create_dir(shell.folder.path().join("folder")).unwrap();
    for (arguments, words) in [
        (&["post", "missing.json"][..], "cannot read missing.json"),
        (&["post", "folder"], "cannot read folder"),
        (&["remittance", "check", "missing.835"], "cannot read missing.835"),
        (&["remittance", "check", "folder"], "cannot read folder"),
        (&["remittance", "import", "missing.835", "--insurer", "picc"], "cannot read missing.835"),
        (&["export", "hledger", "-o", "missing/book.journal"], "cannot write missing/book.journal"),
        (&["--database-url", "nonsense", "account", "list"], "the database URL cannot be read"),
        (
            &["--database-url", "host=127.0.0.1 port=1 user=x", "account", "list"],
            "cannot connect to PostgreSQL at 127.0.0.1",
        ),
        (&["--database-url", "host=127.0.0.1 port=1 user=x", "book", "create", "x"], "cannot connect to PostgreSQL"),
    ] {
        shell.run(arguments).says(3, words);
    }
}

#[tokio::test]
async fn a_password_in_the_url_is_never_shown() {
    let url = "postgres://lin:sesame@127.0.0.1:1/books";
    let ended = dianfu(&["account", "list"]).env("DATABASE_URL", url).output().unwrap();
    let ended = Ended::of(&["account", "list"], ended).says(3, "cannot connect");
    assert!(!ended.err.contains("sesame"), "{ended:?}");
    let help = dianfu(&["account", "list", "--help"]).env("DATABASE_URL", url).output().unwrap();
    assert!(!String::from_utf8(help.stdout).unwrap().contains("sesame"));
}
