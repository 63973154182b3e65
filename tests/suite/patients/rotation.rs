//! Keys are rotated while records are written, by several at once, and after being killed.

use std::sync::atomic::{AtomicU32, Ordering};

use dianfu_claims::patient_record::{masked, read};
use dianfu_claims::vault::{Keyring, Rotation, rotate};
use dianfu_ledger::id;

use super::desk::{Ward, person, ring};
use super::files::good_png;
use crate::claims::fixture::{now, party};

async fn turn(ward: &Ward, keys: &Keyring, batch: usize) -> Rotation {
    let mut client = ward.desk.ledger.client().await.unwrap();
    rotate(&mut client, keys, batch, id::random_bytes).await.unwrap()
}

/// Seven sealed records under `k1`: six versions of a record, and the key of a document.
async fn seven() -> Ward {
    let ward = Ward::new().await;
    for version in 1..=6 {
        let record = person("张三丰", &format!("1380000000{version}"));
        ward.keep(&ring(&[1]), ("p-1", version), &record).await.unwrap();
    }
    ward.handed(dianfu_claims::materials::MaterialKind::GeneTest, &good_png()).await;
    ward
}

async fn assert_opens(ward: &Ward, keys: &Keyring) {
    let mut client = ward.desk.ledger.client().await.unwrap();
    let reading = (id::fresh(), "li", "looks");
    let (_, record) = read(&mut client, keys, &party("p-1"), reading, now()).await.unwrap().unwrap();
    assert_eq!(record.name, "张三丰");
}

#[tokio::test]
async fn keys_are_rotated_in_batches_and_the_old_one_may_leave() {
    let ward = seven().await;
    let both = ring(&[2, 1]);
    assert_eq!(turn(&ward, &both, 3).await, Rotation { rewrapped: 3, left: 4, ..Rotation::default() });
    assert_eq!(turn(&ward, &both, 3).await.left, 1);
    assert_eq!(turn(&ward, &both, 3).await, Rotation { rewrapped: 1, ..Rotation::default() });
    let before = ward.desk.everything().await;
    assert_eq!(turn(&ward, &both, 3).await, Rotation::default());
    assert_eq!(ward.desk.everything().await, before);
    assert_opens(&ward, &ring(&[2])).await;
    let mut client = ward.desk.ledger.client().await.unwrap();
    let error = masked(&mut client, &ring(&[1]), &[party("p-1")]).await.unwrap_err();
    assert_eq!(error.to_string(), "a sealed record does not open");
    // Who looks by phone finds it as before.
    let phone = person("x", "13800000006").phone;
    let found = dianfu_claims::patient_record::by_phone(&mut client, &ring(&[2]), &phone).await.unwrap();
    assert_eq!(found, [party("p-1")]);
}

#[tokio::test]
async fn a_key_that_is_missing_and_a_record_that_is_damaged_are_told_and_keep_nobody_back() {
    let ward = seven().await;
    let unknown = turn(&ward, &ring(&[2]), 10).await;
    assert_eq!((unknown.rewrapped, unknown.left, unknown.unknown_keys), (0, 7, vec![("k1".to_owned(), 7)]));
    let owner = ward.desk.owner().await;
    let moved = "INSERT INTO vault SELECT 'elsewhere', of_row, sealed FROM vault WHERE of_row = 'p-1/1'";
    owner.batch_execute(moved).await.unwrap();
    // It stands in the middle of the order, and is passed by with batches of one.
    let both = ring(&[2, 1]);
    let mut damaged = Vec::new();
    for _ in 0..7 {
        let done = turn(&ward, &both, 1).await;
        assert_eq!(done.rewrapped, 1);
        damaged = done.damaged;
    }
    let done = turn(&ward, &both, 1).await;
    assert_eq!((done.rewrapped, done.left, &done.damaged), (0, 1, &damaged));
    assert_eq!(damaged[0].table, "elsewhere");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_rotate_while_others_write_and_nothing_is_lost() {
    let ward = seven().await;
    let both = ring(&[2, 1]);
    let written = AtomicU32::new(0);
    let write = async |patient_no: &str, keys: Keyring| {
        for version in 1..=10 {
            ward.keep(&keys, (patient_no, version), &person("张三丰", "13800000001")).await.unwrap();
            written.fetch_add(1, Ordering::Relaxed);
        }
    };
    let spin = async || {
        while written.load(Ordering::Relaxed) < 20 {
            turn(&ward, &both, 2).await;
        }
    };
    // One writer has not heard of the new key yet.
    tokio::join!(write("p-2", ring(&[1])), write("p-3", ring(&[2, 1])), spin(), spin());
    while turn(&ward, &both, 4).await.left > 0 {}
    let mut client = ward.desk.ledger.client().await.unwrap();
    let patients = [party("p-1"), party("p-2"), party("p-3")];
    assert_eq!(masked(&mut client, &ring(&[2]), &patients).await.unwrap().len(), 3);
    assert_eq!(ward.desk.count("vault").await, 27);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_that_is_killed_is_done_again() {
    let ward = seven().await;
    let both = ring(&[2, 1]);
    let owner = ward.desk.owner().await;
    // Its session ends in the middle of a batch.
    let mut client = ward.desk.ledger.client().await.unwrap();
    let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let mut drawn = 0;
    let draw = || {
        drawn += 1;
        if drawn == 4 {
            let kill = format!("SELECT pg_terminate_backend({backend}, 5000)");
            let killing = || tokio::runtime::Handle::current().block_on(owner.batch_execute(&kill));
            tokio::task::block_in_place(killing).unwrap();
        }
        id::random_bytes()
    };
    let killed = rotate(&mut client, &both, 7, draw).await;
    assert!(killed.unwrap_err().is_retryable());
    assert_opens(&ward, &ring(&[1])).await;
    assert_eq!(turn(&ward, &both, 7).await, Rotation { rewrapped: 7, ..Rotation::default() });
    assert_opens(&ward, &ring(&[2])).await;
    // What another has in hand is left to it, and counted as left.
    owner.batch_execute("BEGIN; SELECT FROM vault WHERE of_row = 'p-1/1' FOR UPDATE").await.unwrap();
    let third = ring(&[3, 2]);
    assert_eq!(turn(&ward, &third, 7).await, Rotation { rewrapped: 6, left: 1, ..Rotation::default() });
    owner.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(turn(&ward, &third, 7).await, Rotation { rewrapped: 1, ..Rotation::default() });
}
