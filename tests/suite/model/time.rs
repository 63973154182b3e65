//! Time moved by hand, so that holds end when the test says so.
//!
//! An entry is booked later than every entry before it, whatever the clock says. So whoever moves the time of the last
//! booking into the future moves the time of the books: holds whose time is then over must be ended by the next turn.
//! Each move is followed by an entry on accounts of its own, which nothing can refuse. A book begins with such a move,
//! so that the model knows the day of booking.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::db::Database;
use dianfu_ledger::entry::{EntryKind, NewEntry};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::books::{Books, ModelEntry};
use super::draft::bare;

/// The year 3000: before it nothing ends by itself.
pub const BEGINNING: Timestamp = Timestamp::constant(32_503_680_000, 0);

/// Draws how far time is moved, or how long a hold is good for: some hours, so that the two meet.
pub fn hours() -> impl Strategy<Value = SignedDuration> {
    (1..6_i64).prop_map(SignedDuration::from_hours)
}

/// The moment on the clock of the books that a drawn entry means: it has been drawn without knowing how late it is.
pub fn of_draft(drawn: Timestamp, now: Timestamp) -> Timestamp {
    let later = drawn.duration_since(Timestamp::UNIX_EPOCH);
    if later.is_positive() && later < SignedDuration::from_hours(24) { now + later } else { drawn }
}

/// Moves the time of the last booking.
pub async fn move_on(database: &Database, to: Timestamp) {
    let owner = database.connect_owner().await.unwrap();
    let sql = "UPDATE book_main.head SET booked_at = GREATEST(booked_at, $1)";
    owner.execute(sql, &[&to]).await.unwrap();
}

impl Books {
    /// The day of booking.
    pub fn today(&self) -> Date {
        self.now.to_zoned(TimeZone::UTC).date()
    }

    /// Moves time on, and ends the holds whose time is over: the earlier first, and of two at once the one whose id is
    /// first.
    pub fn move_on(&mut self, by: SignedDuration) {
        self.now += by;
        let mut due: Vec<(Timestamp, Uuid)> = Vec::new();
        for entry in &self.entries {
            let expires_at = entry.given.expires_at.filter(|at| *at <= self.now);
            due.extend(expires_at.map(|at| (at, entry.given.id)));
        }
        due.sort_unstable();
        for (_, hold) in due {
            self.expire(hold);
        }
    }

    /// How many entries before this one time has ended.
    pub fn ended_by_time(&self, sequence: i64) -> usize {
        let before = &self.entries[..usize::try_from(sequence).unwrap() - 1];
        before.iter().rev().take_while(|entry| entry.given.kind == EntryKind::Expiry).count()
    }

    /// Ends a hold, if it still holds anything.
    pub fn expire(&mut self, hold: Uuid) -> bool {
        let given = NewEntry {
            relates_to: Some(hold),
            effective_date: None,
            reference: String::new(),
            description: "The hold's time is over".to_owned(),
            actor: "ledger".to_owned(),
            ..bare(expiry_of(hold), EntryKind::Expiry)
        };
        let Ok(legs) = self.legs_that_take(&given) else { return false };
        self.write(ModelEntry { given, date: self.today(), value_date: None, legs });
        true
    }
}

/// What stands for the id that the ledger draws.
pub fn expiry_of(hold: Uuid) -> Uuid {
    Uuid::from_u128(!hold.as_u128())
}

/// The code of an account that is only posted on when time is moved.
pub fn codes() -> [AccountCode; 2] {
    ["0001", "0002"].map(|code| AccountCode::parse(code).unwrap())
}
