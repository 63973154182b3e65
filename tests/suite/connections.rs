//! Which server is used, and what the sessions on it are like.

use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::{Database, DbError};
use dianfu_ledger::{Error, Ledger};
use dianfu_tests::{DataFolder, TestDatabase, test_database};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

async fn text(client: &Client, sql: &str) -> String {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_url_comes_before_the_data_folder() {
    let test = test_database().await;
    let folder = DataFolder::new();
    let database = Database::open(Some(&test.url()), folder.path()).await.unwrap();
    let client = database.connect_owner().await.unwrap();
    assert_eq!(
        text(&client, "SELECT current_database()").await,
        text(&test.database().connect_owner().await.unwrap(), "SELECT current_database()").await
    );
    assert!(database.cluster().is_none());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_bad_url_and_a_silent_server_are_told_apart() {
    let bad = Database::at_url("postgres://host:port/").unwrap_err();
    assert!(matches!(bad, DbError::BadUrl(_)), "{bad}");
    assert!(!bad.is_retryable());
    let folder = DataFolder::new();
    let silent = Database::at_url(&format!("host={} user=postgres", folder.path().display())).unwrap();
    let error = silent.connect_owner().await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(error.to_string(), format!("cannot connect to PostgreSQL at {}", folder.path().display()));
}

#[tokio::test]
async fn the_service_has_its_role_and_sees_one_book() {
    let test = test_database().await;
    let service = test.database().connect_service("book_main").await.unwrap();
    assert_eq!(text(&service, "SELECT current_user::text").await, "dianfu_service");
    assert_eq!(text(&service, "SHOW search_path").await, "\"book_main\"");
    assert_eq!(text(&service, "SHOW timezone").await, "UTC");
    assert_eq!(text(&service, "SHOW application_name").await, "dianfu");
    assert_eq!(text(&service, "SHOW idle_in_transaction_session_timeout").await, "1min");

    let refused = service.batch_execute("CREATE TABLE book_main.mine (one integer)").await.unwrap_err();
    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

#[tokio::test]
async fn a_pool_gives_service_sessions() {
    let test = test_database().await;
    let pool = test.database().service_pool("book_main", 2).unwrap();
    let (one, two) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    for client in [&one, &two] {
        assert_eq!(text(client, "SELECT current_user::text").await, "dianfu_service");
    }
    assert_eq!(pool.status().size, 2);
}

#[tokio::test]
async fn a_user_without_rights_is_told_what_an_administrator_must_run() {
    let test = test_database().await;
    let administrator = test.database().connect_owner().await.unwrap();
    administrator.batch_execute("CREATE ROLE plain LOGIN").await.unwrap();
    let plain = as_user(&test, "plain");

    let Err(DbError::MissingRight { statements, .. }) = plain.ensure_service_role().await else {
        panic!("a plain user cannot grant itself the service's role");
    };
    assert_eq!(statements, "CREATE ROLE dianfu_service NOLOGIN; GRANT dianfu_service TO plain;");
    let grant = statements.split_once("; ").unwrap().1;
    administrator.batch_execute(grant).await.unwrap();
    plain.ensure_service_role().await.unwrap();
    plain.connect_service("book_main").await.unwrap();
}

#[tokio::test]
async fn a_user_who_may_make_roles_grants_itself_the_service() {
    let test = test_database().await;
    let administrator = test.database().connect_owner().await.unwrap();
    administrator.batch_execute("CREATE ROLE role_maker LOGIN CREATEROLE").await.unwrap();
    let role_maker = as_user(&test, "role_maker");
    let (first, second) = tokio::join!(role_maker.ensure_service_role(), role_maker.ensure_service_role());
    first.unwrap();
    second.unwrap();
    role_maker.connect_service("book_main").await.unwrap();
}

fn as_user(test: &TestDatabase, user: &str) -> Database {
    Database::at_url(&test.url().replace("user=postgres", &format!("user={user}"))).unwrap()
}

#[tokio::test]
async fn a_book_that_is_half_made_is_not_opened_and_can_be_finished() {
    let test = test_database().await;
    let owner = test.database().connect_owner().await.unwrap();
    let name = BookName::parse("main").unwrap();
    let undone = "
        SET search_path = book_main;
        DELETE FROM refinery_schema_history WHERE version = 13;
        DROP INDEX claim_taken_in_idx, claim_insurer_taken_in_idx, claim_pharmacy_taken_in_idx,
            claim_patient_taken_in_idx, claim_at_work_idx, claim_shortfall_idx;
        ALTER TABLE access_token DROP CONSTRAINT access_token_operator_fkey;
        DROP TABLE operator_act, operator_role, operator;
        DROP FUNCTION only_ends_sooner, two_people";
    owner.batch_execute(undone).await.unwrap();
    let error = Ledger::open(test.database(), &name).await.err().unwrap();
    assert!(matches!(error, Error::BookVersion { expected: 13, actual: ..13, .. }), "{error}");
    assert!(error.to_string().contains("dianfu book create main"), "{error}");
    assert!(!book::create(test.database(), &name).await.unwrap());
    Ledger::open(test.database(), &name).await.unwrap().close().await;

    let newer = "INSERT INTO book_main.refinery_schema_history
                 SELECT 14, 'later', applied_on, checksum FROM book_main.refinery_schema_history WHERE version = 13";
    owner.batch_execute(newer).await.unwrap();
    let error = Ledger::open(test.database(), &name).await.err().unwrap();
    assert!(error.to_string().contains("newer program"), "{error}");
}
