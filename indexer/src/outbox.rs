//! Checking the outbox while indexing: the head that the contract announces with each update must
//! be the head recomputed from all updates before it.

use lex_client::{B256, abi::license::License::UpdateAppended, model_update};
use lex_model::{Outbox, SoftwareKeccak};

/// The updates that were read are not the ones that the contract committed to. The index stops.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OutboxError {
    #[error(
        "update {found} of the outbox was read where {expected:?} comes next: \
         the node left out or repeated events; use another endpoint"
    )]
    OutOfOrder { expected: Option<u64>, found: u64 },
    #[error(
        "after update {nonce} the outbox head is {announced} by the contract and {computed} by the \
         updates that were read: the node's events are not those of the chain; use another endpoint"
    )]
    HeadMismatch {
        nonce: u64,
        announced: B256,
        computed: B256,
    },
}

/// `outbox` with the update of this event at its end.
///
/// # Errors
/// The update is not the next one, or the announced head is not the computed one.
pub fn append(outbox: &Outbox, event: &UpdateAppended) -> Result<Outbox, OutboxError> {
    let next =
        outbox
            .with::<SoftwareKeccak>(&model_update(event))
            .ok_or(OutboxError::OutOfOrder {
                expected: outbox.next_nonce(),
                found: event.nonce,
            })?;
    if next.head != event.head.0 {
        return Err(OutboxError::HeadMismatch {
            nonce: event.nonce,
            announced: event.head,
            computed: B256::from(next.head),
        });
    }
    Ok(next)
}
