//! What a lying node says instead of the truth.

use alloy::primitives::B256;
use alloy::sol_types::SolEvent;
use lex_client::abi::license::License::UpdateAppended;

use super::chain::{Block, Chain, Event, LICENSE, appended, encoded};
use crate::truth::{ACTIVE, Outbox, REVOKED, Update};

/// What a node lies about, from one update on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// The updates say something else than what the heads commit to.
    Torn { from_nonce: u64 },
    /// The updates, their heads and the contract's storage tell another story, which fits together.
    Forged { from_nonce: u64 },
    /// Updates are left out, and the contract's storage shows it.
    Omitted { from_nonce: u64 },
}

impl Lie {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Torn { .. } => "source: lie, updates altered",
            Self::Forged { .. } => "source: lie, another story",
            Self::Omitted { .. } => "source: lie, updates left out",
        }
    }

    /// The first update that it is about.
    fn first(self) -> u64 {
        match self {
            Self::Torn { from_nonce }
            | Self::Forged { from_nonce }
            | Self::Omitted { from_nonce } => from_nonce,
        }
    }

    /// The block's events as the liar tells them.
    pub(super) fn events(self, chain: &Chain, block: &Block) -> Vec<Event> {
        let mut told = Vec::new();
        for event in &block.events {
            let is_update = event.contract == LICENSE
                && event.topics.first() == Some(&UpdateAppended::SIGNATURE_HASH);
            let update = is_update
                .then(|| UpdateAppended::decode_raw_log(&event.topics, &event.data).ok())
                .flatten()
                .filter(|update| update.nonce >= self.first());
            let Some(update) = update else {
                told.push(event.clone());
                continue;
            };
            let (topics, data) = match self {
                Self::Omitted { .. } => continue,
                Self::Torn { .. } => encoded(&UpdateAppended {
                    status: flipped(update.status),
                    ..update
                }),
                Self::Forged { .. } => {
                    let true_one = block
                        .updates
                        .iter()
                        .find(|other| other.nonce == update.nonce);
                    let forged = forged(true_one.expect("its event is of this block"));
                    encoded(&appended(&forged, self.head(chain, block, update.nonce)))
                }
            };
            told.push(Event {
                contract: LICENSE,
                topics,
                data,
            });
        }
        told
    }

    /// What the liar says that the contract stores at the end of the block.
    pub(super) fn outbox(self, chain: &Chain, block: &Block) -> Outbox {
        let stored = block.state.outbox;
        match self {
            Self::Forged { from_nonce } if stored.nonce >= from_nonce => Outbox {
                nonce: stored.nonce,
                head: self.head(chain, block, stored.nonce),
            },
            _ => stored,
        }
    }

    /// The head at an update of the forged story, which ends with a block.
    fn head(self, chain: &Chain, block: &Block, nonce: u64) -> B256 {
        let genesis = chain.at(0).expect("there is always the first block");
        let mut history = vec![block];
        while let Some(parent) = chain.of_hash(history[history.len() - 1].parent) {
            history.push(parent);
        }
        let updates = history.into_iter().rev().flat_map(|block| &block.updates);
        let told = updates
            .take_while(|update| update.nonce <= nonce)
            .map(|update| {
                if update.nonce >= self.first() {
                    forged(update)
                } else {
                    *update
                }
            });
        told.fold(genesis.state.outbox, |outbox, update| outbox.with(&update))
            .head
    }
}

fn forged(update: &Update) -> Update {
    Update {
        status: flipped(update.status),
        ..*update
    }
}

/// What is in force is shown as revoked, and the other way round.
fn flipped(status: u8) -> u8 {
    if status == ACTIVE { REVOKED } else { ACTIVE }
}
