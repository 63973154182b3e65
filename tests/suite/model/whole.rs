//! The whole book against the model: every entry, balance, statement, item and setting, and the program's own check.

use std::collections::BTreeMap;

use dianfu_ledger::Ledger;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::balance::Totals;
use dianfu_ledger::entry::{Layer, NewEntry, NewPosting};
use dianfu_ledger::query::{self, AccountFilter, EntryView, PostingView, Related};
use dianfu_ledger::verify::Asked;
use tokio_postgres::Client;
use uuid::Uuid;

use super::books::{Books, ModelAccount, ModelEntry, ModelLeg, Sides};
use super::look::{Look, Seen};
use super::machine::Booked;
use super::reference::State;

/// The totals of accounts, leg after leg.
pub type Running = BTreeMap<(AccountCode, Layer), Sides>;

/// Compares everything that can be asked.
pub async fn compare(ledger: &Ledger, booked: &Booked, state: &State) {
    let report = ledger.verify(Asked::default(), |_| {}).await.unwrap();
    assert_eq!(report.finding, None);
    assert_eq!(report.entries, i64::try_from(state.books.entries.len()).unwrap());
    compare_books(ledger, booked, &state.books, &state.sent).await;
}

/// The same without the program's own check.
pub async fn compare_books(ledger: &Ledger, booked: &Booked, books: &Books, sent: &[NewEntry]) {
    let client = &mut **ledger.client().await.unwrap();
    let expected = entry_views(books, booked);
    let listed = every_entry(client).await;
    assert_eq!(listed.len(), expected.len());
    listed.iter().zip(&expected).for_each(|(listed, expected)| assert_eq!(listed, expected));
    for sent in sent.iter().rev().take(50) {
        let view = expected.iter().find(|view| view.id == sent.id).cloned();
        assert_eq!(query::entry(client, sent.id).await.unwrap(), view);
    }
    compare_chart(client, books).await;
    Seen::whole(client, books, &expected).compare().await;
}

/// Asks for everything that can be asked at a moment.
pub async fn look(ledger: &Ledger, booked: &Booked, books: &Books, look: Look) {
    let client = &**ledger.client().await.unwrap();
    let journal = entry_views(books, booked);
    Seen::new(client, books, &journal, look).compare().await;
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
fn entry_views(books: &Books, booked: &Booked) -> Vec<EntryView> {
    let mut running = Running::new();
    let entries = books.entries.iter().zip(1..);
    entries.map(|(entry, sequence)| entry_view(books, entry, sequence, booked, &mut running)).collect()
}

/// One entry as it must read, behind what was posted before it.
pub fn entry_view(
    books: &Books,
    entry: &ModelEntry,
    sequence: i64,
    booked: &Booked,
    running: &mut Running,
) -> EntryView {
    let given = entry.given.clone();
    let booked_at = booked.at[&given.id];
    let known_as = |id: Uuid| booked.ids.get(&id).copied().unwrap_or(id);
    let related = books.related(given.id).into_iter().map(|Related { id, kind }| Related { id: known_as(id), kind });
    let mut posting = |(leg, ModelLeg { layer, posting }): (i16, &ModelLeg)| {
        let NewPosting { account, amount, item, due_date } = posting;
        let sides = running.entry((account.clone(), *layer)).or_default();
        sides.count(&ModelLeg::new(*layer, posting), given.kind);
        let [debits, credits] = [sides.debits, sides.credits].map(|total| i64::try_from(total).unwrap());
        let after = Totals { debits, credits };
        let (account, item) = (account.clone(), item.clone());
        PostingView { leg, account, layer: *layer, amount: *amount, item, due_date: *due_date, after }
    };
    EntryView {
        sequence,
        id: known_as(given.id),
        kind: given.kind,
        effective_date: entry.date,
        booked_at,
        value_date: entry.value_date,
        relates_to: given.relates_to,
        related: related.collect(),
        hold_group: given.hold_group,
        expires_at: given.expires_at,
        at_most: given.postings.first().filter(|_| given.at_most).map(|posting| posting.amount.without_sign()),
        adjusting: given.adjusting,
        template: None,
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
