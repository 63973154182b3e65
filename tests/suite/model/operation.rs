//! What is done to the books at random: operations, and the strategy that draws them knowing what was done before.

use dianfu_ledger::account::{AccountCode, AccountSetting, AccountType, Frozen, Limits, NewAccount, NormalSide};
use dianfu_ledger::allocation::NewAllocation;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::limit_group::LimitGroup;
use dianfu_ledger::money::Currency;
use dianfu_ledger::period::{Reopening, Tightness};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uuid::Uuid;

use super::draft::{self, Draft};
use super::look::{Look, look};
use super::sharing::allocation;
use super::{chart, time};

/// One step of the test.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Requests that are made at once of one of the two handles; they are worked off in this order.
    Post { handle: usize, requests: Vec<Vec<NewEntry>> },
    /// Requests one after the other inside one transaction, which is then committed or rolled back.
    PostIn { handle: usize, requests: Vec<Vec<NewEntry>>, commit: bool },
    /// Opens accounts.
    Open { handle: usize, accounts: Vec<NewAccount> },
    /// Changes an account's limits, closes it or opens it again.
    Change { handle: usize, account: AccountCode, setting: AccountSetting },
    /// Sets a limit on several accounts together.
    SetGroup { handle: usize, name: &'static str, group: LimitGroup },
    /// Closes all days up to one.
    ClosePeriod { handle: usize, through: Date, how: Tightness },
    /// Takes days back, by two people.
    ReopenPeriod { handle: usize, reopening: Reopening },
    /// Sets open items off against each other, or only says what that would do.
    Allocate { handle: usize, allocation: NewAllocation, keep: bool },
    /// Moves time on, and posts an entry behind what that has ended.
    Pass { handle: usize, by: SignedDuration, tick: NewEntry },
    /// Asks for every report at a moment.
    Look { handle: usize, look: Look },
    /// Closes a handle and opens it again.
    Reopen { handle: usize },
}

/// What was done before, as far as operations refer to it.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// The entries that were sent lately, in the books or not.
    pub sent: &'a [NewEntry],
    /// The entries that were lately put into the books.
    pub posted: &'a [NewEntry],
    /// The allocations that were asked for lately.
    pub allocations: &'a [NewAllocation],
    /// The time of the books.
    pub now: Timestamp,
    /// How often amounts are the largest there are, among some twelve hundred.
    pub huge: u32,
}

/// Draws an operation.
pub fn operation(past: Past<'_>) -> BoxedStrategy<Operation> {
    prop_oneof![
        12 => (handle(), requests(past)).prop_map(|(handle, requests)| Operation::Post { handle, requests }),
        5 => (handle(), requests(past), any::<bool>())
            .prop_map(|(handle, requests, commit)| Operation::PostIn { handle, requests, commit }),
        1 => (handle(), prop::collection::vec(new_account(), 1..4))
            .prop_map(|(handle, accounts)| Operation::Open { handle, accounts }),
        8 => setting_of_the_book(),
        4 => (handle(), allocation(past.allocations, past.posted), prop::bool::weighted(0.8))
            .prop_map(|(handle, allocation, keep)| Operation::Allocate { handle, allocation, keep }),
        2 => (handle(), time::hours(), any::<u128>()).prop_map(|(handle, by, id)| {
            let tick = draft::tick(Uuid::from_u128(id));
            Operation::Pass { handle, by, tick }
        }),
        4 => (handle(), look()).prop_map(|(handle, look)| Operation::Look { handle, look }),
        1 => handle().prop_map(|handle| Operation::Reopen { handle }),
    ]
    .boxed()
}

/// Draws a change of what entries obey.
pub fn setting_of_the_book() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (handle(), account_code(), setting())
            .prop_map(|(handle, account, setting)| Operation::Change { handle, account, setting }),
        2 => (handle(), select(vec!["line", "pool"]), limit_group())
            .prop_map(|(handle, name, group)| Operation::SetGroup { handle, name, group }),
        1 => (handle(), day(), tightness())
            .prop_map(|(handle, through, how)| Operation::ClosePeriod { handle, through, how }),
        1 => (handle(), day(), tightness()).prop_map(|(handle, from, out_of)| {
            let reopening = Reopening { from, out_of };
            Operation::ReopenPeriod { handle, reopening }
        }),
    ]
}

/// Mostly before most entries, so that not all of them are kept out.
fn day() -> impl Strategy<Value = Date> {
    prop_oneof![4 => 1..12_i8, 1 => 12..32_i8].prop_map(|day| date(2024, 1, day))
}

fn tightness() -> impl Strategy<Value = Tightness> {
    prop_oneof![2 => Just(Tightness::Soft), 1 => Just(Tightness::Hard)]
}

fn handle() -> impl Strategy<Value = usize> {
    0..2_usize
}

/// Requests that are made at once.
pub fn requests(past: Past<'_>) -> impl Strategy<Value = Vec<Vec<NewEntry>>> + use<> {
    let request = prop::collection::vec(draft::draft(past.huge), 0..8);
    let (sent, posted, now) = (past.sent.to_vec(), past.posted.to_vec(), past.now);
    prop::collection::vec((request, any::<Index>()), 1..4).prop_map(move |requests| {
        let (mut sent, mut posted) = (sent.clone(), posted.clone());
        requests.into_iter().map(|(drafts, end)| request_of(drafts, end, now, &mut sent, &mut posted)).collect()
    })
}

/// Writes the drafts out; each may refer to whatever was sent before it. One request in sixteen may end with an entry
/// that is linked to nothing.
fn request_of(
    drafts: Vec<(Draft, bool)>,
    end: Index,
    now: Timestamp,
    sent: &mut Vec<NewEntry>,
    posted: &mut Vec<NewEntry>,
) -> Vec<NewEntry> {
    let mut request = Vec::new();
    for (draft, linked) in drafts {
        let entry = NewEntry { linked, ..draft.entry(sent, posted, now) };
        sent.push(entry.clone());
        posted.push(entry.clone());
        request.push(entry);
    }
    let may_stay_linked = end.index(16) == 0;
    if let Some(last) = request.last_mut().filter(|_| !may_stay_linked) {
        last.linked = false;
    }
    request
}

fn account_code() -> impl Strategy<Value = AccountCode> {
    let mut codes: Vec<AccountCode> = chart::all().into_iter().map(|account| account.code).collect();
    codes.push(chart::nobodys());
    select(codes)
}

fn setting() -> impl Strategy<Value = AccountSetting> {
    let closed = prop_oneof![9 => Just(false), 1 => Just(true)];
    let frozen = prop_oneof![9 => Just(Frozen::None), 2 => select(Frozen::ALL.to_vec())];
    (limits(), closed, frozen).prop_map(|(limits, closed, frozen)| AccountSetting { limits, closed, frozen })
}

/// Mostly accounts of one currency; now and then one of another, or twice the same.
fn limit_group() -> impl Strategy<Value = LimitGroup> {
    let currency = select(vec!["CNY", "USD", "JPY"]).prop_map(|code| code.parse::<Currency>().unwrap());
    let side = select(vec![NormalSide::Debit, NormalSide::Credit]);
    let other = prop_oneof![9 => Just(None), 1 => account_code().prop_map(Some)];
    (currency, side, limits(), other, any::<u8>()).prop_map(|(currency, normal_side, limits, other, chosen)| {
        let of_currency = chart::first().into_iter().filter(|account| account.currency == currency);
        let accounts = of_currency.enumerate().filter(|(at, _)| chosen >> (at % 8) & 1 == 1);
        let accounts = accounts.map(|(_, account)| account.code).chain(other).collect();
        LimitGroup { currency, normal_side, limits, accounts }
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    let limit = || prop::option::of(prop_oneof![3 => -600..1_500_i64, 3 => -50..50_i64, 1 => Just(i64::MAX)]);
    (limit(), limit()).prop_map(|(min_minor, max_minor)| Limits { min_minor, max_minor })
}

/// An account of the chart, as it is defined there or with one thing changed.
fn new_account() -> impl Strategy<Value = NewAccount> {
    (select(chart::all()), 0..10_u8).prop_map(|(account, change)| match change {
        0 => NewAccount { currency: "KWD".parse().unwrap(), ..account },
        1 => NewAccount { open_item: !account.open_item, ..account },
        2 => NewAccount { normal_side: other(account.normal_side), ..account },
        3 => NewAccount { limits: Limits::default(), ..account },
        4 => NewAccount { name: "another name".to_owned(), ..account },
        6 => NewAccount { account_type: AccountType::Memo, ..account },
        5 => NewAccount { limits: Limits { min_minor: Some(1), max_minor: Some(0) }, ..account },
        _ => account,
    })
}

fn other(side: NormalSide) -> NormalSide {
    match side {
        NormalSide::Debit => NormalSide::Credit,
        NormalSide::Credit => NormalSide::Debit,
    }
}
