//! What every handler may reach: the books, and the limits.

use std::sync::Arc;

use dianfu_ledger::db::Database;

use crate::books::Books;
use crate::serve::Limits;

/// The state of one serving process; cheap to clone.
#[derive(Clone)]
pub struct App {
    shared: Arc<Shared>,
}

struct Shared {
    books: Books,
    limits: Limits,
}

impl App {
    /// Nothing is opened yet.
    pub fn new(database: Database, limits: Limits) -> App {
        App { shared: Arc::new(Shared { books: Books::new(database), limits }) }
    }

    /// The books.
    pub(crate) fn books(&self) -> &Books {
        &self.shared.books
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }
}
