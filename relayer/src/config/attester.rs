//! Configuration of `lex-relayer attest`.

use std::time::Duration;

use alloy::primitives::Address;
use serde::Deserialize;

use super::{DatabaseSection, EndpointUrl, HttpSection, SignerSection, SourceSection, Validate};

/// Everything an attester needs to know.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttesterConfig {
    pub source: SourceSection,
    pub database: DatabaseSection,
    pub http: HttpSection,
    pub signer: SignerSection,
    #[serde(default)]
    pub attester: AttesterSection,
    /// The mirrors this attester signs for.
    pub destinations: Vec<DestinationSection>,
}

impl Validate for AttesterConfig {
    fn validate(&self) -> Result<(), String> {
        self.source.validate()?;
        for (index, destination) in self.destinations.iter().enumerate() {
            destination.epoch_source()?;
            if self.destinations[..index]
                .iter()
                .any(|other| other.name == destination.name)
            {
                return Err(format!(
                    "destination {:?} is configured twice",
                    destination.name
                ));
            }
        }
        Ok(())
    }
}

/// `[attester]`: how requests are answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttesterSection {
    /// How long a request may wait for its block to be verified. Zero answers at once.
    #[serde(with = "humantime_serde")]
    pub max_wait: Duration,
    /// How long an epoch read from a destination is taken for current.
    #[serde(with = "humantime_serde")]
    pub epoch_max_age: Duration,
}

impl Default for AttesterSection {
    fn default() -> Self {
        Self {
            max_wait: Duration::from_secs(2),
            epoch_max_age: Duration::from_secs(10),
        }
    }
}

/// `[[destinations]]`: one mirror.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DestinationSection {
    /// What requests call it.
    pub name: String,
    pub chain_id: u64,
    /// Address of the mirror contract.
    pub mirror: Address,
    /// The epoch to sign for, when it is not read from the chain.
    pub epoch: Option<u64>,
    /// JSON-RPC endpoint from which the current epoch is read.
    pub rpc_url: Option<EndpointUrl>,
}

/// Where a destination's current epoch is known from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EpochSource {
    Configured(u64),
    Chain(EndpointUrl),
}

impl DestinationSection {
    /// # Errors
    /// When neither or both of `epoch` and `rpc_url` are set.
    pub fn epoch_source(&self) -> Result<EpochSource, String> {
        match (self.epoch, &self.rpc_url) {
            (Some(epoch), None) => Ok(EpochSource::Configured(epoch)),
            (None, Some(url)) => Ok(EpochSource::Chain(url.clone())),
            _ => Err(format!(
                "destination {:?} needs either epoch or rpc_url",
                self.name
            )),
        }
    }
}
