//! What the OpenAPI document says beyond the handlers: who it is for, how to come in, how refusals look.

use dianfu_ledger::query::PAGE_ROWS_MAX;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, PathItem};
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

use crate::auth::Permission;
use crate::problem::{ProblemBody, Violation};
use crate::report::Format;

/// Name of the scheme of staff tokens.
const STAFF_TOKEN: &str = "staff_token";
/// Name of the scheme of partners' signatures.
const PARTNER_SIGNATURE: &str = "partner_signature";

const DESCRIPTION: &str = "
The double-entry ledger and the reconciliation of advance payments for specialty drugs.

**Amounts** are decimal strings beside their currency, such as `\"15200.00\"` and `CNY`; never JSON numbers.
**Days** are `2026-05-01`; **times** are RFC 3339. In a query, the `+` of an offset is `%2B`.

**Two clocks.** `as_of` asks for what counts up to a day, `known_at` for what the ledger knew at a time. Answers say the
`known_at` they stand for; asked again with it, they are the same for ever.

**Retries are free.** An entry's id means one thing for ever: the same id with the same content gives the first answer
again, marked as `replayed`; with other content it is refused as `id_conflict`. After a time-out, a 429 (too much is
asked for at once) or a 503 (the database is away), send the same request again, after `Retry-After` seconds; a signed
one is signed anew, with a new nonce.

**Formats.** Reports, statements and lists come as JSON, a page at a time, or whole as NDJSON, CSV, a page to print
(HTML) or a workbook (XLSX): by the header `Accept`, or by `format`. NDJSON has a row a line and ends with
`{\"summary\": …}`, whose `complete` says that it is whole; without that line it is not. A workbook holds an amount as
a number where it has at most 15 digits, and as text otherwise.

**Tags.** What is at hand whole carries a strong `ETag`; send it as `If-None-Match` to get 304 in place of the same
bytes again. What is asked for with `known_at` never changes and may be kept for ever.

**Pages.** `next` is absent on the last page; a `cursor` is opaque and belongs to the question that it came from.

**Refusals** are `application/problem+json` (RFC 9457). Programs decide by `code`, which is stable; `errors` names each
place. Every answer carries `x-request-id`; send your own to find it in both logs.";

const SIGNATURE: &str = "
The HMAC-SHA256, in lower-case hexadecimal, of nine lines, each with its line feed: `v1`; the method; the path; the
query's pairs as sent, sorted by byte and joined by `&`, or nothing; X-Timestamp, in seconds; X-Nonce, 16 to 128 visible
ASCII characters, never the same twice; X-App-Id, the book and the insurer, such as `main.picc`; X-Key-Id;
X-Content-SHA256, the SHA-256 of the body's bytes in lower-case hexadecimal. The key is the secret's text as it was
shown. A timestamp may be 300 s away from our clock. Sign every attempt anew, with a nonce of its own.";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Dianfu", description = DESCRIPTION, license(name = "Apache-2.0", identifier = "Apache-2.0")),
    components(schemas(ProblemBody, Violation)),
    modifiers(&Schemes)
)]
struct Frame;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let bearer = bearer.description(Some(
            "`dianfu_BOOK_SECRET`, made by `dianfu token create`. Its role must have the right named.",
        ));
        components.add_security_scheme(STAFF_TOKEN, SecurityScheme::Http(bearer.build()));
        let signature = ApiKeyValue::with_description("X-Signature", SIGNATURE.trim_start());
        components.add_security_scheme(PARTNER_SIGNATURE, SecurityScheme::ApiKey(ApiKey::Header(signature)));
    }
}

/// The document without its paths.
pub fn frame() -> OpenApi {
    Frame::openapi()
}

/// How every request behind the gate may be refused.
const REFUSALS: [(&str, &str); 5] = [
    ("400", "The request cannot be read: `errors` names the parameter or the place in the body."),
    ("401", "No credentials, or none that are good."),
    ("403", "The caller has not the right."),
    ("500", "A mistake of ours; the log has more under the request's id."),
    ("503", "Not now, or not in time: send the same request again; if `segment_unreadable`, when the file is back."),
];

/// The refusals that say when to come again.
const RETRYABLE: [&str; 2] = ["429", "503"];

/// How a request with a body may be refused besides.
const REFUSALS_OF_BODIES: [(&str, &str); 4] = [
    ("413", "The body is too large."),
    ("415", "The body is of another kind, or encoded."),
    ("422", "The body is JSON, but not what is taken here: `errors` names the places."),
    ("429", "Too much is being read at the same time: send the same request again."),
];

/// Says of every operation which right it needs, and how it may be refused whatever it does.
pub fn require(document: &mut OpenApi, permission: Permission) {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            let mut ways = vec![SecurityRequirement::new(STAFF_TOKEN, [permission.word()])];
            if permission == Permission::ImportRemittances {
                ways.push(SecurityRequirement::new(PARTNER_SIGNATURE, [] as [String; 0]));
            }
            operation.security = Some(ways);
            let of_bodies = operation.request_body.iter().flat_map(|_| REFUSALS_OF_BODIES);
            for (status, description) in REFUSALS.into_iter().chain(of_bodies) {
                let response = || ResponseBuilder::new().description(description).build().into();
                operation.responses.responses.entry(status.to_owned()).or_insert_with(response);
            }
        }
    }
}

/// Says of every operation that has the parameter `format` how else its answer comes, and that it has a tag.
pub fn say_formats(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item).filter(|operation| has_parameter(operation, "format")) {
            let responses = &mut operation.responses.responses;
            if let Some(RefOr::T(response)) = responses.get_mut("200") {
                for format in Format::ALL {
                    let is_text = format != Format::Xlsx;
                    let text = ObjectBuilder::new().schema_type(Type::String);
                    let text =
                        if is_text { text } else { text.format(Some(SchemaFormat::Custom("binary".to_owned()))) };
                    let content = ContentBuilder::new().schema(Some(text)).build();
                    response.content.entry(format.media_type().to_owned()).or_insert_with(|| content.into());
                }
                let tag = "Strong: of the very bytes. Absent where the answer is streamed, because it is long.";
                let tag =
                    HeaderBuilder::new().schema(Some(Object::with_type(Type::String))).description(Some(tag)).build();
                response.headers.insert("etag".to_owned(), tag.into());
            }
            for (status, description) in [
                ("304", "If-None-Match names the answer."),
                ("406", "The answer comes in none of the formats that `Accept` takes."),
            ] {
                let response = ResponseBuilder::new().description(description).build();
                responses.insert(status.to_owned(), response.into());
            }
        }
    }
}

/// Says what the parameters `limit` and `format` may be, which are the same wherever they stand.
pub fn say_bounds(document: &mut OpenApi) {
    let words = || Format::ALL.map(Format::word);
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        for parameter in operation.parameters.iter_mut().flatten() {
            let RefOr::T(Parameter { name, schema: Some(RefOr::T(Schema::Object(schema))), .. }) = parameter else {
                continue;
            };
            match name.as_str() {
                "limit" => {
                    schema.minimum = Some(1.into());
                    schema.maximum = Some(i32::from(PAGE_ROWS_MAX).into());
                }
                "format" => schema.enum_values = Some(words().map(Into::into).to_vec()),
                _ => {}
            }
        }
    }
}

fn has_parameter(operation: &Operation, name: &str) -> bool {
    let is_it = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.name == name);
    operation.parameters.iter().flatten().any(is_it)
}

/// Says of every answer that is a refusal that it is a problem.
pub fn say_problems(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            for (status, response) in &mut operation.responses.responses {
                if let (false, RefOr::T(response)) = (status.starts_with(['2', '3']), response) {
                    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
                    response.content.insert("application/problem+json".to_owned(), problem.into());
                    if RETRYABLE.contains(&status.as_str()) {
                        response.headers.insert("retry-after".to_owned(), retry_after().into());
                    }
                }
            }
        }
    }
}

fn retry_after() -> Header {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    HeaderBuilder::new().schema(Some(seconds)).description(Some("Whole seconds.")).build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, post, put, patch, delete, head, options, .. } = item;
    [get, post, put, patch, delete, head, options].into_iter().flatten()
}
