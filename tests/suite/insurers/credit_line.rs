//! The credit line is exact over what is committed, advanced, due and disputed, under any concurrency, and is changed
//! by two people.

use dianfu_claims::insurer::exposure::{Exposure, exposure};
use dianfu_claims::insurer::proposal::Act;
use dianfu_ledger::Ledger;
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::limit_group;
use dianfu_settlement::number::PartyNo;
use dianfu_tests::journal::assert_verifies;
use tokio::task::JoinSet;

use super::fixture::{CHECKER, LINE, MAKER, ON, Office, cpic, entry, now, told, word};

async fn used(office: &Office) -> Exposure {
    exposure(&**office.client().await, &[cpic()]).await.unwrap().remove(0)
}

/// What each of these processes posts, one entry a request; the words of the answers.
async fn at_once(office: &Office, works: Vec<Vec<NewEntry>>) -> Vec<&'static str> {
    let mut racers = JoinSet::new();
    for entries in works {
        let ledger: Ledger = Office::open(&office.test).await;
        racers.spawn(async move {
            let mut words = Vec::new();
            for entry in entries {
                words.push(word(&ledger.post(vec![entry]).await.unwrap()[0]));
            }
            words
        });
    }
    racers.join_all().await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_accounts_and_holds_share_one_line_to_the_minor_unit() {
    let office = Office::new().await;
    let minor = 30_000;
    let work = |worker: usize| {
        let of = |number: usize| {
            let item = format!("C-{worker}-{number}");
            match number % 4 {
                0 => entry(EntryKind::Hold, "1101.cpic", minor, &item),
                1 => entry(EntryKind::Post, "1101.cpic", minor, &item),
                2 => entry(EntryKind::Post, "1102.cpic", minor, &item),
                _ => entry(EntryKind::Post, "1109.cpic", minor, &item),
            }
        };
        (0..16).map(of).collect()
    };
    let words = at_once(&office, (0..4).map(work).collect()).await;
    let posted = words.iter().filter(|word| **word == "posted").count();
    assert_eq!(posted, usize::try_from(LINE / minor).unwrap());
    assert!(words.iter().all(|word| ["posted", "group_above_maximum"].contains(word)), "{words:?}");

    let exposure = used(&office).await;
    let all = exposure.committed_minor + exposure.advanced_minor + exposure.due_minor + exposure.disputed_minor;
    assert_eq!((all, exposure.headroom_minor, exposure.limit_minor), (990_000, Some(10_000), Some(LINE)));
    assert_eq!(exposure.oldest_on, Some(ON));
    let last = at_once(
        &office,
        vec![vec![
            entry(EntryKind::Hold, "1101.cpic", 10_001, "C-more"),
            entry(EntryKind::Hold, "1101.cpic", 10_000, "C-last"),
            entry(EntryKind::Post, "1109.cpic", 1, "C-fen"),
        ]],
    );
    assert_eq!(last.await, ["group_above_maximum", "posted", "group_above_maximum"]);
    assert_verifies(office.test.database()).await;
}

#[tokio::test]
async fn a_decision_moves_money_inside_the_line() {
    let office = Office::new().await;
    let post = async |account: &str, minor: i64| {
        let outcomes = office.ledger.post(vec![entry(EntryKind::Post, account, minor, "C-1")]).await.unwrap();
        word(&outcomes[0])
    };
    assert_eq!(post("1101.cpic", LINE).await, "posted");
    let mut moved = entry(EntryKind::Post, "1102.cpic", LINE, "C-1");
    moved.postings[1] = entry(EntryKind::Post, "1101.cpic", -LINE, "C-1").postings.remove(0);
    assert_eq!(word(&office.ledger.post(vec![moved]).await.unwrap()[0]), "posted");
    assert_eq!(post("1101.cpic", 1).await, "group_above_maximum");
    assert_eq!(post("1102.cpic", -1).await, "posted");
    assert_eq!(post("1101.cpic", 1).await, "posted");
}

#[tokio::test]
async fn two_people_change_the_line_and_the_ledger_keeps_both() {
    let office = Office::new().await;
    let post = async |minor: i64| {
        let outcomes = office.ledger.post(vec![entry(EntryKind::Post, "1101.cpic", minor, "C-1")]).await.unwrap();
        word(&outcomes[0])
    };
    assert_eq!((post(LINE).await, post(1).await), ("posted", "group_above_maximum"));
    let proposal_no = office.propose(&Act::CreditLine { max_minor: LINE + 1 }, now()).await.unwrap();
    assert_eq!(post(1).await, "group_above_maximum");
    assert!(told(office.approve(proposal_no, MAKER, now()).await).starts_with("same_person: "));
    office.approve(proposal_no, CHECKER, now()).await.unwrap();
    assert_eq!((post(1).await, post(1).await), ("posted", "group_above_maximum"));
    // Lowered below what is used it stops new use and breaks nothing.
    office.agree(&Act::CreditLine { max_minor: 10 }).await;
    assert_eq!((post(1).await, post(-1).await), ("group_above_maximum", "posted"));
    assert_eq!(used(&office).await.headroom_minor, Some(10 - LINE));

    let client = office.client().await;
    let history = limit_group::history(&**client, "credit.cpic").await.unwrap();
    let lines: Vec<_> = history.iter().map(|view| (view.group.limits.max_minor, view.actor.as_str())).collect();
    assert_eq!(lines, [(Some(LINE), MAKER), (Some(LINE + 1), CHECKER), (Some(10), CHECKER)]);
    let proposed = "SELECT array_agg(proposed_by ORDER BY register_no) FROM register WHERE name = 'credit.cpic'";
    let proposed: Vec<Option<String>> = client.query_one(proposed, &[]).await.unwrap().get(0);
    assert_eq!(proposed, [None, Some(MAKER.to_owned()), Some(MAKER.to_owned())]);
}

#[tokio::test]
async fn an_insurer_without_accounts_has_no_exposure() {
    let office = Office::new().await;
    let both = [PartyNo::parse("nobody").unwrap(), cpic()];
    let found = exposure(&**office.client().await, &both).await.unwrap();
    assert_eq!(found.len(), 1);
    let nothing = Exposure {
        insurer: cpic(),
        limit_minor: Some(LINE),
        committed_minor: 0,
        advanced_minor: 0,
        due_minor: 0,
        disputed_minor: 0,
        headroom_minor: Some(LINE),
        oldest_on: None,
    };
    assert_eq!(found[0], nothing);
}
