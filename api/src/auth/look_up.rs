//! Looking tokens up, those of many requests at once.
//!
//! A look-up begins after the request has come, so what is revoked is refused at once, as if every request asked for
//! itself; but while one statement is under way the requests that come wait for the next, and share it. So the cost is
//! that of a statement at a time, whatever the number of requests.

use std::collections::HashMap;

use dianfu_ledger::{Error, Ledger};
use tokio::sync::{mpsc, oneshot};

use super::token::{self, Bearer, TokenHash};
use crate::problem::Problem;

/// Requests that may wait; the next ones wait for a place.
const WAITING_MAX: usize = 1_024;

type Answer = Result<Option<Bearer>, Problem>;

struct Question {
    hash: TokenHash,
    answer: oneshot::Sender<Answer>,
}

/// The way to the task that looks tokens of one book up; cheap to clone. The task ends with the last of these.
#[derive(Clone)]
pub struct LookUp {
    questions: mpsc::Sender<Question>,
}

impl LookUp {
    /// Starts the task.
    pub fn start(ledger: Ledger) -> LookUp {
        let (questions, asked) = mpsc::channel(WAITING_MAX);
        tokio::spawn(answer_for_ever(ledger, asked));
        LookUp { questions }
    }

    /// Who bears the token of this hash, if it is live now.
    pub async fn bearer(&self, hash: TokenHash) -> Answer {
        let (answer, answered) = oneshot::channel();
        let gone = || Problem::unavailable(Error::Unavailable);
        self.questions.send(Question { hash, answer }).await.map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }
}

async fn answer_for_ever(ledger: Ledger, mut asked: mpsc::Receiver<Question>) {
    let mut questions = Vec::new();
    while asked.recv_many(&mut questions, WAITING_MAX).await > 0 {
        let mut hashes: Vec<TokenHash> = questions.iter().map(|question| question.hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        let bearers = bearers(&ledger, &hashes).await;
        for Question { hash, answer } in questions.drain(..) {
            let own = bearers.as_ref().map(|bearers| bearers.get(&hash).cloned()).map_err(Problem::clone);
            let _gone = answer.send(own);
        }
    }
}

async fn bearers(ledger: &Ledger, hashes: &[TokenHash]) -> Result<HashMap<TokenHash, Bearer>, Problem> {
    let client = ledger.client().await?;
    Ok(token::bearers(&client, hashes).await?)
}
