//! A deposit is booked once, and never overdrawn.

use dianfu_claims::insurer::prefund::{Deposit, Prefund, deposit, prefund};
use dianfu_ledger::entry::EntryKind;
use dianfu_settlement::number::PartyNo;
use dianfu_tests::journal::assert_verifies;

use super::fixture::{MAKER, ON, Office, cpic, entry, told, word};

fn paid_in(bank_reference: &str, amount_minor: i64) -> Deposit {
    let bank = PartyNo::parse("settlement").unwrap();
    Deposit { insurer: cpic(), bank, bank_reference: bank_reference.to_owned(), amount_minor, on: ON }
}

async fn left(office: &Office) -> (i64, i64) {
    let found = prefund(&**office.client().await, &cpic()).await.unwrap();
    let Prefund { balance_minor, held_minor } = found.unwrap();
    (balance_minor, held_minor)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deposit_told_twice_is_one_deposit() {
    let office = Office::new().await;
    let told_once = paid_in("BANK-1", 500_000);
    let tell = async || {
        let mut client = office.client().await;
        deposit(&office.ledger, &mut client, &told_once, MAKER).await.unwrap().unwrap()
    };
    let ids = futures_util::future::join_all((0..4).map(|_| tell())).await;
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!((left(&office).await, office.count("entry").await), ((500_000, 0), 1));

    let mut client = office.client().await;
    let other = deposit(&office.ledger, &mut client, &paid_in("BANK-1", 500_001), MAKER).await.unwrap();
    assert!(other.unwrap_err().to_string().starts_with("the ledger refused it: "));
    deposit(&office.ledger, &mut client, &paid_in("BANK-2", 1), MAKER).await.unwrap().unwrap();
    assert_eq!(left(&office).await, (500_001, 0));
    assert_verifies(office.test.database()).await;
}

#[tokio::test]
async fn a_prefund_gives_what_it_has_holds_counted_in() {
    let office = Office::new().await;
    let mut client = office.client().await;
    deposit(&office.ledger, &mut client, &paid_in("BANK-1", 100), MAKER).await.unwrap().unwrap();
    let mut words = Vec::new();
    for (kind, minor) in [(EntryKind::Hold, 60), (EntryKind::Post, 41), (EntryKind::Post, 40), (EntryKind::Hold, 1)] {
        let mut drawn = entry(kind, "2302.cpic", minor, "");
        drawn.postings[0].item = None;
        words.push(word(&office.ledger.post(vec![drawn]).await.unwrap()[0]));
    }
    assert_eq!(words, ["posted", "below_minimum", "posted", "below_minimum"]);
    assert_eq!(left(&office).await, (60, 60));
}

#[tokio::test]
async fn a_deposit_that_makes_no_sense_is_refused_by_name() {
    let office = Office::new().await;
    let mut client = office.client().await;
    let nobody = Deposit { insurer: PartyNo::parse("nobody").unwrap(), ..paid_in("BANK-1", 1) };
    for (deposited, expected) in [
        (paid_in("BANK-1", 0), "out_of_range: amount_minor is 0"),
        (paid_in("", 1), "text_length: bank_reference"),
        (nobody, "unknown: there is no insurer 'nobody'"),
    ] {
        let refusal = told(deposit(&office.ledger, &mut client, &deposited, MAKER).await.unwrap());
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    let elsewhere = Deposit { bank: PartyNo::parse("nowhere").unwrap(), ..paid_in("BANK-1", 1) };
    let refusal = told(deposit(&office.ledger, &mut client, &elsewhere, MAKER).await.unwrap());
    assert!(refusal.starts_with("account_unknown: "), "{refusal}");
    assert_eq!(office.count("entry").await, 0);
}
