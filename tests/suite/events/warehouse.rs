//! The folder for a warehouse: what is in it is what is in the book, and what kills it leaves nothing by halves.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use dianfu_ledger::Ledger;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::export::Progress;
use dianfu_ledger::export::lake::{Format, LakeError, LakeOptions, Manifest, Part, lake};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query::{self, EntryView, PostingView};
use dianfu_tests::eventually;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use parquet::file::reader::{FileReader, SerializedFileReader};
use sha2::{Digest, Sha256};

use super::{another, paid};
use crate::books::{Book, for_random_books};
use crate::shell::Shell;

const PARQUET: LakeOptions = LakeOptions { format: Format::Parquet, part_entries: Some(3), until: None };
const CSV: LakeOptions = LakeOptions { format: Format::Csv, ..PARQUET };

async fn export(ledger: &Ledger, folder: &Path, options: LakeOptions) -> Manifest {
    let mut last = Progress { done: 0, total: 0 };
    let manifest = lake(ledger, folder, &options, |progress| last = progress).await.unwrap();
    assert_eq!(last.done, last.total);
    assert_holds_together(folder, &manifest);
    manifest
}

/// The parts are whole, follow each other without a gap, and nothing else is there.
fn assert_holds_together(folder: &Path, manifest: &Manifest) {
    for (table, last) in
        [("entries", manifest.last_sequence), ("postings", manifest.last_sequence), ("accounts", manifest.last_account)]
    {
        let mut next = 1;
        for part in manifest.parts.iter().filter(|part| part.table == table) {
            assert_eq!(part.first, next, "{part:?}");
            next = part.last + 1;
            let bytes = fs::read(folder.join(&part.file)).unwrap();
            let hash = Sha256::digest(&bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
            assert_eq!((part.bytes, &part.sha256), (bytes.len() as u64, &hash), "{part:?}");
        }
        assert_eq!(next, last + 1, "{table}");
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), manifest.parts.len() + 1);
}

/// All rows of a table: each as the texts of its columns, by name.
fn rows(folder: &Path, manifest: &Manifest, table: &str) -> Vec<BTreeMap<String, String>> {
    let parts = manifest.parts.iter().filter(|part| part.table == table);
    parts
        .flat_map(|part| if manifest.format == "csv" { csv_rows(folder, part) } else { parquet_rows(folder, part) })
        .collect()
}

fn csv_rows(folder: &Path, part: &Part) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join(&part.file)).unwrap();
    let names = reader.headers().unwrap().clone();
    let row =
        |record: csv::StringRecord| names.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect();
    let rows: Vec<BTreeMap<String, String>> = reader.records().map(|record| row(record.unwrap())).collect();
    assert_eq!(rows.len() as u64, part.rows);
    rows
}

fn parquet_rows(folder: &Path, part: &Part) -> Vec<BTreeMap<String, String>> {
    use parquet::record::Field;
    let reader = SerializedFileReader::new(File::open(folder.join(&part.file)).unwrap()).unwrap();
    let text = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) => number.to_string(),
        Field::Bool(is) => is.to_string(),
        Field::Date(days) => {
            jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(*days)).unwrap().to_string()
        }
        Field::TimestampMicros(micros) => jiff::Timestamp::from_microsecond(*micros).unwrap().to_string(),
        Field::Bytes(bytes) if bytes.len() == 16 => uuid::Uuid::from_slice(bytes.data()).unwrap().to_string(),
        other => panic!("{other:?}"),
    };
    let iter = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    let rows: Vec<BTreeMap<String, String>> =
        iter.map(|row| row.get_column_iter().map(|(name, field)| (name.clone(), text(field))).collect()).collect();
    assert_eq!(rows.len() as u64, part.rows);
    rows
}

fn maybe<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// What the folder says of an entry is what the book says.
fn assert_same(row: &BTreeMap<String, String>, entry: &EntryView) {
    let minor = entry.at_most.map(|money| money.minor);
    for (column, value) in [
        ("sequence", entry.sequence.to_string()),
        ("entry_id", entry.id.to_string()),
        ("kind", entry.kind.word().to_owned()),
        ("effective_date", entry.effective_date.to_string()),
        ("booked_at", entry.booked_at.to_string()),
        ("value_date", maybe(entry.value_date)),
        ("relates_to", maybe(entry.relates_to)),
        ("hold_group", maybe(entry.hold_group)),
        ("expires_at", maybe(entry.expires_at)),
        ("adjusting", entry.adjusting.to_string()),
        ("template_no", maybe(entry.template.as_ref().map(|made_by| made_by.template_no))),
        ("reference", entry.reference.clone()),
        ("description", entry.description.clone()),
        ("metadata", maybe(entry.metadata.as_ref())),
        ("actor", entry.actor.clone()),
    ] {
        assert_eq!(row[column], value, "{column} of entry {}", entry.sequence);
    }
    assert!(entry.kind.relates() || row["at_most_minor"] == maybe(minor));
}

fn assert_same_leg(row: &BTreeMap<String, String>, sequence: i64, leg: &PostingView) {
    for (column, value) in [
        ("sequence", sequence.to_string()),
        ("leg", leg.leg.to_string()),
        ("account", leg.account.to_string()),
        ("layer", leg.layer.word().to_owned()),
        ("amount_minor", leg.amount.minor.to_string()),
        ("currency", leg.amount.currency.to_string()),
        ("decimals", leg.amount.currency.decimals().to_string()),
        ("item", maybe(leg.item.as_ref())),
        ("due_date", maybe(leg.due_date)),
        ("debits_after_minor", leg.after.debits.to_string()),
        ("credits_after_minor", leg.after.credits.to_string()),
    ] {
        assert_eq!(row[column], value, "{column} of leg {} of entry {sequence}", leg.leg);
    }
}

#[test]
fn the_folder_holds_the_book_in_both_formats() {
    for_random_books(3, async |book| {
        let client = book.ledger.client().await.unwrap();
        let entries = query::entries(&**client, 0, 1_000).await.unwrap();
        for options in [PARQUET, CSV] {
            let folder = tempfile::tempdir().unwrap();
            let manifest = export(&book.ledger, folder.path(), options).await;
            let found = rows(folder.path(), &manifest, "entries");
            assert_eq!(found.len(), entries.len());
            let mut legs = rows(folder.path(), &manifest, "postings").into_iter();
            for (row, entry) in found.iter().zip(&entries) {
                assert_same(row, entry);
                let brought = "SELECT commit_no FROM commit WHERE $1 BETWEEN first_sequence AND last_sequence";
                let commit_no: i64 = client.query_one(brought, &[&entry.sequence]).await.unwrap().get(0);
                assert_eq!(row["commit_no"], commit_no.to_string());
                for leg in &entry.postings {
                    assert_same_leg(&legs.next().unwrap(), entry.sequence, leg);
                }
            }
            assert_eq!(legs.next(), None);
            let accounts = rows(folder.path(), &manifest, "accounts");
            let known =
                query::accounts(&**client, query::AccountFilter::default(), None, 1_000).await.unwrap().accounts;
            assert_eq!(accounts.len(), known.len());
            for row in &accounts {
                let view = known.iter().find(|view| view.account.code.as_str() == row["account"]).unwrap();
                assert_eq!((&row["name"], &row["currency"]), (&view.account.name, &view.account.currency.to_string()));
            }
        }
    });
}

#[tokio::test]
async fn a_folder_grows_and_holds_what_it_would_have_held_at_once() {
    let mut book = Book::new().await;
    book.post((1..=7).map(paid).collect()).await;
    let (grown, at_once) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for until in [2, 2, 3, 6] {
        let options = LakeOptions { until: Some(until), ..PARQUET };
        assert_eq!(export(&book.ledger, grown.path(), options).await.last_sequence, until);
    }
    let options = LakeOptions { part_entries: None, ..PARQUET };
    let manifest = export(&book.ledger, grown.path(), options).await;
    let ranges: Vec<(i64, i64)> =
        manifest.parts.iter().filter(|part| part.table == "entries").map(|part| (part.first, part.last)).collect();
    assert_eq!(ranges, [(1, 2), (3, 3), (4, 6), (7, 7)]);
    assert_eq!(manifest.last_sequence, 7);
    let other = export(&book.ledger, at_once.path(), PARQUET).await;
    assert_eq!(rows(grown.path(), &manifest, "postings"), rows(at_once.path(), &other, "postings"));
    // Nothing new: nothing changes.
    assert_eq!(export(&book.ledger, grown.path(), PARQUET).await, manifest);
}

#[tokio::test]
async fn a_folder_is_of_one_book_and_one_kind() {
    let mut book = Book::new().await;
    book.post(vec![paid(1), paid(2)]).await;
    let mut other = Book::new().await;
    other.post(vec![paid(1), paid(2), paid(3)]).await;
    let folder = tempfile::tempdir().unwrap();
    export(&book.ledger, folder.path(), PARQUET).await;
    let refused =
        async |ledger: &Ledger, options: LakeOptions| lake(ledger, folder.path(), &options, |_| ()).await.unwrap_err();
    assert!(matches!(refused(&book.ledger, CSV).await, LakeError::Differs { what: "format", .. }));
    let larger = LakeOptions { part_entries: Some(4), ..PARQUET };
    assert!(matches!(refused(&book.ledger, larger).await, LakeError::Differs { what: "parts of entries", .. }));
    assert!(matches!(refused(&other.ledger, PARQUET).await, LakeError::OtherBook { commit_no: 1 }));
    let lock = File::open(folder.path()).unwrap();
    lock.lock().unwrap();
    assert!(matches!(refused(&book.ledger, PARQUET).await, LakeError::Locked));
    drop(lock);
    fs::write(folder.path().join("manifest.json"), "{\"book\": 1").unwrap();
    assert!(matches!(refused(&book.ledger, PARQUET).await, LakeError::ManifestMalformed(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_export_is_resumed_to_the_same_bytes() {
    let shell = Shell::with_accounts().await;
    let ledger = another(shell.test()).await;
    let account = |code: &str| AccountCode::parse(code).unwrap();
    let mut entries: Vec<_> = (1..=40_000).map(paid).collect();
    for entry in &mut entries {
        let minor = entry.postings[0].amount.minor;
        entry.postings[0].account = account("1002.bank");
        entry.postings[1].account = account("3001");
        entry.postings[0].amount = Money::new(minor, Currency::CNY);
    }
    for some in entries.chunks(8_000) {
        ledger.post(some.to_vec()).await.unwrap();
    }
    let whole = tempfile::tempdir().unwrap();
    let options = LakeOptions { part_entries: Some(1_500), ..PARQUET };
    let expected = export(&ledger, whole.path(), options).await;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let arguments = ["export", "parquet", "-o", path, "--part-entries", "1500"];
    for at_least in [1, 8, 20, 40] {
        let mut running = shell.command(&arguments).spawn().unwrap();
        eventually("the export is on its way", async || fs::read_dir(path).unwrap().count() >= at_least).await;
        kill(Pid::from_raw(running.id().try_into().unwrap()), Signal::SIGKILL).unwrap();
        running.wait().unwrap();
    }
    shell.run(&arguments).went_well();
    let manifest: Manifest = serde_json::from_slice(&fs::read(folder.path().join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest, expected);
    assert_holds_together(folder.path(), &manifest);
    ledger.close().await;
}
