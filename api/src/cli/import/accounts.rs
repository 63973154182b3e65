//! The chart that comes beside a file of entries: its accounts are opened before, its limits and parents set after.

use std::fs;
use std::path::Path;

use anyhow::Context;
use dianfu_ledger::account::{Change, Limits, SettingChange};
use dianfu_ledger::chart::{ChartFault, ChartLine, read_chart};
use dianfu_ledger::import::survey::Survey;
use dianfu_ledger::import::{AccountLine, Fault, Numbered, Record, SettingLine};

use crate::cli::account::known;
use crate::cli::desk::Desk;

/// Adds the accounts of a chart to what the file says, or all that is wrong with the chart.
pub async fn add(desk: &Desk, path: &Path, survey: &mut Survey) -> anyhow::Result<()> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    match read_chart(&bytes, &known(desk).await?) {
        Ok(lines) => lines.into_iter().flat_map(records).for_each(|record| survey.take(record)),
        Err(faults) => {
            let faults = faults.into_iter().map(|fault| self::fault(path, fault));
            faults.for_each(|fault| survey.take(Numbered { line: fault.line, record: Err(fault) }));
        }
    }
    Ok(())
}

fn records(ChartLine { line, account }: ChartLine) -> impl Iterator<Item = Numbered> {
    let line = u64::try_from(line).unwrap_or(u64::MAX);
    let Limits { min_minor, max_minor } = account.limits;
    let keep_or = |minor: Option<i64>| minor.map_or(Change::Keep, |minor| Change::To(Some(minor)));
    let parent = account.note.parent.map_or(Change::Keep, |parent| Change::To(Some(parent)));
    let change = SettingChange { min: keep_or(min_minor), max: keep_or(max_minor), parent, ..SettingChange::default() };
    let setting = (change != SettingChange::default()).then(|| {
        let setting = SettingLine { account: account.code.clone(), change };
        Numbered { line, record: Ok(Record::Setting(Box::new(setting))) }
    });
    let mut opened = AccountLine::new(account.code);
    opened.name = Some(account.name);
    (opened.account_type, opened.currency) = (Some(account.account_type), Some(account.currency));
    (opened.normal_side, opened.open_item) = (Some(account.normal_side), account.open_item);
    opened.note.metadata = account.note.metadata;
    let opened = Numbered { line, record: Ok(Record::Account(Box::new(opened))) };
    std::iter::once(opened).chain(setting)
}

/// A fault of the chart among those of the entries: it says which file it is in.
fn fault(path: &Path, fault: ChartFault) -> Fault {
    let column = fault.column.as_ref().map(|column| format!(", {column}")).unwrap_or_default();
    let message = format!("in {}{column}", path.display());
    let line = u64::try_from(fault.line).unwrap_or(u64::MAX);
    Fault::new(line, fault.code(), message).expected(fault.expected, fault.actual)
}
