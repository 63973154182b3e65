//! The OpenAPI document, as it is kept beside this file.

use std::fs;

use dianfu_tests::project_root;
use reqwest::Method;

use super::{Api, Reply};

const KEPT: &str = "tests/suite/openapi.json";

#[tokio::test]
async fn the_document_is_the_one_that_was_reviewed() {
    let api = Api::start().await;
    let served = Reply::of(api.bare(Method::GET, "/openapi.json").send().await.unwrap()).await;
    let served = serde_json::to_string_pretty(&served.body).unwrap() + "\n";
    let path = project_root().join(KEPT);
    if std::env::var_os("DIANFU_KEEP_DOCUMENT").is_some() {
        fs::write(&path, &served).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let difference = kept.lines().zip(served.lines()).position(|(kept, served)| kept != served);
    assert!(
        kept == served,
        "{KEPT} differs from line {} on. If that is meant, keep the new one and review it:\n\
         DIANFU_KEEP_DOCUMENT=1 cargo test -p dianfu-tests --test suite the_document_is",
        difference.map_or_else(|| kept.lines().count().min(served.lines().count()) + 1, |line| line + 1)
    );
}
