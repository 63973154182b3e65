//! What a vandal may do to the journal, column by column, and what the check must say to it. The book that is altered
//! is [`super::book_to_alter`].

use dianfu_ledger::verify::{Place, Rule};

/// One alteration: the columns it touches, the statement, and the row and rule that must be named.
pub struct Alteration(pub &'static [&'static str], pub &'static str, pub Place, pub Rule);

const fn posting(sequence: i64, leg: i16) -> Place {
    Place::Posting { sequence, leg }
}

const fn entry_at(sequence: i64) -> Place {
    Place::Entry { sequence }
}

const fn commit(commit_no: i64) -> Place {
    Place::Commit { commit_no }
}

const fn account(account_no: i32) -> Place {
    Place::Account { account_no }
}

const SETTING: Place = Place::Setting { setting_no: 1 };
const RECORD: Place = Place::Register { register_no: 1 };
pub const ROOT: Rule = Rule::EntriesRoot;
const DENSE: Rule = Rule::Dense;
pub const HASH: Rule = Rule::Hash;

pub const ALTERATIONS: &[Alteration] = &[
    // Entries, column by column. What no rule constrains shows in the hash of the commit.
    Alteration(&["entry.sequence"], "UPDATE entry SET sequence = 60 WHERE sequence = 2", entry_at(2), Rule::Dense),
    Alteration(&["entry.sequence"], "UPDATE entry SET sequence = 7 WHERE sequence = 6", entry_at(6), Rule::Dense),
    Alteration(
        &["entry.entry_id"],
        "UPDATE entry SET entry_id = gen_random_uuid() WHERE sequence = 1",
        commit(1),
        ROOT,
    ),
    Alteration(&["entry.kind"], "UPDATE entry SET kind = 1 WHERE sequence = 1", posting(1, 0), Rule::Layer),
    Alteration(&["entry.kind"], "UPDATE entry SET kind = 7 WHERE sequence = 1", entry_at(1), Rule::Kind),
    Alteration(&["entry.kind"], "UPDATE entry SET kind = 2 WHERE sequence = 3", posting(3, 0), Rule::DebitsAfter),
    Alteration(
        &["entry.effective_date"],
        "UPDATE entry SET effective_date = '2024-02-02' WHERE sequence = 4",
        posting(4, 0),
        Rule::EffectiveDate,
    ),
    Alteration(
        &["entry.effective_date"],
        "UPDATE entry SET effective_date = 'infinity' WHERE sequence = 2",
        entry_at(2),
        Rule::Readable,
    ),
    Alteration(
        &["entry.booked_at"],
        "UPDATE entry SET booked_at = booked_at - interval '1 microsecond' WHERE sequence = 3",
        entry_at(3),
        Rule::BookedAt,
    ),
    Alteration(
        &["entry.relates_to"],
        "UPDATE entry SET relates_to = gen_random_uuid() WHERE sequence = 1",
        entry_at(1),
        Rule::Kind,
    ),
    Alteration(
        &["entry.relates_to"],
        "UPDATE entry SET relates_to = (SELECT entry_id FROM entry WHERE sequence = 1) WHERE sequence = 4",
        entry_at(4),
        Rule::TakesFromEarlier,
    ),
    Alteration(
        &["entry.relates_to"],
        "UPDATE entry SET relates_to = NULL WHERE sequence = 4",
        entry_at(4),
        Rule::TakesFromEarlier,
    ),
    Alteration(&["entry.value_date"], "UPDATE entry SET value_date = '2024-01-01' WHERE sequence = 1", commit(1), ROOT),
    Alteration(
        &["entry.hold_group"],
        "UPDATE entry SET hold_group = gen_random_uuid() WHERE sequence = 6",
        commit(5),
        ROOT,
    ),
    Alteration(
        &["entry.expires_at"],
        "UPDATE entry SET expires_at = '9000-01-01' WHERE sequence = 1",
        entry_at(1),
        Rule::Kind,
    ),
    Alteration(
        &["entry.expires_at"],
        "UPDATE entry SET expires_at = (SELECT booked_at FROM entry WHERE sequence = 4) WHERE sequence = 3",
        commit(2),
        ROOT,
    ),
    Alteration(
        &["entry.at_most_minor"],
        "UPDATE entry SET at_most_minor = 10 WHERE sequence = 6",
        entry_at(6),
        Rule::MovesAtMost,
    ),
    Alteration(&["entry.at_most_minor"], "UPDATE entry SET at_most_minor = NULL WHERE sequence = 4", commit(3), ROOT),
    Alteration(&["entry.adjusting"], "UPDATE entry SET adjusting = true WHERE sequence = 2", commit(2), ROOT),
    Alteration(
        &["entry.template_no"],
        "UPDATE entry SET template_no = 1 WHERE sequence = 2",
        entry_at(2),
        Rule::TemplateInForce,
    ),
    Alteration(
        &["posting.due_date"],
        "UPDATE posting SET due_date = '2024-01-01' WHERE sequence = 1 AND leg = 0",
        commit(1),
        ROOT,
    ),
    Alteration(&["commit.entries_root"], "UPDATE commit SET entries_root = hash WHERE commit_no = 2", commit(2), ROOT),
    // The register, column by column.
    Alteration(
        &["register.register_no"],
        "UPDATE register SET register_no = 3 WHERE register_no = 2",
        Place::Register { register_no: 3 },
        DENSE,
    ),
    Alteration(&["register.kind"], "UPDATE register SET kind = 'closing' WHERE register_no = 1", RECORD, HASH),
    Alteration(&["register.name"], "UPDATE register SET name = 'x' WHERE register_no = 1", RECORD, HASH),
    Alteration(&["register.content"], "UPDATE register SET content = '{}' WHERE register_no = 1", RECORD, HASH),
    Alteration(
        &["register.after_sequence"],
        "UPDATE register SET after_sequence = 1 WHERE register_no = 1",
        RECORD,
        HASH,
    ),
    Alteration(
        &["register.proposed_by"],
        "UPDATE register SET proposed_by = 'nobody' WHERE register_no = 1",
        RECORD,
        HASH,
    ),
    Alteration(
        &["register.recorded_at"],
        "UPDATE register SET recorded_at = now() WHERE register_no = 1",
        RECORD,
        HASH,
    ),
    Alteration(&["register.actor"], "UPDATE register SET actor = 'me' WHERE register_no = 1", RECORD, HASH),
    Alteration(&["register.reason"], "UPDATE register SET reason = '' WHERE register_no = 1", RECORD, HASH),
    Alteration(&["register.hash"], "UPDATE register SET hash = sha256(hash) WHERE register_no = 1", RECORD, HASH),
    Alteration(
        &["limit_group_member.account_no"],
        "UPDATE limit_group_member SET account_no = 3 WHERE account_no = 2",
        RECORD,
        Rule::GroupMembers,
    ),
    Alteration(
        &["limit_group_member.register_no"],
        "UPDATE limit_group_member SET register_no = 2 WHERE account_no = 2",
        RECORD,
        Rule::GroupMembers,
    ),
    Alteration(&[], "DELETE FROM limit_group_member", RECORD, Rule::GroupMembers),
    Alteration(&[], "DELETE FROM register WHERE register_no = 2", Place::Head, Rule::HeadIsLast),
    Alteration(&["head.next_expiry"], "UPDATE head SET next_expiry = NULL", Place::Head, Rule::HoldsEndInTime),
    Alteration(
        &["head.next_expiry"],
        "UPDATE head SET next_expiry = next_expiry + interval '1 microsecond'",
        Place::Head,
        Rule::HoldsEndInTime,
    ),
    Alteration(
        &["head.soft_closed_through"],
        "UPDATE head SET soft_closed_through = '2024-01-01'",
        Place::Head,
        Rule::HeadIsLast,
    ),
    Alteration(
        &["head.hard_closed_through"],
        "UPDATE head SET hard_closed_through = NULL",
        Place::Head,
        Rule::HeadIsLast,
    ),
    Alteration(&["head.register_no"], "UPDATE head SET register_no = 7", Place::Head, Rule::HeadIsLast),
    Alteration(&["head.register_hash"], "UPDATE head SET register_hash = hash", Place::Head, Rule::HeadIsLast),
    Alteration(&["account.type"], "UPDATE account SET type = 'equity' WHERE account_no = 5", account(5), HASH),
    Alteration(&["account_setting.frozen"], "UPDATE account_setting SET frozen = 'in'", SETTING, HASH),
    Alteration(&["account_setting.parent"], "UPDATE account_setting SET parent = '1101'", SETTING, HASH),
    Alteration(&["account_setting.metadata"], "UPDATE account_setting SET metadata = '1'", SETTING, HASH),
    Alteration(&["entry.reference"], "UPDATE entry SET reference = '' WHERE sequence = 2", commit(2), ROOT),
    Alteration(
        &["entry.description"],
        "UPDATE entry SET description = description || ' ' WHERE sequence = 6",
        commit(5),
        ROOT,
    ),
    Alteration(&["entry.metadata"], "UPDATE entry SET metadata = '{\"a\":1}' WHERE sequence = 2", commit(2), ROOT),
    Alteration(&["entry.metadata"], "UPDATE entry SET metadata = '0' WHERE sequence = 4", commit(3), ROOT),
    Alteration(&["entry.actor"], "UPDATE entry SET actor = 'nobody' WHERE sequence = 5", commit(4), ROOT),
    Alteration(&[], "DELETE FROM entry WHERE sequence = 3", entry_at(3), Rule::Dense),
    Alteration(&[], "DELETE FROM entry WHERE sequence = 6", entry_at(6), Rule::Dense),
    Alteration(
        &[],
        "INSERT INTO entry SELECT 7, gen_random_uuid(), kind, effective_date, booked_at, value_date, NULL, hold_group, \
         expires_at, at_most_minor, adjusting, template_no, reference, description, metadata, actor \
         FROM entry WHERE sequence = 1",
        entry_at(7),
        Rule::InCommit,
    ),
    Alteration(
        &[],
        "INSERT INTO entry SELECT 0, gen_random_uuid(), kind, effective_date, booked_at, value_date, NULL, hold_group, \
         expires_at, at_most_minor, adjusting, template_no, reference, description, metadata, actor \
         FROM entry WHERE sequence = 1",
        entry_at(1),
        Rule::Dense,
    ),
    // Postings, column by column.
    Alteration(
        &["posting.sequence"],
        "UPDATE posting SET sequence = 0 WHERE sequence = 1 AND leg = 0",
        posting(0, 0),
        Rule::HasEntry,
    ),
    Alteration(
        &["posting.sequence"],
        "UPDATE posting SET sequence = 99 WHERE sequence = 6 AND leg = 1",
        entry_at(6),
        Rule::LegCount,
    ),
    Alteration(
        &["posting.amount_minor"],
        "UPDATE posting SET amount_minor = amount_minor + 1 WHERE sequence = 2 AND leg = 1",
        posting(2, 1),
        Rule::CreditsAfter,
    ),
    Alteration(
        &["posting.amount_minor"],
        "UPDATE posting SET amount_minor = -amount_minor WHERE sequence = 1 AND leg = 0",
        posting(1, 0),
        Rule::DebitsAfter,
    ),
    Alteration(
        &["posting.amount_minor"],
        "ALTER TABLE posting DROP CONSTRAINT posting_amount_not_zero; \
         UPDATE posting SET amount_minor = 0 WHERE sequence = 1 AND leg = 1",
        posting(1, 1),
        Rule::AmountNotZero,
    ),
    Alteration(
        &["posting.amount_minor", "posting.debits_after"],
        "UPDATE posting SET amount_minor = 21, debits_after = 21 WHERE sequence = 6 AND leg = 0",
        entry_at(6),
        Rule::Balances,
    ),
    Alteration(
        &["posting.amount_minor", "posting.debits_after", "posting.credits_after"],
        "UPDATE posting SET amount_minor = CASE leg WHEN 0 THEN 21 ELSE -21 END, \
         debits_after = CASE leg WHEN 0 THEN 21 ELSE 0 END, \
         credits_after = CASE leg WHEN 0 THEN 0 ELSE 21 END WHERE sequence = 6",
        commit(5),
        ROOT,
    ),
    Alteration(
        &["posting.debits_after"],
        "UPDATE posting SET debits_after = debits_after + 1 WHERE sequence = 5 AND leg = 2",
        posting(5, 2),
        Rule::DebitsAfter,
    ),
    Alteration(
        &["posting.credits_after"],
        "UPDATE posting SET credits_after = 1 WHERE sequence = 4 AND leg = 1",
        posting(4, 1),
        Rule::CreditsAfter,
    ),
    Alteration(
        &["posting.account_no"],
        "UPDATE posting SET account_no = 99 WHERE sequence = 1 AND leg = 0",
        posting(1, 0),
        Rule::Known,
    ),
    Alteration(
        &["posting.account_no"],
        "UPDATE posting SET account_no = 2 WHERE sequence = 5 AND leg = 3",
        posting(5, 3),
        Rule::DebitsAfter,
    ),
    Alteration(
        &["posting.effective_date"],
        "UPDATE posting SET effective_date = '2023-01-01' WHERE sequence = 3 AND leg = 1",
        posting(3, 1),
        Rule::EffectiveDate,
    ),
    Alteration(
        &["posting.leg"],
        "UPDATE posting SET leg = 5 WHERE sequence = 5 AND leg = 3",
        posting(5, 5),
        Rule::Dense,
    ),
    Alteration(&["posting.leg"], "UPDATE posting SET leg = leg + 1 WHERE sequence = 1", posting(1, 1), Rule::Dense),
    Alteration(
        &["posting.layer"],
        "UPDATE posting SET layer = 1 WHERE sequence = 2 AND leg = 0",
        posting(2, 0),
        Rule::Layer,
    ),
    Alteration(
        &["posting.currency"],
        "UPDATE posting SET currency = 'EUR' WHERE sequence = 5 AND leg = 1",
        posting(5, 1),
        Rule::Currency,
    ),
    Alteration(
        &["posting.item"],
        "UPDATE posting SET item = NULL WHERE sequence = 1 AND leg = 1",
        posting(1, 1),
        Rule::Item,
    ),
    Alteration(
        &["posting.item"],
        "UPDATE posting SET item = 'CLM-1' WHERE sequence = 2 AND leg = 0",
        posting(2, 0),
        Rule::Item,
    ),
    Alteration(&["posting.item"], "UPDATE posting SET item = 'CLM-2' WHERE sequence = 2 AND leg = 1", commit(2), ROOT),
    Alteration(
        &["posting.item"],
        "UPDATE posting SET item = 'CLM-9' WHERE sequence = 4 AND leg = 0",
        posting(4, 0),
        Rule::TakesWhatIsLeft,
    ),
    Alteration(&[], "DELETE FROM posting WHERE sequence = 4 AND leg = 1", entry_at(4), Rule::LegCount),
    Alteration(&[], "DELETE FROM posting WHERE sequence = 6", entry_at(6), Rule::LegCount),
    Alteration(
        &[],
        "INSERT INTO posting SELECT 99, amount_minor, debits_after, credits_after, account_no, effective_date, leg, \
         layer, currency, item, due_date FROM posting WHERE sequence = 1",
        posting(99, 0),
        Rule::HasEntry,
    ),
    Alteration(
        &[],
        "INSERT INTO posting VALUES (1, 5, 5, 0, 4, '2024-01-02', 2, 0, 'CNY', NULL, NULL)",
        entry_at(1),
        Rule::Balances,
    ),
    // Commits, column by column.
    Alteration(&["commit.commit_no"], "UPDATE commit SET commit_no = 50 WHERE commit_no = 5", commit(50), Rule::Dense),
    Alteration(
        &["commit.first_sequence"],
        "UPDATE commit SET first_sequence = 3 WHERE commit_no = 2",
        commit(2),
        Rule::Dense,
    ),
    Alteration(&["commit.last_sequence"], "UPDATE commit SET last_sequence = 2 WHERE commit_no = 2", commit(2), ROOT),
    Alteration(
        &["commit.last_sequence"],
        "ALTER TABLE commit DROP CONSTRAINT commit_sequences_ordered; \
         UPDATE commit SET last_sequence = 0 WHERE commit_no = 1",
        commit(1),
        Rule::SequencesOrdered,
    ),
    Alteration(
        &["commit.last_sequence"],
        "UPDATE commit SET last_sequence = 7 WHERE commit_no = 5",
        entry_at(7),
        Rule::Dense,
    ),
    Alteration(
        &["commit.booked_at"],
        "UPDATE commit SET booked_at = booked_at + interval '1 microsecond' WHERE commit_no = 3",
        entry_at(4),
        Rule::BookedAt,
    ),
    Alteration(
        &["commit.booked_at"],
        "UPDATE commit SET booked_at = '2001-01-01' WHERE commit_no = 3",
        commit(3),
        Rule::BookedAt,
    ),
    Alteration(
        &["commit.previous_hash"],
        "UPDATE commit SET previous_hash = hash WHERE commit_no = 3",
        commit(3),
        Rule::PreviousHash,
    ),
    Alteration(
        &["commit.hash"],
        "UPDATE commit SET hash = set_byte(hash, 31, get_byte(hash, 31) # 1) WHERE commit_no = 4",
        commit(4),
        Rule::Hash,
    ),
    Alteration(&[], "DELETE FROM commit WHERE commit_no = 1", commit(2), Rule::Dense),
    Alteration(&[], "DELETE FROM commit WHERE commit_no = 5", entry_at(6), Rule::InCommit),
    // The head, column by column.
    Alteration(&["head.sequence"], "UPDATE head SET sequence = 5", Place::Head, Rule::HeadIsLast),
    Alteration(&["head.commit_no"], "UPDATE head SET commit_no = 6", Place::Head, Rule::HeadIsLast),
    Alteration(&["head.hash"], "UPDATE head SET hash = sha256(hash)", Place::Head, Rule::HeadIsLast),
    Alteration(&["head.booked_at"], "UPDATE head SET booked_at = now()", Place::Head, Rule::HeadIsLast),
    Alteration(&["head.account_no"], "UPDATE head SET account_no = 13", Place::Head, Rule::HeadIsLast),
    Alteration(&["head.setting_no"], "UPDATE head SET setting_no = 0", Place::Head, Rule::HeadIsLast),
    Alteration(&["head.segment_no"], "UPDATE head SET segment_no = 0", Place::Head, Rule::HeadIsLast),
    Alteration(&["head.segment_end"], "UPDATE head SET segment_end = 0", Place::Head, Rule::HeadIsLast),
    Alteration(&[], "DELETE FROM head", Place::Head, Rule::Readable),
    Alteration(&["head.account_hash"], "UPDATE head SET account_hash = hash", Place::Head, Rule::HeadIsLast),
    Alteration(&["head.setting_hash"], "UPDATE head SET setting_hash = hash", Place::Head, Rule::HeadIsLast),
    // Segments, column by column.
    Alteration(
        &["segment.segment_no"],
        "UPDATE segment SET segment_no = 2",
        Place::Segment { segment_no: 2 },
        Rule::Dense,
    ),
    Alteration(
        &["segment.first_sequence"],
        "UPDATE segment SET first_sequence = 2",
        Place::Segment { segment_no: 1 },
        Rule::Dense,
    ),
    Alteration(&["segment.last_sequence"], "UPDATE segment SET last_sequence = 7", Place::Head, Rule::HeadIsLast),
    Alteration(
        &["segment.sealed_at"],
        "UPDATE segment SET sealed_at = now()",
        Place::Segment { segment_no: 1 },
        Rule::SequencesOrdered,
    ),
    Alteration(&[], "DELETE FROM segment", Place::Head, Rule::HeadIsLast),
    // Accounts, column by column.
    Alteration(&["account.account_no"], "UPDATE account SET account_no = 99 WHERE account_no = 3", account(4), DENSE),
    Alteration(&["account.code"], "UPDATE account SET code = '1009' WHERE account_no = 2", account(2), HASH),
    Alteration(
        &["account.code"],
        "UPDATE account SET code = 'x' WHERE account_no = 5;
         UPDATE account SET code = (SELECT code FROM account_copy WHERE account_no = 5) WHERE account_no = 6;
         UPDATE account SET code = (SELECT code FROM account_copy WHERE account_no = 6) WHERE account_no = 5",
        account(5),
        HASH,
    ),
    Alteration(&["account.name"], "UPDATE account SET name = name || ' ' WHERE account_no = 14", account(14), HASH),
    Alteration(&["account.currency"], "UPDATE account SET currency = 'EUR' WHERE account_no = 1", account(1), HASH),
    Alteration(
        &["account.normal_side"],
        "UPDATE account SET normal_side = translate(normal_side, 'DC', 'CD')",
        account(1),
        HASH,
    ),
    Alteration(&["account.open_item"], "UPDATE account SET open_item = true WHERE account_no = 4", account(4), HASH),
    Alteration(
        &["account.opened_at"],
        "UPDATE account SET opened_at = opened_at - interval '1 day' WHERE account_no = 9",
        account(9),
        HASH,
    ),
    Alteration(&["account.opened_by"], "UPDATE account SET opened_by = 'me' WHERE account_no = 9", account(9), HASH),
    Alteration(&["account.hash"], "UPDATE account SET hash = sha256(hash) WHERE account_no = 7", account(7), HASH),
    Alteration(&[], "DELETE FROM account WHERE account_no = 3", account(4), DENSE),
    Alteration(&[], "DELETE FROM account WHERE account_no = 14", posting(3, 1), Rule::Known),
    Alteration(
        &[],
        "INSERT INTO account
         SELECT 15, 'new', name, type, currency, normal_side, open_item, opened_at, opened_by, hash
         FROM account WHERE account_no = 14",
        account(15),
        HASH,
    ),
    // Settings, column by column.
    Alteration(
        &["account_setting.setting_no"],
        "UPDATE account_setting SET setting_no = 2",
        Place::Setting { setting_no: 2 },
        DENSE,
    ),
    Alteration(&["account_setting.account_no"], "UPDATE account_setting SET account_no = 99", SETTING, Rule::Known),
    Alteration(&["account_setting.account_no"], "UPDATE account_setting SET account_no = 2", SETTING, HASH),
    Alteration(&["account_setting.after_sequence"], "UPDATE account_setting SET after_sequence = 1", SETTING, HASH),
    Alteration(&["account_setting.min_minor"], "UPDATE account_setting SET min_minor = 0", SETTING, HASH),
    Alteration(&["account_setting.max_minor"], "UPDATE account_setting SET max_minor = 5", SETTING, HASH),
    Alteration(&["account_setting.closed"], "UPDATE account_setting SET closed = true", SETTING, HASH),
    Alteration(&["account_setting.recorded_at"], "UPDATE account_setting SET recorded_at = now()", SETTING, HASH),
    Alteration(&["account_setting.actor"], "UPDATE account_setting SET actor = 'me'", SETTING, HASH),
    Alteration(&["account_setting.reason"], "UPDATE account_setting SET reason = ''", SETTING, HASH),
    Alteration(&["account_setting.hash"], "UPDATE account_setting SET hash = sha256(hash)", SETTING, HASH),
    Alteration(&[], "DELETE FROM account_setting", Place::Head, Rule::HeadIsLast),
];
