//! However many lines a file has, and however many remittances it announces: the same statements. What is applied is
//! one transaction and one turn of the ledger.

use dianfu_ledger::Ledger;
use dianfu_reconcile::import::{Delivery, import};
use dianfu_tests::{Asked, Overheard};

use super::fixture::{Desk, file, now};

/// As many as are compared with one.
const MANY: usize = 100;

/// Takes a file in; answers where its remittances stand, and what that has asked for.
async fn taken_in(overheard: &mut Overheard, desk: &Desk, file: &str) -> (Vec<&'static str>, Asked) {
    let delivery = Delivery { insurer: &desk.insurer, bytes: file.as_bytes(), received_at: now(), actor: "picc" };
    let work = async |ledger: &Ledger, client: &mut _| import(ledger, client, &delivery).await;
    let (imported, asked) = overheard.during(work).await;
    (imported.unwrap().unwrap().remittances.iter().map(|applied| applied.state.word()).collect(), asked)
}

/// A line of a claim that is approved for more than it pays, for each number.
async fn lines(desk: &Desk, trace: &str, count: usize) -> String {
    let mut lines = Vec::new();
    for number in 1..=count {
        let claim_no = format!("C{trace}N{number}");
        desk.approve(&claim_no, &claim_no, "", 0, 1_000).await;
        lines.push(format!("{claim_no} - 900"));
    }
    lines.join(";")
}

#[tokio::test]
async fn a_file_of_a_hundred_lines_costs_the_statements_of_one() {
    let desk = Desk::new().await;
    let mut overheard = Overheard::of(&desk.test).await;
    let mut asked = Vec::new();
    // The first is the one for whom statements are prepared.
    for (trace, count) in [("T1", 1), ("T2", 1), ("T3", MANY)] {
        let lines = lines(&desk, trace, count).await;
        desk.move_money(&[("1002.settlement", None, 50), ("2301.picc", Some(trace), -50)]).await;
        desk.cash(trace, trace, 900 * i64::try_from(count).unwrap() - 50).await.unwrap();
        let advice = file(trace, &lines, &format!("WO {trace} 50"));
        let (states, cost) = taken_in(&mut overheard, &desk, &advice).await;
        // The file is on record before anything of it is applied.
        assert_eq!((states, cost.commits(), cost.turns), (vec!["APPLIED"], 2, 1));
        asked.push(cost);
    }
    assert_eq!(asked[2], asked[1]);
    assert!(asked[1].statements.len() < 40, "{:#?}", asked[1]);
    desk.verify().await;
}

#[tokio::test]
async fn a_file_of_a_hundred_remittances_is_stored_in_the_statements_of_one() {
    let desk = Desk::new().await;
    let mut overheard = Overheard::of(&desk.test).await;
    let mut asked = Vec::new();
    for (name, count) in [("A", 1), ("B", 1), ("C", MANY)] {
        let advice = |number| file(&format!("{name}{number}"), "C1 - 900", "WO X 50");
        let together: String = (1..=count).map(advice).collect();
        let (states, Asked { statements, turns }) = taken_in(&mut overheard, &desk, &together).await;
        assert_eq!((states, turns), (vec!["VALIDATED"; count], 0), "no cash is there");
        let stored = statements.iter().position(|statement| statement == "COMMIT").unwrap();
        asked.push(statements[..=stored].to_vec());
    }
    assert_eq!(asked[2], asked[1]);
    assert_eq!((desk.count("remittance").await, desk.count("remittance_adjustment").await), (102, 102));
    // Of several that are known, the refusal names the first in the order of the file.
    let known = ["D1", "C9", "C10"].map(|trace| file(trace, "C1 - 1", "")).concat();
    let refusal = desk.import(&known).await.unwrap_err();
    assert!(matches!(&refusal, dianfu_reconcile::Refusal::DuplicateAdvice { trace, .. } if trace == "C9"), "{refusal}");
    assert_eq!(desk.count("remittance").await, 102);
}
