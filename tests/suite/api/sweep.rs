//! Every role over every route.
//!
//! The sweeps are made from the document, so that a new route is swept without being listed here: without credentials
//! it answers 401, without the right 403, and what is another party's is not there, 404.

use dianfu_api::auth::Role;
use reqwest::Method;
use serde_json::Value;

use super::claims::Clinic;
use super::{Api, Reply};

/// Paths that answer everybody.
const OPEN_TO_ALL: [&str; 2] = ["/health/live", "/health/ready"];

/// One operation of the document, with a path that can be asked for.
pub struct Operation {
    pub method: Method,
    pub template: String,
    pub path: String,
    /// The names of what its query may have.
    pub parameters: Vec<String>,
    /// Whether it reads a body.
    pub has_body: bool,
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
                    .replace("{operator}", "admin")
                    .replace("{claim_no}", "CLM-1")
                    .replace("{queue}", "to_review")
                    .replace("{proposal}", "1")
                    .replace("{insurer}", "picc")
                    .replace("{item}", "licence")
                    .replace("{paper}", "1")
                    .replace("{verify_no}", "V-1")
                    .replace("{policy}", "POL-p-1")
                    .replace("{dispute}", "D-1")
                    .replace("{kind}", "first")
                    .replace("{round}", "1")
                    .replace("{patient}", "p-1")
                    .replace("{version}", "1")
                    .replace("{digest}", &"07".repeat(32))
                    .replace("{template_no}", "1"),
                parameters: parameters(operation),
                has_body: operation["requestBody"].is_object(),
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
    let clinic = Clinic::new().await;
    let api = &clinic.api;
    let operations = operations(api).await;
    for role in Role::ALL {
        let token = clinic.token("swept", role).await;
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

/// CLM-1 is of the parties that `Clinic::token` makes tokens for, CLM-2 of others.
#[tokio::test]
async fn what_is_another_partys_is_not_there() {
    let clinic = Clinic::new().await;
    let api = &clinic.api;
    let operations = operations(api).await;
    let of_claims: Vec<&Operation> =
        operations.iter().filter(|operation| operation.template.contains("{claim_no}")).collect();
    assert!(!of_claims.is_empty(), "no route is about a claim");
    for role in [Role::Insurer, Role::Pharmacy, Role::Patient] {
        let token = clinic.token("outside", role).await;
        let ask = async |method: &Method, path: &str| {
            Reply::of(api.bare(method.clone(), path).bearer_auth(&token).send().await.unwrap()).await
        };
        for Operation { method, template, path, right, .. } in &of_claims {
            if !right.as_deref().is_some_and(|right| may(role, right)) {
                continue;
            }
            let own = ask(method, path).await;
            assert_ne!(own.status, 404, "{role:?} {method} {template}: {own:?}");
            for elsewhere in ["CLM-2", "CLM-9"] {
                let reply = ask(method, &path.replace("CLM-1", elsewhere)).await;
                assert!(![200, 201, 202, 204].contains(&reply.status), "{role:?} {method} {template}: {reply:?}");
                if *method == Method::GET {
                    reply.problem(404, "claim_unknown");
                }
            }
        }
    }
}

/// What each role is for, written down a second time.
pub fn may(role: Role, right: &str) -> bool {
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
            "read_claims",
            "read_queues",
            "manage_operators",
            "read_acts",
            "manage_insurers",
            "manage_rules",
        ],
        Role::Controller => &[
            "post_entries",
            "read_ledger",
            "open_accounts",
            "adjust_periods",
            "close_periods",
            "move_cursors",
            "set_rates",
            "read_claims",
            "read_queues",
            "read_acts",
        ],
        Role::Finance => &[
            "post_entries",
            "read_ledger",
            "import_remittances",
            "move_cursors",
            "set_rates",
            "read_claims",
            "read_queues",
            "handle_money",
        ],
        Role::Auditor => &["read_ledger", "read_claims", "read_queues", "read_acts"],
        Role::Poster => &["post_entries"],
        Role::Reviewer => &["read_claims", "read_queues", "read_patients", "review_claims"],
        Role::Approver => &[
            "read_ledger",
            "read_claims",
            "read_queues",
            "read_patients",
            "read_acts",
            "approve_claims",
            "check_money",
            "approve_insurers",
            "approve_rules",
        ],
        Role::Operator => &["read_claims", "read_queues", "read_patients", "take_in_claims"],
        Role::Insurer => &["read_claims", "insurer_desk"],
        Role::Pharmacy => &["read_claims", "pharmacy_desk"],
        Role::Patient => &["read_claims", "patient_desk"],
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
