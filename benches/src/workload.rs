//! The workloads: what is posted, from a seed.

use std::fmt;
use std::str::FromStr;

use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::entry::{NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use uuid::Uuid;

/// Largest amount of an entry, in minor units; the smallest is 1.
const AMOUNT_MAX: i64 = 1_000;
/// When the first id was made: ids are ordered by time, as version 7 has them.
const FIRST_ID_MILLIS: u64 = 1_700_000_000_000;

/// What is posted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// Two accounts drawn from all, batches of 8,000.
    Uniform,
    /// One account, with an exact limit, on every entry, batches of 8,000.
    Hot,
    /// Single entries, many callers at once.
    Single,
}

impl Workload {
    const ALL: [Workload; 3] = [Workload::Uniform, Workload::Hot, Workload::Single];

    /// Its letter.
    pub fn letter(self) -> &'static str {
        match self {
            Workload::Uniform => "U",
            Workload::Hot => "H",
            Workload::Single => "S",
        }
    }

    /// How much of it a run posts.
    pub fn size(self, entries: usize, accounts: usize, callers: usize) -> Size {
        match self {
            Workload::Uniform | Workload::Hot => Size { entries, accounts, batch: 8_000, callers: 3 },
            Workload::Single => Size { entries: entries / 10, accounts, batch: 1, callers },
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letter())
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(letter: &str) -> Result<Self, String> {
        let known = Workload::ALL.into_iter().find(|workload| workload.letter() == letter);
        known.ok_or_else(|| format!("'{letter}' is none of U, H, S"))
    }
}

/// How much is posted, and how.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Entries in all.
    pub entries: usize,
    /// Accounts.
    pub accounts: usize,
    /// Entries a request.
    pub batch: usize,
    /// Requests at the same time.
    pub callers: usize,
}

/// One entry, before it is an entry of anybody's: numbers of two different accounts and an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// The entry's id.
    pub id: Uuid,
    /// Number of the account debited.
    pub debit: usize,
    /// Number of the account credited.
    pub credit: usize,
    /// Minor units.
    pub amount_minor: i64,
}

/// An endless stream of transfers; one seed gives one stream.
pub struct Transfers {
    workload: Workload,
    accounts: usize,
    random: StdRng,
    millis: u64,
}

impl Transfers {
    /// The stream of a caller; streams of different callers share no id.
    pub fn new(workload: Workload, accounts: usize, caller: usize) -> Transfers {
        let seed = u64::try_from(caller).expect("callers are counted in 64 bits");
        Transfers { workload, accounts, random: StdRng::seed_from_u64(seed), millis: FIRST_ID_MILLIS }
    }

    fn id(&mut self) -> Uuid {
        self.millis += 1;
        let mut bytes = [0; 10];
        self.random.fill_bytes(&mut bytes);
        uuid::Builder::from_unix_timestamp_millis(self.millis, &bytes).into_uuid()
    }
}

impl Iterator for Transfers {
    type Item = Transfer;

    fn next(&mut self) -> Option<Transfer> {
        let id = self.id();
        let first = match self.workload {
            Workload::Hot => 0,
            Workload::Uniform | Workload::Single => self.random.random_range(0..self.accounts),
        };
        let step = self.random.random_range(1..self.accounts);
        let amount_minor = self.random.random_range(1..=AMOUNT_MAX);
        Some(Transfer { id, debit: first, credit: (first + step) % self.accounts, amount_minor })
    }
}

/// The accounts of a book; the first carries the limit of the hot workload, never quite reached.
pub fn accounts(size: Size) -> Vec<NewAccount> {
    let entries = i64::try_from(size.entries).expect("entries are counted in 63 bits");
    let account = |number: usize| NewAccount {
        code: AccountCode::parse(&format!("1.{number}")).expect("digits and a dot make a code"),
        name: format!("Account {number}"),
        account_type: AccountType::Asset,
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        open_item: false,
        limits: Limits { min_minor: None, max_minor: (number == 0).then_some(entries * AMOUNT_MAX) },
        note: AccountNote::default(),
    };
    (0..size.accounts).map(account).collect()
}

/// A transfer as an entry of the ledger.
pub fn entry(transfer: &Transfer, accounts: &[NewAccount]) -> NewEntry {
    let leg = |number: usize, minor: i64| NewPosting {
        account: accounts[number].code.clone(),
        amount: Money::new(minor, Currency::CNY),
        item: None,
        due_date: None,
    };
    NewEntry {
        id: transfer.id,
        reference: "bench".to_owned(),
        actor: "bench".to_owned(),
        postings: vec![leg(transfer.debit, transfer.amount_minor), leg(transfer.credit, -transfer.amount_minor)],
        ..NewEntry::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn one_seed_is_one_stream_and_callers_share_no_id() {
        for workload in Workload::ALL {
            let stream = |caller| Transfers::new(workload, 100, caller).take(1_000).collect::<Vec<_>>();
            assert_eq!(stream(1), stream(1));
            let ids: HashSet<Uuid> = stream(1).iter().chain(&stream(2)).map(|transfer| transfer.id).collect();
            assert_eq!(ids.len(), 2_000);
        }
    }

    #[test]
    fn transfers_move_something_between_two_accounts() {
        for transfer in Transfers::new(Workload::Hot, 10, 0).take(1_000) {
            assert_eq!(transfer.debit, 0);
            assert_ne!(transfer.debit, transfer.credit);
            assert!((1..=AMOUNT_MAX).contains(&transfer.amount_minor));
        }
    }
}
