//! Rules for materials by two people, what is lacking of many claims at once, and the loop of asking for more.

use dianfu_claims::claim::{DrugCode, State};
use dianfu_claims::documents::{HandIn, Review, review};
use dianfu_claims::materials::rule_book::record;
use dianfu_claims::materials::{
    AskedBy, ClaimMaterials, ClaimScope, MaterialKind, MaterialRefusal, MaterialRequest, MaterialRules, Phase,
    Requirement, Scope, ask, completeness_of,
};
use jiff::SignedDuration;
use jiff::civil::date;

use super::desk::{Ward, paper};
use super::files::{good_png, jpeg};
use crate::claims::fixture::{ON, now, number, party};

fn drug() -> DrugCode {
    DrugCode::parse("osimertinib-80mg-30").unwrap()
}

fn needs(kinds: &[MaterialKind]) -> Vec<Requirement> {
    kinds.iter().map(|kind| Requirement { kind: *kind, valid_days: Some(90), files: 1 }).collect()
}

/// Rules for first applications.
pub fn rules(insurer: Option<&str>, version: i32, kinds: &[MaterialKind]) -> MaterialRules {
    let scope = Scope { insurer: insurer.map(party), drug: None, phase: Phase::FirstApplication };
    MaterialRules { scope, version, effective_from: date(2026, 1, 1), requirements: needs(kinds) }
}

pub async fn put(ward: &Ward, rules: &MaterialRules, people: (&str, &str)) -> Result<(), MaterialRefusal> {
    let mut client = ward.desk.ledger.client().await.unwrap();
    record(&mut client, rules, people, now()).await.unwrap()
}

async fn look(ward: &Ward, claim_no: &str, insurer: &str) -> ClaimMaterials {
    let mut client = ward.desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let scope = ClaimScope {
        claim_no: number(claim_no),
        insurer: party(insurer),
        drugs: vec![drug()],
        phase: Phase::FirstApplication,
    };
    completeness_of(&tx, &[scope], ON).await.unwrap().remove(&number(claim_no)).unwrap()
}

fn missing(found: &ClaimMaterials) -> Vec<MaterialKind> {
    found.completeness.missing.iter().map(|lack| lack.kind).collect()
}

#[tokio::test]
async fn rules_take_two_people_and_count_without_gaps() {
    let ward = Ward::new().await;
    let first = rules(None, 1, &[MaterialKind::GeneTest]);
    let refused = put(&ward, &first, ("li", "li")).await.unwrap_err();
    assert_eq!(refused.code(), "same_person");
    let owner = ward.desk.owner().await;
    let sql = "INSERT INTO material_rules VALUES ('*', '*', 'refill', 1, now(), '[]', 'li', 'li', now())";
    let error = owner.batch_execute(sql).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("material_rules_two_people"));
    put(&ward, &first, ("wang", "li")).await.unwrap();
    put(&ward, &first, ("wang", "li")).await.unwrap();
    let other = rules(None, 1, &[MaterialKind::Policy]);
    let sentence = "version 1 of the rules for */*/first_application is on record with other content";
    assert_eq!(put(&ward, &other, ("wang", "li")).await.unwrap_err().to_string(), sentence);
    let gap = put(&ward, &rules(None, 3, &[]), ("wang", "li")).await.unwrap_err();
    assert_eq!(gap.to_string(), "version is 3; it lies between 2 and 2");
    assert_eq!(put(&ward, &rules(None, 0, &[]), ("wang", "li")).await.unwrap_err().code(), "conflict");
    let twice = rules(None, 2, &[MaterialKind::Policy, MaterialKind::Policy]);
    assert_eq!(put(&ward, &twice, ("wang", "li")).await.unwrap_err().code(), "twice");
    put(&ward, &rules(None, 2, &[]), ("wang", "li")).await.unwrap();
    assert_eq!(ward.desk.count("material_rules").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_version_told_by_many_at_once_is_there_once() {
    let ward = Ward::new().await;
    let first = rules(None, 1, &[MaterialKind::GeneTest]);
    let told = futures_util::future::join_all((0..6).map(|_| put(&ward, &first, ("wang", "li")))).await;
    assert!(told.iter().all(Result::is_ok), "{told:?}");
    assert_eq!(ward.desk.count("material_rules").await, 1);
}

#[tokio::test]
async fn many_claims_are_looked_at_at_once_each_by_the_closest_rules() {
    let ward = Ward::new().await;
    ward.desk.bring("C-2", "p-2", State::Submitted).await;
    put(&ward, &rules(None, 1, &[MaterialKind::IdentityDocument]), ("wang", "li")).await.unwrap();
    let closer = rules(Some("picc"), 1, &[MaterialKind::GeneTest, MaterialKind::Prescription]);
    put(&ward, &closer, ("wang", "li")).await.unwrap();
    ward.handed(MaterialKind::GeneTest, &good_png()).await;
    let scope = |claim_no: &str, insurer: &str, phase| ClaimScope {
        claim_no: number(claim_no),
        insurer: party(insurer),
        drugs: vec![drug()],
        phase,
    };
    let mut client = ward.desk.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let claims = [
        scope("C-1", "picc", Phase::FirstApplication),
        scope("C-2", "picc", Phase::FirstApplication),
        scope("C-3", "other", Phase::FirstApplication),
        scope("C-4", "picc", Phase::Appeal),
    ];
    let found = completeness_of(&tx, &claims, ON).await.unwrap();
    let of = |claim_no: &str| &found[&number(claim_no)];
    assert_eq!(missing(of("C-1")), [MaterialKind::Prescription]);
    assert_eq!(of("C-1").completeness.unseen, [MaterialKind::GeneTest]);
    assert_eq!(of("C-1").rules, [Some((closer.scope, 1))]);
    assert_eq!(missing(of("C-2")), [MaterialKind::GeneTest, MaterialKind::Prescription]);
    assert_eq!(missing(of("C-3")), [MaterialKind::IdentityDocument]);
    // Without rules nothing is lacking, and nobody takes that for complete.
    assert_eq!((missing(of("C-4")), &of("C-4").rules), (vec![], &vec![None]));
}

#[tokio::test]
async fn more_is_asked_for_until_it_is_there() {
    let ward = Ward::new().await;
    put(&ward, &rules(None, 1, &[MaterialKind::GeneTest]), ("wang", "li")).await.unwrap();
    let first = ward.handed(MaterialKind::GeneTest, &good_png()).await;
    let found = look(&ward, "C-1", "picc").await;
    assert!(found.completeness.is_complete() && !found.completeness.unseen.is_empty());
    let mut client = ward.desk.ledger.client().await.unwrap();
    let word = Review {
        document_id: first.document_id,
        accepted: false,
        reason: "page 2 is missing".to_owned(),
        reviewer: "li".to_owned(),
    };
    review(&mut client, &word, now()).await.unwrap().unwrap();
    let found = look(&ward, "C-1", "picc").await;
    assert!(found.completeness.rejected[0].english.contains("(page 2 is missing)"));
    ward.handed(MaterialKind::GeneTest, &jpeg(1, 1)).await;
    assert!(look(&ward, "C-1", "picc").await.completeness.is_complete());
    // The insurer wants another kind, and a newer one of what is there.
    let request = MaterialRequest {
        claim_no: number("C-1"),
        asked_by: AskedBy::Insurer,
        kinds: vec![MaterialKind::GeneTest, MaterialKind::Imaging],
        reason: "progression".to_owned(),
        respond_by: date(2026, 3, 20),
        asked_at: now() + SignedDuration::from_secs(1),
    };
    assert_eq!(ask(&mut client, &request, "picc").await.unwrap(), Ok(1));
    assert_eq!(ask(&mut client, &request, "picc").await.unwrap(), Ok(1));
    assert_eq!(missing(&look(&ward, "C-1", "picc").await), [MaterialKind::Imaging, MaterialKind::GeneTest]);
    let unknown = MaterialRequest { claim_no: number("C-9"), ..request.clone() };
    assert_eq!(ask(&mut client, &unknown, "picc").await.unwrap().unwrap_err().code(), "claim_unknown");
    let nothing = MaterialRequest { kinds: vec![], ..request.clone() };
    assert_eq!(ask(&mut client, &nothing, "picc").await.unwrap().unwrap_err().code(), "out_of_range");
    let silent = MaterialRequest { reason: String::new(), ..request.clone() };
    assert_eq!(ask(&mut client, &silent, "picc").await.unwrap().unwrap_err().code(), "text_length");
}

#[tokio::test]
async fn a_kind_may_need_several_files() {
    let ward = Ward::new().await;
    let kind = MaterialKind::IdentityDocument;
    let requirements = vec![Requirement { kind, valid_days: None, files: 2 }];
    put(&ward, &MaterialRules { requirements, ..rules(None, 1, &[]) }, ("wang", "li")).await.unwrap();
    ward.handed(kind, &good_png()).await;
    let found = look(&ward, "C-1", "picc").await;
    assert!(found.completeness.missing[0].english.contains("(1 of 2 files)"));
    ward.hand_in(HandIn { part: 2, ..paper(kind) }, &good_png()).await.unwrap();
    assert!(look(&ward, "C-1", "picc").await.completeness.is_complete());
}
