//! What is wrong and where.

use std::fmt;

/// A row of the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The head.
    Head,
    /// A row of table `account`.
    Account {
        /// Its number.
        account_no: i32,
    },
    /// A row of table `account_setting`.
    Setting {
        /// Its number.
        setting_no: i64,
    },
    /// A row of table `register`.
    Register {
        /// Its number.
        register_no: i64,
    },
    /// A row of table `segment`.
    Segment {
        /// Its number.
        segment_no: i32,
    },
    /// A row of table `commit`.
    Commit {
        /// Its number.
        commit_no: i64,
    },
    /// A row of table `entry`.
    Entry {
        /// Its sequence.
        sequence: i64,
    },
    /// A row of table `posting`.
    Posting {
        /// Its entry's sequence.
        sequence: i64,
        /// Its leg.
        leg: i16,
    },
    /// A table whose rows cannot be told apart.
    Table {
        /// Its name.
        table: &'static str,
    },
    /// A place in an archive.
    Archive {
        /// Where, in bytes from its beginning.
        offset: u64,
    },
    /// What is looked for of an entry: a row of table `entry_link`.
    Link {
        /// The entry's sequence.
        sequence: i64,
    },
    /// What a segment was summed up to.
    Summary {
        /// Its number.
        segment_no: i32,
    },
}

impl Place {
    /// Whether it is a row of an entry before this one.
    pub(super) fn is_before(&self, other: i64) -> bool {
        match self {
            Place::Entry { sequence } | Place::Posting { sequence, .. } => *sequence < other,
            _ => false,
        }
    }

    /// The table.
    pub fn table(&self) -> &'static str {
        match self {
            Place::Head => "head",
            Place::Account { .. } => "account",
            Place::Setting { .. } => "account_setting",
            Place::Register { .. } => "register",
            Place::Segment { .. } => "segment",
            Place::Commit { .. } => "commit",
            Place::Entry { .. } => "entry",
            Place::Posting { .. } => "posting",
            Place::Table { table } => table,
            Place::Archive { .. } => "archive",
            Place::Link { .. } => "entry_link",
            Place::Summary { .. } => "summary",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.table();
        match self {
            Place::Head | Place::Table { .. } => f.write_str(table),
            Place::Segment { segment_no } | Place::Summary { segment_no } => write!(f, "{table} {segment_no}"),
            Place::Archive { offset } => write!(f, "{table} at byte {offset}"),
            Place::Account { account_no } => write!(f, "{table} {account_no}"),
            Place::Setting { setting_no } => write!(f, "{table} {setting_no}"),
            Place::Register { register_no } => write!(f, "{table} {register_no}"),
            Place::Commit { commit_no } => write!(f, "{table} {commit_no}"),
            Place::Entry { sequence } | Place::Link { sequence } => write!(f, "{table} {sequence}"),
            Place::Posting { sequence, leg } => write!(f, "{table} {sequence} leg {leg}"),
        }
    }
}

/// What must hold of a row, in the order in which it is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// Every value is one that the program can write.
    Readable,
    /// Numbers and sequences have no gaps.
    Dense,
    /// A row refers to one that exists.
    Known,
    /// A commit carries the hash of the commit before.
    PreviousHash,
    /// A commit is later than the commit before; an entry has the time of its commit.
    BookedAt,
    /// A commit's last sequence is not before its first.
    SequencesOrdered,
    /// A commit's root is that of its entries' tree.
    EntriesRoot,
    /// A commit's hash is that of its header and root; another row's is that of its own and the hash before.
    Hash,
    /// Every entry belongs to a commit.
    InCommit,
    /// An entry's kind is known, and it says of other entries what its kind says of them.
    Kind,
    /// Every posting belongs to an entry.
    HasEntry,
    /// An entry has at least two legs.
    LegCount,
    /// A posting moves something.
    AmountNotZero,
    /// A posting is in its account's currency.
    Currency,
    /// A posting has its entry's effective date.
    EffectiveDate,
    /// A posting is in the layer of its entry's kind.
    Layer,
    /// A posting names an item exactly where its account keeps items.
    Item,
    /// A posting is on an account that was open to it: not closed, and not frozen on its side.
    AccountOpen,
    /// Running debits follow from the posting before.
    DebitsAfter,
    /// Running credits follow from the posting before.
    CreditsAfter,
    /// An entry sums to zero in each currency.
    Balances,
    /// No account and no limit group passes by an entry the limit that was in force for it.
    WithinLimits,
    /// An entry counts on a day that was open to it.
    DayOpen,
    /// An entry that was posted by a template names a version that was in force.
    TemplateInForce,
    /// The trial balance that was sealed is the one that follows from the journal.
    SealedTrialBalance,
    /// The members of a limit group are the accounts that its record names.
    GroupMembers,
    /// An entry that takes from another names one of which something is left.
    TakesFromEarlier,
    /// It takes no more than is left, and moves what it no longer holds.
    TakesWhatIsLeft,
    /// No hold outlasts its time.
    HoldsEndInTime,
    /// An entry that was to move at most an amount moves no more.
    MovesAtMost,
    /// The head is where the last rows are.
    HeadIsLast,
    /// What somebody keeps of the book is still in it.
    Remembered,
    /// An archive is whole and in order.
    ArchiveWhole,
    /// An archive is what was written.
    ArchiveDigest,
    /// No two entries have the same id.
    IdOnce,
    /// What is looked for of an entry is what the entry says.
    Link,
    /// What was summed up is what the postings come to.
    Summary,
    /// The files of a detached segment are what was written.
    FilesWhole,
}

impl Rule {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Rule::Readable => "readable",
            Rule::Dense => "dense",
            Rule::Known => "known",
            Rule::PreviousHash => "previous_hash",
            Rule::BookedAt => "booked_at",
            Rule::SequencesOrdered => "sequences_ordered",
            Rule::EntriesRoot => "entries_root",
            Rule::Hash => "hash",
            Rule::InCommit => "in_commit",
            Rule::Kind => "kind",
            Rule::HasEntry => "has_entry",
            Rule::LegCount => "leg_count",
            Rule::AmountNotZero => "amount_not_zero",
            Rule::Currency => "currency",
            Rule::EffectiveDate => "effective_date",
            Rule::Layer => "layer",
            Rule::Item => "item",
            Rule::AccountOpen => "account_open",
            Rule::DebitsAfter => "debits_after",
            Rule::CreditsAfter => "credits_after",
            Rule::Balances => "balances",
            Rule::WithinLimits => "within_limits",
            Rule::DayOpen => "day_open",
            Rule::TemplateInForce => "template_in_force",
            Rule::SealedTrialBalance => "sealed_trial_balance",
            Rule::GroupMembers => "group_members",
            Rule::TakesFromEarlier => "takes_from_earlier",
            Rule::TakesWhatIsLeft => "takes_what_is_left",
            Rule::HoldsEndInTime => "holds_end_in_time",
            Rule::MovesAtMost => "moves_at_most",
            Rule::HeadIsLast => "head_is_last",
            Rule::Remembered => "remembered",
            Rule::ArchiveWhole => "archive_whole",
            Rule::ArchiveDigest => "archive_digest",
            Rule::IdOnce => "id_once",
            Rule::Link => "link",
            Rule::Summary => "summary",
            Rule::FilesWhole => "files_whole",
        }
    }

    /// What must hold, as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Rule::Readable => "every value must be one that this program can write",
            Rule::Dense => "numbers must have no gaps",
            Rule::Known => "the row it refers to must exist",
            Rule::PreviousHash => "a commit must carry the hash of the commit before",
            Rule::BookedAt => "times must rise from commit to commit, and an entry must have its commit's",
            Rule::SequencesOrdered => "a commit must not end before it begins",
            Rule::EntriesRoot => "the root must be that of the tree of the commit's entries",
            Rule::Hash => "the hash must be that of the rows it covers",
            Rule::InCommit => "every entry must belong to a commit",
            Rule::Kind => "the kind must be known, and what it says of other entries must go with it",
            Rule::HasEntry => "every posting must belong to an entry",
            Rule::LegCount => "an entry must have at least two legs",
            Rule::AmountNotZero => "a posting must move something",
            Rule::Currency => "a posting must be in its account's currency",
            Rule::EffectiveDate => "a posting must have its entry's effective date",
            Rule::Layer => "a posting must be in the layer of its entry's kind",
            Rule::Item => "a posting must name an item exactly where its account keeps items",
            Rule::AccountOpen => "the account must have been open to the posting",
            Rule::DebitsAfter => "the account's debits must follow from the posting before",
            Rule::CreditsAfter => "the account's credits must follow from the posting before",
            Rule::Balances => "an entry must sum to zero in each currency",
            Rule::WithinLimits => "an entry must not take an account or a limit group past its limit",
            Rule::DayOpen => "an entry must count on a day that was open to it",
            Rule::TemplateInForce => "the template must have been in force when the entry was written",
            Rule::SealedTrialBalance => "the sealed trial balance must be the one that follows from the journal",
            Rule::GroupMembers => "the members of a limit group must be the accounts that its record names",
            Rule::TakesFromEarlier => "what it takes from must be an entry of which something is left",
            Rule::TakesWhatIsLeft => "it must take no more than is left",
            Rule::HoldsEndInTime => "a hold must end when its time is over",
            Rule::MovesAtMost => "an entry must move no more than it was to move at most",
            Rule::HeadIsLast => "the head must be where the last rows are",
            Rule::Remembered => "what was kept of the book must still be in it",
            Rule::ArchiveWhole => "an archive must be whole and in order",
            Rule::ArchiveDigest => "an archive must be what was written",
            Rule::IdOnce => "an entry must have an id of its own",
            Rule::Link => "what is looked for of an entry must be what the entry says",
            Rule::Summary => "what was summed up must be what the postings come to",
            Rule::FilesWhole => "the files of a detached segment must be there, and what was written",
        }
    }
}

/// The first row that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What should hold of it.
    pub rule: Rule,
    /// What follows from the rows before.
    pub expected: String,
    /// What the row says.
    pub actual: String,
}

impl Finding {
    /// A finding, unless both are the same.
    pub(super) fn unless_equal<T: PartialEq + ToString>(
        place: Place,
        rule: Rule,
        expected: &T,
        actual: &T,
    ) -> Result<(), Finding> {
        if expected == actual {
            return Ok(());
        }
        Err(Finding { place, rule, expected: expected.to_string(), actual: actual.to_string() })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { place, rule, expected, actual } = self;
        write!(f, "{place}: {}; expected {expected}, found {actual}", rule.sentence())
    }
}
