//! Those who take part: the same again is fine, other content is a conflict, and what makes no sense is refused.

use dianfu_claims::insurer::{self, Insurer};
use dianfu_claims::patient::{self, Patient, Policy};
use dianfu_claims::pharmacy::{self, Pharmacy};
use dianfu_claims::prereview::RuleVersion;
use dianfu_claims::prereview::rules::Rule;
use dianfu_claims::registration::RegistrationRefusal;
use dianfu_claims::rule_book;
use dianfu_ledger::money::Currency;
use jiff::civil::date;

use super::fixture::{Desk, WIDE, now, party, policy_of, the_insurer, the_pharmacy, the_rules};

type Answer = Result<(), RegistrationRefusal>;

async fn insurer(desk: &Desk, insurer: &Insurer, credit_line_minor: i64) -> Answer {
    let mut client = desk.ledger.client().await.unwrap();
    insurer::register(&mut client, insurer, credit_line_minor, "tester", now()).await.unwrap()
}

async fn pharmacy(desk: &Desk, pharmacy: &Pharmacy) -> Answer {
    let mut client = desk.ledger.client().await.unwrap();
    pharmacy::register(&mut client, pharmacy, "tester", now()).await.unwrap()
}

async fn patient(desk: &Desk, patient_no: &str, currency: Currency) -> Answer {
    let mut client = desk.ledger.client().await.unwrap();
    let patient = Patient { patient_no: party(patient_no), currency };
    patient::register(&mut client, &patient, "tester", now()).await.unwrap()
}

async fn policy(desk: &Desk, change: fn(&mut Policy)) -> Answer {
    let mut policy = policy_of("p-1");
    change(&mut policy);
    let mut client = desk.ledger.client().await.unwrap();
    patient::register_policy(&mut client, &policy, "tester", now()).await.unwrap()
}

async fn rules(desk: &Desk, change: fn(&mut RuleVersion), people: (&str, &str)) -> Answer {
    let mut rules = the_rules(1);
    change(&mut rules);
    let mut client = desk.ledger.client().await.unwrap();
    rule_book::record(&mut client, &party("picc"), &rules, people, now()).await.unwrap()
}

fn refusal(answer: Answer) -> String {
    let refusal = answer.unwrap_err();
    format!("{}: {refusal}", refusal.code())
}

#[tokio::test]
async fn the_same_again_is_fine_and_changes_nothing() {
    let desk = Desk::new(WIDE).await;
    let before = desk.everything().await;
    insurer(&desk, &the_insurer(), WIDE).await.unwrap();
    pharmacy(&desk, &the_pharmacy("red-cross")).await.unwrap();
    patient(&desk, "p-1", Currency::CNY).await.unwrap();
    policy(&desk, |_| {}).await.unwrap();
    rules(&desk, |_| {}, ("wang", "li")).await.unwrap();
    assert_eq!(desk.everything().await, before);
}

#[tokio::test]
async fn other_content_under_the_same_number_is_a_conflict() {
    let desk = Desk::new(WIDE).await;
    let before = desk.everything().await;
    let other = Insurer { name: "Other".to_owned(), ..the_insurer() };
    let sentence = "conflict: insurer 'picc' is on record with another name: there 'Example Insurer', here 'Other'";
    assert_eq!(refusal(insurer(&desk, &other, WIDE).await), sentence);
    let other = Pharmacy { fee_per_10000: 101, ..the_pharmacy("red-cross") };
    let sentence = "conflict: pharmacy 'red-cross' is on record with another fee_per_10000: there '100', here '101'";
    assert_eq!(refusal(pharmacy(&desk, &other).await), sentence);
    let sentence = "conflict: patient 'p-1' is on record with another currency: there 'CNY', here 'USD'";
    assert_eq!(refusal(patient(&desk, "p-1", Currency::USD).await), sentence);
    let sentence = "conflict: policy 'POL-p-1' is on record with another share_cap_minor: there 'nothing', here '1'";
    assert_eq!(refusal(policy(&desk, |policy| policy.share_cap_minor = Some(1)).await), sentence);
    let other = rules(&desk, |rules| rules.rules.approval_days = 31, ("wang", "li")).await;
    assert!(refusal(other).starts_with("conflict: rules 'picc' is on record with another "));
    // Patients and pharmacies are paid: they share one set of numbers.
    assert!(refusal(patient(&desk, "red-cross", Currency::CNY).await).starts_with("conflict: settlement refuses it"));
    assert_eq!(desk.everything().await, before);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_by_name() {
    let desk = Desk::new(WIDE).await;
    let before = desk.everything().await;
    let new = Insurer { insurer_no: party("new"), ..the_insurer() };
    assert!(refusal(insurer(&desk, &new, -1).await).starts_with("out_of_range: credit_line is -1"));
    for other in [
        Pharmacy { fee_per_10000: 10_001, ..the_pharmacy("new") },
        Pharmacy { vat_per_10000: -1, ..the_pharmacy("new") },
        Pharmacy { payment_days: 366, ..the_pharmacy("new") },
    ] {
        assert!(refusal(pharmacy(&desk, &other).await).starts_with("out_of_range: "));
    }
    for (change, expected) in [
        ((|policy| policy.in_force_until = date(2025, 12, 31)) as fn(&mut Policy), "term_reversed: "),
        (|policy| policy.deductible_minor = -1, "out_of_range: deductible"),
        (|policy| policy.coinsurance_per_10000 = 10_001, "out_of_range: coinsurance"),
        (|policy| policy.share_cap_minor = Some(-1), "out_of_range: share_cap"),
        (|policy| policy.benefit_limit_minor = Some(-1), "out_of_range: benefit_limit"),
        (|policy| policy.insurer = party("nobody"), "unknown: there is no insurer 'nobody'"),
        (|policy| policy.patient = party("nobody"), "unknown: there is no patient 'nobody'"),
    ] {
        let refusal = refusal(policy(&desk, change).await);
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    assert!(refusal(rules(&desk, |rules| rules.version = 2, ("li", "li")).await).starts_with("same_person: "));
    for (change, expected) in [
        ((|rules| rules.version = 3) as fn(&mut RuleVersion), "out_of_range: version is 3; it lies between 2 and 2"),
        (|rules| rules.rules.rules.clear(), "faulty: rules is 0; it is to be 1 to 100 rules"),
        (|rules| rules.rules.approval_days = -1, "faulty: approval_days is -1; it is to be between 0 and 3650"),
        (
            |rules| rules.rules.rules[1].rule = Rule::PrescriptionValid { days: 3_651 },
            "faulty: rules/1/rule/days is 3651; it is to be between 0 and 3650",
        ),
    ] {
        let refusal = refusal(rules(&desk, change, ("wang", "li")).await);
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    assert_eq!(desk.everything().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn told_by_many_at_once_they_are_there_once() {
    let desk = Desk::new(WIDE).await;
    let tell = || async {
        insurer(&desk, &Insurer { insurer_no: party("new"), ..the_insurer() }, WIDE).await.unwrap();
        pharmacy(&desk, &the_pharmacy("new-pharmacy")).await.unwrap();
        patient(&desk, "p-9", Currency::CNY).await.unwrap();
        rules(&desk, |rules| rules.version = 2, ("wang", "li")).await.unwrap();
    };
    futures_util::future::join_all((0..6).map(|_| tell())).await;
    assert_eq!((desk.count("insurer").await, desk.count("pharmacy").await, desk.count("patient").await), (2, 2, 5));
    assert_eq!((desk.count("rule_version").await, desk.count("payee").await), (2, 7));
}
