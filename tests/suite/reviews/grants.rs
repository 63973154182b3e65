//! What reviews grant: the same in any order, and never the same twice.

use dianfu_claims::benefit::{Band, BenefitTerms, TermsVersion};
use dianfu_claims::charity::{self, Gift, GiftNo};
use dianfu_claims::claim::{Claim, DrugCode, State};
use dianfu_claims::event::{Bearer, Event};
use dianfu_claims::prereview::rules::{CharityScheme, OnFail, Rule, RuleEntry};
use dianfu_claims::rule_quality::rule_quality;
use dianfu_claims::{Command, apply, policy_terms, rule_book};
use jiff::civil::date;

use super::to_be_decided;
use crate::claims::fixture::{Desk, WIDE, assigned, now, party, policy_of, the_rules};

/// Reviews these claims of one patient in one batch, and answers where each of `A` and `B` stands and what its patient
/// pays.
async fn decided(desk: &Desk, numbers: [&str; 2]) -> [(State, i64); 2] {
    let commands: Vec<Command> = numbers.iter().flat_map(|claim_no| to_be_decided(claim_no, "p-1")).collect();
    let mut client = desk.ledger.client().await.unwrap();
    for answer in apply(&desk.ledger, &mut client, &commands, "tester", now()).await.unwrap() {
        answer.unwrap();
    }
    let standing = |claim: Claim| (claim.state, claim.share_minor());
    [standing(desk.claim("C-A").await), standing(desk.claim("C-B").await)]
}

/// As many packs as anybody wants.
pub async fn without_cycle(desk: &Desk) {
    let mut version = the_rules(2);
    version.rules.rules.pop();
    let mut client = desk.ledger.client().await.unwrap();
    rule_book::record(&mut client, &party("picc"), &version, ("wang", "li"), now()).await.unwrap().unwrap();
}

#[tokio::test]
async fn any_order_of_a_batch_grants_the_same() {
    for numbers in [["C-A", "C-B"], ["C-B", "C-A"]] {
        let desk = Desk::new(WIDE).await;
        assert_eq!(decided(&desk, numbers).await, [(State::PreApproved, 480_000), (State::PreRejected, 0)]);
        let desk = Desk::new(WIDE).await;
        without_cycle(&desk).await;
        assert_eq!(decided(&desk, numbers).await, [(State::PreApproved, 480_000), (State::PreApproved, 400_000)]);
    }
}

#[tokio::test]
async fn what_is_called_off_uses_nothing_up() {
    let desk = Desk::new(WIDE).await;
    without_cycle(&desk).await;
    desk.bring("C-0", "p-1", State::PreApproved).await;
    desk.tell("C-0", Event::Cancelled).await;
    assert_eq!(decided(&desk, ["C-A", "C-B"]).await, [(State::PreApproved, 480_000), (State::PreApproved, 400_000)]);
    assert_eq!(desk.count("claim_share").await, 3);
}

#[tokio::test]
async fn each_version_of_rules_knows_what_the_platform_bears_of_it() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    desk.tell("C-1", assigned(1, Bearer::Platform, 50_000)).await;
    desk.tell("C-1", assigned(2, Bearer::Patient, 10_000)).await;
    let mut client = desk.ledger.client().await.unwrap();
    let [quality] = rule_quality(&mut client, &party("picc")).await.unwrap().try_into().unwrap();
    assert_eq!((quality.version, quality.approved, quality.rejected, quality.referred), (1, 1, 0, 0));
    assert_eq!((quality.ruled, quality.borne_claims, quality.borne_minor), (0, 1, 50_000));
}

#[tokio::test]
async fn terms_by_two_people_count_from_their_day_on() {
    let desk = Desk::new(WIDE).await;
    without_cycle(&desk).await;
    let policy = (party("picc"), policy_of("p-1").policy_no);
    let band = |up_to_minor, patient_per_10000| Band { up_to_minor, patient_per_10000 };
    let bands = vec![band(Some(1_000_000), 3_000), band(None, 1_000)];
    let terms = BenefitTerms { bands, ..BenefitTerms::plain(0, 0) };
    let version = TermsVersion { effective_from: date(2026, 2, 1), enrolled_on: None, terms };
    let record = async |number, version: &TermsVersion, people| {
        let mut client = desk.ledger.client().await.unwrap();
        policy_terms::record(&mut client, &policy, (number, version), people, now()).await.unwrap()
    };
    assert_eq!(record(1, &version, ("li", "li")).await.unwrap_err().code(), "same_person");
    assert_eq!(record(2, &version, ("wang", "li")).await.unwrap_err().code(), "out_of_range");
    let faulty = TermsVersion { terms: BenefitTerms::plain(-1, 0), ..version.clone() };
    let refused = record(1, &faulty, ("wang", "li")).await.unwrap_err();
    assert_eq!(refused.to_string(), "deductible_minor is -1; it is to be not negative");
    record(1, &version, ("wang", "li")).await.unwrap();
    record(1, &version, ("wang", "li")).await.unwrap();
    let other = TermsVersion { effective_from: date(2026, 2, 2), ..version.clone() };
    assert_eq!(record(1, &other, ("wang", "li")).await.unwrap_err().code(), "conflict");
    assert_eq!(decided(&desk, ["C-B", "C-A"]).await, [(State::PreApproved, 400_000), (State::PreApproved, 200_000)]);
}

#[tokio::test]
async fn gifts_count_in_a_charity_scheme() {
    let desk = Desk::new(WIDE).await;
    let drug_code = DrugCode::parse("osimertinib-80mg-30").unwrap();
    let scheme = CharityScheme { drug_code: drug_code.clone(), paid_packs: 1, free_packs: Some(2) };
    let mut version = the_rules(2);
    version.rules.rules.pop();
    let rule = Rule::CharityPhase { drugs: vec![scheme] };
    version.rules.rules.push(RuleEntry { rule, on_fail: OnFail::Reject });
    let mut client = desk.ledger.client().await.unwrap();
    rule_book::record(&mut client, &party("picc"), &version, ("wang", "li"), now()).await.unwrap().unwrap();
    assert_eq!(decided(&desk, ["C-A", "C-B"]).await.map(|(state, _)| state), [State::PreApproved, State::PreRejected]);
    let gift = |number: &str, quantity| Gift {
        gift_no: GiftNo::parse(number).unwrap(),
        patient: party("p-1"),
        drug_code: drug_code.clone(),
        given_on: date(2026, 3, 2),
        quantity,
        evidence_sha256: [7; 32],
    };
    let refused = charity::record(&mut client, &gift("G-1", 0), "tester", now()).await.unwrap().unwrap_err();
    assert_eq!(refused.code(), "out_of_range");
    for _twice in 0..2 {
        charity::record(&mut client, &gift("G-1", 2), "tester", now()).await.unwrap().unwrap();
    }
    let refused = charity::record(&mut client, &gift("G-1", 3), "tester", now()).await.unwrap().unwrap_err();
    assert_eq!(refused.code(), "conflict");
    for command in to_be_decided("C-C", "p-1") {
        desk.ask(command).await.unwrap();
    }
    assert_eq!(desk.claim("C-C").await.state, State::PreApproved);
}
