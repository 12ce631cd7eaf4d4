//! What Prometheus sees. Names say their base unit.

use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

const INDEXED_BLOCK: &str = "lex_indexer_indexed_block";
const FINALIZED_BLOCK: &str = "lex_indexer_finalized_block";
const LEADER: &str = "lex_indexer_leader";
const LAG: &str = "lex_indexer_lag_blocks";
const BLOCK_AGE: &str = "lex_indexer_block_age_seconds";
const SOURCE_AGE: &str = "lex_indexer_source_age_seconds";
const LEVEL_AGE: &str = "lex_indexer_level_age_seconds";
const EVENTS: &str = "lex_indexer_events_total";
const RETRIES: &str = "lex_indexer_retries_total";
const BATCH_SECONDS: &str = "lex_indexer_batch_seconds";
const FINALIZED_TO_COMMITTED: &str = "lex_indexer_block_to_committed_seconds";
const QUERY_SECONDS: &str = "lex_indexer_query_seconds";

/// From a millisecond to half a minute.
const BUCKETS: [f64; 15] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0,
];

/// Makes this process record metrics; the handle renders them.
///
/// # Errors
/// A recorder is installed already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?
        .install_recorder()?;
    describe_gauge!(INDEXED_BLOCK, "Last block that is committed");
    describe_gauge!(FINALIZED_BLOCK, "Last block that the source says is final");
    describe_gauge!(
        LEADER,
        "1 while this process indexes, 0 while it waits for the writer's lock"
    );
    describe_gauge!(
        LAG,
        "Final blocks that are not committed; NaN while the source does not answer"
    );
    describe_gauge!(
        BLOCK_AGE,
        Unit::Seconds,
        "Age of the newest committed block; NaN before the first"
    );
    describe_gauge!(
        SOURCE_AGE,
        Unit::Seconds,
        "Age of the newest block that the source called final; NaN before the first"
    );
    describe_gauge!(
        LEVEL_AGE,
        Unit::Seconds,
        "Time since the index held everything that was final; NaN if it never did"
    );
    describe_counter!(EVENTS, "Contract events committed");
    describe_counter!(
        RETRIES,
        "Times that indexing failed and began again at the checkpoint"
    );
    describe_histogram!(
        BATCH_SECONDS,
        Unit::Seconds,
        "Time to commit one run of blocks"
    );
    describe_histogram!(
        FINALIZED_TO_COMMITTED,
        Unit::Seconds,
        "From a block's own timestamp to its commit, by this machine's clock"
    );
    describe_histogram!(
        QUERY_SECONDS,
        Unit::Seconds,
        "Time to answer one GraphQL request"
    );
    Ok(handle)
}

/// A run of blocks was committed.
pub fn committed(block: u64, events: usize, took: Duration) {
    gauge!(INDEXED_BLOCK).set(as_float(block));
    counter!(EVENTS).increment(events as u64);
    histogram!(BATCH_SECONDS).record(took);
}

/// One block of the run, by its own clock and ours (both Unix milliseconds).
pub fn block_committed(block_millis: u64, now_millis: u64) {
    let delay = Duration::from_millis(now_millis.saturating_sub(block_millis));
    histogram!(FINALIZED_TO_COMMITTED).record(delay);
}

/// The source told its finalized height.
pub fn finalized(block: u64, lag_blocks: u64) {
    gauge!(FINALIZED_BLOCK).set(as_float(block));
    gauge!(LAG).set(as_float(lag_blocks));
}

/// The source did not tell its finalized height: how much is missing is not known.
pub fn finality_unknown() {
    gauge!(LAG).set(f64::NAN);
}

/// The ages of the newest committed block and of the newest one of the source, and for how long the
/// index has lacked something, all as of now.
pub fn ages(block: Option<Duration>, source: Option<Duration>, level: Option<Duration>) {
    for (name, age) in [(BLOCK_AGE, block), (SOURCE_AGE, source), (LEVEL_AGE, level)] {
        gauge!(name).set(age.map_or(f64::NAN, |age| age.as_secs_f64()));
    }
}

/// Whether this process is the writer of its schema. One that is not knows nothing of how far the index is.
pub fn leads(leads: bool) {
    gauge!(LEADER).set(if leads { 1.0 } else { 0.0 });
    if !leads {
        ages(None, None, None);
        for name in [INDEXED_BLOCK, FINALIZED_BLOCK, LAG] {
            gauge!(name).set(f64::NAN);
        }
    }
}

/// Indexing failed and begins again.
pub fn retried() {
    counter!(RETRIES).increment(1);
}

/// A GraphQL request was answered.
pub fn queried(took: Duration) {
    histogram!(QUERY_SECONDS).record(took);
}

/// Exact up to 2^53, far beyond any block number.
fn as_float(number: u64) -> f64 {
    number as f64
}
