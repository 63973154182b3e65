//! Requests as they are made and made again until they are answered, by whichever door.

use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dianfu_api::wire::entry::{self, Poster};
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::money::Money;
use dianfu_ledger::register::Signature;
use dianfu_ledger::{Error, Ledger, Outcome};
use dianfu_tests::eventually;
use serde_json::{Value, json};

use super::program::Program;
use crate::model::books::Expected;
use crate::model::machine::comparable;
use crate::model::operation::Operation;

/// Who posts through the program.
const CALLER: &str = "person:model";

/// How a request comes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// Through the group commit of a handle.
    Post(usize),
    /// The same, by somebody who goes away as soon as it has asked, and asks again.
    Forgotten(usize),
    /// Inside a transaction, which is then committed or rolled back.
    PostIn { handle: usize, keep: bool },
    /// To the program, over HTTP.
    Http,
}

/// A request, and how it comes in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub door: Door,
    pub request: Vec<NewEntry>,
}

impl Asked {
    /// By this door, or by another if the interface has no words for it. The program says who its caller is.
    pub fn by(door: Door, mut request: Vec<NewEntry>) -> Asked {
        if door != Door::Http || !request.iter().all(can_be_read) {
            return Asked { door: if door == Door::Http { Door::Post(1) } else { door }, request };
        }
        for entry in &mut request {
            CALLER.clone_into(&mut entry.actor);
        }
        Asked { door, request }
    }
}

/// What was answered about one entry.
#[derive(Clone, Debug)]
pub enum Told {
    /// By the ledger.
    Here(Outcome),
    /// Over HTTP: how it fared, its sequence, and the code of its refusal.
    There { status: String, sequence: Option<i64>, code: Option<String> },
}

impl Told {
    fn of(outcome: &Value) -> Told {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (sequence, code) = (outcome["sequence"].as_i64(), text(&outcome["error"]["code"]));
        Told::There { status: text(&outcome["status"]).unwrap(), sequence, code }
    }

    /// The sequence under which it was posted just now.
    fn posted(&self) -> Option<i64> {
        match self {
            Told::Here(Outcome::Posted(receipt)) => Some(receipt.sequence),
            Told::There { status, sequence, .. } if status == "posted" => *sequence,
            Told::Here(_) | Told::There { .. } => None,
        }
    }

    /// Whether the model says the same.
    fn agrees(&self, expected: &Expected) -> bool {
        match (self, expected) {
            (Told::Here(Outcome::Posted(receipt)), Expected::Posted { sequence, moved })
            | (Told::Here(Outcome::Replayed(receipt)), Expected::Replayed { sequence, moved }) => {
                (receipt.sequence, receipt.moved) == (*sequence, *moved)
            }
            (Told::Here(Outcome::Rejected(rejection)), Expected::Rejected(wanted)) => {
                comparable(rejection.clone()) == comparable(wanted.clone())
            }
            (Told::There { status, sequence: told, .. }, Expected::Posted { sequence, .. }) => {
                status == "posted" && *told == Some(*sequence)
            }
            (Told::There { status, sequence: told, .. }, Expected::Replayed { sequence, .. }) => {
                status == "replayed" && *told == Some(*sequence)
            }
            (Told::There { status, code, .. }, Expected::Rejected(wanted)) => {
                status == "rejected" && code.as_deref() == Some(wanted.code())
            }
            (Told::Here(_), _) => false,
        }
    }
}

/// A request that was answered at last, and between which heads.
#[derive(Clone, Debug)]
pub struct Answered {
    pub asked: Asked,
    pub told: Vec<Told>,
    pub low: i64,
    pub high: i64,
    /// What the model has said at the positions so far.
    pub said: Vec<(usize, Vec<Expected>)>,
}

impl Answered {
    /// The first sequence that it names as new.
    pub fn first_posted(&self) -> Option<i64> {
        self.told.iter().find_map(Told::posted)
    }

    /// Whether what was posted is in the books.
    pub fn is_kept(&self) -> bool {
        !matches!(self.asked.door, Door::PostIn { keep: false, .. })
    }

    /// Whether the model answers the same.
    pub fn agrees(&self, expected: &[Expected]) -> bool {
        let all = self.told.len() == expected.len();
        all && self.told.iter().zip(expected).all(|(told, expected)| told.agrees(expected))
    }
}

/// Where requests go.
pub struct Traffic {
    ledgers: Vec<Ledger>,
    http: reqwest::Client,
    address: Arc<Mutex<String>>,
    token: String,
    /// How many were answered.
    pub answers: AtomicUsize,
}

impl Traffic {
    /// To these.
    pub fn new(ledgers: Vec<Ledger>, program: &Program) -> Traffic {
        Traffic {
            ledgers,
            http: dianfu_tests::http_client(),
            address: program.address.clone(),
            token: program.token.clone(),
            answers: AtomicUsize::new(0),
        }
    }

    /// Makes one request after the other, each until it is answered.
    pub async fn work_off(&self, asked: Vec<Asked>) -> Vec<Answered> {
        let mut answered = Vec::new();
        for asked in asked {
            answered.push(self.until_answered(asked).await);
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
        answered
    }

    async fn until_answered(&self, asked: Asked) -> Answered {
        if let Door::Forgotten(handle) = asked.door {
            tokio::select! {
                biased;
                _ = self.ledgers[handle].post(asked.request.clone()) => {}
                () = ready(()) => {}
            }
        }
        let mut answer = None;
        eventually("the request is answered", async || {
            let low = self.head().await;
            answer = self.ask(&asked).await.map(|told| (low, told));
            answer.is_some()
        })
        .await;
        let (low, told) = answer.unwrap();
        Answered { asked, told, low, high: self.head().await, said: Vec::new() }
    }

    /// The last sequence that is committed.
    async fn head(&self) -> i64 {
        let mut head = None;
        eventually("the head can be read", async || {
            let Some(client) = passes(self.ledgers[1].client().await) else { return false };
            let row = client.query_one("SELECT sequence FROM head", &[]).await;
            head = passes(row.map_err(Error::from)).map(|row| row.get(0));
            head.is_some()
        })
        .await;
        head.unwrap()
    }

    /// Asks once; nothing if the answer was lost.
    async fn ask(&self, Asked { door, request }: &Asked) -> Option<Vec<Told>> {
        let outcomes = match *door {
            Door::Post(handle) | Door::Forgotten(handle) => passes(self.ledgers[handle].post(request.clone()).await),
            Door::PostIn { handle, keep } => passes(self.post_in(handle, request, keep).await),
            Door::Http => return self.over_http(request).await,
        };
        Some(outcomes?.into_iter().map(Told::Here).collect())
    }

    async fn post_in(&self, handle: usize, request: &[NewEntry], keep: bool) -> Result<Vec<Outcome>, Error> {
        let ledger = &self.ledgers[handle];
        let mut client = ledger.client().await?;
        let tx = client.transaction().await?;
        let outcomes = ledger.post_in(&tx, request).await?;
        if keep {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(outcomes)
    }

    async fn over_http(&self, request: &[NewEntry]) -> Option<Vec<Told>> {
        let bodies: Vec<String> = request.iter().map(body).collect();
        let url = format!("http://{}/v1/entries", self.address.lock().unwrap());
        let asked = self.http.post(url).bearer_auth(&self.token).header("content-type", "application/json");
        let response = asked.body(format!("[{}]", bodies.join(","))).send().await.ok()?;
        let status = response.status().as_u16();
        let answer: Value = serde_json::from_str(&response.text().await.ok()?).ok()?;
        if status == 503 {
            return None;
        }
        assert_eq!(status, 200, "{answer}");
        let outcomes = answer.as_array().unwrap();
        let is_known = |outcome: &Value| outcome["status"] != "failed";
        outcomes.iter().all(is_known).then(|| outcomes.iter().map(Told::of).collect())
    }

    /// Changes what entries obey, one thing after the other, once there is an entry behind a sequence; what becomes of
    /// it is read from the record.
    pub async fn change(&self, settings: Vec<Operation>, behind: i64) {
        // What the books knew when days were closed is known by the time of a commit: time alone is none.
        eventually("something is booked", async || self.head().await > behind).await;
        for setting in settings {
            eventually("the setting is changed", async || passes(self.change_one(&setting).await).is_some()).await;
        }
    }

    async fn change_one(&self, setting: &Operation) -> Result<(), Error> {
        let ledger = &self.ledgers[1];
        let signature = |actor| Signature::of(actor, "a test");
        match setting {
            Operation::Change { account, setting, .. } => {
                ledger.change_setting(account, (*setting).into(), "model", "a test").await?;
            }
            Operation::SetGroup { name, group, .. } => {
                ledger.set_limit_group(name, group, signature("model")).await?;
            }
            Operation::ClosePeriod { through, how, .. } => {
                ledger.close_period(*through, *how, signature("model")).await?;
            }
            Operation::ReopenPeriod { reopening, .. } => {
                let proposed = ledger.propose_reopening(reopening, signature("one")).await?;
                if let dianfu_ledger::period::PeriodOutcome::Recorded(proposal) = proposed {
                    ledger.reopen_period(proposal, signature("another")).await?;
                }
            }
            other => panic!("{other:?} is no setting"),
        }
        Ok(())
    }
}

/// What was answered; nothing if the database is away.
fn passes<T>(answer: Result<T, Error>) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(error) if error.is_retryable() => None,
        Err(error) => panic!("{error:?}"),
    }
}

/// Whether the interface can say this entry.
fn can_be_read(entry: &NewEntry) -> bool {
    let poster = Poster { actor: entry.actor.clone(), may_adjust: true };
    let sayable = ["model", CALLER].contains(&entry.actor.as_str())
        && entry.kind != EntryKind::Expiry
        && entry.postings.iter().all(|leg| leg.amount.minor != i64::MIN);
    sayable && entry::read(body(entry).as_bytes(), &poster).is_ok_and(|read| read.entry == *entry)
}

/// The entry as the interface takes it.
fn body(entry: &NewEntry) -> String {
    let posting = |NewPosting { account, amount, item, due_date }: &NewPosting| {
        let side = if amount.minor > 0 { "debit" } else { "credit" };
        let amount = Money::new(amount.minor.saturating_abs(), amount.currency);
        json!({
            "account": account.as_str(), side: amount.to_decimal_string(), "currency": amount.currency.to_string(),
            "item": item, "due_date": due_date.map(|date| date.to_string()),
        })
    };
    let rest = json!({
        "id": entry.id, "kind": entry.kind.word(), "reference": entry.reference, "description": entry.description,
        "effective_date": entry.effective_date.map(|date| date.to_string()), "late": entry.late,
        "adjusting": entry.adjusting, "relates_to": entry.relates_to, "hold_group": entry.hold_group,
        "expires_at": entry.expires_at.map(|at| at.to_string()), "at_most": entry.at_most, "linked": entry.linked,
        "postings": entry.postings.iter().map(posting).collect::<Vec<_>>(),
    });
    // Byte by byte, as it was given.
    let metadata = entry.metadata.as_deref().unwrap_or("null");
    format!(r#"{{"metadata":{metadata},{}"#, &rest.to_string()[1..])
}
