//! The doing: a question goes to the insurer's endpoint, and comes back with its answer or a [`Fault`].
//!
//! In this order: the endpoint is looked up; the content is compared with what went under this key before; the circuit
//! is asked; the attempt is written down; it is sent; what came of it is written down. A passing fault is tried again
//! after a while that doubles, at most [`Settings::retries_max`] times. A caller that goes away in between leaves an
//! attempt without outcome, and may ask again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use dianfu_ledger::{Ledger, clock, id};
use dianfu_settlement::number::PartyNo;
use jiff::{SignedDuration, Timestamp};

use super::breaker::{Breaker, Patience};
use super::endpoint::{self, Endpoint};
use super::fault::Fault;
use super::judge::judge;
use super::question::Question;
use super::sender::Sender;
use crate::error::Error;
use crate::ports::exchange::{self, Intent, Outcome};

/// How patient the port is, and how much it reads.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The longest that one attempt may take, answer included.
    pub timeout: Duration,
    /// How often a passing fault is tried again.
    pub retries_max: usize,
    /// The pause before the first retry; it doubles with each.
    pub pause: Duration,
    /// The longest answer that is read, in bytes.
    pub answer_bytes_max: usize,
    /// When an insurer is left alone.
    pub patience: Patience,
    /// What the time is. Signatures are as old as their attempt, so each attempt asks.
    pub clock: fn() -> Timestamp,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            timeout: Duration::from_secs(15),
            retries_max: 3,
            pause: Duration::from_millis(500),
            answer_bytes_max: 1 << 20,
            patience: Patience { failures_max: 8, open_for: SignedDuration::from_secs(30) },
            clock: clock::now,
        }
    }
}

/// The way out to insurers. One a process: it keeps connections, and how each insurer's circuit stands.
pub struct Port {
    sender: Sender,
    settings: Settings,
    circuits: Mutex<HashMap<PartyNo, Breaker>>,
}

/// An answer, and the attempt that brought it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered<A> {
    /// The answer.
    pub answer: A,
    /// Its number on record.
    pub exchange_no: i64,
}

/// There is no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{fault}")]
pub struct Failed {
    /// Why.
    pub fault: Fault,
    /// The last attempt's number on record; `None` if nothing was sent.
    pub exchange_no: Option<i64>,
}

/// What ends a call without an answer.
enum Trouble {
    Failed(Failed),
    Error(Error),
}

impl Port {
    /// With connections of its own.
    pub fn new(settings: Settings) -> Port {
        let sender = Sender::new(settings.timeout, settings.answer_bytes_max);
        Port { sender, settings, circuits: Mutex::default() }
    }

    /// Asks an insurer.
    pub async fn ask<Q: Question>(
        &self,
        ledger: &Ledger,
        insurer: &PartyNo,
        question: &Q,
    ) -> Result<Result<Answered<Q::Answer>, Failed>, Error> {
        match self.asked(ledger, insurer, question).await {
            Ok(answered) => Ok(Ok(answered)),
            Err(Trouble::Failed(failed)) => Ok(Err(failed)),
            Err(Trouble::Error(error)) => Err(error),
        }
    }

    async fn asked<Q: Question>(
        &self,
        ledger: &Ledger,
        insurer: &PartyNo,
        question: &Q,
    ) -> Result<Answered<Q::Answer>, Trouble> {
        let now = (self.settings.clock)();
        let client = ledger.client().await?;
        let endpoint = endpoint::endpoint(&client, insurer, now).await?;
        let endpoint = endpoint.ok_or_else(|| Fault::EndpointMissing(insurer.clone()))?;
        let (route, business_key, body) = (Q::ROUTE, question.business_key(), question.body());
        if !exchange::is_same_content(&client, insurer, (route, &business_key), &body, now).await? {
            return Err(Fault::ContentDiffers { route, business_key }.into());
        }
        drop(client);
        let mut pauses = self.pauses();
        for attempt_no in 1.. {
            let attempt = self.attempt(ledger, &endpoint, question, (&body, attempt_no)).await;
            match (attempt, pauses.next()) {
                (Err(Trouble::Failed(failed)), Some(pause)) if failed.fault.is_passing() => {
                    tokio::time::sleep(pause).await;
                }
                (ended, _) => return ended,
            }
        }
        unreachable!("pauses end, and with them the attempts")
    }

    fn pauses(&self) -> impl Iterator<Item = Duration> {
        let Settings { pause, retries_max, .. } = self.settings;
        ExponentialBuilder::default().with_min_delay(pause).with_max_times(retries_max).build()
    }

    /// One attempt, on record before and after.
    async fn attempt<Q: Question>(
        &self,
        ledger: &Ledger,
        endpoint: &Endpoint,
        question: &Q,
        (body, attempt_no): (&[u8], i32),
    ) -> Result<Answered<Q::Answer>, Trouble> {
        let started_at = (self.settings.clock)();
        self.circuit(&endpoint.insurer, |breaker| breaker.pass(self.settings.patience, started_at))
            .map_err(|until| Fault::CircuitOpen { until })?;
        let nonce = id::fresh().simple().to_string();
        let business_key = question.business_key();
        let claim_no = question.claim_no();
        let (partner, route) = (&endpoint.insurer, Q::ROUTE);
        let intent = Intent { partner, route, business_key: &business_key, claim_no, attempt_no, nonce: &nonce, body };
        let exchange_no = exchange::begin(&ledger.client().await?, &intent, started_at).await?;

        let came = self.sender.send(endpoint, question, (body, &nonce), started_at).await;
        let ended_at = (self.settings.clock)();
        let judged = match &came {
            Ok(answer) => judge(question, &endpoint.insurer_keys, &nonce, answer, ended_at),
            Err(fault) => Err(fault.clone()),
        };
        let is_passing = judged.as_ref().err().is_some_and(Fault::is_passing);
        self.heard(&endpoint.insurer, is_passing, ended_at);
        let outcome = Outcome { fault: judged.as_ref().err(), answer: came.as_ref().ok(), request: body };
        exchange::end(&ledger.client().await?, exchange_no, &outcome, ended_at).await?;
        match judged {
            Ok(answer) => Ok(Answered { answer, exchange_no }),
            Err(fault) => Err(Trouble::Failed(Failed { fault, exchange_no: Some(exchange_no) })),
        }
    }

    fn heard(&self, insurer: &PartyNo, has_failed: bool, now: Timestamp) {
        let patience = self.settings.patience;
        let moved = self.circuit(insurer, |breaker| {
            Ok::<_, Timestamp>(if has_failed { breaker.failed(patience, now) } else { breaker.answered() })
        });
        moved.expect("hearing refuses nothing");
    }

    /// Moves an insurer's circuit; where it is refused it stays.
    fn circuit(
        &self,
        insurer: &PartyNo,
        moved: impl FnOnce(Breaker) -> Result<Breaker, Timestamp>,
    ) -> Result<(), Timestamp> {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        let circuit = circuits.entry(insurer.clone()).or_default();
        *circuit = moved(*circuit)?;
        Ok(())
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble::Failed(Failed { fault, exchange_no: None })
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Error(error)
    }
}

impl From<dianfu_ledger::Error> for Trouble {
    fn from(error: dianfu_ledger::Error) -> Trouble {
        Trouble::Error(error.into())
    }
}
