//! Every route. What stands in a group needs the right that the group names; the document says so too.

mod accounts;
mod allocations;
pub(crate) mod asked;
mod claim_proposals;
mod claims;
mod document;
mod documents;
pub mod entries;
mod exchanges;
mod fx;
mod event_cursors;
mod events;
mod health;
mod holds;
mod insurers;
mod limit_groups;
mod open_items;
mod operators;
mod parameters;
mod patients;
mod periods;
mod proofs;
mod refusals;
mod rates;
mod remittances;
mod reports;
mod review_tasks;
mod rules;
mod templates;
mod translated;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use parameters::Known;

use crate::app::App;
use crate::auth::Permission;
use crate::auth::gate::gate;
use crate::edge::edge;
use crate::problem::{Kind, Problem};

/// Everything that answers.
pub fn router(app: &App) -> Router {
    let (routes, mut document) = routes(app).split_for_parts();
    document::say_formats(&mut document);
    document::say_bounds(&mut document);
    document::say_problems(&mut document);
    // The page would otherwise send the document's address to a validator elsewhere.
    let page = Config::default().validator_url("none");
    routes
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document).config(page))
        .method_not_allowed_fallback(async || {
            Problem::new(Kind::MethodNotAllowed, "the header allow names the methods of this path")
        })
        .fallback(async || Problem::new(Kind::PathUnknown, "the paths are listed at /docs"))
        .layer(from_fn_with_state(app.clone(), edge))
        .with_state(app.clone())
}

fn routes(app: &App) -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document::frame())
        // Probes of whoever runs the process.
        .routes(routes!(health::health_live))
        .routes(routes!(health::health_ready))
        // Systems that post, and finance.
        .merge(group(app, Permission::PostEntries, |routes| {
            routes
                .routes(routes!(entries::entry_create))
                .routes(routes!(allocations::allocation_create))
                .routes(routes!(fx::fx_exchange))
                .routes(routes!(fx::fx_settle))
                .routes(routes!(fx::fx_revalue))
        }))
        // Finance, with the fixings of the day.
        .merge(group(app, Permission::SetRates, |routes| {
            routes.routes(routes!(rates::rate_record)).routes(routes!(rates::rate_load))
        }))
        // Insurers, by signature, and finance for those who send files by mail.
        .merge(group(app, Permission::ImportRemittances, |routes| {
            routes.routes(routes!(remittances::remittance_import))
        }))
        // Whoever sets up the book.
        .merge(group(app, Permission::OpenAccounts, |routes| {
            routes
                .routes(routes!(accounts::account_open))
                .routes(routes!(accounts::account_change))
                .routes(routes!(limit_groups::limit_group_set))
                .routes(routes!(fx::fx_set_up))
                .routes(routes!(templates::template_record))
                .routes(routes!(templates::template_retire))
        }))
        // Whoever answers for the book.
        .merge(group(app, Permission::ClosePeriods, |routes| {
            routes
                .routes(routes!(periods::period_close))
                .routes(routes!(periods::reopening_propose))
                .routes(routes!(periods::reopening_approve))
                .routes(routes!(periods::year_end))
        }))
        // Systems that act on what is posted.
        .merge(group(app, Permission::MoveCursors, |routes| routes.routes(routes!(event_cursors::event_cursor_move))))
        .merge(people(app))
        .merge(claims(app))
        .merge(insurers::routes(app))
        .merge(documents::routes(app))
        .merge(exchanges::routes(app))
        .merge(patients::routes(app))
        .merge(review_tasks::routes(app))
        .merge(rules::routes(app))
        .merge(reading(app))
        .merge(group(app, Permission::ReadLedger, report_routes))
        .merge(group(app, Permission::ReadLedger, currency_routes))
}

/// Who works here, and what was done by whom.
fn people(app: &App) -> OpenApiRouter<App> {
    let managing = group(app, Permission::ManageOperators, |routes| {
        routes
            .routes(routes!(operators::operator_create))
            .routes(routes!(operators::operator_grant))
            .routes(routes!(operators::operator_end))
    });
    managing.merge(group(app, Permission::ReadActs, |routes| {
        routes
            .routes(routes!(operators::operator_list))
            .routes(routes!(operators::operator_view))
            .routes(routes!(operators::duty_conflict_list))
            .routes(routes!(operators::act_list))
    }))
}

/// Claims, as those see them who have a part in them, and what waits for the platform's people.
fn claims(app: &App) -> OpenApiRouter<App> {
    let reading = group(app, Permission::ReadClaims, |routes| {
        routes.routes(routes!(claims::claim_list)).routes(routes!(claims::claim_view))
    });
    let queues = group(app, Permission::ReadQueues, |routes| {
        routes
            .routes(routes!(claims::queue_list))
            .routes(routes!(claims::queue_view))
            .routes(routes!(claim_proposals::claim_proposal_list))
    });
    reading.merge(queues).merge(claim_desks(app)).merge(claim_deciding(app))
}

/// What each desk hands in and tells of claims.
fn claim_desks(app: &App) -> OpenApiRouter<App> {
    let intake = group(app, Permission::TakeInClaims, |routes| {
        routes
            .routes(routes!(claims::intake::claim_take_in))
            .routes(routes!(claims::telling::claim_tell_intake))
            .routes(routes!(claims::deciding::order_offer))
    });
    let insurer =
        group(app, Permission::InsurerDesk, |routes| routes.routes(routes!(claims::telling::claim_tell_insurer)));
    let pharmacy =
        group(app, Permission::PharmacyDesk, |routes| routes.routes(routes!(claims::telling::claim_tell_pharmacy)));
    let patient = group(app, Permission::PatientDesk, |routes| {
        routes.routes(routes!(claims::intake::claim_take_in_own)).routes(routes!(claims::telling::claim_tell_patient))
    });
    intake.merge(insurer).merge(pharmacy).merge(patient)
}

/// What is decided on claims, and what takes two people.
fn claim_deciding(app: &App) -> OpenApiRouter<App> {
    let reviewing = group(app, Permission::ReviewClaims, |routes| {
        routes
            .routes(routes!(claims::deciding::claim_review))
            .routes(routes!(claims::deciding::claim_rule))
            .routes(routes!(claim_proposals::ruling_propose))
            .routes(routes!(claim_proposals::ruling_withdraw))
    });
    let approving = group(app, Permission::ApproveClaims, |routes| {
        routes.routes(routes!(claim_proposals::ruling_accept)).routes(routes!(claim_proposals::ruling_turn_down))
    });
    let handling = group(app, Permission::HandleMoney, |routes| {
        routes
            .routes(routes!(claims::telling::claim_tell_money))
            .routes(routes!(claim_proposals::money_propose))
            .routes(routes!(claim_proposals::money_withdraw))
    });
    let checking = group(app, Permission::CheckMoney, |routes| {
        routes.routes(routes!(claim_proposals::money_accept)).routes(routes!(claim_proposals::money_turn_down))
    });
    reviewing.merge(approving).merge(handling).merge(checking)
}

/// What is read about several currencies.
fn currency_routes(routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
    routes
        .routes(routes!(rates::rate_list))
        .routes(routes!(rates::rate_look_up))
        .routes(routes!(fx::fx_view_setup))
        .routes(routes!(translated::fx_report))
}

/// What finance and auditors read.
fn reading(app: &App) -> OpenApiRouter<App> {
    group(app, Permission::ReadLedger, |routes| {
        routes
            .routes(routes!(entries::entry_list))
            .routes(routes!(entries::entry_view))
            .routes(routes!(events::event_list))
            .routes(routes!(event_cursors::event_cursor_list))
            .routes(routes!(event_cursors::event_cursor_view))
            .routes(routes!(refusals::refusal_list))
            .routes(routes!(proofs::entry_receipt))
            .routes(routes!(proofs::proof_tip))
            .routes(routes!(proofs::proof_consistency))
            .routes(routes!(proofs::proof_key))
            .routes(routes!(accounts::account_list))
            .routes(routes!(accounts::account_view))
            .routes(routes!(accounts::account_history))
            .routes(routes!(accounts::account_balance))
            .routes(routes!(accounts::account_balances))
            .routes(routes!(accounts::account_statement))
            .routes(routes!(holds::hold_list))
            .routes(routes!(limit_groups::limit_group_list))
            .routes(routes!(limit_groups::limit_group_view))
            .routes(routes!(limit_groups::limit_group_history))
            .routes(routes!(periods::period_list))
            .routes(routes!(templates::template_list))
            .routes(routes!(templates::template_view))
            .routes(routes!(templates::template_versions))
            .routes(routes!(templates::template_version))
            .routes(routes!(templates::template_preview))
            .routes(routes!(open_items::open_item_list))
            .routes(routes!(open_items::item_history))
            .routes(routes!(remittances::remittance_list))
            .routes(routes!(remittances::remittance_view))
    })
}

/// Reports over the whole book.
fn report_routes(routes: OpenApiRouter<App>) -> OpenApiRouter<App> {
    routes
        .routes(routes!(reports::trial_balance))
        .routes(routes!(reports::balance_sheet))
        .routes(routes!(reports::income_statement))
        .routes(routes!(reports::general_ledger))
        .routes(routes!(reports::roll_forward))
        .routes(routes!(reports::items::aging))
        .routes(routes!(reports::items::aging_items))
        .routes(routes!(reports::items::suspense))
        .routes(routes!(reports::registers::manual_journals))
        .routes(routes!(reports::registers::cut_off))
        .routes(routes!(reports::registers::integrity))
        .routes(routes!(reports::registers::diff))
        .routes(routes!(reports::parallel_run::parallel_run))
}

/// Routes behind the gate: each handler is reached with this permission only and with the parameters that it has, and
/// the document says so.
fn group(
    app: &App,
    permission: Permission,
    fill: impl FnOnce(OpenApiRouter<App>) -> OpenApiRouter<App>,
) -> OpenApiRouter<App> {
    let mut routes = fill(OpenApiRouter::new());
    document::require(routes.get_openapi_mut(), permission);
    let known = Known::of(routes.get_openapi());
    routes
        .route_layer(from_fn_with_state(known, parameters::check))
        .route_layer(from_fn_with_state((app.clone(), permission), gate))
}
