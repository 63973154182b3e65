//! Rows as the encoder writes them, whole, cut at every byte, and odd.

use bytes::BytesMut;
use futures_util::stream;
use jiff::civil::date;

use super::*;
use crate::journal::codec::{EntryRow, POSTGRES_DAYS, postgres_days};

fn row(reference: &str) -> Vec<u8> {
    let mut out = BytesMut::new();
    let entry = EntryRow {
        sequence: 7,
        entry_id: Uuid::from_u128(42),
        kind: 1,
        effective_date: date(1999, 12, 31),
        booked_at: "2026-11-26T21:00:00.000001Z".parse().unwrap(),
        value_date: None,
        relates_to: None,
        hold_group: Some(Uuid::from_u128(43)),
        expires_at: None,
        at_most_minor: Some(-5),
        adjusting: true,
        template_no: None,
        reference,
        description: "一",
        metadata: None,
        actor: "",
    };
    entry.encode(&mut out);
    out.to_vec()
}

async fn batches(messages: &[&[u8]]) -> Result<Vec<Vec<u8>>, String> {
    // Like a COPY, this stream must not be asked again once it has ended.
    let mut left = messages.iter().map(|message| Ok(Bytes::copy_from_slice(message))).collect::<Vec<_>>().into_iter();
    let messages = stream::unfold((), move |()| std::future::ready(left.next().map(|message| (message, ()))));
    let mut batches = Batches::new(messages);
    let mut all = Vec::new();
    while let Some(batch) = batches.next().await.map_err(|error| error.to_string())? {
        all.push(batch.bytes().to_vec());
    }
    Ok(all)
}

#[test]
fn what_was_encoded_is_read() {
    let bytes = [row("a"), row("bc")].concat();
    let batch = Batch::new(bytes.clone());
    let tuples: Vec<Tuple<'_>> = batch.tuples().map(Result::unwrap).collect();
    assert_eq!(tuples.iter().map(|tuple| tuple.bytes()).collect::<Vec<_>>().concat(), bytes);
    assert_eq!(tuples[1].len(), 16);
    let mut fields = tuples[1].fields();
    assert_eq!(fields.get::<i64>(), Ok(7));
    assert_eq!(fields.get::<Uuid>(), Ok(Uuid::from_u128(42)));
    assert_eq!(fields.get::<i16>(), Ok(1));
    assert_eq!(fields.clone().get::<i32>(), Ok(-1));
    assert_eq!(fields.get::<Date>(), Ok(date(1999, 12, 31)));
    assert_eq!(fields.get::<Timestamp>().unwrap().to_string(), "2026-11-26T21:00:00.000001Z");
    assert_eq!(fields.get::<Option<Date>>(), Ok(None));
    fields.skip(1).unwrap();
    assert_eq!(fields.get::<Option<Uuid>>(), Ok(Some(Uuid::from_u128(43))));
    assert_eq!(fields.get::<Option<Timestamp>>(), Ok(None));
    assert_eq!(fields.get::<Option<i64>>(), Ok(Some(-5)));
    assert_eq!(fields.get::<bool>(), Ok(true));
    assert_eq!(fields.get::<Option<i32>>(), Ok(None));
    assert_eq!(fields.get::<&str>(), Ok("bc"));
    assert_eq!(fields.get::<&str>(), Ok("一"));
    assert_eq!(fields.clone().end(), Err(TupleError::Surplus));
    assert_eq!(fields.get::<Option<&str>>(), Ok(None));
    assert_eq!(fields.get::<&[u8]>(), Ok([].as_slice()));
    assert_eq!(fields.clone().get::<Option<&str>>(), Err(TupleError::CutOff));
    assert_eq!(fields.end(), Ok(()));
}

#[test]
fn a_row_that_is_cut_anywhere_is_cut_off() {
    let whole = row("reference");
    for at in 0..whole.len() {
        assert_eq!(Tuple::split(&whole[..at]).map(|_| ()), Err(TupleError::CutOff), "at {at}");
    }
    assert_eq!(Tuple::split(&COPY_TRAILER).map(|_| ()), Err(TupleError::CutOff));
}

#[test]
fn odd_fields_are_named() {
    let odd = |fields: &[(i32, &[u8])]| {
        let count = i16::try_from(fields.len()).unwrap().to_be_bytes().to_vec();
        let each = fields.iter().map(|(length, bytes)| [&length.to_be_bytes(), *bytes].concat());
        [count].into_iter().chain(each).collect::<Vec<_>>().concat()
    };
    let second = |bytes: &[u8]| Tuple(bytes).fields().get::<&[u8]>().map(drop);
    assert_eq!(Tuple::split(&odd(&[(-2, &[])])).map(|_| ()), Err(TupleError::Length { field: 1, actual: -2 }));
    assert_eq!(second(&odd(&[(-1, &[])])), Err(TupleError::Length { field: 1, actual: -1 }));
    let first = odd(&[(2, &[0xc3, 0x28])]);
    assert_eq!(Tuple(&first).fields().get::<&str>(), Err(TupleError::Value { field: 1 }));
    assert_eq!(Tuple(&first).fields().get::<i64>(), Err(TupleError::Length { field: 1, actual: 2 }));
    assert_eq!(Tuple(&first).fields().get::<Option<i64>>(), Err(TupleError::Length { field: 1, actual: 2 }));
    assert_eq!(Tuple(&odd(&[(1, &[2])])).fields().get::<bool>(), Err(TupleError::Value { field: 1 }));
    let infinite = odd(&[(4, &i32::MAX.to_be_bytes()), (8, &i64::MIN.to_be_bytes())]);
    let mut fields = Tuple(&infinite).fields();
    assert_eq!(fields.get::<Date>(), Err(TupleError::Value { field: 1 }));
    assert_eq!(fields.get::<Timestamp>(), Err(TupleError::Value { field: 2 }));
}

#[tokio::test]
async fn a_copy_is_read_whole_or_named() {
    let (first, second) = (row("a"), row("b"));
    let begun = [COPY_HEADER, &first].concat();
    assert_eq!(batches(&[&begun, &second, &COPY_TRAILER]).await, Ok(vec![[first.clone(), second.clone()].concat()]));
    assert_eq!(batches(&[COPY_HEADER, &COPY_TRAILER]).await, Ok(vec![]));
    let empty = [COPY_HEADER, &COPY_TRAILER].concat();
    assert_eq!(batches(&[&empty]).await, Ok(vec![]));
    let of = |error: TupleError| Err(Error::from(error).to_string());
    assert_eq!(batches(&[]).await, of(TupleError::CutOff));
    assert_eq!(batches(&[&begun, &second]).await, of(TupleError::CutOff));
    assert_eq!(batches(&[&first]).await, of(TupleError::Header));
    assert_eq!(batches(&[&begun, &COPY_TRAILER, &second]).await, of(TupleError::Surplus));
    let long = row(&"x".repeat(BATCH_BYTES));
    assert_eq!(batches(&[&begun, &long, &second, &COPY_TRAILER]).await, Ok(vec![[first, long].concat(), second]));
}

#[test]
fn days_are_those_that_a_date_holds() {
    for day in [date(-9999, 1, 1), date(1999, 12, 31), date(2000, 2, 29), date(9999, 12, 31)] {
        assert!(POSTGRES_DAYS.contains(&postgres_days(day)), "{day}");
        assert_eq!(from_postgres_days(postgres_days(day)), Some(day));
    }
    assert_eq!((*POSTGRES_DAYS.start(), *POSTGRES_DAYS.end()), (postgres_days(Date::MIN), postgres_days(Date::MAX)));
}
