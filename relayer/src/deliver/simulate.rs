//! Look before sending: what the mirror would do with a delivery.

use alloy::eips::BlockId;
use alloy::network::TransactionBuilder;
use alloy::primitives::Bytes;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolInterface;
use alloy::transports::{RpcError, TransportErrorKind};
use lex_client::abi::mirror::LicenseMirror::LicenseMirrorErrors;
use tokio::time::Instant;
use tracing::info;

use super::error::LaneError;
use super::lane::Lane;
use super::refusal::Refusal;
use crate::mirror::MirrorView;

/// How the mirror took the simulated delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Simulation {
    Accepted {
        gas: u64,
    },
    /// What it says is mirrored already, or will be by a transaction that waits before it.
    AlreadyDelivered,
    /// It attests a block from after what the destination's clock takes.
    FromFuture(ClockLag),
    /// No block has room for it.
    TooLarge,
    /// The mirror reverts, and says why.
    Refused(String),
}

/// How far the destination's clock is behind the source's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockLag {
    /// Time of the source block that is not taken yet, Unix seconds.
    pub attested: u64,
    /// The latest such time that the mirror takes at present, Unix seconds.
    pub accepted: u64,
}

impl Lane {
    /// Simulates the delivery in the next block, on top of what waits in the node's pool: where
    /// another deliverer was faster, this one sends and pays nothing. It gives way for as long as a
    /// transaction may wait before it is outbid; what waits longer may never be mined.
    pub(super) async fn simulate(
        &mut self,
        mirror: &MirrorView,
        calldata: &Bytes,
    ) -> Result<Simulation, LaneError> {
        let pending = match self.simulate_at(BlockId::pending(), calldata).await {
            // A node that knows no pending block answers so.
            Err(LaneError::Rpc(error)) if error.is_error_resp() => {
                self.simulate_at(BlockId::latest(), calldata).await?
            }
            pending => pending?,
        };
        // The next block's clock is the latest of all.
        if matches!(
            pending,
            Simulation::Accepted { .. } | Simulation::TooLarge | Simulation::FromFuture(_)
        ) {
            return Ok(pending);
        }
        let latest = self.simulate_at(BlockId::latest(), calldata).await?;
        let is_new = matches!(latest, Simulation::Accepted { .. });
        if is_new && self.gives_way(mirror) {
            return Ok(Simulation::AlreadyDelivered);
        }
        Ok(latest)
    }

    fn gives_way(&mut self, mirror: &MirrorView) -> bool {
        let since = match self.giving_way {
            Some((at, since)) if at == *mirror => since,
            _ => {
                info!("gives way to a delivery that waits in the node's pool");
                Instant::now()
            }
        };
        self.giving_way = Some((*mirror, since));
        since.elapsed() < self.bump_after
    }

    /// Simulates the delivery in one of the node's blocks.
    pub(super) async fn simulate_at(
        &self,
        block: BlockId,
        calldata: &Bytes,
    ) -> Result<Simulation, LaneError> {
        let request = TransactionRequest::default()
            .with_from(self.account())
            .with_to(self.mirror.address())
            .with_input(calldata.clone());
        let provider = self.mirror.provider();
        let simulated = async {
            provider.call(request.clone()).block(block).await?;
            provider.estimate_gas(request).block(block).await
        };
        match simulated.await {
            Ok(gas) => Ok(Simulation::Accepted { gas }),
            Err(error) => understood(error),
        }
    }
}

/// Understands why a simulation failed.
fn understood(error: RpcError<TransportErrorKind>) -> Result<Simulation, LaneError> {
    let response = error.as_error_resp();
    let Some(data) = response.and_then(|response| response.as_revert_data()) else {
        return match Refusal::of(&error) {
            Some(Refusal::TooLarge) => Ok(Simulation::TooLarge),
            _ => Err(error.into()),
        };
    };
    Ok(match LicenseMirrorErrors::abi_decode(&data) {
        Ok(
            LicenseMirrorErrors::AlreadyDelivered(_) | LicenseMirrorErrors::HeartbeatNotNewer(_),
        ) => Simulation::AlreadyDelivered,
        Ok(LicenseMirrorErrors::AttestationFromFuture(refusal)) => {
            Simulation::FromFuture(ClockLag {
                attested: refusal.attestedTime,
                accepted: refusal.latestAccepted,
            })
        }
        Ok(refusal) => Simulation::Refused(format!("{refusal:?}")),
        // Out of gas in the middle of the mirror gives no reason.
        Err(_) if data.is_empty() => Simulation::TooLarge,
        Err(_) => Simulation::Refused(data.to_string()),
    })
}
