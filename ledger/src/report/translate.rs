//! Reports in one currency: balances at one kind of rate, results at another, and what that leaves on lines of its own.
//!
//! Assets, liabilities, equity and memo accounts are translated at the rate for balances (usually `closing`), income
//! and expenses at that for results (usually `average`). A book that balances in every currency then does not in one:
//! what the two rates leave is the *translation difference*, exactly the results at the one rate less those at the
//! other; what is left after that comes from rounding each line to a whole minor unit, and is shown as the *rounding
//! difference*. Every line names its rates. Costs what the report itself does, and a look-up a currency and kind.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::GenericClient;

use super::chart::Chart;
use super::statements::{net, net_of_results};
use super::{Period, ReportError, Scope, add};
use crate::account::AccountType;
use crate::money::Currency;
use crate::rate::{Pair, Quotation, RateMissing, Rule, convert, table};

/// Which report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Translatable {
    /// Every account.
    TrialBalance,
    /// Assets, liabilities and equity, with the result that no closing entry has moved there.
    BalanceSheet,
    /// Income and expenses of the days asked for.
    IncomeStatement,
}

impl Translatable {
    /// Whether it has a line for accounts of this type.
    fn has(self, account_type: AccountType) -> bool {
        match self {
            Translatable::TrialBalance => true,
            Translatable::BalanceSheet => !account_type.is_temporary() && account_type != AccountType::Memo,
            Translatable::IncomeStatement => account_type.is_temporary(),
        }
    }
}

/// In what, and at which rates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presentation {
    /// The one currency.
    pub currency: Currency,
    /// The rates for balances.
    pub balances: Rule,
    /// The rates for income and expenses.
    pub results: Rule,
}

/// The rates of a currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RatesOf {
    /// For balances.
    pub balances: Quotation,
    /// For income and expenses.
    pub results: Quotation,
}

impl RatesOf {
    fn of(&self, account_type: AccountType) -> &Quotation {
        if account_type.is_temporary() { &self.results } else { &self.balances }
    }
}

/// An account as it stands in the books. Debit positive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Original {
    /// The account; empty for the result that is not yet closed.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub account_type: AccountType,
    /// Its currency.
    pub currency: Currency,
    /// What stands on it, in minor units.
    pub minor: i128,
}

/// A line of a translated report. Debit positive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TranslatedLine {
    /// The account as it stands in the books.
    pub original: Original,
    /// The rate.
    pub rate: Quotation,
    /// What that is in the one currency.
    pub translated_minor: i128,
}

/// A report in one currency. Amounts are debit positive, in minor units of that currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Translated {
    /// The currency.
    pub currency: Currency,
    /// By type and account.
    pub lines: Vec<TranslatedLine>,
    /// What the rates of results and of balances leave; zero in an income statement.
    pub translation_minor: i128,
    /// What rounding each line leaves.
    pub rounding_minor: i128,
    /// All lines and both differences: zero in a trial balance or a balance sheet, the result in an income statement,
    /// a gain being below zero.
    pub total_minor: i128,
}

/// The same lines at the rates of their currencies. `None` if an amount does not fit. Pure.
///
/// `whole` says whether the lines balance in every currency: then the translation difference is worked out.
pub fn translate(
    originals: Vec<Original>,
    rates: &BTreeMap<Currency, RatesOf>,
    into: Currency,
    whole: bool,
) -> Option<Translated> {
    let mut lines = Vec::with_capacity(originals.len());
    let (mut sum, mut exact) = (0_i128, 0_i128);
    let mut results: BTreeMap<Currency, i128> = BTreeMap::new();
    for original in originals {
        let rate = rates.get(&original.currency)?.of(original.account_type);
        let translated_minor = convert(original.minor, original.currency, into, rate.ratio)?;
        sum = sum.checked_add(translated_minor)?;
        if original.account_type.is_temporary() {
            let of_currency = results.entry(original.currency).or_default();
            *of_currency = of_currency.checked_add(original.minor)?;
        }
        lines.push(TranslatedLine { rate: rate.clone(), original, translated_minor });
    }
    for (currency, minor) in results {
        let RatesOf { balances, results } = rates.get(&currency)?;
        let at_results = convert(minor, currency, into, results.ratio)?;
        let at_balances = if whole { convert(minor, currency, into, balances.ratio)? } else { 0 };
        exact = exact.checked_add(at_results)?.checked_sub(at_balances)?;
    }
    let (translation_minor, total_minor) = if whole { (exact.checked_neg()?, 0) } else { (0, exact) };
    let rounding_minor = total_minor.checked_sub(sum)?.checked_sub(translation_minor)?;
    Some(Translated { currency: into, lines, translation_minor, rounding_minor, total_minor })
}

/// A translated report and the moment it stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TranslatedReport {
    /// The report.
    pub report: Translated,
    /// The first day.
    pub from: Option<Date>,
    /// The last day; `None` for all that is booked.
    pub as_of: Option<Date>,
    /// The day of the rates.
    pub rates_of: Date,
    /// When all of it was known, the rates too.
    pub known_at: Timestamp,
}

/// A report in one currency, at the rates of its last day as they were known at its time.
pub async fn translated(
    client: &impl GenericClient,
    which: Translatable,
    period: Period,
    presentation: &Presentation,
) -> Result<TranslatedReport, ReportError> {
    let from = period.from.filter(|_| which == Translatable::IncomeStatement);
    let scope = Period { from, ..period }.resolve(client).await?;
    let chart = Chart::read(client, &scope).await?;
    let mut originals = Vec::new();
    let mut results: BTreeMap<Currency, i128> = BTreeMap::new();
    let net = match which {
        Translatable::IncomeStatement => net_of_results(client, &scope, from).await?,
        Translatable::TrialBalance | Translatable::BalanceSheet => net(client, &scope, from).await?,
    };
    for (code, minor) in net {
        let Some(account) = chart.accounts.get(&code) else { continue };
        let (account_type, currency, name) = (account.account_type, account.currency, account.name.clone());
        if which.has(account_type) {
            originals.push(Original { account: code.to_string(), name, account_type, currency, minor });
        } else if which == Translatable::BalanceSheet && account_type.is_temporary() {
            add(results.entry(currency).or_default(), minor)?;
        }
    }
    for (currency, minor) in results {
        let (account_type, name) = (AccountType::Income, "Result not yet closed".to_owned());
        originals.push(Original { account: String::new(), name, account_type, currency, minor });
    }
    originals.sort_by(|one, other| (one.account_type, &one.account).cmp(&(other.account_type, &other.account)));
    let of_results = originals.iter().filter(|original| original.account_type.is_temporary());
    let temporary: BTreeSet<Currency> = of_results.map(|original| original.currency).collect();
    let mut rates = BTreeMap::new();
    for original in &originals {
        if let Entry::Vacant(vacant) = rates.entry(original.currency) {
            let has_results = temporary.contains(&original.currency);
            vacant.insert(rates_of(client, original.currency, has_results, presentation, &scope).await??);
        }
    }
    let whole = which != Translatable::IncomeStatement;
    let report = translate(originals, &rates, presentation.currency, whole).ok_or(ReportError::TooLarge)?;
    let (as_of, known_at, rates_of) = (scope.as_of, scope.known_at, scope.day());
    Ok(TranslatedReport { report, from, as_of, rates_of, known_at })
}

/// The rates of a currency; of one without results one that nobody needs is not asked for.
async fn rates_of(
    client: &impl GenericClient,
    currency: Currency,
    has_results: bool,
    presentation: &Presentation,
    scope: &Scope,
) -> Result<Result<RatesOf, RateMissing>, ReportError> {
    let date = scope.day();
    let Ok(pair) = Pair::new(currency, presentation.currency) else {
        let same = Quotation::same(currency, date);
        return Ok(Ok(RatesOf { balances: same.clone(), results: same }));
    };
    let balances = match table::look_up(client, pair, date, &presentation.balances, Some(scope.known_at)).await? {
        Ok(found) => found,
        Err(missing) => return Ok(Err(missing)),
    };
    if !has_results {
        return Ok(Ok(RatesOf { results: balances.clone(), balances }));
    }
    let results = table::look_up(client, pair, date, &presentation.results, Some(scope.known_at)).await?;
    Ok(results.map(|results| RatesOf { balances, results }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rate::{NewRate, RateKind, RateValue, RateView, Step};

    fn quotation(pair: &str, kind: RateKind, value: &str) -> Quotation {
        let pair: Pair = pair.parse().unwrap();
        let date = jiff::civil::date(2026, 4, 30);
        let value = RateValue::parse(value).unwrap();
        let rate = NewRate { pair, date, kind, value, source: "PBOC".to_owned() };
        let (actor, reason) = (String::new(), String::new());
        let rate = RateView { rate, register_no: 1, recorded_at: Timestamp::UNIX_EPOCH, actor, reason };
        Quotation::of(pair, date, vec![Step { rate, inverted: false }]).unwrap()
    }

    fn rates(closing: &str, average: &str) -> BTreeMap<Currency, RatesOf> {
        let usd = RatesOf {
            balances: quotation("USD/CNY", RateKind::closing(), closing),
            results: quotation("USD/CNY", RateKind::average(), average),
        };
        let same = Quotation::same(Currency::CNY, jiff::civil::date(2026, 4, 30));
        BTreeMap::from([(Currency::USD, usd), (Currency::CNY, RatesOf { balances: same.clone(), results: same })])
    }

    fn line(account_type: AccountType, currency: Currency, minor: i128) -> Original {
        Original { account: "a".to_owned(), name: String::new(), account_type, currency, minor }
    }

    /// 100.00 USD at the bank, 60.00 of them capital and 40.00 earned. At 7.20 and 7.00: 720.00 less 432.00 less 280.00
    /// leave 8.00, which is 40.00 times 0.20.
    #[test]
    fn the_translation_difference_is_the_result_at_both_rates() {
        let usd = Currency::USD;
        let lines = vec![
            line(AccountType::Asset, usd, 10_000),
            line(AccountType::Equity, usd, -6_000),
            line(AccountType::Income, usd, -4_000),
        ];
        let translated = translate(lines.clone(), &rates("7.2", "7"), Currency::CNY, true).unwrap();
        let amounts: Vec<i128> = translated.lines.iter().map(|line| line.translated_minor).collect();
        assert_eq!(amounts, [72_000, -43_200, -28_000]);
        assert_eq!((translated.translation_minor, translated.rounding_minor), (-800, 0));
        let income = translate(lines[2..].to_vec(), &rates("7.2", "7"), Currency::CNY, false).unwrap();
        assert_eq!((income.total_minor, income.translation_minor, income.rounding_minor), (-28_000, 0, 0));
    }

    /// Three cents at 7.17 are 21.51 fen: 7 fen each on three accounts, but 22 on the one against them.
    #[test]
    fn what_rounding_leaves_is_shown() {
        let asset = |minor| line(AccountType::Asset, Currency::USD, minor);
        let lines = vec![asset(1), asset(1), asset(1), line(AccountType::Equity, Currency::USD, -3)];
        let translated = translate(lines, &rates("7.17", "7"), Currency::CNY, true).unwrap();
        let amounts: Vec<i128> = translated.lines.iter().map(|line| line.translated_minor).collect();
        assert_eq!(amounts, [7, 7, 7, -22]);
        assert_eq!((translated.translation_minor, translated.rounding_minor), (0, 1));
    }

    proptest! {
        /// Whatever balanced lines and rates there are: lines and differences sum to zero, the translation difference
        /// is exact, and what rounding leaves is less than a unit a line.
        #[test]
        fn all_of_it_sums_to_zero(
            lines in prop::collection::vec((0..5_usize, any::<bool>(), -1_000_000_000..1_000_000_000_i128), 1..20),
            closing in 1..10_000_000_u32, average in 1..10_000_000_u32,
        ) {
            let types = &AccountType::ALL[..5];
            let mut originals = Vec::new();
            for (kind, foreign, minor) in lines {
                let currency = if foreign { Currency::USD } else { Currency::CNY };
                originals.push(line(types[kind], currency, minor));
                originals.push(line(AccountType::Asset, currency, -minor));
            }
            let count = i128::try_from(originals.len()).unwrap();
            let rate = |digits: u32| format!("{}.{:06}", digits / 1_000_000, digits % 1_000_000);
            let translated = translate(originals, &rates(&rate(closing), &rate(average)), Currency::CNY, true).unwrap();
            let sum: i128 = translated.lines.iter().map(|line| line.translated_minor).sum();
            prop_assert_eq!(sum + translated.translation_minor + translated.rounding_minor, 0);
            prop_assert!(translated.rounding_minor.abs() <= count);
            if closing == average {
                prop_assert_eq!(translated.translation_minor, 0);
            }
        }
    }
}
