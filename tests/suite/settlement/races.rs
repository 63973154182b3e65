//! Many at once: a debt is set off once, to the fen, whoever releases and whatever is posted meanwhile.

use dianfu_settlement::batch::Pays;
use tokio::task::JoinSet;

use super::fixture::{Desk, post, release};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_batches_over_the_same_orders_and_debts_one_is_released() {
    for _ in 0..3 {
        let desk = Desk::new().await;
        desk.owe("2101.red-cross", "C-1", 500, 400).await;
        desk.owe("2101.red-cross", "C-2", 300, 0).await;
        desk.owed_by("red-cross", "C-0", 600).await;
        let mut racers = JoinSet::new();
        for batch_no in ["B-1", "B-2"] {
            desk.propose(batch_no, Pays::Pharmacies).await;
            let total = desk.preview(batch_no).await.control_total();
            let ledger = Desk::open(&desk.test).await;
            racers.spawn(async move { release(&ledger, batch_no, total).await });
        }
        let answers = racers.join_all().await;
        let codes: Vec<_> =
            answers.iter().filter_map(|answer| answer.as_ref().err()).map(dianfu_settlement::Refusal::code).collect();
        assert_eq!(codes, ["nothing_due"]);
        let payouts: Vec<_> = answers.into_iter().flatten().flatten().collect();
        assert_eq!((payouts.len(), payouts[0].net_minor()), (1, 200));
        assert_eq!((desk.open_items("2101").await.as_str(), desk.open_items("1301").await.as_str()), ("", ""));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn debts_that_are_posted_while_batches_are_released_are_set_off_once() {
    let desk = Desk::new().await;
    for order in 0..6 {
        desk.owe("2101.red-cross", &format!("C-{order}"), 100, 50).await;
    }
    for batch in 0..3 {
        desk.propose(&format!("B-{batch}"), Pays::Pharmacies).await;
    }
    let mut racers = JoinSet::new();
    let poster = Desk::open(&desk.test).await;
    racers.spawn(async move {
        for debt in 0..20 {
            let item = format!("D-{debt}");
            post(&poster, &[("1301.red-cross", Some(&item), 20), ("5102", None, -20)]).await;
        }
    });
    for batch in 0..3 {
        let mut client = desk.ledger.client().await.unwrap();
        let ledger = Desk::open(&desk.test).await;
        racers.spawn(async move {
            let batch_no = format!("B-{batch}");
            let number = dianfu_settlement::number::BatchNo::parse(&batch_no).unwrap();
            loop {
                let plan = dianfu_settlement::preview(&mut client, &number).await.unwrap().unwrap();
                match release(&ledger, &batch_no, plan.control_total()).await {
                    Err(refusal) if refusal.code() == "control_total_differs" => {}
                    _ => break,
                }
            }
        });
    }
    racers.join_all().await;
    let sum =
        async |sql: &str| -> i64 { desk.ledger.client().await.unwrap().query_one(sql, &[]).await.unwrap().get(0) };
    let netted = sum("SELECT COALESCE(sum(amount_minor), 0)::bigint FROM payout_netting").await;
    let paid = sum("SELECT COALESCE(sum(gross_minor), 0)::bigint FROM payout").await;
    let owed = sum("SELECT sum(amount_minor)::bigint FROM posting JOIN account USING (account_no)
                    WHERE code = '1301.red-cross'")
    .await;
    assert_eq!((netted + paid, owed), (600, 400 - netted));
    let covered = "SELECT (SELECT COALESCE(sum(advance_minor), 0) FROM payout_netting)::bigint
                        + (SELECT COALESCE(sum(advance_minor), 0) FROM payout_item)::bigint";
    assert_eq!(sum(covered).await, 300, "each advance is covered once");
    assert_eq!(desk.open_items("2101").await, "");
}
