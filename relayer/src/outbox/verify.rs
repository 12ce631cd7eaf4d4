//! Recomputing the outbox from events.

use alloy::primitives::{Address, B256};
use alloy::sol_types::SolEvent;
use lex_client::abi::license::License::UpdateAppended;
use lex_client::{ContractEvent, SourceBlock, model_update};
use lex_model::{SoftwareKeccak, Update};

/// The outbox that is followed, and how far it is verified.
#[derive(Clone, Debug)]
pub struct Outbox {
    contract: Address,
    position: Option<Position>,
    end: lex_model::Outbox,
}

/// A verified block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub number: u64,
    pub hash: B256,
}

/// One block and what its events did to the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedBlock {
    pub number: u64,
    pub hash: B256,
    /// Unix seconds.
    pub time: u64,
    pub updates: Vec<VerifiedUpdate>,
    /// The outbox at the end of the block.
    pub end: lex_model::Outbox,
}

/// One update and the head it produces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedUpdate {
    pub update: Update,
    pub head: B256,
}

/// The endpoint shows something that no honest chain can contain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    #[error("block {number} does not follow the verified block {verified}")]
    NotConsecutive { number: u64, verified: u64 },
    #[error("block {number} has parent {parent}, but {verified} was final and verified")]
    ForkedFinality {
        number: u64,
        parent: B256,
        verified: B256,
    },
    #[error("block {number}: an update of the license contract does not decode: {reason}")]
    UnreadableEvent { number: u64, reason: String },
    #[error("block {number}: update {nonce} does not follow update {last}")]
    NonceGap { number: u64, nonce: u64, last: u64 },
    #[error("block {number}: update {nonce} carries head {claimed}, computed {computed}")]
    HeadMismatch {
        number: u64,
        nonce: u64,
        claimed: B256,
        computed: B256,
    },
}

impl Outbox {
    /// The outbox of `contract`, of which nothing is verified yet.
    pub fn new(source_chain_id: u64, contract: Address) -> Self {
        let end = lex_client::empty_outbox(source_chain_id, contract);
        Self {
            contract,
            position: None,
            end,
        }
    }

    /// The outbox as it stood at an already verified block.
    #[must_use]
    pub fn resumed_at(self, position: Position, end: lex_model::Outbox) -> Self {
        Self {
            position: Some(position),
            end,
            ..self
        }
    }

    /// The license contract.
    pub fn contract(&self) -> Address {
        self.contract
    }

    /// The last verified block.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Nonce and head at the end of the last verified block.
    pub fn end(&self) -> lex_model::Outbox {
        self.end
    }

    /// Applies the next block. On an error nothing has changed.
    ///
    /// # Errors
    /// When the block does not follow the last one, or its updates do not extend the outbox.
    pub fn apply(&mut self, block: &SourceBlock) -> Result<VerifiedBlock, Violation> {
        self.check_continues(block)?;
        let mut end = self.end;
        let mut updates = Vec::new();
        for event in block
            .events
            .iter()
            .filter(|event| event.contract == self.contract)
        {
            let Some(appended) = update_of(event, block.number)? else {
                continue;
            };
            end = extend(end, &appended, block.number)?;
            updates.push(VerifiedUpdate {
                update: model_update(&appended),
                head: end.head.into(),
            });
        }
        self.end = end;
        self.position = Some(Position {
            number: block.number,
            hash: block.hash,
        });
        Ok(VerifiedBlock {
            number: block.number,
            hash: block.hash,
            time: block.time,
            updates,
            end,
        })
    }

    fn check_continues(&self, block: &SourceBlock) -> Result<(), Violation> {
        let Some(last) = self.position else {
            return Ok(());
        };
        let number = block.number;
        if last.number.checked_add(1) != Some(number) {
            return Err(Violation::NotConsecutive {
                number,
                verified: last.number,
            });
        }
        if block.parent_hash != last.hash {
            let (parent, verified) = (block.parent_hash, last.hash);
            return Err(Violation::ForkedFinality {
                number,
                parent,
                verified,
            });
        }
        Ok(())
    }
}

/// The event as an update; `None` when it is another of the contract's events, known or not: what is
/// left out by mistake shows in the head.
fn update_of(event: &ContractEvent, number: u64) -> Result<Option<UpdateAppended>, Violation> {
    if event.topics.first() != Some(&UpdateAppended::SIGNATURE_HASH) {
        return Ok(None);
    }
    UpdateAppended::decode_raw_log(&event.topics, &event.data)
        .map(Some)
        .map_err(|error| Violation::UnreadableEvent {
            number,
            reason: error.to_string(),
        })
}

fn extend(
    end: lex_model::Outbox,
    appended: &UpdateAppended,
    number: u64,
) -> Result<lex_model::Outbox, Violation> {
    let nonce = appended.nonce;
    let extended =
        end.with::<SoftwareKeccak>(&model_update(appended))
            .ok_or(Violation::NonceGap {
                number,
                nonce,
                last: end.nonce,
            })?;
    let computed = B256::from(extended.head);
    if computed != appended.head {
        return Err(Violation::HeadMismatch {
            number,
            nonce,
            claimed: appended.head,
            computed,
        });
    }
    Ok(extended)
}
