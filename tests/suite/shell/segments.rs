//! `dianfu segment`: what it prints, what it refuses, and what is said where a file is missing.

use std::fs;

use dianfu_ledger::Ledger;
use dianfu_ledger::book::BookName;
use dianfu_tests::{FilesFolder, cut_segments, record_ids, tend};
use serde_json::{Value, json};

use super::Shell;

/// A book with two segments of two entries that are summed up, and an open one.
async fn shell() -> Shell {
    let shell = Shell::with_accounts().await;
    let owner = shell.test().database().connect_owner().await.unwrap();
    owner.batch_execute("SET search_path = book_main").await.unwrap();
    cut_segments(&owner, 2).await;
    for _ in 0..5 {
        shell.pay_in("5.00");
    }
    tend(&owner).await;
    let ledger = Ledger::open(shell.test().database(), &BookName::parse("main").unwrap()).await.unwrap();
    record_ids(&ledger).await;
    ledger.close().await;
    shell
}

fn states(listed: &Value) -> Vec<&str> {
    listed["segments"].as_array().unwrap().iter().map(|segment| segment["state"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn segments_are_listed_detached_and_attached() {
    let (shell, folder) = (shell().await, FilesFolder::new());
    let list = || shell.run(&["segment", "list", "--format", "json"]).went_well().json();
    let before = list();
    assert_eq!(states(&before), ["summed_up", "summed_up", "indexed"]);
    let first = &before["segments"][0];
    assert_eq!(
        (&first["segment_no"], &first["first_sequence"], &first["last_sequence"]),
        (&json!(1), &json!(1), &json!(2))
    );
    assert!(first["bytes"].as_i64() > Some(0) && first["sealed_at"].is_string(), "{first}");
    assert_eq!((&first["entries_file"], &first["postings_file"]), (&Value::Null, &Value::Null));

    let detach = ["segment", "detach", "1", "--to", folder.path().to_str().unwrap(), "--format", "json"];
    let detached = shell.run(&detach).went_well();
    assert!(detached.err.contains("keep the files with the backups"), "{detached:?}");
    let detached = detached.json();
    let files = [&detached["entries_file"], &detached["postings_file"]].map(|file| file.as_str().unwrap().to_owned());
    let bytes: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert_eq!((&detached["state"], &detached["bytes"]), (&json!("detached"), &json!(bytes)));
    let now = list();
    assert_eq!(states(&now), ["detached", "summed_up", "indexed"]);
    assert_eq!(now["segments"][0], detached);
    assert_eq!(now["segments"][1], before["segments"][1]);
    shell.run(&["verify"]).went_well();
    let table = shell.run(&["segment", "list"]).went_well().out;
    let row = table.lines().find(|line| line.contains("detached")).unwrap();
    assert!(row.contains(&files[0]) && row.contains(&files[1]), "{table}");

    let attached = shell.run(&["segment", "attach", "1"]).went_well();
    assert!(attached.out.contains("summed_up") && attached.err.contains("the files stay"), "{attached:?}");
    assert_eq!(states(&list()), states(&before));
    assert!(files.iter().all(|file| fs::exists(file).unwrap()));
    shell.run(&["verify"]).went_well();
}

#[tokio::test]
async fn what_cannot_be_moved_is_refused_with_its_reason() {
    let (shell, folder) = (shell().await, FilesFolder::new());
    let to = folder.path().to_str().unwrap();
    let detach = |no: &str, to: &str| shell.run(&["segment", "detach", no, "--to", to]);
    detach("9", to).says(1, "the book has no segment 9");
    detach("3", to).says(1, "segment 3 is not sealed and summed up yet");
    detach("1", "/nowhere/at-all").says(1, "could not write /nowhere/at-all/main-entry_000001-");
    shell.run(&["segment", "attach", "1"]).says(1, "segment 1 is not detached");
    for folder in ["archive", "/a b", "/a;b"] {
        detach("1", folder).says(2, "an absolute path of letters, digits");
    }
    detach("one", to).says(2, "invalid value 'one'");
    detach("1", to).went_well();
    detach("1", to).says(1, "segment 1 is detached already: its entries are in ");
    shell.run(&["--book", "other", "segment", "list"]).says(1, "no book 'other'");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[tokio::test]
async fn a_missing_file_is_named_with_what_to_do() {
    let (shell, folder) = (shell().await, FilesFolder::new());
    let entries = shell.run(&["entry", "list", "--format", "json"]).went_well().json();
    let id = entries["entries"][0]["id"].as_str().unwrap();
    let to = folder.path().to_str().unwrap();
    let detached = shell.run(&["segment", "detach", "1", "--to", to, "--format", "json"]).went_well().json();
    shell.run(&["entry", "show", id]).went_well();
    let file = detached["entries_file"].as_str().unwrap();
    let aside = format!("{file}.aside");
    fs::rename(file, &aside).unwrap();

    let told = shell.run(&["entry", "show", id]).says(3, file);
    assert!(told.err.contains("bring the file back from a backup"), "{told:?}");
    assert!(!told.err.contains("HINT") && !told.err.contains(char::REPLACEMENT_CHARACTER), "{told:?}");
    let verified = shell.run(&["verify", "--format", "json"]).says(1, file);
    let finding = &verified.json()["finding"];
    assert_eq!((&finding["place"], &finding["rule"]), (&json!("segment 1"), &json!("files_whole")));
    let listed = shell.run(&["segment", "list", "--format", "json"]).went_well().json();
    assert_eq!((states(&listed)[0], &listed["segments"][0]["bytes"]), ("damaged", &Value::Null));
    shell.run(&["segment", "attach", "1"]).says(1, "one is missing, may not be read, or does not say what was written");
    shell.pay_in("5.00");
    shell.run(&["balance", "1002.bank"]).went_well();

    fs::rename(&aside, file).unwrap();
    shell.run(&["entry", "show", id]).went_well();
    shell.run(&["verify"]).went_well();
}
