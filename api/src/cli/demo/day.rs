//! The rest of the day: 194 claims over two more insurers, told stage by stage, so that with the story's six every
//! journal of the platform is posted. What a stage does to a claim follows from its fate alone.

mod cast;
mod ending;
mod fate;
mod money;

use dianfu_claims::Command;
use dianfu_claims::claim::ClaimNo;
use dianfu_claims::event::{Bearer, Debt, Event, LineDecision};
use jiff::ToSpan;
use jiff::civil::Date;

use super::narrator::Narrator;
use super::office::{Office, checker, maker, offer, party};
use super::story::{pharmacy, pickup_proof};
use cast::{CREDIT, DEPOSIT_MINOR, Life, PREFUND, TOLERANCE_MINOR, insurers, lives, new_pharmacies};
pub use ending::end;
use fate::Fate;

/// Own funds that the day takes.
const CAPITAL_MINOR: i64 = 300_000_000;

/// The days of the stages, counted back from today.
struct Days {
    review: Date,
    pickup: Date,
    payout: Date,
    second_pickup: Date,
    decision: Date,
    cash: Date,
    last: Date,
}

impl Days {
    fn until(today: Date) -> Days {
        let before = |days: i64| today.saturating_sub(days.days());
        Days {
            review: before(40),
            pickup: before(37),
            payout: before(34),
            second_pickup: before(12),
            decision: before(10),
            cash: before(3),
            last: before(1),
        }
    }
}

/// Who tells, who works, and the claims.
struct Day<'a> {
    office: &'a mut Office,
    narrator: &'a mut Narrator,
    days: Days,
    lives: Vec<Life>,
}

/// Plays the day behind the story, in its book.
pub async fn tell(office: &mut Office, narrator: &mut Narrator, today: Date) -> anyhow::Result<Vec<ClaimNo>> {
    narrator.be_brief();
    let mut day = Day { office, narrator, days: Days::until(today), lives: lives()? };
    day.begin().await?;
    day.review().await?;
    day.dispense(Fate::is_dispensed_first, day.days.pickup, "collected").await?;
    day.change().await?;
    day.pay_first().await?;
    day.dispense(|fate| fate == Fate::SecondBatch, day.days.second_pickup, "collected later").await?;
    day.decide().await?;
    day.bear().await?;
    day.recover().await?;
    day.pay_last().await?;
    Ok(day.lives.into_iter().map(|life| life.claim_no).collect())
}

impl Day<'_> {
    /// The claims of some fates.
    fn of(&self, which: impl Fn(Fate) -> bool) -> Vec<Life> {
        self.lives.iter().filter(|life| which(life.fate)).cloned().collect()
    }

    /// Tells the same of every claim of a fate.
    async fn each(&mut self, fate: Fate, event: Event, on: Date) -> anyhow::Result<()> {
        let told = |life: Life| two_people(Command::tell(life.claim_no.clone(), event.clone(), on), &life.claim_no);
        let commands = self.of(|other| other == fate).into_iter().map(told).collect();
        self.office.tell(commands, maker()).await?;
        Ok(())
    }

    async fn begin(&mut self) -> anyhow::Result<()> {
        self.narrator.step("A whole day: two more insurers, nine more pharmacies, and a patient for each claim")?;
        let on = self.days.review;
        self.office.bring_capital("CAPITAL-2", CAPITAL_MINOR, on).await?;
        for (insurer, terms, line_minor) in insurers()? {
            self.office.insurer(&insurer, (terms, line_minor), &cast::rules(on)?).await?;
        }
        self.office.tolerance(&party(CREDIT)?, TOLERANCE_MINOR).await?;
        self.office.deposit(&party(PREFUND)?, DEPOSIT_MINOR, on).await?;
        for number in new_pharmacies() {
            self.office.pharmacy(&pharmacy(number)?, "6222 0100").await?;
        }
        for life in self.lives.clone() {
            self.office.patient(&life.patient).await?;
            self.office.bank_details(&life.patient, 1, "6217 0001").await?;
            self.office.policy(&life.policy(on)?).await?;
        }
        self.narrator.show_journals(self.office.client()).await
    }

    async fn review(&mut self) -> anyhow::Result<()> {
        self.narrator.step("194 claims are taken in and pre-reviewed at once")?;
        let on = self.days.review;
        let mut commands = Vec::new();
        for life in &self.lives {
            let claim_no = &life.claim_no;
            commands.push(Command::take_in(life.claim(on)?, on));
            commands.push(Command::tell(claim_no.clone(), Event::Submitted, on));
            commands.push(Command::tell(claim_no.clone(), Event::ReviewStarted, on));
            commands.push(Command::review(claim_no.clone(), on));
        }
        self.office.tell(commands, "intake").await?;
        let free = self.of(|fate| fate == Fate::InCharityPhase).len();
        self.narrator
            .say(&format!("{free} are rejected by rule: the charity scheme gives the drug for nothing (J26)"))?;
        self.narrator.show_journals(self.office.client()).await
    }

    /// Orders, shares, pickup, and the claims to the insurer.
    async fn dispense(&mut self, which: fn(Fate) -> bool, on: Date, how: &str) -> anyhow::Result<()> {
        self.narrator.step(&format!("Orders are offered and accepted, drugs are {how}, shares are paid"))?;
        let dispensed = self.of(which);
        let orders = dispensed.iter().map(|life| offer(&life.claim_no, 1, &life.pharmacy, on));
        self.office.tell(orders.collect(), "dispatch").await?;
        let mut commands = Vec::new();
        let mut collected_minor = 0;
        for life in &dispensed {
            let claim_no = &life.claim_no;
            let told = |event: Event| Command::tell(claim_no.clone(), event, on);
            commands.push(told(Event::OrderAccepted { offer_no: 1 }));
            let amount_minor = self.office.story(claim_no).await?.0.share_to_collect_minor();
            if amount_minor > 0 {
                collected_minor += amount_minor;
                let channel = self.office.channel().clone();
                commands.extend([told(Event::ShareRequested), told(Event::SharePaid { amount_minor, channel })]);
            }
            commands.extend([told(Event::DrugReady), told(Event::Dispensed).proven_by(pickup_proof(claim_no))]);
            commands.push(told(Event::SentToInsurer { submitted_no: claim_no.to_string() }));
        }
        self.office.tell(commands, "pharmacies").await?;
        self.office.channel_pays(on, collected_minor, 1_200).await?;
        self.narrator.show_journals(self.office.client()).await
    }

    /// What changes before pharmacies are paid: claims that are called off, shares, returns, and quick decisions.
    async fn change(&mut self) -> anyhow::Result<()> {
        self.narrator.step("Some are called off, some shares change, some drugs come back")?;
        let on = self.days.pickup.saturating_add(1.days());
        self.call_off(on).await?;
        for (fate, difference_minor) in [(Fate::ShareRaised, 3_000), (Fate::ShareLowered, -3_000)] {
            for life in self.of(|other| other == fate) {
                let share_minor = self.office.story(&life.claim_no).await?.0.share_minor() + difference_minor;
                let changed = Event::ShareRecalculated { number: 1, share_minor };
                self.office.tell(vec![Command::tell(life.claim_no, changed, on)], maker()).await?;
            }
        }
        self.each(Fate::BackBeforePayout, Event::Returned, on).await?;
        self.say_decisions(&self.of(|fate| fate == Fate::UnpaidOrderBears), 1, on).await?;
        self.assign(Fate::UnpaidOrderBears, Bearer::PharmacyUnpaidOrder, on).await?;
        self.owed_shares(on).await?;
        self.narrator.show_journals(self.office.client()).await
    }

    /// Patients who have paid their share call off; one gets it back through the channel.
    async fn call_off(&mut self, on: Date) -> anyhow::Result<()> {
        let called_off = self.of(|fate| fate == Fate::CalledOff);
        let mut collected_minor = 0;
        for life in &called_off {
            let claim_no = &life.claim_no;
            let told = |event: Event| Command::tell(claim_no.clone(), event, on);
            let amount_minor = self.office.story(claim_no).await?.0.share_to_collect_minor();
            let channel = self.office.channel().clone();
            let commands = vec![
                offer(claim_no, 1, &life.pharmacy, on),
                told(Event::OrderAccepted { offer_no: 1 }),
                told(Event::ShareRequested),
                told(Event::SharePaid { amount_minor, channel }),
                told(Event::Cancelled),
            ];
            self.office.tell(commands, "patients").await?;
            collected_minor += amount_minor;
        }
        let (claim, _) = self.office.story(&called_off[0].claim_no).await?;
        let back_minor = claim.share_minor();
        self.office.refund(&claim, back_minor, on).await?;
        self.office.channel_pays(on, collected_minor - back_minor, 100).await
    }

    /// Shares that were owed when the drug was dispensed are paid.
    async fn owed_shares(&mut self, on: Date) -> anyhow::Result<()> {
        let mut collected_minor = 0;
        let on = on.tomorrow()?;
        for life in self.of(|fate| matches!(fate, Fate::ShareOwed | Fate::ShareRaised)) {
            let amount_minor = self.office.story(&life.claim_no).await?.0.share_minor();
            let paid = Event::OwedSharePaid { number: 1, amount_minor, channel: self.office.channel().clone() };
            self.office.tell(vec![Command::tell(life.claim_no, paid, on)], "patients").await?;
            collected_minor += amount_minor;
        }
        self.office.channel_pays(on, collected_minor, 200).await
    }

    async fn decide(&mut self) -> anyhow::Result<()> {
        self.narrator.step("The insurers decide: in full, in part, for more, not at all, and some a second time")?;
        let on = self.days.decision;
        let reimbursed = self.of(Fate::is_reimbursed).into_iter().map(|life| {
            let submitted_no = life.claim_no.to_string();
            Command::tell(life.claim_no, Event::SentToInsurer { submitted_no }, on)
        });
        self.office.tell(reimbursed.collect(), maker()).await?;
        let first = self.of(Fate::is_decided_in_time);
        self.say_decisions(&first, 1, on).await?;
        let again = self.of(Fate::is_decided_again);
        self.say_decisions(&again, 2, on).await?;
        self.narrator.show_journals(self.office.client()).await
    }

    /// The insurers' decisions of this number on these claims.
    async fn say_decisions(&mut self, lives: &[Life], decision_no: i32, on: Date) -> anyhow::Result<()> {
        for life in lives {
            let (claim, _) = self.office.story(&life.claim_no).await?;
            let advance_minor = claim.advance_minor();
            let approved_minor = match decision_no {
                1 => life.fate.approved_minor(advance_minor),
                _ => life.fate.approved_again_minor(advance_minor),
            };
            let is_less = approved_minor < advance_minor;
            let reasons = is_less.then(|| "45: price above contract".to_owned()).into_iter().collect();
            let lines = vec![LineDecision { line_no: 1, approved_minor, reasons }];
            let insurer_claim_no = life.insurers_no();
            let decided = Event::InsurerDecided { decision_no, insurer_claim_no, position: 1, lines };
            let actor = format!("insurer:{}", life.insurer);
            self.office.tell(vec![Command::tell(life.claim_no.clone(), decided, on)], &actor).await?;
        }
        Ok(())
    }

    async fn bear(&mut self) -> anyhow::Result<()> {
        self.narrator.step("Two people decide who bears what is not covered; what may be lost is provided for")?;
        let on = self.days.decision.tomorrow()?;
        let provided = |number: i32, change_minor: i64| Event::Provisioned { number, change_minor };
        for fate in [Fate::DisputeWon, Fate::NobodyBears] {
            self.each(fate, provided(1, 60_000), on).await?;
        }
        for (fate, _) in fate::FATES {
            if let Some(bearer) = fate.bearer() {
                self.assign(fate, bearer, on).await?;
            }
        }
        self.each(Fate::DisputeWon, provided(2, -60_000), on).await?;
        let lost = |debt: Debt| Event::WrittenOff { number: 1, debt, amount_minor: 60_000 };
        self.each(Fate::NobodyBears, lost(Debt::Shortfall), on).await?;
        self.each(Fate::PatientFails, provided(1, 60_000), on).await?;
        self.each(Fate::PatientFails, lost(Debt::Clawback), on).await?;
        let bank = self.office.bank().clone();
        let late = Event::WrittenOffRecovered { number: 1, amount_minor: 10_000, bank: bank.clone() };
        self.each(Fate::PatientFails, late, on).await?;
        for number in [1, 2] {
            let instalment = Event::ClawbackPaid { number, amount_minor: 30_000, bank: bank.clone() };
            self.each(Fate::PatientBears, instalment, on).await?;
        }
        self.narrator.show_journals(self.office.client()).await
    }

    /// Two people decide who bears the open shortfalls of a fate.
    async fn assign(&mut self, fate: Fate, bearer: Bearer, on: Date) -> anyhow::Result<()> {
        for life in self.of(|other| other == fate) {
            let amount_minor = self.office.story(&life.claim_no).await?.0.progress.shortfall_minor;
            let borne = Event::ShortfallAssigned { number: 1, bearer, amount_minor, grounds: fate.grounds() };
            let borne = Command::tell(life.claim_no, borne, on).checked_by(checker());
            self.office.tell(vec![borne], maker()).await?;
        }
        Ok(())
    }
}

/// With a second person and a proof where the event takes them.
fn two_people(command: Command, claim_no: &ClaimNo) -> Command {
    let kind = command.kind();
    let command = if kind.takes_two() { command.checked_by(checker()) } else { command };
    if kind.needs_proof() { command.proven_by(pickup_proof(claim_no)) } else { command }
}
