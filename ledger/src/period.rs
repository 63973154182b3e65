//! Periods: days that are closed to all but adjusters (softly), or to everybody (hard), and the end of a year.
//!
//! What is closed is a row of the register, copied to the head, so that every turn obeys it. Closings only move
//! forward; to move one back, one person proposes and another agrees. A hard closing seals the trial balance of its
//! last day: the register keeps its totals and the SHA-256 of all its rows, which anybody can recompute, since what was
//! known at a time never changes ([`TrialBalanceSeal`]). `verify` recomputes every seal and finds entries that a
//! closing should have kept out.
//!
//! Everything here runs in the caller's transaction, which must not be used for anything long: it holds the head.

mod sql;
mod year_end;

pub use year_end::{YearEnd, YearEndFault, close_year};

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio_postgres::GenericClient;

use crate::account::AccountFault;
use crate::clock;
use crate::error::Error;
use crate::journal::sql as journal;
use crate::journal::state::Closed;
use crate::money::{Currency, decimal_text};
use crate::query::{self, Moment, QueryError, TrialBalance};
use crate::register::{self, Record, Signature};
use crate::verify::hex;

/// The kind under which the register keeps closings. They all have one name, so that the last one is in force.
pub const KIND: &str = "closing";
/// The kind under which it keeps proposals to reopen.
pub const PROPOSAL_KIND: &str = "reopening";
const NAME: &str = "books";

/// How tightly days are closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tightness {
    /// Adjusting entries are still taken.
    Soft,
    /// Nothing is.
    Hard,
}

/// What a row of the register says: the state of all days from then on.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// Days up to this one take adjusting entries only.
    pub soft_through: Option<Date>,
    /// Days up to this one take no entry.
    pub hard_through: Option<Date>,
    /// The proposal that was agreed to, by its number in the register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<i64>,
    /// The trial balance of the last day that a hard closing closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_balance: Option<TrialBalanceSeal>,
}

impl Closing {
    /// What turns obey.
    pub(crate) fn closed(&self) -> Closed {
        Closed { soft_through: self.soft_through, hard_through: self.hard_through }
    }

    /// Reads the content of a row.
    pub(crate) fn parse(content: &str) -> Result<Closing, Error> {
        serde_json::from_str(content).map_err(|_| Error::Corrupt("register.content of a closing".to_owned()))
    }
}

/// A trial balance in 32 bytes: the SHA-256 of its rows by account, `ACCOUNT|CURRENCY|DEBITS|CREDITS` and a line feed
/// each, in whole minor units. Asking again for the same `as_of` and `known_at` gives the same rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialBalanceSeal {
    /// The last day that counts.
    pub as_of: Date,
    /// When it was known.
    pub known_at: Timestamp,
    /// How many rows it has.
    pub rows: usize,
    /// Debits of each currency, which are its credits too, as decimals.
    pub totals: Vec<SealedTotal>,
    /// The digest, in hex.
    pub sha256: String,
}

/// All accounts of one currency together.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedTotal {
    /// The currency.
    pub currency: Currency,
    /// Sum of debits, and of credits.
    pub amount: String,
}

impl TrialBalanceSeal {
    /// Of a trial balance of one day without a first day.
    pub(crate) fn of(trial_balance: &TrialBalance, as_of: Date) -> TrialBalanceSeal {
        let mut hasher = Sha256::new();
        for row in &trial_balance.rows {
            let line = format!("{}|{}|{}|{}\n", row.account, row.currency, row.debits_minor, row.credits_minor);
            hasher.update(line);
        }
        let totals = trial_balance.totals().into_iter().map(|total| SealedTotal {
            currency: total.currency,
            amount: decimal_text(total.debits_minor, total.currency),
        });
        TrialBalanceSeal {
            as_of,
            known_at: trial_balance.known_at,
            rows: trial_balance.rows.len(),
            totals: totals.collect(),
            sha256: hex(&hasher.finalize().into()),
        }
    }
}

/// What became of something that was to be done about periods.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PeriodOutcome {
    /// It is on record under this number and in force from the next turn on.
    Recorded(i64),
    /// It cannot be as was asked.
    Refused(PeriodFault),
}

/// Why days cannot be closed or reopened as was asked; in order of precedence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PeriodFault {
    /// A text is missing or cannot be stored.
    #[error(transparent)]
    Text(AccountFault),
    /// There is no such proposal.
    #[error("there is no proposal {proposal}")]
    ProposalUnknown {
        /// The number that was given.
        proposal: i64,
    },
    /// It has been agreed to already, or something else has been closed or reopened since.
    #[error("proposal {proposal} is overtaken: what is closed was changed since, by record {by}")]
    ProposalOvertaken {
        /// The proposal.
        proposal: i64,
        /// The row of the register.
        by: i64,
    },
    /// Who proposes cannot agree.
    #[error("{person} has proposed it; it takes a second person to agree")]
    SamePerson {
        /// Who.
        person: String,
    },
    /// A day that is not over cannot be closed.
    #[error("{given} is not over: it is {today} today")]
    NotOver {
        /// The day that was given.
        given: Date,
        /// The day of the database's clock.
        today: Date,
    },
    /// These days are closed so already.
    #[error("days up to {closed_through} are closed so already")]
    ClosedAlready {
        /// The last day that is.
        closed_through: Date,
    },
    /// These days are not closed so.
    #[error("{from} is not closed so{}", closed_through.map(|day| format!(": the last day that is is {day}"))
        .unwrap_or_default())]
    NotClosed {
        /// The day that was given.
        from: Date,
        /// The last day that is closed so.
        closed_through: Option<Date>,
    },
}

impl PeriodFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            PeriodFault::Text(fault) => fault.code(),
            PeriodFault::ProposalUnknown { .. } => "proposal_unknown",
            PeriodFault::ProposalOvertaken { .. } => "proposal_overtaken",
            PeriodFault::SamePerson { .. } => "same_person",
            PeriodFault::NotOver { .. } => "day_not_over",
            PeriodFault::ClosedAlready { .. } => "closed_already",
            PeriodFault::NotClosed { .. } => "not_closed",
        }
    }

    /// The field that is at fault.
    pub fn field(&self) -> &'static str {
        match self {
            PeriodFault::Text(fault) => fault.field(),
            PeriodFault::ProposalUnknown { .. } | PeriodFault::ProposalOvertaken { .. } => "proposal",
            PeriodFault::SamePerson { .. } => "actor",
            PeriodFault::NotOver { .. } | PeriodFault::ClosedAlready { .. } => "through",
            PeriodFault::NotClosed { .. } => "from",
        }
    }
}

/// A proposal to take days back: from a day on they are open again, or closed softly only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reopening {
    /// The first day that is open again.
    pub from: Date,
    /// What the days are taken out of: out of hard closing only, or, with soft, out of both.
    pub out_of: Tightness,
}

impl Reopening {
    fn parse(content: &str) -> Result<Reopening, Error> {
        let read = serde_json::from_str(content);
        read.map_err(|_| Error::Corrupt("register.content of a proposal to reopen".to_owned()))
    }
}

/// What is closed now.
pub async fn current(client: &impl GenericClient) -> Result<Closing, Error> {
    Ok(last(client).await?.map(|(_, closing)| closing).unwrap_or_default())
}

async fn last(client: &impl GenericClient) -> Result<Option<(i64, Closing)>, Error> {
    let Some(record) = register::history(client, KIND, NAME).await?.pop() else { return Ok(None) };
    Ok(Some((record.register_no, Closing::parse(&record.content)?)))
}

/// Something that was closed, proposed or reopened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
    /// Who did it, when and why.
    pub record: Record,
    /// What is closed from then on; `None` for a proposal.
    pub closing: Option<Closing>,
    /// What was proposed.
    pub reopening: Option<Reopening>,
}

/// All that was ever closed, proposed and reopened, oldest first.
pub async fn history(client: &impl GenericClient) -> Result<Vec<Period>, Error> {
    let mut all = Vec::new();
    for record in register::history(client, KIND, NAME).await? {
        let closing = Some(Closing::parse(&record.content)?);
        all.push(Period { record, closing, reopening: None });
    }
    for record in register::history(client, PROPOSAL_KIND, NAME).await? {
        let reopening = Some(Reopening::parse(&record.content)?);
        all.push(Period { record, closing: None, reopening });
    }
    all.sort_by_key(|period| period.record.register_no);
    Ok(all)
}

/// Closes all days up to one; a hard closing closes softly what is still open, and seals the trial balance.
pub async fn close(
    tx: &Transaction<'_>,
    through: Date,
    how: Tightness,
    signature: Signature<'_>,
) -> Result<PeriodOutcome, Error> {
    if let Err(fault) = signature.check() {
        return Ok(PeriodOutcome::Refused(PeriodFault::Text(fault)));
    }
    let mut head = journal::lock_head(tx).await?;
    let now = journal::clock(tx).await?;
    let today = clock::date_of(now);
    if through >= today {
        return Ok(PeriodOutcome::Refused(PeriodFault::NotOver { given: through, today }));
    }
    let there = current(&**tx).await?;
    let closed_through = match how {
        Tightness::Soft => there.soft_through,
        Tightness::Hard => there.hard_through,
    };
    if let Some(closed_through) = closed_through.filter(|closed_through| through <= *closed_through) {
        return Ok(PeriodOutcome::Refused(PeriodFault::ClosedAlready { closed_through }));
    }
    let closing = match how {
        Tightness::Soft => {
            Closing { soft_through: Some(through), hard_through: there.hard_through, ..Closing::default() }
        }
        Tightness::Hard => Closing {
            soft_through: there.soft_through.max(Some(through)),
            hard_through: Some(through),
            trial_balance: Some(seal(&**tx, through, None).await?),
            ..Closing::default()
        },
    };
    record(tx, &mut head, &closing, signature, now).await
}

/// Proposes to take days back; nothing changes before another person agrees.
pub async fn propose_reopening(
    tx: &Transaction<'_>,
    reopening: &Reopening,
    signature: Signature<'_>,
) -> Result<PeriodOutcome, Error> {
    if let Err(fault) = signature.check() {
        return Ok(PeriodOutcome::Refused(PeriodFault::Text(fault)));
    }
    let mut head = journal::lock_head(tx).await?;
    let now = journal::clock(tx).await?;
    if let Err(fault) = reopened(&current(&**tx).await?, reopening) {
        return Ok(PeriodOutcome::Refused(fault));
    }
    let content = serde_json::to_string(reopening).expect("a day and a word are JSON");
    let number = register::record(tx, &mut head, PROPOSAL_KIND, NAME, &content, signature, now).await?;
    Ok(PeriodOutcome::Recorded(number))
}

/// Agrees to a proposal, as another person than the one who made it.
pub async fn reopen(tx: &Transaction<'_>, proposal: i64, signature: Signature<'_>) -> Result<PeriodOutcome, Error> {
    if let Err(fault) = signature.check() {
        return Ok(PeriodOutcome::Refused(PeriodFault::Text(fault)));
    }
    let mut head = journal::lock_head(tx).await?;
    let now = journal::clock(tx).await?;
    let proposals = register::history(&**tx, PROPOSAL_KIND, NAME).await?;
    let Some(proposed) = proposals.into_iter().find(|record| record.register_no == proposal) else {
        return Ok(PeriodOutcome::Refused(PeriodFault::ProposalUnknown { proposal }));
    };
    let (last_no, there) = last(&**tx).await?.unwrap_or_default();
    if last_no > proposal {
        return Ok(PeriodOutcome::Refused(PeriodFault::ProposalOvertaken { proposal, by: last_no }));
    }
    if proposed.actor == signature.actor {
        return Ok(PeriodOutcome::Refused(PeriodFault::SamePerson { person: proposed.actor }));
    }
    let reopening = Reopening::parse(&proposed.content)?;
    match reopened(&there, &reopening) {
        Ok(closing) => {
            let closing = Closing { proposal: Some(proposal), ..closing };
            let signature = Signature { proposed_by: Some(&proposed.actor), ..signature };
            record(tx, &mut head, &closing, signature, now).await
        }
        Err(fault) => Ok(PeriodOutcome::Refused(fault)),
    }
}

/// What is closed after days were taken back.
fn reopened(there: &Closing, reopening: &Reopening) -> Result<Closing, PeriodFault> {
    let Reopening { from, out_of } = *reopening;
    let closed_through = match out_of {
        Tightness::Soft => there.soft_through,
        Tightness::Hard => there.hard_through,
    };
    if closed_through.is_none_or(|closed_through| from > closed_through) {
        return Err(PeriodFault::NotClosed { from, closed_through });
    }
    let day_before = from.yesterday().ok();
    let soft_through = match out_of {
        Tightness::Soft => there.soft_through.min(day_before),
        Tightness::Hard => there.soft_through,
    };
    Ok(Closing { soft_through, hard_through: there.hard_through.min(day_before), ..Closing::default() })
}

async fn record(
    tx: &Transaction<'_>,
    head: &mut journal::Head,
    closing: &Closing,
    signature: Signature<'_>,
    now: Timestamp,
) -> Result<PeriodOutcome, Error> {
    let content = serde_json::to_string(closing).expect("days and texts are JSON");
    let number = register::record(tx, head, KIND, NAME, &content, signature, now).await?;
    sql::set_closed(tx, closing.closed()).await?;
    Ok(PeriodOutcome::Recorded(number))
}

/// The seal of the trial balance of a day, as it was known at a time or is known now.
pub(crate) async fn seal(
    client: &impl GenericClient,
    as_of: Date,
    known_at: Option<Timestamp>,
) -> Result<TrialBalanceSeal, Error> {
    let moment = Moment { as_of: Some(as_of), known_at };
    let trial_balance = query::trial_balance(client, moment, None).await.map_err(|error| match error {
        QueryError::World(error) => error,
        other => unreachable!("what a seal knows has passed: {other}"),
    })?;
    Ok(TrialBalanceSeal::of(&trial_balance, as_of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn closing(soft: Option<i8>, hard: Option<i8>) -> Closing {
        let day = |month: Option<i8>| month.map(|month| date(2024, month, 1));
        Closing { soft_through: day(soft), hard_through: day(hard), ..Closing::default() }
    }

    #[test]
    fn days_are_taken_out_of_what_they_are_in() {
        let there = closing(Some(6), Some(3));
        let back = |from: Date, out_of| reopened(&there, &Reopening { from, out_of });
        let soft_only = back(date(2024, 5, 1), Tightness::Soft).unwrap();
        assert_eq!((soft_only.soft_through, soft_only.hard_through), (Some(date(2024, 4, 30)), Some(date(2024, 3, 1))));
        let both = back(date(2024, 2, 2), Tightness::Soft).unwrap();
        assert_eq!((both.soft_through, both.hard_through), (Some(date(2024, 2, 1)), Some(date(2024, 2, 1))));
        let hard_only = back(date(2024, 2, 2), Tightness::Hard).unwrap();
        assert_eq!((hard_only.soft_through, hard_only.hard_through), (Some(date(2024, 6, 1)), Some(date(2024, 2, 1))));
        let refused = back(date(2024, 5, 1), Tightness::Hard).unwrap_err();
        assert_eq!(refused.code(), "not_closed");
        assert_eq!(
            reopened(&closing(None, None), &Reopening { from: date(2024, 1, 1), out_of: Tightness::Soft })
                .unwrap_err()
                .code(),
            "not_closed"
        );
    }

    #[test]
    fn a_closing_reads_back_as_it_was_written() {
        let closing = closing(Some(6), None);
        let text = serde_json::to_string(&closing).unwrap();
        assert_eq!(text, r#"{"soft_through":"2024-06-01","hard_through":null}"#);
        assert_eq!(Closing::parse(&text).unwrap(), closing);
    }
}
