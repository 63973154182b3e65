//! Their balances beside ours, account by account: how a running business moves in.
//!
//! While two systems keep the same books, their balances at a moment are compared with the trial balance here. Pure:
//! what they say is a file (CSV: `account`, `currency`, and either `balance`, debit positive, or `debit` and `credit`;
//! if wanted `as_of`, one day for the whole file), what accounts are called there may be a second one (`theirs,ours`).
//! Several of their accounts may be one of ours: they are added up. Nothing is rounded, and without a tolerance nothing
//! is forgiven. An account that stands at zero in one of the two and is missing in the other is equal.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};

use jiff::civil::Date;

use crate::account::AccountCode;
use crate::import::balances::{Cells, Sides, Table};
use crate::import::rows::Rows;
use crate::import::{Fault, account_code, currency, day};
use crate::money::{Currency, Money, MoneyError};
use crate::query::TrialBalance;

/// The columns of a file of balances.
const COLUMNS: [&str; 6] = ["account", "currency", "balance", "debit", "credit", "as_of"];

/// What their accounts are called here.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AccountMap {
    codes: HashMap<String, AccountCode>,
}

impl AccountMap {
    /// Reads a map: CSV with the columns `theirs` and `ours`. The outer error is the world's, the inner the file's.
    pub fn read(input: impl Read) -> io::Result<Result<AccountMap, Vec<Fault>>> {
        let mut rows = Rows::new(input);
        let (mut map, mut faults, mut is_header) = (AccountMap::default(), Vec::new(), true);
        while let Some(row) = rows.next_row()? {
            let row = match row {
                Ok(row) => row,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            let line = row.line();
            if std::mem::take(&mut is_header) {
                if (row.len(), row.cell(0), row.cell(1)) != (2, "theirs", "ours") {
                    let fault = Fault::new(line, "column_missing", "the header of a map is theirs,ours");
                    return Ok(Err(vec![fault.expected("theirs,ours", row.cell(0))]));
                }
            } else if row.len() == 2 {
                match account_code(line, row.cell(1)) {
                    Err(fault) => faults.push(fault),
                    Ok(code) => {
                        let theirs = row.cell(0).to_owned();
                        if let Some(there) = map.codes.insert(theirs, code).map(|code| code.to_string()) {
                            let fault = Fault::new(line, "account_twice", "this account stands in the map twice");
                            faults.push(fault.expected(format!("once, as {there}"), row.cell(0)));
                        }
                    }
                }
            } else {
                let fault = Fault::new(line, "row_ragged", "this row has more or fewer cells than the header");
                faults.push(fault.expected("2 cells", format!("{} cells", row.len())));
            }
        }
        Ok(if faults.is_empty() { Ok(map) } else { Err(faults) })
    }

    fn code(&self, line: u64, theirs: &str) -> Result<AccountCode, Fault> {
        self.codes.get(theirs).cloned().map_or_else(|| account_code(line, theirs), Ok)
    }
}

/// Balances as they have them, by our codes, debit positive.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Theirs {
    /// The day they are of, if the file says it.
    pub as_of: Option<Date>,
    /// Minor units.
    pub balances: BTreeMap<(AccountCode, Currency), i128>,
}

impl Theirs {
    /// Reads a file, or says all that is wrong with it.
    pub fn read(input: impl Read, map: &AccountMap) -> io::Result<Result<Theirs, Vec<Fault>>> {
        let mut table = Table::new(input, &COLUMNS, &["account", "currency"]);
        let (mut theirs, mut faults) = (Theirs::default(), Vec::new());
        // Whose: the same of their accounts twice is a mistake, two of theirs that are one of ours are added up.
        let mut seen: HashMap<(String, Currency), u64> = HashMap::new();
        while let Some(read) = table.next_line() {
            let (line, cells) = read?;
            let read = cells.and_then(|cells| theirs.take(line, &cells, map, &mut seen));
            faults.extend(read.err());
        }
        Ok(if faults.is_empty() { Ok(theirs) } else { Err(faults) })
    }

    fn take(
        &mut self,
        line: u64,
        cells: &Cells<'_>,
        map: &AccountMap,
        seen: &mut HashMap<(String, Currency), u64>,
    ) -> Result<(), Fault> {
        let name = cells.get("account");
        let code = map.code(line, name)?;
        let currency = currency(line, cells.get("currency"))?;
        let minor = Sides::of(cells).minor(line, currency)?;
        if let Some(first) = seen.insert((name.to_owned(), currency), line) {
            let fault = Fault::new(line, "account_twice", "this account stands in the file twice");
            return Err(fault.expected(format!("once, on line {first}"), name));
        }
        if !cells.get("as_of").is_empty() {
            let as_of = day(line, cells.get("as_of"))?;
            if let Some(other) = self.as_of.replace(as_of).filter(|other| *other != as_of) {
                let fault = Fault::new(line, "as_of_differs", "the balances of a file are of one day");
                return Err(fault.expected(other.to_string(), as_of.to_string()));
            }
        }
        *self.balances.entry((code, currency)).or_default() += i128::from(minor);
        Ok(())
    }
}

/// How an account stands in the two.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// The same.
    Equal,
    /// Not the same, but no further apart than is tolerated.
    Tolerated,
    /// Not the same.
    Differs,
    /// Only they have it.
    OnlyTheirs,
    /// Only we have it.
    OnlyOurs,
}

impl Verdict {
    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Equal => "equal",
            Verdict::Tolerated => "tolerated",
            Verdict::Differs => "differs",
            Verdict::OnlyTheirs => "only_theirs",
            Verdict::OnlyOurs => "only_ours",
        }
    }

    /// Whether the two agree on it.
    pub fn agrees(self) -> bool {
        matches!(self, Verdict::Equal | Verdict::Tolerated)
    }
}

/// One account, or all of a currency together. Minor units, debit positive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParallelRow {
    /// The account; none for a total.
    pub account: Option<AccountCode>,
    /// The currency.
    pub currency: Currency,
    /// What they have.
    pub theirs_minor: Option<i128>,
    /// What we have.
    pub ours_minor: Option<i128>,
    /// How it stands.
    pub verdict: Verdict,
}

impl ParallelRow {
    /// Ours less theirs.
    pub fn difference_minor(&self) -> i128 {
        self.ours_minor.unwrap_or(0) - self.theirs_minor.unwrap_or(0)
    }
}

/// Both books beside each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParallelRun {
    /// By account and currency.
    pub rows: Vec<ParallelRow>,
    /// One a currency.
    pub totals: Vec<ParallelRow>,
}

impl ParallelRun {
    /// Whether the two agree on every account.
    pub fn agrees(&self) -> bool {
        self.rows.iter().all(|row| row.verdict.agrees())
    }
}

/// An amount that accounts of every currency may differ by.
struct Tolerance {
    minor: u64,
    decimals: u32,
}

impl Tolerance {
    /// Reads a decimal amount that is not negative, with as many decimals as the widest of the currencies has.
    fn parse(text: &str, currencies: impl Iterator<Item = Currency>) -> Result<Tolerance, MoneyError> {
        let widest = currencies.max_by_key(|currency| currency.decimals()).unwrap_or(Currency::CNY);
        let minor = u64::try_from(Money::parse(text, widest)?.minor);
        let minor = minor.map_err(|_| MoneyError::NotANumber(text.to_owned()))?;
        Ok(Tolerance { minor, decimals: widest.decimals() })
    }

    /// In minor units of a currency; what is less than one of them is nothing.
    fn minor(&self, currency: Currency) -> u128 {
        u128::from(self.minor / 10_u64.pow(self.decimals - currency.decimals()))
    }
}

/// Compares. `tolerance` is a decimal amount that each account may differ by; none for nothing.
pub fn parallel_run(theirs: &Theirs, ours: &TrialBalance, tolerance: Option<&str>) -> Result<ParallelRun, MoneyError> {
    let mut both: BTreeMap<(AccountCode, Currency), (Option<i128>, Option<i128>)> = BTreeMap::new();
    for (key, minor) in &theirs.balances {
        both.entry(key.clone()).or_default().0 = Some(*minor);
    }
    for row in &ours.rows {
        both.entry((row.account.clone(), row.currency)).or_default().1 = Some(row.closing_minor());
    }
    let currencies = both.keys().map(|(_, currency)| *currency);
    let tolerance = tolerance.map(|text| Tolerance::parse(text, currencies)).transpose()?;
    let (mut rows, mut totals) = (Vec::new(), BTreeMap::<Currency, (i128, i128)>::new());
    for ((account, currency), (theirs_minor, ours_minor)) in both {
        let tolerated = tolerance.as_ref().map_or(0, |tolerance| tolerance.minor(currency));
        let (there, here) = (theirs_minor.unwrap_or(0), ours_minor.unwrap_or(0));
        let total = totals.entry(currency).or_default();
        (total.0, total.1) = (total.0 + there, total.1 + here);
        let verdict = match (theirs_minor, ours_minor) {
            _ if there == here => Verdict::Equal,
            _ if (there - here).unsigned_abs() <= tolerated => Verdict::Tolerated,
            (Some(_), None) => Verdict::OnlyTheirs,
            (None, _) => Verdict::OnlyOurs,
            (Some(_), Some(_)) => Verdict::Differs,
        };
        rows.push(ParallelRow { account: Some(account), currency, theirs_minor, ours_minor, verdict });
    }
    let total = |(currency, (theirs, ours)): (Currency, (i128, i128))| {
        let verdict = if theirs == ours { Verdict::Equal } else { Verdict::Differs };
        ParallelRow { account: None, currency, theirs_minor: Some(theirs), ours_minor: Some(ours), verdict }
    };
    Ok(ParallelRun { rows, totals: totals.into_iter().map(total).collect() })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::account::NormalSide;
    use crate::query::TrialBalanceRow;

    fn ours(rows: &[(&str, i128)]) -> TrialBalance {
        let row = |(code, debits): &(&str, i128)| TrialBalanceRow {
            account: AccountCode::parse(code).unwrap(),
            name: String::new(),
            normal_side: NormalSide::Debit,
            currency: Currency::CNY,
            opening_minor: 0,
            debits_minor: *debits,
            credits_minor: 0,
        };
        let rows = rows.iter().map(row).collect();
        TrialBalance { rows, from: None, as_of: None, known_at: Timestamp::UNIX_EPOCH }
    }

    fn theirs(text: &str, map: &str) -> Result<Theirs, Vec<(u64, &'static str)>> {
        let map = AccountMap::read(map.as_bytes()).unwrap().unwrap();
        let read = Theirs::read(text.as_bytes(), &map).unwrap();
        read.map_err(|faults| faults.iter().map(|fault| (fault.line, fault.code)).collect())
    }

    #[test]
    fn every_account_has_its_verdict() {
        let text = "account,currency,debit,credit,as_of\n现金,CNY,1.00,,2026-01-31\nBank,CNY,2.00,,\n3001,CNY,,2.50,\n\
            5,CNY,7.00,,\n6,CNY,0,,\n7,CNY,1.01,,\n";
        let theirs = theirs(text, "theirs,ours\n现金,1002\nBank,1002\n").unwrap();
        let ours = ours(&[("1002", 300), ("3001", -200), ("7", 100), ("8", 4), ("9", 0)]);
        let run = parallel_run(&theirs, &ours, None).unwrap();
        let told: Vec<_> = run
            .rows
            .iter()
            .map(|row| (row.account.as_ref().unwrap().to_string(), row.verdict.word(), row.difference_minor()))
            .collect();
        let expected = [
            ("1002", "equal", 0),
            ("3001", "differs", 50),
            ("5", "only_theirs", -700),
            ("6", "equal", 0),
            ("7", "differs", -1),
            ("8", "only_ours", 4),
            ("9", "equal", 0),
        ];
        assert_eq!(told, expected.map(|(code, word, minor)| (code.to_owned(), word, minor)));
        assert_eq!((run.agrees(), run.totals[0].difference_minor()), (false, -647));
        let forgiving = parallel_run(&theirs, &ours, Some("0.01")).unwrap();
        assert_eq!(forgiving.rows[4].verdict, Verdict::Tolerated);
        for wrong in ["0.001", "-0.01", "x"] {
            assert!(parallel_run(&theirs, &ours, Some(wrong)).is_err(), "{wrong}");
            assert!(parallel_run(&Theirs::default(), &self::ours(&[]), Some(wrong)).is_err(), "{wrong}");
        }
        // Less than a yen is nothing, whatever other currencies make of it.
        let mut with_yen = theirs.clone();
        with_yen.balances.insert((AccountCode::parse("10").unwrap(), "JPY".parse().unwrap()), 1);
        let run = parallel_run(&with_yen, &ours, Some("0.99")).unwrap();
        let yen = run.rows.iter().find(|row| row.currency.code() == "JPY").unwrap();
        assert_eq!((yen.verdict, run.rows.last().unwrap().verdict), (Verdict::OnlyTheirs, Verdict::Equal));
        assert_eq!(theirs.as_of.unwrap().to_string(), "2026-01-31");
    }

    #[test]
    fn what_cannot_be_compared_is_named() {
        for (text, expected) in [
            ("account,currency,balance\n现金,CNY,1\n", &[(2, "account_malformed")][..]),
            ("account,currency,balance\n1,CNY,1\n1,CNY,1\n1,CNN,x\n", &[(3, "account_twice"), (4, "currency_unknown")]),
            ("account,currency,balance,as_of\n1,CNY,1,2026-01-31\n2,CNY,1,2026-02-01\n", &[(3, "as_of_differs")]),
            ("account,currency\n1,CNY\n", &[(1, "column_missing")]),
        ] {
            assert_eq!(theirs(text, "theirs,ours\n").unwrap_err(), expected, "{text}");
        }
        let map = AccountMap::read("theirs,ours\na,1\na,2\nb,1 2\nc\n".as_bytes()).unwrap().unwrap_err();
        let codes: Vec<_> = map.iter().map(|fault| (fault.line, fault.code)).collect();
        assert_eq!(codes, [(3, "account_twice"), (4, "account_malformed"), (5, "row_ragged")]);
    }
}
