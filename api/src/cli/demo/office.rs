//! Everybody who works on the demo's claims, each doing a step through the same functions as everybody else.
//!
//! A refusal ends the demo with its reason, unless the story asks for it.

use std::collections::BTreeMap;
use std::fmt::Display;

use anyhow::anyhow;
use deadpool_postgres::Client;
use dianfu_claims::claim::{ClaimNo, Prescription};
use dianfu_claims::decide::{Applied, RecordedEvent};
use dianfu_claims::insurer::Insurer;
use dianfu_claims::insurer::onboard::{Onboarding, onboard};
use dianfu_claims::insurer::prefund::{self, Deposit};
use dianfu_claims::insurer::terms::ContractTerms;
use dianfu_claims::patient::{Patient, Policy};
use dianfu_claims::pharmacy::Pharmacy;
use dianfu_claims::prereview::RuleVersion;
use dianfu_claims::registration::RegistrationRefusal;
use dianfu_claims::{Command, Refusal, claim, patient, pharmacy, rule_book};
use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::entry::{NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::template::Given;
use dianfu_ledger::template_register::posting::{Answer, Filling, Request};
use dianfu_ledger::{Ledger, Outcome, clock, id};
use dianfu_reconcile::report::{self, RemittanceView};
use dianfu_reconcile::tolerance::{self, Tolerance};
use dianfu_reconcile::{CashReceipt, Delivery, Imported, import, receive};
use dianfu_settlement::batch::{Batch, Pays};
use dianfu_settlement::chart::{
    BANK_OWN, INSURER_PAYABLE, OWN_BANK, SETTLEMENT_BANK, channel_accounts, platform_accounts,
};
use dianfu_settlement::journal_map::{ChannelRefund, ChannelSettlement};
use dianfu_settlement::journals;
use dianfu_settlement::number::{BatchNo, PartyNo};
use dianfu_settlement::payable::{NewPayable, raise_in};
use dianfu_settlement::payee::{NewPayee, NewPayeeAccount, PayeeAccount, record_account, register_in};
use dianfu_settlement::payout::{Fact, Payout};
use dianfu_settlement::{Approval, Reissue, Report, collection, instruct, preview, propose, record, reissue};
use jiff::ToSpan;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::cli::ending::No;

/// Commands that are applied in one transaction.
const COMMANDS_AT_ONCE: usize = 1_000;

const MAKER: &str = "finance:wang";
const CHECKER: &str = "finance:liu";
const BANK: &str = "bank";

/// The office: a book in one currency, and who works on it.
pub struct Office {
    ledger: Ledger,
    client: Client,
    currency: Currency,
    bank: PartyNo,
    channel: PartyNo,
}

impl Office {
    /// Opens the accounts that every book has.
    pub async fn open(ledger: Ledger, currency: Currency) -> anyhow::Result<Office> {
        let client = ledger.client().await?;
        let channel = party("wechat")?;
        let mut accounts = platform_accounts(currency);
        accounts.extend(channel_accounts(&channel, currency));
        accounts.push(capital_account(currency));
        ledger.open_accounts(&accounts, MAKER).await?;
        journals::install(&ledger).await?;
        Ok(Office { ledger, client, currency, bank: party(SETTLEMENT_BANK)?, channel })
    }

    /// A connection to read with.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// An amount in the book's currency, with its currency.
    pub fn text(&self, minor: i64) -> String {
        Money::new(minor, self.currency).to_string()
    }

    /// The same, to read statements with.
    pub fn client_mut(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Our account with clients' money.
    pub fn bank(&self) -> &PartyNo {
        &self.bank
    }

    /// The owners put own funds into the bank.
    pub async fn bring_capital(&self, reference: &str, minor: i64, on: Date) -> anyhow::Result<()> {
        let own = party(OWN_BANK)?;
        let amount = |minor: i64| Money::new(minor, self.currency);
        let posting = |account: AccountCode, minor: i64| NewPosting::new(account, amount(minor), None);
        let entry = NewEntry {
            id: id::fresh(),
            effective_date: Some(on),
            reference: reference.to_owned(),
            description: "Own funds brought in by the owners".to_owned(),
            metadata: Some(r#"{"journal":"J0"}"#.to_owned()),
            actor: MAKER.to_owned(),
            postings: vec![posting(BANK_OWN.of(&own), minor), posting(capital(), -minor)],
            ..NewEntry::default()
        };
        self.post(entry.into()).await
    }

    /// Puts an insurer on record, with its contract, its credit line and the rules of its programme.
    pub async fn insurer(
        &mut self,
        insurer: &Insurer,
        (terms, line_minor): (ContractTerms, i64),
        rules: &RuleVersion,
    ) -> anyhow::Result<()> {
        let now = clock::now();
        let evidence = Sha256::digest(format!("papers of {}", insurer.insurer_no)).into();
        let from = clock::date_of(now).saturating_sub(60.days());
        let papers = Onboarding { terms, ..Onboarding::plain(insurer.clone(), line_minor, from, evidence) };
        onboard(&mut self.client, &papers, (MAKER, CHECKER), now).await?.map_err(|refusal| anyhow!("{refusal}"))?;
        registered(rule_book::record(&mut self.client, &insurer.insurer_no, rules, (MAKER, CHECKER), now).await?)
    }

    /// Puts a pharmacy on record, and where it is paid.
    pub async fn pharmacy(&mut self, pharmacy: &Pharmacy, account_no: &str) -> anyhow::Result<()> {
        registered(pharmacy::register(&mut self.client, pharmacy, MAKER, clock::now()).await?)?;
        self.bank_details(&pharmacy.pharmacy_no, 1, account_no).await
    }

    /// A new version of where somebody is paid.
    pub async fn bank_details(&mut self, payee: &PartyNo, version: i32, account_no: &str) -> anyhow::Result<()> {
        let details = PayeeAccount {
            holder: format!("Account of {payee}"),
            bank_code: "102100099996".to_owned(),
            account_no: account_no.to_owned(),
        };
        let payee = payee.clone();
        let account = NewPayeeAccount { payee, version, details, checked_by: CHECKER.to_owned() };
        granted(record_account(&mut self.client, &account, MAKER, clock::now()).await?)
    }

    /// Puts a patient on record.
    pub async fn patient(&mut self, patient_no: &PartyNo) -> anyhow::Result<()> {
        let patient = Patient { patient_no: patient_no.clone(), currency: self.currency };
        registered(patient::register(&mut self.client, &patient, MAKER, clock::now()).await?)
    }

    /// Puts a policy on record.
    pub async fn policy(&mut self, policy: &Policy) -> anyhow::Result<()> {
        registered(patient::register_policy(&mut self.client, policy, MAKER, clock::now()).await?)
    }

    /// Asks for one thing; a refusal is an answer.
    pub async fn ask(&mut self, command: Command, actor: &str) -> anyhow::Result<Result<Applied, Refusal>> {
        let answers = dianfu_claims::apply(&self.ledger, &mut self.client, &[command], actor, clock::now()).await?;
        answers.into_iter().next().ok_or_else(|| anyhow::anyhow!("a command got no answer"))
    }

    /// Tells what happened to claims; all of it is granted.
    pub async fn tell(&mut self, commands: Vec<Command>, actor: &str) -> anyhow::Result<Vec<Applied>> {
        let mut applied = Vec::with_capacity(commands.len());
        for commands in commands.chunks(COMMANDS_AT_ONCE) {
            let now = clock::now();
            for answer in dianfu_claims::apply(&self.ledger, &mut self.client, commands, actor, now).await? {
                applied.push(granted(answer)?);
            }
        }
        Ok(applied)
    }

    /// The collection channel through which patients pay.
    pub fn channel(&self) -> &PartyNo {
        &self.channel
    }

    /// The channel pays out what it took in on a day, and keeps its fee.
    pub async fn channel_pays(&self, day: Date, collected_minor: i64, fee_minor: i64) -> anyhow::Result<()> {
        let settlement = ChannelSettlement {
            channel: self.channel.clone(),
            day,
            bank: self.bank.clone(),
            reference: format!("WX-{day}"),
            currency: self.currency,
            collected_minor,
            fee_minor,
            on: day.tomorrow()?,
        };
        granted(collection::channel_settled(&self.ledger, &settlement, BANK).await?).map(|_| ())
    }

    /// Pays what is due: one proposes, another one checks the total and releases. Nothing due is no batch.
    pub async fn pay(&mut self, pays: Pays, batch_no: &str, on: Date) -> anyhow::Result<Vec<Payout>> {
        let now = clock::now();
        let batch = Batch {
            batch_no: BatchNo::parse(batch_no)?,
            pays,
            currency: self.currency,
            bank: self.bank.clone(),
            cut_off: on,
            made_by: MAKER.to_owned(),
            made_at: now,
        };
        granted(propose(&mut self.client, &batch).await?)?;
        let plan = granted(preview(&mut self.client, &batch.batch_no).await?)?;
        if plan.payouts.is_empty() {
            return Ok(Vec::new());
        }
        let (checked_by, control_total) = (CHECKER.to_owned(), plan.control_total());
        let approval = Approval { batch_no: batch.batch_no, checked_by, control_total, on };
        granted(instruct(&self.ledger, &mut self.client, &approval, now).await?)
    }

    /// The bank's statement shows the payouts debited.
    pub async fn debited(&mut self, payouts: &[Payout], on: Date) -> anyhow::Result<()> {
        let fact = |payout: &Payout| Fact::Paid {
            amount_minor: payout.net_minor(),
            charge_minor: 0,
            bank_reference: format!("STMT-{}", payout.payout_id),
        };
        self.reported(payouts, fact, on).await
    }

    /// The bank's statement shows a payout coming back.
    pub async fn came_back(&mut self, payout: &Payout, reason: &str, on: Date) -> anyhow::Result<()> {
        let fact = |payout: &Payout| Fact::Returned {
            amount_minor: payout.net_minor(),
            reason: reason.to_owned(),
            bank_reference: format!("RTR-{}", payout.payout_id),
        };
        self.reported(std::slice::from_ref(payout), fact, on).await
    }

    /// The bank will not carry payouts out.
    pub async fn turned_away(&mut self, payouts: &[Payout], reason: &str, on: Date) -> anyhow::Result<()> {
        self.reported(payouts, |_| Fact::Rejected { reason: reason.to_owned() }, on).await
    }

    async fn reported(&mut self, payouts: &[Payout], fact: impl Fn(&Payout) -> Fact, on: Date) -> anyhow::Result<()> {
        let report = |payout: &Payout| {
            let payout_id = payout.payout_id.clone();
            Report { payout_id, fact: fact(payout), on, evidence_sha256: None }
        };
        let reports: Vec<Report> = payouts.iter().map(report).collect();
        for answer in record(&self.ledger, &mut self.client, &reports, BANK, clock::now()).await? {
            granted(answer)?;
        }
        Ok(())
    }

    /// A payout that came back is issued again, to the newest bank details.
    pub async fn pay_again(&mut self, payout: &Payout, on: Date) -> anyhow::Result<Payout> {
        let (made_by, checked_by) = (MAKER.to_owned(), CHECKER.to_owned());
        let order = Reissue { returned: payout.payout_id.clone(), made_by, checked_by, on };
        granted(reissue(&self.ledger, &mut self.client, &order, clock::now()).await?)
    }

    /// Cash from an insurer shows at the bank.
    pub async fn cash(&mut self, insurer: &PartyNo, trace: &str, minor: i64, on: Date) -> anyhow::Result<()> {
        self.credited(&format!("CR-{trace}"), insurer, trace, minor, on).await
    }

    async fn credited(
        &mut self,
        bank_reference: &str,
        insurer: &PartyNo,
        trace: &str,
        minor: i64,
        on: Date,
    ) -> anyhow::Result<()> {
        let receipt = CashReceipt {
            bank: &self.bank,
            bank_reference,
            insurer,
            trace: Some(trace),
            amount: Money::new(minor, self.currency),
            value_date: on,
            received_at: clock::now(),
            actor: BANK,
        };
        granted(receive(&self.ledger, &mut self.client, &receipt, on).await?).map(|_| ())
    }

    /// What an insurer paid too much, and everybody knows it, is owed back under a reference: J14a and J15.
    pub async fn overpaid(&mut self, insurer: &PartyNo, reference: &str, minor: i64, on: Date) -> anyhow::Result<()> {
        self.credited(&format!("CR-EARLIER-{reference}"), insurer, reference, minor, on).await?;
        let inputs = [
            ("insurer", insurer.to_string()),
            ("receipt", reference.to_owned()),
            ("reference", reference.to_owned()),
            ("cash", Money::new(minor, self.currency).to_decimal_string()),
        ];
        let inputs = inputs.map(|(name, text)| (name.to_owned(), Given::Text(text))).into_iter().collect();
        let filling = Filling { name: "J17".to_owned(), template_no: None, currency: self.currency, inputs };
        let entry = NewEntry {
            id: id::fresh(),
            effective_date: Some(on),
            reference: reference.to_owned(),
            description: "Overpayment owed back to the insurer".to_owned(),
            actor: MAKER.to_owned(),
            ..NewEntry::default()
        };
        self.post(Request { entry, filling: Some(filling) }).await
    }

    /// A remittance file comes, and is applied as far as its cash is there.
    pub async fn take_in(&mut self, insurer: &PartyNo, bytes: &[u8]) -> anyhow::Result<Imported> {
        let delivery = Delivery { insurer, bytes, received_at: clock::now(), actor: insurer.as_str() };
        granted(import(&self.ledger, &mut self.client, &delivery).await?)
    }

    /// What became of the remittances of a file.
    pub async fn outcome(&mut self, imported: &Imported) -> anyhow::Result<Vec<RemittanceView>> {
        let mut views = Vec::with_capacity(imported.remittances.len());
        for application in &imported.remittances {
            views.extend(report::remittance(&mut self.client, application.remittance_id).await?);
        }
        Ok(views)
    }

    /// Moves claims on by what the ledger says is outstanding.
    pub async fn settle(&mut self, on: Date) -> anyhow::Result<()> {
        dianfu_claims::settle_open(&self.ledger, &mut self.client, (on, MAKER), clock::now()).await?;
        Ok(())
    }

    /// A claim and what happened to it.
    pub async fn story(&mut self, claim_no: &ClaimNo) -> anyhow::Result<(claim::Claim, Vec<RecordedEvent>)> {
        let story = dianfu_claims::read::story(&mut self.client, claim_no).await?;
        story.ok_or_else(|| anyhow::anyhow!("claim {claim_no} is on record"))
    }

    /// What an insurer pays in beforehand shows at the bank.
    pub async fn deposit(&mut self, insurer: &PartyNo, amount_minor: i64, on: Date) -> anyhow::Result<()> {
        let (insurer, bank, bank_reference) = (insurer.clone(), self.bank.clone(), format!("DEP-{insurer}"));
        let deposit = Deposit { insurer, bank, bank_reference, amount_minor, on };
        granted(prefund::deposit(&self.ledger, &mut self.client, &deposit, BANK).await?).map(|_| ())
    }

    /// How far a line of an insurer's remittances may be off.
    pub async fn tolerance(&mut self, insurer: &PartyNo, per_line_minor: i64) -> anyhow::Result<()> {
        let tolerance = Tolerance { per_line_minor, per_day_minor: per_line_minor.saturating_mul(100) };
        let people = (MAKER, CHECKER);
        granted(tolerance::record(&mut self.client, insurer, tolerance, people, clock::now()).await?)
    }

    /// The channel gives a patient back what is owed on a claim, of what it took in on the same day.
    pub async fn refund(&mut self, claim: &claim::Claim, amount_minor: i64, day: Date) -> anyhow::Result<()> {
        let refund = ChannelRefund {
            channel: self.channel.clone(),
            day,
            reference: format!("WX-REFUND-{}", claim.claim_no()),
            patient: claim.intake.patient.clone(),
            claim: claim.claim_no().to_string(),
            currency: self.currency,
            amount_minor,
            on: day,
        };
        granted(collection::refund_by_channel(&self.ledger, &refund, self.channel.as_str()).await?).map(|_| ())
    }

    /// What an insurer has in excess is to be paid back: one payable for each of its references.
    pub async fn give_back(&mut self, insurer: &PartyNo, account_no: &str, on: Date) -> anyhow::Result<()> {
        let now = clock::now();
        let account = INSURER_PAYABLE.of(insurer);
        let owed = self.owed_on(&account).await?;
        let tx = self.client.transaction().await?;
        let payee = NewPayee { payee: insurer.clone(), name: insurer.to_string(), withheld_per_10000: 0 };
        granted(register_in(&tx, &payee, MAKER, now).await?)?;
        let payable = |item: String| NewPayable {
            account: account.clone(),
            item,
            payee: insurer.clone(),
            currency: self.currency,
            advance_minor: 0,
            due_on: on,
        };
        raise_in(&tx, &owed.into_iter().map(payable).collect::<Vec<_>>(), now).await?;
        tx.commit().await?;
        self.bank_details(insurer, 1, account_no).await
    }

    async fn owed_on(&self, account: &AccountCode) -> anyhow::Result<Vec<String>> {
        let items = query::open_items(&**self.client, account, Moment::default(), query::Items::Outstanding).await?;
        Ok(items.into_iter().map(|item| item.item).collect())
    }

    /// What an insurer has to pay for each of these claims, in minor units.
    pub async fn due(&mut self, claims: &[(ClaimNo, AccountCode)]) -> anyhow::Result<BTreeMap<ClaimNo, i64>> {
        let items: Vec<(&AccountCode, &str)> =
            claims.iter().map(|(claim_no, account)| (account, claim_no.as_str())).collect();
        let open = query::outstanding(&**self.client, &items).await?;
        let due = open.into_iter().map(|open| Ok((ClaimNo::parse(&open.item)?, i64::try_from(open.settled_minor)?)));
        due.collect()
    }

    async fn post(&self, request: Request) -> anyhow::Result<()> {
        for answer in self.ledger.post_requests(vec![request]).await? {
            match answer {
                Answer::Decided(Outcome::Posted(_) | Outcome::Replayed(_)) => {}
                Answer::Decided(Outcome::Rejected(rejection)) => return Err(No::new(rejection.to_string()).into()),
                Answer::Unfilled(unfilled) => return Err(No::new(unfilled.to_string()).into()),
            }
        }
        Ok(())
    }
}

/// Who makes what another one checks.
pub const fn maker() -> &'static str {
    MAKER
}

/// Who checks.
pub const fn checker() -> &'static str {
    CHECKER
}

/// An offer of an order to a pharmacy, which has an hour to answer.
pub fn offer(claim_no: &ClaimNo, offer_no: i32, pharmacy: &PartyNo, on: Date) -> Command {
    Command::offer(claim_no.clone(), offer_no, pharmacy.clone(), clock::now() + 1.hour(), on)
}

/// What the doctor has prescribed a drug on.
pub fn prescription(on: Date) -> anyhow::Result<Prescription> {
    Ok(Prescription { prescription_no: "RX-1".to_owned(), prescribed_on: on, doctor_no: party("dr-wu")? })
}

/// A party's number.
pub fn party(number: &str) -> anyhow::Result<PartyNo> {
    Ok(PartyNo::parse(number)?)
}

fn capital() -> AccountCode {
    AccountCode::parse("3001").expect("3001 is an account code")
}

/// Owners' capital is the platform's own affair: the chart of claims has no account for it.
fn capital_account(currency: Currency) -> NewAccount {
    NewAccount {
        code: capital(),
        name: "Paid-in capital".to_owned(),
        account_type: AccountType::Equity,
        currency,
        normal_side: NormalSide::Credit,
        open_item: false,
        limits: Limits::default(),
        note: AccountNote::default(),
    }
}

fn registered(answer: Result<(), RegistrationRefusal>) -> anyhow::Result<()> {
    granted(answer)
}

fn granted<T, E: Display>(answer: Result<T, E>) -> anyhow::Result<T> {
    answer.map_err(|refusal| No::new(refusal.to_string()).into())
}
