//! Roles and what each may do.

/// What a route asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Permission {
    /// Post entries.
    PostEntries,
    /// Read accounts, balances, statements, reports, remittances.
    ReadLedger,
    /// Open accounts.
    OpenAccounts,
    /// Hand in remittances.
    ImportRemittances,
}

impl Permission {
    /// The word in the OpenAPI document and in refusals.
    pub fn word(self) -> &'static str {
        match self {
            Permission::PostEntries => "post_entries",
            Permission::ReadLedger => "read_ledger",
            Permission::OpenAccounts => "open_accounts",
            Permission::ImportRemittances => "import_remittances",
        }
    }
}

/// What the bearer of a token is to its book.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Sets the book up: everything.
    Admin,
    /// Keeps the book: everything but opening accounts.
    Finance,
    /// Reads everything, writes nothing.
    Auditor,
    /// Another system that posts its entries and reads nothing.
    Poster,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [Role::Admin, Role::Finance, Role::Auditor, Role::Poster];

    /// The word at every edge and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Role::Admin => "admin",
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
        match (self, permission) {
            (Role::Admin, _)
            | (Role::Finance, Permission::PostEntries | Permission::ReadLedger | Permission::ImportRemittances)
            | (Role::Auditor, Permission::ReadLedger)
            | (Role::Poster, Permission::PostEntries) => true,
            (Role::Finance, Permission::OpenAccounts)
            | (Role::Auditor, Permission::PostEntries | Permission::OpenAccounts | Permission::ImportRemittances)
            | (Role::Poster, Permission::ReadLedger | Permission::OpenAccounts | Permission::ImportRemittances) => {
                false
            }
        }
    }
}
