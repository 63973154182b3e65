//! Roles and what each may do.

/// What a route asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Permission {
    /// Post entries.
    PostEntries,
    /// Read accounts, balances, statements, reports, remittances.
    ReadLedger,
    /// Open accounts, change their settings and limits.
    OpenAccounts,
    /// Hand in remittances.
    ImportRemittances,
    /// Post entries that adjust days which are closed to others.
    AdjustPeriods,
    /// Close days and take them back, and end a year.
    ClosePeriods,
    /// Move the cursors of readers of events.
    MoveCursors,
    /// Put exchange rates on record: what foreign balances are worth hangs on them.
    SetRates,
}

impl Permission {
    /// The word in the OpenAPI document and in refusals.
    pub fn word(self) -> &'static str {
        match self {
            Permission::PostEntries => "post_entries",
            Permission::ReadLedger => "read_ledger",
            Permission::OpenAccounts => "open_accounts",
            Permission::ImportRemittances => "import_remittances",
            Permission::AdjustPeriods => "adjust_periods",
            Permission::ClosePeriods => "close_periods",
            Permission::MoveCursors => "move_cursors",
            Permission::SetRates => "set_rates",
        }
    }
}

/// What the bearer of a token is to its book.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Sets the book up: everything.
    Admin,
    /// Answers for the book: everything but handing in remittances.
    Controller,
    /// Keeps the book: posts, hands in remittances, sets rates, reads.
    Finance,
    /// Reads everything, writes nothing.
    Auditor,
    /// Another system that posts its entries and reads nothing.
    Poster,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] = [Role::Admin, Role::Controller, Role::Finance, Role::Auditor, Role::Poster];

    /// The word at every edge and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Controller => "controller",
            Role::Finance => "finance",
            Role::Auditor => "auditor",
            Role::Poster => "poster",
        }
    }

    /// The inverse of [`Role::word`].
    pub fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether the role may.
    pub fn permits(self, permission: Permission) -> bool {
        use Permission::{ImportRemittances, MoveCursors, PostEntries, ReadLedger, SetRates};
        match self {
            Role::Admin => true,
            Role::Controller => permission != ImportRemittances,
            Role::Finance => {
                matches!(permission, PostEntries | ReadLedger | ImportRemittances | MoveCursors | SetRates)
            }
            Role::Auditor => permission == ReadLedger,
            Role::Poster => permission == PostEntries,
        }
    }
}
