//! What the bank and the insurer's cashier do: payouts leave, cash and remittances come.

use std::fmt::Write;

use dianfu_ledger::Ledger;
use dianfu_ledger::money::{Currency, Money};
use dianfu_reconcile::{Application, CashReceipt, Delivery, import, receive};
use dianfu_settlement::batch::{Batch, Pays};
use dianfu_settlement::number::{BatchNo, PayoutId};
use dianfu_settlement::payout::{Fact, Payout};
use dianfu_settlement::record::Recorded;
use dianfu_settlement::{Approval, ControlTotal, Refusal, Report, instruct, preview, propose, record};
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::fixture::{Desk, ON, now, party};

/// When pharmacies are due for what was dispensed on [`ON`].
pub const DUE_ON: Date = date(2026, 3, 9);

/// A batch of everything due in these tests.
pub fn batch(batch_no: &str, pays: Pays) -> Batch {
    Batch {
        batch_no: BatchNo::parse(batch_no).unwrap(),
        pays,
        currency: Currency::CNY,
        bank: party("settlement"),
        cut_off: DUE_ON,
        made_by: "wang".to_owned(),
        made_at: now(),
    }
}

pub fn approval(batch_no: &str, payouts: usize, net_minor: i64) -> Approval {
    let control_total = ControlTotal { payouts, netted_minor: 0, net_minor };
    let batch_no = BatchNo::parse(batch_no).unwrap();
    Approval { batch_no, checked_by: "li".to_owned(), control_total, on: DUE_ON }
}

pub fn paid(payout: &Payout, charge_minor: i64) -> Fact {
    let bank_reference = format!("STMT-{}", payout.payout_id);
    Fact::Paid { amount_minor: payout.net_minor(), charge_minor, bank_reference }
}

pub fn rejected() -> Fact {
    Fact::Rejected { reason: "AC04".to_owned() }
}

pub fn returned(payout: &Payout) -> Fact {
    let bank_reference = format!("RTR-{}", payout.payout_id);
    Fact::Returned { amount_minor: payout.net_minor(), reason: "AC01".to_owned(), bank_reference }
}

impl Desk {
    pub async fn propose(&self, batch: &Batch) -> Result<(), Refusal> {
        let mut client = self.ledger.client().await.unwrap();
        propose(&mut client, batch).await.unwrap()
    }

    pub async fn instruct(&self, approval: &Approval) -> Result<Vec<Payout>, Refusal> {
        let mut client = self.ledger.client().await.unwrap();
        instruct(&self.ledger, &mut client, approval, now()).await.unwrap()
    }

    /// Pays everything that is due: one proposes, another one looks and releases.
    pub async fn pay(&self, batch_no: &str, pays: Pays) -> Vec<Payout> {
        let batch = batch(batch_no, pays);
        self.propose(&batch).await.unwrap();
        let mut client = self.ledger.client().await.unwrap();
        let plan = preview(&mut client, &batch.batch_no).await.unwrap().unwrap();
        let total = plan.control_total();
        let approval = Approval { control_total: total, ..approval(batch_no, total.payouts, total.net_minor) };
        self.instruct(&approval).await.unwrap()
    }

    /// The bank reports something about a payout.
    pub async fn report(&self, payout_id: &PayoutId, fact: Fact) -> Result<Recorded, Refusal> {
        let report = Report { payout_id: payout_id.clone(), fact, on: DUE_ON, evidence_sha256: Some([9; 32]) };
        let mut client = self.ledger.client().await.unwrap();
        let answers = record(&self.ledger, &mut client, &[report], "bank", now()).await.unwrap();
        let [answer] = answers.try_into().unwrap();
        answer
    }

    /// The entries that a payout posted when it was instructed.
    pub async fn instruction(&self, payout: &Payout) -> Vec<Uuid> {
        let client = self.ledger.client().await.unwrap();
        let sql = "SELECT entry_ids FROM payout_fact WHERE payout_id = $1 AND kind = 'instructed'";
        client.query_one(sql, &[&payout.payout_id.as_str()]).await.unwrap().get(0)
    }

    /// Cash of the insurer shows at the bank; answers the entry.
    pub async fn cash(&self, trace: &str, minor: i64) -> Uuid {
        let mut client = self.ledger.client().await.unwrap();
        let receipt = CashReceipt {
            bank: &party("settlement"),
            bank_reference: &format!("CR-{trace}"),
            insurer: &party("picc"),
            trace: Some(trace),
            amount: Money::new(minor, Currency::CNY),
            value_date: DUE_ON,
            received_at: now(),
            actor: "bank",
        };
        receive(&self.ledger, &mut client, &receipt, DUE_ON).await.unwrap().unwrap().entry_id
    }

    /// The insurer sends a remittance of these lines (claim and amount, below zero for a reversal) and takes back some.
    pub async fn remit(&self, trace: &str, lines: &[(&str, i64)], takeback: Option<(&str, i64)>) -> Application {
        remit(&self.ledger, trace, lines, takeback).await
    }
}

/// The same through any door to the book.
pub async fn remit(ledger: &Ledger, trace: &str, lines: &[(&str, i64)], takeback: Option<(&str, i64)>) -> Application {
    let insurer = party("picc");
    let file = file(trace, lines, takeback);
    let delivery = Delivery { insurer: &insurer, bytes: file.as_bytes(), received_at: now(), actor: "picc" };
    let mut client = ledger.client().await.unwrap();
    let imported = import(ledger, &mut client, &delivery).await.unwrap().unwrap();
    let [application] = imported.remittances.try_into().unwrap();
    application
}

/// An 835 of one remittance over the insurer's claim number of these tests.
fn file(trace: &str, lines: &[(&str, i64)], takeback: Option<(&str, i64)>) -> String {
    let text = |minor: i64| Money::new(minor, Currency::CNY).to_decimal_string();
    let mut body = String::new();
    for (claim_no, minor) in lines {
        let (status, amount) = (if *minor < 0 { 22 } else { 1 }, text(*minor));
        write!(body, "CLP*{claim_no}*{status}*{amount}*{amount}**12*9406~").unwrap();
    }
    if let Some((reference, minor)) = takeback {
        write!(body, "PLB*DIANFU*20261231*WO:{reference}*{}~", text(minor)).unwrap();
    }
    let paid = lines.iter().map(|(_, minor)| minor).sum::<i64>() - takeback.map_or(0, |(_, minor)| minor);
    let (segments, day, paid) = (body.matches('~').count() + 8, ON.strftime("%Y%m%d"), text(paid));
    format!(
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*1200*^*00501*000000001*0*T*:~\
         GS*HP*SENDER*RECEIVER*{day}*1200*1*X*005010X221A1~ST*835*0001~BPR*I*{paid}*C*ACH************{day}~\
         TRN*1*{trace}*1512345678~CUR*PR*CNY~N1*PR*PICC~N1*PE*DIANFU*XX*1~LX*1~{body}SE*{segments}*0001~GE*1*1~\
         IEA*1*000000001~"
    )
}
