//! Metrics and health, on this machine only.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::telemetry;
use crate::journal::{Handle, Status};

/// Opens the listener.
pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves until cancelled: `/metrics`, `/livez` (the process runs), `/readyz` (the journal acknowledges).
pub(crate) async fn serve(
    listener: TcpListener,
    journal: Handle,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let app = Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(journal);
    axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

async fn metrics(State(journal): State<Handle>) -> impl IntoResponse {
    let stats = journal.stats();
    ::metrics::counter!("alarmwire_journal_events_total").absolute(stats.events);
    ::metrics::counter!("alarmwire_journal_commits_total").absolute(stats.commits);
    ::metrics::counter!("alarmwire_journal_duplicates_total").absolute(stats.duplicates);
    ::metrics::counter!("alarmwire_journal_replays_total").absolute(stats.replays);
    ::metrics::counter!("alarmwire_journal_purged_total").absolute(stats.purged);
    let text = telemetry::recorder().map(|handle| {
        handle.run_upkeep();
        handle.render()
    });
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        text.unwrap_or_default(),
    )
}

async fn ready(State(journal): State<Handle>) -> impl IntoResponse {
    match journal.status() {
        Status::Good => (StatusCode::OK, "ready\n".to_owned()),
        Status::Full => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the disk is full: nothing is acknowledged\n".to_owned(),
        ),
        Status::Locked => (
            StatusCode::SERVICE_UNAVAILABLE,
            "another program holds the journal's lock: nothing is acknowledged\n".to_owned(),
        ),
        Status::Failed(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the journal failed: {reason}; nothing is acknowledged\n"),
        ),
        Status::Closed => (
            StatusCode::SERVICE_UNAVAILABLE,
            "shutting down\n".to_owned(),
        ),
    }
}
