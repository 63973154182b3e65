//! Answers to coverage checks are kept as they came, once.

use dianfu_claims::claim::PolicyNo;
use dianfu_claims::coverage::{ANSWERS_MAX, CoverageAnswer, VerifyNo, record_in};
use dianfu_claims::registration::RegistrationRefusal;
use dianfu_claims::sql;
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::civil::date;

use super::fixture::{later, now};
use crate::claims::fixture::{Desk, WIDE, party, policy_of};

fn answer(verify_no: &str, hours: i64, guaranteed_minor: i64) -> CoverageAnswer {
    CoverageAnswer {
        insurer: party("picc"),
        verify_no: VerifyNo::parse(verify_no).unwrap(),
        policy_no: policy_of("p-1").policy_no,
        patient: party("p-1"),
        currency: Currency::CNY,
        in_force: true,
        guaranteed_minor,
        valid_until: date(2026, 4, 1),
        answered_at: later(hours),
        exchange_sha256: [7; 32],
    }
}

async fn record(desk: &Desk, answers: &[CoverageAnswer]) -> Vec<Result<(), RegistrationRefusal>> {
    let mut client = desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let outcomes = record_in(&tx, answers, "insurer:picc", now()).await.unwrap();
    tx.commit().await.unwrap();
    outcomes
}

async fn newest(desk: &Desk) -> String {
    let mut client = desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let key = (party("picc"), policy_of("p-1").policy_no);
    let other = (party("picc"), policy_of("p-2").policy_no);
    let found = sql::coverage::newest(&tx, &[key.clone(), other, key.clone()]).await.unwrap();
    assert!(found.len() <= 1);
    found.get(&key).map_or_else(|| "none".to_owned(), |answer| answer.verify_no.to_string())
}

#[tokio::test]
async fn the_newest_answer_counts_also_if_it_is_told_late() {
    let desk = Desk::new(WIDE).await;
    assert_eq!(newest(&desk).await, "none");
    let answers = [answer("V-2", 2, 500), answer("V-1", 1, 1_000)];
    assert!(record(&desk, &answers).await.iter().all(Result::is_ok));
    assert_eq!(newest(&desk).await, "V-2");
    assert!(record(&desk, &[answer("V-0", 0, 9_000)]).await[0].is_ok());
    assert_eq!(newest(&desk).await, "V-2");
}

#[tokio::test]
async fn the_same_answer_is_kept_once_and_another_is_a_conflict() {
    let desk = Desk::new(WIDE).await;
    let first = answer("V-1", 1, 1_000);
    let told = [first.clone(), first.clone(), answer("V-1", 1, 1_001)];
    let codes = |outcomes: Vec<Result<(), RegistrationRefusal>>| -> Vec<&'static str> {
        outcomes.iter().map(|outcome| outcome.as_ref().map_or_else(RegistrationRefusal::code, |()| "ok")).collect()
    };
    assert_eq!(codes(record(&desk, &told).await), ["ok", "ok", "conflict"]);
    assert_eq!(codes(record(&desk, std::slice::from_ref(&first)).await), ["ok"]);
    assert_eq!(desk.count("coverage_answer").await, 1);
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_refused_and_its_neighbours_are_kept() {
    let desk = Desk::new(WIDE).await;
    let stranger = CoverageAnswer { patient: party("p-2"), ..answer("V-2", 1, 1) };
    let no_policy = CoverageAnswer { policy_no: PolicyNo::parse("POL-x").unwrap(), ..answer("V-3", 1, 1) };
    let foreign = CoverageAnswer { currency: Currency::USD, ..answer("V-4", 1, 1) };
    let lapsed = CoverageAnswer { in_force: false, ..answer("V-5", 1, 1) };
    let nobody = CoverageAnswer { insurer: PartyNo::parse("nobody").unwrap(), ..answer("V-6", 1, 1) };
    let negative = answer("V-7", 1, -1);
    let told = [answer("V-1", 1, 1), stranger, no_policy, foreign, lapsed, nobody, negative];
    let outcomes = record(&desk, &told).await;
    let codes: Vec<_> =
        outcomes.iter().map(|outcome| outcome.as_ref().map_or_else(RegistrationRefusal::code, |()| "ok")).collect();
    let expected = ["ok", "unknown", "unknown", "currency_differs", "out_of_range", "unknown", "out_of_range"];
    assert_eq!(codes, expected);
    assert_eq!(desk.count("coverage_answer").await, 1);
    let mut client = desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let many = vec![answer("V-1", 1, 1); ANSWERS_MAX + 1];
    record_in(&tx, &many, "insurer:picc", now()).await.unwrap_err();
}
