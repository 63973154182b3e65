//! Rows of the summaries, as they are stored.

use crate::journal::tuples::Tuple;
use crate::verify::row::{self, day, number};
use crate::verify::{Finding, Place, sql};

/// A row of table `summary`.
pub struct Summary {
    pub segment_no: i32,
    pub first_date: i32,
    pub last_date: i32,
    pub has_pending: bool,
    pub has_totals: bool,
}

impl Summary {
    pub fn read(row: Tuple<'_>) -> Result<Summary, Finding> {
        row::read(row, &sql::SUMMARY, place(row), |fields| {
            Ok(Summary {
                segment_no: fields.get()?,
                first_date: fields.get()?,
                last_date: fields.get()?,
                has_pending: fields.get()?,
                has_totals: fields.get()?,
            })
        })
    }
}

/// A row of table `day_total`, or of table `account_total`, which has no day.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Total {
    pub segment_no: i32,
    pub account_no: i32,
    pub layer: i16,
    pub day: Option<i32>,
    pub debits: i64,
    pub credits: i64,
}

impl Total {
    pub fn read(row: Tuple<'_>) -> Result<Total, Finding> {
        row::read(row, &sql::DAY_TOTAL, place(row), |fields| {
            Ok(Total {
                segment_no: fields.get()?,
                account_no: fields.get()?,
                layer: fields.get()?,
                day: fields.get()?,
                debits: fields.get()?,
                credits: fields.get()?,
            })
        })
    }

    /// In which order totals of accounts come.
    pub fn key(&self) -> (i32, i32, i16) {
        (self.segment_no, self.account_no, self.layer)
    }

    /// What it is of.
    pub fn what(&self) -> String {
        let Total { account_no, layer, .. } = self;
        let of_day = self.day.map(|days| format!(", {}", day(days))).unwrap_or_default();
        format!("account {account_no}, layer {layer}{of_day}")
    }

    /// What it says.
    pub fn shown(&self) -> String {
        shown(self.debits.into(), self.credits.into())
    }
}

/// Both sides of a total.
pub fn shown(debits: i128, credits: i128) -> String {
    format!("debits {debits}, credits {credits}")
}

/// A row of table `item_total`.
pub struct ItemTotal<'r> {
    pub account_no: i32,
    pub item: &'r str,
    pub layer: i16,
    pub total_minor: i64,
    pub first_date: i32,
    pub last_date: i32,
    pub due_date: Option<i32>,
}

impl<'r> ItemTotal<'r> {
    pub fn read(row: Tuple<'r>) -> Result<ItemTotal<'r>, Finding> {
        row::read(row, &sql::ITEM_TOTAL, Place::Table { table: sql::ITEM_TOTAL.name }, |fields| {
            Ok(ItemTotal {
                account_no: fields.get()?,
                item: fields.get()?,
                layer: fields.get()?,
                total_minor: fields.get()?,
                first_date: fields.get()?,
                last_date: fields.get()?,
                due_date: fields.get()?,
            })
        })
    }
}

fn place(row: Tuple<'_>) -> Place {
    Place::Summary { segment_no: i32::try_from(number(row)).unwrap_or(0) }
}
