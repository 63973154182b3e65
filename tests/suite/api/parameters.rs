//! What stands in a path or a query and cannot be: swept over every operation of the document.

use dianfu_api::auth::Role;
use dianfu_ledger::Ledger;
use dianfu_ledger::account::{AccountCode, AccountFault, AccountNote, AccountType, Limits, NewAccount};
use dianfu_ledger::opening::AccountOutcome;
use reqwest::RequestBuilder;
use serde_json::json;

use super::claims::Clinic;
use super::sweep::{Operation, may, operations};
use super::{Api, Reply};

/// A token of every role.
struct Everybody {
    clinic: Clinic,
    tokens: Vec<(Role, String)>,
}

impl Everybody {
    async fn new() -> Everybody {
        let clinic = Clinic::new().await;
        let mut tokens = Vec::new();
        for role in Role::ALL {
            tokens.push((role, clinic.token("asked", role).await));
        }
        Everybody { clinic, tokens }
    }

    /// Every operation behind the gate.
    async fn guarded(&self) -> Vec<Operation> {
        operations(&self.clinic.api).await.into_iter().filter(|operation| operation.right.is_some()).collect()
    }

    /// A request of somebody who may do it.
    fn request(&self, operation: &Operation, path: &str) -> RequestBuilder {
        let right = operation.right.as_deref().unwrap();
        let (_, token) = self.tokens.iter().find(|(role, _)| may(*role, right)).unwrap();
        self.clinic.api.bare(operation.method.clone(), path).bearer_auth(token)
    }

    async fn ask(&self, operation: &Operation, path: &str) -> Reply {
        Reply::of(self.request(operation, path).send().await.unwrap()).await
    }
}

/// The path with something else in the place of its first parameter; `None` if it has none.
fn with_first(operation: &Operation, given: &str) -> Option<String> {
    let at = operation.template.split('/').position(|part| part.starts_with('{'))?;
    let parts = operation.path.split('/').enumerate().map(|(index, part)| if index == at { given } else { part });
    Some(parts.collect::<Vec<_>>().join("/"))
}

#[tokio::test]
async fn a_parameter_that_nobody_knows_is_refused_everywhere() {
    let everybody = Everybody::new().await;
    for operation in everybody.guarded().await {
        let path = &operation.path;
        let reply = everybody.ask(&operation, &format!("{path}?dry~run=true")).await;
        let place = reply.problem(400, "parameter_invalid");
        assert_eq!((&place["pointer"], &place["actual"]), (&json!("/query/dry~0run"), &json!("dry~run")), "{path}");
        assert!(place["expected"].is_string(), "{reply:?}");
    }
}

#[tokio::test]
async fn the_character_nul_reaches_no_handler() {
    let everybody = Everybody::new().await;
    for operation in everybody.guarded().await {
        let Operation { template, path, .. } = &operation;
        for name in &operation.parameters {
            let reply = everybody.ask(&operation, &format!("{path}?{name}=a%00b")).await;
            let place = reply.problem(400, "parameter_invalid");
            assert_eq!(place["pointer"], format!("/query/{name}"), "{template}");
        }
        let Some(path) = with_first(&operation, "a%00b") else { continue };
        let reply = everybody.ask(&operation, &path).await;
        assert_eq!(reply.problem(400, "parameter_invalid")["pointer"], "/path", "{template}");
    }
}

#[tokio::test]
async fn the_character_nul_is_named_in_every_body() {
    let everybody = Everybody::new().await;
    let mut named = 0;
    for operation in everybody.guarded().await {
        let Operation { template, path, has_body, .. } = &operation;
        // Entries are read one by one, and tell a NUL of each field by themselves.
        // Documents are no JSON, and their queries are read first.
        let is_document = template.ends_with("documents/{id}");
        if !has_body || is_document || template == "/v1/entries" {
            continue;
        }
        let request = everybody.request(&operation, path).json(&json!({"a": ["b", {"c/d": "x\u{0}"}]}));
        let reply = Reply::of(request.send().await.unwrap()).await;
        // Files are no JSON.
        if reply.status != 415 && template != "/v1/rates/files" {
            assert_eq!(reply.problem(422, "text_has_nul")["pointer"], "/a/1/c~1d", "{template}");
            named += 1;
        }
    }
    assert!(named > 30, "{named}");
}

#[tokio::test]
async fn a_parent_that_is_no_code_is_refused() {
    let api = Api::with_accounts().await;
    let account = json!({"code": "1003", "name": "x", "currency": "CNY", "type": "asset", "parent": "10/"});
    let place = api.post("/v1/accounts", &account).await;
    assert_eq!(place.problem(422, "parent_malformed")["pointer"], "/parent");
    let change = json!({"parent": "10/", "reason": "x"});
    let place = api.patch("/v1/accounts/1002.a", &change).await;
    assert_eq!(place.problem(422, "parent_malformed")["pointer"], "/parent");
    // The library has no interface before it that refuses what no database can be asked about.
    let ledger = Ledger::open(&api.database, &super::main_book()).await.unwrap();
    let account = NewAccount {
        code: AccountCode::parse("1003").unwrap(),
        name: "x".to_owned(),
        account_type: AccountType::Asset,
        currency: "CNY".parse().unwrap(),
        normal_side: AccountType::Asset.normal_side(),
        open_item: false,
        limits: Limits::default(),
        note: AccountNote { parent: Some("10\0".to_owned()), metadata: None },
    };
    let opened = ledger.open_accounts(&[account], "test").await.unwrap();
    assert!(matches!(&opened[..], [AccountOutcome::Refused(AccountFault::ParentMalformed)]), "{opened:?}");
}
