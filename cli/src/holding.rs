//! A license wherever it is kept: as a single token or as seats.

use lex_client::abi::license::License;
use lex_client::abi::seats::Seats;
use lex_client::{Address, B256, CallError, U256, visible};
use lex_model::{Durations, Jurisdiction, Reason, Term};

use crate::failure::NoSuchLicense;
use crate::target::Network;

/// The contracts that keep licenses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    License,
    Seats,
}

/// What both contracts say about a license.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The holder of a single token, the licensee of seats.
    pub holder: Address,
    pub issuer: Address,
    pub license_type: u64,
    pub jurisdiction: Jurisdiction,
    pub term: Term,
    pub metadata_hash: B256,
    /// The version that evidence names; a settled suspension is not counted.
    pub version: u32,
}

impl Keeper {
    /// The contract that a flag `--seats` means.
    #[must_use]
    pub fn of(seats: bool) -> Keeper {
        if seats {
            Keeper::Seats
        } else {
            Keeper::License
        }
    }

    #[must_use]
    pub fn address(self, network: &Network) -> Address {
        match self {
            Keeper::License => network.license(),
            Keeper::Seats => network.seats(),
        }
    }

    /// The license.
    ///
    /// # Errors
    /// [`NoSuchLicense`], and when the chain does not answer.
    pub async fn find(self, network: &Network, id: U256) -> anyhow::Result<Kept> {
        let jurisdiction = |code: &str| {
            Jurisdiction::parse(code)
                .map_err(|_| anyhow::anyhow!("{} is no jurisdiction", visible(code)))
        };
        let missing = || NoSuchLicense(id.to_string());
        match self {
            Keeper::License => {
                let now = network.now().await?;
                let found = network.chain_license(id, now).await?.ok_or_else(missing)?;
                Ok(Kept {
                    holder: found.holder,
                    issuer: found.issuer,
                    license_type: found.license_type,
                    jurisdiction: jurisdiction(found.jurisdiction.raw())?,
                    term: Term {
                        valid_from: found.valid_from,
                        valid_until: found.valid_until,
                        grace_until: found.grace_until,
                    },
                    metadata_hash: found.metadata_hash,
                    version: self.version(network, id).await?,
                })
            }
            Keeper::Seats => {
                let found = network.seat_license(id).await?.ok_or_else(missing)?;
                Ok(Kept {
                    holder: found.holder,
                    issuer: found.issuer,
                    license_type: found.licenseType,
                    jurisdiction: jurisdiction(&found.jurisdiction)?,
                    term: Term {
                        valid_from: found.validFrom,
                        valid_until: found.validUntil,
                        grace_until: found.graceUntil,
                    },
                    metadata_hash: found.metadataHash,
                    version: self.version(network, id).await?,
                })
            }
        }
    }

    /// The version of a license that evidence names. Both contracts have the message.
    async fn version(self, network: &Network, id: U256) -> anyhow::Result<u32> {
        let asked = License::versionOfCall { tokenId: id };
        let version = network.look(self.address(network), &asked).await?;
        Ok(u32::try_from(version)?)
    }
}

impl Network {
    /// A license of the seats contract; `None` when there is none with this id.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn seat_license(&self, id: U256) -> Result<Option<Seats::LicenseView>, CallError> {
        match self
            .look(self.seats(), &Seats::licenseCall { tokenId: id })
            .await
        {
            Ok(found) => Ok(Some(found)),
            Err(CallError::Refused(refusal)) if refusal.code == Reason::UnknownLicense.code() => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// How many seats a license has.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn seat_count(&self, id: U256) -> Result<u64, CallError> {
        let call = Seats::totalSupplyCall { tokenId: id };
        Ok(self.look(self.seats(), &call).await?.saturating_to())
    }

    /// How long licenses of a type last.
    ///
    /// # Errors
    /// When the chain does not answer or there is no such type.
    pub async fn durations(&self, license_type: u64) -> Result<Durations, CallError> {
        let found = self.license_type(license_type).await?;
        Ok(Durations {
            term: found.term,
            renewal_window: found.renewal_window,
            grace: found.grace,
        })
    }
}
