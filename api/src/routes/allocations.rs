//! Payments that are shared out over open items.

use axum::http::StatusCode;
use axum::{Extension, Json};
use dianfu_ledger::allocation::{AllocationFault, AllocationOutcome};
use dianfu_ledger::rejection::Rejection;

use crate::auth::Access;
use crate::extract;
use crate::problem::Problem;
use crate::wire::allocation::{AllocationBody, NewAllocationBody, of_fault};

/// Sets open items of an account off against each other: a payment against claims, or several payments against one.
///
/// What stands on the items is read and moved in one step: nothing is shared out that does not stand there, whoever
/// else does the same. What is too much stays on the payment's item. A reversal of the entry takes it back.
#[utoipa::path(
    post, path = "/v1/allocations", tag = "open items", request_body = NewAllocationBody,
    responses(
        (status = 201, body = AllocationBody, description = "It is in the books."),
        (status = 200, body = AllocationBody, description = "It was in the books already: the first answer again."),
        (status = 409, description = "The id stands for another entry."),
        (status = 422, description = "The items cannot be set off so; nothing is posted.")
    )
)]
pub async fn allocation_create(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewAllocationBody>,
) -> Result<(StatusCode, Json<AllocationBody>), Problem> {
    let refused = |is_conflict, violation| {
        Problem::refused("The items cannot be set off against each other so", is_conflict, vec![violation])
    };
    let allocation = body.read(access.actor.clone()).map_err(|violation| refused(false, violation))?;
    match access.ledger.allocate(&allocation, true).await? {
        AllocationOutcome::Done { receipt, replayed, shares } => {
            let status = if replayed { StatusCode::OK } else { StatusCode::CREATED };
            Ok((status, Json(AllocationBody::new(&allocation, Some(receipt), replayed, shares))))
        }
        AllocationOutcome::Refused(fault) => {
            let is_conflict = matches!(fault, AllocationFault::Entry(Rejection::IdConflict { .. }));
            Err(refused(is_conflict, of_fault(&fault, &allocation)))
        }
    }
}
