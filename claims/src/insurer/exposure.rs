//! How much of each credit line is used, and by what: the advance exposure.
//!
//! Read from the ledger as it is now; costs one index probe an account, and one pass over the postings of open items
//! for the oldest.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::limit_group;
use dianfu_settlement::chart::{self, Line};
use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;
use tokio_postgres::GenericClient;

use crate::error::Error;
use crate::sql;
use crate::sql::insurers::exposure::AccountBalance;

/// What an insurer's credit line is used for. Amounts in minor units of the line's currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exposure {
    /// The insurer.
    pub insurer: PartyNo,
    /// The line in force; `None` if there is none any more.
    pub limit_minor: Option<i64>,
    /// Held for approved claims.
    pub committed_minor: i64,
    /// 1101: advanced and not yet decided.
    pub advanced_minor: i64,
    /// 1102: approved and due.
    pub due_minor: i64,
    /// 1109: not covered, or disputed.
    pub disputed_minor: i64,
    /// What of the line is left; negative where it was lowered below what is used.
    pub headroom_minor: Option<i64>,
    /// The day of the oldest open item.
    pub oldest_on: Option<Date>,
}

/// The exposure of these insurers, in their order; one that has no accounts is left out.
pub async fn exposure(client: &impl GenericClient, insurers: &[PartyNo]) -> Result<Vec<Exposure>, Error> {
    let lines = [chart::ADVANCED, chart::DUE, chart::SHORTFALL];
    let of = |insurer: &PartyNo| lines.map(|line: Line| line.of(insurer));
    let accounts: Vec<AccountCode> = insurers.iter().flat_map(of).collect();
    let balances = sql::insurers::exposure::balances(client, &accounts).await?;
    let groups = limit_group::in_force(client).await?;
    let mut found = Vec::with_capacity(insurers.len());
    for insurer in insurers {
        let [advanced, due, disputed] = of(insurer).map(|code| balances.iter().find(|known| known.account == code));
        let (Some(advanced), Some(due), Some(disputed)) = (advanced, due, disputed) else { continue };
        let name = chart::credit_line_name(insurer);
        let limit_minor = groups.iter().find(|view| view.name == name).and_then(|view| view.group.limits.max_minor);
        found.push(Exposure {
            insurer: insurer.clone(),
            limit_minor,
            committed_minor: advanced.held_minor,
            advanced_minor: advanced.settled_minor,
            due_minor: due.settled_minor,
            disputed_minor: disputed.settled_minor,
            headroom_minor: limit_minor.map(|limit| left_of(limit, &[advanced, due, disputed])),
            oldest_on: [advanced, due, disputed].into_iter().filter_map(|known| known.oldest_on).min(),
        });
    }
    Ok(found)
}

/// A limit less what is settled and held; clamped, though no book can hold so much.
fn left_of(limit_minor: i64, balances: &[&AccountBalance]) -> i64 {
    let used = balances.iter().map(|known| i128::from(known.settled_minor) + i128::from(known.held_minor));
    let left = i128::from(limit_minor) - used.sum::<i128>();
    i64::try_from(left).unwrap_or(if left < 0 { i64::MIN } else { i64::MAX })
}
