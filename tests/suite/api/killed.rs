//! The database server is killed in the middle of a request: the caller is told to come again, nothing is half done,
//! and the same request counts once. These servers keep what they acknowledge.

use dianfu_api::Limits;
use dianfu_ledger::db::Database;
use dianfu_ledger::money::Currency;
use dianfu_ledger::{Ledger, book};
use dianfu_settlement::chart::{insurer_accounts, platform_accounts};
use dianfu_settlement::number::PartyNo;
use dianfu_tests::DataFolder;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::partner::Signed;
use super::robustness::{HEAD, send_behind};
use super::{Api, Reply, entry, main_book, partner_key};
use crate::remittances::fixture::file;

/// A data folder, the cluster in it, and one of our servers on that.
async fn on_a_durable_cluster() -> (DataFolder, Api) {
    let folder = DataFolder::new();
    let database = Database::private(folder.path()).await.unwrap();
    book::create(&database, &main_book()).await.unwrap();
    let api = Api::on(&database, Limits::default()).await;
    (folder, api)
}

/// Sends a request that waits behind a lock, kills the database server under it, and answers what the caller is told.
async fn send_and_kill(api: &Api, lock: &str, request: RequestBuilder) -> Reply {
    let holder = api.database.connect_owner().await.unwrap();
    let sent = send_behind(api, &holder, lock, request).await;
    let server = api.database.cluster().unwrap().server_pid().unwrap();
    kill(Pid::from_raw(server), Signal::SIGKILL).unwrap();
    Reply::of(sent.await.unwrap()).await
}

/// What a server of ours says while its database is gone.
async fn assert_unavailable(api: &Api, told: &Reply) {
    told.problem(503, "unavailable");
    assert_eq!((&told.body["retryable"], told.header("retry-after")), (&json!(true), "1"));
    api.get("/health/ready").await.problem(503, "unavailable");
    api.get("/v1/accounts").await.problem(503, "unavailable");
    assert_eq!(api.get("/health/live").await.status, 200);
}

#[tokio::test]
async fn an_entry_under_way_is_not_half_done_and_counts_once() {
    let (folder, api) = on_a_durable_cluster().await;
    api.open_accounts().await;
    let many = json!([entry(1, "1002.a", "6001", "1.00"), entry(2, "1002.a", "6001", "2.00")]);
    let told = send_and_kill(&api, HEAD, api.request(Method::POST, "/v1/entries").json(&many)).await;
    assert_unavailable(&api, &told).await;

    let _back = Database::private(folder.path()).await.unwrap();
    assert_eq!(api.get("/health/ready").await.status, 200);
    assert_eq!(api.get("/v1/entries").await.body["entries"], json!([]));
    let statuses = async || {
        let outcomes = api.post("/v1/entries", &many).await.body;
        json!([outcomes[0]["status"], outcomes[1]["status"], outcomes[1]["sequence"]])
    };
    assert_eq!(statuses().await, json!(["posted", "posted", 2]));
    assert_eq!(statuses().await, json!(["replayed", "replayed", 2]));
    assert_eq!(api.get("/v1/accounts/6001/balance").await.body["balance"], "3.00");
}

#[tokio::test]
async fn a_remittance_under_way_is_not_half_done_and_counts_once() {
    let (folder, api) = on_a_durable_cluster().await;
    let picc = PartyNo::parse("picc").unwrap();
    let mut accounts = platform_accounts(Currency::USD);
    accounts.extend(insurer_accounts(&picc, Currency::USD));
    let ledger = Ledger::open(&api.database, &main_book()).await.unwrap();
    ledger.open_accounts(&accounts, "test").await.unwrap();
    ledger.close().await;
    let key = partner_key(&api.database, "picc").await;
    let bytes = file("T1", "C1 - 1000", "");
    // The file is stored by then, and the remittance is not.
    let lock = "LOCK TABLE book_main.remittance IN ACCESS EXCLUSIVE MODE";
    let told = send_and_kill(&api, lock, Signed::post(&key, "first", bytes.clone()).request(&api)).await;
    assert_unavailable(&api, &told).await;

    let _back = Database::private(folder.path()).await.unwrap();
    assert_eq!(api.get("/v1/remittances").await.body["remittances"], json!([]));
    let taken = Signed::post(&key, "second", bytes.clone()).send(&api).await;
    assert_eq!((taken.status, &taken.body["replayed"]), (201, &json!(false)), "{taken:?}");
    let again = Signed::post(&key, "third", bytes).send(&api).await;
    assert_eq!((again.status, &again.body["replayed"]), (200, &json!(true)), "{again:?}");
    assert_eq!(again.body["remittances"], taken.body["remittances"]);
    assert_eq!(api.get("/v1/remittances").await.body["remittances"].as_array().unwrap().len(), 1);
}
