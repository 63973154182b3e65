//! `dianfu fx`: several currencies.

mod report;

use clap::{Args, Subcommand};
use dianfu_api::wire::fx::{AgreedRateBody, NewTradeBody, RevaluationBody, SideBody, TradeBody};
use dianfu_api::wire::fx_setup::SetupBody;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::fx::{FxFault, Revaluation, Setup as BookSetup, TradeKind, setup};
use dianfu_ledger::id;
use dianfu_ledger::money::Currency;
use dianfu_ledger::rate::{RateKind, Rule};
use dianfu_ledger::register::Signature;
use jiff::civil::Date;
use uuid::Uuid;

use super::arguments::{account_code, currency, day};
use super::desk::Desk;
use super::ending::{Answer, No, note};
use super::print::{Column, Output, Sheet};
use super::rate::RuleArgs;

/// Keep several currencies: exchange, settle at another rate, revalue at the end of a period
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu fx setup --functional CNY --currency USD --reason \"First account in dollars\"
  dianfu fx exchange --from 1002=720.00 --to 1002.usd=100.00 --date 2026-04-01
  dianfu fx exchange --from 1002.usd=40.00 --to 1002 --date 2026-04-20 --rate USD/CNY=7.50
  dianfu fx settle --from 1102.usd@CLM-17=100.00 --to 1002.usd --date 2026-04-20
  dianfu fx revalue 2026-04-30 --account 1002.usd
  dianfu fx report balance-sheet --in CNY --as-of 2026-04-30")]
pub enum Fx {
    Setup(Setup),
    Exchange(Trade),
    Settle(Settle),
    Revalue(Revalue),
    Report(report::Report),
    /// Show how the book keeps several currencies
    #[command(after_help = "\
Example:
  dianfu fx show --format json")]
    Show {
        #[command(flatten)]
        output: Output,
    },
}

/// Name the functional currency and open the clearing accounts of foreign ones
///
/// The functional currency is set once. Each foreign currency gets three accounts that keep an item for every account
/// that holds some of it: quantities, what they cost, and what revaluation adds. Run it again for more currencies.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu fx setup --functional CNY --currency USD --currency EUR --reason \"Accounts abroad\"
  dianfu fx setup --functional CNY --realised-gain 4911 --realised-loss 5911 --reason \"Own chart\"")]
pub struct Setup {
    /// The currency in which the book's result is measured
    #[arg(long, value_parser = currency)]
    functional: Currency,
    /// A foreign currency; give it once for each
    #[arg(long = "currency", value_name = "CURRENCY", value_parser = currency)]
    currencies: Vec<Currency>,
    /// Clearing of quantities: 1901.usd for 1901
    #[arg(long, value_name = "CODE", value_parser = account_code, default_value = "1901")]
    position: AccountCode,
    /// Clearing of what they cost
    #[arg(long, value_name = "CODE", value_parser = account_code, default_value = "1902")]
    cost: AccountCode,
    /// What revaluation adds to the cost
    #[arg(long, value_name = "CODE", value_parser = account_code, default_value = "1903")]
    revaluation: AccountCode,
    /// Income from better rates
    #[arg(long, value_name = "CODE", value_parser = account_code, default_value = "4911")]
    realised_gain: AccountCode,
    /// Expense from worse rates
    #[arg(long, value_name = "CODE", value_parser = account_code, default_value = "5911")]
    realised_loss: AccountCode,
    /// Income from revaluation
    #[arg(long, value_name = "CODE", value_parser = account_code, default_value = "4912")]
    unrealised_gain: AccountCode,
    /// Expense from revaluation
    #[arg(long, value_name = "CODE", value_parser = account_code, default_value = "5912")]
    unrealised_loss: AccountCode,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

/// Exchange one currency for another
///
/// Amounts are in the currencies of their accounts. With one amount, the other follows from --rate, or from the rate of
/// the table. What is sold takes its share of the average cost of what is there; the rest is realised gain or loss.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu fx exchange --from 1002=720.00 --to 1002.usd=100.00 --date 2026-04-01
  dianfu fx exchange --from 1002.usd=40.00 --to 1002 --date 2026-04-20 --rate USD/CNY=7.50 --dry-run
  dianfu fx exchange --from 1102.usd@CLM-17=100.00 --to 1002=719.00 --date 2026-04-20
  dianfu fx exchange --from 1002.usd=40.00 --to 1002.eur --date 2026-04-20 --max-age 3 --via CNY --inverse")]
pub struct Trade {
    #[command(flatten)]
    asked: TradeArgs,
}

/// Settle in a foreign currency what was raised at another rate
///
/// Both accounts hold the same foreign currency. What is settled is carried at what it was raised at; what both sides
/// are worth now follows from --rate, --value, or the rate of the table. The difference is realised gain or loss.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu fx settle --from 1102.usd@CLM-17=100.00 --to 1002.usd --date 2026-04-20
  dianfu fx settle --from 1002.usd=50.00 --to 2101.usd@CLM-17 --date 2026-04-20 --rate USD/CNY=7.20")]
pub struct Settle {
    #[command(flatten)]
    asked: TradeArgs,
}

#[derive(Args)]
struct TradeArgs {
    /// What gives: CODE, CODE=AMOUNT, or with an item CODE@ITEM=AMOUNT
    #[arg(long, value_name = "CODE[@ITEM][=AMOUNT]", value_parser = side)]
    from: (AccountCode, Option<String>, Option<String>),
    /// What takes
    #[arg(long, value_name = "CODE[@ITEM][=AMOUNT]", value_parser = side)]
    to: (AccountCode, Option<String>, Option<String>),
    /// The day
    #[arg(long, value_name = "DAY", value_parser = day)]
    date: Date,
    /// The rate that was agreed on, such as USD/CNY=7.20
    #[arg(long, value_name = "PAIR=RATE", value_parser = agreed)]
    rate: Option<AgreedRateBody>,
    /// What it is worth in the functional currency, where neither side says so
    #[arg(long, value_name = "AMOUNT")]
    value: Option<String>,
    #[command(flatten)]
    rule: RuleArgs,
    /// Yours, so that doing it again is safe; a new one if left out
    #[arg(long, value_name = "UUID")]
    id: Option<Uuid>,
    /// The business document
    #[arg(long, value_name = "TEXT", default_value = "")]
    reference: String,
    /// A sentence for a person
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// It adjusts a period that is softly closed
    #[arg(long)]
    adjusting: bool,
    /// Only show what would be posted
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

/// Value accounts of foreign currencies at the closing rates of a day
///
/// The difference to what they are carried at goes to unrealised gain or loss, and is moved back on the next day. Doing
/// it again posts what has changed since: with the same rates, nothing. Without --account, the accounts whose metadata
/// says {"monetary": true}.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu fx revalue 2026-04-30
  dianfu fx revalue 2026-04-30 --account 1002.usd --account 1102.usd --dry-run
  dianfu fx revalue 2026-05-03 --max-age 3 --format json")]
pub struct Revalue {
    /// The last day of the period
    #[arg(value_parser = day)]
    date: Date,
    /// One of the accounts; give it once for each
    #[arg(long = "account", value_name = "CODE", value_parser = account_code)]
    accounts: Vec<AccountCode>,
    #[command(flatten)]
    rule: RuleArgs,
    /// It adjusts a period that is softly closed
    #[arg(long)]
    adjusting: bool,
    /// Only show what would be posted
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

const LEGS: Sheet = Sheet {
    above: &["status", "sequence", "value", "realised", "currency", "rates"],
    rows: "postings",
    columns: &[
        Column::Text("account"),
        Column::Text("item"),
        Column::Number("debit"),
        Column::Number("credit"),
        Column::Text("currency"),
    ],
    totals: None,
    below: &["id"],
    empty: "It was in the books already.",
};

const VALUED: Sheet = Sheet {
    above: &["functional", "dry_run"],
    rows: "accounts",
    columns: &[
        Column::Text("account"),
        Column::Number("balance"),
        Column::Text("currency"),
        Column::Number("carried"),
        Column::Text("rate"),
        Column::Number("value"),
        Column::Number("difference"),
        Column::Number("posted_before"),
        Column::Number("posted_now"),
    ],
    totals: None,
    below: &["sequences"],
    empty: "There is no account to be revalued: name some with --account.",
};

fn side(text: &str) -> Result<(AccountCode, Option<String>, Option<String>), String> {
    let (place, amount) = text.rsplit_once('=').map_or((text, None), |(place, amount)| (place, Some(amount)));
    let (code, item) = place.split_once('@').map_or((place, None), |(code, item)| (code, Some(item)));
    Ok((account_code(code)?, item.map(str::to_owned), amount.map(str::to_owned)))
}

fn agreed(text: &str) -> Result<AgreedRateBody, String> {
    let (pair, rate) = text.split_once('=').ok_or("is a pair and its rate, such as USD/CNY=7.20")?;
    Ok(AgreedRateBody { pair: pair.to_owned(), rate: rate.to_owned() })
}

impl Fx {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Fx::Setup(setup) => setup.run(desk).await,
            Fx::Exchange(trade) => trade.asked.run(desk, TradeKind::Exchange).await,
            Fx::Settle(settle) => settle.asked.run(desk, TradeKind::Settlement).await,
            Fx::Revalue(revalue) => revalue.run(desk).await,
            Fx::Report(report) => report.run(desk).await,
            Fx::Show { output } => show(desk, output).await,
        }
    }
}

fn no(fault: &FxFault) -> No {
    No::new(fault.message.clone())
}

async fn show(desk: &Desk, output: &Output) -> anyhow::Result<Answer> {
    let client = desk.client().await?;
    let missing =
        || No::new("the book keeps one currency only").next("`dianfu fx setup --help` shows how it gets more");
    let view = setup::in_force(&**client).await?.ok_or_else(missing)?;
    let fields = &[
        "functional",
        "position",
        "cost",
        "revaluation",
        "realised_gain",
        "realised_loss",
        "unrealised_gain",
        "unrealised_loss",
        "recorded_at",
        "actor",
        "reason",
    ];
    output.print_one(&SetupBody::from(view), fields)?;
    Ok(Answer::Yes)
}

impl Setup {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let setup = BookSetup {
            functional: self.functional,
            position: self.position.clone(),
            cost: self.cost.clone(),
            revaluation: self.revaluation.clone(),
            realised_gain: self.realised_gain.clone(),
            realised_loss: self.realised_loss.clone(),
            unrealised_gain: self.unrealised_gain.clone(),
            unrealised_loss: self.unrealised_loss.clone(),
        };
        let actor = Desk::actor();
        let signature = Signature::of(&actor, &self.reason);
        let set = desk.ledger().await?.set_up_currencies(&setup, &self.currencies, signature).await?;
        set.map_err(|fault| no(&fault).next("`dianfu account load --starter` opens a chart that has these accounts"))?;
        show(desk, &self.output).await
    }
}

impl TradeArgs {
    async fn run(&self, desk: &Desk, kind: TradeKind) -> anyhow::Result<Answer> {
        let client = desk.client().await?;
        let functional = setup::in_force(&**client).await?.map(|view| view.setup.functional);
        let mut sides = Vec::with_capacity(2);
        for (account, item, amount) in [&self.from, &self.to] {
            // An amount is in the currency of its account; what is wrong with the account, the ledger says.
            let held = setup::currency_of(&**client, account).await?.map(|held| held.code().to_owned());
            let (account, item, amount) = (account.to_string(), item.clone(), amount.clone());
            sides.push(SideBody { account, item, amount: amount.filter(|_| held.is_some()), currency: held });
        }
        drop(client);
        let [from, to] = <[SideBody; 2]>::try_from(sides).map_err(|_| No::new("a trade has two sides"))?;
        let rule = self.rule.rule(RateKind::spot());
        let body = NewTradeBody {
            id: self.id.unwrap_or_else(id::fresh),
            date: self.date,
            from,
            to,
            rate: self.rate.clone(),
            value: self.value.clone(),
            rate_kind: Some(rule.kind.to_string()),
            max_age: rule.max_age_days,
            inverse: rule.inverse,
            via: rule.via.map(|via| via.code().to_owned()),
            adjusting: self.adjusting,
            reference: self.reference.clone(),
            description: self.description.clone(),
            dry_run: self.dry_run,
        };
        let id = body.id;
        let trade = body.read(kind, functional, &Desk::actor()).map_err(|violation| No::new(violation.message))?;
        let traded = desk.ledger().await?.trade(&trade, !self.dry_run).await?;
        let body = TradeBody::new(id, traded, self.dry_run).map_err(|fault| no(&fault))?;
        self.output.print(&body, &LEGS)?;
        Ok(Answer::Yes)
    }
}

impl Revalue {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let rule = self.rule.rule(RateKind::closing());
        let revaluation = Revaluation {
            date: self.date,
            accounts: self.accounts.clone(),
            carried_at: Rule { kind: RateKind::spot(), ..rule.clone() },
            rule,
            adjusting: self.adjusting,
            actor: Desk::actor(),
        };
        let revalued = desk.ledger().await?.revalue(&revaluation, !self.dry_run).await?;
        let body = RevaluationBody::new(revalued, self.dry_run).map_err(|fault| no(&fault))?;
        self.output.print(&body, &VALUED)?;
        if self.dry_run {
            note("nothing is posted");
        }
        Ok(Answer::Yes)
    }
}
