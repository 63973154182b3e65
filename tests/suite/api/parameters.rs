//! What stands in a path or a query and cannot be: swept over every operation of the document.

use reqwest::Method;
use serde_json::json;

use super::access::{Operation, operations};
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
async fn a_parent_that_is_no_code_is_refused() {
    let api = Api::with_accounts().await;
    let account = json!({"code": "1003", "name": "x", "currency": "CNY", "type": "asset", "parent": "10\u{0}"});
    let place = api.post("/v1/accounts", &account).await;
    assert_eq!(place.problem(422, "parent_malformed")["pointer"], "/parent");
    let change = json!({"parent": "10\u{0}", "reason": "x"});
    let place = api.patch("/v1/accounts/1002.a", &change).await;
    assert_eq!(place.problem(422, "parent_malformed")["pointer"], "/parent");
}
