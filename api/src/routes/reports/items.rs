//! Reports on what is outstanding.

use axum::response::Response;
use dianfu_ledger::report::aging::Bucket;
use serde::Deserialize;

use crate::answer::Reader;
use crate::extract::Queries;
use crate::problem::Problem;
use crate::report::items;
use crate::routes::asked::{AccountQuery, FormatQuery, MomentQuery, PageQuery, one_of};
use crate::wire::report::aging::{AgedItemsBody, AgingBody};
use crate::wire::report::suspense::SuspenseBody;

/// What is outstanding by how long it has been due, account by account.
///
/// An item is due on the latest date that its postings give, and without one on its first day.
#[utoipa::path(
    get, path = "/v1/reports/aging", tag = "reports", params(AccountQuery, MomentQuery, FormatQuery),
    responses((status = 200, body = AgingBody), (status = 404, description = "There is no such account."))
)]
pub async fn aging(
    reader: Reader,
    Queries((account, moment, format)): Queries<(AccountQuery, MomentQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let question = items::Aging { account: account.code()?, moment: moment.moment() };
    reader.answer(question, format, moment.lasts()).await
}

/// Which bucket.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BucketQuery {
    /// `current`, `1-30`, `31-60`, `61-90`, `91-180` or `over-180`; all if left out.
    #[param(example = "31-60")]
    bucket: Option<String>,
}

impl BucketQuery {
    fn bucket(&self) -> Result<Option<Bucket>, Problem> {
        let read =
            |word: &String| one_of("/query/bucket", word, Bucket::from_word(word), &Bucket::ALL.map(Bucket::word));
        self.bucket.as_ref().map(read).transpose()
    }
}

/// The items behind an aging, by account and item.
///
/// The pages of one list are one answer: the cursor keeps the time that the first page was known at.
#[utoipa::path(
    get, path = "/v1/reports/aging/items", tag = "reports",
    params(AccountQuery, BucketQuery, MomentQuery, PageQuery, FormatQuery),
    responses((status = 200, body = AgedItemsBody), (status = 404, description = "There is no such account."))
)]
pub async fn aging_items(
    reader: Reader,
    Queries((account, bucket, moment, page, format)): Queries<(
        AccountQuery,
        BucketQuery,
        MomentQuery,
        PageQuery,
        FormatQuery,
    )>,
) -> Result<Response, Problem> {
    let (account, bucket) = (account.code()?, bucket.bucket()?);
    let question = items::AgingItems { account, bucket, moment: moment.moment() };
    reader.answer_pages(question, page, format, moment.lasts()).await
}

/// What stands on suspense accounts, receipt by receipt, and for how long.
///
/// Suspense accounts are those under 2190 and those whose metadata says `{"suspense": true}`.
#[utoipa::path(
    get, path = "/v1/reports/suspense", tag = "reports", params(MomentQuery, FormatQuery),
    responses((status = 200, body = SuspenseBody))
)]
pub async fn suspense(
    reader: Reader,
    Queries((moment, format)): Queries<(MomentQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    reader.answer(items::Suspense { moment: moment.moment() }, format, moment.lasts()).await
}
