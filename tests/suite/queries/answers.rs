//! Every answer equals what a list of all entries adds up to.

use std::collections::BTreeMap;

use dianfu_ledger::account::{
    AccountCode, AccountNote, AccountSetting, AccountType, Change, Limits, NewAccount, NormalSide, SettingChange,
};
use dianfu_ledger::entry::{EntryKind, Layer};
use dianfu_ledger::money::Currency;
use dianfu_ledger::opening::SettingOutcome;
use dianfu_ledger::query::{self, AccountFilter, AccountView, Items, Moment, Related, Sums};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::books::{Book, DAYS, Mirror, account, day, entry, for_random_books, release};

/// The moments to ask at: before all, between any two turns, now; as of a few days, and of all.
fn moments(book: &Book) -> Vec<Moment> {
    let mut times: Vec<Option<Timestamp>> = vec![None, Some(Timestamp::UNIX_EPOCH)];
    times.extend(book.booked.iter().map(|booked| Some(booked.receipt.booked_at)));
    times.dedup();
    let dates = [None, Some(day(-1)), Some(day(DAYS / 3)), Some(day(DAYS))];
    times.iter().flat_map(|known_at| dates.map(|as_of| Moment { as_of, known_at: *known_at })).collect()
}

/// The same for the mirror, which knows no "now".
fn known_at(moment: Moment) -> Timestamp {
    moment.known_at.unwrap_or(Timestamp::MAX)
}

fn sums(mirror: Option<&Mirror>) -> Sums {
    mirror.map_or(Sums::default(), |mirror| Sums { debits_minor: mirror.debits, credits_minor: mirror.credits })
}

#[test]
fn balances_add_up() {
    for_random_books(6, async |book| {
        let client = book.ledger.client().await.unwrap();
        for moment in moments(book) {
            let settled = book.settled(moment.as_of, known_at(moment));
            let pending = book.pending(moment.as_of, known_at(moment));
            for code in ["1101.picc", "1101.aia", "2190", "2190.kwd", "9002", "-_..x.y"].map(account) {
                let view = query::balance(&**client, &code, moment).await.unwrap().unwrap();
                assert_eq!((view.accounts, view.as_of), (1, moment.as_of));
                assert_eq!(view.settled, sums(settled.get(&code)), "{code} at {moment:?}");
                assert_eq!(view.pending, sums(pending.get(&code)), "{code} at {moment:?}");
            }
        }
    });
}

#[test]
fn control_accounts_sum_up_what_is_below_them() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        // Of many accounts a day is answered another way: these have no postings.
        let idle = |n: i32| NewAccount { code: account(&format!("1002.idle-{n}")), ..cash() };
        book.ledger.open_accounts(&(0..60).map(idle).collect::<Vec<_>>(), "test").await.unwrap();
        for moment in moments(book) {
            let settled = book.settled(moment.as_of, known_at(moment));
            let pending = book.pending(moment.as_of, known_at(moment));
            for control in ["1101", "1002", "2190"] {
                let mut expected: BTreeMap<Currency, (Sums, Sums)> = BTreeMap::new();
                for (_, mirror) in settled.iter().filter(|(code, _)| code.control() == control) {
                    let sums = &mut expected.entry(mirror.currency).or_default().0;
                    sums.debits_minor += mirror.debits;
                    sums.credits_minor += mirror.credits;
                }
                for (_, mirror) in pending.iter().filter(|(code, _)| code.control() == control) {
                    let sums = &mut expected.entry(mirror.currency).or_default().1;
                    sums.debits_minor += mirror.debits;
                    sums.credits_minor += mirror.credits;
                }
                if control != "1101" {
                    expected.entry(Currency::CNY).or_default();
                }
                let views = query::balances(&**client, &account(control), moment).await.unwrap().unwrap();
                let actual: BTreeMap<_, _> =
                    views.into_iter().map(|view| (view.currency, (view.settled, view.pending))).collect();
                assert_eq!(actual, expected, "{control} at {moment:?}");
            }
        }
    });
}

fn cash() -> NewAccount {
    NewAccount {
        code: account("1002"),
        name: "Cash".to_owned(),
        account_type: AccountType::Asset,
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        open_item: false,
        limits: Limits::default(),
        note: AccountNote::default(),
    }
}

#[tokio::test]
async fn a_code_that_nobody_has_is_told_from_one_without_postings() {
    let mut book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    let now = Moment::default();
    assert_eq!(query::balance(&**client, &account("1101"), now).await.unwrap(), None);
    assert_eq!(query::balances(&**client, &account("110"), now).await.unwrap(), None);
    assert_eq!(query::balances(&**client, &account("1101"), now).await.unwrap(), Some(Vec::new()));
    let empty = query::balances(&**client, &account("2190"), now).await.unwrap().unwrap();
    assert_eq!((empty.len(), empty[0].settled, empty[0].normal_side), (1, Sums::default(), NormalSide::Credit));

    book.post(vec![entry(EntryKind::Post, 0, &[("2190", -5, Some("R-1")), ("1002", 5, None)])]).await;
    let view = query::balance(&**client, &account("2190"), now).await.unwrap().unwrap();
    assert_eq!((view.balance_minor(), view.known_at), (5, book.booked[0].receipt.booked_at));
}

#[test]
fn the_trial_balance_adds_up_and_is_zero() {
    for_random_books(6, async |book| {
        let client = book.ledger.client().await.unwrap();
        for moment in moments(book) {
            for from in [None, Some(day(DAYS / 4))] {
                let trial_balance = query::trial_balance(&**client, moment, from).await.unwrap();
                assert!(trial_balance.is_balanced(), "{trial_balance:?}");
                let all = book.settled(moment.as_of, known_at(moment));
                let before = from.map_or_else(BTreeMap::new, |from| {
                    let last = from.yesterday().unwrap();
                    let last = moment.as_of.map_or(last, |as_of| as_of.min(last));
                    book.settled(Some(last), known_at(moment))
                });
                let actual: Vec<_> = trial_balance
                    .rows
                    .iter()
                    .map(|row| (row.account.clone(), row.opening_minor, row.debits_minor, row.credits_minor))
                    .collect();
                let expected: Vec<_> = all
                    .iter()
                    .map(|(code, mirror)| {
                        let before = sums(before.get(code));
                        let (debits, credits) = (before.debits_minor, before.credits_minor);
                        (code.clone(), debits - credits, mirror.debits - debits, mirror.credits - credits)
                    })
                    .collect();
                assert_eq!(actual, expected, "from {from:?} at {moment:?}");
            }
        }
    });
}

#[test]
fn open_items_add_up_to_the_balance() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        for moment in moments(book) {
            let mut expected: BTreeMap<(AccountCode, String), (i128, Date, Date)> = BTreeMap::new();
            for booked in book.at(moment.as_of, known_at(moment)) {
                let date = booked.date();
                for leg in booked.legs_in(Layer::Settled).filter(|leg| leg.account.control() == "1101") {
                    let key = (leg.account.clone(), leg.item.clone().unwrap());
                    let item = expected.entry(key).or_insert((0, date, date));
                    *item = (item.0 + i128::from(leg.amount.minor), item.1.min(date), item.2.max(date));
                }
            }
            let items = query::open_items(&**client, &account("1101"), moment, Items::All).await.unwrap();
            let actual: BTreeMap<_, _> = items
                .iter()
                .map(|item| {
                    let key = (item.account.clone(), item.item.clone());
                    (key, (item.outstanding_minor, item.first_date, item.last_date))
                })
                .collect();
            assert_eq!(actual, expected, "{moment:?}");
            let outstanding = query::open_items(&**client, &account("1101"), moment, Items::Outstanding).await.unwrap();
            let not_zero: Vec<_> = items.into_iter().filter(|item| item.outstanding_minor != 0).collect();
            assert_eq!(outstanding, not_zero);
        }
    });
}

#[test]
fn what_is_outstanding_is_told_of_the_items_named() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        let mut expected: BTreeMap<(AccountCode, String), (i128, i128)> = BTreeMap::new();
        for booked in &book.booked {
            for (layer, leg) in booked.legs.iter().filter(|(_, leg)| leg.account.control() == "1101") {
                let (settled, pending) = expected.entry((leg.account.clone(), leg.item.clone().unwrap())).or_default();
                let sum = if *layer == Layer::Settled { settled } else { pending };
                *sum += i128::from(leg.amount.minor);
            }
        }
        let nowhere = (account("1101.picc"), "an item that nobody has posted on".to_owned());
        let named: Vec<_> = expected.keys().chain(expected.keys().take(1)).chain([&nowhere]).collect();
        let named: Vec<_> = named.iter().map(|(account, item)| (account, item.as_str())).collect();
        let answer = query::outstanding(&**client, &named).await.unwrap();
        assert_eq!(answer.len(), expected.len());
        let actual: BTreeMap<_, _> = answer
            .into_iter()
            .map(|found| ((found.account, found.item), (found.settled_minor, found.pending_minor)))
            .collect();
        assert_eq!(actual, expected);
    });
}

#[tokio::test]
async fn an_entry_shows_its_legs_its_totals_and_what_relates_to_it() {
    let mut book = Book::new().await;
    let hold = entry(EntryKind::Hold, 1, &[("1101.picc", 700, Some("CLM-1")), ("9002", -700, None)]);
    let released = release(hold.id, 2);
    let post = entry(EntryKind::Post, 2, &[("1101.picc", 650, Some("CLM-1")), ("2101.p-1", -650, Some("ORD-1"))]);
    book.post(vec![hold.clone()]).await;
    book.post(vec![released.clone(), post.clone()]).await;
    let client = book.ledger.client().await.unwrap();

    let view = query::entry(&**client, hold.id).await.unwrap().unwrap();
    assert_eq!((view.sequence, view.relates_to), (1, None));
    assert_eq!(view.related, [Related { id: released.id, kind: EntryKind::Release }]);
    let legs: Vec<_> = view.postings.iter().map(|leg| (leg.leg, leg.after.debits, leg.after.credits)).collect();
    assert_eq!(legs, [(0, 700, 0), (1, 0, 700)]);

    let view = query::entry(&**client, released.id).await.unwrap().unwrap();
    assert_eq!((view.kind, view.relates_to, view.related), (EntryKind::Release, Some(hold.id), Vec::new()));
    let legs: Vec<_> =
        view.postings.iter().map(|leg| (leg.amount.minor, leg.after.debits, leg.after.credits)).collect();
    assert_eq!(legs, [(-700, 0, 0), (700, 0, 0)]);

    let all = query::entries(&**client, 0, 10).await.unwrap();
    assert_eq!(all.iter().map(|view| view.id).collect::<Vec<_>>(), [hold.id, released.id, post.id]);
    assert_eq!(query::entries(&**client, 1, 1).await.unwrap(), all[1..2]);
    assert_eq!(query::entries(&**client, 3, 10).await.unwrap(), []);
    let (view, booked) = (&all[2], &book.booked[2]);
    assert_eq!((view.booked_at, view.effective_date), (booked.receipt.booked_at, day(2)));
    let legs: Vec<_> = view.postings.iter().map(|leg| (leg.account.clone(), leg.amount, leg.item.clone())).collect();
    let given: Vec<_> = post.postings.into_iter().map(|leg| (leg.account, leg.amount, leg.item)).collect();
    assert_eq!(legs, given);
    assert_eq!(query::entry(&**client, dianfu_ledger::id::fresh()).await.unwrap(), None);
}

#[tokio::test]
async fn accounts_come_in_pages_with_the_settings_in_force() {
    let book = Book::new().await;
    let limits = Limits { min_minor: Some(0), max_minor: Some(900) };
    let setting = AccountSetting { limits, ..AccountSetting::default() };
    book.ledger.change_setting(&account("1101.picc"), setting.into(), "test", "a credit line").await.unwrap();
    let closed = AccountSetting { closed: true, ..setting };
    book.ledger.change_setting(&account("1101.cpic"), setting.into(), "test", "a credit line").await.unwrap();
    book.ledger.change_setting(&account("1101.cpic"), closed.into(), "test", "the contract ended").await.unwrap();
    let client = book.ledger.client().await.unwrap();

    let below = AccountFilter { prefix: "1101", ..AccountFilter::default() };
    let mut cursor = None;
    let mut seen = Vec::new();
    loop {
        let page = query::accounts(&**client, below, cursor.as_ref(), 2).await.unwrap();
        assert!((1..=2).contains(&page.accounts.len()));
        seen.extend(page.accounts.into_iter().map(|view| (view.account.code.to_string(), view.account.setting)));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let plain = AccountSetting::default();
    let expected = [("1101.aia", plain), ("1101.cpic", closed), ("1101.picc", setting)];
    assert_eq!(seen, expected.map(|(code, setting)| (code.to_owned(), setting)));
    let all = query::accounts(&**client, AccountFilter::default(), None, 1_000).await.unwrap();
    assert_eq!((all.accounts.len(), all.next), (14, None));
}

#[tokio::test]
async fn accounts_are_found_by_their_metadata_and_stand_below_a_parent() {
    let book = Book::new().await;
    let note = |code: &str, parent: Option<&str>, metadata: &str| {
        let (parent, metadata) = (parent.map(str::to_owned), Some(metadata.to_owned()));
        let change =
            SettingChange { parent: Change::To(parent), metadata: Change::To(metadata), ..SettingChange::default() };
        let (code, ledger) = (account(code), &book.ledger);
        async move { ledger.change_setting(&code, change, "test", "a note").await.unwrap() }
    };
    let east = r#"{"region": "east", "since": 2024}"#;
    assert_eq!(note("1101.picc", Some("1002"), east).await, SettingOutcome::Changed);
    assert_eq!(note("1101.cpic", Some("1101.picc"), r#"{"region": "west"}"#).await, SettingOutcome::Changed);
    for (code, parent) in [("1101.picc", "1999"), ("1101.picc", "1101.cpic"), ("1002", "1002")] {
        let SettingOutcome::Refused(fault) = note(code, Some(parent), "{}").await else { panic!("{code} {parent}") };
        assert_eq!((fault.code(), fault.field()), ("parent_unfit", "parent"), "{fault}");
    }
    let SettingOutcome::Refused(fault) = note("1002", None, "{").await else { panic!("metadata is taken") };
    assert_eq!(fault.code(), "metadata_malformed");
    let client = book.ledger.client().await.unwrap();
    let filter = AccountFilter { metadata: Some(r#"{"region": "east"}"#), ..AccountFilter::default() };
    let found = query::accounts(&**client, filter, None, 10).await.unwrap().accounts;
    assert_eq!(found.len(), 1);
    let AccountView { account, note } = &found[0];
    assert_eq!((account.code.as_str(), note.parent.as_deref()), ("1101.picc", Some("1002")));
    assert_eq!(note.metadata.as_deref(), Some(east));
}
