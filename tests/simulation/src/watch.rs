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

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use serde_json::json;

    use super::*;
    use crate::source::Chain;

    /// A watch over a chain of three final blocks with updates, and one block that is not final.
    fn watch() -> Watch {
        let mut chain = Chain::new(StdRng::seed_from_u64(1), 1_700_000_000_000);
        for _ in 0..3 {
            chain.append(2, 0);
            chain.finalize(0);
        }
        chain.append(1, 0);
        Watch {
            source: Shared::new(chain),
            findings: Findings::default(),
        }
    }

    /// What is true at the newest final block, and of its first license.
    fn truth(watch: &Watch) -> (Mirrored, Shown) {
        let chain = watch.source.lock();
        let block = chain.finalized();
        let license = block.state.licenses[&1];
        let mirrored = Mirrored {
            nonce: block.state.outbox.nonce,
            head: block.state.outbox.head,
            source_block: block.number,
            source_time: block.time_millis / 1000,
        };
        let shown = Shown {
            holder: license.holder,
            status: license.status,
            is_usable: license.status == ACTIVE,
        };
        (mirrored, shown)
    }

    fn finds(look: impl FnOnce(&Watch, Mirrored, Shown)) -> usize {
        let watch = watch();
        let (mirrored, shown) = truth(&watch);
        look(&watch, mirrored, shown);
        watch.findings.take().len()
    }

    #[test]
    fn what_is_true_is_no_finding() {
        assert_eq!(
            finds(|watch, mirrored, shown| watch.mirrored(mirrored, 1, shown)),
            0
        );
        // A part of the next block's updates may be there before it is named.
        let before = |watch: &Watch, mirrored: Mirrored, shown| {
            let (number, millis) = {
                let chain = watch.source.lock();
                let before = chain.at(mirrored.source_block - 1).expect("it is there");
                (before.number, before.time_millis)
            };
            let (source_block, source_time) = (number, millis / 1000);
            watch.mirrored(
                Mirrored {
                    source_block,
                    source_time,
                    ..mirrored
                },
                1,
                shown,
            );
        };
        assert_eq!(finds(before), 0);
    }

    #[test]
    fn a_mirror_that_shows_what_is_false_is_found() {
        let wrong: [fn(&mut Mirrored, &mut Shown); 7] = [
            |mirrored, _| mirrored.head = B256::ZERO,
            |mirrored, _| mirrored.nonce -= 1,
            |mirrored, _| mirrored.source_time += 1,
            |mirrored, _| mirrored.source_block += 1,
            |_, shown| shown.status ^= 1,
            |_, shown| shown.holder = Address::ZERO,
            |_, shown| {
                *shown = Shown {
                    status: REVOKED,
                    is_usable: true,
                    ..*shown
                }
            },
        ];
        for (case, change) in wrong.into_iter().enumerate() {
            let found = finds(|watch, mut mirrored, mut shown| {
                change(&mut mirrored, &mut shown);
                watch.mirrored(mirrored, 1, shown);
            });
            assert_eq!(found, 1, "case {case}");
        }
    }

    #[test]
    fn a_mirror_that_claims_a_block_whose_updates_it_lacks_is_found() {
        let found = finds(|watch, mirrored, shown| {
            let state = watch
                .source
                .lock()
                .final_state(mirrored.nonce - 1)
                .expect("it is final");
            let (nonce, head) = (state.outbox.nonce, state.outbox.head);
            watch.mirrored(
                Mirrored {
                    nonce,
                    head,
                    ..mirrored
                },
                1,
                shown,
            );
        });
        assert_eq!(found, 1);
    }

    /// The index's answer at a block, as it should be.
    fn answer(watch: &Watch, number: u64) -> Value {
        let chain = watch.source.lock();
        let block = chain.at(number).expect("it is there");
        let node = |(id, license): (u64, License)| {
            let (holder, status, version) = license;
            json!({"node": {"id": id.to_string(), "holder": holder, "storedStatus": status, "version": version}})
        };
        let edges: Vec<_> = expected(&block.state).into_iter().map(node).collect();
        let block = json!({"number": number.to_string(), "hash": block.hash});
        json!({"data": {"_meta": {"block": block}, "licenses": {"edges": edges}}})
    }

    #[test]
    fn an_index_that_shows_what_is_false_is_found() {
        let watch = watch();
        assert_eq!(watch.answered(&answer(&watch, 4)), Some(4));
        assert_eq!(watch.findings.take().len(), 0);

        assert_eq!(watch.answered(&answer(&watch, 5)), None);
        assert_eq!(watch.findings.take().len(), 1, "a block that is not final");

        let wrong: [fn(&mut Value); 4] = [
            |edges| edges[0]["node"]["storedStatus"] = json!("PENDING"),
            |edges| edges[0]["node"]["version"] = json!(99),
            |edges| {
                let first = edges[0].clone();
                edges.as_array_mut().expect("a list").push(first);
            },
            |edges| {
                edges.as_array_mut().expect("a list").pop();
            },
        ];
        for (case, change) in wrong.into_iter().enumerate() {
            let mut answer = answer(&watch, 4);
            change(&mut answer["data"]["licenses"]["edges"]);
            watch.answered(&answer);
            assert_eq!(watch.findings.take().len(), 1, "case {case}");
        }
    }

    #[test]
    fn a_signature_on_what_is_false_is_found() {
        let found = |nonce: u64| {
            finds(|watch, mirrored, _| {
                let told = json!({
                    "nonce": nonce,
                    "head": mirrored.head,
                    "sourceBlock": mirrored.source_block,
                    "sourceTime": mirrored.source_time,
                });
                watch.of_attester("attester".into())(
                    "/v1/attestations",
                    &json!({"attestation": told}),
                );
            })
        };
        let (mirrored, _) = truth(&watch());
        assert_eq!(found(mirrored.nonce), 0);
        assert_eq!(found(mirrored.nonce + 1), 1);
    }
}
