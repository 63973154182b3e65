//! Insurers: put on record, brought live with papers and by two people, switched, suspended, looked at.
//!
//! An insurer sees itself, and of others not that they are there. Below: [`agreeing`], what takes two people;
//! [`coverage`], what is guaranteed; [`disputes`]; [`money`], deposits and statements.

mod agreeing;
mod coverage;
mod disputes;
mod money;

use axum::{Extension, Json};
use deadpool_postgres::Client;
use dianfu_claims::insurer::modules::{NewSwitch, switch};
use dianfu_claims::insurer::refusal::TEXT_BYTES_MAX;
use dianfu_claims::insurer::suspension::suspend;
use dianfu_claims::insurer::view::{self, ListedInsurer};
use dianfu_claims::insurer::{Insurer, checklist, register};
use dianfu_claims::party::Party;
use dianfu_ledger::clock;
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::group;
use crate::app::App;
use crate::auth::{Access, Permission};
use crate::extract::{self, PathParam};
use crate::problem::{Problem, Violation};
use crate::wire::insurer::{
    InsurerBody, InsurersBody, ListedBody, NewInsurerBody, NewPaperBody, NewSwitchesBody, NumberedBody, WordBody,
    module,
};
use crate::wire::insurer_agreed::minor;
use crate::wire::insurer_refusal::{misread, of_refusal, of_registration, unknown};

type Answer = Result<Json<InsurerBody>, Problem>;

/// Routes of insurers, each with the right it needs.
pub fn routes(app: &App) -> OpenApiRouter<App> {
    let reading = group(app, Permission::ReadClaims, |routes| {
        routes
            .routes(routes!(insurer_list))
            .routes(routes!(insurer_view))
            .routes(routes!(coverage::coverage_view))
            .routes(routes!(disputes::dispute_list))
            .routes(routes!(disputes::dispute_view))
            .routes(routes!(money::insurer_prefund))
            .routes(routes!(money::insurer_statement))
    });
    let intake = group(app, Permission::TakeInClaims, |routes| routes.routes(routes!(coverage::coverage_record)));
    let handling = group(app, Permission::HandleMoney, |routes| {
        routes
            .routes(routes!(disputes::dispute_open))
            .routes(routes!(disputes::dispute_answer))
            .routes(routes!(money::insurer_deposit))
    });
    let managing = group(app, Permission::ManageInsurers, |routes| {
        routes
            .routes(routes!(insurer_register))
            .routes(routes!(insurer_hand_in))
            .routes(routes!(insurer_switch))
            .routes(routes!(insurer_suspend))
            .routes(routes!(agreeing::insurer_propose))
            .routes(routes!(agreeing::insurer_withdraw))
    });
    let approving = group(app, Permission::ApproveInsurers, |routes| {
        routes
            .routes(routes!(agreeing::insurer_judge))
            .routes(routes!(agreeing::insurer_accept))
            .routes(routes!(agreeing::insurer_turn_down))
    });
    reading.merge(intake).merge(handling).merge(managing).merge(approving)
}

/// Insurers by number: all, or for an insurer itself.
#[utoipa::path(get, path = "/v1/insurers", tag = "insurers", responses((status = 200, body = InsurersBody)))]
pub async fn insurer_list(Extension(access): Extension<Access>) -> Result<Json<InsurersBody>, Problem> {
    let (mut client, at) = (access.ledger.client().await?, clock::now());
    let listed = view::list(&mut client, at).await?.into_iter();
    let own = listed.filter(|listed: &ListedInsurer| may_see(&access, &listed.standing.insurer.insurer_no));
    Ok(Json(InsurersBody { at, insurers: own.map(ListedBody::from).collect() }))
}

/// An insurer: where it stands, what is missing, terms, modules, what its credit line is used for.
#[utoipa::path(
    get, path = "/v1/insurers/{insurer}", tag = "insurers", params(("insurer" = String, Path, example = "picc")),
    responses(
        (status = 200, body = InsurerBody),
        (status = 404, description = "There is no such insurer, or it is not the caller's to see.")
    )
)]
pub async fn insurer_view(Extension(access): Extension<Access>, PathParam(insurer): PathParam<String>) -> Answer {
    let mut client = access.ledger.client().await?;
    let insurer = named(&insurer)?;
    if !may_see(&access, &insurer) {
        return Err(unknown(insurer.as_str()));
    }
    let shown = seen(&mut client, &insurer).await?;
    Ok(Json(if access.party.is_some() { shown.without_people() } else { shown }))
}

/// Puts an insurer on record and opens its accounts. The same again is fine; the line is set by the first time only.
#[utoipa::path(
    put, path = "/v1/insurers/{insurer}", tag = "insurers", request_body = NewInsurerBody,
    params(("insurer" = String, Path, example = "picc")),
    responses(
        (status = 200, body = InsurerBody, description = "It is on record."),
        (status = 409, description = "It is on record with other content."),
        (status = 422, description = "It cannot be put on record so.")
    )
)]
pub async fn insurer_register(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
    extract::Json(body): extract::Json<NewInsurerBody>,
) -> Answer {
    let malformed = |error: dianfu_settlement::number::NumberError| {
        misread(Violation::at("number_malformed", "/path/insurer", error.to_string()))
    };
    let insurer_no = PartyNo::parse(&insurer).map_err(malformed)?;
    let (insurer, line_minor) = read(insurer_no, body).map_err(misread)?;
    let mut client = access.ledger.client().await?;
    let registered = register(&mut client, &insurer, line_minor, &access.actor, clock::now()).await?;
    registered.map_err(|refusal| of_registration(&refusal, ""))?;
    seen(&mut client, &insurer.insurer_no).await.map(Json)
}

fn read(insurer_no: PartyNo, body: NewInsurerBody) -> Result<(Insurer, i64), Violation> {
    let NewInsurerBody { name, currency, credit_line } = body;
    if !(1..=TEXT_BYTES_MAX).contains(&name.len()) {
        let violation = Violation::at("text_length", "/name", format!("a name has 1 to {TEXT_BYTES_MAX} bytes"));
        return Err(violation.expected(format!("1 to {TEXT_BYTES_MAX} bytes"), format!("{} bytes", name.len())));
    }
    let no_currency =
        |error: dianfu_ledger::money::MoneyError| Violation::at(error.code(), "/currency", error.to_string());
    let currency: Currency = currency.parse().map_err(no_currency)?;
    let line_minor = minor(&credit_line, currency, "/credit_line")?;
    Ok((Insurer { insurer_no, name, currency }, line_minor))
}

/// Hands in a paper for the checklist. The newest one again by the same person is the same paper.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/papers", tag = "insurers", request_body = NewPaperBody,
    params(("insurer" = String, Path, example = "picc")),
    responses(
        (status = 200, body = NumberedBody, description = "It waits for another person to judge it."),
        (status = 404, description = "There is no such insurer."),
        (status = 422, description = "The paper cannot be taken.")
    )
)]
pub async fn insurer_hand_in(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
    extract::Json(body): extract::Json<NewPaperBody>,
) -> Result<Json<NumberedBody>, Problem> {
    let (insurer, paper) = (named(&insurer)?, body.read().map_err(misread)?);
    let mut client = access.ledger.client().await?;
    let taken = checklist::hand_in(&mut client, &insurer, &paper, &access.actor, clock::now()).await?;
    let number = taken.map_err(|refusal| of_refusal(&refusal, ""))?;
    Ok(Json(NumberedBody { number, insurer: seen(&mut client, &insurer).await? }))
}

/// Switches modules, all or none, from now or a later moment. It needs one person, and each switch is on record.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/switches", tag = "insurers", request_body = NewSwitchesBody,
    params(("insurer" = String, Path, example = "picc")),
    responses(
        (status = 200, body = InsurerBody, description = "They are switched."),
        (status = 404, description = "There is no such insurer."),
        (status = 422, description = "They cannot be switched so.")
    )
)]
pub async fn insurer_switch(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
    extract::Json(body): extract::Json<NewSwitchesBody>,
) -> Answer {
    let (insurer, now) = (named(&insurer)?, clock::now());
    let NewSwitchesBody { modules, is_on, from_at, reason } = body;
    let from_at = from_at.unwrap_or(now);
    let mut switches = Vec::with_capacity(modules.len());
    for (at, word) in modules.iter().enumerate() {
        let module = module(at, word).map_err(misread)?;
        switches.push(NewSwitch { module, is_on, from_at, reason: reason.clone() });
    }
    let mut client = access.ledger.client().await?;
    let done = switch(&mut client, &insurer, &switches, &access.actor, now).await?;
    done.map_err(|refusal| of_refusal(&refusal, ""))?;
    seen(&mut client, &insurer).await.map(Json)
}

/// Suspends an insurer at once: no new advances, and what was begun goes on. Lifting it is proposed, and takes two.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/suspension", tag = "insurers", request_body = WordBody,
    params(("insurer" = String, Path, example = "picc")),
    responses(
        (status = 200, body = InsurerBody, description = "It is suspended, or was before."),
        (status = 404, description = "There is no such insurer."),
        (status = 422, description = "It is not live.")
    )
)]
pub async fn insurer_suspend(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
    extract::Json(body): extract::Json<WordBody>,
) -> Answer {
    let insurer = named(&insurer)?;
    let mut client = access.ledger.client().await?;
    let done = suspend(&mut client, &insurer, (&body.reason, &access.actor), clock::now()).await?;
    done.map_err(|refusal| of_refusal(&refusal, ""))?;
    seen(&mut client, &insurer).await.map(Json)
}

/// The insurer of a number in the path. What is no number is nobody's.
pub(super) fn named(number: &str) -> Result<PartyNo, Problem> {
    PartyNo::parse(number).map_err(|_| unknown(number))
}

/// The platform sees all, an insurer itself, and nobody else any.
pub(super) fn may_see(access: &Access, insurer: &PartyNo) -> bool {
    match &access.party {
        None => true,
        Some(Party::Insurer(own)) => own == insurer,
        Some(Party::Pharmacy(_) | Party::Patient(_)) => false,
    }
}

async fn seen(client: &mut Client, insurer: &PartyNo) -> Result<InsurerBody, Problem> {
    let found = view::view(client, insurer, clock::now()).await?;
    found.map(InsurerBody::from).ok_or_else(|| unknown(insurer.as_str()))
}
