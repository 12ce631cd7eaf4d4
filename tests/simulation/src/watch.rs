//! Compares what the services show with what is true, while it happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy::primitives::{Address, B256};
use serde_json::Value;

use crate::destination::{Mirrored, Shown};
use crate::findings::Findings;
use crate::proxy::Witness;
use crate::source::Shared;
use crate::truth::{ACTIVE, REVOKED, SUSPENDED, State};

/// What the index is asked for again and again: which block its answer is of, and all licenses.
pub const QUERY: &str = "{ _meta { block { number hash } } licenses(first: 100) { edges { node { \
     id holder storedStatus version } } } }";

/// Whoever knows what is true.
#[derive(Clone)]
pub struct Watch {
    pub source: Shared,
    pub findings: Findings,
}

impl Watch {
    /// What the mirror holds at one block of the destination, and what it shows there of one license.
    pub fn mirrored(&self, mirrored: Mirrored, license: u64, shown: Shown) {
        let Some(truth) = self.truth_of(mirrored) else {
            return self
                .findings
                .add(format!("the mirror holds {mirrored:?}, which is not true"));
        };
        let truth = truth.licenses.get(&license);
        let (holder, status) =
            truth.map_or((Address::ZERO, 0), |update| (update.holder, update.status));
        // Whether it may be used depends on the time too; never without being active.
        let is_false_usable = shown.is_usable && status != ACTIVE;
        if (shown.holder, shown.status) != (holder, status) || is_false_usable {
            self.findings.add(format!(
                "the mirror shows license {license} as {shown:?} at {mirrored:?}, true is status {status} \
                 of {holder}"
            ));
        }
    }

    /// What holds after the update that is stated, if the statement is true: its head is that of the
    /// update, which is final, and at the end of the final block that it names, at that time, the outbox
    /// held nothing after it. A part of the next block's updates may be among those before.
    fn truth_of(&self, stated: Mirrored) -> Option<State> {
        let chain = self.source.lock();
        let block = chain.final_at(stated.source_block)?;
        let state = chain.final_state(stated.nonce)?;
        let is_true = state.outbox.head == stated.head
            && block.state.outbox.nonce <= stated.nonce
            && block.time_millis / 1000 == stated.source_time;
        is_true.then_some(state)
    }

    /// An answer of the index to [`QUERY`]; the block that it is of.
    pub fn answered(&self, answer: &Value) -> Option<u64> {
        let block = &answer["data"]["_meta"]["block"];
        let number: u64 = block["number"].as_str()?.parse().ok()?;
        let hash: B256 = block["hash"].as_str()?.parse().ok()?;
        let licenses = answer["data"]["licenses"]["edges"].as_array()?;
        let chain = self.source.lock();
        let Some(truth) = chain.final_at(number).filter(|block| block.hash == hash) else {
            self.findings.add(format!(
                "the index answers as of block {number} {hash}, which is not final"
            ));
            return None;
        };
        let shown: BTreeMap<_, _> = licenses
            .iter()
            .filter_map(|edge| license(&edge["node"]))
            .collect();
        if shown != expected(&truth.state) || shown.len() != licenses.len() {
            let expected = expected(&truth.state);
            self.findings.add(format!(
                "the index shows {shown:?} at block {number}, true is {expected:?}"
            ));
        }
        Some(number)
    }

    /// Looks at every statement that an attester signs.
    pub fn of_attester(&self, name: String) -> Witness {
        let watch = self.clone();
        Arc::new(move |label, answer| {
            if label == "/v1/attestations" {
                watch.signed(&name, answer);
            }
        })
    }

    fn signed(&self, name: &str, answer: &Value) {
        let told = &answer["attestation"];
        let stated = || {
            Some(Mirrored {
                nonce: told["nonce"].as_u64()?,
                head: told["head"].as_str()?.parse().ok()?,
                source_block: told["sourceBlock"].as_u64()?,
                source_time: told["sourceTime"].as_u64()?,
            })
        };
        if stated().and_then(|stated| self.truth_of(stated)).is_none() {
            self.findings
                .add(format!("{name} signed {told}, which is not true"));
        }
    }
}

/// Holder, status and version.
type License = (Address, &'static str, u64);

fn license(node: &Value) -> Option<(u64, License)> {
    let id = node["id"].as_str()?.parse().ok()?;
    let holder = node["holder"].as_str()?.parse().ok()?;
    let told = node["storedStatus"].as_str()?;
    let status = [ACTIVE, SUSPENDED, REVOKED]
        .map(status_name)
        .into_iter()
        .find(|name| *name == told)?;
    Some((id, (holder, status, node["version"].as_u64()?)))
}

fn expected(state: &State) -> BTreeMap<u64, License> {
    let licenses = state.licenses.values();
    licenses
        .map(|update| {
            (
                update.license,
                (
                    update.holder,
                    status_name(update.status),
                    update.version.into(),
                ),
            )
        })
        .collect()
}

fn status_name(status: u8) -> &'static str {
    match status {
        ACTIVE => "ACTIVE",
        SUSPENDED => "SUSPENDED",
        REVOKED => "REVOKED",
        _ => "?",
    }
}
