//! Another system's balances beside ours, while a running business moves in.

use axum::{Extension, Json};
use dianfu_ledger::query::{self, QueryError};
use dianfu_ledger::report::parallel_run;

use crate::auth::Access;
use crate::extract;
use crate::problem::{Problem, Violation};
use crate::wire::entry::money_violation;
use crate::wire::parallel_run::{NewParallelRunBody, ParallelRunBody};

/// Their balances beside ours, account by account. Nothing is kept.
#[utoipa::path(
    post, path = "/v1/reports/parallel-run", tag = "reports", request_body = NewParallelRunBody,
    responses(
        (status = 200, body = ParallelRunBody),
        (status = 422, description = "Their balances cannot be read.")
    )
)]
pub async fn parallel_run(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewParallelRunBody>,
) -> Result<Json<ParallelRunBody>, Problem> {
    let refused = |violations| Problem::refused("Their balances cannot be compared", false, violations);
    let theirs = body.theirs().map_err(refused)?;
    let ours = query::trial_balance(&**access.ledger.client().await?, body.moment(), None).await;
    let ours = match ours {
        Err(early @ QueryError::KnownAtInFuture { .. }) => {
            return Err(refused(vec![Violation::at("known_at_in_future", "/known_at", early.to_string())]));
        }
        ours => ours?,
    };
    let run = parallel_run::parallel_run(&theirs, &ours, body.tolerance.as_deref())
        .map_err(|error| refused(vec![money_violation(&error, "/tolerance")]))?;
    Ok(Json(ParallelRunBody::new(run, ours.as_of, ours.known_at)))
}
