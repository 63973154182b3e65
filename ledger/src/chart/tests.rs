//! Tests of the chart as a file: what is read as what, the starter chart, and round trips of any chart.

mod faults;
mod tree;

use proptest::prelude::*;

use super::*;
use crate::account::{AccountNote, AccountType, Limits, NormalSide};
use crate::money::Currency;

fn code(text: &str) -> AccountCode {
    AccountCode::parse(text).unwrap()
}

fn read(file: &str) -> Vec<ChartLine> {
    read_chart(file.as_bytes(), &BTreeMap::new()).unwrap()
}

#[test]
fn a_line_becomes_an_account() {
    let file = "name,parent,account,type,currency,minimum,maximum,open_item,normal_side,region,desk\n\
        Receivables,,11,asset,CNY,,,,,,\n\
        \n\
        \"Advanced, \"\"open\"\"\nclaims\",11,1101,asset,CNY,0,15200.5,true,D,\u{6b66}\u{6c49},7\n\
        Allowance,11,1190,asset,CNY,,-1,false,credit,,8";
    let lines = read(file);
    assert_eq!(lines.iter().map(|line| line.line).collect::<Vec<_>>(), [2, 4, 6]);
    let plain = NewAccount {
        code: code("11"),
        name: "Receivables".to_owned(),
        account_type: AccountType::Asset,
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        open_item: false,
        limits: Limits::default(),
        note: AccountNote::default(),
    };
    let note = |metadata: &str| AccountNote { parent: Some("11".to_owned()), metadata: Some(metadata.to_owned()) };
    let advanced = NewAccount {
        code: code("1101"),
        name: "Advanced, \"open\"\nclaims".to_owned(),
        open_item: true,
        limits: Limits { min_minor: Some(0), max_minor: Some(1_520_050) },
        note: note("{\"desk\":\"7\",\"region\":\"\u{6b66}\u{6c49}\"}"),
        ..plain.clone()
    };
    let allowance = NewAccount {
        code: code("1190"),
        name: "Allowance".to_owned(),
        normal_side: NormalSide::Credit,
        limits: Limits { min_minor: None, max_minor: Some(-100) },
        note: note("{\"desk\":\"8\"}"),
        ..plain.clone()
    };
    let accounts: Vec<NewAccount> = lines.into_iter().map(|line| line.account).collect();
    assert_eq!(accounts, [plain, advanced, allowance]);
    assert!(accounts.iter().all(|account| account.check().is_ok()));
}

#[test]
fn a_mark_and_any_line_ends_are_accepted() {
    let file = "\u{feff}account,type,currency,name\n1,asset,CNY,A\n2,liability,JPY,L\n";
    let plain = read(file.trim_start_matches('\u{feff}'));
    for (file, last_line) in [
        (file.to_owned(), 3),
        (file.trim_end().to_owned(), 3),
        (file.replace('\n', "\r\n"), 3),
        (file.replace('\n', "\r"), 3),
        (file.replace('\n', "\r\n\r\n"), 5),
        (file.replace("\n2", "\n\n\n2"), 5),
    ] {
        let lines = read(&file);
        assert_eq!(lines.last().unwrap().line, last_line, "{file:?}");
        assert!(lines.iter().map(|line| &line.account).eq(plain.iter().map(|line| &line.account)), "{file:?}");
    }
}

#[test]
fn parents_may_be_accounts_of_the_book() {
    let known = BTreeMap::from([(code("1"), None), (code("2"), Some("1".to_owned()))]);
    let file = "account,type,currency,name,parent\n3,asset,CNY,C,2\n1,asset,CNY,A,\n";
    assert_eq!(read_chart(file.as_bytes(), &known).unwrap().len(), 2);
}

#[test]
fn the_starter_chart_is_a_tree_without_faults() {
    let lines = read(include_str!("../../settlement/charts/starter.csv"));
    assert!(lines.windows(2).all(|pair| pair[0].account.code < pair[1].account.code), "it is in order");
    let is_there = |wanted: &str| lines.iter().any(|line| line.account.code.as_str() == wanted);
    assert!(["1101", "3900", "1901", "4911", "4912", "5911", "5912", "9001", "9002"].into_iter().all(is_there));
    for line in &lines {
        assert_eq!(line.account.check(), Ok(()));
        let parent = line.account.note.parent.as_deref().unwrap_or_default();
        assert!(line.account.code.as_str().starts_with(parent), "{}", line.account.code);
    }
    let leaf = |line: ChartLine| super::tree::Leaf {
        code: line.account.code,
        currency: line.account.currency,
        parent: line.account.note.parent,
        own: super::tree::Sums::default(),
    };
    let tree = super::tree::Tree::build(lines.into_iter().map(leaf).collect()).unwrap();
    assert_eq!(tree.roots().map(|root| root.code.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4", "5", "9"]);
}

#[test]
fn what_a_file_cannot_say_is_not_written() {
    let account = |metadata: &str| {
        let mut line = read("account,type,currency,name\n1,asset,CNY,A").remove(0);
        line.account.note.metadata = Some(metadata.to_owned());
        vec![line.account]
    };
    let unfit = || Err(Unwritable::Metadata { account: code("1") });
    for metadata in ["{}", "7", "[]", r#"{"a":1}"#, r#"{"a":""}"#, r#"{"a":"\u0000"}"#] {
        assert_eq!(write_chart(&account(metadata)), unfit(), "{metadata}");
    }
    for key in ["", "name", "Max", "normal side"] {
        let expected = Err(Unwritable::Key { account: code("1"), key: key.to_owned() });
        assert_eq!(write_chart(&account(&format!("{{\"{key}\":\"x\"}}"))), expected);
    }
    let refused = write_chart(&account("{"));
    assert!(matches!(refused, Err(Unwritable::Account { fault: crate::account::AccountFault::MetadataMalformed, .. })));
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z \",\r\n'=\u{feff}\u{6b66}-]{1,12}", "\\PC{1,20}"]
}

fn account() -> impl Strategy<Value = NewAccount> {
    let currency = prop::sample::select(vec!["CNY", "JPY", "KWD"]).prop_map(|code| code.parse().unwrap());
    let limits = (any::<Option<i64>>(), any::<Option<i64>>()).prop_map(|limits| match limits {
        (Some(a), Some(b)) => Limits { min_minor: Some(a.min(b)), max_minor: Some(a.max(b)) },
        (min_minor, max_minor) => Limits { min_minor, max_minor },
    });
    let metadata = prop::collection::btree_map("x[a-z ,\"\r\n]{0,4}\u{6b66}", words(), 0..4);
    let side = prop::sample::select(vec![NormalSide::Debit, NormalSide::Credit]);
    (words(), currency, side, any::<bool>(), limits, metadata).prop_map(
        |(name, currency, normal_side, open_item, limits, metadata)| {
            let metadata = (!metadata.is_empty()).then(|| serde_json::to_string(&metadata).unwrap());
            let note = AccountNote { parent: None, metadata };
            let (code, account_type) = (code("0"), AccountType::Asset);
            NewAccount { code, name, account_type, currency, normal_side, open_item, limits, note }
        },
    )
}

/// Accounts that make a tree: each is rolled up to one before it, of its type, or to none; then they are mixed.
fn chart() -> impl Strategy<Value = Vec<NewAccount>> {
    let one = (account(), prop::sample::select(AccountType::ALL.to_vec()), any::<Option<prop::sample::Index>>());
    let grown = prop::collection::vec(one, 1..20).prop_map(|parts| {
        let mut accounts: Vec<NewAccount> = Vec::new();
        for (mut account, account_type, parent) in parts {
            let fit: Vec<&NewAccount> = accounts.iter().filter(|other| other.account_type == account_type).collect();
            let parent = parent.filter(|_| !fit.is_empty()).map(|parent| parent.get(&fit).code.to_string());
            account.note.parent = parent;
            account.code = code(&format!("{}-{}", account_type.word(), accounts.len()));
            account.account_type = account_type;
            accounts.push(account);
        }
        accounts
    });
    grown.prop_shuffle()
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(accounts in chart()) {
        let file = write_chart(&accounts).unwrap();
        let lines = read_chart(file.as_bytes(), &BTreeMap::new());
        let read: Vec<NewAccount> = lines.unwrap().into_iter().map(|line| line.account).collect();
        prop_assert_eq!(read, accounts);
    }

    #[test]
    fn a_file_cut_anywhere_or_changed_anyhow_does_not_panic(
        accounts in chart(),
        cut in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut file = write_chart(&accounts).unwrap().into_bytes();
        let at = at.index(file.len());
        file[at] = byte;
        file.truncate(cut.index(file.len()));
        if let Err(faults) = read_chart(&file, &BTreeMap::new()) {
            prop_assert!(!faults.is_empty());
            prop_assert!(faults.is_sorted_by_key(|fault| fault.line));
        }
    }

    #[test]
    fn no_bytes_panic(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(b','), Just(b'\n')], 0..60),
    ) {
        prop_assert!(read_chart(&bytes, &BTreeMap::new()).is_err());
    }
}
