//! Who may do what.

use dianfu_api::auth::{Holder, NewToken, Role, create_token, revoke_token};
use dianfu_ledger::book::{self, BookName};
use reqwest::Method;

use super::{Api, Reply, main_book, token};

async fn status_of(api: &Api, token: &str) -> u16 {
    api.bare(Method::GET, "/v1/entries").bearer_auth(token).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_token_ends_when_it_is_revoked_or_expires() {
    let api = Api::start().await;
    let revoked = token(&api.database, "lin", Role::Auditor).await;
    assert_eq!(status_of(&api, &revoked).await, 200);
    assert!(revoke_token(&api.database, &main_book(), "lin").await.unwrap());
    assert!(!revoke_token(&api.database, &main_book(), "lin").await.unwrap());
    assert_eq!(status_of(&api, &revoked).await, 401);

    let expired = token(&api.database, "lin", Role::Auditor).await;
    let owner = api.database.connect_owner().await.unwrap();
    let expire = "UPDATE book_main.access_token SET expires_at = now() WHERE name = 'lin' AND revoked_at IS NULL";
    assert_eq!(owner.execute(expire, &[]).await.unwrap(), 1);
    assert_eq!(status_of(&api, &expired).await, 401);
}

#[tokio::test]
async fn one_name_has_one_live_token() {
    let api = Api::start().await;
    let (role, holder) = (Role::Auditor, Holder::System);
    let new = NewToken { name: "admin", role, holder, expires_at: None, created_by: "test" };
    let error = create_token(&api.database, &main_book(), &new).await.unwrap_err();
    assert!(matches!(error, dianfu_api::Error::TokenNameTaken(name) if name == "admin"));
    for name in ["", &"x".repeat(195)] {
        let error = create_token(&api.database, &main_book(), &NewToken { name, ..new }).await.unwrap_err();
        assert!(matches!(error, dianfu_api::Error::TokenNameLength { .. }));
    }
    let unknown = BookName::parse("unknown").unwrap();
    assert!(create_token(&api.database, &unknown, &new).await.is_err());
}

#[tokio::test]
async fn a_token_opens_its_own_book_only() {
    let api = Api::with_accounts().await;
    let other = BookName::parse("other_2").unwrap();
    book::create(&api.database, &other).await.unwrap();
    let (role, holder) = (Role::Auditor, Holder::System);
    let new = NewToken { name: "admin", role, holder, expires_at: None, created_by: "test" };
    let token = create_token(&api.database, &other, &new).await.unwrap();
    let accounts = Reply::of(api.bare(Method::GET, "/v1/accounts").bearer_auth(&token).send().await.unwrap()).await;
    assert_eq!((accounts.status, accounts.body["accounts"].as_array().map(Vec::len)), (200, Some(0)));
    let moved = token.replace("dianfu_other_2_", "dianfu_main_");
    assert_eq!(status_of(&api, &moved).await, 401);
}

#[tokio::test]
async fn the_service_cannot_make_itself_a_way_in() {
    let api = Api::start().await;
    let service = api.database.connect_service("book_main").await.unwrap();
    for statement in [
        "INSERT INTO access_token SELECT * FROM access_token",
        "UPDATE access_token SET role = 'admin'",
        "DELETE FROM access_token",
        "INSERT INTO partner_key SELECT * FROM partner_key",
        "UPDATE partner_key SET revoked_at = NULL",
        "UPDATE operator_role SET role = 'admin'",
        "DELETE FROM operator_role",
        "UPDATE partner_nonce SET seen_at = now()",
    ] {
        let error = service.batch_execute(statement).await.unwrap_err();
        assert_eq!(error.code(), Some(&tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE), "{statement}");
    }
}

#[tokio::test]
async fn a_stored_token_is_no_token() {
    let api = Api::start().await;
    let owner = api.database.connect_owner().await.unwrap();
    let sql = "SELECT token_hash = sha256($1) AND t::text NOT LIKE '%' || $2 || '%' FROM book_main.access_token t";
    let secret = api.token.rsplit('_').next().unwrap();
    let is_hash_alone: bool = owner.query_one(sql, &[&api.token.as_bytes(), &secret]).await.unwrap().get(0);
    assert!(is_hash_alone);
}
