//! An insurer's statement ties to the ledger to the fen, whatever moved.

use dianfu_claims::claim::State;
use dianfu_claims::insurer::prefund::{Deposit, deposit};
use dianfu_claims::insurer::statement::{InsurerStatement, statement};
use dianfu_ledger::query::{Moment, balance};
use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::claims::fixture::{ADVANCE, Desk, ON, WIDE, party};

async fn of_picc(desk: &Desk, days: (Date, Date), known_at: Option<Timestamp>) -> InsurerStatement {
    let client = desk.ledger.client().await.unwrap();
    statement(&**client, &party("picc"), days, known_at).await.unwrap()
}

/// `account opening closing: movement amount, …`
fn shown(statement: &InsurerStatement) -> Vec<String> {
    let accounts = statement.accounts.iter().map(|account| {
        let movements = account.movements();
        let movements: Vec<String> =
            movements.iter().map(|(movement, minor)| format!("{movement:?} {minor}")).collect();
        let (opening, closing) = (account.opening_minor, account.closing_minor);
        format!("{} {opening} {closing}: {}", account.account, movements.join(", "))
    });
    accounts.collect()
}

#[tokio::test]
async fn every_account_is_there_with_what_moved_by_claim() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    desk.bring("C-2", "p-2", State::Dispensed).await;
    desk.bring("C-3", "p-3", State::PreApproved).await; // held, and so on no statement
    let paid = [("1002.settlement", None, 1_000_000), ("1102.picc", Some("C-1"), -1_000_000)];
    desk.move_money(&paid).await;
    let (insurer, bank) = (party("picc"), party("settlement"));
    let paid_in = Deposit { insurer, bank, bank_reference: "BANK-1".to_owned(), amount_minor: 700, on: ON };
    let mut client = desk.ledger.client().await.unwrap();
    deposit(&desk.ledger, &mut client, &paid_in, "tester").await.unwrap().unwrap();

    let march = of_picc(&desk, (date(2026, 3, 1), date(2026, 3, 31)), None).await;
    assert_eq!(
        shown(&march),
        [
            format!("1101.picc 0 {ADVANCE}: Advanced {}, Approved {}", 2 * ADVANCE, -ADVANCE),
            "1102.picc 0 400000: Approved 1400000, Other -1000000".to_owned(),
            "1103.picc 0 0: ".to_owned(),
            "1109.picc 0 120000: Shortfall 120000".to_owned(),
            "2301.picc 0 0: ".to_owned(),
            "2302.picc 0 -700: Deposited -700".to_owned(),
        ]
    );
    let lines = &march.accounts[0].lines;
    let items: Vec<_> = lines.iter().map(|line| (line.item.as_deref(), line.journal.as_deref())).collect();
    assert_eq!(items, [(Some("C-1"), Some("J3")), (Some("C-1"), Some("J10")), (Some("C-2"), Some("J3"))]);

    // The next month opens with it; the days before it close with nothing.
    let april = of_picc(&desk, (date(2026, 4, 1), date(2026, 4, 30)), None).await;
    for (before, after) in march.accounts.iter().zip(&april.accounts) {
        assert_eq!((after.opening_minor, after.closing_minor), (before.closing_minor, before.closing_minor));
        assert!(after.lines.is_empty());
        let found = balance(&**client, &before.account, Moment::default()).await.unwrap().unwrap();
        assert_eq!(found.settled.net_minor(), i128::from(before.closing_minor));
    }
    let february = of_picc(&desk, (date(2026, 2, 1), date(2026, 2, 28)), None).await;
    assert!(february.accounts.iter().all(|account| account.closing_minor == 0));

    // Asked again as it was known, it is the same.
    desk.move_money(&[("1002.settlement", None, 5), ("1102.picc", Some("C-1"), -5)]).await;
    let again = of_picc(&desk, (date(2026, 3, 1), date(2026, 3, 31)), Some(march.known_at)).await;
    assert_eq!(again, march);
    desk.verify().await;
}

#[tokio::test]
async fn an_insurer_without_accounts_has_an_empty_statement() {
    let desk = Desk::new(WIDE).await;
    let client = desk.ledger.client().await.unwrap();
    let found = statement(&**client, &party("nobody"), (ON, ON), None).await.unwrap();
    assert!(found.accounts.is_empty());
}
