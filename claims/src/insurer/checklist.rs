//! What an insurer hands in before it goes live: a checklist with evidence.
//!
//! A paper is handed in by one person and judged by another. For each item the newest paper that was judged counts, so
//! that a renewal does not undo what it renews before somebody has looked at it. Papers expire; nobody has to notice.

use deadpool_postgres::Client;
use dianfu_ledger::clock;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::Error;
use crate::sql;

use super::refusal::{InsurerRefusal, check_text, check_two, unknown};

/// An item of the checklist.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CheckItem {
    /// The licence to do insurance; it expires.
    Licence,
    /// The signed contract.
    ContractTerms,
    /// Proof of the account that it pays from.
    BankAccount,
    /// The decision on its credit line.
    CreditLine,
    /// The exchange of keys.
    Keys,
}

impl CheckItem {
    /// Every item; the database has as many.
    pub const ALL: [CheckItem; 5] =
        [CheckItem::Licence, CheckItem::ContractTerms, CheckItem::BankAccount, CheckItem::CreditLine, CheckItem::Keys];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            CheckItem::Licence => "licence",
            CheckItem::ContractTerms => "contract_terms",
            CheckItem::BankAccount => "bank_account",
            CheckItem::CreditLine => "credit_line",
            CheckItem::Keys => "keys",
        }
    }

    /// The inverse of [`CheckItem::word`].
    pub fn from_word(word: &str) -> Option<CheckItem> {
        CheckItem::ALL.into_iter().find(|item| item.word() == word)
    }
}

/// A paper to be handed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPaper {
    /// What for.
    pub item: CheckItem,
    /// SHA-256 of the paper.
    pub evidence_sha256: [u8; 32],
    /// What it is.
    pub note: String,
    /// Its last day; a licence has one.
    pub expires_on: Option<Date>,
}

/// A paper on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paper {
    /// As it was handed in.
    pub paper: NewPaper,
    /// From 1 for each item.
    pub paper_no: i32,
    /// Who handed it in.
    pub submitted_by: String,
    /// When.
    pub submitted_at: Timestamp,
    /// What was found, once somebody has looked.
    pub verdict: Option<Verdict>,
}

/// What somebody found of a paper.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Whether it is accepted.
    pub accepted: bool,
    /// Why.
    pub reason: String,
    /// By whom.
    pub judged_by: String,
    /// When.
    pub judged_at: Timestamp,
}

/// How an item stands, by its newest paper.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItemState<'a> {
    /// Nothing was handed in.
    Open,
    /// It waits to be judged.
    Submitted(&'a Paper),
    /// It is accepted.
    Accepted(&'a Paper),
    /// It is rejected.
    Rejected(&'a Paper),
}

/// Why an item is not met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Lack {
    /// Nothing was handed in.
    #[error("is missing")]
    Open,
    /// Nobody has judged what was handed in.
    #[error("is not judged")]
    NotJudged,
    /// What was judged last is rejected.
    #[error("is rejected")]
    Rejected,
    /// What is accepted was valid until this day.
    #[error("was valid until {0}")]
    Expired(Date),
}

/// An item that is not met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} {lack}", item.word())]
pub struct Unmet {
    /// The item.
    pub item: CheckItem,
    /// Why.
    pub lack: Lack,
}

/// All papers of an insurer.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Checklist(pub Vec<Paper>);

impl Checklist {
    /// How an item stands.
    pub fn state(&self, item: CheckItem) -> ItemState<'_> {
        let Some(newest) = self.of(item).max_by_key(|paper| paper.paper_no) else { return ItemState::Open };
        match &newest.verdict {
            None => ItemState::Submitted(newest),
            Some(verdict) if verdict.accepted => ItemState::Accepted(newest),
            Some(_) => ItemState::Rejected(newest),
        }
    }

    /// What is not met on a day, in the order of [`CheckItem::ALL`].
    pub fn unmet(&self, on: Date) -> Vec<Unmet> {
        let lacking = |item| Some(Unmet { item, lack: self.lack(item, on)? });
        CheckItem::ALL.into_iter().filter_map(lacking).collect()
    }

    fn lack(&self, item: CheckItem, on: Date) -> Option<Lack> {
        let judged = self.of(item).filter_map(|paper| Some((paper, paper.verdict.as_ref()?)));
        let Some((paper, verdict)) = judged.max_by_key(|(paper, _)| paper.paper_no) else {
            return Some(if self.of(item).next().is_none() { Lack::Open } else { Lack::NotJudged });
        };
        if !verdict.accepted {
            return Some(Lack::Rejected);
        }
        paper.paper.expires_on.filter(|last| *last < on).map(Lack::Expired)
    }

    fn of(&self, item: CheckItem) -> impl Iterator<Item = &Paper> {
        self.0.iter().filter(move |paper| paper.paper.item == item)
    }
}

/// Hands in a paper and answers its number. The newest one again by the same person is the same paper.
pub async fn hand_in(
    client: &mut Client,
    insurer: &PartyNo,
    paper: &NewPaper,
    actor: &str,
    now: Timestamp,
) -> Result<Result<i32, InsurerRefusal>, Error> {
    if let Err(refusal) = check(paper, actor, clock::date_of(now)) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    if sql::insurers::lock(&tx, insurer).await?.is_none() {
        return Ok(Err(unknown("insurer", insurer.as_str())));
    }
    let papers = sql::insurers::papers::papers(&tx, insurer).await?;
    let newest = papers.of(paper.item).max_by_key(|known| known.paper_no);
    if let Some(known) = newest.filter(|known| known.paper == *paper && known.submitted_by == actor) {
        return Ok(Ok(known.paper_no));
    }
    let paper_no = newest.map_or(0, |known| known.paper_no) + 1;
    sql::insurers::papers::insert_paper(&tx, insurer, paper_no, paper, actor, now).await?;
    tx.commit().await?;
    Ok(Ok(paper_no))
}

fn check(paper: &NewPaper, actor: &str, on: Date) -> Result<(), InsurerRefusal> {
    check_text("actor", actor)?;
    check_text("note", &paper.note)?;
    match paper.expires_on {
        None if paper.item == CheckItem::Licence => Err(InsurerRefusal::ExpiryMissing(paper.item)),
        Some(expires_on) if expires_on < on => Err(InsurerRefusal::PaperExpired { item: paper.item, expires_on }),
        None | Some(_) => Ok(()),
    }
}

/// Judges a paper, as another person than who handed it in. The same verdict again is fine.
pub async fn judge(
    client: &mut Client,
    insurer: &PartyNo,
    (item, paper_no): (CheckItem, i32),
    (accepted, reason): (bool, &str),
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), InsurerRefusal>, Error> {
    if let Err(refusal) = check_text("actor", actor).and_then(|()| check_text("reason", reason)) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    if sql::insurers::lock(&tx, insurer).await?.is_none() {
        return Ok(Err(unknown("insurer", insurer.as_str())));
    }
    let papers = sql::insurers::papers::papers(&tx, insurer).await?;
    let Some(paper) = papers.of(item).find(|paper| paper.paper_no == paper_no) else {
        return Ok(Err(unknown("paper", &format!("{} {paper_no}", item.word()))));
    };
    if let Err(refusal) = check_two(&paper.submitted_by, actor) {
        return Ok(Err(refusal));
    }
    if let Some(verdict) = &paper.verdict {
        let is_same = verdict.accepted == accepted;
        let judged = InsurerRefusal::PaperJudged { item, paper_no, accepted: verdict.accepted };
        return Ok(if is_same { Ok(()) } else { Err(judged) });
    }
    let verdict = Verdict { accepted, reason: reason.to_owned(), judged_by: actor.to_owned(), judged_at: now };
    sql::insurers::papers::insert_verdict(&tx, insurer, paper, &verdict).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const ON: Date = date(2026, 3, 2);

    fn paper(item: CheckItem, paper_no: i32, accepted: Option<bool>, expires_on: Option<Date>) -> Paper {
        let verdict = accepted.map(|accepted| Verdict {
            accepted,
            reason: "seen".to_owned(),
            judged_by: "li".to_owned(),
            judged_at: Timestamp::UNIX_EPOCH,
        });
        Paper {
            paper: NewPaper { item, evidence_sha256: [7; 32], note: "paper".to_owned(), expires_on },
            paper_no,
            submitted_by: "wang".to_owned(),
            submitted_at: Timestamp::UNIX_EPOCH,
            verdict,
        }
    }

    #[test]
    fn an_empty_list_lacks_everything() {
        let unmet = Checklist::default().unmet(ON);
        assert_eq!(unmet.len(), CheckItem::ALL.len());
        assert!(unmet.iter().all(|unmet| unmet.lack == Lack::Open));
        assert_eq!(unmet[0].to_string(), "licence is missing");
    }

    #[test]
    fn the_newest_paper_that_was_judged_counts() {
        let item = CheckItem::Licence;
        let lack = |papers: &[Paper]| Checklist(papers.to_vec()).lack(item, ON);
        let (good, over) = (Some(date(2027, 1, 1)), Some(date(2026, 3, 1)));
        let accepted = paper(item, 1, Some(true), good);
        assert_eq!(lack(&[paper(item, 1, None, good)]), Some(Lack::NotJudged));
        assert_eq!(lack(std::slice::from_ref(&accepted)), None);
        assert_eq!(lack(&[paper(item, 1, Some(true), Some(ON))]), None);
        assert_eq!(lack(&[paper(item, 1, Some(true), over)]), Some(Lack::Expired(date(2026, 3, 1))));
        // A renewal that nobody has judged changes nothing; one that is rejected does.
        let renewed = [accepted.clone(), paper(item, 2, None, good)];
        assert_eq!(lack(&renewed), None);
        assert!(matches!(Checklist(renewed.to_vec()).state(item), ItemState::Submitted(paper) if paper.paper_no == 2));
        assert_eq!(lack(&[accepted.clone(), paper(item, 2, Some(false), good)]), Some(Lack::Rejected));
        assert!(matches!(Checklist(vec![accepted]).state(item), ItemState::Accepted(_)));
    }

    #[test]
    fn a_paper_is_checked_before_it_is_taken() {
        let new = |item, expires_on| paper(item, 1, None, expires_on).paper;
        let code = |paper: NewPaper| check(&paper, "wang", ON).map_err(|refusal| refusal.code());
        assert_eq!(code(new(CheckItem::Licence, None)), Err("expiry_missing"));
        assert_eq!(code(new(CheckItem::Keys, Some(date(2026, 3, 1)))), Err("paper_expired"));
        assert_eq!(code(NewPaper { note: String::new(), ..new(CheckItem::Keys, None) }), Err("text_length"));
        assert_eq!(code(new(CheckItem::Keys, None)), Ok(()));
    }
}
