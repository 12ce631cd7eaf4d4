//! The attestation rule.
//!
//! An attester signs (nonce n, head at n, block b, time of b) when b is verified, the outbox held at
//! most n updates by the end of b, and n itself is verified. So a mirror's "as of" never claims a
//! block whose updates it does not hold.

use alloy::primitives::B256;

use super::error::AttestError;
use crate::store::BlockRecord;

/// What may be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    pub nonce: u64,
    pub head: B256,
    pub source_block: u64,
    /// Unix seconds.
    pub source_time: u64,
}

/// Applies the rule to a nonce whose verified head is `head` and a verified `block`.
///
/// # Errors
/// When the outbox held more updates by the end of the block than the mirror would.
pub fn state(nonce: u64, head: B256, block: BlockRecord) -> Result<Statement, AttestError> {
    if block.nonce > nonce {
        return Err(AttestError::BlockTooNew {
            block: block.number,
            held: block.nonce,
            requested: nonce,
        });
    }
    Ok(Statement {
        nonce,
        head,
        source_block: block.number,
        source_time: block.time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is stated never claims a block that holds more than the nonce.
        #[test]
        fn a_statement_never_claims_more_than_it_contains(
            nonce in any::<u64>(), held in any::<u64>(), number in any::<u64>(), time in any::<u64>(),
        ) {
            let block = BlockRecord { number, time, nonce: held };
            match state(nonce, B256::ZERO, block) {
                Ok(statement) => {
                    prop_assert!(held <= statement.nonce);
                    prop_assert_eq!((statement.source_block, statement.source_time), (number, time));
                }
                Err(error) => {
                    prop_assert!(held > nonce);
                    prop_assert_eq!(error.code(), "block_too_new");
                }
            }
        }
    }
}
