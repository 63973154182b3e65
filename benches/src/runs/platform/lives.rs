//! Whole lives of claims, some hundred at a time: the way to the insurer's decision, the pharmacy's payout and the
//! bank's report of it, the insurer's cash and its remittance, and the last look, which closes them.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use dianfu_claims::claim::{ClaimNo, State};
use dianfu_claims::settle;
use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::entry::{NewEntry, NewPosting};
use dianfu_ledger::money::Money;
use dianfu_ledger::{Ledger, Outcome, clock, id};
use dianfu_settlement::batch::{Batch, Pays};
use dianfu_settlement::chart::{BANK_OWN, OWN_BANK, SETTLEMENT_BANK};
use dianfu_settlement::number::BatchNo;
use dianfu_settlement::payee::{NewPayeeAccount, PayeeAccount, record_account};
use dianfu_settlement::payout::{Fact, Payout};
use dianfu_settlement::refusal::Refusal;
use dianfu_settlement::{Approval, Report, instruct, preview, propose, record};
use jiff::civil::{Date, date};
use tokio::sync::Mutex;
use tokio_postgres::Client;

use crate::workload::claims::{self, ADVANCE_MINOR, CURRENCY, ON, PATH, party};
use crate::workload::remittances::{claim_no, file, paid_minor};
use crate::workload::size::Size;

use super::claims::step_on;
use super::remittances::take_in;
use super::{Done, Left, take};

/// Own funds that pay pharmacies before insurers have paid: enough for every run.
const CAPITAL_MINOR: i64 = i64::MAX / 4;
/// A day on which everything that is owed to pharmacies is due.
const CUT_OFF: Date = date(2026, 12, 31);

/// Pays pharmacies, one batch at a time: a batch pays everything that is due. Holds how many there were.
#[derive(Clone, Default)]
pub struct Cashier(Arc<Mutex<usize>>);

/// What workload CLAIMS prepares, own funds, and where the pharmacy is paid. Answers the entries.
pub async fn prepare(ledger: &Ledger, size: Size) -> anyhow::Result<usize> {
    super::claims::prepare(ledger, size).await?;
    let payee = claims::pharmacy()?.pharmacy_no;
    let details = PayeeAccount {
        holder: "Pharmacy".to_owned(),
        bank_code: "102100099996".to_owned(),
        account_no: "6222 0000".to_owned(),
    };
    let account = NewPayeeAccount { payee, version: 1, details, checked_by: "checker".to_owned() };
    record_account(&mut ledger.client().await?, &account, "maker", clock::now()).await??;
    bring_capital(ledger).await
}

async fn bring_capital(ledger: &Ledger) -> anyhow::Result<usize> {
    let owners = NewAccount {
        code: AccountCode::parse("3001").context("an account's code")?,
        name: "Capital".to_owned(),
        account_type: AccountType::Equity,
        currency: CURRENCY,
        normal_side: NormalSide::Credit,
        open_item: false,
        limits: Limits::default(),
        note: AccountNote::default(),
    };
    ledger.open_accounts(std::slice::from_ref(&owners), "bench").await?;
    let leg = |account, minor| NewPosting::new(account, Money::new(minor, CURRENCY), None);
    let postings = vec![leg(BANK_OWN.of(&party(OWN_BANK)?), CAPITAL_MINOR), leg(owners.code, -CAPITAL_MINOR)];
    let entry = NewEntry {
        id: id::fresh(),
        effective_date: Some(ON),
        actor: "bench".to_owned(),
        postings,
        ..NewEntry::default()
    };
    let outcomes = ledger.post(vec![entry]).await?;
    ensure!(matches!(outcomes[..], [Outcome::Posted(_)]), "the owners' funds are posted: {outcomes:?}");
    Ok(1)
}

/// Brings one cohort of claims after the other from intake to closed.
pub async fn caller(
    ledger: &Ledger,
    size: Size,
    left: &Left,
    (caller, cashier): (usize, &Cashier),
) -> anyhow::Result<Done> {
    let (mut client, mut done) = (ledger.client().await?, Done::default());
    for cohort in 0_usize.. {
        let count = take(left, size.batch);
        if count == 0 {
            break;
        }
        let (cohort, began, making) = (format!("C-{caller}-{cohort}"), Instant::now(), done.making);
        for step in 0..PATH.len() {
            let whose = (&*cohort, count);
            step_on(ledger, &mut client, whose, (size, caller, step), &mut done.making).await?;
        }
        let started = Instant::now();
        let advice = file(&cohort, count, ADVANCE_MINOR);
        done.making += started.elapsed();
        let paid = paid_minor(count, ADVANCE_MINOR);
        take_in(ledger, &mut client, (&cohort, &advice), paid, clock::now()).await?;
        cashier.pay(ledger, &mut client).await?;
        close(ledger, &mut client, &cohort, count).await?;
        done.latencies.record(began.elapsed().saturating_sub(done.making.saturating_sub(making)));
        done.units += count;
    }
    Ok(done)
}

impl Cashier {
    /// Instructs what is due, and records that the bank has paid it.
    async fn pay(&self, ledger: &Ledger, client: &mut deadpool_postgres::Client) -> anyhow::Result<()> {
        let mut batches = self.0.lock().await;
        *batches += 1;
        let batch_no = BatchNo::parse(&format!("B-{batches}"))?;
        let batch = Batch {
            batch_no: batch_no.clone(),
            pays: Pays::Pharmacies,
            currency: CURRENCY,
            bank: party(SETTLEMENT_BANK)?,
            cut_off: CUT_OFF,
            made_by: "maker".to_owned(),
            made_at: clock::now(),
        };
        propose(client, &batch).await??;
        let payouts = approved(ledger, client, &batch_no).await?;
        let report = |payout: &Payout| Report {
            payout_id: payout.payout_id.clone(),
            fact: Fact::Paid {
                amount_minor: payout.net_minor(),
                charge_minor: 0,
                bank_reference: format!("STMT-{}", payout.payout_id),
            },
            on: ON,
            evidence_sha256: None,
        };
        let reports: Vec<Report> = payouts.iter().map(report).collect();
        for answer in record(ledger, client, &reports, "bank", clock::now()).await? {
            answer?;
        }
        Ok(())
    }
}

/// Approves what is due, and sends it to the bank. What others dispense between the look and the approval changes what
/// is due: then it is looked at again.
async fn approved(
    ledger: &Ledger,
    client: &mut deadpool_postgres::Client,
    batch_no: &BatchNo,
) -> anyhow::Result<Vec<Payout>> {
    loop {
        let plan = preview(client, batch_no).await??;
        if plan.payouts.is_empty() {
            return Ok(Vec::new());
        }
        let (batch_no, checked_by) = (batch_no.clone(), "checker".to_owned());
        let approval = Approval { batch_no, checked_by, control_total: plan.control_total(), on: ON };
        match instruct(ledger, client, &approval, clock::now()).await? {
            Ok(payouts) => return Ok(payouts),
            Err(Refusal::ControlTotalDiffers { .. }) => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
}

async fn close(
    ledger: &Ledger,
    client: &mut deadpool_postgres::Client,
    cohort: &str,
    count: usize,
) -> anyhow::Result<()> {
    let number = |line| ClaimNo::parse(&claim_no(cohort, line)).context("a claim's number");
    let numbers: Vec<ClaimNo> = (1..=count).map(number).collect::<anyhow::Result<_>>()?;
    for answer in settle(ledger, client, &numbers, (ON, "bench"), clock::now()).await? {
        let applied = answer.context("a look is granted")?;
        ensure!(applied.to == State::Closed, "{} is {}", applied.claim_no, applied.to.word());
    }
    Ok(())
}

/// Entries of a book of lives: those of payouts are known to the bank's reports alone.
pub async fn entries(owner: &Client) -> anyhow::Result<usize> {
    let entries: i64 = owner.query_one("SELECT count(*) FROM entry", &[]).await?.get(0);
    Ok(usize::try_from(entries)?)
}

/// Whether so many claims are closed and no other is there.
pub async fn are_closed(owner: &Client, units: usize) -> anyhow::Result<bool> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE state = 'CLOSED') FROM claim";
    let row = owner.query_one(sql, &[]).await?;
    let units = i64::try_from(units)?;
    Ok((row.get::<_, i64>(0), row.get::<_, i64>(1)) == (units, units))
}
