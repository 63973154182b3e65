//! Materials: what a claim needs, what was handed in, and what is still missing.
//!
//! What is needed is data, by insurer, drug and phase, in versions that two people make; a reviewer or the insurer may
//! ask for more of one claim. What is missing is worked out purely and said in two languages. A claim of which
//! something is missing, over or refused does not come into review ([`lacking_of`], asked by [`mod@crate::apply`]).
//!
//! Reading order: [`kind`], [`rules`] (what is needed), [`completeness`](mod@completeness) with its [`sentence`]s; the
//! doing ([`rule_book`], [`request`], [`of_claims`]).

pub mod kind;
pub mod refusal;
pub mod rules;
pub mod completeness;
pub mod sentence;
pub mod rule_book;
pub mod request;
pub mod of_claims;

pub use completeness::{Completeness, HandedIn, Lack, Verdict, completeness};
pub use kind::{MaterialKind, Phase};
pub use of_claims::{ClaimMaterials, ClaimScope, completeness_of, lacking_of};
pub use refusal::MaterialRefusal;
pub use request::{AskedBy, MaterialRequest, ask};
pub use rules::{MaterialRules, Needed, Requirement, Scope};
