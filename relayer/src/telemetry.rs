//! Logs and metrics of the process.

use std::io::IsTerminal;

use anyhow::Context;
use clap::ValueEnum;
use lex_client::QUIET_LIBRARIES;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Upper bounds of histogram buckets in seconds.
const SECONDS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0,
];
/// Upper bounds of histogram buckets in updates per delivery.
const UPDATES: [f64; 7] = [0.0, 1.0, 5.0, 10.0, 25.0, 50.0, 100.0];

/// Sends logs to standard error; `RUST_LOG` selects them, `info` by default.
pub fn init_logs(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = QUIET_LIBRARIES.into_iter().fold(filter, |filter, quiet| {
        filter.add_directive(quiet.parse().expect("it is a filter"))
    });
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}

/// Installs the process-wide metrics recorder.
///
/// # Errors
/// When one is installed already.
pub fn init_metrics() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_updates".into()), &UPDATES)?
        .install_recorder()
        .context("failed to install the metrics recorder")
}
