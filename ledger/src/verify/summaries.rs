//! Summaries: what was summed up of sealed segments is what their postings come to.
//!
//! The walk has every account's running totals at hand, so a segment is checked when it is behind the walk:
//! - there is a summary of it, behind that of the segment before, with the dates and layers of its postings;
//! - the days of busy accounts ([`days`]): read before its postings, which are taken off them;
//! - if all totals were taken at its end: those of every account that was posted to, and no others;
//! - items ([`items`]), behind the last segment that is summed up.
//!
//! What is found here is told when nothing else is wrong: a summary follows from the journal, and not the other way.
//!
//! Costs next to nothing beside the walk. Memory: the days of one segment, and items as [`items`] says.

mod days;
mod items;
mod stored;

use std::collections::VecDeque;

use tokio_postgres::IsolationLevel;

use crate::balance::Totals;
use crate::book::BookName;
use crate::db::Database;
use crate::entry::{Effect, Layer};
use crate::error::Error;

use self::days::Days;
use self::items::Items;
use self::stored::{Summary, Total};
use super::accounts::Accounts;
use super::feed::Rows;
use super::row::{Posting, Segment, day};
use super::{Finding, Halt, Place, Rule, sql};

/// The first item that has come to something else than its total says, in the server's words.
pub async fn find_item(database: &Database, book: &BookName) -> Result<Option<Finding>, Error> {
    let mut client = database.connect_service(&book.schema()).await?;
    let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let tx = snapshot.start().await?;
    // Compiling statements that run once does not pay.
    tx.batch_execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off").await?;
    let found = tx.query_opt(sql::WRONG_ITEM, &[]).await?;
    Ok(found.map(|row| differs(row.get("segment_no"), row.get("what"), row.get("expected"), row.get("actual"))))
}

/// What is on record of segments, and what the segment in hand has come to.
pub struct Summaries {
    /// What is summed up and still to come.
    to_come: VecDeque<(Summary, i64)>,
    in_hand: Option<InHand>,
    /// The last sequence of the segment in hand.
    ends_at: i64,
    /// Days and totals of accounts, segment by segment, the days first.
    totals: Rows,
    items: Items,
    of_items: Rows,
    finding: Option<Finding>,
}

struct InHand {
    summary: Summary,
    first_date: i32,
    last_date: i32,
    has_pending: bool,
    days: Days,
}

impl Summaries {
    /// Reads what is summed up: sealed segments from the first on, without gaps.
    pub fn read(rows: &mut Rows, totals: Rows, of_items: Rows, segments: &[Segment]) -> Result<Summaries, Halt> {
        let (mut to_come, mut finding) = (VecDeque::new(), None);
        while let Some(row) = rows.next()? {
            let summary = Summary::read(row)?;
            let next = segments.get(to_come.len()).filter(|next| next.is_sealed && next.number == summary.segment_no);
            if let Some(segment) = next {
                to_come.push_back((summary, segment.last_sequence));
            } else {
                let actual = shown_dates(summary.first_date, summary.last_date, summary.has_pending);
                finding.get_or_insert_with(|| differs(summary.segment_no, DATES, "no summary", &actual));
            }
        }
        let items = Items::default();
        Ok(Summaries { to_come, in_hand: None, ends_at: 0, totals, items, of_items, finding })
    }

    /// Before an entry is looked at: ends the segments that are behind it.
    pub fn begin(&mut self, sequence: i64, accounts: &Accounts) -> Result<(), Halt> {
        while self.ends_at < sequence {
            if let Some(segment) = self.in_hand.take() {
                self.end(&segment, accounts)?;
            }
            self.begin_next()?;
        }
        Ok(())
    }

    /// Counts a posting that was found right.
    #[inline]
    pub fn count(&mut self, effect: Effect, posting: &Posting<'_>) {
        let Some(segment) = &mut self.in_hand else { return };
        segment.first_date = segment.first_date.min(posting.effective_date);
        segment.last_date = segment.last_date.max(posting.effective_date);
        segment.has_pending |= effect.layer() == Layer::Pending;
        segment.days.count(effect, posting);
        self.items.count(posting);
    }

    /// At the end of the journal: what was found, and whether there is more on record than was summed up.
    pub fn check(&mut self) -> Result<(), Halt> {
        if self.finding.is_none()
            && let Some(total) = self.peek()?
        {
            self.find(total.segment_no, &total.what(), NO_TOTAL, &total.shown());
        }
        match self.finding.take() {
            Some(finding) => Err(finding.into()),
            None if self.items.are_those_of(&mut self.of_items)? => Ok(()),
            None => Err(Halt::WrongItem),
        }
    }

    /// Nothing behind a finding is looked at.
    fn begin_next(&mut self) -> Result<(), Halt> {
        let next = self.to_come.pop_front().filter(|_| self.finding.is_none());
        let Some((summary, last_sequence)) = next else {
            self.ends_at = i64::MAX;
            return Ok(());
        };
        let mut days = Days::default();
        while let Some(total) = self.peek()?.filter(|total| total.segment_no == summary.segment_no) {
            let Some(day) = total.day else { break };
            days.expect(&total, day);
            self.totals.take();
        }
        self.ends_at = last_sequence;
        self.in_hand = Some(InHand { summary, first_date: i32::MAX, last_date: i32::MIN, has_pending: false, days });
        Ok(())
    }

    fn end(&mut self, segment: &InHand, accounts: &Accounts) -> Result<(), Halt> {
        let Summary { segment_no, first_date, last_date, has_pending, has_totals } = segment.summary;
        let expected = shown_dates(segment.first_date, segment.last_date, segment.has_pending);
        let actual = shown_dates(first_date, last_date, has_pending);
        if expected != actual {
            self.find(segment_no, DATES, &expected, &actual);
        }
        if has_totals {
            self.check_totals(segment_no, accounts)?;
        }
        if let Some((what, expected, actual)) = segment.days.first_wrong() {
            self.find(segment_no, &what, &expected, &actual);
        }
        Ok(())
    }

    /// The totals that were taken of all accounts are those that the walk has come to.
    fn check_totals(&mut self, segment_no: i32, accounts: &Accounts) -> Result<(), Halt> {
        for (account_no, layer, Totals { debits, credits }) in accounts.totals() {
            let expected = Total { segment_no, account_no, layer: layer.number(), day: None, debits, credits };
            let there = self.peek()?.filter(|there| there.key() <= expected.key());
            match there {
                Some(there) if there == expected => self.totals.take(),
                Some(there) if there.key() == expected.key() => {
                    self.find(segment_no, &expected.what(), &expected.shown(), &there.shown());
                    break;
                }
                Some(surplus) => {
                    self.find(surplus.segment_no, &surplus.what(), NO_TOTAL, &surplus.shown());
                    break;
                }
                None => {
                    self.find(segment_no, &expected.what(), &expected.shown(), NO_TOTAL);
                    break;
                }
            }
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<Total>, Halt> {
        Ok(self.totals.peek()?.map(Total::read).transpose()?)
    }

    fn find(&mut self, segment_no: i32, what: &str, expected: &str, actual: &str) {
        self.finding.get_or_insert_with(|| differs(segment_no, what, expected, actual));
    }
}

const DATES: &str = "dates and layers";
const NO_TOTAL: &str = "no total";

fn shown_dates(first: i32, last: i32, has_pending: bool) -> String {
    format!("{} to {}, pending: {has_pending}", day(first), day(last))
}

fn differs(segment_no: i32, what: &str, expected: &str, actual: &str) -> Finding {
    let of_what = |shown: &str| format!("{what}: {shown}");
    let (expected, actual) = (of_what(expected), of_what(actual));
    Finding { place: Place::Summary { segment_no }, rule: Rule::Summary, expected, actual }
}
