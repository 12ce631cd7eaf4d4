//! What the service reports to Prometheus: one struct per area, one method per observation.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

use crate::condition::{Cause, Condition, LaneCondition, Role, SourceCondition};
use crate::deliver::AttesterAnswer;

/// How the instance is. A gauge that cannot be known is not a number.
#[derive(Clone, Copy, Debug)]
pub struct ConditionMetrics;

impl ConditionMetrics {
    /// As it is now; to be called when the metrics are asked for.
    pub fn report(&self, condition: &Condition) {
        gauge!("lex_relayer_leader").set(flag(condition.leads));
        gauge!("lex_relayer_halted").set(flag(condition.halted().is_some()));
        for cause in Cause::ALL {
            let has_stopped = condition.stops.iter().any(|stop| stop.cause == *cause);
            gauge!("lex_relayer_stop", "cause" => cause.name()).set(flag(has_stopped));
        }
        source(condition.source.as_ref());
        if condition.role == Role::Deliverer {
            lane(condition.lane.as_ref());
        }
    }
}

fn source(source: Option<&SourceCondition>) {
    let block = source.and_then(|source| source.verified_block);
    gauge!("lex_relayer_verified_block").set(known(block));
    gauge!("lex_relayer_verified_nonce").set(known(source.map(|source| source.verified_nonce)));
    let age = source.and_then(|source| source.verified_age_seconds);
    gauge!("lex_relayer_verified_age_seconds").set(age.unwrap_or(f64::NAN));
    let age = source.and_then(|source| source.head_age_seconds);
    gauge!("lex_relayer_source_head_age_seconds").set(age.unwrap_or(f64::NAN));
}

fn lane(lane: Option<&LaneCondition>) {
    let of = |value: fn(&LaneCondition) -> Option<f64>| lane.and_then(value).unwrap_or(f64::NAN);
    gauge!("lex_relayer_mirrored_nonce").set(of(|lane| lane.mirrored_nonce.map(approximate)));
    gauge!("lex_relayer_backlog_updates").set(of(|lane| lane.backlog_updates.map(approximate)));
    gauge!("lex_relayer_oldest_waiting_seconds").set(of(|lane| lane.oldest_waiting_seconds));
    gauge!("lex_relayer_mirror_age_seconds").set(of(|lane| lane.mirror_age_seconds));
    gauge!("lex_relayer_mirror_stopped").set(of(|lane| lane.mirror_stopped.map(flag)));
    gauge!("lex_relayer_balance_hours").set(of(|lane| lane.balance_hours));
    // Exact to the digits of a floating-point number.
    let wei = |lane: &LaneCondition| lane.balance_wei.as_ref()?.parse().ok();
    gauge!("lex_relayer_balance_wei").set(of(wei));
    for attester in lane.into_iter().flat_map(|lane| &lane.attesters) {
        let signs = match &attester.answer {
            AttesterAnswer::Unknown => f64::NAN,
            answer => flag(answer.trouble().is_none()),
        };
        gauge!("lex_relayer_attester_signs", "attester" => attester.url.clone()).set(signs);
    }
}

/// Following and verifying the source.
#[derive(Clone, Copy, Debug)]
pub struct SourceMetrics;

impl SourceMetrics {
    /// Following was interrupted and resumes.
    pub fn interrupted(&self) {
        counter!("lex_relayer_source_interruptions_total").increment(1);
    }
}

/// Leading a schema.
#[derive(Clone, Copy, Debug)]
pub struct LeadMetrics;

impl LeadMetrics {
    /// The lead was lost; it is waited for again.
    pub fn lost(&self) {
        counter!("lex_relayer_leads_lost_total").increment(1);
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

fn flag(value: bool) -> f64 {
    if value { 1.0 } else { 0.0 }
}

fn known(value: Option<u64>) -> f64 {
    value.map_or(f64::NAN, approximate)
}

/// Prometheus values are floating-point: exact up to 2^53.
fn approximate(value: u64) -> f64 {
    value as f64
}
