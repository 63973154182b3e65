//! What differs between a report at one moment and the same report at another, and the entries that explain it.
//!
//! Both reports are made as they always are. What explains their difference is found another way: the postings that
//! one of the moments counts and the other does not, because they were booked between the two times or are dated
//! between the two days. A posting of the second moment alone adds its amount, one of the first alone takes it away.
//! Every row says what is left unexplained: zero, or the book does not hang together. Statements are rolled up by the
//! chart of the later time on both sides, so that an account that has moved in the chart is no difference.
//!
//! Costs both reports and one pass over the postings; the entries come page by page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::account::{AccountCode, AccountNo, AccountType};
use crate::entry::EntryKind;
use crate::error::Error;
use crate::money::Currency;
use crate::query::{LIST_ROWS_MAX, Moment, row};

use super::chart::Chart;
use super::place::Place;
use super::statements::{Amounts, OF_BALANCE_SHEET, OF_INCOME, net, net_of_results, side_by_side, year_ends};
use super::{ReportError, Scope, less, sql};

/// The reports that can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DiffOf {
    /// Closings of the trial balance, account by account.
    TrialBalance,
    /// Lines of the balance sheet.
    BalanceSheet,
    /// Lines of the income statement.
    IncomeStatement,
    /// What is outstanding, item by item.
    OpenItems,
}

impl DiffOf {
    /// Every one.
    pub const ALL: [DiffOf; 4] =
        [DiffOf::TrialBalance, DiffOf::BalanceSheet, DiffOf::IncomeStatement, DiffOf::OpenItems];

    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            DiffOf::TrialBalance => "trial-balance",
            DiffOf::BalanceSheet => "balance-sheet",
            DiffOf::IncomeStatement => "income-statement",
            DiffOf::OpenItems => "open-items",
        }
    }

    /// Whether a leg on an account of this type is in the report.
    fn counts(self, account_type: Option<AccountType>, has_item: bool) -> bool {
        match self {
            DiffOf::TrialBalance => true,
            DiffOf::BalanceSheet => account_type != Some(AccountType::Memo),
            DiffOf::IncomeStatement => account_type.is_some_and(AccountType::is_temporary),
            DiffOf::OpenItems => has_item,
        }
    }

    /// The inverse of [`DiffOf::word`].
    pub fn from_word(word: &str) -> Option<DiffOf> {
        DiffOf::ALL.into_iter().find(|known| known.word() == word)
    }
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiffAsked {
    /// Which report.
    pub of: DiffOf,
    /// The first day of an income statement; of no other report.
    pub from: Option<Date>,
    /// One moment.
    pub before: Moment,
    /// The other.
    pub after: Moment,
}

/// A row that differs. Minor units, from the side from which the report shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiffRow {
    /// The section of a statement.
    pub section: Option<AccountType>,
    /// The account or heading; empty for the result of a balance sheet.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The item, if the report goes by items.
    pub item: Option<String>,
    /// The currency.
    pub currency: Currency,
    /// In the first report.
    pub before_minor: i128,
    /// In the second.
    pub after_minor: i128,
    /// Second less first.
    pub difference_minor: i128,
    /// What the entries between the two come to.
    pub explained_minor: i128,
    /// Difference less explained: zero.
    pub unexplained_minor: i128,
}

/// What an entry does to one account, or to one item of it, on the way from the first report to the second.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DiffEntry {
    /// The entry's number.
    pub sequence: i64,
    /// Its id.
    pub entry_id: Uuid,
    /// What it does.
    pub kind: EntryKind,
    /// When it counts.
    pub effective_date: Date,
    /// When the ledger knew it.
    pub booked_at: Timestamp,
    /// The business document.
    pub reference: String,
    /// A sentence.
    pub description: String,
    /// Who asked for it.
    pub actor: String,
    /// Whether the second report counts it and the first does not; else it is the other way round.
    pub added: bool,
    /// The account.
    pub account: AccountCode,
    /// The item.
    pub item: Option<String>,
    /// The currency.
    pub currency: Currency,
    /// What it adds to the account, debit positive, in minor units.
    pub change_minor: i128,
}

/// The difference of two reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diff {
    /// Which report.
    pub of: DiffOf,
    /// The first day of an income statement.
    pub from: Option<Date>,
    /// The first moment as it was resolved; asking with it gives the same.
    pub before: Scope,
    /// The second.
    pub after: Scope,
    /// The rows that differ, in the order of the report.
    pub rows: Vec<DiffRow>,
    /// This page of the entries that explain them, by sequence.
    pub entries: Vec<DiffEntry>,
    /// The cursor of the next page of entries, with the same moments as they were resolved; `None` at the end.
    pub next: Option<String>,
}

impl Diff {
    /// Whether the entries explain every difference to the last unit.
    pub fn is_explained(&self) -> bool {
        self.rows.iter().all(|row| row.unexplained_minor == 0)
    }
}

/// Compares a report at two moments; at most `limit` of the entries (never more than [`LIST_ROWS_MAX`]) that explain
/// it.
pub async fn diff(
    client: &impl GenericClient,
    asked: DiffAsked,
    cursor: Option<&str>,
    limit: u16,
) -> Result<Diff, ReportError> {
    let from = asked.from.filter(|_| asked.of == DiffOf::IncomeStatement);
    for to in [asked.before.as_of, asked.after.as_of] {
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            return Err(ReportError::RangeReversed { from, to });
        }
    }
    let before = Scope::resolve(client, asked.before).await?;
    let after = Scope::resolve(client, asked.after).await?;
    let chart = Chart::read(client, if before.known_at > after.known_at { &before } else { &after }).await?;
    let left_out = match asked.of {
        DiffOf::IncomeStatement => year_ends(client, before.sequence.max(after.sequence)).await?,
        DiffOf::TrialBalance | DiffOf::BalanceSheet | DiffOf::OpenItems => Vec::new(),
    };
    let between = Between { before, after, from, left_out };
    let rows = match asked.of {
        DiffOf::OpenItems => between.items(client, &chart).await?,
        of => between.accounts(client, &chart, of).await?,
    };
    let question = format!("diff {:?} {from:?} {before:?} {after:?}", asked.of);
    let place = match cursor {
        None => Place::default(),
        Some(text) => Place::parse(text, Moment { known_at: None, as_of: after.as_of }, &question)?.1,
    };
    let (entries, last) = between.entries(client, &chart, asked.of, place.sequence, limit).await?;
    let next = last.map(|sequence| Place { sequence, ..Place::default() }.to_text(&after, &question));
    Ok(Diff { of: asked.of, from, before, after, rows, entries, next })
}

/// Two scopes, the day from which postings count, and the entries that do not count.
struct Between {
    before: Scope,
    after: Scope,
    from: Option<Date>,
    left_out: Vec<i64>,
}

impl Between {
    fn parameters(&self) -> [&(dyn ToSql + Sync); 5] {
        let Between { before, after, from, .. } = self;
        [&before.sequence, &before.as_of, &after.sequence, &after.as_of, from]
    }

    /// The rows of a report that goes by account.
    async fn accounts(
        &self,
        client: &impl GenericClient,
        chart: &Chart,
        of: DiffOf,
    ) -> Result<Vec<DiffRow>, ReportError> {
        let net = async |scope: &Scope| match of {
            DiffOf::IncomeStatement => net_of_results(client, scope, self.from).await,
            DiffOf::TrialBalance | DiffOf::BalanceSheet | DiffOf::OpenItems => net(client, scope, self.from).await,
        };
        let (before, after) = (net(&self.before).await?, net(&self.after).await?);
        let codes = codes_by_number(chart);
        let mut explained = BTreeMap::new();
        let [one, two, three, four, five] = self.parameters();
        for row in client.query(sql::CHANGE, &[one, two, three, four, five, &self.left_out]).await? {
            explained.insert(code_of(&row, &codes)?.clone(), row::sum(&row, "change")?);
        }
        let amounts = Amounts { of: side_by_side([&before, &after, &explained]) };
        let mut rows = Vec::new();
        match of {
            DiffOf::BalanceSheet | DiffOf::IncomeStatement => {
                let sections = if of == DiffOf::BalanceSheet { &OF_BALANCE_SHEET[..] } else { &OF_INCOME };
                for line in amounts.lines(chart, sections)? {
                    let row = blank(line.code, line.name, line.currency);
                    let row = DiffRow { section: Some(line.section), ..row };
                    rows.extend(compared(row, line.amount_minor)?);
                }
            }
            DiffOf::TrialBalance | DiffOf::OpenItems => {
                for (code, amounts) in &amounts.of {
                    let Some(known) = chart.accounts.get(code) else { continue };
                    rows.extend(compared(blank(code.to_string(), known.name.clone(), known.currency), *amounts)?);
                }
            }
        }
        Ok(rows)
    }

    /// The rows of the open items.
    async fn items(&self, client: &impl GenericClient, chart: &Chart) -> Result<Vec<DiffRow>, ReportError> {
        let codes = codes_by_number(chart);
        let mut items: BTreeMap<(AccountCode, String), [i128; 3]> = BTreeMap::new();
        for (at, scope) in [&self.before, &self.after].into_iter().enumerate() {
            for row in client.query(sql::OUTSTANDING_ITEMS, &[&scope.sequence, &scope.as_of]).await? {
                let key = (code_of(&row, &codes)?.clone(), row.try_get("item")?);
                items.entry(key).or_default()[at] = row::sum(&row, "outstanding")?;
            }
        }
        for row in client.query(sql::CHANGE_OF_ITEMS, &self.parameters()).await? {
            let key = (code_of(&row, &codes)?.clone(), row.try_get("item")?);
            items.entry(key).or_default()[2] = row::sum(&row, "change")?;
        }
        let mut rows = Vec::new();
        for ((code, item), amounts) in items {
            let Some(known) = chart.accounts.get(&code) else { continue };
            let row = blank(code.to_string(), known.name.clone(), known.currency);
            rows.extend(compared(DiffRow { item: Some(item), ..row }, amounts)?);
        }
        Ok(rows)
    }

    /// A page of the entries with those of their legs that the report counts, and the last entry if more follow.
    async fn entries(
        &self,
        client: &impl GenericClient,
        chart: &Chart,
        of: DiffOf,
        behind: i64,
        limit: u16,
    ) -> Result<(Vec<DiffEntry>, Option<i64>), ReportError> {
        let most = usize::from(limit.clamp(1, LIST_ROWS_MAX));
        let with_one_more = i64::try_from(most + 1).unwrap_or(i64::MAX);
        let [one, two, three, four, five] = self.parameters();
        let parameters = [one, two, three, four, five, &self.left_out, &behind, &with_one_more];
        let found = client.query(sql::CHANGE_BY_ENTRY, &parameters).await?;
        let codes = codes_by_number(chart);
        let (mut entries, mut sequences) = (Vec::new(), Vec::new());
        for row in &found {
            let sequence: i64 = row.try_get("sequence")?;
            if sequences.last() != Some(&sequence) {
                if sequences.len() == most {
                    return Ok((entries, sequences.last().copied()));
                }
                sequences.push(sequence);
            }
            let entry = entry(row, chart, &codes)?;
            let account_type = chart.accounts.get(&entry.account).map(|known| known.account_type);
            if of.counts(account_type, entry.item.is_some()) {
                entries.push(entry);
            }
        }
        Ok((entries, None))
    }
}

/// The row, if there is anything to say about it.
fn compared(row: DiffRow, [before, after, explained]: [i128; 3]) -> Result<Option<DiffRow>, ReportError> {
    let difference = less(after, before)?;
    let unexplained = less(difference, explained)?;
    let is_same = difference == 0 && unexplained == 0;
    Ok((!is_same).then_some(DiffRow {
        before_minor: before,
        after_minor: after,
        difference_minor: difference,
        explained_minor: explained,
        unexplained_minor: unexplained,
        ..row
    }))
}

fn blank(code: String, name: String, currency: Currency) -> DiffRow {
    DiffRow {
        section: None,
        code,
        name,
        item: None,
        currency,
        before_minor: 0,
        after_minor: 0,
        difference_minor: 0,
        explained_minor: 0,
        unexplained_minor: 0,
    }
}

fn codes_by_number(chart: &Chart) -> BTreeMap<AccountNo, &AccountCode> {
    chart.accounts.iter().map(|(code, known)| (known.no, code)).collect()
}

fn code_of<'a>(row: &Row, codes: &BTreeMap<AccountNo, &'a AccountCode>) -> Result<&'a AccountCode, ReportError> {
    let number: AccountNo = row.try_get("account_no")?;
    let known = codes.get(&number).copied();
    Ok(known.ok_or_else(|| Error::Corrupt(format!("a posting is on account number {number}, which is in no chart")))?)
}

fn entry(row: &Row, chart: &Chart, codes: &BTreeMap<AccountNo, &AccountCode>) -> Result<DiffEntry, ReportError> {
    let account = code_of(row, codes)?.clone();
    let known = chart.accounts.get(&account).ok_or_else(|| Error::Corrupt(format!("{account} is in no chart")))?;
    Ok(DiffEntry {
        sequence: row.try_get("sequence")?,
        entry_id: row.try_get("entry_id")?,
        kind: row::kind(row)?,
        effective_date: row.try_get("effective_date")?,
        booked_at: row.try_get("booked_at")?,
        reference: row.try_get("reference")?,
        description: row.try_get("description")?,
        actor: row.try_get("actor")?,
        added: row.try_get("in_second")?,
        currency: known.currency,
        account,
        item: row.try_get("item")?,
        change_minor: row::sum(row, "change")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_left_out_only_if_nothing_has_happened() {
        let row = || blank("1".to_owned(), String::new(), Currency::CNY);
        assert_eq!(compared(row(), [5, 5, 0]).unwrap(), None);
        let moved = compared(row(), [5, 7, 2]).unwrap().unwrap();
        assert_eq!((moved.difference_minor, moved.unexplained_minor), (2, 0));
        let odd = compared(row(), [5, 5, 3]).unwrap().unwrap();
        assert_eq!((odd.difference_minor, odd.unexplained_minor), (0, -3));
        assert!(compared(row(), [i128::MIN, 1, 0]).is_err());
    }
}
