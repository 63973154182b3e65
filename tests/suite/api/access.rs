//! Who may do what. The sweeps are made from the document, so that a new route is swept without being listed here.

use dianfu_api::auth::{NewToken, Role, create_token, revoke_token};
use dianfu_ledger::book::{self, BookName};
use reqwest::Method;
use serde_json::Value;

use super::{Api, Reply, main_book, token};

/// Paths that answer everybody.
const OPEN_TO_ALL: [&str; 2] = ["/health/live", "/health/ready"];

/// One operation of the document, with a path that can be asked for.
pub struct Operation {
    pub method: Method,
    pub template: String,
    pub path: String,
    /// The names of what its query may have.
    pub parameters: Vec<String>,
    pub right: Option<String>,
}

fn parameters(operation: &Value) -> Vec<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let in_query = parameters.filter(|parameter| parameter["in"] == "query");
    in_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}

pub async fn operations(api: &Api) -> Vec<Operation> {
    let document = Reply::of(api.bare(Method::GET, "/openapi.json").send().await.unwrap()).await.body;
    let mut operations = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = super::id(1);
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                template: template.clone(),
                path: template
                    .replace("{code}", "1002.a")
                    .replace("{id}", &id)
                    .replace("{name}", "line")
                    .replace("{proposal}", "1")
                    .replace("{template_no}", "1"),
                parameters: parameters(operation),
                right: operation["security"][0]["staff_token"][0].as_str().map(str::to_owned),
            });
        }
    }
    assert!(operations.len() >= 12, "the document lists {} operations", operations.len());
    assert!(operations.iter().all(|operation| !operation.path.contains('{')), "a path has a new parameter");
    operations
}

#[tokio::test]
async fn nobody_comes_in_without_credentials() {
    let api = Api::start().await;
    let wrong = format!("dianfu_main_{}", "x".repeat(43));
    let elsewhere = format!("dianfu_elsewhere_{}", "x".repeat(43));
    for Operation { method, template, path, right, .. } in operations(&api).await {
        let reply = Reply::of(api.bare(method.clone(), &path).send().await.unwrap()).await;
        if OPEN_TO_ALL.contains(&template.as_str()) {
            assert_eq!((reply.status, right), (200, None), "{method} {template}");
            continue;
        }
        assert!(right.is_some(), "{method} {template} says no right in the document");
        reply.problem(401, "unauthenticated");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"dianfu\"");
        for token in [&wrong, &elsewhere, "", "x"] {
            let reply = Reply::of(api.bare(method.clone(), &path).bearer_auth(token).send().await.unwrap()).await;
            reply.problem(401, "token_invalid");
        }
    }
}

#[tokio::test]
async fn a_role_may_do_what_the_document_says_and_nothing_else() {
    let api = Api::start().await;
    let operations = operations(&api).await;
    for role in Role::ALL {
        let token = token(&api.database, &format!("swept {}", role.word()), role).await;
        for Operation { method, template, path, right, .. } in &operations {
            let Some(right) = right else { continue };
            let reply = Reply::of(api.bare(method.clone(), path).bearer_auth(&token).send().await.unwrap()).await;
            if may(role, right) {
                assert!(![401, 403].contains(&reply.status), "{role:?} {method} {template}: {reply:?}");
            } else {
                reply.problem(403, "forbidden");
            }
        }
    }
}

/// What each role is for, written down a second time.
fn may(role: Role, right: &str) -> bool {
    let rights: &[&str] = match role {
        Role::Admin => &[
            "post_entries",
            "read_ledger",
            "open_accounts",
            "import_remittances",
            "adjust_periods",
            "close_periods",
            "move_cursors",
            "set_rates",
        ],
        Role::Controller => &[
            "post_entries",
            "read_ledger",
            "open_accounts",
            "adjust_periods",
            "close_periods",
            "move_cursors",
            "set_rates",
        ],
        Role::Finance => &["post_entries", "read_ledger", "import_remittances", "move_cursors", "set_rates"],
        Role::Auditor => &["read_ledger"],
        Role::Poster => &["post_entries"],
    };
    rights.contains(&right)
}

#[tokio::test]
async fn every_right_is_kept_from_some_role() {
    let api = Api::start().await;
    for Operation { template, right, .. } in operations(&api).await {
        let refused = |right: &str| Role::ALL.into_iter().any(|role| !may(role, right));
        assert!(right.is_none_or(|right| refused(&right)), "{template} is refused to nobody");
    }
}

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
    let new = NewToken { name: "admin", role: Role::Auditor, expires_at: None, created_by: "test" };
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
    let new = NewToken { name: "admin", role: Role::Admin, expires_at: None, created_by: "test" };
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
