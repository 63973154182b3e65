//! Real files from outside, beside the project; passed over where they are absent.
//!
//! For every claim line there is a claim that the insurer has approved for what the line pays, sent under the number
//! that the line echoes, also where several lines share it.

use dianfu_reconcile::examine;

use super::fixture::{Desk, breaks};
use dianfu_tests::sample;

#[tokio::test]
async fn files_that_balance_are_applied_to_the_last_cent() {
    for (name, expected_breaks) in [
        ("herophilus-institutional.835", ""),
        ("herophilus-pharmacy.835", "TAKEBACK_UNEXPECTED *10100000000/PLB-1 -399"),
        ("herophilus-professional.835", ""),
        ("linuxforhealth-managed-care.835", ""),
        ("linuxforhealth-medicare-part-a.835", "OVER_PAID *12345/PLB-1 127"),
        ("stupidedi-era-sample.835", ""),
        ("stupidedi-multiple-claims.835", ""),
    ] {
        let Some(bytes) = sample(&format!("835/{name}")) else { return };
        let (remittances, _) = examine(&bytes);
        let desk = Desk::new().await;
        let [remittance] = remittances.as_slice() else { panic!("{name} has one remittance") };
        for line in &remittance.lines {
            let (claim_no, position) = (format!("CLM-{:03}", line.order), i32::try_from(line.order).unwrap());
            desk.approve(&claim_no, &line.claim_no, &line.insurer_claim_no, position, line.paid_minor).await;
        }
        desk.cash("B1", &remittance.trace, remittance.paid_minor).await.unwrap();
        desk.import_bytes(&bytes).await.unwrap();
        let view = desk.view(&remittance.trace).await;
        assert_eq!(breaks(&view), expected_breaks, "{name}");
        for line in &view.lines {
            let claim_no = line.matched.as_ref().unwrap().claim_no.as_deref();
            assert_eq!(claim_no, Some(format!("CLM-{:03}", line.line.order).as_str()), "{name}");
        }
        let open = desk.open_items().await;
        assert!(!open.contains("1102"), "{name}: {open}");
        assert_eq!(view.row.difference_minor, 0, "{name}");
    }
}

#[tokio::test]
async fn files_that_do_not_balance_change_nothing() {
    for name in ["linuxforhealth-tertiary-payment.835", "stupidedi-3a-unbalanced.835"] {
        let Some(bytes) = sample(&format!("835/{name}")) else { return };
        let desk = Desk::new().await;
        let refusal = desk.import_bytes(&bytes).await.unwrap_err();
        assert_eq!(refusal.code(), "remittance_unbalanced", "{name}: {refusal}");
        assert_eq!((desk.count("remittance").await, desk.count("remittance_rejection").await), (0, 1));
    }
}
