//! What the database refuses, whoever asks.

use dianfu_claims::claim::State;
use dianfu_claims::coverage::{CoverageAnswer, VerifyNo, record_in};
use dianfu_claims::insurer::dispute::{DisputeNo, NewDispute, answered, open};
use dianfu_claims::insurer::onboard::{Onboarding, onboard};
use dianfu_claims::insurer::suspension::suspend;
use dianfu_claims::insurer::{modules::Module, register};
use dianfu_claims::{calendar, insurer::proposal};
use dianfu_ledger::money::Currency;
use jiff::civil::date;

use super::fixture::{CHECKER, LINE, MAKER, Office, cpic, now, the_insurer, the_papers, the_terms};
use crate::claims::fixture::{Desk, WIDE, number, party, policy_of};

/// Tables on which nothing ever changes.
const KEPT: [&str; 11] = [
    "insurer_paper",
    "insurer_paper_verdict",
    "insurer_proposal",
    "insurer_proposal_end",
    "insurer_stage_step",
    "insurer_terms",
    "insurer_switch",
    "bank_holiday",
    "coverage_answer",
    "dispute",
    "dispute_step",
];

/// A book in which each of the tables has a row.
async fn full_desk() -> Desk {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    let mut client = desk.ledger.client().await.unwrap();
    let onboarding = Onboarding {
        insurer: the_insurer(),
        credit_line_minor: LINE,
        terms: the_terms(),
        effective_from: date(2026, 1, 1),
        papers: the_papers(),
        modules: vec![Module::DirectPay],
    };
    onboard(&mut client, &onboarding, (MAKER, CHECKER), now()).await.unwrap().unwrap();
    let china = calendar::CalendarName::parse("CN").unwrap();
    let days = calendar::parse("2026-10-01,holiday").unwrap();
    calendar::load(&mut client, &china, &days, MAKER, now()).await.unwrap().unwrap();
    let dispute_no = DisputeNo::parse("D-1").unwrap();
    let dispute = NewDispute {
        dispute_no: dispute_no.clone(),
        insurer: party("picc"),
        claim_no: number("C-1"),
        cause: "clinical_view".to_owned(),
        amount_minor: 1,
        due_on: date(2026, 3, 16),
        reason: "the label covers it".to_owned(),
        evidence_sha256: [5; 32],
    };
    open(&mut client, &dispute, MAKER, now()).await.unwrap().unwrap();
    answered(&mut client, &dispute_no, ("no", [6; 32]), "insurer:picc", now()).await.unwrap().unwrap();
    let answer = CoverageAnswer {
        insurer: party("picc"),
        verify_no: VerifyNo::parse("V-1").unwrap(),
        policy_no: policy_of("p-1").policy_no,
        patient: party("p-1"),
        currency: Currency::CNY,
        in_force: true,
        guaranteed_minor: 1,
        valid_until: date(2026, 4, 1),
        answered_at: now(),
        exchange_sha256: [7; 32],
    };
    let tx = client.transaction().await.unwrap();
    record_in(&tx, &[answer], "insurer:picc", now()).await.unwrap();
    tx.commit().await.unwrap();
    desk
}

#[tokio::test]
async fn nothing_that_is_on_record_changes() {
    let desk = full_desk().await;
    let (owner, service) = (desk.owner().await, desk.ledger.client().await.unwrap());
    for table in KEPT {
        assert!(desk.count(table).await > 0, "{table}");
        let column = "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1";
        let column: String = owner.query_one(column, &[&table]).await.unwrap().get(0);
        for statement in [
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table} CASCADE"),
        ] {
            let error = owner.batch_execute(&statement).await.unwrap_err();
            let error = error.as_db_error().unwrap();
            assert_eq!((error.code().code(), error.constraint()), ("23001", Some("append_only")), "{statement}");
            let error = service.batch_execute(&statement).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "42501", "{statement}");
        }
    }
    // The right to lock an insurer's row is not the right to change it.
    let error = service.batch_execute("UPDATE insurer SET registered_at = now()").await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("append_only"));
    let error = service.batch_execute("UPDATE insurer SET name = 'x'").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "42501");
}

/// A row as it is, with some columns changed.
fn changed(table: &str, rows: &str, columns: &str) -> String {
    let listed = match table {
        "insurer_stage_step" => {
            "insurer_no, step_no, act, from_stage, to_stage, proposal_no, approved, reason, actor,
                                 recorded_at"
        }
        "dispute_step" => {
            "dispute_no, step_no, insurer_no, from_state, to_state, won_minor, reason, evidence_sha256,
                           proposal_no, act, approved, actor, recorded_at"
        }
        _ => "",
    };
    let (into, from) = if listed.is_empty() {
        (String::new(), "(t).*".to_owned())
    } else {
        (format!("({listed})"), listed.to_owned())
    };
    let from: Vec<String> = if listed.is_empty() {
        vec![from]
    } else {
        from.split(',').map(|column| format!("(t).{}", column.trim())).collect()
    };
    format!(
        "INSERT INTO {table} {into} SELECT {} FROM (
             SELECT jsonb_populate_record(t, '{columns}') AS t FROM {table} t WHERE {rows}
         ) changed",
        from.join(", ")
    )
}

/// A table, which of its rows, the columns that are changed, and the constraint that refuses it.
type Refused = (&'static str, &'static str, &'static str, &'static str);

/// Papers, proposals and stages.
const STAGES: &[Refused] = &[
    ("insurer_paper", "item = 'licence'", r#"{"paper_no": 2, "expires_on": null}"#, "insurer_paper_licence_expires"),
    ("insurer_paper", "item = 'licence'", r#"{"item": "mood"}"#, "insurer_paper_item_known"),
    ("insurer_paper_verdict", "item = 'licence'", r#"{"judged_by": "wang"}"#, "insurer_paper_verdict_two_people"),
    ("insurer_paper_verdict", "item = 'licence'", r#"{"submitted_by": "zhao"}"#, "insurer_paper_verdict_pkey"),
    ("insurer_paper_verdict", "item = 'licence'", r#"{"paper_no": 2}"#, "insurer_paper_verdict_paper_fkey"),
    (
        "insurer_proposal",
        "act = 'go_live'",
        r#"{"proposal_no": 9, "act": "lift"}"#,
        "insurer_proposal_content_names_its_act",
    ),
    ("insurer_proposal_end", "act = 'go_live'", r#"{"ended_by": "wang"}"#, "insurer_proposal_end_two_people"),
    ("insurer_proposal_end", "act = 'go_live'", r#"{"proposal_no": 9}"#, "insurer_proposal_end_proposal_fkey"),
    (
        "insurer_stage_step",
        "step_no = 2",
        r#"{"step_no": 3, "act": "lift", "from_stage": "SUSPENDED", "to_stage": "LIVE"}"#,
        "insurer_stage_step_takes_two",
    ),
    (
        "insurer_stage_step",
        "step_no = 2",
        r#"{"step_no": 3, "act": "lift", "from_stage": "SUSPENDED", "to_stage": "LIVE", "proposal_no": 2}"#,
        "insurer_stage_step_proposal_key",
    ),
    (
        "insurer_stage_step",
        "step_no = 2",
        r#"{"step_no": 3, "act": "lift", "from_stage": "SUSPENDED", "to_stage": "LIVE", "proposal_no": 1}"#,
        "insurer_stage_step_approved_by_two",
    ),
    ("insurer_stage_step", "step_no = 2", r#"{"step_no": 3}"#, "insurer_stage_step_continues"),
    ("insurer_stage_step", "step_no = 2", r#"{"step_no": 3, "to_stage": "CLOSED"}"#, "insurer_stage_step_legal"),
    ("insurer_stage_step", "step_no = 1", r#"{"step_no": 4}"#, "insurer_stage_step_begins"),
];

/// All else.
const RECORDS: &[Refused] = &[
    ("insurer_terms", "true", r#"{"version": 2, "proposal_no": 2}"#, "insurer_terms_approved_by_two"),
    ("insurer_terms", "true", r#"{"version": 2, "act": "go_live", "proposal_no": 2}"#, "insurer_terms_is_of_terms"),
    ("insurer_terms", "true", r#"{"version": 2}"#, "insurer_terms_proposal_key"),
    ("insurer_switch", "true", r#"{"switch_no": 2, "from_at": "2026-01-01"}"#, "insurer_switch_not_backdated"),
    ("insurer_switch", "true", r#"{"switch_no": 2, "module": "mood"}"#, "insurer_switch_module_known"),
    ("bank_holiday", "true", r#"{"kind": "mood"}"#, "bank_holiday_kind_known"),
    ("coverage_answer", "true", r#"{"verify_no": "V-2", "patient_no": "p-2"}"#, "coverage_answer_policy_fkey"),
    (
        "coverage_answer",
        "true",
        r#"{"verify_no": "V-2", "in_force": false}"#,
        "coverage_answer_guarantees_what_is_in_force",
    ),
    ("dispute", "true", r#"{"dispute_no": "D-2", "amount_minor": 0}"#, "dispute_amount_positive"),
    ("dispute", "true", r#"{"dispute_no": "D-2", "claim_no": "C-9"}"#, "dispute_claim_fkey"),
    (
        "dispute_step",
        "true",
        r#"{"step_no": 2, "from_state": "ANSWERED", "to_state": "WON", "won_minor": 1}"#,
        "dispute_step_end_takes_two",
    ),
    (
        "dispute_step",
        "true",
        r#"{"step_no": 2, "from_state": "ANSWERED", "to_state": "WON", "won_minor": 1, "proposal_no": 1}"#,
        "dispute_step_approved_by_two",
    ),
    (
        "dispute_step",
        "true",
        r#"{"step_no": 2, "from_state": "ANSWERED", "to_state": "WON", "proposal_no": 1}"#,
        "dispute_step_won_is_told",
    ),
    ("dispute_step", "true", r#"{"step_no": 3, "from_state": "ANSWERED"}"#, "dispute_step_continues"),
];

#[tokio::test]
async fn what_no_step_writes_is_refused() {
    let desk = full_desk().await;
    let owner = desk.owner().await;
    let suspended = r#"{"step_no": 2, "act": "suspend", "from_stage": "LIVE", "to_stage": "SUSPENDED",
                        "proposal_no": null}"#;
    owner.batch_execute(&changed("insurer_stage_step", "true", suspended)).await.unwrap();
    for (table, rows, columns, constraint) in STAGES.iter().chain(RECORDS) {
        let statement = changed(table, rows, columns);
        let error = owner.batch_execute(&statement).await.unwrap_err();
        let found = error.as_db_error().map(|error| error.constraint());
        assert_eq!(found, Some(Some(*constraint)), "{statement}: {error:?}");
    }
}

#[tokio::test]
async fn an_insurer_whose_papers_lack_something_does_not_go_live_past_the_program() {
    let office = Office::new().await;
    let owner = office.owner().await;
    let by_two = "
        INSERT INTO insurer_proposal VALUES ('cpic', 1, 'go_live', '{\"act\": \"go_live\"}', 'x', 'wang', now());
        INSERT INTO insurer_proposal_end VALUES ('cpic', 1, 'go_live', true, 'x', 'wang', 'li', now())";
    owner.batch_execute(by_two).await.unwrap();
    let live = "
        INSERT INTO insurer_stage_step
            (insurer_no, step_no, act, from_stage, to_stage, proposal_no, reason, actor, recorded_at)
        VALUES ('cpic', 1, 'go_live', 'ONBOARDING', 'LIVE', 1, 'x', 'li', '2026-03-02T00:00:00Z')";
    let refused = async || {
        let error = owner.batch_execute(live).await.unwrap_err();
        assert_eq!(error.as_db_error().unwrap().constraint(), Some("insurer_goes_live_complete"), "{error:?}");
    };
    refused().await;
    for paper in the_papers() {
        refused().await;
        let paper_no = office.hand_in(&paper).await.unwrap();
        refused().await;
        office.judge(paper.item, paper_no, true, CHECKER).await.unwrap();
    }
    owner.batch_execute(live).await.unwrap();
}

#[tokio::test]
async fn a_failure_half_way_leaves_nothing() {
    let office = Office::live().await;
    let owner = office.owner().await;
    let function = "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql
                    AS $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = 'XX001'; END $$";
    owner.batch_execute(function).await.unwrap();
    let proposal_no = office.propose(&proposal::Act::CreditLine { max_minor: 5 }, now()).await.unwrap();
    let mut client = office.client().await;
    for table in ["insurer_proposal_end", "register", "limit_group_member"] {
        let break_it = format!("CREATE TRIGGER fault BEFORE INSERT ON {table} EXECUTE FUNCTION fault()");
        owner.batch_execute(&break_it).await.unwrap();
        let seen = ("seen", CHECKER);
        proposal::approve(&mut client, &cpic(), proposal_no, seen, now()).await.unwrap_err();
        owner.batch_execute(&format!("DROP TRIGGER fault ON {table}")).await.unwrap();
        assert_eq!(office.count("insurer_proposal_end WHERE act = 'credit_line'").await, 0, "{table}");
    }
    office.approve(proposal_no, CHECKER, now()).await.unwrap();

    // The same of being registered: the row, the accounts and the line come together.
    let other = dianfu_claims::insurer::Insurer { insurer_no: party("new"), ..the_insurer() };
    owner.batch_execute("CREATE TRIGGER fault BEFORE INSERT ON register EXECUTE FUNCTION fault()").await.unwrap();
    register(&mut client, &other, LINE, MAKER, now()).await.unwrap_err();
    owner.batch_execute("DROP TRIGGER fault ON register").await.unwrap();
    assert_eq!((office.count("insurer").await, office.count("account WHERE code LIKE '%.new'").await), (1, 0));
    register(&mut client, &other, LINE, MAKER, now()).await.unwrap().unwrap();
    suspend(&mut client, &cpic(), ("end", MAKER), now()).await.unwrap().unwrap();
}
