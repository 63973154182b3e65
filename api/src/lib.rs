//! The way in: the HTTP interface of the ledger and of the reconciliation.
//!
//! A request passes [`edge`] (request id, time limit, panics, errors as problems), then the gate in [`auth`] (who is
//! it, which book, what may it do), then a handler in [`routes`] that calls one function of the domain and shapes the
//! answer with [`wire`]. The OpenAPI document is made from the handlers, so that it cannot say anything else.
//!
//! Reading order: [`serve`], [`routes`], [`problem`], [`auth`], [`wire`], [`report`], [`sheet`]; beside them the
//! [`simulators`] of outside systems.

mod answer;
pub mod app;
pub mod auth;
mod books;
pub mod edge;
pub mod error;
mod extract;
pub mod logging;
pub mod problem;
pub mod report;
pub mod routes;
pub mod sealing;
pub mod serve;
pub mod sheet;
pub mod simulators;
pub mod wire;
mod worker;

pub use error::Error;
pub use serve::{Limits, ServeConfig, Server};
