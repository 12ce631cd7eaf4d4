//! A mirror: reads of it, and its brake.

mod brake;

use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::providers::{DynProvider, Provider};
use lex_client::abi::mirror::LicenseMirror;
use lex_client::{Address, B256, U256};
use lex_model::Status;
use serde::Serialize;
use thiserror::Error;

pub use brake::{Attester, BrakeError, LaneState, Proof, VerifiedHead};

use crate::deploy::{DeployError, ethereum};
use crate::deployment::MirrorDeployment;

/// One mirror, read without a key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mirror {
    name: String,
    address: Address,
    provider: DynProvider,
    /// The destination's block that is read.
    block: BlockId,
}

/// A read failed: the chain does not answer or there is no mirror at the address.
#[derive(Debug, Error)]
#[error("the mirror {address} on {name} does not answer: {reason}")]
pub struct MirrorError {
    pub name: String,
    pub address: Address,
    pub reason: String,
}

/// How far a mirror is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MirrorProgress {
    pub nonce: u64,
    pub head: B256,
    /// Block of the source chain up to which it is complete.
    pub as_of_block: u64,
    /// Unix seconds of that block.
    pub as_of_time: u64,
    /// Seconds after `as_of_time` for which it answers.
    pub max_age: u64,
    /// Unix seconds of the destination chain now.
    pub now: u64,
    pub epoch: u64,
    pub lane: LaneState,
}

impl MirrorProgress {
    /// Seconds since the state that it shows.
    #[must_use]
    pub fn age(&self) -> u64 {
        self.now.saturating_sub(self.as_of_time)
    }

    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.lane == LaneState::Open && self.nonce > 0 && self.age() <= self.max_age
    }
}

/// What a mirror says about one license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirroredLicense {
    pub holder: Address,
    pub license_type: u64,
    /// With the destination's clock; `Unknown` when the mirror is stale.
    pub status: Status,
    pub usable: bool,
    pub valid_from: u64,
    pub valid_until: u64,
    pub grace_until: u64,
}

impl Mirror {
    /// # Errors
    /// When the URL cannot be used.
    pub fn connect(url: &str, deployment: &MirrorDeployment) -> Result<Mirror, DeployError> {
        Ok(Mirror {
            name: deployment.name.clone(),
            address: deployment.mirror,
            provider: ethereum(url, None)?,
            block: BlockId::latest(),
        })
    }

    /// This mirror as it is at the destination's latest block, however much that chain moves on, and the
    /// time of that block (Unix seconds).
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn at_latest(&self) -> Result<(Mirror, u64), MirrorError> {
        let latest = self
            .provider
            .get_block_by_number(BlockNumberOrTag::Latest)
            .await
            .map_err(|error| self.error(error))?
            .ok_or_else(|| self.error("its chain has no latest block"))?;
        let pinned = Mirror {
            block: BlockId::number(latest.header.number),
            ..self.clone()
        };
        Ok((pinned, latest.header.timestamp))
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn address(&self) -> Address {
        self.address
    }

    /// # Errors
    /// When the chain does not answer.
    pub async fn nonce(&self) -> Result<u64, MirrorError> {
        let contract = self.contract();
        contract
            .nonce()
            .block(self.block)
            .call()
            .await
            .map_err(|error| self.error(error))
    }

    /// # Errors
    /// When the chain does not answer.
    pub async fn progress(&self) -> Result<MirrorProgress, MirrorError> {
        let contract = self.contract();
        let as_of = contract
            .asOf()
            .block(self.block)
            .call()
            .await
            .map_err(|error| self.error(error))?;
        Ok(MirrorProgress {
            nonce: self.nonce().await?,
            head: contract
                .head()
                .block(self.block)
                .call()
                .await
                .map_err(|error| self.error(error))?,
            as_of_block: as_of.sourceBlock,
            as_of_time: as_of.sourceTime,
            max_age: contract
                .maxAge()
                .block(self.block)
                .call()
                .await
                .map_err(|error| self.error(error))?,
            epoch: contract
                .epoch()
                .block(self.block)
                .call()
                .await
                .map_err(|error| self.error(error))?,
            now: unix_now(),
            lane: self.state().await?,
        })
    }

    /// Number of the destination's latest block.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn latest_block(&self) -> Result<u64, MirrorError> {
        self.provider
            .get_block_number()
            .await
            .map_err(|error| self.error(error))
    }

    /// The license; `None` when the mirror has never heard of it.
    ///
    /// # Errors
    /// When the chain does not answer, or the mirror says nothing because it is stale or stopped.
    pub async fn license(&self, id: U256) -> Result<Option<MirroredLicense>, MirrorError> {
        let contract = self.contract();
        let raw = contract
            .licenseOf(id)
            .block(self.block)
            .call()
            .await
            .map_err(|error| {
                match error.as_decoded_error::<LicenseMirror::MirrorStale>() {
                    Some(_) => self.error(
                        "it is stale or stopped, and every license reads as Unknown; see `lex mirror status`",
                    ),
                    None => self.error(error),
                }
            })?;
        if raw.status == Status::Unknown.code() {
            return Ok(None);
        }
        let status = contract
            .statusOf(id)
            .block(self.block)
            .call()
            .await
            .map_err(|error| self.error(error))?;
        let usable = contract
            .isUsable(id)
            .block(self.block)
            .call()
            .await
            .map_err(|error| self.error(error))?;
        Ok(Some(MirroredLicense {
            holder: raw.holder,
            license_type: raw.licenseType,
            status: Status::from_code(status.status).unwrap_or(Status::Unknown),
            usable,
            valid_from: raw.validFrom,
            valid_until: raw.validUntil,
            grace_until: raw.graceUntil,
        }))
    }

    fn contract(&self) -> LicenseMirror::LicenseMirrorInstance<&DynProvider> {
        LicenseMirror::new(self.address, &self.provider)
    }

    fn error(&self, error: impl std::fmt::Display) -> MirrorError {
        MirrorError {
            name: self.name.clone(),
            address: self.address,
            reason: error.to_string(),
        }
    }
}

/// This machine's clock, Unix seconds.
#[must_use]
pub fn unix_now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
