//! States follow from facts, whatever their order.

use dianfu_ledger::account::AccountCode;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn payout() -> Payout {
    Payout {
        payout_id: PayoutId::parse("B-1-0001").unwrap(),
        batch_no: Some(BatchNo::parse("B-1").unwrap()),
        reissue_of: None,
        payee: PartyNo::parse("red-cross").unwrap(),
        payee_account_version: 1,
        bank: PartyNo::parse("settlement").unwrap(),
        currency: Currency::CNY,
        gross_minor: 1_980_000,
        withheld_minor: 0,
        created_at: Timestamp::UNIX_EPOCH,
        items: vec![PayoutItem {
            account: AccountCode::parse("2101.red-cross").unwrap(),
            item: "C-1".to_owned(),
            amount_minor: 1_980_000,
            advance_minor: 1_520_000,
        }],
    }
}

fn every_fact() -> Vec<Fact> {
    let bank_reference = || "S-7/1".to_owned();
    let reason = || "AC04".to_owned();
    vec![
        Fact::Instructed,
        Fact::Unknown { reason: "timeout".to_owned() },
        Fact::Accepted { bank_reference: bank_reference() },
        Fact::Rejected { reason: reason() },
        Fact::Paid { amount_minor: 1_980_000, charge_minor: 500, bank_reference: bank_reference() },
        Fact::Returned { amount_minor: 1_980_000, reason: reason(), bank_reference: bank_reference() },
        Fact::Reissued { as_payout: PayoutId::parse("B-1-0001-R1").unwrap() },
    ]
}

fn dated(fact: Fact) -> DatedFact {
    DatedFact { fact, on: date(2026, 3, 3) }
}

#[test]
fn what_may_follow_on_what() {
    let expected = [
        ("instructed", "unknown accepted rejected paid"),
        ("unknown", "accepted rejected paid"),
        ("accepted", "rejected paid"),
        ("rejected", ""),
        ("paid", "returned"),
        ("returned", "reissued"),
        ("reissued", ""),
    ];
    for (fact, (word, followers)) in every_fact().into_iter().zip(expected) {
        let state = state(&[dated(Fact::Instructed), dated(fact)]);
        let possible = every_fact().into_iter().filter(|next| permit(&payout(), &state, next).is_ok());
        let possible: Vec<_> = possible.map(|next| next.kind()).collect();
        assert_eq!((state.word(), possible.join(" ").as_str()), (word, followers));
    }
}

#[test]
fn the_bank_must_speak_of_the_same_amount() {
    let paid = |amount_minor, charge_minor| {
        let fact = Fact::Paid { amount_minor, charge_minor, bank_reference: "S-7/1".to_owned() };
        permit(&payout(), &state(&[dated(Fact::Instructed)]), &fact).map_err(|refusal| refusal.code())
    };
    assert_eq!(paid(1_980_000, 0), Ok(()));
    assert_eq!(paid(1_980_001, 0), Err("amount_differs"));
    assert_eq!(paid(1_980_000, -1), Err("amount_out_of_range"));
    assert_eq!(paid(1_980_000, i64::MAX), Err("amount_out_of_range"));
}

proptest! {
    #[test]
    fn the_state_does_not_depend_on_the_order_in_which_facts_became_known(
        mut facts in proptest::sample::subsequence(every_fact(), 1..=7).prop_shuffle(),
    ) {
        let told: Vec<DatedFact> = facts.iter().cloned().map(dated).collect();
        facts.reverse();
        let reversed: Vec<DatedFact> = facts.into_iter().map(dated).collect();
        prop_assert_eq!(state(&told), state(&reversed));
    }
}
