//! Account by account, posting by posting: the general ledger and the statement of each account.

use dianfu_ledger::query::{self, DateRange};
use dianfu_ledger::report::general_ledger::{LedgerLineKind, general_ledger};

use super::Seen;

impl Seen<'_> {
    pub(super) async fn general_ledger(&self) {
        let mut expected = Vec::new();
        for (code, (opening, sides)) in self.standing() {
            let mut balance = opening;
            expected.push((code.clone(), "opening".to_owned(), balance));
            for (entry, leg) in self.settled().filter(|(entry, leg)| leg.account == code && self.in_period(entry)) {
                balance += i128::from(leg.amount.minor);
                expected.push((code.clone(), format!("{} {} {}", entry.sequence, leg.leg, leg.amount.minor), balance));
            }
            expected.push((code, format!("{} {}", sides.debits, sides.credits), balance));
        }
        let mut said = Vec::new();
        let mut cursor = None;
        loop {
            let page = general_ledger(self.client, None, self.period, cursor.as_deref(), 40).await.unwrap();
            said.extend(page.lines.into_iter().map(|line| {
                let what = match line.kind {
                    LedgerLineKind::Opening => "opening".to_owned(),
                    LedgerLineKind::Posting(row) => format!("{} {} {}", row.sequence, row.leg, row.amount_minor),
                    LedgerLineKind::Closing { debits_minor, credits_minor } => {
                        format!("{debits_minor} {credits_minor}")
                    }
                };
                (line.account, what, line.balance_minor)
            }));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(said, expected, "{:?}", self.period);
    }

    /// The statement of each account, a few rows a page.
    pub(super) async fn statements(&self) {
        for code in self.books.accounts.keys() {
            let (opening, sides) = self.standing().get(code).copied().unwrap_or_default();
            let mut balance = opening;
            let own = self.settled().filter(|(entry, leg)| leg.account == *code && self.in_period(entry));
            let expected: Vec<_> = own
                .map(|(entry, leg)| {
                    balance += i128::from(leg.amount.minor);
                    (entry.sequence, leg.leg, entry.id, leg.amount, leg.item.clone(), balance)
                })
                .collect();
            let mut listed = Vec::new();
            let mut cursor = None;
            loop {
                let (moment, range) = (self.period.moment, DateRange { from: self.period.from, to: None });
                let page = query::statement(self.client, code, moment, range, cursor.as_deref(), 7);
                let page = page.await.unwrap().unwrap();
                let closing = opening + sides.debits - sides.credits;
                assert_eq!((page.opening_minor, page.closing_minor), (opening, closing), "{code} {:?}", self.period);
                let rows = page.rows.into_iter();
                listed.extend(
                    rows.map(|row| (row.sequence, row.leg, row.entry_id, row.amount, row.item, row.balance_minor)),
                );
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(listed, expected, "{code} {:?}", self.period);
        }
    }
}
