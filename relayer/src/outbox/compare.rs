//! Comparing a recomputed outbox with what every endpoint says.

use std::time::Duration;

use alloy::primitives::{Address, B256};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::time::timeout;

use super::endpoint::{Endpoint, EndpointError};
use super::verify::Position;

/// How long an endpoint may take; one that is silent for a while is asked again when it may answer again.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the endpoints say about one block.
#[derive(Debug)]
pub enum Comparison {
    /// All of them agree with what was computed.
    Agreed,
    /// One contradicts. Nothing that was read since can be trusted.
    Disagreed { endpoint: String, what: String },
    /// None contradicts, but one has not finalized the block or does not answer: ask again.
    Undecided { endpoint: String, why: String },
}

/// Asks every endpoint, the followed one included, for block and outbox.
pub async fn compare<E: Endpoint>(
    endpoints: &[E],
    contract: Address,
    at: Position,
    computed: lex_model::Outbox,
) -> Comparison {
    let mut answers = FuturesUnordered::new();
    for endpoint in endpoints {
        answers.push(ask_patiently(endpoint, contract, at, computed));
    }
    let mut comparison = Comparison::Agreed;
    while let Some(answer) = answers.next().await {
        comparison = comparison.and(answer);
    }
    comparison
}

impl Comparison {
    /// A contradiction outweighs silence, silence outweighs agreement.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (disagreed @ Self::Disagreed { .. }, _) | (_, disagreed @ Self::Disagreed { .. }) => {
                disagreed
            }
            (undecided @ Self::Undecided { .. }, _) | (_, undecided) => undecided,
        }
    }
}

/// No answer leaves the question undecided.
async fn ask_patiently<E: Endpoint>(
    endpoint: &E,
    contract: Address,
    at: Position,
    computed: lex_model::Outbox,
) -> Comparison {
    let why = match timeout(PATIENCE, ask(endpoint, contract, at, computed)).await {
        Ok(Ok(answer)) => return answer,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", PATIENCE.as_secs()),
    };
    Comparison::Undecided {
        endpoint: endpoint.name().to_owned(),
        why,
    }
}

async fn ask<E: Endpoint>(
    endpoint: &E,
    contract: Address,
    at: Position,
    computed: lex_model::Outbox,
) -> Result<Comparison, EndpointError> {
    let name = || endpoint.name().to_owned();
    match endpoint.finalized_hash(at.number).await? {
        None => {
            let why = format!("block {} is not final there", at.number);
            return Ok(Comparison::Undecided {
                endpoint: name(),
                why,
            });
        }
        Some(hash) if hash != at.hash => {
            let what = format!("block {} is {hash}, verified {}", at.number, at.hash);
            return Ok(Comparison::Disagreed {
                endpoint: name(),
                what,
            });
        }
        Some(_) => {}
    }
    let stored = endpoint.outbox(contract, at.hash).await?;
    if stored == computed {
        return Ok(Comparison::Agreed);
    }
    let what = format!(
        "at block {} the contract stores nonce {} and head {}, computed from events nonce {} and head {}",
        at.number,
        stored.nonce,
        B256::from(stored.head),
        computed.nonce,
        B256::from(computed.head),
    );
    Ok(Comparison::Disagreed {
        endpoint: name(),
        what,
    })
}
