//! Where insurers are reached, and with which keys.

use dianfu_claims::ports::insurer::endpoint::{Holder, NewKey, record_endpoint, record_key, revoke_key};
use dianfu_ledger::book::BookName;
use dianfu_signing::Algorithm;
use jiff::SignedDuration;

use super::{OUR_KEY, Scene, submission, where_is};
use crate::claims::fixture::{now, party};

fn main_book() -> BookName {
    BookName::parse("main").unwrap()
}

const OTHER_KEY: &str = "YW5vdGhlciBrZXksIGZvciB0ZXN0cyBvbmx5IDEyMzQ";

fn key(holder: Holder, key_id: &str) -> NewKey<'_> {
    NewKey { holder, key_id, algorithm: Algorithm::HmacSha256, text: OTHER_KEY, expires_at: None }
}

#[tokio::test]
async fn without_an_endpoint_or_a_live_key_of_ours_nothing_is_sent() {
    let scene = Scene::new(vec![]).await;
    let other = scene.port.ask(&scene.desk.ledger, &party("cpic"), &where_is("CLM-1")).await.unwrap();
    assert_eq!(other.unwrap_err().fault.code(), "partner_endpoint_missing");
    let book = (scene.desk.test.database(), &main_book());
    assert!(revoke_key(book, &party("picc"), (Holder::Ours, "pk_1"), now()).await.unwrap());
    assert!(!revoke_key(book, &party("picc"), (Holder::Ours, "pk_1"), now()).await.unwrap());
    assert_eq!(scene.fault(&submission("CLM-1")).await, "partner_endpoint_missing");
    assert!(scene.insurer.received().await.is_empty());
}

#[tokio::test]
async fn the_youngest_of_our_keys_signs_until_it_ends() {
    let scene = Scene::new(vec![]).await;
    let book = (scene.desk.test.database(), &main_book());
    let later = now() + SignedDuration::from_secs(1);
    // The insurer does not know it yet, and says so: an answer to a request that it cannot read is for no nonce.
    record_key(book, &party("picc"), key(Holder::Ours, "pk_2"), "tester", later).await.unwrap().unwrap();
    assert_eq!(scene.fault(&submission("CLM-1")).await, "partner_signature_invalid");
    assert!(revoke_key(book, &party("picc"), (Holder::Ours, "pk_2"), now()).await.unwrap());
    let expired = NewKey { expires_at: Some(now()), ..key(Holder::Ours, "pk_3") };
    record_key(book, &party("picc"), expired, "tester", later).await.unwrap().unwrap();
    scene.ask(&submission("CLM-1")).await.unwrap();
}

#[tokio::test]
async fn an_insurers_key_is_good_until_it_is_revoked_whatever_others_there_are() {
    let scene = Scene::new(vec![]).await;
    let book = (scene.desk.test.database(), &main_book());
    record_key(book, &party("picc"), key(Holder::Theirs, "ik_2"), "tester", now()).await.unwrap().unwrap();
    scene.ask(&submission("CLM-1")).await.unwrap();
    assert!(revoke_key(book, &party("picc"), (Holder::Theirs, "ik_1"), now()).await.unwrap());
    assert_eq!(scene.fault(&submission("CLM-1")).await, "partner_signature_invalid");
}

#[tokio::test]
async fn what_is_no_endpoint_and_no_key_is_refused() {
    let scene = Scene::new(vec![]).await;
    let (book, picc) = ((scene.desk.test.database(), &main_book()), party("picc"));
    for url in ["http://insurer.example", "ftp://127.0.0.1", "", "https://a?b"] {
        let refused = record_endpoint(book, &picc, (url, "main.picc"), "tester", now()).await.unwrap();
        assert_eq!(refused.unwrap_err().code(), "endpoint_url_invalid", "{url}");
    }
    for (new, code) in [
        (NewKey { text: "short", ..key(Holder::Ours, "pk_2") }, "key_malformed"),
        (NewKey { algorithm: Algorithm::Sm2Sm3, ..key(Holder::Theirs, "ik_2") }, "key_malformed"),
        (key(Holder::Ours, ""), "key_id_malformed"),
        (key(Holder::Ours, "a b"), "key_id_malformed"),
        (NewKey { text: OUR_KEY, ..key(Holder::Ours, "pk_1") }, "key_id_taken"),
    ] {
        let refused = record_key(book, &picc, new, "tester", now()).await.unwrap();
        assert_eq!(refused.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn the_service_reads_endpoints_and_keys_and_writes_none() {
    let scene = Scene::new(vec![]).await;
    let client = scene.desk.ledger.client().await.unwrap();
    for statement in [
        "UPDATE insurer_key SET revoked_at = NULL",
        "DELETE FROM insurer_key",
        "INSERT INTO insurer_endpoint VALUES ('picc', 9, 'https://elsewhere', 'a', now(), 'me')",
        "UPDATE exchange SET nonce = ''",
        "DELETE FROM exchange_outcome",
        "UPDATE insurer_heard SET decision = '{}'",
        "TRUNCATE insurer_discrepancy",
    ] {
        let error = client.execute(statement, &[]).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{statement}");
    }
    let owner = scene.desk.owner().await;
    scene.ask(&submission("CLM-1")).await.unwrap();
    for statement in ["UPDATE exchange SET nonce = ''", "DELETE FROM exchange_outcome", "TRUNCATE exchange_content"] {
        assert_eq!(owner.execute(statement, &[]).await.unwrap_err().code().unwrap().code(), "23001", "{statement}");
    }
}
