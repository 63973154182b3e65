//! Several processes at once, all doing the same, or doing what only one of them may.

use super::fixture::{Desk, cash_through, file, import_through};
use futures_util::future::join_all;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_and_its_cash_told_by_many_at_once_count_once() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    let bytes = file("T1", "C1 - 900", "IR - 100");
    let ledgers = join_all((0..4).map(|_| Desk::open(&desk.test))).await;
    let told = ledgers.iter().map(|ledger| async {
        let cash = cash_through(ledger, &desk, "B1", "T1", 800).await.unwrap();
        let imported = import_through(ledger, &desk.insurer, bytes.as_bytes()).await.unwrap();
        (cash.replayed, imported.replayed)
    });
    let told = join_all(told).await;
    assert_eq!(told.iter().filter(|(cash, _)| !cash).count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|(_, file)| !file).count(), 1, "{told:?}");
    assert_eq!(desk.state("T1").await, "APPLIED");
    assert_eq!(desk.open_items().await, "1102 C1 100");
    assert_eq!(desk.count("entry").await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_due_is_paid_once_whoever_comes_first() {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    let ledgers = join_all((0..6).map(|_| Desk::open(&desk.test))).await;
    let applied = ledgers.iter().enumerate().map(|(index, ledger)| {
        let (trace, bank_reference) = (format!("T{index}"), format!("B{index}"));
        let (bytes, desk) = (file(&trace, "C1 - 300", ""), &desk);
        async move {
            cash_through(ledger, desk, &bank_reference, &trace, 300).await.unwrap();
            import_through(ledger, &desk.insurer, bytes.as_bytes()).await.unwrap();
        }
    });
    join_all(applied).await;
    // 6 x 300 came; 1000 were due; the rest is owed back.
    assert_eq!(desk.open_items().await, "2301 C1 -800");
}
