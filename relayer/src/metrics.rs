//! What the service reports to Prometheus: one struct per area, one method per observation.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

/// Following and verifying the source.
#[derive(Clone, Copy, Debug)]
pub struct SourceMetrics;

impl SourceMetrics {
    /// A block was verified and recorded.
    pub fn verified(&self, block: u64, time: u64, nonce: u64) {
        gauge!("lex_relayer_verified_block").set(approximate(block));
        gauge!("lex_relayer_verified_block_time_seconds").set(approximate(time));
        gauge!("lex_relayer_verified_nonce").set(approximate(nonce));
    }

    /// Age of the newest verified block.
    pub fn verified_age(&self, age: Option<Duration>) {
        let age = age.map_or(f64::NAN, |age| age.as_secs_f64());
        gauge!("lex_relayer_verified_age_seconds").set(age);
    }

    /// 1 while the instance does not trust its source.
    pub fn halted(&self, halted: bool) {
        gauge!("lex_relayer_halted").set(if halted { 1.0 } else { 0.0 });
    }

    /// Following was interrupted and resumes.
    pub fn interrupted(&self) {
        counter!("lex_relayer_source_interruptions_total").increment(1);
    }
}

/// Answering attestation requests.
#[derive(Clone, Copy, Debug)]
pub struct AttestMetrics;

impl AttestMetrics {
    /// A request was answered; `outcome` is `signed` or an error code.
    pub fn answered(&self, outcome: &'static str, took: Duration) {
        counter!("lex_relayer_attestations_total", "outcome" => outcome).increment(1);
        histogram!("lex_relayer_attestation_seconds").record(took.as_secs_f64());
    }
}

/// Delivering to the mirror.
#[derive(Clone, Copy, Debug)]
pub struct DeliverMetrics;

impl DeliverMetrics {
    /// The mirror's nonce, and how many verified updates it lacks.
    pub fn mirrored(&self, nonce: u64, backlog: u64) {
        gauge!("lex_relayer_mirrored_nonce").set(approximate(nonce));
        gauge!("lex_relayer_backlog_updates").set(approximate(backlog));
    }

    /// Whether the mirror's guardian stopped it.
    pub fn stopped(&self, stopped: bool) {
        gauge!("lex_relayer_mirror_stopped").set(if stopped { 1.0 } else { 0.0 });
    }

    /// k signatures were collected.
    pub fn collected(&self, took: Duration) {
        histogram!("lex_relayer_collect_seconds").record(took.as_secs_f64());
    }

    /// An attester's answer could not be used; `reason` is from a closed set.
    pub fn rejected_signature(&self, reason: &'static str) {
        counter!("lex_relayer_rejected_signatures_total", "reason" => reason).increment(1);
    }

    /// A transaction was handed to the node, or replaced, `took` after work on it began.
    pub fn broadcast(&self, updates: u64, took: Duration) {
        counter!("lex_relayer_transactions_total").increment(1);
        histogram!("lex_relayer_prepare_seconds").record(took.as_secs_f64());
        histogram!("lex_relayer_batch_updates").record(approximate(updates));
    }

    /// A transaction was replaced by one that pays more.
    pub fn replaced(&self) {
        counter!("lex_relayer_replacements_total").increment(1);
    }

    /// A delivery reached a state: `included`, `final`, `reverted`, `superseded`, `reorganised`.
    pub fn settled(&self, state: &'static str) {
        counter!("lex_relayer_deliveries_total", "state" => state).increment(1);
    }

    /// Gas that an included delivery used.
    pub fn gas(&self, used: u64) {
        counter!("lex_relayer_gas_used_total").increment(used);
    }

    /// A step failed and is tried again.
    pub fn failed(&self, stage: &'static str) {
        counter!("lex_relayer_failures_total", "stage" => stage).increment(1);
    }

    /// A cap or the budget keeps a transaction from being sent.
    pub fn fees_exceeded(&self) {
        counter!("lex_relayer_fees_exceeded_total").increment(1);
    }
}

/// Prometheus values are floating-point: exact up to 2^53.
fn approximate(value: u64) -> f64 {
    value as f64
}
