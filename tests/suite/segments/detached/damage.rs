//! Files that are missing, cut off, altered, or may not be read: whoever needs them is told, everybody else is
//! answered.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use dianfu_ledger::error::is_segment_unreadable;
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::segment::{self, Fault};
use dianfu_ledger::verify::{Asked, Finding, Place, Report, Rule};
use dianfu_ledger::{Error, Ledger, Outcome};
use dianfu_tests::{FilesFolder, tend};

use crate::books::{Book, account};

use super::{assert_clean, attach_again, book, claim, detach, id};

async fn verified(book: &Book) -> Report {
    book.ledger.verify(Asked::default(), |_| {}).await.unwrap()
}

/// `verify` names the files of this segment.
#[track_caller]
fn assert_names_files(report: &Report, segment_no: i32) -> &Finding {
    let finding = report.finding.as_ref().expect("it is found");
    assert_eq!((finding.place, finding.rule), (Place::Segment { segment_no }, Rule::FilesWhole), "{finding}");
    finding
}

fn unreadable(error: &Error) -> bool {
    error.is_segment_unreadable() && !error.is_retryable()
}

/// What is asked of the entries of the first segment fails by name; everything else goes on.
async fn assert_entries_unreadable(book: &Book) {
    let client = &**book.ledger.client().await.unwrap();
    let error = query::entry(client, id(1)).await.unwrap_err();
    assert!(is_segment_unreadable(&error), "{error:?}");
    // Among what others post: only who needs the file is told.
    let ledger = &book.ledger;
    let (known, new) = tokio::join!(ledger.post(vec![claim(1)]), ledger.post(vec![claim(500)]));
    let told = known.unwrap_err();
    assert!(matches!(told, Error::Segment(_)) && unreadable(&told), "{told:?}");
    assert!(matches!(new.unwrap()[..], [Outcome::Posted(_) | Outcome::Replayed(_)]));
    let mut other = ledger.client().await.unwrap();
    let tx = other.transaction().await.unwrap();
    let error = ledger.post_in(&tx, &[claim(1)]).await.unwrap_err();
    assert!(unreadable(&error), "{error:?}");
    tx.rollback().await.unwrap();
    assert_rest_goes_on(book).await;
}

/// The same of its postings.
async fn assert_postings_unreadable(book: &Book) {
    let client = &**book.ledger.client().await.unwrap();
    let early = Moment { known_at: Some(book.booked[2].receipt.booked_at), ..Moment::default() };
    let error = query::balance(client, &account("1101.picc"), early).await.unwrap_err();
    assert!(is_segment_unreadable(&error), "{error:?}");
    assert_rest_goes_on(book).await;
}

async fn assert_rest_goes_on(book: &Book) {
    let client = &**book.ledger.client().await.unwrap();
    let balance = query::balance(client, &account("1101.picc"), Moment::default()).await.unwrap().unwrap();
    assert!(balance.settled.net_minor() > 0);
    assert!(query::entry(client, id(9)).await.unwrap().is_some());
}

async fn is_listed_as_damaged(book: &Book, segment_no: usize) -> bool {
    segment::list(book.test.database(), book.ledger.book()).await.unwrap()[segment_no - 1].is_damaged
}

async fn attached(book: &Book) -> Result<Result<segment::Segment, Fault>, Error> {
    segment::attach(book.test.database(), book.ledger.book(), 1, Duration::ZERO).await
}

#[tokio::test]
async fn a_missing_file_is_told_and_never_taken_for_nothing() {
    let (book, owner) = book().await;
    let folder = FilesFolder::new();
    let files = detach(&book, &folder, 1).await;
    for file in [&files.entries, &files.postings] {
        let aside = format!("{file}.aside");
        fs::rename(file, &aside).unwrap();
        if *file == files.entries {
            assert_entries_unreadable(&book).await;
        } else {
            assert_postings_unreadable(&book).await;
        }
        assert!(assert_names_files(&verified(&book).await, 1).actual.contains(file.as_str()));
        assert_eq!(attached(&book).await.unwrap(), Err(Fault::Damaged { files: files.clone() }));
        let listed = segment::list(book.test.database(), book.ledger.book()).await.unwrap();
        assert_eq!((listed[0].bytes, listed[0].files.as_ref()), (None, Some(&files)));
        assert!(listed[0].is_damaged && !listed[1].is_damaged);
        fs::rename(&aside, file).unwrap();
    }
    let outcomes = book.ledger.post(vec![claim(1)]).await.unwrap();
    assert!(matches!(outcomes[..], [Outcome::Replayed(_)]), "the file is back: {outcomes:?}");
    assert_clean(&book, &owner).await;
}

#[tokio::test]
async fn a_file_that_may_not_be_read_is_told_as_one_that_is_missing() {
    let (book, owner) = book().await;
    let folder = FilesFolder::new();
    let files = detach(&book, &folder, 1).await;
    for (barred, of_list) in [(files.entries.as_str(), false), (folder.path().to_str().unwrap(), true)] {
        let open = fs::metadata(barred).unwrap().permissions();
        fs::set_permissions(barred, Permissions::from_mode(0o000)).unwrap();
        assert_entries_unreadable(&book).await;
        assert_names_files(&verified(&book).await, 1);
        assert_eq!(is_listed_as_damaged(&book, 1).await, of_list);
        let attached = attached(&book).await;
        assert!(!matches!(attached, Ok(Ok(_))), "{attached:?}");
        fs::set_permissions(barred, open).unwrap();
    }
    // Nor is a folder in its place a file.
    let aside = format!("{}.aside", files.postings);
    fs::rename(&files.postings, &aside).unwrap();
    fs::create_dir(&files.postings).unwrap();
    assert_postings_unreadable(&book).await;
    assert_names_files(&verified(&book).await, 1);
    fs::remove_dir(&files.postings).unwrap();
    fs::rename(&aside, &files.postings).unwrap();
    assert_clean(&book, &owner).await;
}

/// A file that is as large as it was, and that the server reads, is taken back only if it says what it said.
#[tokio::test]
async fn an_altered_file_is_not_attached() {
    let (book, owner) = book().await;
    let folder = FilesFolder::new();
    let files = detach(&book, &folder, 1).await;
    for (file, said) in [(&files.entries, b"a test".as_slice()), (&files.postings, b"CNY")] {
        let whole = fs::read(file).unwrap();
        let place = whole.windows(said.len()).position(|bytes| bytes == said).expect("the file says it");
        let mut altered = whole.clone();
        altered[place] ^= 1;
        fs::write(file, &altered).unwrap();
        assert_eq!(attached(&book).await.unwrap(), Err(Fault::Damaged { files: files.clone() }));
        fs::write(file, &whole).unwrap();
    }
    attach_again(&book, 1).await;
    assert_clean(&book, &owner).await;
}

/// Also where the cut is between two rows, of which the server makes nothing.
#[tokio::test]
async fn a_file_that_is_cut_anywhere_is_not_taken_for_the_whole() {
    let (book, owner) = book().await;
    let folder = FilesFolder::new();
    let files = detach(&book, &folder, 1).await;
    for file in [&files.entries, &files.postings] {
        let whole = fs::read(file).unwrap();
        for length in (0..whole.len()).step_by(9).chain(rows_end(&whole)).chain([whole.len() - 2]) {
            fs::write(file, &whole[..length]).unwrap();
            if *file == files.entries {
                assert_entries_unreadable(&book).await;
            } else {
                assert_postings_unreadable(&book).await;
            }
            assert_names_files(&verified(&book).await, 1);
            assert!(is_listed_as_damaged(&book, 1).await, "{length} of {} bytes", whole.len());
            assert_eq!(attached(&book).await.unwrap(), Err(Fault::Damaged { files: files.clone() }));
        }
        fs::write(file, &whole).unwrap();
    }
    assert_clean(&book, &owner).await;
}

#[tokio::test]
async fn nothing_is_summed_up_again_of_a_damaged_file() {
    let (book, owner) = book().await;
    let folder = FilesFolder::new();
    let files = detach(&book, &folder, 1).await;
    let whole = fs::read(&files.postings).unwrap();
    fs::write(&files.postings, &whole[..rows_end(&whole)[0]]).unwrap();
    owner.batch_execute("TRUNCATE summary, account_total, day_total, item_total").await.unwrap();
    let error = owner.query_one("SELECT summarise_segment()", &[]).await.unwrap_err();
    assert!(is_segment_unreadable(&error), "{error:?}");
    fs::write(&files.postings, &whole).unwrap();
    tend(&owner).await;
    assert_clean(&book, &owner).await;
}

/// Who may not ask how large a file is finds out by what the file lacks.
#[tokio::test]
async fn a_cut_is_found_by_verify_also_where_sizes_may_not_be_asked() {
    let (book, owner) = book().await;
    let nothing = "
        CREATE OR REPLACE FUNCTION may_ask_files() RETURNS boolean
        LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER AS 'SELECT false'";
    owner.batch_execute(nothing).await.unwrap();
    let folder = FilesFolder::new();
    let files = detach(&book, &folder, 1).await;
    for file in [&files.entries, &files.postings] {
        let whole = fs::read(file).unwrap();
        for length in rows_end(&whole) {
            fs::write(file, &whole[..length]).unwrap();
            assert!(verified(&book).await.finding.is_some(), "{length} of {} bytes", whole.len());
            assert!(!is_listed_as_damaged(&book, 1).await);
            let attached = attached(&book).await;
            assert!(!matches!(attached, Ok(Ok(_))), "{length} of {} bytes", whole.len());
            if *file == files.entries {
                // By one that has not written it itself, and so has to look.
                let other = Ledger::open(book.test.database(), book.ledger.book()).await.unwrap();
                let error = other.post(vec![book.booked[3].entry.clone()]).await.unwrap_err();
                assert!(unreadable(&error), "{length} of {} bytes: {error:?}", whole.len());
                other.close().await;
            }
        }
        fs::write(file, &whole).unwrap();
    }
    assert_clean(&book, &owner).await;
}

#[tokio::test]
async fn every_damaged_segment_is_named() {
    let (book, owner) = book().await;
    let folder = FilesFolder::new();
    let files = [detach(&book, &folder, 1).await, detach(&book, &folder, 2).await, detach(&book, &folder, 3).await];
    let (cut, missing) = (&files[1].postings, &files[2].entries);
    let (whole, aside) = (fs::read(cut).unwrap(), format!("{missing}.aside"));
    fs::write(cut, &whole[..whole.len() / 2]).unwrap();
    fs::rename(missing, &aside).unwrap();
    let report = verified(&book).await;
    let finding = assert_names_files(&report, 2);
    assert!(finding.actual.contains(cut) && finding.actual.ends_with("these segments be read: [3]"), "{finding}");
    fs::write(cut, &whole).unwrap();
    assert_names_files(&verified(&book).await, 3);
    fs::rename(&aside, missing).unwrap();
    assert_clean(&book, &owner).await;
    // What is wrong before them is told first.
    let alter = "SET session_replication_role = replica; UPDATE posting SET amount_minor = amount_minor + 1";
    attach_again(&book, 1).await;
    owner.batch_execute(&format!("{alter} WHERE sequence = 2; RESET session_replication_role")).await.unwrap();
    fs::write(cut, &whole[..rows_end(&whole)[2]]).unwrap();
    let finding = verified(&book).await.finding.unwrap();
    assert!(matches!(finding.place, Place::Posting { sequence: 2, .. } | Place::Commit { .. }), "{finding}");
}

/// Where a row that is not the last ends in a binary COPY: behind its fields, each with a length before it.
fn rows_end(copy: &[u8]) -> Vec<usize> {
    let number =
        |at: usize, size: usize| copy[at..at + size].iter().fold(0_usize, |all, byte| all << 8 | usize::from(*byte));
    let (mut at, mut ends) = (19, Vec::new());
    while number(at, 2) != 0xffff {
        let fields = number(at, 2);
        at += 2;
        for _ in 0..fields {
            let length = number(at, 4);
            at += 4 + if length == 0xffff_ffff { 0 } else { length };
        }
        ends.push(at);
    }
    ends.pop();
    ends
}

#[tokio::test]
async fn an_altered_byte_of_a_file_is_found_by_verify() {
    let (book, owner) = book().await;
    let folder = FilesFolder::new();
    let files = detach(&book, &folder, 2).await;
    let mut by_rows = 0;
    for file in [&files.entries, &files.postings] {
        let whole = fs::read(file).unwrap();
        // Behind the header, of which the server passes over flags that mean nothing.
        for at in (19..whole.len()).step_by(11) {
            for bit in [0x01, 0x80] {
                let mut altered = whole.clone();
                altered[at] ^= bit;
                fs::write(file, &altered).unwrap();
                let finding = verified(&book).await.finding.unwrap_or_else(|| panic!("byte {at} of {file}"));
                if finding.rule == Rule::FilesWhole {
                    assert_eq!(finding.place, Place::Segment { segment_no: 2 }, "byte {at} of {file}: {finding}");
                } else {
                    by_rows += 1;
                }
            }
        }
        fs::write(file, &whole).unwrap();
    }
    assert!(by_rows > 100, "{by_rows}");
    assert_clean(&book, &owner).await;
}
