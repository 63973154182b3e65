//! What is on record beside entries: the head, the segments, the register with the members of limit groups.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;
use uuid::Uuid;

use crate::journal::tuples::Fields;
use crate::limit_group::{self, LimitGroup};
use crate::period;
use crate::template_register;

use super::accounts::{Accounts, Tip};
use super::closings::Closings;
use super::feed::Rows;
use super::limits::Change;
use super::row::{self, Head, Record, Segment, check_chained, hex};
use super::templates::Templates;
use super::walk::Walk;
use super::{Finding, Halt, Place, Rule, sql};

/// Reads the head.
pub fn head(rows: &mut Rows) -> Result<Head, Halt> {
    let missing = || Finding {
        place: Place::Head,
        rule: Rule::Readable,
        expected: "one row".to_owned(),
        actual: "none".to_owned(),
    };
    Ok(Head::read(rows.next()?.ok_or_else(missing)?)?)
}

/// Checks that segments lie one behind the other, and that those that are sealed are full and come first.
pub fn segments(rows: &mut Rows, head: &Head) -> Result<Vec<Segment>, Halt> {
    let (mut segments, mut last, mut is_sealed) = (Vec::new(), (0, 0), true);
    while let Some(row) = rows.next()? {
        let segment = Segment::read(row)?;
        let place = Place::Segment { segment_no: segment.number };
        Finding::unless_equal(place, Rule::Dense, &(last.0 + 1), &segment.number)?;
        Finding::unless_equal(place, Rule::Dense, &(last.1 + 1), &segment.first_sequence)?;
        if segment.is_sealed && (!is_sealed || segment.last_sequence > head.sequence) {
            let expected = "sealed when it is full, behind the one before".to_owned();
            let actual = format!("sealed up to {}", segment.last_sequence);
            return Err(Finding { place, rule: Rule::SequencesOrdered, expected, actual }.into());
        }
        is_sealed = segment.is_sealed;
        last = (segment.number, segment.last_sequence);
        segments.push(segment);
    }
    Ok(segments)
}

/// What is on record that entries must obey.
#[derive(Default)]
pub struct Records {
    /// Days that are closed.
    pub closings: Closings,
    /// Templates in force.
    pub templates: Templates,
}

/// Checks that the register is numbered without gaps and chained, and that the members of limit groups are the
/// accounts on record; keeps the limit groups and answers the closings
/// and the templates.
pub fn register(rows: &mut Rows, members: &mut Rows, accounts: &mut Accounts) -> Result<(Records, Tip), Halt> {
    let mut records = Records::default();
    let mut listed = Listed::default();
    let mut numbers: HashMap<Box<str>, usize, RandomState> = HashMap::default();
    let mut tip = Tip { no: 0, hash: [0; 32] };
    while let Some(row) = rows.next()? {
        let register_no = row::number(row);
        let place = Place::Register { register_no };
        Finding::unless_equal(place, Rule::Dense, &(tip.no + 1), &register_no)?;
        tip = Tip { no: register_no, hash: check_chained(row, &sql::REGISTER, place, &tip.hash)? };
        let record = Record::read(row, place)?;
        let mut named = Vec::new();
        if record.kind == period::KIND {
            records.closings.push(place, &record)?;
        } else if record.kind == template_register::KIND {
            records.templates.push(register_no, &record);
        } else if record.kind == limit_group::KIND {
            if numbers.is_empty() {
                numbers = accounts.codes().iter().cloned().zip(0..).collect();
            }
            let group = LimitGroup::parse(record.content).ok_or_else(|| Finding {
                place,
                rule: Rule::Readable,
                expected: "a limit group".to_owned(),
                actual: record.content.to_owned(),
            })?;
            named = group.accounts.iter().filter_map(|code| numbers.get(code.as_str()).copied()).collect();
            named.sort_unstable();
            let (side, limits, name) = (group.normal_side, group.limits, record.name.into());
            let change = Change::Group { name, side, limits, members: named.clone() };
            accounts.changes().push(record.after_sequence, change);
        }
        listed.check(register_no, &named, members)?;
    }
    listed.check(i64::MAX, &[], members)?;
    Ok((records, tip))
}

/// The members of limit groups, by record and account.
#[derive(Default)]
struct Listed {
    next: Option<(i64, i32)>,
}

impl Listed {
    /// The members that are listed of a record, and of none before it that has not been asked about.
    fn check(&mut self, register_no: i64, named: &[usize], members: &mut Rows) -> Result<(), Halt> {
        let mut listed = Vec::new();
        while let Some((of, account_no)) = self.peek(members)?.filter(|(of, _)| *of <= register_no) {
            if of < register_no || register_no == i64::MAX {
                return Err(wrong_members(of, &[], &[account_no]));
            }
            listed.push(account_no);
            self.next = None;
        }
        let named: Vec<i32> = named.iter().filter_map(|index| i32::try_from(index + 1).ok()).collect();
        if named == listed { Ok(()) } else { Err(wrong_members(register_no, &named, &listed)) }
    }

    fn peek(&mut self, members: &mut Rows) -> Result<Option<(i64, i32)>, Halt> {
        if self.next.is_none()
            && let Some(row) = members.next()?
        {
            let place = Place::Table { table: sql::MEMBER.name };
            let (account_no, of) = row::read(row, &sql::MEMBER, place, |fields| Ok((fields.get()?, fields.get()?)))?;
            self.next = Some((of, account_no));
        }
        Ok(self.next)
    }
}

fn wrong_members(register_no: i64, named: &[i32], listed: &[i32]) -> Halt {
    let accounts = |numbers: &[i32]| {
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        if numbers.is_empty() { "no account".to_owned() } else { format!("accounts {}", numbers.join(", ")) }
    };
    let (expected, actual) = (accounts(named), accounts(listed));
    Finding { place: Place::Register { register_no }, rule: Rule::GroupMembers, expected, actual }.into()
}

/// The ids of the entries that some reversal names.
pub fn reversed(rows: &mut Rows) -> Result<HashSet<Uuid, RandomState>, Halt> {
    let mut ids = HashSet::default();
    while let Some(row) = rows.next()? {
        let place = Place::Table { table: "entry" };
        ids.insert(row::read(row, &sql::REVERSED, place, Fields::get)?);
    }
    Ok(ids)
}

/// The head must be where the walk has ended, and the chains of accounts, settings and the register with it.
pub fn check_head(head: &Head, walk: &Walk, segment: (i32, i64), chains: [Tip; 3]) -> Result<(), Finding> {
    let is = |expected: i64, actual: i64, what: &str| {
        let named = |number: i64| format!("{what} {number}");
        Finding::unless_equal(Place::Head, Rule::HeadIsLast, &named(expected), &named(actual))
    };
    let [account, setting, record] = chains;
    is(walk.last_sequence(), head.sequence, "sequence")?;
    is(walk.last_commit_no(), head.commit_no, "commit_no")?;
    is(account.no, head.account_no.into(), "account_no")?;
    is(setting.no, head.setting_no, "setting_no")?;
    is(record.no, head.register_no, "register_no")?;
    is(segment.0.into(), head.segment_no.into(), "segment_no")?;
    is(segment.1, head.segment_end, "segment_end")?;
    for (expected, actual) in [
        (walk.last_hash(), head.hash),
        (account.hash, head.account_hash),
        (setting.hash, head.setting_hash),
        (record.hash, head.register_hash),
    ] {
        Finding::unless_equal(Place::Head, Rule::HeadIsLast, &hex(&expected), &hex(&actual))?;
    }
    walk.closings.check_head(head)?;
    if let Some(first) = walk.originals.next_expiry().filter(|first| head.next_expiry.is_none_or(|at| at > *first)) {
        let expected = format!("a look at the holds at {}", row::time(first));
        let actual = head.next_expiry.map_or_else(|| "never".to_owned(), row::time);
        return Err(Finding { place: Place::Head, rule: Rule::HoldsEndInTime, expected, actual });
    }
    let booked_at = walk.booked_at();
    Finding::unless_equal(Place::Head, Rule::HeadIsLast, &row::time(booked_at), &row::time(head.booked_at))
}
