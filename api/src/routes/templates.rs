//! Journals as versioned data: recording, reading and trying templates.

use axum::Extension;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use dianfu_ledger::register::Signature;
use dianfu_ledger::template::{Template, changes};
use dianfu_ledger::template_register::{self, TemplateNo, TemplateOutcome, Version, posting};

use crate::auth::Access;
use crate::extract::{self, PathParam};
use crate::problem::{Kind, Problem, Violation};
use crate::wire::template::{
    FillingBody, NewTemplateBody, PreviewBody, RecordedTemplateBody, RetirementBody, TemplateBody, VersionsBody,
    of_definition, of_template_fault, of_unfilled,
};

const REFUSED: &str = "The template cannot be recorded";

/// Records a version of a template, in force from now on. Every version stays on record; entries name the one that
/// they were posted by. What is wrong with the template is named at all its places, and nothing is recorded.
#[utoipa::path(
    put, path = "/v1/templates/{name}", tag = "templates", request_body = NewTemplateBody,
    params(("name" = String, Path, example = "J2")),
    responses(
        (status = 200, body = RecordedTemplateBody, description = "It is in force, or would be."),
        (status = 409, description = "Another version is in force than the one that was to be replaced."),
        (status = 422, description = "It is no sound template.")
    )
)]
pub async fn template_record(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
    extract::Json(body): extract::Json<NewTemplateBody>,
) -> Result<axum::Json<RecordedTemplateBody>, Problem> {
    let template = read(&body, &name).map_err(|faults| Problem::refused(REFUSED, false, faults))?;
    let before = last(&access, &name).await?;
    let signature = Signature::of(&access.actor, &body.reason);
    let outcome = access.ledger.record_template(&template, body.replaces, signature, !body.dry_run).await?;
    let before = before.filter(|before| before.template.is_some());
    let (template_no, new) = recorded(outcome)?;
    let changes = before.as_ref().and_then(|before| Some(changes(before.template.as_ref()?, &template)));
    Ok(axum::Json(RecordedTemplateBody {
        template_no,
        new,
        replaced: before.map(|before| before.template_no).filter(|_| new),
        changes: changes.unwrap_or_default().into_iter().map(Into::into).collect(),
    }))
}

fn read(body: &NewTemplateBody, name: &str) -> Result<Template, Vec<Violation>> {
    let template = Template::parse(body.template.get()).map_err(|faults| of_definition(&faults))?;
    let actual = template.definition().name.clone();
    if actual == name {
        return Ok(template);
    }
    let violation = Violation::at("name_differs", "/template/name", "the template's name is that of the path");
    Err(vec![violation.expected(name, actual)])
}

fn recorded(outcome: TemplateOutcome) -> Result<(TemplateNo, bool), Problem> {
    match outcome {
        TemplateOutcome::Recorded(template_no) => Ok((template_no, true)),
        TemplateOutcome::Unchanged(template_no) => Ok((template_no, false)),
        TemplateOutcome::Refused(fault) => {
            let is_conflict = matches!(fault, template_register::TemplateFault::Overtaken { .. });
            Err(Problem::refused(REFUSED, is_conflict, vec![of_template_fault(&fault)]))
        }
    }
}

/// Retires a template: from now on no entry is posted by it. Its versions stay on record.
#[utoipa::path(
    post, path = "/v1/templates/{name}/retirement", tag = "templates", request_body = RetirementBody,
    params(("name" = String, Path, example = "J2")),
    responses(
        (status = 200, body = TemplateBody, description = "It is retired."),
        (status = 404, description = "No such template is in force."),
        (status = 409, description = "Another version is in force than the one that was to be retired.")
    )
)]
pub async fn template_retire(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
    extract::Json(body): extract::Json<RetirementBody>,
) -> Result<axum::Json<TemplateBody>, Problem> {
    let signature = Signature::of(&access.actor, &body.reason);
    match access.ledger.retire_template(&name, body.replaces, signature).await? {
        TemplateOutcome::Refused(template_register::TemplateFault::Unknown { .. }) => Err(unknown()),
        outcome => {
            recorded(outcome)?;
            let version = last(&access, &name).await?.ok_or_else(unknown)?;
            Ok(axum::Json(TemplateBody::from(&version)))
        }
    }
}

/// What a template would post, and every amount with how it came about. Nothing is posted.
#[utoipa::path(
    post, path = "/v1/templates/{name}/preview", tag = "templates", request_body = FillingBody,
    params(("name" = String, Path, example = "J2")),
    responses(
        (status = 200, body = PreviewBody),
        (status = 404, description = "No such template is in force, or it has no such version."),
        (status = 422, description = "The inputs do not fill it.")
    )
)]
pub async fn template_preview(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
    extract::Json(body): extract::Json<FillingBody>,
) -> Result<axum::Json<PreviewBody>, Problem> {
    let refused = |violations| Problem::refused("The template cannot be filled", false, violations);
    let filling = body.into_filling(name).map_err(|violation| refused(vec![violation]))?;
    let client = access.ledger.client().await?;
    match posting::preview(&**client, &filling).await? {
        Ok(preview) => Ok(axum::Json(preview.into())),
        Err(posting::Unfilled::TemplateUnknown { .. }) => Err(unknown()),
        Err(unfilled @ posting::Unfilled::VersionUnknown { .. }) => {
            Err(Problem::new(Kind::TemplateVersionUnknown, unfilled.to_string()))
        }
        Err(unfilled) => Err(refused(of_unfilled(&unfilled, ""))),
    }
}

/// The last version of every template, by name; retired ones have no title.
#[utoipa::path(
    get, path = "/v1/templates", tag = "templates",
    responses((status = 200, body = VersionsBody))
)]
pub async fn template_list(Extension(access): Extension<Access>) -> Result<axum::Json<VersionsBody>, Problem> {
    let client = access.ledger.client().await?;
    Ok(axum::Json(VersionsBody::of(&template_register::list(&**client).await?)))
}

/// The version of a template that is in force. Its `ETag` is its number.
#[utoipa::path(
    get, path = "/v1/templates/{name}", tag = "templates",
    params(
        ("name" = String, Path, example = "J2"),
        ("if-none-match" = Option<String>, Header, description = "The `ETag` of what you have.")
    ),
    responses(
        (status = 200, body = TemplateBody),
        (status = 304, description = "It is what you have."),
        (status = 404, description = "No such template is in force.")
    )
)]
pub async fn template_view(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let version = last(&access, &name).await?.filter(|last| last.template.is_some());
    Ok(tagged(&headers, &version.ok_or_else(unknown)?))
}

/// Every version of a template, oldest first.
#[utoipa::path(
    get, path = "/v1/templates/{name}/versions", tag = "templates",
    params(("name" = String, Path, example = "J2")),
    responses((status = 200, body = VersionsBody), (status = 404, description = "There never was such a template."))
)]
pub async fn template_versions(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
) -> Result<axum::Json<VersionsBody>, Problem> {
    let client = access.ledger.client().await?;
    let versions = template_register::history(&**client, &name).await?;
    if versions.is_empty() { Err(unknown()) } else { Ok(axum::Json(VersionsBody::of(&versions))) }
}

/// One version of a template. It never changes, and its `ETag` is its number.
#[utoipa::path(
    get, path = "/v1/templates/{name}/versions/{template_no}", tag = "templates",
    params(
        ("name" = String, Path, example = "J2"),
        ("template_no" = i32, Path, example = 17),
        ("if-none-match" = Option<String>, Header, description = "The `ETag` of what you have.")
    ),
    responses(
        (status = 200, body = TemplateBody),
        (status = 304, description = "It is what you have."),
        (status = 404, description = "The template has no such version.")
    )
)]
pub async fn template_version(
    Extension(access): Extension<Access>,
    PathParam((name, template_no)): PathParam<(String, TemplateNo)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let client = access.ledger.client().await?;
    let found = template_register::versions(&**client, &[template_no]).await?.remove(&template_no);
    let missing = || Problem::new(Kind::TemplateVersionUnknown, "there is no such version of this template");
    Ok(tagged(&headers, &found.filter(|version| version.name == name).ok_or_else(missing)?))
}

fn tagged(headers: &HeaderMap, version: &Version) -> Response {
    let tag = format!("\"{}\"", version.template_no);
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|value| value.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    });
    if is_known {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    ([(ETAG, tag)], axum::Json(TemplateBody::from(version))).into_response()
}

async fn last(access: &Access, name: &str) -> Result<Option<Version>, Problem> {
    let client = access.ledger.client().await?;
    Ok(template_register::last_of(&**client, &[name]).await?.remove(name))
}

fn unknown() -> Problem {
    Problem::new(Kind::TemplateUnknown, "no such template is in force in this book")
}
