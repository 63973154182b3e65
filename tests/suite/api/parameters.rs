//! What stands in a path or a query and cannot be: swept over every operation of the document.

use dianfu_ledger::Ledger;
use dianfu_ledger::account::{AccountCode, AccountFault, AccountNote, AccountType, Limits, NewAccount};
use dianfu_ledger::opening::AccountOutcome;
use reqwest::Method;
use serde_json::json;

use super::sweep::{Operation, operations};
use super::{Api, Reply};

/// Every operation behind the gate.
async fn guarded(api: &Api) -> Vec<Operation> {
    operations(api).await.into_iter().filter(|operation| operation.right.is_some()).collect()
}

async fn ask(api: &Api, method: &Method, path: &str) -> Reply {
    Reply::of(api.request(method.clone(), path).send().await.unwrap()).await
}

#[tokio::test]
async fn a_parameter_that_nobody_knows_is_refused_everywhere() {
    let api = Api::start().await;
    for Operation { method, path, .. } in guarded(&api).await {
        let reply = ask(&api, &method, &format!("{path}?dry~run=true")).await;
        let place = reply.problem(400, "parameter_invalid");
        assert_eq!((&place["pointer"], &place["actual"]), (&json!("/query/dry~0run"), &json!("dry~run")), "{path}");
        assert!(place["expected"].is_string(), "{reply:?}");
    }
}

#[tokio::test]
async fn the_character_nul_reaches_no_handler() {
    let api = Api::start().await;
    for Operation { method, template, path, parameters, .. } in guarded(&api).await {
        for name in parameters {
            let reply = ask(&api, &method, &format!("{path}?{name}=a%00b")).await;
            let place = reply.problem(400, "parameter_invalid");
            assert_eq!(place["pointer"], format!("/query/{name}"), "{template}");
        }
        let Some((start, _)) = template.split_once('{') else { continue };
        let rest = template.split_once('}').map_or("", |(_, rest)| rest).replace("{template_no}", "1");
        let reply = ask(&api, &method, &format!("{start}a%00b{rest}")).await;
        assert_eq!(reply.problem(400, "parameter_invalid")["pointer"], "/path", "{template}");
    }
}

#[tokio::test]
async fn the_character_nul_is_named_in_every_body() {
    let api = Api::start().await;
    let mut named = 0;
    for Operation { method, template, path, .. } in guarded(&api).await {
        // Entries are read one by one, and tell a NUL of each field by themselves.
        if method == Method::GET || template == "/v1/entries" {
            continue;
        }
        let request = api.request(method, &path).json(&json!({"a": ["b", {"c/d": "x\u{0}"}]}));
        let reply = Reply::of(request.send().await.unwrap()).await;
        // Files are no JSON.
        if reply.status != 415 && template != "/v1/rates/files" {
            assert_eq!(reply.problem(422, "text_has_nul")["pointer"], "/a/1/c~1d", "{template}");
            named += 1;
        }
    }
    assert!(named > 10, "{named}");
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
