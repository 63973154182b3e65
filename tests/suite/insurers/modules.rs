//! Modules are on and off from a moment on.

use dianfu_claims::insurer::Need;
use dianfu_claims::insurer::modules::{Module, NewSwitch, switch};
use dianfu_settlement::number::PartyNo;

use super::fixture::{MAKER, Office, later, now, told};

#[tokio::test]
async fn a_module_is_on_from_its_moment_until_it_is_switched_off() {
    let office = Office::live().await;
    office.switch(Module::DirectPay, false, later(24)).await.unwrap();
    office.switch(Module::DirectPay, true, later(48)).await.unwrap();
    let mut permitted = Vec::new();
    for hours in [-1, 0, 23, 24, 47, 48] {
        let answer = office.standing(later(hours)).await.permits(Need::Advance);
        permitted.push(answer.map_or_else(|refusal| refusal.code(), |()| "ok"));
    }
    assert_eq!(permitted, ["module_off", "ok", "ok", "module_off", "module_off", "ok"]);
    let refusal = office.standing(later(24)).await.permits(Need::TakeInDirectPay).unwrap_err();
    let sentence = "module direct_pay of insurer 'cpic' is off at 2026-03-03T09:00:00.123457Z";
    assert_eq!(refusal.to_string(), sentence);
    // Other modules are as they were.
    assert_eq!(office.standing(later(24)).await.permits(Need::Remittance), Ok(()));
}

#[tokio::test]
async fn of_two_switches_of_one_moment_the_later_recorded_counts() {
    let office = Office::live().await;
    office.switch(Module::Remittance, false, later(1)).await.unwrap();
    assert!(!office.standing(later(1)).await.module_on(Module::Remittance));
    office.switch(Module::Remittance, true, later(1)).await.unwrap();
    assert!(office.standing(later(1)).await.module_on(Module::Remittance));
}

#[tokio::test]
async fn a_switch_is_not_made_for_the_past() {
    let office = Office::live().await;
    let refusal = told(office.switch(Module::DirectPay, false, later(-1)).await);
    assert!(refusal.starts_with("switch_backdated: a switch begins now"), "{refusal}");
    let mut client = office.client().await;
    let new = |reason: &str| {
        let (module, reason) = (Module::DirectPay, reason.to_owned());
        [NewSwitch { module, is_on: true, from_at: now(), reason }]
    };
    let nobody = PartyNo::parse("nobody").unwrap();
    let answer = switch(&mut client, &nobody, &new("contract"), MAKER, now()).await.unwrap();
    assert_eq!(told(answer), "unknown: there is no insurer 'nobody'");
    let answer = switch(&mut client, &nobody, &new(""), MAKER, now()).await.unwrap();
    assert!(told(answer).starts_with("text_length: reason"));
    assert_eq!(office.count("insurer_switch").await, 6);
}
