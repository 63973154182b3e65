//! Whether the process lives, and whether it can work. Open to everybody, and tells nothing else.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::Problem;

/// A good answer; a bad one is a problem.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `alive` or `ready`.
    status: &'static str,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 200, body = Health)))]
pub async fn health_live() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// Whether the process can work: asks the database.
#[utoipa::path(
    get, path = "/health/ready", tag = "health",
    responses((status = 200, body = Health), (status = 503, description = "The database does not answer."))
)]
pub async fn health_ready(State(app): State<App>) -> Result<Json<Health>, Problem> {
    app.books().ask_database().await.map_err(Problem::unavailable)?;
    Ok(Json(Health { status: "ready" }))
}
