//! Each journal at the worked figures.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::date;

use super::*;
use crate::batch::Pays;
use crate::number::BatchNo;
use crate::number::{PartyNo, PayoutId};
use crate::payout::PayoutItem;

const ON: Date = date(2026, 3, 3);

fn party(name: &str) -> PartyNo {
    PartyNo::parse(name).unwrap()
}

fn payout(control: &str, withheld_minor: i64) -> Payout {
    let item = |item: &str, amount_minor| PayoutItem {
        account: AccountCode::parse(control).unwrap(),
        item: item.to_owned(),
        amount_minor,
        advance_minor: 0,
    };
    Payout {
        payout_id: PayoutId::parse("B-1-0001").unwrap(),
        batch_no: Some(BatchNo::parse("B-1").unwrap()),
        reissue_of: None,
        payee: party("red-cross"),
        payee_account_version: 1,
        bank: party("settlement"),
        currency: Currency::CNY,
        gross_minor: 1_980_000,
        withheld_minor,
        created_at: Timestamp::UNIX_EPOCH,
        items: vec![item("C-1", 1_900_000), item("C-2", 80_000)],
    }
}

fn lines(entry: &NewEntry) -> Vec<String> {
    let line = |posting: &dianfu_ledger::entry::NewPosting| {
        let side = if posting.amount.minor > 0 { "Dr" } else { "Cr" };
        let amount = Money::new(posting.amount.minor.abs(), posting.amount.currency).to_decimal_string();
        let item = posting.item.as_ref().map(|item| format!(" [{item}]")).unwrap_or_default();
        format!("{side} {}{item} {amount}", posting.account)
    };
    entry.postings.iter().map(line).collect()
}

/// The journal's number and its lines, as the table of journals has them.
fn check(entry: Option<NewEntry>, journal: &str, expected: &[&str]) {
    let entry = entry.unwrap();
    assert_eq!(lines(&entry), expected, "{journal}");
    let templates = Journals::shipped();
    assert!(templates.title(journal).is_some() && entry.template_no.is_some(), "{journal}");
    assert_eq!(entry.effective_date, Some(ON));
    assert_eq!(entry.actor, "li");
}

#[test]
fn every_journal_of_a_payout_at_the_worked_figures() {
    let of = |told: &Fact, withheld| {
        fact(&Journals::shipped(), &payout("2101.red-cross", withheld), told, ON, "li").unwrap()
    };
    let bank_reference = || "S-7/1".to_owned();
    let reason = || "AC04".to_owned();
    check(
        of(&Fact::Instructed, 0),
        "J5",
        &[
            "Dr 2101.red-cross [C-1] 19000.00",
            "Dr 2101.red-cross [C-2] 800.00",
            "Cr 1010.settlement [B-1-0001] 19800.00",
        ],
    );
    check(
        of(&Fact::Instructed, 59_400),
        "J5",
        &[
            "Dr 2101.red-cross [C-1] 19000.00",
            "Dr 2101.red-cross [C-2] 800.00",
            "Cr 1010.settlement [B-1-0001] 19206.00",
            "Cr 2402 594.00",
        ],
    );
    let paid = Fact::Paid { amount_minor: 1_980_000, charge_minor: 500, bank_reference: bank_reference() };
    check(
        of(&paid, 0),
        "J6",
        &["Dr 1010.settlement [B-1-0001] 19800.00", "Dr 5101 5.00", "Cr 1002.settlement 19805.00"],
    );
    check(
        of(&Fact::Rejected { reason: reason() }, 59_400),
        "J7",
        &[
            "Dr 1010.settlement [B-1-0001] 19206.00",
            "Dr 2402 594.00",
            "Cr 2101.red-cross [C-1] 19000.00",
            "Cr 2101.red-cross [C-2] 800.00",
        ],
    );
    let returned = Fact::Returned { amount_minor: 1_980_000, reason: reason(), bank_reference: bank_reference() };
    check(of(&returned, 0), "J8", &["Dr 1002.settlement 19800.00", "Cr 2110 [B-1-0001] 19800.00"]);
}

#[test]
fn facts_that_move_no_money_have_no_entry() {
    let of = |told: &Fact| fact(&Journals::shipped(), &payout("2101.red-cross", 0), told, ON, "li").unwrap();
    assert_eq!(of(&Fact::Unknown { reason: "timeout".to_owned() }), None);
    assert_eq!(of(&Fact::Accepted { bank_reference: "X".to_owned() }), None);
    assert_eq!(of(&Fact::Reissued { as_payout: PayoutId::parse("B-1-0001-R1").unwrap() }), None);
}

#[test]
fn a_refund_is_j20_and_a_reissue_j8b() {
    let refund = fact(&Journals::shipped(), &payout("2202.p-1", 0), &Fact::Instructed, ON, "li").unwrap();
    check(
        refund,
        "J20",
        &["Dr 2202.p-1 [C-1] 19000.00", "Dr 2202.p-1 [C-2] 800.00", "Cr 1010.settlement [B-1-0001] 19800.00"],
    );
    let again = Payout {
        payout_id: PayoutId::parse("B-1-0001-R1").unwrap(),
        reissue_of: Some(PayoutId::parse("B-1-0001").unwrap()),
        items: vec![PayoutItem {
            account: AccountCode::parse("2110").unwrap(),
            item: "B-1-0001".to_owned(),
            amount_minor: 1_980_000,
            advance_minor: 0,
        }],
        ..payout("2110", 0)
    };
    let again = fact(&Journals::shipped(), &again, &Fact::Instructed, ON, "li").unwrap();
    check(again, "J8b", &["Dr 2110 [B-1-0001] 19800.00", "Cr 1010.settlement [B-1-0001-R1] 19800.00"]);
}

#[test]
fn reimbursements_and_what_insurers_get_back_are_paid_and_rejected_like_refunds() {
    let told = |control: &str, told: &Fact| fact(&Journals::shipped(), &payout(control, 0), told, ON, "li").unwrap();
    let rejected = Fact::Rejected { reason: "AC04".to_owned() };
    for (control, instruction, rejection) in
        [("2201.p-1", "J23-paid", "J7-reimbursement"), ("2301.picc", "J15b", "J7-excess")]
    {
        let paid = [
            format!("Dr {control} [C-1] 19000.00"),
            format!("Dr {control} [C-2] 800.00"),
            "Cr 1010.settlement [B-1-0001] 19800.00".to_owned(),
        ];
        let paid: Vec<&str> = paid.iter().map(String::as_str).collect();
        check(told(control, &Fact::Instructed), instruction, &paid);
        let back = [
            "Dr 1010.settlement [B-1-0001] 19800.00".to_owned(),
            format!("Cr {control} [C-1] 19000.00"),
            format!("Cr {control} [C-2] 800.00"),
        ];
        let back: Vec<&str> = back.iter().map(String::as_str).collect();
        check(told(control, &rejected), rejection, &back);
    }
}

fn batch() -> Batch {
    Batch {
        batch_no: BatchNo::parse("B-1").unwrap(),
        pays: Pays::Pharmacies,
        currency: Currency::CNY,
        bank: party("settlement"),
        cut_off: ON,
        made_by: "wang".to_owned(),
        made_at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn a_debt_of_the_pharmacy_is_set_off_against_its_order() {
    let netting = Netting {
        pharmacy: party("red-cross"),
        order: "C-2".to_owned(),
        debt: "C-1".to_owned(),
        amount_minor: 1_980_000,
        advance_minor: 0,
    };
    let entry = netted(&Journals::shipped(), &batch(), &netting, ON, "li").ok();
    check(entry, "J19e", &["Dr 2101.red-cross [C-2] 19800.00", "Cr 1301.red-cross [C-1] 19800.00"]);
}

#[test]
fn own_money_covers_the_advances_of_a_batch() {
    let moved = |minor| own_money_moved(&Journals::shipped(), &batch(), minor, ON, "li").unwrap();
    check(moved(1_520_000), "J5a", &["Dr 1002.settlement 15200.00", "Cr 1001.own 15200.00"]);
    assert_eq!(moved(0), None);
}

#[test]
fn a_channel_settles_what_it_took_in() {
    let settlement = |collected_minor, fee_minor| ChannelSettlement {
        channel: party("wechat"),
        day: date(2026, 3, 1),
        bank: party("settlement"),
        reference: "W-1".to_owned(),
        currency: Currency::CNY,
        collected_minor,
        fee_minor,
        on: ON,
    };
    check(
        channel_settled(&Journals::shipped(), &settlement(480_000, 2_880), "li").ok(),
        "J2b",
        &["Dr 1002.settlement 4771.20", "Dr 5101 28.80", "Cr 1005.wechat [2026-03-01] 4800.00"],
    );
    let code = |collected, fee| {
        channel_settled(&Journals::shipped(), &settlement(collected, fee), "li").map_err(|refusal| refusal.code())
    };
    assert_eq!(code(0, 0).err(), Some("amount_out_of_range"));
    assert_eq!(code(100, 101).err(), Some("amount_out_of_range"));
    assert_eq!(code(100, -1).err(), Some("amount_out_of_range"));
}

#[test]
fn one_journal_of_one_payout_has_one_id() {
    let id =
        |told: &Fact| fact(&Journals::shipped(), &payout("2101.red-cross", 0), told, ON, "li").unwrap().unwrap().id;
    assert_eq!(id(&Fact::Instructed), id(&Fact::Instructed));
    assert_ne!(id(&Fact::Instructed), id(&Fact::Rejected { reason: "AC04".to_owned() }));
}
