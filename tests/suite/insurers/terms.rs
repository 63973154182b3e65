//! Contract terms in versions, and the bank days that they are counted in.

use dianfu_claims::calendar::{self, CN_2026, CalendarName, DAYS_MAX, DayKind, parse};
use dianfu_claims::insurer::proposal::Act;
use dianfu_claims::insurer::terms::{ContractTerms, DayCount, answer_due_on, due_on};
use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::fixture::{CHECKER, MAKER, ON, Office, now, terms_from, the_terms, told};

async fn load(office: &Office, days: &[(Date, DayKind)]) -> u64 {
    let china = CalendarName::parse("CN").unwrap();
    calendar::load(&mut office.client().await, &china, days, MAKER, now()).await.unwrap().unwrap()
}

fn noon(day: Date) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

#[tokio::test]
async fn a_version_counts_from_its_day() {
    let office = Office::live().await;
    let next = ContractTerms { payment_days: 5, payment_days_are: DayCount::Bank, ..the_terms() };
    office.agree(&Act::Terms { effective_from: date(2026, 4, 1), terms: Box::new(next.clone()) }).await;
    let mut versions = Vec::new();
    for day in [date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1)] {
        versions.push(office.standing(noon(day)).await.terms.map(|terms| (terms.version, terms.terms.payment_days)));
    }
    assert_eq!(versions, [None, Some((1, 30)), Some((1, 30)), Some((2, 5))]);
    assert_eq!(office.standing(noon(date(2026, 4, 1))).await.terms.unwrap().terms, next);
}

#[tokio::test]
async fn terms_that_make_no_sense_are_refused_by_name() {
    let office = Office::live().await;
    let refusal = told(office.propose(&terms_from(date(2025, 12, 31)), now()).await);
    assert!(refusal.starts_with("terms_out_of_order: terms from 2025-12-31 follow terms from 2026-01-01"), "{refusal}");
    let odd = ContractTerms { fee_per_10000: 10_001, ..the_terms() };
    let refusal = told(office.propose(&Act::Terms { effective_from: ON, terms: Box::new(odd) }, now()).await);
    assert!(refusal.starts_with("out_of_range: fee_per_10000 is 10001"), "{refusal}");
    let mut odd = the_terms();
    odd.bearers.push(odd.bearers[0].clone());
    let refusal = told(office.propose(&Act::Terms { effective_from: ON, terms: Box::new(odd) }, now()).await);
    assert!(refusal.starts_with("twice: cause of shortfalls 'material_forged'"), "{refusal}");
    // What was in order when it was proposed is looked at again: another version may have been agreed on meanwhile.
    let early = office.propose(&terms_from(date(2026, 2, 1)), now()).await.unwrap();
    office.agree(&terms_from(date(2026, 3, 1))).await;
    assert!(told(office.approve(early, CHECKER, now()).await).starts_with("terms_out_of_order: "));
}

#[tokio::test]
async fn due_days_follow_the_calendar_on_record() {
    let office = Office::live().await;
    let due = async |approved_on: Date| {
        let standing = office.standing(now()).await;
        let terms = standing.terms.as_ref().unwrap();
        (due_on(&terms.terms, &standing.calendar, approved_on), answer_due_on(&terms.terms, &standing.calendar, ON))
    };
    // Without days: Monday to Friday. Thirty days after 20 January is a Thursday in Spring Festival.
    assert_eq!(due(date(2026, 1, 20)).await, (date(2026, 2, 19), date(2026, 3, 16)));
    let days = parse(CN_2026).unwrap();
    assert_eq!(load(&office, &days).await, days.len() as u64);
    assert_eq!(load(&office, &days).await, 0);
    assert_eq!(due(date(2026, 1, 20)).await.0, date(2026, 2, 24));
    // The authorities change their mind: what was said stays on record and counts no more.
    assert_eq!(load(&office, &[(date(2026, 2, 19), DayKind::Plain)]).await, 1);
    assert_eq!(due(date(2026, 1, 20)).await.0, date(2026, 2, 19));
    assert_eq!(office.count("bank_holiday").await, i64::try_from(days.len()).unwrap() + 1);
}

#[tokio::test]
async fn a_calendar_of_no_days_or_too_many_is_refused() {
    let office = Office::new().await;
    let china = CalendarName::parse("CN").unwrap();
    let many = vec![(ON, DayKind::Holiday); DAYS_MAX + 1];
    for (days, code) in [(&[][..], "out_of_range"), (&many, "out_of_range"), (&many[..2], "twice")] {
        let answer = calendar::load(&mut office.client().await, &china, days, MAKER, now()).await.unwrap();
        assert_eq!(answer.unwrap_err().code(), code);
    }
}
