//! Two people record a version at once; versions change while others post.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dianfu_ledger::Ledger;
use dianfu_ledger::book::BookName;
use dianfu_ledger::template_register::posting::Filling;
use dianfu_ledger::template_register::{TemplateOutcome, history};
use dianfu_ledger::{id, query};
use dianfu_tests::eventually;
use tokio::task::JoinSet;

use super::fixture::{ALICE, assert_clean, filling, receipt, record, request, word};
use crate::books::Book;

#[tokio::test]
async fn of_two_who_replace_one_version_one_is_told_that_the_other_was_faster() {
    let book = Book::new().await;
    let mut in_force = record(&book, &receipt(0)).await;
    for round in 1..=8 {
        let mut recording = JoinSet::new();
        for hand in 0..3 {
            let (ledger, template) = (book.ledger.clone(), receipt(10 * round + hand));
            recording
                .spawn(async move { ledger.record_template(&template, Some(in_force), ALICE, true).await.unwrap() });
        }
        let outcomes = recording.join_all().await;
        let recorded: Vec<i32> = outcomes
            .iter()
            .filter_map(|outcome| match outcome {
                TemplateOutcome::Recorded(template_no) => Some(*template_no),
                TemplateOutcome::Refused(fault) if fault.code() == "template_overtaken" => None,
                other => panic!("{other:?}"),
            })
            .collect();
        let [fastest] = recorded[..] else { panic!("{outcomes:?}") };
        in_force = fastest;
    }
    assert_clean(&book).await;
}

/// Two processes post by template, with and without naming a version, while a third person records versions. Every
/// entry is by the version that was in force when it was written, and posts what that version says.
#[tokio::test]
async fn versions_change_while_others_post() {
    let book = Book::new().await;
    record(&book, &receipt(0)).await;
    let other = Ledger::open(book.test.database(), &BookName::parse("main").unwrap()).await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let requests_posted = Arc::new(AtomicUsize::new(0));
    let mut posting = JoinSet::new();
    for (ledger, number) in [(book.ledger.clone(), 0), (other.clone(), 1), (book.ledger.clone(), 2)] {
        let (is_over, requests_posted) = (is_over.clone(), requests_posted.clone());
        posting.spawn(async move {
            let mut told = Vec::new();
            while !is_over.load(Ordering::Relaxed) || told.len() < 40 {
                let named = if number == 2 { told.last().copied().map(|(_, template_no)| template_no) } else { None };
                let by = Filling { template_no: named.flatten(), ..filling("100.00") };
                let ids: Vec<_> = (0..5).map(|_| id::fresh()).collect();
                let requests = ids.iter().map(|id| request(*id, by.clone())).collect();
                let words: Vec<_> = ledger.post_requests(requests).await.unwrap().iter().map(word).collect();
                requests_posted.fetch_add(1, Ordering::Relaxed);
                let client = ledger.client().await.unwrap();
                for (id, word) in ids.into_iter().zip(words) {
                    let found = query::entry(&**client, id).await.unwrap();
                    match word {
                        "posted" => told.push((id, found.unwrap().template.map(|by| by.template_no))),
                        // Only who insists on a version is told.
                        "template_not_in_force" if by.template_no.is_some() => {
                            assert_eq!(found, None);
                            told.push((id, None));
                        }
                        other => panic!("{other}"),
                    }
                }
            }
            told
        });
    }
    for percent in 1..=30 {
        record(&book, &receipt(percent)).await;
        if percent % 10 == 0 {
            let before = requests_posted.load(Ordering::Relaxed);
            let others_post = async || requests_posted.load(Ordering::Relaxed) > before + 3;
            eventually("others post", others_post).await;
        }
    }
    is_over.store(true, Ordering::Relaxed);
    let told: Vec<_> = posting.join_all().await.concat();
    let client = book.ledger.client().await.unwrap();
    let versions = history(&**client, "receipt").await.unwrap();
    let mut used = BTreeSet::new();
    for (id, template_no) in told {
        let Some(template_no) = template_no else { continue };
        used.insert(template_no);
        let percent = versions.iter().position(|version| version.template_no == template_no).unwrap();
        let percent = i64::try_from(percent).unwrap();
        let view = query::entry(&**client, id).await.unwrap().unwrap();
        let legs: Vec<i64> = view.postings.iter().map(|leg| leg.amount.minor).collect();
        let expected: Vec<i64> =
            [10_000 - 100 * percent, 100 * percent, -10_000].into_iter().filter(|minor| *minor != 0).collect();
        assert_eq!(legs, expected);
    }
    assert!(used.len() > 2, "the versions changed under the posting: {used:?}");
    drop(client);
    other.close().await;
    assert_clean(&book).await;
}
