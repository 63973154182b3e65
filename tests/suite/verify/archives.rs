//! The journal in a file: the same findings without a database, and whatever is done to the file is named.

use std::fs;
use std::path::Path;

use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::verify::archive::{verify_archive, write};
use dianfu_ledger::verify::{Asked, Report, Rule};
use tempfile::tempdir;

use super::book_to_alter;
use crate::books::{Book, entry};

/// The book's journal as a file.
async fn archive(book: &Book) -> Vec<u8> {
    let mut client = book.test.database().connect_service("book_main").await.unwrap();
    let mut file = Vec::new();
    write(&mut client, "main", &mut file, &mut |_| {}).await.unwrap();
    file
}

async fn check_file(path: &Path, bytes: &[u8], asked: Asked) -> Report {
    fs::write(path, bytes).unwrap();
    verify_archive(path, asked, |_| {}).await.unwrap().1
}

/// Checks the book by way of a file.
pub async fn check(book: &Book) -> Report {
    let folder = tempdir().unwrap();
    check_file(&folder.path().join("archive"), &archive(book).await, Asked::default()).await
}

#[tokio::test]
async fn a_file_is_checked_like_the_book() {
    let book = book_to_alter().await;
    assert_eq!(check(&book).await, super::check(&book).await);
    assert_eq!(check(&Book::new().await).await.finding, None);
    assert_eq!(archive(&book).await, archive(&book).await, "one book, one file");
}

#[tokio::test]
async fn a_file_that_is_cut_anywhere_is_not_whole() {
    let book = book_to_alter().await;
    let (folder, whole) = (tempdir().unwrap(), archive(&book).await);
    for length in (0..whole.len()).step_by(61).chain([whole.len() - 1]) {
        let report = check_file(&folder.path().join("cut"), &whole[..length], Asked::default()).await;
        assert_eq!(report.finding.map(|finding| finding.rule), Some(Rule::ArchiveWhole), "{length} bytes");
    }
    let longer = [whole.as_slice(), b"x"].concat();
    let report = check_file(&folder.path().join("longer"), &longer, Asked::default()).await;
    assert_eq!(report.finding.map(|finding| finding.rule), Some(Rule::ArchiveWhole));
}

#[tokio::test]
async fn an_altered_byte_is_found_wherever_it_is() {
    let book = book_to_alter().await;
    let (folder, whole) = (tempdir().unwrap(), archive(&book).await);
    for at in (0..whole.len()).step_by(7) {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        let report = check_file(&folder.path().join("altered"), &altered, Asked::default()).await;
        assert_ne!(report.finding, None, "byte {at} of {}", whole.len());
    }
}

#[tokio::test]
async fn tables_that_change_places_are_found() {
    let book = book_to_alter().await;
    let (folder, whole) = (tempdir().unwrap(), archive(&book).await);
    let begins = |table: &str| {
        let title = [table.as_bytes(), b" "].concat();
        let at = whole.windows(title.len()).position(|window| window == title).unwrap();
        at - 5
    };
    let (account, setting, register) = (begins("account"), begins("account_setting"), begins("register"));
    let parts = [&whole[..account], &whole[setting..register], &whole[account..setting], &whole[register..]];
    let report = check_file(&folder.path().join("reordered"), &parts.concat(), Asked::default()).await;
    let finding = report.finding.unwrap();
    assert_eq!(finding.rule, Rule::ArchiveWhole);
    assert!(finding.expected.starts_with("table account account_no,code"), "{finding}");
}

#[tokio::test]
async fn what_was_kept_of_an_earlier_time_is_looked_for() {
    let mut book = Book::new().await;
    book.post(vec![entry(EntryKind::Post, 1, &[("1002", 400, None), ("1101.picc", -400, Some("CLM-1"))])]).await;
    let earlier = super::check(&book).await;
    let tip = earlier.tip.unwrap();
    book.post(vec![entry(EntryKind::Post, 2, &[("1002", 1, None), ("1101.picc", -1, Some("CLM-1"))])]).await;
    let folder = tempdir().unwrap();
    for (remembered, expected) in [(earlier.head_hash, None), (tip.root, None), ([7; 32], Some(Rule::Remembered))] {
        let asked = Asked { remembered: Some(remembered), ..Asked::default() };
        let of_book = book.ledger.verify(asked, |_| {}).await.unwrap();
        let of_file = check_file(&folder.path().join("archive"), &archive(&book).await, asked).await;
        assert_eq!(of_book, of_file);
        assert_eq!(of_book.finding.map(|finding| finding.rule), expected);
    }
}
