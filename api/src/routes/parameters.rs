//! Which parameters each operation has, taken from the document: whatever else stands in a query is refused, on every
//! route, whether its handler reads a query or not. A caller who writes `?dry_run=true` where there is no such thing
//! is told so, in place of being obeyed in the rest.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use crate::problem::{Kind, Problem, Violation};
use crate::wire::json;

/// The names by path, then by method.
#[derive(Clone)]
pub struct Known(Arc<HashMap<String, HashMap<Method, Names>>>);

type Names = Vec<String>;

impl Known {
    /// The parameters of every operation of a document.
    pub fn of(document: &OpenApi) -> Known {
        let paths = document.paths.paths.iter().map(|(path, item)| {
            (path.clone(), by_method(item).map(|(method, operation)| (method, names(operation))).collect())
        });
        Known(Arc::new(paths.collect()))
    }

    fn at(&self, path: &str, method: &Method) -> &[String] {
        let asked = if *method == Method::HEAD { &Method::GET } else { method };
        self.0.get(path).and_then(|operations| operations.get(asked)).map_or(&[], Vec::as_slice)
    }
}

fn by_method(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let operations = methods.into_iter().zip([get, post, put, patch, delete]);
    operations.filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn names(operation: &Operation) -> Names {
    let in_query = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
        _ => None,
    };
    operation.parameters.iter().flatten().filter_map(in_query).collect()
}

/// Refuses a query with a name that the operation does not have, and the character NUL, which no text of a book has.
pub async fn check(
    State(known): State<Known>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let names = known.at(path.as_str(), request.method());
    if request.uri().path().contains("%00") {
        return Err(Problem::parameter("/path", "the path has the character NUL"));
    }
    for (name, value) in form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        if !names.iter().any(|known| *known == name) {
            return Err(refused(&name, names));
        }
        if value.contains('\0') {
            let place = format!("/query/{}", json::escaped(&name));
            return Err(Problem::parameter(&place, format!("{name} has the character NUL")));
        }
    }
    Ok(next.run(request).await)
}

fn refused(unknown: &str, names: &[String]) -> Problem {
    let message = format!("there is no parameter '{unknown}' here");
    let expected = if names.is_empty() { "no parameter".to_owned() } else { names.join(", ") };
    let place = format!("/query/{}", json::escaped(unknown));
    let violation = Violation::at(Kind::ParameterInvalid.code(), place, message.as_str()).expected(expected, unknown);
    Problem::new(Kind::ParameterInvalid, message).with_errors(vec![violation])
}
