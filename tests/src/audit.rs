//! The book as auditors see it: by the SQL that is shipped for them, and nothing else.

use dianfu_ledger::verify::audit;
use tokio_postgres::Client;

/// Something that an audit finds wrong.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Wrong {
    /// The audit's name.
    pub audit: &'static str,
    /// Where.
    pub place: String,
    /// Which rule.
    pub rule: String,
    /// What is expected.
    pub expected: Option<String>,
    /// What is there.
    pub actual: Option<String>,
}

/// Everything that any audit finds wrong; `client` has the book as its search path.
pub async fn audited(client: &Client) -> Vec<Wrong> {
    let mut found = Vec::new();
    for audit in audit::ALL {
        let rows = client.query(audit.sql, &[]).await;
        let rows = rows.unwrap_or_else(|error| panic!("{}: {error:?}", audit.name));
        found.extend(rows.iter().map(|row| Wrong {
            audit: audit.name,
            place: row.get("place"),
            rule: row.get("rule"),
            expected: row.get("expected"),
            actual: row.get("actual"),
        }));
    }
    found
}

/// No audit may find anything.
pub async fn assert_audited(client: &Client) {
    assert_eq!(audited(client).await, []);
}
