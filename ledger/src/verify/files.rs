//! The files of detached segments ([`crate::segment`]): whether they are what was written, as far as that can be told
//! without the rest of the journal.
//!
//! The walk comes to a file as to any partition, and ends where the server cannot read on. Which file that is, and
//! which others are damaged too, is asked here. Where a file is read without complaint, its rows are for the walk to
//! judge, except that one that is not as large as it was is named as a file and not by the rows that it lacks.

use tokio_postgres::{Client, Row};

use crate::book::BookName;
use crate::db::Database;
use crate::error::{Error, in_full};

use super::finding::{Finding, Place, Rule};
use super::{Halt, Report, sql};

/// What came of a walk, together with what there is to say of files.
pub async fn told(
    database: &Database,
    book: &BookName,
    report: Report,
    outcome: Result<(), Halt>,
) -> Result<Report, Error> {
    let entries = report.entries;
    let walked = super::finished((report.clone(), outcome));
    let client = match database.connect_service(&book.schema()).await {
        Ok(client) => client,
        Err(error) => return walked.and(Err(error.into())),
    };
    let detached = match client.query(sql::DETACHED, &[]).await {
        Ok(detached) => detached,
        Err(error) => return walked.and(Err(error.into())),
    };
    let finding = match &walked {
        Ok(report) => {
            let damage = damage(&client, &detached, false).await?;
            let is_first = |damage: &Damage| !report.finding.as_ref().is_some_and(|it| it.place.is_before(damage.from));
            damage.filter(is_first).map(Damage::finding)
        }
        Err(Error::Corrupt(what)) => detached.iter().find(|row| has(row, entries + 1)).map(|row| {
            let segment_no = row.get("segment_no");
            Damage { segment_no, from: entries + 1, what: what.clone(), others: Vec::new() }.finding()
        }),
        Err(Error::Database(_)) => damage(&client, &detached, true).await.ok().flatten().map(Damage::finding),
        Err(_) => None,
    };
    match finding {
        Some(finding) => Ok(Report { finding: Some(finding), ..report }),
        None => walked,
    }
}

struct Damage {
    segment_no: i32,
    /// The first sequence that is not to be had.
    from: i64,
    /// What the server says.
    what: String,
    /// Other segments that it cannot read.
    others: Vec<i32>,
}

impl Damage {
    fn finding(self) -> Finding {
        let mut actual = self.what;
        if !self.others.is_empty() {
            actual = format!("{actual}; nor can these segments be read: {:?}", self.others);
        }
        let (place, expected) =
            (Place::Segment { segment_no: self.segment_no }, "files as they were written".to_owned());
        Finding { place, rule: Rule::FilesWhole, expected, actual }
    }
}

fn has(segment: &Row, sequence: i64) -> bool {
    (segment.get::<_, i64>("first_sequence")..=segment.get("last_sequence")).contains(&sequence)
}

/// What is damaged of these segments. If `whole`, every file is read.
async fn damage(client: &Client, detached: &[Row], whole: bool) -> Result<Option<Damage>, Error> {
    let mut damaged = Vec::new();
    for row in detached {
        let segment_no: i32 = row.get("segment_no");
        match client.execute(sql::READ_FILES, &[&segment_no, &whole]).await {
            Ok(_) => {}
            Err(error) if error.as_db_error().is_none() => return Err(error.into()),
            Err(error) => damaged.push((segment_no, row.get("first_sequence"), in_full(&error))),
        }
    }
    let mut damaged = damaged.into_iter();
    let first = damaged.next();
    let others = damaged.map(|(segment_no, ..)| segment_no).collect();
    Ok(first.map(|(segment_no, from, what)| Damage { segment_no, from, what, others }))
}
