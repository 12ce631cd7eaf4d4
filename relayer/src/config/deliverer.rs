//! Configuration of `lex-relayer deliver`.

use std::time::Duration;

use alloy::primitives::Address;
use serde::Deserialize;

use super::check;
use super::{
    DatabaseSection, EndpointUrl, HttpSection, SignerSection, SourceSection, Validate, Wei,
};

/// Everything a deliverer needs to know. One deliverer serves one destination.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelivererConfig {
    pub source: SourceSection,
    pub database: DatabaseSection,
    pub http: HttpSection,
    pub signer: SignerSection,
    pub destination: LaneSection,
    pub attesters: AttestersSection,
    #[serde(default)]
    pub batch: BatchSection,
    pub fees: FeesSection,
    #[serde(default)]
    pub readiness: ReadinessSection,
}

impl Validate for DelivererConfig {
    fn validate(&self) -> Result<(), String> {
        self.source.validate()?;
        self.http
            .doors
            .validate()
            .map_err(|error| error.to_string())?;
        self.database.validate()?;
        self.destination.validate()?;
        self.attesters.validate()?;
        check::at_least_one("batch.max_updates", self.batch.max_updates.into())?;
        check::pause("batch.heartbeat", self.batch.heartbeat)?;
        check::pause("fees.bump_after", self.fees.bump_after)?;
        check::pause("readiness.max_stall", self.readiness.max_stall)?;
        Ok(())
    }
}

/// `[destination]`: the chain and mirror that updates go to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneSection {
    /// What the attesters call it.
    pub name: String,
    pub chain_id: u64,
    /// Address of the mirror contract.
    pub mirror: Address,
    /// JSON-RPC endpoint (HTTP).
    pub rpc_url: EndpointUrl,
    /// Blocks, its own included, after which a transaction counts as final.
    #[serde(default = "default_confirmations")]
    pub confirmations: u64,
    /// Longest time between two looks at a transaction on its way.
    #[serde(default = "default_poll_interval", with = "humantime_serde")]
    pub poll_interval: Duration,
}

impl LaneSection {
    fn validate(&self) -> Result<(), String> {
        if self.name.is_empty() {
            return Err("destination.name must not be empty: attesters know it by this".into());
        }
        check::at_least_one("destination.chain_id", self.chain_id)?;
        check::at_least_one("destination.confirmations", self.confirmations)?;
        check::pause("destination.poll_interval", self.poll_interval)?;
        check::scheme("destination.rpc_url", &self.rpc_url, &["http", "https"])
    }
}

fn default_confirmations() -> u64 {
    12
}

fn default_poll_interval() -> Duration {
    Duration::from_secs(1)
}

/// `[attesters]`: whom to ask for signatures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestersSection {
    pub urls: Vec<EndpointUrl>,
    /// How long one attester may take. Longer than the attesters' own `max_wait`.
    #[serde(default = "default_request_timeout", with = "humantime_serde")]
    pub request_timeout: Duration,
}

impl AttestersSection {
    fn validate(&self) -> Result<(), String> {
        if self.urls.is_empty() {
            return Err("attesters.urls must name at least one attester".into());
        }
        check::endpoints("attesters.urls", &self.urls, &["http", "https"])?;
        check::pause("attesters.request_timeout", self.request_timeout)
    }
}

fn default_request_timeout() -> Duration {
    Duration::from_secs(5)
}

/// `[batch]`: what goes into one transaction, and when.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchSection {
    /// Updates in one transaction at most.
    pub max_updates: u32,
    /// By how much a heartbeat has to renew the mirror's attestation, in the source's time, before
    /// one is sent without updates; up to a quarter more, so that several deliverers take turns.
    /// Well below the mirror's own maximum age.
    #[serde(with = "humantime_serde")]
    pub heartbeat: Duration,
}

impl Default for BatchSection {
    fn default() -> Self {
        Self {
            max_updates: 50,
            heartbeat: Duration::from_secs(600),
        }
    }
}

/// `[fees]`: what may be spent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeesSection {
    /// Never offer more than this per gas.
    pub max_fee_per_gas: Wei,
    /// Never tip more than this per gas.
    pub max_priority_fee_per_gas: Wei,
    /// Never risk more than this within an hour.
    pub hourly_budget: Wei,
    /// Age of a transaction that is not included at which it is replaced by one that pays more.
    #[serde(default = "default_bump_after", with = "humantime_serde")]
    pub bump_after: Duration,
}

fn default_bump_after() -> Duration {
    Duration::from_secs(30)
}

/// `[readiness]`: when the service calls itself not ready.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadinessSection {
    /// Longest time that an update may wait while the mirror makes no progress.
    #[serde(with = "humantime_serde")]
    pub max_stall: Duration,
}

impl Default for ReadinessSection {
    fn default() -> Self {
        Self {
            max_stall: Duration::from_secs(120),
        }
    }
}
