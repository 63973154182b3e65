//! Summaries: what was summed up behind the writer is what the postings come to.
//!
//! The totals are derived again from the postings, in SQL; each statement names the first row that differs. Costs a few
//! passes over the postings on the server, and no memory here.

use tokio_postgres::IsolationLevel;

use crate::book::BookName;
use crate::db::Database;
use crate::error::Error;

use super::{Finding, Place, Rule};

/// Every statement by name.
pub const ALL: [(&str, &str); 4] = [
    ("DATES", include_str!("summaries/dates.sql")),
    ("ACCOUNT_TOTALS", include_str!("summaries/account_totals.sql")),
    ("DAY_TOTALS", include_str!("summaries/day_totals.sql")),
    ("ITEM_TOTALS", include_str!("summaries/item_totals.sql")),
];

/// The first sum that differs.
pub(super) async fn find(database: &Database, book: &BookName) -> Result<Option<Finding>, Error> {
    let mut client = database.connect_service(&book.schema()).await?;
    let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let tx = snapshot.start().await?;
    // Compiling statements that run once does not pay.
    tx.batch_execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off").await?;
    for (_, statement) in ALL {
        let Some(row) = tx.query_opt(statement, &[]).await? else { continue };
        let of_what = |column: &str| format!("{}: {}", row.get::<_, &str>("what"), row.get::<_, &str>(column));
        return Ok(Some(Finding {
            place: Place::Summary { segment_no: row.get("segment_no") },
            rule: Rule::Summary,
            expected: of_what("expected"),
            actual: of_what("actual"),
        }));
    }
    Ok(None)
}
