//! Which updates go next.

use std::time::Duration;

use crate::config::BatchSection;
use crate::mirror::MirrorView;
use crate::outbox::Progress;

/// How large and how frequent deliveries are.
#[derive(Clone, Copy, Debug)]
pub struct BatchPolicy {
    max_updates: u64,
    heartbeat: Duration,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Everything that is verified, as of the newest verified block.
    All {
        first: u64,
        last: u64,
        source_block: u64,
    },
    /// The first part of what is verified, as of the block before the update after it.
    Part { first: u64, last: u64 },
    /// No update, but the mirror's freshness is to be renewed.
    Heartbeat { nonce: u64, source_block: u64 },
    /// Nothing before the next update, or before this time has passed.
    Idle { heartbeat_in: Duration },
    /// The mirror is ahead of what is verified here.
    Behind,
}

impl BatchPolicy {
    pub fn new(section: &BatchSection) -> Self {
        Self {
            max_updates: u64::from(section.max_updates),
            heartbeat: section.heartbeat,
        }
    }

    /// The next delivery, given the mirror, the verified outbox and the time in Unix seconds.
    pub fn plan(&self, mirror: &MirrorView, verified: &Progress, now: u64) -> Plan {
        let Some(source_block) = verified.block else {
            return Plan::Behind;
        };
        let Some(waiting) = verified.nonce.checked_sub(mirror.nonce) else {
            return Plan::Behind;
        };
        let first = mirror.nonce.saturating_add(1);
        if waiting > self.max_updates {
            return Plan::Part {
                first,
                last: mirror.nonce.saturating_add(self.max_updates),
            };
        }
        if waiting > 0 {
            return Plan::All {
                first,
                last: verified.nonce,
                source_block,
            };
        }
        let age = Duration::from_secs(now.saturating_sub(mirror.as_of_time));
        let heartbeat_in = self.heartbeat.saturating_sub(age);
        if heartbeat_in.is_zero() && source_block > mirror.as_of_block {
            return Plan::Heartbeat {
                nonce: mirror.nonce,
                source_block,
            };
        }
        // Without a newer block there is nothing to attest; the next block wakes the lane.
        let heartbeat_in = if heartbeat_in.is_zero() {
            self.heartbeat
        } else {
            heartbeat_in
        };
        Plan::Idle { heartbeat_in }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::LaneState;
    use alloy::primitives::B256;
    use proptest::prelude::*;

    const POLICY: BatchPolicy = BatchPolicy {
        max_updates: 50,
        heartbeat: Duration::from_secs(600),
    };

    fn mirror(nonce: u64, as_of_block: u64, as_of_time: u64) -> MirrorView {
        MirrorView {
            nonce,
            head: B256::ZERO,
            as_of_block,
            as_of_time,
            epoch: 1,
            state: LaneState::Open,
        }
    }

    fn verified(block: u64, nonce: u64) -> Progress {
        Progress {
            block: Some(block),
            time: 0,
            nonce,
            head: B256::ZERO,
            halted: None,
        }
    }

    #[test]
    fn everything_that_waits_goes_at_once() {
        let plan = POLICY.plan(&mirror(3, 10, 1_000), &verified(12, 53), 1_001);
        assert_eq!(
            plan,
            Plan::All {
                first: 4,
                last: 53,
                source_block: 12
            }
        );
    }

    #[test]
    fn the_first_update_has_nonce_one() {
        let plan = POLICY.plan(&mirror(0, 0, 0), &verified(12, 1), 1_000);
        assert_eq!(
            plan,
            Plan::All {
                first: 1,
                last: 1,
                source_block: 12
            }
        );
    }

    #[test]
    fn a_longer_queue_goes_in_parts() {
        let plan = POLICY.plan(&mirror(3, 10, 1_000), &verified(12, 54), 1_001);
        assert_eq!(plan, Plan::Part { first: 4, last: 53 });
    }

    #[test]
    fn an_old_mirror_is_renewed_as_of_a_newer_block_only() {
        let due = POLICY.plan(&mirror(3, 10, 1_000), &verified(12, 3), 1_600);
        assert_eq!(
            due,
            Plan::Heartbeat {
                nonce: 3,
                source_block: 12
            }
        );
        let same_block = POLICY.plan(&mirror(3, 12, 1_000), &verified(12, 3), 1_600);
        assert!(matches!(same_block, Plan::Idle { .. }));
        let fresh = POLICY.plan(&mirror(3, 10, 1_000), &verified(12, 3), 1_599);
        assert_eq!(
            fresh,
            Plan::Idle {
                heartbeat_in: Duration::from_secs(1)
            }
        );
    }

    #[test]
    fn a_mirror_that_is_ahead_is_waited_for() {
        assert_eq!(
            POLICY.plan(&mirror(4, 10, 0), &verified(12, 3), 0),
            Plan::Behind
        );
    }

    proptest! {
        /// Batches start after the mirror, end within what is verified, and respect the limit.
        #[test]
        fn batches_are_contiguous_and_bounded(
            mirrored in 0u64..1_000, nonce in 0u64..1_000, max in 1u32..100, now in any::<u64>(),
        ) {
            let policy = BatchPolicy { max_updates: u64::from(max), ..POLICY };
            match policy.plan(&mirror(mirrored, 5, 0), &verified(9, nonce), now) {
                Plan::All { first, last, .. } | Plan::Part { first, last } => {
                    prop_assert_eq!(first, mirrored + 1);
                    prop_assert!(last >= first && last <= nonce);
                    prop_assert!(last - first < u64::from(max));
                }
                Plan::Heartbeat { nonce: attested, .. } => prop_assert_eq!(attested, mirrored),
                Plan::Idle { .. } => prop_assert_eq!(nonce, mirrored),
                Plan::Behind => prop_assert!(nonce < mirrored),
            }
        }
    }
}
