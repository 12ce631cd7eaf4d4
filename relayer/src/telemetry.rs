//! Metrics of the process.

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of histogram buckets in seconds.
const SECONDS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0,
];
/// Upper bounds of histogram buckets in updates per delivery.
const UPDATES: [f64; 7] = [0.0, 1.0, 5.0, 10.0, 25.0, 50.0, 100.0];

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
