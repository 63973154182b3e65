//! Documents that are handed in: looked into, sealed, stored, found again.
//!
//! An upload is judged by its bytes, never by its name: PDF, JPEG or PNG, whole, of a size and dimensions that a reader
//! can bear, with nothing hidden behind it. It is sealed in chunks under a key of its own, which lies in the vault, and
//! put into an object store; then comes its row. An object without a row is harmless, and [`sweep`](mod@sweep) removes
//! it. Nothing is replaced or deleted: a later version of a part stands in front of the earlier one.
//!
//! What lies in compressed parts of a PDF is measured, not read: who shows documents shows them as pictures, or in a
//! viewer that runs nothing.
//!
//! Reading order: [`refusal`], [`inspect`](mod@inspect) and what it asks ([`png`], [`jpeg`], [`pdf`], [`inflate`],
//! [`disguise`]); [`sealed_file`], [`store`]; the doing ([`hand_in`](mod@hand_in), [`fetch`](mod@fetch),
//! [`review`](mod@review), [`sweep`](mod@sweep)).

pub mod document;
pub mod refusal;
pub mod inspect;
pub mod png;
pub mod jpeg;
pub mod pdf;
pub mod inflate;
pub mod disguise;
pub mod sealed_file;
pub mod store;
pub mod hand_in;
pub mod fetch;
pub mod review;
pub mod sweep;

pub use document::{Document, MediaType};
pub use fetch::{fetch, list};
pub use hand_in::{HandIn, Handed, hand_in};
pub use inspect::inspect;
pub use refusal::{DocumentRefusal, UploadRefusal};
pub use review::{Review, review};
pub use sealed_file::DocumentDraw;
pub use store::{DocumentStore, S3Settings, StoreFault, StoreSettings};
pub use sweep::sweep;
