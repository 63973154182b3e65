//! The day's payouts and remittances, with all that goes wrong on the way.

use dianfu_claims::event::{Bearer, Event};
use dianfu_ledger::account::AccountCode;
use dianfu_settlement::batch::Pays;
use dianfu_settlement::chart::{DUE, PASS_THROUGH};
use dianfu_settlement::payout::Payout;
use jiff::civil::Date;

use super::cast::{CREDIT, Life};
use super::fate::Fate;
use super::{Day, party};
use crate::cli::demo::advice::{Advice, AdviceLine};
use crate::cli::demo::story::CURRENCY;
use crate::cli::demo::tell_outcome;

/// What the insurer pays less, where it takes its payment back and approves 500.00 less: its fee falls, too.
const TAKEN_BACK_MINOR: i64 = 50_500;

/// A line of an advice, in values of its own.
struct Line {
    life: Life,
    billed_minor: i64,
    paid_minor: i64,
}

impl Day<'_> {
    /// The first payouts: one is rejected, one comes back twice over, and refunds go to patients.
    pub(super) async fn pay_first(&mut self) -> anyhow::Result<()> {
        self.narrator.step("Pharmacies and patients are paid; the bank turns some away, and some come back")?;
        let on = self.days.payout;
        let mut payouts = self.office.pay(Pays::Pharmacies, "D-1", on).await?;
        let at = payouts.iter().position(|payout| payout.payee.as_str() == "harbour").unwrap_or(0);
        let lost = payouts.remove(at);
        let at = payouts.iter().position(|payout| payout.payee.as_str() == "garden").unwrap_or(0);
        self.office.turned_away(&[payouts.remove(at)], "AC04: the account is closed", on).await?;
        self.office.debited(&payouts, on).await?;
        self.comes_back(&lost, on).await?;
        self.each(Fate::BackBehindPayout, Event::Returned, on).await?;
        self.pay_or_again(Pays::PatientRefunds, "F", on).await?;
        self.narrator.show_journals(self.office.client()).await
    }

    /// It comes back, is turned away with the next details, and arrives with others.
    async fn comes_back(&mut self, lost: &Payout, on: Date) -> anyhow::Result<()> {
        self.office.debited(std::slice::from_ref(lost), on).await?;
        self.office.came_back(lost, "AC01: no such account", on).await?;
        self.office.bank_details(&lost.payee, 2, "6222 0200").await?;
        let again = self.office.pay_again(lost, on).await?;
        self.office.turned_away(std::slice::from_ref(&again), "AC01: no such account", on).await?;
        self.office.bank_details(&lost.payee, 3, "6222 0300").await?;
        let last = self.office.pay_again(&again, on).await?;
        self.office.debited(&[last], on).await
    }

    /// Pays a batch of which the bank turns the first payout away, and what that leaves in a second batch.
    async fn pay_or_again(&mut self, pays: Pays, batch: &str, on: Date) -> anyhow::Result<()> {
        let payouts = self.office.pay(pays, &format!("{batch}-1"), on).await?;
        let Some((first, others)) = payouts.split_first() else { return Ok(()) };
        self.office.turned_away(std::slice::from_ref(first), "AC04: the account is closed", on).await?;
        self.office.debited(others, on).await?;
        let again = self.office.pay(pays, &format!("{batch}-2"), on).await?;
        self.office.debited(&again, on).await
    }

    /// Two remittances: the second takes back what the first has paid for some, and decides less.
    pub(super) async fn recover(&mut self) -> anyhow::Result<()> {
        self.narrator.step("The insurer pays: a few fen off, far too much, and some of it taken back")?;
        let first = |fate: Fate| !fate.is_prefunded() && fate != Fate::SecondBatch;
        let due = self.due(first).await?;
        self.remit("CPIC-1", &due, self.days.cash).await?;
        self.each(Fate::BackBehindRecovery, Event::Returned, self.days.cash).await?;
        let mut second = self.due(|fate| fate == Fate::SecondBatch).await?;
        for Line { life, billed_minor, paid_minor } in due {
            if life.fate == Fate::TakenBack {
                second.push(Line { life: life.clone(), billed_minor: -billed_minor, paid_minor: -paid_minor });
                second.push(Line { life, billed_minor, paid_minor: paid_minor - TAKEN_BACK_MINOR });
            }
        }
        let on = self.days.cash.tomorrow()?;
        self.remit("CPIC-2", &second, on).await?;
        let taken_back = self.of(|fate| fate == Fate::TakenBack);
        self.say_decisions(&taken_back, 2, on).await?;
        self.assign(Fate::TakenBack, Bearer::Platform, on).await?;
        self.office.settle(on).await?;
        self.narrator.show_journals(self.office.client()).await
    }

    /// What the insurer pays for claims of some fates that it owes for, each as far off as its fate says.
    async fn due(&mut self, which: impl Fn(Fate) -> bool) -> anyhow::Result<Vec<Line>> {
        let lives = self.of(which);
        let accounts: Vec<_> = lives.iter().map(|life| (life.claim_no.clone(), life.due_on())).collect();
        let due = self.office.due(&accounts).await?;
        let paid = lives.into_iter().filter_map(|life| {
            let due_minor = due.get(&life.claim_no).copied().filter(|minor| *minor > 0)?;
            let (billed_minor, paid_minor) = (life.gross_minor, due_minor + life.fate.paid_off_by_minor());
            Some(Line { life, billed_minor, paid_minor })
        });
        Ok(paid.collect())
    }

    /// Cash and advice arrive, and are matched and applied.
    async fn remit(&mut self, trace: &str, paid: &[Line], on: Date) -> anyhow::Result<()> {
        let insurer = party(CREDIT)?;
        let numbers: Vec<String> = paid.iter().map(|line| line.life.insurers_no()).collect();
        let lines = paid.iter().zip(&numbers).map(|(line, insurer_claim_no)| AdviceLine {
            claim_no: line.life.claim_no.as_str(),
            insurer_claim_no,
            billed_minor: line.billed_minor,
            paid_minor: line.paid_minor,
            patient_minor: line.billed_minor - line.paid_minor,
        });
        let advice = Advice { trace, on, currency: CURRENCY, lines: lines.collect(), takebacks: Vec::new() };
        self.office.cash(&insurer, trace, advice.paid_minor(), on).await?;
        let imported = self.office.take_in(&insurer, &advice.to_bytes()).await?;
        for view in self.office.outcome(&imported).await? {
            tell_outcome(self.narrator, &view)?;
        }
        Ok(())
    }

    /// The last payouts: debts of pharmacies are set off, and insurers and patients get what is theirs.
    pub(super) async fn pay_last(&mut self) -> anyhow::Result<()> {
        self.narrator.step("What pharmacies owe is set off; patients and the insurer get what is theirs")?;
        let on = self.days.last;
        let payouts = self.office.pay(Pays::Pharmacies, "D-2", on).await?;
        self.office.debited(&payouts, on).await?;
        self.pay_or_again(Pays::Reimbursements, "E", on).await?;
        let refunds = self.office.pay(Pays::PatientRefunds, "F-3", on).await?;
        self.office.debited(&refunds, on).await?;
        self.office.give_back(&party(CREDIT)?, "1102 0001", on).await?;
        self.pay_or_again(Pays::InsurerRefunds, "I", on).await?;
        self.office.settle(on).await?;
        self.narrator.show_journals(self.office.client()).await
    }
}

impl Life {
    /// The insurer's own number of it.
    pub(super) fn insurers_no(&self) -> String {
        format!("{}-{}", self.insurer, self.claim_no)
    }

    /// Where the insurer owes for it.
    fn due_on(&self) -> AccountCode {
        let line = if self.fate.is_reimbursed() { PASS_THROUGH } else { DUE };
        line.of(&self.insurer)
    }
}
