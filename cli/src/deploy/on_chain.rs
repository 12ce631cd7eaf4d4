//! Which code the contracts of a deployment run, compared with what they should.

use std::fmt;

use lex_client::{Address, B256, Source, SourceError};
use serde::Serialize;

use crate::deployment::{CodeHashes, SourceDeployment};

/// A contract that runs other code than it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OtherCode {
    pub contract: &'static str,
    pub address: Address,
    pub expected: B256,
    /// `None` when there is no contract.
    pub found: Option<B256>,
}

impl fmt::Display for OtherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OtherCode {
            contract,
            address,
            expected,
            found,
        } = self;
        match found {
            Some(found) => write!(
                f,
                "{contract} at {address} runs code {found} instead of {expected}"
            ),
            None => write!(f, "there is no {contract} at {address}"),
        }
    }
}

/// Where a contract is, and the code that it should run.
pub(super) struct Place {
    contract: &'static str,
    address: Address,
    expected: B256,
}

/// The contracts whose addresses the record names.
pub(super) fn recorded_places(deployment: &SourceDeployment, expected: &CodeHashes) -> Vec<Place> {
    [
        ("policy", deployment.policy, expected.policy),
        ("verifier", deployment.verifier, expected.verifier),
        ("committee", deployment.committee, expected.committee),
        ("license proxy", deployment.license, expected.proxy),
        ("seats proxy", deployment.seats, expected.proxy),
    ]
    .map(|(contract, address, expected)| Place {
        contract,
        address,
        expected,
    })
    .into()
}

/// The contracts that the proxies have behind them now; the record names those that they began with.
async fn places_behind_proxies(
    source: &Source,
    deployment: &SourceDeployment,
    expected: &CodeHashes,
) -> Result<Vec<Place>, SourceError> {
    let mut places = Vec::new();
    for (contract, proxy, expected) in [
        ("license", deployment.license, expected.license),
        ("seats", deployment.seats, expected.seats),
    ] {
        let address = source.implementation(proxy).await?.unwrap_or_default();
        places.push(Place {
            contract,
            address,
            expected,
        });
    }
    Ok(places)
}

/// The contracts of a deployment that run other code than expected; after upgrades, what runs now is
/// compared.
///
/// # Errors
/// When the chain cannot be read.
pub async fn other_code(
    source: &Source,
    deployment: &SourceDeployment,
    expected: &CodeHashes,
) -> Result<Vec<OtherCode>, SourceError> {
    let mut places = recorded_places(deployment, expected);
    places.extend(places_behind_proxies(source, deployment, expected).await?);
    other_code_at(source, places).await
}

pub(super) async fn other_code_at(
    source: &Source,
    places: Vec<Place>,
) -> Result<Vec<OtherCode>, SourceError> {
    let mut other = Vec::new();
    for Place {
        contract,
        address,
        expected,
    } in places
    {
        let found = source.code_hash(address).await?;
        if found != Some(expected) {
            other.push(OtherCode {
                contract,
                address,
                expected,
                found,
            });
        }
    }
    Ok(other)
}
