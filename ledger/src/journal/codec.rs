//! The journal's rows in PostgreSQL's binary COPY format, and the hashes over those same bytes.
//!
//! One encoding serves three ends: what the writer sends, what the hash chain covers, and what an auditor can build
//! again in SQL from `int8send`, `uuid_send`, `textsend` and their like. A row is the number of its fields (int16),
//! then for each field its length (int32, -1 for NULL) and its value in the type's own binary format.

use std::ops::RangeInclusive;

use bytes::{BufMut, BytesMut};
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::account::{AccountNote, AccountSetting, Limits, NewAccount};
use crate::entry::{EntryKind, YEAR_END_REFERENCE};

/// What opens a binary COPY stream: signature, flags, header extension length.
pub const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What ends a binary COPY stream.
pub const COPY_TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// Microseconds from the Unix epoch to PostgreSQL's, 2000-01-01T00:00:00Z.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;
const POSTGRES_EPOCH_DATE: Date = date(2000, 1, 1);

const SECONDS_A_DAY: i64 = 86_400;

/// A row of table `entry`, its columns in table order.
#[derive(Clone, Copy, Debug)]
pub struct EntryRow<'a> {
    /// Dense number, from 1.
    pub sequence: i64,
    /// The caller's id.
    pub entry_id: Uuid,
    /// [`crate::entry::EntryKind::number`].
    pub kind: i16,
    /// When it counts.
    pub effective_date: Date,
    /// When the ledger knew it, in whole microseconds.
    pub booked_at: Timestamp,
    /// The day asked for, if that was closed.
    pub value_date: Option<Date>,
    /// The entry from which it takes.
    pub relates_to: Option<Uuid>,
    /// The group of holds that it joins or ends.
    pub hold_group: Option<Uuid>,
    /// When a hold ends by itself, in whole microseconds.
    pub expires_at: Option<Timestamp>,
    /// How much was asked for, if as much as possible was to be moved.
    pub at_most_minor: Option<i64>,
    /// Whether it adjusts a period that is closed to others.
    pub adjusting: bool,
    /// The version of the template that made its postings.
    pub template_no: Option<i32>,
    /// The business document.
    pub reference: &'a str,
    /// A sentence.
    pub description: &'a str,
    /// JSON text.
    pub metadata: Option<&'a str>,
    /// Who asked for it.
    pub actor: &'a str,
}

/// A row of table `posting`, its columns in table order.
#[derive(Clone, Copy, Debug)]
pub struct PostingRow<'a> {
    /// The entry's sequence.
    pub sequence: i64,
    /// Signed amount, debit positive.
    pub amount_minor: i64,
    /// The account's debits in the layer after this leg.
    pub debits_after: i64,
    /// The account's credits in the layer after this leg.
    pub credits_after: i64,
    /// The account.
    pub account_no: i32,
    /// The entry's effective date.
    pub effective_date: Date,
    /// Position in the entry, from 0.
    pub leg: i16,
    /// [`crate::entry::Layer::number`].
    pub layer: i16,
    /// ISO 4217 code.
    pub currency: &'a str,
    /// The open item.
    pub item: Option<&'a str>,
    /// When the item is due.
    pub due_date: Option<Date>,
}

/// A row of table `entry_link`, its columns in table order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkRow {
    /// The entry's sequence.
    pub sequence: i64,
    /// Its id.
    pub entry_id: Uuid,
    /// [`crate::entry::EntryKind::number`].
    pub kind: i16,
    /// The entry from which it takes.
    pub relates_to: Option<Uuid>,
    /// The group of holds that it joins or ends.
    pub hold_group: Option<Uuid>,
    /// When a hold ends by itself, in PostgreSQL's microseconds ([`postgres_micros`]).
    pub expires_at: Option<i64>,
    /// Whether it moves the result of a year to retained earnings.
    pub closes_year: bool,
}

impl EntryRow<'_> {
    /// What `entry_link` has of it; nothing of most entries.
    pub fn link(&self) -> Option<LinkRow> {
        let EntryRow { sequence, entry_id, kind, relates_to, hold_group, .. } = *self;
        let expires_at = self.expires_at.map(postgres_micros);
        let closes_year = closes_year(self.adjusting, self.reference);
        LinkRow { sequence, entry_id, kind, relates_to, hold_group, expires_at, closes_year }.if_any()
    }

    /// Appends the row.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_i16(16);
        put_i64(out, self.sequence);
        put_bytes(out, self.entry_id.as_bytes());
        put_i16(out, self.kind);
        put_date(out, self.effective_date);
        put_i64(out, postgres_micros(self.booked_at));
        match self.value_date {
            Some(date) => put_date(out, date),
            None => put_null(out),
        }
        put_optional(out, self.relates_to.as_ref().map(|id| id.as_bytes().as_slice()));
        put_optional(out, self.hold_group.as_ref().map(|id| id.as_bytes().as_slice()));
        match self.expires_at {
            Some(instant) => put_i64(out, postgres_micros(instant)),
            None => put_null(out),
        }
        match self.at_most_minor {
            Some(minor) => put_i64(out, minor),
            None => put_null(out),
        }
        put_bytes(out, &[u8::from(self.adjusting)]);
        match self.template_no {
            Some(no) => put_i32(out, no),
            None => put_null(out),
        }
        put_bytes(out, self.reference.as_bytes());
        put_bytes(out, self.description.as_bytes());
        put_optional(out, self.metadata.map(str::as_bytes));
        put_bytes(out, self.actor.as_bytes());
    }
}

/// Whether an entry moves the result of a year to retained earnings.
pub fn closes_year(adjusting: bool, reference: &str) -> bool {
    adjusting && reference.starts_with(YEAR_END_REFERENCE)
}

impl LinkRow {
    /// The row, if the entry is one that is looked for.
    pub fn if_any(self) -> Option<LinkRow> {
        let is_plain = self.kind == EntryKind::Post.number()
            && self.relates_to.is_none()
            && self.hold_group.is_none()
            && self.expires_at.is_none()
            && !self.closes_year;
        (!is_plain).then_some(self)
    }

    /// Appends the row.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_i16(7);
        put_i64(out, self.sequence);
        put_bytes(out, self.entry_id.as_bytes());
        put_i16(out, self.kind);
        put_optional(out, self.relates_to.as_ref().map(|id| id.as_bytes().as_slice()));
        put_optional(out, self.hold_group.as_ref().map(|id| id.as_bytes().as_slice()));
        match self.expires_at {
            Some(micros) => put_i64(out, micros),
            None => put_null(out),
        }
        put_bytes(out, &[u8::from(self.closes_year)]);
    }
}

impl PostingRow<'_> {
    /// Appends the row.
    pub fn encode(&self, out: &mut BytesMut) {
        out.put_i16(11);
        put_i64(out, self.sequence);
        put_i64(out, self.amount_minor);
        put_i64(out, self.debits_after);
        put_i64(out, self.credits_after);
        put_i32(out, self.account_no);
        put_date(out, self.effective_date);
        put_i16(out, self.leg);
        put_i16(out, self.layer);
        put_bytes(out, self.currency.as_bytes());
        put_optional(out, self.item.map(str::as_bytes));
        match self.due_date {
            Some(date) => put_date(out, date),
            None => put_null(out),
        }
    }
}

/// A row of table `account`, its columns in table order but for the hash.
#[derive(Clone, Copy, Debug)]
pub struct AccountRow<'a> {
    /// Dense number, from 1.
    pub account_no: i32,
    /// What was asked for.
    pub account: &'a NewAccount,
    /// When it was opened, in whole microseconds.
    pub opened_at: Timestamp,
    /// Who asked for it.
    pub opened_by: &'a str,
}

/// A row of table `account_setting`, its columns in table order but for the hash.
#[derive(Clone, Copy, Debug)]
pub struct SettingRow<'a> {
    /// Dense number over all accounts.
    pub setting_no: i64,
    /// The account.
    pub account_no: i32,
    /// It is in force for the entries after this one.
    pub after_sequence: i64,
    /// What is in force.
    pub setting: AccountSetting,
    /// What is in force, of what no posting asks for.
    pub note: &'a AccountNote,
    /// When it was recorded, in whole microseconds.
    pub recorded_at: Timestamp,
    /// Who asked for it.
    pub actor: &'a str,
    /// Why.
    pub reason: &'a str,
}

impl AccountRow<'_> {
    /// The row's hash, chained to the one before.
    pub fn hash(&self, previous: &[u8; 32]) -> [u8; 32] {
        let NewAccount { code, name, account_type, currency, normal_side, open_item, .. } = self.account;
        let mut out = BytesMut::new();
        out.put_i16(9);
        put_i32(&mut out, self.account_no);
        put_bytes(&mut out, code.as_str().as_bytes());
        put_bytes(&mut out, name.as_bytes());
        put_bytes(&mut out, account_type.word().as_bytes());
        put_bytes(&mut out, currency.code().as_bytes());
        put_bytes(&mut out, normal_side.letter().as_bytes());
        put_bytes(&mut out, &[u8::from(*open_item)]);
        put_i64(&mut out, postgres_micros(self.opened_at));
        put_bytes(&mut out, self.opened_by.as_bytes());
        chained(previous, &out)
    }
}

impl SettingRow<'_> {
    /// The row's hash, chained to the one before.
    pub fn hash(&self, previous: &[u8; 32]) -> [u8; 32] {
        let Limits { min_minor, max_minor } = self.setting.limits;
        let mut out = BytesMut::new();
        out.put_i16(12);
        put_i64(&mut out, self.setting_no);
        put_i32(&mut out, self.account_no);
        put_i64(&mut out, self.after_sequence);
        put_optional(&mut out, min_minor.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
        put_optional(&mut out, max_minor.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
        put_bytes(&mut out, &[u8::from(self.setting.closed)]);
        put_bytes(&mut out, self.setting.frozen.word().as_bytes());
        put_optional(&mut out, self.note.parent.as_deref().map(str::as_bytes));
        put_optional(&mut out, self.note.metadata.as_deref().map(str::as_bytes));
        put_i64(&mut out, postgres_micros(self.recorded_at));
        put_bytes(&mut out, self.actor.as_bytes());
        put_bytes(&mut out, self.reason.as_bytes());
        chained(previous, &out)
    }
}

/// A row of table `register`, its columns in table order but for the hash.
#[derive(Clone, Copy, Debug)]
pub struct RegisterRow<'a> {
    /// Dense number over all kinds.
    pub register_no: i64,
    /// What kind of thing is on record.
    pub kind: &'a str,
    /// Which one of its kind.
    pub name: &'a str,
    /// JSON text.
    pub content: &'a str,
    /// It is in force for the entries after this one.
    pub after_sequence: i64,
    /// Who proposed it, if two people had to agree.
    pub proposed_by: Option<&'a str>,
    /// When it was recorded, in whole microseconds.
    pub recorded_at: Timestamp,
    /// Who recorded it.
    pub actor: &'a str,
    /// Why.
    pub reason: &'a str,
}

impl RegisterRow<'_> {
    /// The row's hash, chained to the one before.
    pub fn hash(&self, previous: &[u8; 32]) -> [u8; 32] {
        let mut out = BytesMut::new();
        out.put_i16(9);
        put_i64(&mut out, self.register_no);
        put_bytes(&mut out, self.kind.as_bytes());
        put_bytes(&mut out, self.name.as_bytes());
        put_bytes(&mut out, self.content.as_bytes());
        put_i64(&mut out, self.after_sequence);
        put_optional(&mut out, self.proposed_by.map(str::as_bytes));
        put_i64(&mut out, postgres_micros(self.recorded_at));
        put_bytes(&mut out, self.actor.as_bytes());
        put_bytes(&mut out, self.reason.as_bytes());
        chained(previous, &out)
    }
}

/// The hash of an encoded row, chained to the row before.
pub fn chained(previous: &[u8; 32], row: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(previous).chain_update(row).finalize().into()
}

/// A SHA-256.
pub type Hash = [u8; 32];

/// What a commit hash covers besides the rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitHeader {
    /// Hash of the commit before; 32 zero bytes for the first.
    pub previous_hash: [u8; 32],
    /// Dense number, from 1.
    pub commit_no: i64,
    /// Its first entry.
    pub first_sequence: i64,
    /// Its last entry.
    pub last_sequence: i64,
    /// When it was booked.
    pub booked_at: Timestamp,
}

impl CommitHeader {
    /// How many entries it has; nothing sensible of a header that is not.
    pub fn entries(&self) -> i64 {
        self.last_sequence.saturating_sub(self.first_sequence).saturating_add(1)
    }

    /// The hash of the commit over this header and the root of its entries' tree.
    pub fn hash(&self, entries_root: &[u8; 32]) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.previous_hash);
        hasher.update(self.commit_no.to_be_bytes());
        hasher.update(self.first_sequence.to_be_bytes());
        hasher.update(self.last_sequence.to_be_bytes());
        hasher.update(postgres_micros(self.booked_at).to_be_bytes());
        hasher.update(entries_root);
        hasher.finalize().into()
    }
}

/// Hash of a leaf of a commit's tree (RFC 6962, section 2.1): an entry's encoded row and those of its postings by leg.
pub fn leaf_hash(entry: &[u8], postings: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(entry).chain_update(postings).finalize().into()
}

/// The root of a Merkle tree (RFC 6962, section 2.1) in the making: leaves in order, one hash a leaf, and one node kept
/// for each power of two.
#[derive(Clone, Default, Debug)]
pub struct MerkleRoot {
    /// Roots of complete subtrees, largest first, with how many leaves they have.
    complete: Vec<(u64, [u8; 32])>,
}

impl MerkleRoot {
    /// Adds a leaf.
    pub fn push(&mut self, leaf: [u8; 32]) {
        let (mut leaves, mut hash) = (1, leaf);
        while let Some((_, left)) = self.complete.pop_if(|(size, _)| *size == leaves) {
            hash = node_hash(&left, &hash);
            leaves *= 2;
        }
        self.complete.push((leaves, hash));
    }

    /// The root; of no leaves the hash of nothing.
    pub fn finish(mut self) -> [u8; 32] {
        let Some((_, mut hash)) = self.complete.pop() else { return Sha256::digest([]).into() };
        while let Some((_, left)) = self.complete.pop() {
            hash = node_hash(&left, &hash);
        }
        hash
    }
}

/// Hash of an inner node of a tree (RFC 6962, section 2.1).
pub fn node_hash(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// `timestamptz` as PostgreSQL sends it: microseconds since 2000-01-01T00:00:00Z.
pub fn postgres_micros(instant: Timestamp) -> i64 {
    instant.as_microsecond() - POSTGRES_EPOCH_MICROS
}

/// The inverse of [`postgres_micros`]; `None` beyond what a [`Timestamp`] holds.
pub fn from_postgres_micros(micros: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(micros.checked_add(POSTGRES_EPOCH_MICROS)?).ok()
}

/// The days that a [`Date`] holds, -9999-01-01 to 9999-12-31, as PostgreSQL counts them.
pub const POSTGRES_DAYS: RangeInclusive<i32> = -4_382_544..=2_921_939;

/// The inverse of [`from_postgres_days`].
pub fn postgres_days(value: Date) -> i32 {
    let days = value.duration_since(POSTGRES_EPOCH_DATE).as_secs() / SECONDS_A_DAY;
    i32::try_from(days).expect("years -9999 to 9999 are fewer than 2^31 days")
}

/// `date` as PostgreSQL sends it: days since 2000-01-01. `None` beyond what a [`Date`] holds.
pub fn from_postgres_days(days: i32) -> Option<Date> {
    POSTGRES_EPOCH_DATE.checked_add(Span::new().try_days(days).ok()?).ok()
}

fn put_i64(out: &mut BytesMut, value: i64) {
    out.put_i32(8);
    out.put_i64(value);
}

fn put_null(out: &mut BytesMut) {
    out.put_i32(-1);
}

fn put_i32(out: &mut BytesMut, value: i32) {
    out.put_i32(4);
    out.put_i32(value);
}

fn put_i16(out: &mut BytesMut, value: i16) {
    out.put_i32(2);
    out.put_i16(value);
}

fn put_date(out: &mut BytesMut, value: Date) {
    out.put_i32(4);
    out.put_i32(postgres_days(value));
}

fn put_bytes(out: &mut BytesMut, value: &[u8]) {
    out.put_i32(i32::try_from(value.len()).expect("texts are bounded by the rules of content"));
    out.put_slice(value);
}

fn put_optional(out: &mut BytesMut, value: Option<&[u8]>) {
    match value {
        Some(value) => put_bytes(out, value),
        None => put_null(out),
    }
}
