//! The compiled contracts.

use std::fs;
use std::path::Path;

use alloy::primitives::keccak256;

use super::DeployError;
use crate::deployment::CodeHashes;

/// The compiled contracts of a build folder.
#[derive(Clone)]
pub struct ContractCode {
    pub policy: Vec<u8>,
    pub verifier: Vec<u8>,
    pub committee: Vec<u8>,
    pub license: Vec<u8>,
    pub seats: Vec<u8>,
    pub proxy: Vec<u8>,
}

impl ContractCode {
    /// The files that are read.
    pub const FILES: [&'static str; 6] = [
        "policy.polkavm",
        "verifier.polkavm",
        "committee.polkavm",
        "license.polkavm",
        "seats.polkavm",
        "proxy.polkavm",
    ];

    /// Reads [`ContractCode::FILES`].
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn read(folder: &Path) -> Result<ContractCode, DeployError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|source| DeployError::Code { path, source })
        };
        let [policy, verifier, committee, license, seats, proxy] = Self::FILES;
        Ok(ContractCode {
            policy: read(policy)?,
            verifier: read(verifier)?,
            committee: read(committee)?,
            license: read(license)?,
            seats: read(seats)?,
            proxy: read(proxy)?,
        })
    }

    #[must_use]
    pub fn hashes(&self) -> CodeHashes {
        CodeHashes {
            policy: keccak256(&self.policy),
            verifier: keccak256(&self.verifier),
            committee: keccak256(&self.committee),
            license: keccak256(&self.license),
            seats: keccak256(&self.seats),
            proxy: keccak256(&self.proxy),
        }
    }
}
