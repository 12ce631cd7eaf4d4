//! Which updates go next.

use std::time::Duration;

use crate::config::BatchSection;
use crate::mirror::MirrorView;
use crate::outbox::Progress;
use crate::retry::{fraction, mixed};

/// Deliveries that the destination has to take before a batch that it found too large is grown.
const GROW_AFTER: u32 = 8;

/// How large and how frequent deliveries are.
#[derive(Clone, Copy, Debug)]
pub struct BatchPolicy {
    max_updates: u64,
    /// At most `max_updates`; less while the destination takes no more at once.
    updates_now: u64,
    /// Deliveries taken since the size last changed.
    taken: u32,
    heartbeat: Duration,
    seed: u64,
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
    /// Nothing before the next update, or before a newer block that is worth a heartbeat.
    Idle,
    /// The mirror is ahead of what is verified here.
    Behind,
}

impl BatchPolicy {
    /// `seed` tells this deliverer from others of the same mirror, so that their heartbeats do not
    /// fall together.
    pub fn new(section: &BatchSection, seed: u64) -> Self {
        let max_updates = u64::from(section.max_updates);
        Self {
            max_updates,
            updates_now: max_updates,
            taken: 0,
            heartbeat: section.heartbeat,
            seed,
        }
    }

    /// The next delivery, given the mirror and the verified outbox.
    pub fn plan(&self, mirror: &MirrorView, verified: &Progress) -> Plan {
        let Some(source_block) = verified.block else {
            return Plan::Behind;
        };
        let Some(waiting) = verified.nonce.checked_sub(mirror.nonce) else {
            return Plan::Behind;
        };
        let first = mirror.nonce.saturating_add(1);
        if waiting > self.updates_now {
            return Plan::Part {
                first,
                last: mirror.nonce.saturating_add(self.updates_now),
            };
        }
        if waiting > 0 {
            return Plan::All {
                first,
                last: verified.nonce,
                source_block,
            };
        }
        if source_block > mirror.as_of_block && self.is_heartbeat_due(mirror, verified.time) {
            return Plan::Heartbeat {
                nonce: mirror.nonce,
                source_block,
            };
        }
        Plan::Idle
    }

    /// Whether a heartbeat would make the mirror fresher by as much as one is worth. Both times are
    /// the source's own: what a clock here or on the destination shows would, if it is wrong, ask
    /// for one with every block, or for none.
    fn is_heartbeat_due(&self, mirror: &MirrorView, source_time: u64) -> bool {
        let gain = Duration::from_secs(source_time.saturating_sub(mirror.as_of_time));
        // Another order among the deliverers of a mirror after each heartbeat: nobody always pays,
        // and two that came close once do not stay close.
        let order = mixed(self.seed ^ mixed(mirror.as_of_block));
        gain >= self
            .heartbeat
            .saturating_add(fraction(self.heartbeat / 4, order))
    }

    /// The destination does not take so many updates at once: half as many from now on. Says whether
    /// there is a smaller batch. There is none for one update, nor for the contract's first block, which
    /// goes whole however much it holds.
    pub(super) fn shrink(&mut self, updates: u64) -> bool {
        self.taken = 0;
        let half = updates / 2;
        if half == 0 || updates > self.updates_now {
            return false;
        }
        self.updates_now = half;
        true
    }

    /// The destination took a delivery. After some of them, a batch that was shrunk grows again: its
    /// blocks may take more by now, and asking costs nothing.
    pub(super) fn grow(&mut self) {
        if self.updates_now == self.max_updates {
            return;
        }
        self.taken = self.taken.saturating_add(1);
        if self.taken >= GROW_AFTER {
            self.taken = 0;
            self.updates_now = self.updates_now.saturating_mul(2).min(self.max_updates);
        }
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
        updates_now: 50,
        taken: 0,
        heartbeat: Duration::from_secs(600),
        seed: 7,
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
        verified_at(block, nonce, 0)
    }

    fn verified_at(block: u64, nonce: u64, time: u64) -> Progress {
        Progress {
            block: Some(block),
            time,
            nonce,
            head: B256::ZERO,
            halted: None,
            interrupted: None,
        }
    }

    #[test]
    fn everything_that_waits_goes_at_once() {
        let plan = POLICY.plan(&mirror(3, 10, 1_000), &verified(12, 53));
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
        let plan = POLICY.plan(&mirror(0, 0, 0), &verified(12, 1));
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
        let plan = POLICY.plan(&mirror(3, 10, 1_000), &verified(12, 54));
        assert_eq!(plan, Plan::Part { first: 4, last: 53 });
    }

    #[test]
    fn an_old_mirror_is_renewed_as_of_a_newer_block_only() {
        let plan = |as_of_block, source_time| {
            let mirror = mirror(3, as_of_block, 1_000);
            POLICY.plan(&mirror, &verified_at(12, 3, source_time))
        };
        let heartbeat = Plan::Heartbeat {
            nonce: 3,
            source_block: 12,
        };
        assert_eq!(plan(10, 1_750), heartbeat);
        assert_eq!(plan(12, 1_750), Plan::Idle);
        assert_eq!(plan(10, 1_599), Plan::Idle);
    }

    #[test]
    fn deliverers_of_one_mirror_take_turns() {
        let due_at = |seed, as_of_block| {
            let policy = BatchPolicy { seed, ..POLICY };
            let mirror = mirror(3, as_of_block, 1_000);
            let is_due = |time: &u64| policy.is_heartbeat_due(&mirror, *time);
            (1_600..=1_750)
                .find(is_due)
                .expect("due within a quarter more")
        };
        let leads = |as_of_block| due_at(1, as_of_block).cmp(&due_at(2, as_of_block));
        let orders: Vec<_> = (0..32).map(leads).collect();
        assert!(orders.iter().any(|order| order.is_lt()), "{orders:?}");
        assert!(orders.iter().any(|order| order.is_gt()), "{orders:?}");
    }

    #[test]
    fn a_batch_that_is_too_large_is_halved_and_grows_again() {
        let mut policy = POLICY;
        let batch = |policy: &BatchPolicy| match policy.plan(&mirror(0, 0, 0), &verified(9, 1_000))
        {
            Plan::Part { first: 1, last } => last,
            other => panic!("not a part: {other:?}"),
        };
        assert!(policy.shrink(50) && policy.shrink(25));
        assert_eq!(batch(&policy), 12);
        (0..GROW_AFTER).for_each(|_| policy.grow());
        assert_eq!(batch(&policy), 24);
        (0..2 * GROW_AFTER).for_each(|_| policy.grow());
        assert_eq!(batch(&policy), 50);
        assert!(!policy.shrink(1));
        assert_eq!(batch(&policy), 50);
    }

    #[test]
    fn a_mirror_that_is_ahead_is_waited_for() {
        assert_eq!(
            POLICY.plan(&mirror(4, 10, 0), &verified(12, 3)),
            Plan::Behind
        );
    }

    proptest! {
        /// Batches start after the mirror, end within what is verified, and respect the limit.
        #[test]
        fn batches_are_contiguous_and_bounded(
            mirrored in 0u64..1_000, nonce in 0u64..1_000, max in 1u64..100, time in any::<u64>(),
        ) {
            let policy = BatchPolicy { max_updates: max, updates_now: max, ..POLICY };
            match policy.plan(&mirror(mirrored, 5, 0), &verified_at(9, nonce, time)) {
                Plan::All { first, last, .. } | Plan::Part { first, last } => {
                    prop_assert_eq!(first, mirrored + 1);
                    prop_assert!(last >= first && last <= nonce);
                    prop_assert!(last - first < max);
                }
                Plan::Heartbeat { nonce: attested, .. } => prop_assert_eq!(attested, mirrored),
                Plan::Idle => prop_assert_eq!(nonce, mirrored),
                Plan::Behind => prop_assert!(nonce < mirrored),
            }
        }
    }
}
