//! What is missing of what is needed, on a day. Pure.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::kind::MaterialKind;
use super::rules::Needed;
use super::sentence::{Wording, wording};

/// How many days before its end something is said to expire soon.
const EXPIRING_DAYS: i64 = 14;

/// What a reviewer said of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Nothing yet.
    Unseen,
    /// It will do.
    Accepted,
    /// It will not do, and why.
    Rejected(String),
}

/// A file that was handed in: the last version of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandedIn {
    /// What it is.
    pub kind: MaterialKind,
    /// The day that it was issued on.
    pub issued_on: Date,
    /// Its own last day, where it has one.
    pub expires_on: Option<Date>,
    /// When it was handed in.
    pub recorded_at: Timestamp,
    /// What a reviewer said of it.
    pub verdict: Verdict,
}

/// Something that is lacking, with a sentence on what to send and how.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Lack {
    /// Of which kind.
    pub kind: MaterialKind,
    /// In English.
    pub english: String,
    /// In Chinese.
    pub chinese: String,
}

/// What is lacking. A kind stands in one of the first three lists at most, in the order of kinds.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Completeness {
    /// Not handed in, or too few files.
    pub missing: Vec<Lack>,
    /// Handed in, and over.
    pub expired: Vec<Lack>,
    /// Handed in, and a reviewer says that it will not do.
    pub rejected: Vec<Lack>,
    /// Will do today, and is over within 14 days.
    pub expiring: Vec<Lack>,
    /// Will do unless a reviewer says otherwise, which none has seen yet.
    pub unseen: Vec<MaterialKind>,
}

impl Completeness {
    /// Whether nothing is lacking today. Whether a reviewer must have seen everything is for the caller to say.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.expired.is_empty() && self.rejected.is_empty()
    }
}

/// What is lacking of what is needed on a day. Only the last version of each part is told here.
pub fn completeness(needed: &[Needed], handed_in: &[HandedIn], on: Date) -> Completeness {
    let mut found = Completeness::default();
    for needed in needed {
        let of_kind = handed_in.iter().filter(|file| file.kind == needed.kind);
        let files: Vec<&HandedIn> =
            of_kind.filter(|file| needed.since.is_none_or(|since| file.recorded_at >= since)).collect();
        judge(needed, &files, on, &mut found);
    }
    found
}

fn judge(needed: &Needed, files: &[&HandedIn], on: Date, found: &mut Completeness) {
    let is_rejected = |file: &HandedIn| matches!(file.verdict, Verdict::Rejected(_));
    let is_over = |file: &HandedIn, day: Date| last_day(needed, file).is_some_and(|last| last < day);
    let standing: Vec<&HandedIn> =
        files.iter().copied().filter(|file| !is_rejected(file) && !is_over(file, on)).collect();
    let wanted = usize::try_from(needed.files).unwrap_or(0);
    let lack = |what: Wording<'_>| {
        let (english, chinese) = wording(needed, what);
        Lack { kind: needed.kind, english, chinese }
    };
    if standing.len() >= wanted {
        let soon = on.saturating_add(EXPIRING_DAYS.days());
        let ends = standing.iter().filter(|file| is_over(file, soon)).filter_map(|file| last_day(needed, file));
        let staying = standing.iter().filter(|file| !is_over(file, soon)).count();
        if let Some(last) = ends.min().filter(|_| staying < wanted) {
            found.expiring.push(lack(Wording::Expiring(last)));
        }
        if standing.iter().any(|file| file.verdict == Verdict::Unseen) {
            found.unseen.push(needed.kind);
        }
        return;
    }
    let reason = files.iter().find_map(|file| match &file.verdict {
        Verdict::Rejected(reason) => Some(reason.as_str()),
        Verdict::Unseen | Verdict::Accepted => None,
    });
    let over = files.iter().filter_map(|file| last_day(needed, file)).filter(|last| *last < on).max();
    match (reason, over) {
        (Some(reason), _) => found.rejected.push(lack(Wording::Rejected(reason))),
        (None, Some(last)) => found.expired.push(lack(Wording::Expired(last))),
        (None, None) => found.missing.push(lack(Wording::Missing(standing.len()))),
    }
}

/// The last day on which a file will do: its own, or that of the rule, whichever is earlier.
fn last_day(needed: &Needed, file: &HandedIn) -> Option<Date> {
    let by_rule = needed.valid_days.map(|days| file.issued_on.saturating_add(days.days()));
    by_rule.into_iter().chain(file.expires_on).min()
}

#[cfg(test)]
mod tests;
