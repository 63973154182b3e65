//! The financial statements, and the way of each account through a period.

use std::collections::{BTreeMap, BTreeSet};

use dianfu_ledger::account::{AccountCode, AccountType};
use dianfu_ledger::money::Currency;
use dianfu_ledger::query::EntryView;
use dianfu_ledger::report::roll_forward::roll_forward;
use dianfu_ledger::report::statements::{LineKind, StatementLine, balance_sheet, income_statement};

use super::{ByAccount, Seen};
use crate::model::books::Sides;

impl Seen<'_> {
    /// What stands on each account, or has moved in the period alone, debit positive.
    fn net(&self, in_period: bool) -> ByAccount<i128> {
        let net = |(opening, sides): (i128, Sides)| {
            let moved = sides.debits - sides.credits;
            if in_period { moved } else { opening + moved }
        };
        self.standing().into_iter().map(|(code, standing)| (code, net(standing))).collect()
    }

    /// What the accounts of a type come to in a currency, debit positive.
    fn of_type(&self, net: &ByAccount<i128>, wanted: AccountType, currency: Currency) -> i128 {
        let of_type = net.iter().filter(|(code, _)| {
            let account = &self.books.accounts[*code].opened;
            account.account_type == wanted && account.currency == currency
        });
        of_type.map(|(_, minor)| minor).sum()
    }

    fn currencies(&self) -> BTreeSet<Currency> {
        self.settled().map(|(_, leg)| leg.amount.currency).collect()
    }

    pub(super) async fn balance_sheet(&self) {
        let sheet = balance_sheet(self.client, self.period.moment).await.unwrap();
        let net = self.net(false);
        assert_eq!(sheet.totals.len(), self.currencies().len());
        for (currency, total) in self.currencies().into_iter().zip(&sheet.totals) {
            let of = |wanted| self.of_type(&net, wanted, currency);
            let result = -of(AccountType::Income) - of(AccountType::Expense);
            let expected = [
                of(AccountType::Asset),
                -of(AccountType::Liability),
                -of(AccountType::Equity),
                result,
                -of(AccountType::Memo),
            ];
            let said =
                [total.assets_minor, total.liabilities_minor, total.equity_minor, total.result_minor, total.memo_minor];
            assert_eq!((total.currency, said), (currency, expected), "{:?}", self.period);
            let [assets, liabilities, equity, result, memo] = expected;
            assert_eq!(total.difference_minor, assets - liabilities - equity - result);
            assert_eq!(total.difference_minor, memo, "only memo accounts are in no sheet");
        }
        let sections = [AccountType::Asset, AccountType::Liability, AccountType::Equity];
        self.lines(&sheet.lines, &net, &sections);
    }

    pub(super) async fn income_statement(&self) {
        let statement = income_statement(self.client, self.period).await.unwrap();
        let net = self.net(true);
        assert_eq!(statement.totals.len(), self.currencies().len());
        for (currency, total) in self.currencies().into_iter().zip(&statement.totals) {
            let of = |wanted| self.of_type(&net, wanted, currency);
            let (income, expenses) = (-of(AccountType::Income), of(AccountType::Expense));
            let said = (total.currency, total.income_minor, total.expenses_minor, total.result_minor);
            assert_eq!(said, (currency, income, expenses, income - expenses), "{:?}", self.period);
        }
        self.lines(&statement.lines, &net, &[AccountType::Income, AccountType::Expense]);
    }

    /// The accounts of some sections, each seen from the side of its section.
    fn lines(&self, lines: &[StatementLine], net: &ByAccount<i128>, sections: &[AccountType]) {
        let of_accounts = lines.iter().filter(|line| line.kind == LineKind::Account);
        let said: ByAccount<i128> =
            of_accounts.map(|line| (AccountCode::parse(&line.code).unwrap(), line.own_minor[0])).collect();
        let mut expected = net.clone();
        expected.retain(|code, minor| {
            let of_type = self.books.accounts[code].opened.account_type;
            if !matches!(of_type, AccountType::Asset | AccountType::Expense) {
                *minor = -*minor;
            }
            sections.contains(&of_type)
        });
        assert_eq!(said, expected, "{:?}", self.period);
    }

    pub(super) async fn roll_forward(&self) {
        let mut expected: ByAccount<BTreeMap<(&str, Option<String>), Sides>> = BTreeMap::new();
        for (entry, leg) in self.settled() {
            let moved = expected.entry(leg.account.clone()).or_default();
            if self.in_period(entry) {
                moved.entry((entry.kind.word(), journal_of(entry))).or_default().add(leg.amount);
            }
        }
        let report = roll_forward(self.client, None, self.period).await.unwrap();
        assert!(report.ties_out());
        let standing = self.standing();
        let mut said: ByAccount<_> = BTreeMap::new();
        for row in report.rows {
            let (opening, sides) = standing[&row.account];
            let closing = opening + sides.debits - sides.credits;
            assert_eq!((row.opening_minor, row.closing_minor), (opening, closing), "{}", row.account);
            let moved = row.movements.into_iter().map(|movement| {
                let sides = Sides { debits: movement.debits_minor, credits: movement.credits_minor };
                ((movement.kind.word(), movement.journal), sides)
            });
            said.insert(row.account, moved.collect::<BTreeMap<_, _>>());
        }
        assert_eq!(said, expected, "{:?}", self.period);
    }
}

/// The journal that an entry's metadata names.
fn journal_of(entry: &EntryView) -> Option<String> {
    let metadata: serde_json::Value = serde_json::from_str(entry.metadata.as_deref()?).ok()?;
    match metadata.get("journal")? {
        serde_json::Value::Null => None,
        serde_json::Value::String(name) => Some(name.clone()),
        other => Some(other.to_string()),
    }
}
