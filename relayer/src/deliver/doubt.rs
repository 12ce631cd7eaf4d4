//! Whether the mirror holds another history than the verified outbox.

use alloy::primitives::B256;
use tracing::warn;

use super::error::LaneError;
use super::lane::Lane;
use crate::mirror::{Look, MirrorView};

/// The mirror contradicted the outbox in a block that may have been reorganised away since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    /// The newest block at the first look that found it so.
    block: u64,
}

impl Lane {
    /// Whether what the mirror holds is the beginning of the verified outbox. If not, it was told
    /// something false, or is another contract's, and this lane halts.
    ///
    /// One look is not enough for that: only an operator ends a halt, and a destination in the middle
    /// of a reorganisation, or a node that lags, must not cause one. So a later look at a block that
    /// counts as final has to agree.
    pub(super) async fn continues(&mut self, look: &Look) -> Result<bool, LaneError> {
        let Some(ours) = self.contradiction(&look.mirror).await? else {
            self.doubt = None;
            return Ok(true);
        };
        let mirror = &look.mirror;
        let Some(doubt) = self.doubt else {
            let block = look.block.number;
            self.doubt = Some(Doubt { block });
            return Err(other_history(look, ours));
        };
        let depth = self.confirmations.saturating_sub(1);
        let settled = look.block.number.saturating_sub(depth);
        let deep = self.mirror.look_at(settled.into(), self.account()).await?;
        if !deep.mirror.state.is_stopped() && self.contradiction(&deep.mirror).await?.is_some() {
            let reason = format!(
                "the mirror holds head {} at update {}, the verified outbox has {ours}",
                mirror.head, mirror.nonce
            );
            warn!(
                first = doubt.block,
                settled, "the mirror still holds another history"
            );
            self.halt.halt(None, reason).await?;
            return Ok(false);
        }
        Err(other_history(look, ours))
    }

    /// The head that the verified outbox has at the mirror's nonce, if the mirror has another one.
    async fn contradiction(&self, mirror: &MirrorView) -> Result<Option<B256>, LaneError> {
        if mirror.nonce > self.progress.borrow().nonce {
            return Ok(None);
        }
        let ours = self.head_at(mirror.nonce).await?;
        Ok((ours != mirror.head).then_some(ours))
    }
}

fn other_history(look: &Look, ours: B256) -> LaneError {
    LaneError::OtherHistory {
        block: look.block.number,
        nonce: look.mirror.nonce,
        found: look.mirror.head,
        ours,
    }
}
