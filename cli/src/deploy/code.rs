//! The compiled contracts.

use std::io;
use std::path::{Path, PathBuf};

use alloy::primitives::keccak256;
use lex_client::B256;
use thiserror::Error;

use super::manifest::read_code;
use crate::deployment::CodeHashes;

/// The compiled contracts of a folder, each with the code that the folder's manifest names.
#[derive(Clone, Debug)]
pub struct ContractCode {
    pub policy: Vec<u8>,
    pub verifier: Vec<u8>,
    pub committee: Vec<u8>,
    pub license: Vec<u8>,
    pub seats: Vec<u8>,
    pub proxy: Vec<u8>,
}

/// Why compiled contracts cannot be used.
#[derive(Debug, Error)]
pub enum CodeError {
    #[error("{path} cannot be read; {RESTORE}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path} is not a manifest of compiled contracts; {RESTORE}")]
    NoManifest {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{path} does not name the contract {contract}; {RESTORE}")]
    Unlisted {
        path: PathBuf,
        contract: &'static str,
    },
    #[error("{path} names {contract}, which is no contract; {RESTORE}")]
    UnknownContract { path: PathBuf, contract: String },
    #[error(
        "{path} is not the {contract} contract that the manifest names: its code hash is {found} \
         instead of {expected}; {RESTORE}"
    )]
    Differs {
        contract: &'static str,
        path: PathBuf,
        expected: B256,
        found: B256,
    },
}

/// What mends it.
const RESTORE: &str =
    "`git checkout contracts/blobs` restores what was committed, `contracts/build` builds it anew";

impl ContractCode {
    /// Reads the contracts that the folder's manifest names.
    ///
    /// # Errors
    /// When one is not there, or is not what the manifest says.
    pub fn read(folder: &Path) -> Result<ContractCode, CodeError> {
        let expected = CodeHashes::read(folder)?;
        let read = |contract, code_hash| read_code(folder, contract, code_hash);
        Ok(ContractCode {
            policy: read("policy", expected.policy)?,
            verifier: read("verifier", expected.verifier)?,
            committee: read("committee", expected.committee)?,
            license: read("license", expected.license)?,
            seats: read("seats", expected.seats)?,
            proxy: read("proxy", expected.proxy)?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use crate::deploy::MANIFEST;
    use tempfile::TempDir;

    const NAMES: [&str; 6] = [
        "policy",
        "verifier",
        "committee",
        "license",
        "seats",
        "proxy",
    ];

    /// Contracts whose code is their name.
    fn folder() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut entries = serde_json::Map::new();
        for name in NAMES {
            fs::write(folder.path().join(format!("{name}.polkavm")), name).unwrap();
            let entry = serde_json::json!({ "codeHash": keccak256(name), "size": name.len() });
            entries.insert(name.to_owned(), entry);
        }
        let manifest = serde_json::json!({ "compilers": {}, "contracts": entries });
        fs::write(folder.path().join(MANIFEST), manifest.to_string()).unwrap();
        folder
    }

    fn edit_manifest(folder: &TempDir, edit: impl FnOnce(&mut serde_json::Value)) {
        let path = folder.path().join(MANIFEST);
        let mut manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        edit(&mut manifest);
        fs::write(path, manifest.to_string()).unwrap();
    }

    fn error(folder: &TempDir) -> CodeError {
        ContractCode::read(folder.path()).unwrap_err()
    }

    #[test]
    fn the_committed_contracts_are_what_their_manifest_says() {
        let committed = crate::target::repository().join("contracts/blobs");
        let code = ContractCode::read(&committed).unwrap();
        assert_eq!(code.hashes(), CodeHashes::read(&committed).unwrap());
    }

    #[test]
    fn every_contract_is_read_with_its_own_code() {
        let code = ContractCode::read(folder().path()).unwrap();
        let read = [
            code.policy,
            code.verifier,
            code.committee,
            code.license,
            code.seats,
            code.proxy,
        ];
        assert_eq!(read, NAMES.map(|name| name.as_bytes().to_vec()));
    }

    #[test]
    fn a_changed_byte_of_a_contract_is_named_with_both_hashes() {
        let folder = folder();
        fs::write(folder.path().join("seats.polkavm"), "seatz").unwrap();
        let error = error(&folder);
        let CodeError::Differs {
            contract,
            expected,
            found,
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(
            (*contract, *expected, *found),
            ("seats", keccak256("seats"), keccak256("seatz"))
        );
        let text = error.to_string();
        assert!(text.contains(&expected.to_string()), "{text}");
        assert!(text.contains("git checkout contracts/blobs"), "{text}");
    }

    #[test]
    fn a_changed_hash_in_the_manifest_is_named_with_its_contract() {
        let folder = folder();
        edit_manifest(&folder, |manifest| {
            manifest["contracts"]["policy"]["codeHash"] = keccak256("x").to_string().into();
        });
        let error = error(&folder);
        assert!(
            matches!(&error, CodeError::Differs { contract: "policy", expected, .. } if *expected == keccak256("x")),
            "{error}"
        );
    }

    #[test]
    fn a_missing_contract_or_manifest_is_named_with_its_file() {
        for file in ["proxy.polkavm", MANIFEST] {
            let folder = folder();
            fs::remove_file(folder.path().join(file)).unwrap();
            let error = error(&folder);
            assert!(
                matches!(&error, CodeError::Unreadable { path, .. } if path.ends_with(file)),
                "{error}"
            );
        }
    }

    #[test]
    fn a_contract_that_the_manifest_leaves_out_is_named() {
        let folder = folder();
        edit_manifest(&folder, |manifest| {
            manifest["contracts"]
                .as_object_mut()
                .unwrap()
                .remove("license");
        });
        let error = error(&folder);
        assert!(
            matches!(
                &error,
                CodeError::Unlisted {
                    contract: "license",
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn a_contract_that_nobody_knows_is_named() {
        let folder = folder();
        edit_manifest(&folder, |manifest| {
            manifest["contracts"]["lottery"] = manifest["contracts"]["policy"].clone();
        });
        let error = error(&folder);
        assert!(
            matches!(&error, CodeError::UnknownContract { contract, .. } if contract == "lottery"),
            "{error}"
        );
    }

    #[test]
    fn what_is_no_manifest_is_named_with_its_file() {
        for text in ["{", "[]", r#"{"contracts": {"policy": {"codeHash": 7}}}"#] {
            let folder = folder();
            fs::write(folder.path().join(MANIFEST), text).unwrap();
            let error = error(&folder);
            assert!(
                matches!(&error, CodeError::NoManifest { path, .. } if path.ends_with(MANIFEST)),
                "{error}"
            );
        }
    }
}
