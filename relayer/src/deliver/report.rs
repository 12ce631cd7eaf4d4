//! What a lane says of itself to those who look at it from outside.

use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{info, warn};

use super::advance::Advance;
use super::obstacle::Obstacle;
use crate::mirror::{LaneState, MirrorView};

/// How far the lane is, and what it waits for.
#[derive(Clone, Debug)]
pub struct LaneStatus {
    /// What the mirror held at the last look; `None` before the first.
    pub mirror: Option<MirrorView>,
    /// When the mirror last made progress, or lacked nothing.
    pub advanced_at: Instant,
    /// What the lane waits for; `None` while it goes on.
    pub obstacle: Option<Obstacle>,
    /// Since when it is that kind of obstacle.
    pub obstacle_since: Instant,
    /// What the newest transaction might have cost, in wei; 0 before the first.
    pub needed: u128,
    /// How many attesters have to sign; `None` before it was read.
    pub threshold: Option<usize>,
}

/// Where a lane writes its status.
#[derive(Debug)]
pub(super) struct Report {
    status: watch::Sender<LaneStatus>,
    advance: Option<Advance>,
}

impl Report {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            status: watch::Sender::new(LaneStatus {
                mirror: None,
                advanced_at: now,
                obstacle: None,
                obstacle_since: now,
                needed: 0,
                threshold: None,
            }),
            advance: None,
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<LaneStatus> {
        self.status.subscribe()
    }

    /// The mirror was read while update `verified` was the newest.
    pub(super) fn looked(&mut self, mirror: &MirrorView, verified: u64) {
        let now = Instant::now();
        let before = self.status.borrow().mirror;
        if before.map(|before| before.nonce) != Some(mirror.nonce) {
            info!(nonce = mirror.nonce, "mirror read");
        }
        let state_before = before.map_or(LaneState::Open, |before| before.state);
        if state_before != mirror.state {
            tell(mirror.state);
            // A lane that was re-based begins anew.
            self.advance = None;
        }
        let advance = self
            .advance
            .get_or_insert_with(|| Advance::from(mirror.nonce, now));
        advance.note(mirror.nonce, verified, now);
        let advanced_at = advance.at();
        self.status.send_modify(|status| {
            status.mirror = Some(*mirror);
            status.advanced_at = advanced_at;
        });
    }

    /// The lane waits for this, or goes on.
    pub(super) fn waits_for(&self, obstacle: Option<Obstacle>) {
        self.status.send_if_modified(|status| {
            let (old, new) = (&status.obstacle, &obstacle);
            let is_another = old.as_ref().map(Obstacle::cause) != new.as_ref().map(Obstacle::cause);
            if is_another {
                status.obstacle_since = Instant::now();
            }
            let has_changed = old != new;
            status.obstacle = obstacle;
            has_changed
        });
    }

    /// A transaction may cost so much, in wei.
    pub(super) fn needs(&self, needed: u128) {
        self.status.send_modify(|status| status.needed = needed);
    }

    /// So many attesters have to sign.
    pub(super) fn needs_signatures(&self, threshold: usize) {
        self.status
            .send_modify(|status| status.threshold = Some(threshold));
    }
}

/// Says what became of the mirror's lane, once.
fn tell(state: LaneState) {
    match state {
        LaneState::Stopped { rebase_from } => warn!(
            rebase_from,
            "the mirror's guardian stopped it: nothing is delivered until its owner re-bases it"
        ),
        LaneState::Rebasing { nonce } => {
            info!(
                nonce,
                "the mirror was re-based: everything is delivered again"
            );
        }
        LaneState::Open => info!("the mirror is open"),
    }
}
