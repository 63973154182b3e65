//! Documents on record: sealed where they lie, found again, replaced and never lost.

use dianfu_claims::documents::{
    DocumentRefusal, DocumentStore, HandIn, Review, S3Settings, StoreFault, StoreSettings, fetch, list, review, sweep,
};
use dianfu_claims::error::Error;
use dianfu_claims::materials::{MaterialKind, Verdict};
use dianfu_ledger::id;
use futures_util::future::join_all;
use jiff::civil::date;
use uuid::Uuid;

use super::desk::{Ward, paper, ring};
use super::files::{good_png, jpeg, pdf, stream, zip};
use crate::claims::fixture::{now, number};

const KIND: MaterialKind = MaterialKind::GeneTest;

/// The bytes of a document as `li` reads it under `k1`.
async fn read(ward: &Ward, document_id: Uuid) -> Result<Vec<u8>, Error> {
    let mut client = ward.desk.ledger.client().await.unwrap();
    let reading = (id::fresh(), "li", "review");
    let fetched = fetch(&mut client, &ring(&[1]), &ward.store, document_id, reading, now()).await?;
    Ok(fetched.unwrap().1.to_vec())
}

async fn judge(ward: &Ward, document_id: Uuid, accepted: bool, reviewer: &str) -> Result<(), DocumentRefusal> {
    let (reason, reviewer) = (if accepted { "" } else { "blurred" }.to_owned(), reviewer.to_owned());
    let word = Review { document_id, accepted, reason, reviewer };
    let mut client = ward.desk.ledger.client().await.unwrap();
    review(&mut client, &word, now()).await.unwrap()
}

#[tokio::test]
async fn a_document_is_sealed_where_it_lies_and_comes_back_as_it_was() {
    let ward = Ward::new().await;
    let secret = b"a gene test of somebody that nobody else may read".repeat(5_000);
    let bytes = pdf(&stream(&secret));
    let document = ward.handed(KIND, &bytes).await;
    assert_eq!((document.version, document.size_bytes), (1, i64::try_from(bytes.len()).unwrap()));
    let objects = ward.objects();
    assert_eq!(objects.len(), 1);
    for probe in [b"nobody else".as_slice(), b"%PDF", b"endobj"] {
        assert!(!objects[0].1.windows(probe.len()).any(|window| window == probe));
    }
    assert_eq!(read(&ward, document.document_id).await.unwrap(), bytes);
    assert_eq!(ward.desk.count("document_reading").await, 1);
    let mut client = ward.desk.ledger.client().await.unwrap();
    let reading = |reason| (id::fresh(), "li", reason);
    let keys = ring(&[1]);
    let refused = fetch(&mut client, &keys, &ward.store, document.document_id, reading(" "), now()).await.unwrap();
    assert_eq!(refused.unwrap_err().code(), "text_length");
    let refused = fetch(&mut client, &keys, &ward.store, Uuid::nil(), reading("x"), now()).await.unwrap();
    assert_eq!(refused.unwrap_err().code(), "document_unknown");
}

#[tokio::test]
async fn a_document_that_was_touched_does_not_open() {
    let ward = Ward::new().await;
    let document = ward.handed(KIND, &good_png()).await;
    let (path, mut bytes) = ward.objects().pop().unwrap();
    bytes[40] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let error = read(&ward, document.document_id).await.unwrap_err();
    assert!(matches!(&error, Error::Sealed(fault) if fault.code() == "sealed_not_authentic"), "{error:?}");
    std::fs::remove_file(&path).unwrap();
    let error = read(&ward, document.document_id).await.unwrap_err();
    assert!(matches!(&error, Error::Store(_)) && !error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn a_later_one_stands_in_front_and_the_same_again_is_the_same() {
    let ward = Ward::new().await;
    let first = ward.handed(KIND, &good_png()).await;
    let again = ward.hand_in(paper(KIND), &good_png()).await.unwrap();
    assert_eq!((again.repeated, &again.document), (true, &first));
    // The same call again, after its answer was lost.
    let call = HandIn { document_id: first.document_id, ..paper(KIND) };
    assert!(ward.hand_in(call.clone(), &good_png()).await.unwrap().repeated);
    let conflict = ward.hand_in(call, &jpeg(1, 1)).await.unwrap_err();
    assert_eq!(conflict, DocumentRefusal::Conflict { document_id: first.document_id, field: "sha256" });
    let second = ward.handed(KIND, &jpeg(1, 1)).await;
    let other_part = ward.hand_in(HandIn { part: 2, ..paper(KIND) }, &jpeg(1, 1)).await.unwrap().document;
    assert_eq!((second.version, other_part.version), (2, 1));
    let mut client = ward.desk.ledger.client().await.unwrap();
    assert_eq!(list(&mut client, &number("C-1")).await.unwrap(), [first.clone(), second, other_part]);
    assert_eq!(read(&ward, first.document_id).await.unwrap(), good_png());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_handed_in_by_many_at_once_is_there_once() {
    let ward = Ward::new().await;
    let bytes = good_png();
    let handed = join_all((0..8).map(|_| ward.hand_in(paper(KIND), &bytes))).await;
    let ids: std::collections::HashSet<Uuid> =
        handed.iter().map(|handed| handed.as_ref().unwrap().document.document_id).collect();
    assert_eq!((ids.len(), ward.desk.count("document").await, ward.objects().len()), (1, 1, 1));
    // Different ones at once follow each other.
    let files: Vec<Vec<u8>> = (1..=6).map(|width| jpeg(width, 1)).collect();
    let handed = join_all(files.iter().map(|bytes| ward.hand_in(paper(KIND), bytes))).await;
    let mut versions: Vec<i32> = handed.iter().map(|handed| handed.as_ref().unwrap().document.version).collect();
    versions.sort_unstable();
    assert_eq!(versions, [2, 3, 4, 5, 6, 7]);
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() {
    let ward = Ward::new().await;
    let named_pdf = HandIn { declared: Some(dianfu_claims::documents::MediaType::Pdf), ..paper(KIND) };
    let unknown = HandIn { claim_no: number("C-9"), ..paper(KIND) };
    let tomorrow = HandIn { issued_on: date(2026, 3, 3), ..paper(KIND) };
    let over = HandIn { expires_on: Some(date(2026, 3, 1)), ..paper(KIND) };
    let announced = HandIn { announced: Some([0; 32]), ..paper(KIND) };
    for (new, bytes, code) in [
        (named_pdf, zip(), "upload_archive"),
        (paper(KIND), Vec::new(), "upload_empty"),
        (announced, good_png(), "upload_digest_differs"),
        (unknown, good_png(), "claim_unknown"),
        (tomorrow, good_png(), "document_issued_later"),
        (over, good_png(), "document_expired"),
        (HandIn { part: 0, ..paper(KIND) }, good_png(), "out_of_range"),
        (HandIn { part: 51, ..paper(KIND) }, good_png(), "out_of_range"),
    ] {
        assert_eq!(ward.hand_in(new, &bytes).await.unwrap_err().code(), code);
    }
    assert_eq!((ward.desk.count("document").await, ward.desk.count("vault").await), (0, 0));
    assert_eq!(ward.objects(), []);
}

#[tokio::test]
async fn an_object_without_a_row_is_swept_and_others_are_not() {
    let ward = Ward::new().await;
    let document = ward.handed(KIND, &good_png()).await;
    std::fs::write(ward.folder.path().join("documents/left-over"), "x").unwrap();
    let mut client = ward.desk.ledger.client().await.unwrap();
    let (long_ago, later) = ("2020-01-01T00:00:00Z".parse().unwrap(), "2999-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(sweep(&mut client, &ward.store, long_ago).await.unwrap(), 0);
    assert_eq!(sweep(&mut client, &ward.store, later).await.unwrap(), 1);
    assert_eq!(sweep(&mut client, &ward.store, later).await.unwrap(), 0);
    assert_eq!(read(&ward, document.document_id).await.unwrap(), good_png());
}

#[tokio::test]
async fn an_object_that_cannot_be_written_leaves_no_row() {
    let ward = Ward::new().await;
    let folder = ward.folder.path().join("documents");
    std::fs::remove_dir(&folder).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    let error = ward.try_hand_in(paper(KIND), &good_png()).await.unwrap_err();
    assert!(matches!(error, Error::Store(_)) && error.is_retryable(), "{error:?}");
    assert_eq!(ward.desk.count("document").await, 0);
}

#[tokio::test]
async fn who_handed_it_in_does_not_judge_it() {
    let ward = Ward::new().await;
    let first = ward.handed(KIND, &good_png()).await;
    let id = first.document_id;
    assert_eq!(judge(&ward, id, true, "zhao").await, Err(DocumentRefusal::SamePerson { person: "zhao".to_owned() }));
    let owner = ward.desk.owner().await;
    let sql = format!("INSERT INTO document_review VALUES ('{id}', 1, true, '', 'zhao', now())");
    let error = owner.batch_execute(&sql).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("document_review_two_people"));
    for accepted in [false, false, true, true] {
        judge(&ward, id, accepted, "li").await.unwrap();
    }
    assert_eq!(ward.desk.count("document_review").await, 2);
    let mut client = ward.desk.ledger.client().await.unwrap();
    assert_eq!(list(&mut client, &number("C-1")).await.unwrap()[0].verdict, Verdict::Accepted);
    let empty = Review { document_id: id, accepted: false, reason: " ".to_owned(), reviewer: "li".to_owned() };
    assert_eq!(review(&mut client, &empty, now()).await.unwrap().unwrap_err().code(), "text_length");
    assert_eq!(judge(&ward, Uuid::nil(), true, "li").await.unwrap_err().code(), "document_unknown");
    ward.handed(KIND, &jpeg(1, 1)).await;
    assert_eq!(judge(&ward, id, true, "li").await, Err(DocumentRefusal::Replaced { version: 2 }));
}

#[test]
fn a_bucket_needs_a_program_that_is_built_for_it() {
    let settings = S3Settings {
        bucket: "documents".to_owned(),
        region: "cn-north-1".to_owned(),
        endpoint: None,
        access_key_id: "id".to_owned(),
        secret_access_key: "a secret".into(),
    };
    assert!(!format!("{settings:?}").contains("a secret"));
    let fault = DocumentStore::open(StoreSettings::S3(settings)).unwrap_err();
    assert!(matches!(fault, StoreFault::NotBuilt), "{fault}");
}
