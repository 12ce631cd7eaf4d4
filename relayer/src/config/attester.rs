//! Configuration of `lex-relayer attest`.

use std::time::Duration;

use alloy::primitives::Address;
use serde::Deserialize;

use super::check;
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
        self.database.validate()?;
        self.attester.validate()?;
        let doors = &self.http.doors;
        doors.validate().map_err(|error| error.to_string())?;
        if self.attester.max_wait >= doors.request_timeout {
            return Err("attester.max_wait must be shorter than http.doors.request_timeout".into());
        }
        if self.destinations.is_empty() {
            return Err(
                "there is no destination: add a [[destinations]] section for each mirror".into(),
            );
        }
        for (index, destination) in self.destinations.iter().enumerate() {
            destination.validate()?;
            for other in &self.destinations[..index] {
                destination.must_differ(other)?;
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
    /// How long an epoch read from a destination is taken for current: how long a rotation, or one that
    /// was reorganised away, may stay unseen.
    #[serde(with = "humantime_serde")]
    pub epoch_max_age: Duration,
}

/// Nobody waits longer for an answer.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A mirror takes signatures of the epoch before for an hour.
const LONGEST_EPOCH_AGE: Duration = Duration::from_secs(1_800);

impl AttesterSection {
    fn validate(&self) -> Result<(), String> {
        let bounded = [
            ("attester.max_wait", self.max_wait, LONGEST_WAIT),
            (
                "attester.epoch_max_age",
                self.epoch_max_age,
                LONGEST_EPOCH_AGE,
            ),
        ];
        match bounded
            .into_iter()
            .find(|(_, value, longest)| value > longest)
        {
            Some((key, _, longest)) => Err(format!("{key} must be at most \"{longest:?}\"")),
            None => Ok(()),
        }
    }
}

impl Default for AttesterSection {
    fn default() -> Self {
        Self {
            max_wait: Duration::from_secs(2),
            epoch_max_age: Duration::from_secs(1),
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
    fn validate(&self) -> Result<(), String> {
        let key = |field| format!("destinations.{field} of {:?}", self.name);
        if self.name.is_empty() {
            return Err(
                "destinations.name must not be empty: requests name the destination".into(),
            );
        }
        check::at_least_one(&key("chain_id"), self.chain_id)?;
        match self.epoch_source()? {
            EpochSource::Configured(epoch) => check::at_least_one(&key("epoch"), epoch),
            EpochSource::Chain(url) => check::scheme(&key("rpc_url"), &url, &["http", "https"]),
        }
    }

    fn must_differ(&self, other: &Self) -> Result<(), String> {
        if self.name == other.name {
            return Err(format!(
                "destinations.name: {:?} is configured twice; give each mirror a name of its own",
                self.name
            ));
        }
        if (self.chain_id, self.mirror) == (other.chain_id, other.mirror) {
            return Err(format!(
                "destinations: {:?} and {:?} are the same mirror; remove one",
                other.name, self.name
            ));
        }
        Ok(())
    }

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
