//! An insurer goes live when every paper is accepted, terms are agreed on, and two people say so.

use dianfu_claims::insurer::checklist::{CheckItem, NewPaper, hand_in, judge};
use dianfu_claims::insurer::modules::Module;
use dianfu_claims::insurer::onboard::{Onboarding, onboard};
use dianfu_claims::insurer::proposal::{Act, approve, propose, withdraw};
use dianfu_claims::insurer::stage::{Stage, StageAct};
use dianfu_claims::insurer::{Insurer, Need};
use dianfu_settlement::number::PartyNo;
use jiff::civil::date;

use super::fixture::{
    CHECKER, LINE, MAKER, Office, cpic, now, paper, terms_from, the_insurer, the_papers, the_terms, told,
};

#[tokio::test]
async fn an_insurer_goes_live_when_all_is_there_and_two_people_say_so() {
    let office = Office::new().await;
    assert_eq!(office.standing(now()).await.stage.stage, Stage::Onboarding);
    office.hand_in_everything().await;
    office.agree(&terms_from(date(2026, 1, 1))).await;
    let proposal_no = office.propose(&Act::GoLive, now()).await.unwrap();
    assert_eq!(office.standing(now()).await.stage.stage, Stage::Onboarding);
    office.approve(proposal_no, CHECKER, now()).await.unwrap();
    let view = office.standing(now()).await.stage;
    let because = view.because.unwrap();
    assert_eq!((view.stage, because.act, because.proposal_no), (Stage::Live, StageAct::GoLive, Some(proposal_no)));
    assert_eq!((because.actor.as_str(), because.reason.as_str()), (CHECKER, "agreed"));
}

#[tokio::test]
async fn nothing_goes_live_while_a_paper_is_missing_rejected_or_expired() {
    let office = Office::new().await;
    office.agree(&terms_from(date(2026, 1, 1))).await;
    let refusal = told(office.propose(&Act::GoLive, now()).await);
    assert_eq!(
        refusal,
        "checklist_open: the checklist is not complete: licence is missing, contract_terms is missing, \
         bank_account is missing, credit_line is missing, keys is missing"
    );
    office.hand_in_everything().await;
    let proposal_no = office.propose(&Act::GoLive, now()).await.unwrap();
    // A renewal that nobody has judged changes nothing; one that is rejected does.
    let renewed = NewPaper { evidence_sha256: [8; 32], ..paper(CheckItem::Keys) };
    assert_eq!(office.hand_in(&renewed).await.unwrap(), 2);
    office.propose(&Act::GoLive, now()).await.unwrap();
    office.judge(CheckItem::Keys, 2, false, CHECKER).await.unwrap();
    assert!(told(office.approve(proposal_no, CHECKER, now()).await).ends_with("keys is rejected"));
    assert_eq!(office.hand_in(&paper(CheckItem::Keys)).await.unwrap(), 3);
    office.judge(CheckItem::Keys, 3, true, CHECKER).await.unwrap();
    // What was complete when it was proposed is looked at again when it is approved.
    let next_year = "2027-01-01T00:00:00Z".parse().unwrap();
    let refusal = told(office.approve(proposal_no, CHECKER, next_year).await);
    assert!(refusal.ends_with("licence was valid until 2026-12-31"), "{refusal}");
    let last_day = "2026-12-31T23:59:59Z".parse().unwrap();
    office.approve(proposal_no, CHECKER, last_day).await.unwrap();
}

#[tokio::test]
async fn nothing_goes_live_without_terms_in_force() {
    let office = Office::new().await;
    office.hand_in_everything().await;
    office.agree(&terms_from(date(2026, 3, 3))).await;
    let refusal = told(office.propose(&Act::GoLive, now()).await);
    assert_eq!(refusal, "terms_missing: there are no contract terms in force on 2026-03-02");
}

#[tokio::test]
async fn one_person_is_not_two() {
    let office = Office::new().await;
    let paper_no = office.hand_in(&paper(CheckItem::Licence)).await.unwrap();
    let refusal = told(office.judge(CheckItem::Licence, paper_no, true, MAKER).await);
    assert!(refusal.starts_with("same_person: 'wang'"), "{refusal}");
    let proposal_no = office.propose(&terms_from(date(2026, 1, 1)), now()).await.unwrap();
    assert!(told(office.approve(proposal_no, MAKER, now()).await).starts_with("same_person: 'wang'"));
    assert_eq!((office.count("insurer_paper_verdict").await, office.count("insurer_proposal_end").await), (0, 0));
    // Whoever proposed may take it back.
    let mut client = office.client().await;
    let answer = withdraw(&mut client, &cpic(), proposal_no, ("a slip", MAKER), now()).await.unwrap();
    answer.unwrap();
    let refusal = told(office.approve(proposal_no, CHECKER, now()).await);
    assert_eq!(refusal, "proposal_ended: proposal 1 is withdrawn already");
    assert_eq!(office.count("insurer_terms").await, 0);
}

#[tokio::test]
async fn the_same_again_is_fine_and_changes_nothing() {
    let office = Office::live().await;
    let tables = ["insurer_paper", "insurer_paper_verdict", "insurer_proposal", "insurer_stage_step", "insurer_terms"];
    let mut before = Vec::new();
    for table in tables {
        before.push(office.count(table).await);
    }
    assert_eq!(before, [5, 5, 2, 1, 1]);
    let paper_no = office.hand_in(&paper(CheckItem::Licence)).await.unwrap();
    office.judge(CheckItem::Licence, paper_no, true, CHECKER).await.unwrap();
    office.approve(2, CHECKER, now()).await.unwrap();
    let line = Act::CreditLine { max_minor: 5 };
    let proposals = [office.propose(&line, now()).await.unwrap(), office.propose(&line, now()).await.unwrap()];
    assert_eq!(proposals, [3, 3]);
    let mut after = Vec::new();
    for table in tables {
        after.push(office.count(table).await);
    }
    assert_eq!(after, [5, 5, 3, 1, 1]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let office = Office::live().await;
    let (mut client, nobody) = (office.client().await, PartyNo::parse("nobody").unwrap());
    let keys = paper(CheckItem::Keys);
    let answer = hand_in(&mut client, &nobody, &keys, MAKER, now()).await.unwrap();
    assert_eq!(told(answer), "unknown: there is no insurer 'nobody'");
    let judged = judge(&mut client, &nobody, (CheckItem::Keys, 1), (true, "seen"), CHECKER, now()).await.unwrap();
    assert_eq!(told(judged), "unknown: there is no insurer 'nobody'");
    let answer = propose(&mut client, &nobody, &Act::GoLive, ("now", MAKER), now()).await.unwrap();
    assert_eq!(told(answer), "unknown: there is no insurer 'nobody'");
    let answer = approve(&mut client, &cpic(), 99, ("now", CHECKER), now()).await.unwrap();
    assert_eq!(told(answer), "unknown: there is no proposal '99'");
    let answer = propose(&mut client, &cpic(), &Act::Close, ("", MAKER), now()).await.unwrap();
    assert_eq!(told(answer), "text_length: reason has 1 to 500 bytes and no NUL; it has 0");
    assert!(told(office.judge(CheckItem::Keys, 9, true, CHECKER).await).starts_with("unknown: there is no paper"));
    let refusal = told(office.judge(CheckItem::Keys, 1, false, CHECKER).await);
    assert_eq!(refusal, "paper_judged: paper 1 for keys is accepted already");
    let refusal = told(office.hand_in(&NewPaper { expires_on: None, ..paper(CheckItem::Licence) }).await);
    assert_eq!(refusal, "expiry_missing: the paper for licence needs its last day");
    let over = NewPaper { expires_on: Some(date(2026, 3, 1)), ..keys };
    assert_eq!(told(office.hand_in(&over).await), "paper_expired: the paper for keys was valid until 2026-03-01");
    let refusal = told(office.propose(&Act::GoLive, now()).await);
    assert_eq!(refusal, "not_in_this_stage: insurer 'cpic' is LIVE: go_live does not happen then");
    for act in [Act::Lift, Act::Close] {
        assert!(told(office.propose(&act, now()).await).starts_with("not_in_this_stage: "));
    }
    let refusal = told(office.propose(&Act::CreditLine { max_minor: -1 }, now()).await);
    assert!(refusal.starts_with("out_of_range: credit_line is -1"), "{refusal}");
}

#[tokio::test]
async fn of_many_who_approve_one_does() {
    let office = Office::new().await;
    office.hand_in_everything().await;
    office.agree(&terms_from(date(2026, 1, 1))).await;
    let proposal_no = office.propose(&Act::GoLive, now()).await.unwrap();
    let approvals = ["zhao", "qian", "sun", "zhou"].map(|by| office.approve(proposal_no, by, now()));
    let answers = futures_util::future::join_all(approvals).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(
        answers.iter().filter_map(|answer| answer.as_ref().err()).all(|refusal| refusal.code() == "proposal_ended")
    );
    assert_eq!(office.count("insurer_stage_step").await, 1);
}

#[tokio::test]
async fn all_of_it_is_done_in_one_go_and_again() {
    let office = Office::new().await;
    let insurer = Insurer { insurer_no: PartyNo::parse("pingan").unwrap(), ..the_insurer() };
    let onboarding = Onboarding {
        insurer: insurer.clone(),
        credit_line_minor: LINE,
        terms: the_terms(),
        effective_from: date(2026, 1, 1),
        papers: the_papers(),
        modules: vec![Module::DirectPay],
    };
    let mut client = office.client().await;
    for _ in 0..2 {
        onboard(&mut client, &onboarding, (MAKER, CHECKER), now()).await.unwrap().unwrap();
    }
    let tx = client.transaction().await.unwrap();
    let both = [cpic(), insurer.insurer_no.clone(), PartyNo::parse("nobody").unwrap()];
    let standings = dianfu_claims::insurer::standings_in(&tx, &both, now()).await.unwrap();
    assert_eq!(standings.len(), 2);
    assert_eq!(standings[&insurer.insurer_no].permits(Need::Advance), Ok(()));
    assert_eq!(standings[&insurer.insurer_no].permits(Need::Remittance).unwrap_err().code(), "module_off");
    assert_eq!(standings[&cpic()].permits(Need::Advance).unwrap_err().code(), "insurer_not_live");
    drop(tx);
    let same = onboard(&mut client, &Onboarding { papers: Vec::new(), ..onboarding }, (MAKER, MAKER), now()).await;
    assert_eq!(same.unwrap(), Ok(()));
}
