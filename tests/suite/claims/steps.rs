//! The life of a claim as a list of steps, each of which can be taken again.

use dianfu_claims::claim::State;
use dianfu_claims::event::Bearer;
use dianfu_claims::{Command, apply, proposal, settle};
use dianfu_settlement::batch::{Batch, Pays};
use dianfu_settlement::number::PayoutId;
use dianfu_settlement::payee::record_account;
use dianfu_settlement::payout::Fact;
use dianfu_settlement::{Approval, Reissue, Report, instruct, propose, record, reissue};
use uuid::Uuid;

use super::bank::{DUE_ON, approval, batch};
use super::fixture::{Desk, ON, assigned, bank_details, intake, now, number, straight_path, told};

/// Something that somebody does in one transaction.
pub enum Step {
    Tell(Command),
    Propose(Batch),
    Instruct(Approval),
    Report(Report),
    /// New bank details of a payee, by version.
    Details(&'static str, i32),
    Reissue(Reissue),
    Settle(State),
    /// A reviewer proposes a ruling.
    ProposeRuling(Uuid, Command),
    /// Somebody accepts a ruling, or turns it down.
    DecideRuling(Uuid, bool),
}

impl Step {
    /// Takes the step and answers what came of it, without whether it was on record already; `Err` if the world failed.
    pub async fn take(&self, desk: &Desk) -> Result<String, String> {
        let mut client = desk.ledger.client().await.unwrap();
        let (ledger, client) = (&desk.ledger, &mut client);
        Ok(match self {
            Step::Tell(command) => {
                let answers = apply(ledger, client, std::slice::from_ref(command), "tester", now()).await;
                let mut applied = answers.map_err(failed)?.remove(0).unwrap();
                applied.replayed = false;
                format!("{applied:?}")
            }
            Step::Propose(batch) => format!("{:?}", propose(client, batch).await.map_err(failed)?.unwrap()),
            Step::Instruct(approval) => {
                format!("{:?}", instruct(ledger, client, approval, now()).await.map_err(failed)?.unwrap())
            }
            Step::Report(report) => {
                let answers = record(ledger, client, std::slice::from_ref(report), "bank", now()).await;
                let mut recorded = answers.map_err(failed)?.remove(0).unwrap();
                recorded.replayed = false;
                format!("{recorded:?}")
            }
            Step::Details(payee, version) => {
                let account = bank_details(payee, *version);
                format!("{:?}", record_account(client, &account, "wang", now()).await.map_err(failed)?.unwrap())
            }
            Step::Reissue(order) => {
                format!("{:?}", reissue(ledger, client, order, now()).await.map_err(failed)?.unwrap())
            }
            Step::ProposeRuling(id, command) => {
                let proposed = proposal::propose(ledger, client, *id, command, "wang", now()).await.map_err(failed)?;
                format!("{:?}", proposed.unwrap().to)
            }
            Step::DecideRuling(id, true) => {
                let accepted = proposal::accept(ledger, client, *id, ("li", ""), now()).await.map_err(failed)?;
                format!("{:?}", accepted.unwrap().to)
            }
            Step::DecideRuling(id, false) => {
                let turned_down = proposal::turn_down(client, *id, ("li", ""), now()).await.map_err(failed)?;
                format!("{:?}", turned_down.unwrap())
            }
            Step::Settle(to) => {
                let answers = settle(ledger, client, &[number("C-1")], (ON, "system"), now()).await;
                let applied = answers.map_err(failed)?.remove(0).unwrap();
                assert_eq!(applied.to, *to);
                format!("{:?}", applied.to)
            }
        })
    }
}

fn failed(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

/// The claim `C-1` from intake until nobody can do anything: paid to the pharmacy, which comes back and is paid again,
/// and a shortfall that the platform bears.
pub fn whole_life() -> Vec<Step> {
    let mut steps: Vec<Step> =
        straight_path(intake("C-1", "p-1")).into_iter().map(|(command, _)| Step::Tell(command)).collect();
    let (amount_minor, bank_reference) = (1_980_000, "STMT-1".to_owned());
    let accepted = Fact::Accepted { bank_reference: "ACK-1".to_owned() };
    let unknown = Fact::Unknown { reason: "timeout".to_owned() };
    let paid = Fact::Paid { amount_minor, charge_minor: 250, bank_reference: bank_reference.clone() };
    let returned = Fact::Returned { amount_minor, reason: "AC01".to_owned(), bank_reference };
    let order =
        Reissue { returned: payout("B-1-0001"), made_by: "wang".to_owned(), checked_by: "li".to_owned(), on: DUE_ON };
    steps.push(Step::Propose(batch("B-1", Pays::Pharmacies)));
    steps.push(Step::Instruct(approval("B-1", 1, amount_minor)));
    steps.extend([unknown, accepted, paid.clone(), returned].map(|fact| report("B-1-0001", fact)));
    steps.push(Step::Details("red-cross", 2));
    steps.push(Step::Reissue(order));
    steps.push(report("B-1-0001-R1", paid));
    steps.push(Step::Tell(told("C-1", assigned(1, Bearer::Platform, 120_000))));
    steps.push(Step::Settle(State::Approved));
    steps
}

fn payout(payout_id: &str) -> PayoutId {
    PayoutId::parse(payout_id).unwrap()
}

fn report(payout_id: &str, fact: Fact) -> Step {
    Step::Report(Report { payout_id: payout(payout_id), fact, on: DUE_ON, evidence_sha256: Some([9; 32]) })
}
