//! What may be done, and which of it takes two people.

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
    /// Read claims and their stories: all of them, or those of one's own party.
    ReadClaims,
    /// See what waits for somebody.
    ReadQueues,
    /// Read a patient's full record, names and documents.
    ReadPatients,
    /// Take claims in, ask for materials, offer orders.
    TakeInClaims,
    /// Decide pre-reviews, as the first person.
    ReviewClaims,
    /// Decide pre-reviews, as the second person.
    ApproveClaims,
    /// Propose who bears a shortfall, clawbacks, provisions, write-offs.
    HandleMoney,
    /// Agree to what was proposed about money.
    CheckMoney,
    /// Prepare insurers: checklist, terms, modules, credit lines.
    ManageInsurers,
    /// Agree to go-lives, terms and credit lines of insurers.
    ApproveInsurers,
    /// Propose rules and try them.
    ManageRules,
    /// Agree that rules go live.
    ApproveRules,
    /// Say who works here in which roles.
    ManageOperators,
    /// Read who may do what, and what was done by whom.
    ReadActs,
    /// Answer for an insurer: decisions on its own claims.
    InsurerDesk,
    /// Answer for a pharmacy: its own orders.
    PharmacyDesk,
    /// Act for a patient, through the platform's own client.
    PatientDesk,
}

/// What takes two people, one on each side.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Duty {
    /// Whether a claim passes pre-review.
    PreReview,
    /// Money that a person decides on.
    Money,
    /// Which insurers are live, on what terms.
    Insurers,
    /// Which rules are in force.
    Rules,
}

/// On which side of a duty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// Who proposes.
    Maker,
    /// Who agrees.
    Checker,
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
            Permission::ReadClaims => "read_claims",
            Permission::ReadQueues => "read_queues",
            Permission::ReadPatients => "read_patients",
            Permission::TakeInClaims => "take_in_claims",
            Permission::ReviewClaims => "review_claims",
            Permission::ApproveClaims => "approve_claims",
            Permission::HandleMoney => "handle_money",
            Permission::CheckMoney => "check_money",
            Permission::ManageInsurers => "manage_insurers",
            Permission::ApproveInsurers => "approve_insurers",
            Permission::ManageRules => "manage_rules",
            Permission::ApproveRules => "approve_rules",
            Permission::ManageOperators => "manage_operators",
            Permission::ReadActs => "read_acts",
            Permission::InsurerDesk => "insurer_desk",
            Permission::PharmacyDesk => "pharmacy_desk",
            Permission::PatientDesk => "patient_desk",
        }
    }

    /// The duty of which it is a side, if it is one.
    pub fn duty(self) -> Option<(Duty, Side)> {
        match self {
            Permission::ReviewClaims => Some((Duty::PreReview, Side::Maker)),
            Permission::ApproveClaims => Some((Duty::PreReview, Side::Checker)),
            Permission::HandleMoney => Some((Duty::Money, Side::Maker)),
            Permission::CheckMoney => Some((Duty::Money, Side::Checker)),
            Permission::ManageInsurers => Some((Duty::Insurers, Side::Maker)),
            Permission::ApproveInsurers => Some((Duty::Insurers, Side::Checker)),
            Permission::ManageRules => Some((Duty::Rules, Side::Maker)),
            Permission::ApproveRules => Some((Duty::Rules, Side::Checker)),
            Permission::PostEntries
            | Permission::ReadLedger
            | Permission::OpenAccounts
            | Permission::ImportRemittances
            | Permission::AdjustPeriods
            | Permission::ClosePeriods
            | Permission::MoveCursors
            | Permission::SetRates
            | Permission::ReadClaims
            | Permission::ReadQueues
            | Permission::ReadPatients
            | Permission::TakeInClaims
            | Permission::ManageOperators
            | Permission::ReadActs
            | Permission::InsurerDesk
            | Permission::PharmacyDesk
            | Permission::PatientDesk => None,
        }
    }
}

impl Duty {
    /// Every duty.
    pub const ALL: [Duty; 4] = [Duty::PreReview, Duty::Money, Duty::Insurers, Duty::Rules];

    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Duty::PreReview => "pre_review",
            Duty::Money => "money",
            Duty::Insurers => "insurers",
            Duty::Rules => "rules",
        }
    }
}
