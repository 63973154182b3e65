//! The whole book against the model: every entry, balance, statement, item and setting, and the program's own check.

use std::collections::BTreeMap;

use dianfu_ledger::Ledger;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::balance::Totals;
use dianfu_ledger::clock;
use dianfu_ledger::entry::{Layer, NewPosting};
use dianfu_ledger::query::{self, AccountFilter, DateRange, EntryView, Items, Moment, PostingView, Sums};
use dianfu_ledger::verify::Asked;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Client;
use uuid::Uuid;

use super::books::{Books, ModelAccount, ModelEntry, ModelLeg, Sides};
use super::reference::State;
use super::rules::SOME_DAY_OF_BOOKING;

/// Compares everything that can be asked.
pub async fn compare(ledger: &Ledger, booked_at: &BTreeMap<Uuid, Timestamp>, state: &State) {
    let report = ledger.verify(Asked::default(), |_| {}).await.unwrap();
    let client = &mut **ledger.client().await.unwrap();
    assert_eq!(report.finding, None);
    assert_eq!(report.entries, i64::try_from(state.books.entries.len()).unwrap());
    let expected = entry_views(&state.books, booked_at);
    let listed = every_entry(client).await;
    assert_eq!(listed.len(), expected.len());
    listed.iter().zip(&expected).for_each(|(listed, expected)| assert_eq!(listed, expected));
    for sent in &state.sent {
        let view = expected.iter().find(|view| view.id == sent.id).cloned();
        assert_eq!(query::entry(client, sent.id).await.unwrap(), view);
    }
    compare_chart(client, &state.books).await;
    for (code, account) in &state.books.accounts {
        compare_balance(client, code, &state.books).await;
        compare_statement(client, code, &expected).await;
        if account.opened.open_item {
            compare_items(client, code, &expected).await;
        }
    }
    compare_trial_balance(client, &state.books).await;
}

async fn every_entry(client: &Client) -> Vec<EntryView> {
    let mut all: Vec<EntryView> = Vec::new();
    loop {
        let after = all.last().map_or(0, |last| last.sequence);
        let page = query::entries(client, after, 500).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// The journal as it must read, with the running totals.
fn entry_views(books: &Books, booked_at: &BTreeMap<Uuid, Timestamp>) -> Vec<EntryView> {
    let mut running: BTreeMap<(AccountCode, Layer), Sides> = BTreeMap::new();
    let entries = books.entries.iter().zip(1..);
    entries.map(|(entry, sequence)| entry_view(books, entry, sequence, booked_at, &mut running)).collect()
}

fn entry_view(
    books: &Books,
    entry: &ModelEntry,
    sequence: i64,
    booked_at: &BTreeMap<Uuid, Timestamp>,
    running: &mut BTreeMap<(AccountCode, Layer), Sides>,
) -> EntryView {
    let given = entry.given.clone();
    let booked_at = booked_at[&given.id];
    let mut posting = |(leg, ModelLeg { layer, posting }): (i16, &ModelLeg)| {
        let NewPosting { account, amount, item, due_date } = posting;
        let sides = running.entry((account.clone(), *layer)).or_default();
        sides.count(&ModelLeg::new(*layer, posting), given.kind);
        let [debits, credits] = [sides.debits, sides.credits].map(|total| i64::try_from(total).unwrap());
        let after = Totals { debits, credits };
        let (account, item) = (account.clone(), item.clone());
        PostingView { leg, account, layer: *layer, amount: *amount, item, due_date: *due_date, after }
    };
    let day = |day: Date| if day == SOME_DAY_OF_BOOKING { clock::date_of(booked_at) } else { day };
    EntryView {
        sequence,
        id: given.id,
        kind: given.kind,
        effective_date: day(entry.date),
        booked_at,
        value_date: entry.value_date.map(day),
        relates_to: given.relates_to,
        related: books.related(given.id),
        hold_group: given.hold_group,
        expires_at: given.expires_at,
        at_most: given.postings.first().filter(|_| given.at_most).map(|posting| posting.amount.without_sign()),
        adjusting: given.adjusting,
        template_no: None,
        postings: (0..).zip(&entry.legs).map(&mut posting).collect(),
        reference: given.reference,
        description: given.description,
        metadata: given.metadata,
        actor: given.actor,
    }
}

async fn compare_chart(client: &Client, books: &Books) {
    let page = query::accounts(client, AccountFilter::default(), None, 1_000).await.unwrap();
    assert_eq!(page.accounts.len(), books.accounts.len());
    for account in page.accounts.into_iter().map(|view| view.account) {
        let ModelAccount { no, opened, setting } = &books.accounts[&account.code];
        assert_eq!((account.no, &account.name, account.currency), (*no, &opened.name, opened.currency));
        assert_eq!((account.normal_side, account.open_item), (opened.normal_side, opened.open_item));
        assert_eq!(account.setting, *setting, "{}", account.code);
    }
}

async fn compare_balance(client: &Client, code: &AccountCode, books: &Books) {
    let view = query::balance(client, code, Moment::default()).await.unwrap().unwrap();
    let sums = |Sides { debits, credits }: Sides| Sums { debits_minor: debits, credits_minor: credits };
    assert_eq!(view.settled, sums(books.sides(code, Layer::Settled)), "{code}");
    assert_eq!(view.pending, sums(books.sides(code, Layer::Pending)), "{code}");
}

async fn compare_trial_balance(client: &Client, books: &Books) {
    let trial_balance = query::trial_balance(client, Moment::default(), None).await.unwrap();
    assert!(trial_balance.is_balanced());
    let listed: Vec<_> = trial_balance
        .rows
        .into_iter()
        .map(|row| (row.account, Sides { debits: row.debits_minor, credits: row.credits_minor }))
        .collect();
    let sides = books.accounts.keys().map(|code| (code.clone(), books.sides(code, Layer::Settled)));
    assert_eq!(listed, sides.filter(|(_, sides)| *sides != Sides::default()).collect::<Vec<_>>());
}

/// The postings of an account that have moved money.
fn settled<'a>(
    entries: &'a [EntryView],
    code: &'a AccountCode,
) -> impl Iterator<Item = (&'a EntryView, &'a PostingView)> {
    let legs = entries.iter().flat_map(|entry| entry.postings.iter().map(move |leg| (entry, leg)));
    legs.filter(move |(_, leg)| leg.account == *code && leg.layer == Layer::Settled)
}

async fn compare_statement(client: &Client, code: &AccountCode, entries: &[EntryView]) {
    let mut balance = 0;
    let expected: Vec<_> = settled(entries, code)
        .map(|(entry, leg)| {
            balance += i128::from(leg.amount.minor);
            (entry.sequence, leg.leg, entry.id, leg.amount, leg.item.clone(), balance)
        })
        .collect();
    let mut listed = Vec::new();
    let mut cursor = None;
    loop {
        let page = query::statement(client, code, Moment::default(), DateRange::default(), cursor.as_deref(), 7);
        let page = page.await.unwrap().unwrap();
        assert_eq!((page.opening_minor, page.closing_minor), (0, balance), "{code}");
        let rows = page.rows.into_iter();
        listed.extend(rows.map(|row| (row.sequence, row.leg, row.entry_id, row.amount, row.item, row.balance_minor)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, expected, "{code}");
}

async fn compare_items(client: &Client, code: &AccountCode, entries: &[EntryView]) {
    let mut expected: BTreeMap<String, i128> = BTreeMap::new();
    for (_, leg) in settled(entries, code) {
        *expected.entry(leg.item.clone().unwrap()).or_default() += i128::from(leg.amount.minor);
    }
    let items = query::open_items(client, code, Moment::default(), Items::All).await.unwrap();
    // The list has the accounts below as well.
    let own = items.into_iter().filter(|item| item.account == *code);
    let listed = own.map(|item| (item.item, item.outstanding_minor)).collect::<BTreeMap<_, _>>();
    assert_eq!(listed, expected, "{code}");
}
