//! Templates: every entry that was posted by one names a version that was in force when it was written.

use std::collections::{BTreeSet, HashMap};

use tokio_postgres::Transaction;

use super::row::Entry;
use super::{Finding, Halt, Rule, sql};

/// The versions on record, and those that are in force for the next entry.
pub struct Templates {
    all: Vec<Version>,
    passed: usize,
    in_force: HashMap<String, i64>,
    numbers: BTreeSet<i64>,
}

struct Version {
    register_no: i64,
    name: String,
    after_sequence: i64,
    is_retired: bool,
}

impl Templates {
    /// Reads what matters of them: not their content, which the hash covers.
    pub async fn read(tx: &Transaction<'_>) -> Result<Templates, Halt> {
        let rows = tx.query(sql::TEMPLATES, &[]).await?;
        let version = |row: &tokio_postgres::Row| Version {
            register_no: row.get("register_no"),
            name: row.get("name"),
            after_sequence: row.get("after_sequence"),
            is_retired: row.get("is_retired"),
        };
        let all = rows.iter().map(version).collect();
        Ok(Templates { all, passed: 0, in_force: HashMap::new(), numbers: BTreeSet::new() })
    }

    /// Entries come in order of sequence.
    pub fn check(&mut self, entry: &Entry) -> Result<(), Finding> {
        let Some(template_no) = entry.template_no else { return Ok(()) };
        self.pass_to(entry.sequence);
        if self.numbers.contains(&template_no.into()) {
            return Ok(());
        }
        let expected = "a version in force".to_owned();
        Err(Finding { place: entry.place(), rule: Rule::TemplateInForce, expected, actual: template_no.to_string() })
    }

    fn pass_to(&mut self, sequence: i64) {
        while let Some(version) = self.all.get(self.passed).filter(|version| version.after_sequence < sequence) {
            if let Some(before) = self.in_force.remove(&version.name) {
                self.numbers.remove(&before);
            }
            if !version.is_retired {
                self.in_force.insert(version.name.clone(), version.register_no);
                self.numbers.insert(version.register_no);
            }
            self.passed += 1;
        }
    }
}
