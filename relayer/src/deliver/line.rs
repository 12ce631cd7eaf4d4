//! Deliveries on their way stand in a line: each continues where the one before it ends.

use crate::mirror::Look;
use crate::store::Delivery;

/// How many of the waiting deliveries, from the first on, can still be mined and do what they are for.
///
/// After a reorganisation the first may wait behind account nonces that are free again, and would
/// wait for ever; or continue from updates that the mirror no longer holds, and would only burn gas.
/// What comes after such a one is no better.
pub(super) fn fitting(waiting: &[Delivery], look: &Look) -> usize {
    let mut account_nonce = look.account_nonce;
    let mut mirrored = look.mirror.nonce;
    let mut as_of_block = look.mirror.as_of_block;
    let fits = |delivery: &&Delivery| {
        let fits =
            delivery.account_nonce == account_nonce && continues(delivery, mirrored, as_of_block);
        account_nonce = account_nonce.saturating_add(1);
        mirrored = delivery.nonce;
        as_of_block = delivery.source_block;
        fits
    };
    waiting.iter().take_while(fits).count()
}

/// Whether a mirror with this nonce, as of this source block, takes the delivery.
fn continues(delivery: &Delivery, mirrored: u64, as_of_block: u64) -> bool {
    match delivery.first_nonce {
        Some(first) => first == mirrored.saturating_add(1) && delivery.source_block >= as_of_block,
        None => delivery.nonce == mirrored && delivery.source_block > as_of_block,
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{B256, Bytes};

    use super::*;
    use crate::mirror::{LaneState, MirrorBlock, MirrorView};
    use crate::store::DeliveryState;

    fn delivery(account_nonce: u64, first_nonce: Option<u64>, nonce: u64) -> Delivery {
        Delivery {
            id: 1,
            nonce,
            first_nonce,
            source_block: 100 + account_nonce,
            account_nonce,
            calldata: Bytes::new(),
            gas_limit: 100_000,
            state: DeliveryState::Submitted,
            transactions: Vec::new(),
        }
    }

    fn look(account_nonce: u64, mirrored: u64) -> Look {
        Look {
            block: MirrorBlock {
                number: 7,
                hash: B256::ZERO,
                gas_limit: 30_000_000,
            },
            mirror: MirrorView {
                nonce: mirrored,
                head: B256::ZERO,
                as_of_block: 90,
                as_of_time: 0,
                epoch: 1,
                state: LaneState::Open,
            },
            account_nonce,
        }
    }

    #[test]
    fn a_line_that_continues_the_mirror_fits() {
        let line = [
            delivery(4, Some(1), 3),
            delivery(5, None, 3),
            delivery(6, Some(4), 4),
        ];
        assert_eq!(fitting(&line, &look(4, 0)), 3);
        assert_eq!(fitting(&line[1..], &look(5, 3)), 2);
    }

    #[test]
    fn nothing_fits_behind_a_free_account_nonce() {
        let line = [delivery(5, Some(1), 3), delivery(6, Some(4), 4)];
        assert_eq!(fitting(&line, &look(4, 0)), 0);
        let gap = [delivery(4, Some(1), 3), delivery(6, Some(4), 4)];
        assert_eq!(fitting(&gap, &look(4, 0)), 1);
    }

    #[test]
    fn nothing_fits_that_does_not_continue_the_mirror() {
        assert_eq!(fitting(&[delivery(4, Some(3), 4)], &look(4, 1)), 0);
        assert_eq!(fitting(&[delivery(4, Some(1), 4)], &look(4, 1)), 0);
        assert_eq!(fitting(&[delivery(4, None, 2)], &look(4, 1)), 0);
    }
}
