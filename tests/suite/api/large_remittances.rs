//! Remittance files that are large: taken in beside everything else, or refused with the way that is left.

use std::fmt::Write;

use dianfu_api::Limits;
use futures_util::future::join_all;
use reqwest::Method;

use super::{Api, Reply};
use crate::remittances::fixture::{Desk, file};

const X12: &str = "application/edi-x12";
const BY_STAFF: &str = "/v1/remittances?insurer=picc";
/// More than one statement adds.
const LINES: usize = 4_500;

/// A file of many lines of 1.00 each.
fn large(trace: &str) -> String {
    let one = "CLP*C1*1*1.00*1.00**12*~";
    let small = file(trace, "C1 - 100", "");
    assert!(small.contains(one) && small.contains("BPR*I*1.00*") && small.contains("SE*8*"), "{small}");
    let lines = (0..LINES).fold(String::new(), |mut lines, number| {
        write!(lines, "CLP*C{number}*1*1.00*1.00**12*~").unwrap();
        lines
    });
    let total = format!("BPR*I*{LINES}.00*");
    let segments = format!("SE*{}*", LINES + 7);
    small.replacen(one, &lines, 1).replacen("BPR*I*1.00*", &total, 1).replacen("SE*8*", &segments, 1)
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_with_the_limit_and_the_command_that_takes_it() {
    let desk = Desk::new().await;
    let api = Api::on(desk.test.database(), Limits::default()).await;
    let reply = api.post_text(BY_STAFF, X12, vec![b'~'; (10 << 20) + 1]).await;
    reply.problem(413, "body_too_large");
    let detail = reply.body["detail"].as_str().unwrap();
    assert!(detail.contains("10485760 bytes") && detail.contains("dianfu remittance import"), "{detail}");
}

#[tokio::test]
async fn a_body_that_is_compressed_is_refused_as_that() {
    let desk = Desk::new().await;
    let api = Api::on(desk.test.database(), Limits::default()).await;
    for (path, content_type) in
        [(BY_STAFF, X12), ("/v1/entries", "application/json"), ("/v1/accounts", "application/json")]
    {
        let request = api.request(Method::POST, path).header("content-type", content_type);
        let response = request.header("content-encoding", "gzip").body("\u{1f}compressed").send().await.unwrap();
        let reply = Reply::of(response).await;
        reply.problem(415, "content_encoding_unsupported");
        assert!(reply.body["detail"].as_str().unwrap().contains("gzip"), "{reply:?}");
    }
}

#[tokio::test]
async fn more_files_at_once_than_are_read_at_once_are_all_taken_in() {
    let desk = Desk::new().await;
    let api = Api::on(desk.test.database(), Limits::default()).await;
    let files: Vec<String> = (0..6).map(|number| large(&format!("T{number}"))).collect();
    let taken = join_all(files.iter().map(|bytes| api.post_text(BY_STAFF, X12, bytes.clone()))).await;
    assert!(taken.iter().all(|reply| reply.status == 201), "{taken:?}");
    assert_eq!(desk.count("remittance_line").await, i64::try_from(6 * LINES).unwrap());
    let again = api.post_text(BY_STAFF, X12, files[0].clone()).await;
    assert_eq!((again.status, &again.body["replayed"]), (200, &serde_json::json!(true)));
}
