//! What went between us and an insurer, as operators see it over HTTP.

use std::time::Duration;

use dianfu_api::Limits;
use dianfu_api::auth::{Holder, Role};
use dianfu_claims::claim::State;
use dianfu_claims::ports::desk::work;
use jiff::ToSpan;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Reply, token, token_of};
use crate::claims::fixture::{now, party};
use crate::ports::{Scene, pay_all, pay_part, rule};

/// A served book with a claim whose insurer has decided once, and then otherwise under the same number.
async fn contradicted() -> (Scene, Api) {
    let scene = Scene::new(vec![rule("CLM-1", vec![pay_all(1), pay_part(1, 9_000)])]).await;
    scene.desk.bring("CLM-1", "p-1", State::Dispensed).await;
    for hours in [0, 0, 24] {
        work(&scene.desk.ledger, &scene.port, now() + hours.hours(), 100).await.unwrap();
    }
    let limits = Limits { work_every: Duration::from_hours(365 * 24), ..Limits::default() };
    let api = Api::on(scene.desk.test.database(), limits).await;
    (scene, api)
}

async fn get_as(api: &Api, token: &str, path: &str) -> Reply {
    Reply::of(api.bare(Method::GET, path).bearer_auth(token).send().await.unwrap()).await
}

#[tokio::test]
async fn an_operator_sees_what_went_and_what_cannot_be_followed() {
    let (_scene, api) = contradicted().await;
    let operator = token(&api.database, "lin", Role::Operator).await;
    let page = get_as(&api, &operator, "/v1/claims/CLM-1/exchanges").await.body;
    let exchanges = page["exchanges"].as_array().unwrap();
    let first = exchanges.last().unwrap();
    let shown = (&first["partner"], &first["attempt"], &first["outcome"]["outcome"]);
    assert_eq!((exchanges.len(), shown), (3, (&json!("picc"), &json!(1), &json!("answered"))), "{page}");
    assert_eq!(first["request"]["claim_no"], "CLM-1", "{page}");
    let newest = get_as(&api, &operator, "/v1/claims/CLM-1/exchanges?limit=1").await.body;
    let older = get_as(&api, &operator, &format!("/v1/claims/CLM-1/exchanges?before={}", newest["next"])).await.body;
    assert_eq!(older["exchanges"].as_array().map(Vec::len), Some(2), "{older}");
    let found = get_as(&api, &operator, "/v1/discrepancies?claim_no=CLM-1").await.body;
    assert_eq!(found["discrepancies"][0]["kind"], "contradicts", "{found}");
    assert_eq!(get_as(&api, &operator, "/v1/discrepancies?claim_no=CLM-9").await.body["discrepancies"], json!([]));
}

#[tokio::test]
async fn exchanges_are_for_the_platforms_people() {
    let (_scene, api) = contradicted().await;
    let insurer = token_of(&api.database, "own", Role::Insurer, Holder::Party(&party("picc"))).await;
    for path in ["/v1/claims/CLM-1/exchanges", "/v1/discrepancies"] {
        get_as(&api, &insurer, path).await.problem(403, "forbidden");
    }
    for (path, place) in [
        ("/v1/discrepancies?claim_no=a%20b", "/query/claim_no"),
        ("/v1/discrepancies?limit=0", "/query/limit"),
        ("/v1/claims/CLM-1/exchanges?before=x", "/query/before"),
    ] {
        assert_eq!(api.get(path).await.problem(400, "parameter_invalid")["pointer"], place, "{path}");
    }
    let unknown = api.get("/v1/claims/CLM-9/exchanges").await;
    assert_eq!(unknown.problem(404, "claim_unknown"), &Value::Null);
}
