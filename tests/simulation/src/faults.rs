//! Which fault meets which message: a function of the seed, the channel and the message's number.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lex_tests::Fault as NodeFault;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::proxy::Fault as HttpFault;

/// How often each fault was inflicted. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Tally {
    /// Counts one.
    pub fn count(&self, what: &'static str) {
        self.add(what, 1);
    }

    /// Counts several.
    pub fn add(&self, what: &'static str, times: u64) {
        *self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(what)
            .or_default() += times;
    }

    /// All counts, by name.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The faults of one channel: a way between a service and something else.
#[derive(Clone, Debug)]
pub struct Channel {
    pub seed: u64,
    /// Tells the seed's channels apart.
    pub number: u64,
    /// Of a thousand messages so many meet a fault.
    pub per_mille: u32,
    pub tally: Tally,
}

impl Channel {
    /// The dice of one message; `None` when it meets no fault.
    fn dice(&self, message: u64) -> Option<StdRng> {
        let mut seed = [0; 32];
        for (place, number) in seed
            .chunks_exact_mut(8)
            .zip([self.seed, self.number, message])
        {
            place.copy_from_slice(&number.to_le_bytes());
        }
        let mut dice = StdRng::from_seed(seed);
        dice.random_ratio(self.per_mille, 1000).then_some(dice)
    }

    /// What happens to a message between a service and a node of the source.
    pub fn node_fault(&self, method: &str, message: u64) -> NodeFault {
        let Some(mut dice) = self.dice(message) else {
            return NodeFault::None;
        };
        let delay = Duration::from_millis(dice.random_range(1..60));
        let busy = NodeFault::Error {
            code: -32_005,
            message: "too many requests",
        };
        let failed = NodeFault::Error {
            code: -32_603,
            message: "internal error",
        };
        let mut faults = vec![
            ("source: connection dropped", NodeFault::Drop),
            ("source: delayed", NodeFault::Delay(delay)),
            ("source: doubled", NodeFault::Duplicate),
        ];
        match method {
            // A notification answers nothing, and one that never comes is no rare thing.
            "chain_finalizedHead" => faults.push(("source: kept silent", NodeFault::Silence)),
            _ => faults.extend([
                ("source: too many requests", busy),
                ("source: internal error", failed),
                ("source: answer cut", NodeFault::Truncate),
            ]),
        }
        if method == "chain_getFinalizedHead" {
            faults.push(("source: stale answer", NodeFault::Stale));
        }
        let (name, fault) = faults.choose(&mut dice).expect("there are some");
        self.tally.count(name);
        fault.clone()
    }

    /// What happens to a request of HTTP, by its label.
    pub fn http_fault(&self, kind: HttpKind, label: &str, message: u64) -> HttpFault {
        let Some(mut dice) = self.dice(message) else {
            return HttpFault::None;
        };
        let delay = Duration::from_millis(dice.random_range(1..60));
        let mut faults = vec![
            HttpFault::Error,
            HttpFault::LoseRequest,
            HttpFault::LoseAnswer,
            HttpFault::Delay(delay),
            HttpFault::Duplicate,
            HttpFault::Truncate,
        ];
        if kind.can_lie(label) {
            faults.push(HttpFault::Lie);
        }
        let fault = *faults.choose(&mut dice).expect("there are some");
        self.tally.count(kind.name(fault));
        fault
    }
}

/// What stands behind a proxy.
#[derive(Clone, Copy, Debug)]
pub enum HttpKind {
    Destination,
    Attester,
}

impl HttpKind {
    /// Whether there is something to lie about.
    fn can_lie(self, label: &str) -> bool {
        let asked: &[&str] = match self {
            Self::Destination => &[
                "eth_call",
                "eth_getTransactionReceipt",
                "eth_getTransactionCount",
            ],
            Self::Attester => &["/v1/attestations"],
        };
        asked.contains(&label)
    }

    fn name(self, fault: HttpFault) -> &'static str {
        match (self, fault) {
            (_, HttpFault::None) => "no fault",
            (Self::Destination, HttpFault::Error) => "destination: too many requests",
            (Self::Destination, HttpFault::LoseRequest) => "destination: request lost",
            (Self::Destination, HttpFault::LoseAnswer) => "destination: answer lost",
            (Self::Destination, HttpFault::Delay(_)) => "destination: delayed",
            (Self::Destination, HttpFault::Duplicate) => "destination: doubled",
            (Self::Destination, HttpFault::Truncate) => "destination: answer cut",
            (Self::Destination, HttpFault::Lie) => "destination: lie",
            (Self::Attester, HttpFault::Error) => "attester: unavailable",
            (Self::Attester, HttpFault::LoseRequest) => "attester: request lost",
            (Self::Attester, HttpFault::LoseAnswer) => "attester: answer lost",
            (Self::Attester, HttpFault::Delay(_)) => "attester: delayed",
            (Self::Attester, HttpFault::Duplicate) => "attester: doubled",
            (Self::Attester, HttpFault::Truncate) => "attester: answer cut",
            (Self::Attester, HttpFault::Lie) => "attester: lie",
        }
    }
}
