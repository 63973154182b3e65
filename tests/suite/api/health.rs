//! What holds for every request, and the probes.

use reqwest::Method;

use super::{Api, Reply};

#[tokio::test]
async fn a_healthy_server_says_so_to_everybody() {
    let api = Api::start().await;
    for (path, status) in [("/health/live", "alive"), ("/health/ready", "ready")] {
        let reply = Reply::of(api.bare(Method::GET, path).send().await.unwrap()).await;
        assert_eq!((reply.status, reply.body["status"].as_str()), (200, Some(status)));
    }
}

#[tokio::test]
async fn a_request_keeps_its_id_or_gets_one() {
    let api = Api::start().await;
    let ask = async |id: &str| {
        let request = api.request(Method::GET, "/v1/entries").header("x-request-id", id);
        Reply::of(request.send().await.unwrap()).await
    };
    assert_eq!(ask("order-17/2").await.header("x-request-id"), "order-17/2");
    let fresh = ask("two words").await;
    assert_eq!(fresh.header("x-request-id").len(), 36);
    let refused = api.request(Method::GET, "/v1/nothing").header("x-request-id", "order-18");
    let refused = Reply::of(refused.send().await.unwrap()).await;
    assert_eq!(refused.body["request_id"], "order-18");
    assert_eq!(refused.body["instance"], "/v1/nothing");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let api = Api::start().await;
    for path in ["/", "/v1", "/v1/entries/", "/v2/entries", "/health", "/docs/nothing.js"] {
        api.get(path).await.problem(404, "path_unknown");
    }
    let wrong_method = Reply::of(api.request(Method::DELETE, "/v1/entries").send().await.unwrap()).await;
    wrong_method.problem(405, "method_not_allowed");
    assert_eq!(wrong_method.header("allow"), "POST,GET,HEAD");
}

#[tokio::test]
async fn the_page_is_served_from_the_binary() {
    let api = Api::start().await;
    let page = Reply::of(api.bare(Method::GET, "/docs/").send().await.unwrap()).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    let page = page.body.as_str().unwrap();
    for script in ["swagger-ui-bundle.js", "swagger-ui-standalone-preset.js", "swagger-initializer.js"] {
        assert!(page.contains(&format!("src=\"./{script}\"")), "{page}");
        let served = api.bare(Method::GET, &format!("/docs/{script}")).send().await.unwrap();
        assert_eq!(served.status().as_u16(), 200, "{script}");
    }
    assert!(!page.contains("://"), "the page asks another server: {page}");
    let settings = Reply::of(api.bare(Method::GET, "/docs/swagger-initializer.js").send().await.unwrap()).await.body;
    let settings = settings.as_str().unwrap();
    assert!(
        settings.contains(r#""url": "/openapi.json""#) && settings.contains(r#""validatorUrl": "none""#),
        "{settings}"
    );
    assert!(!settings.contains("://"), "the page asks another server: {settings}");
}
