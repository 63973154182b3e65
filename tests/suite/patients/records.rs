//! Patients' records: sealed, found without being opened, masked, and read on record.

use dianfu_claims::patient_record::{
    Consent, ConsentKind, Identity, IdentityKind, PatientRecord, PatientRefusal, Phone, by_identity, by_phone,
    consents, in_force, masked, read, readings, tell_consent,
};
use dianfu_ledger::id;
use futures_util::future::join_all;

use super::desk::{RESIDENT, Ward, person, ring};
use crate::claims::fixture::{now, party};

async fn phones(ward: &Ward, written: &str) -> Vec<String> {
    let mut client = ward.desk.ledger.client().await.unwrap();
    let found = by_phone(&mut client, &ring(&[1]), &Phone::parse(written).unwrap()).await.unwrap();
    found.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_record_is_found_by_phone_and_identity_and_nobody_sees_it_in_the_database() {
    let ward = Ward::new().await;
    let keys = ring(&[1]);
    let kept = ward.keep(&keys, ("p-1", 1), &person("张三丰", "138 0000 0001")).await.unwrap();
    assert_eq!((kept.version, kept.repeated, kept.same_identity), (1, false, vec![]));
    let other = PatientRecord {
        identity: Identity::parse(IdentityKind::Passport, "E12345678").unwrap(),
        ..person("李四", "13800000001")
    };
    ward.keep(&keys, ("p-2", 1), &other).await.unwrap();
    assert_eq!(phones(&ward, "+86 138-0000-0001").await, ["p-1", "p-2"]);
    assert_eq!(phones(&ward, "13800000002").await, [""; 0]);
    let mut client = ward.desk.ledger.client().await.unwrap();
    let resident = Identity::parse(IdentityKind::ResidentId, &RESIDENT.to_lowercase()).unwrap();
    assert_eq!(by_identity(&mut client, &keys, &resident).await.unwrap(), [party("p-1")]);
    let everything = ward.desk.everything().await;
    for secret in ["张三丰", "13800000001", "南山", RESIDENT, "E12345678"] {
        let hex = secret.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let shown = everything.iter().find(|(_, rows)| rows.contains(secret) || rows.contains(&hex));
        assert!(shown.is_none(), "{secret} in {shown:?}");
    }
}

#[tokio::test]
async fn one_person_under_two_numbers_is_noticed() {
    let ward = Ward::new().await;
    let keys = ring(&[1]);
    ward.keep(&keys, ("p-1", 1), &person("张三丰", "13800000001")).await.unwrap();
    let kept = ward.keep(&keys, ("p-2", 1), &person("张三丰", "13800000002")).await.unwrap();
    assert_eq!(kept.same_identity, [party("p-1")]);
}

#[tokio::test]
async fn a_change_is_a_new_version_and_nobody_overwrites_what_they_have_not_seen() {
    let ward = Ward::new().await;
    let keys = ring(&[1]);
    let (first, second) = (person("张三丰", "13800000001"), person("张三丰", "13800000002"));
    let stale = |expected, actual| Err(PatientRefusal::StaleVersion { expected, actual });
    assert_eq!(ward.keep(&keys, ("p-1", 2), &first).await, stale(1, 2));
    ward.keep(&keys, ("p-1", 1), &first).await.unwrap();
    assert!(ward.keep(&keys, ("p-1", 1), &first).await.unwrap().repeated);
    let conflict = PatientRefusal::Conflict { patient_no: party("p-1"), version: 1 };
    assert_eq!(ward.keep(&keys, ("p-1", 1), &second).await, Err(conflict));
    ward.keep(&keys, ("p-1", 2), &second).await.unwrap();
    assert_eq!(ward.keep(&keys, ("p-1", 1), &second).await, stale(3, 1));
    assert_eq!(ward.keep(&keys, ("p-1", 0), &second).await, stale(3, 0));
    // The number of an earlier version finds nobody.
    assert_eq!(phones(&ward, "13800000001").await, [""; 0]);
    assert_eq!(phones(&ward, "13800000002").await, ["p-1"]);
    assert_eq!(ward.keep(&keys, ("p-9", 1), &first).await.unwrap_err().code(), "patient_unknown");
    let nameless = PatientRecord { name: String::new(), ..first };
    assert_eq!(ward.keep(&keys, ("p-1", 3), &nameless).await.unwrap_err().field(), Some("name"));
    assert_eq!((ward.desk.count("patient_record").await, ward.desk.count("vault").await), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_changes_at_once_one_is_made() {
    let ward = Ward::new().await;
    let keys = ring(&[1]);
    let records: Vec<PatientRecord> = (0..6).map(|at| person("张三丰", &format!("1380000000{at}"))).collect();
    let kept = join_all(records.iter().map(|record| ward.keep(&keys, ("p-1", 1), record))).await;
    assert_eq!(kept.iter().filter(|kept| kept.is_ok()).count(), 1);
    assert!(kept.iter().filter_map(|kept| kept.as_ref().err()).all(|refusal| refusal.code() == "conflict"));
    assert_eq!(ward.desk.count("patient_record").await, 1);
}

#[tokio::test]
async fn a_full_reading_is_on_record_and_a_masked_view_needs_none() {
    let ward = Ward::new().await;
    let keys = ring(&[1]);
    let record = person("张三丰", "13800000001");
    ward.keep(&keys, ("p-1", 1), &record).await.unwrap();
    let mut client = ward.desk.ledger.client().await.unwrap();
    let views = masked(&mut client, &keys, &[party("p-1"), party("p-2")]).await.unwrap();
    assert_eq!(views.len(), 1);
    let view = &views[&party("p-1")];
    assert_eq!((view.name.as_str(), view.phone.as_str(), view.version), ("张**", "138****0001", 1));
    assert_eq!(readings(&mut client, &party("p-1")).await.unwrap(), []);
    for (patient_no, reason, code) in [("p-1", "", "text_length"), ("p-2", "call", "record_missing")] {
        let reading = (id::fresh(), "li", reason);
        let refused = read(&mut client, &keys, &party(patient_no), reading, now()).await.unwrap();
        assert_eq!(refused.unwrap_err().code(), code);
    }
    let reading = (id::fresh(), "li", "calls back");
    let (version, full) = read(&mut client, &keys, &party("p-1"), reading, now()).await.unwrap().unwrap();
    assert_eq!((version, full), (1, record));
    let told = readings(&mut client, &party("p-1")).await.unwrap();
    assert_eq!((told.len(), told[0].reader.as_str(), told[0].reason.as_str()), (1, "li", "calls back"));
}

#[tokio::test]
async fn consents_are_given_and_withdrawn_with_their_text_and_moment() {
    let ward = Ward::new().await;
    let mut client = ward.desk.ledger.client().await.unwrap();
    let consent = |kind, given, text: &str| {
        let happened_at = "2026-03-01T00:00:00Z".parse().unwrap();
        Consent { kind, given, text_version: text.to_owned(), happened_at }
    };
    let (phone, share) = (ConsentKind::ContactByPhone, ConsentKind::ShareRerun);
    let told = [
        consent(phone, true, "v1"),
        consent(phone, true, "v1"),
        consent(share, true, "v1"),
        consent(phone, false, "v1"),
        consent(phone, false, "v1"),
        consent(share, true, "v2"),
    ];
    for consent in &told {
        tell_consent(&mut client, &party("p-1"), consent, "zhao", now()).await.unwrap().unwrap();
    }
    let kept = consents(&mut client, &party("p-1")).await.unwrap();
    assert_eq!(kept, [told[0].clone(), told[3].clone(), told[2].clone(), told[5].clone()]);
    let standing = in_force(&kept);
    assert_eq!((standing.len(), standing[&share].text_version.as_str()), (1, "v2"));
    let refused = tell_consent(&mut client, &party("p-9"), &told[0], "zhao", now()).await.unwrap();
    assert_eq!(refused.unwrap_err().code(), "patient_unknown");
    let textless = consent(phone, true, "");
    let refused = tell_consent(&mut client, &party("p-1"), &textless, "zhao", now()).await.unwrap();
    assert_eq!(refused.unwrap_err().field(), Some("text_version"));
}
