//! `manifest.json`, which stands beside the compiled contracts and says what each of them is.
//!
//! `contracts/build` writes it. What it says of compilers and sources is that program's business.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use alloy::primitives::keccak256;
use lex_client::B256;
use serde::Deserialize;

use super::CodeError;
use crate::deployment::CodeHashes;

/// The manifest's name in the folder of the compiled contracts.
pub const MANIFEST: &str = "manifest.json";

#[derive(Debug, Deserialize)]
struct ManifestFile {
    contracts: BTreeMap<String, Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    code_hash: B256,
}

impl CodeHashes {
    /// The hashes that the manifest of a folder names.
    ///
    /// # Errors
    /// When it cannot be read, is no manifest, or does not name exactly the contracts that there are.
    pub fn read(folder: &Path) -> Result<CodeHashes, CodeError> {
        let path = folder.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(|source| CodeError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let file: ManifestFile =
            serde_json::from_str(&text).map_err(|source| CodeError::NoManifest {
                path: path.clone(),
                source,
            })?;
        let mut entries = file.contracts;
        let mut take = |contract: &'static str| {
            let entry = entries.remove(contract);
            entry
                .map(|entry| entry.code_hash)
                .ok_or_else(|| CodeError::Unlisted {
                    path: path.clone(),
                    contract,
                })
        };
        let hashes = CodeHashes {
            policy: take("policy")?,
            verifier: take("verifier")?,
            committee: take("committee")?,
            license: take("license")?,
            seats: take("seats")?,
            proxy: take("proxy")?,
        };
        match entries.into_keys().next() {
            None => Ok(hashes),
            Some(contract) => Err(CodeError::UnknownContract { path, contract }),
        }
    }
}

/// Reads a contract's code, which must have the hash that the manifest names.
///
/// # Errors
/// [`CodeError::Unreadable`] or [`CodeError::Differs`].
pub(super) fn read_code(
    folder: &Path,
    contract: &'static str,
    expected: B256,
) -> Result<Vec<u8>, CodeError> {
    let path = folder.join(contract).with_extension("polkavm");
    let code = match fs::read(&path) {
        Ok(code) => code,
        Err(source) => return Err(CodeError::Unreadable { path, source }),
    };
    let found = keccak256(&code);
    if found != expected {
        return Err(CodeError::Differs {
            contract,
            path,
            expected,
            found,
        });
    }
    Ok(code)
}
