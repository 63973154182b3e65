//! The accounts of a workload, and its steps as entries of the ledger.
//!
//! Codes are made once; an entry clones the two that it names, as any caller must.

use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};

use super::draw::Kind;
use super::stream::Step;
use super::transfers::{AMOUNT_MAX, Seat, Transfer, Transfers};

/// What every account has before anything is measured, in minor units: where nothing may be overdrawn, enough for most
/// entries and too little for some.
pub const FUNDED_MINOR: i64 = 4 * AMOUNT_MAX;

/// The codes of the accounts that are drawn, and behind them that of the bank, from which they are funded.
#[derive(Debug)]
pub struct Accounts {
    codes: Vec<AccountCode>,
    kind: Kind,
}

impl Accounts {
    /// So many to be drawn.
    pub fn new(count: usize, kind: Kind) -> Accounts {
        let code = |number| AccountCode::parse(&format!("1.{number}")).expect("digits and a dot make a code");
        Accounts { codes: (0..=count).map(code).collect(), kind }
    }

    /// How many are drawn.
    pub fn count(&self) -> usize {
        self.codes.len() - 1
    }

    /// The code of one.
    pub fn code(&self, number: usize) -> &AccountCode {
        &self.codes[number]
    }

    /// What is to be opened for a book that takes so many entries: under Zipf's law no account may be overdrawn, and
    /// the hot account has a limit that is never quite reached.
    pub fn to_open(&self, entries: usize) -> Vec<NewAccount> {
        let entries = i64::try_from(entries).expect("entries are counted in 63 bits");
        let limits = |number: usize| match self.kind {
            Kind::Hot if number == 0 => {
                Limits { max_minor: Some(FUNDED_MINOR + entries * AMOUNT_MAX), min_minor: None }
            }
            Kind::Zipf if number < self.count() => Limits { min_minor: Some(0), max_minor: None },
            Kind::Uniform | Kind::Hot | Kind::Zipf => Limits::default(),
        };
        let account = |(number, code): (usize, &AccountCode)| NewAccount {
            code: code.clone(),
            name: format!("Account {number}"),
            account_type: AccountType::Asset,
            currency: Currency::CNY,
            normal_side: NormalSide::Debit,
            open_item: false,
            limits: limits(number),
            note: AccountNote::default(),
        };
        self.codes.iter().enumerate().map(account).collect()
    }

    /// One transfer from the bank to each account.
    pub fn funding(&self, seat: Seat) -> impl Iterator<Item = Transfer> {
        let mut ids = Transfers::new(Kind::Uniform.from(2), seat);
        let bank = self.count();
        (0..bank).map(move |debit| Transfer { id: ids.id(), debit, credit: bank, amount_minor: FUNDED_MINOR })
    }

    /// A step as an entry.
    pub fn entry(&self, step: &Step) -> NewEntry {
        match step {
            Step::Post(transfer) => self.transfer(transfer),
            Step::Dated(transfer, day) => NewEntry { effective_date: Some(*day), ..self.transfer(transfer) },
            Step::Hold(transfer) => NewEntry { kind: EntryKind::Hold, ..self.transfer(transfer) },
            Step::Capture { id, hold } => {
                NewEntry { id: *id, kind: EntryKind::Capture, relates_to: Some(*hold), ..plain(Vec::new()) }
            }
        }
    }

    fn transfer(&self, transfer: &Transfer) -> NewEntry {
        let leg = |number: usize, minor: i64| {
            NewPosting::new(self.codes[number].clone(), Money::new(minor, Currency::CNY), None)
        };
        let postings = vec![leg(transfer.debit, transfer.amount_minor), leg(transfer.credit, -transfer.amount_minor)];
        NewEntry { id: transfer.id, ..plain(postings) }
    }
}

fn plain(postings: Vec<NewPosting>) -> NewEntry {
    NewEntry { reference: "bench".to_owned(), actor: "bench".to_owned(), postings, ..NewEntry::default() }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn every_entry_balances_or_takes_all_that_is_held() {
        let accounts = Accounts::new(3, Kind::Uniform);
        let transfer = Transfer { id: Uuid::from_u128(1), debit: 2, credit: 0, amount_minor: 7 };
        let (id, hold) = (Uuid::from_u128(2), Uuid::from_u128(1));
        for step in [Step::Post(transfer), Step::Hold(transfer), Step::Capture { id, hold }] {
            let entry = accounts.entry(&step);
            assert_eq!(entry.postings.iter().map(|leg| leg.amount.minor).sum::<i64>(), 0);
            assert_eq!(entry.postings.is_empty(), entry.relates_to.is_some());
        }
    }

    #[test]
    fn everybody_is_funded_once_and_nobody_is_the_bank() {
        let accounts = Accounts::new(5, Kind::Zipf);
        let opened = accounts.to_open(10);
        let funded: Vec<usize> = accounts.funding(Seat { number: 0, after: 0 }).map(|one| one.debit).collect();
        assert_eq!(funded, [0, 1, 2, 3, 4]);
        assert_eq!(opened.iter().filter(|account| account.limits.min_minor == Some(0)).count(), 5);
        assert_eq!(opened[5].limits, Limits::default());
    }
}
