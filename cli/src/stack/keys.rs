//! Development keys: who signs what in a stack that one command started.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr;

use alloy::primitives::Address;
use alloy::signers::local::PrivateKeySigner;
use lex_client::Signer;
use thiserror::Error;

use super::ports::ATTESTERS;
use super::state::{StateDir, StateError, failed};
use crate::deploy::{BundleSection, Governance, MemberSection};

/// Secret URI of the account that deploys and administers the contracts on the source chain; every
/// Substrate development chain endows it.
pub const ADMIN: &str = "//Alice";

/// The committee's member whose key is a Substrate account.
pub const COMMITTEE_MAKER: &str = "//Eve";
/// May pause.
pub const GUARDIAN: &str = "//Ferdie";
/// Publishes the roots that proofs are about.
pub const PUBLISHER: &str = "//Dave";

/// Dorothy and Ethan, the committee's other two members, and Faith, who signs clearances: Ethereum
/// development accounts, public keys of no worth.
pub const COMMITTEE_CHECKER: &str =
    "0x39539ab1876910bbf3a223d84a29e28f1cb4e2e456503e7e91ed39b2e7223d68";
const COMMITTEE_THIRD: &str = "0x7dce9bc8babb68fec1409be38c8e1a52650206a7ed90ff956ae8a6d15eeaaef4";
pub const COMPLIANCE_SIGNER: &str =
    "0xb9d2ea9a615f3165812e8d44de0d24da9bbd164b65c4f0573e1ce2c8dbd9c8df";

/// File of the key that signs clearances, in the folder of a stack's keys.
pub const COMPLIANCE_SIGNER_FILE: &str = "compliance-signer.key";

/// Accounts 0, 1 and 2 of the mnemonic that anvil prints on every start: public, worth nothing.
const ANVIL_OWNER: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const ANVIL_DELIVERER: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const ANVIL_GUARDIAN: &str = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";

/// Files that hold the keys of a stack.
#[derive(Clone, Debug)]
pub struct DevKeys {
    /// Deploys and owns the mirror.
    pub mirror_owner: KeyFile,
    /// May stop the mirror.
    pub mirror_guardian: KeyFile,
    /// Pays for deliveries.
    pub deliverer: KeyFile,
    /// Generated once for each state folder.
    pub attesters: [KeyFile; ATTESTERS],
    /// Members 2 and 3 of the committee; member 1 is [`COMMITTEE_MAKER`].
    pub committee: [KeyFile; 2],
    /// Signs clearances, as the compliance service does in production.
    pub compliance_signer: KeyFile,
}

/// One secp256k1 key and the file it is in.
#[derive(Clone)]
pub struct KeyFile {
    pub path: PathBuf,
    pub signer: PrivateKeySigner,
}

impl KeyFile {
    #[must_use]
    pub fn address(&self) -> Address {
        self.signer.address()
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.path.display(), self.address())
    }
}

/// Why the keys of a state folder cannot be used.
#[derive(Debug, Error)]
pub enum KeyError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error("{path} holds no key (0x and 64 hexadecimal digits); remove it and a new one is made")]
    Format { path: PathBuf },
}

impl DevKeys {
    /// The keys of this state folder; those that do not exist yet are made.
    ///
    /// # Errors
    /// When a file cannot be read or written, or holds no key.
    pub fn load_or_make(state: &StateDir) -> Result<DevKeys, KeyError> {
        let attester = |number: usize| {
            load_or_make(
                state,
                &format!("attester-{number}.key"),
                PrivateKeySigner::random,
            )
        };
        Ok(DevKeys {
            mirror_owner: load_or_make(state, "mirror-owner.key", || well_known(ANVIL_OWNER))?,
            mirror_guardian: load_or_make(state, "mirror-guardian.key", || {
                well_known(ANVIL_GUARDIAN)
            })?,
            deliverer: load_or_make(state, "deliverer.key", || well_known(ANVIL_DELIVERER))?,
            attesters: [attester(1)?, attester(2)?, attester(3)?],
            committee: [
                load_or_make(state, "committee-2.key", || well_known(COMMITTEE_CHECKER))?,
                load_or_make(state, "committee-3.key", || well_known(COMMITTEE_THIRD))?,
            ],
            compliance_signer: load_or_make(state, COMPLIANCE_SIGNER_FILE, || {
                well_known(COMPLIANCE_SIGNER)
            })?,
        })
    }

    /// Who decides on a development chain: a committee of three, two of whom must approve.
    #[must_use]
    pub fn governance(&self) -> Governance {
        let account = |uri| {
            Signer::from_uri(uri)
                .expect("the literal is a secret URI")
                .address()
        };
        let [second, third] = &self.committee;
        let members = [account(COMMITTEE_MAKER), second.address(), third.address()];
        Governance {
            members: members
                .map(|account| MemberSection { account, weight: 1 })
                .to_vec(),
            threshold: 2,
            guardians: vec![account(GUARDIAN)],
            compliance_signers: vec![self.compliance_signer.address()],
            publishers: vec![account(PUBLISHER)],
            bundles: ["US", "EU", "DE"].map(development_bundle).to_vec(),
        }
    }

    /// Addresses of the attesters, ascending, as the mirror wants its set.
    #[must_use]
    pub fn attester_set(&self) -> Vec<Address> {
        let mut set: Vec<Address> = self.attesters.iter().map(KeyFile::address).collect();
        set.sort();
        set
    }
}

fn development_bundle(jurisdiction: &str) -> BundleSection {
    BundleSection {
        jurisdiction: jurisdiction.to_owned(),
        name: format!("development rules of {jurisdiction}"),
        rules: vec![String::from("longest-term issue,renew 10y")],
    }
}

fn load_or_make(
    state: &StateDir,
    name: &str,
    make: impl FnOnce() -> PrivateKeySigner,
) -> Result<KeyFile, KeyError> {
    let path = state.path("keys").join(name);
    if path.exists() {
        let text = fs::read_to_string(&path).map_err(failed("reading", &path))?;
        let signer = PrivateKeySigner::from_str(text.trim())
            .map_err(|_| KeyError::Format { path: path.clone() })?;
        return Ok(KeyFile { path, signer });
    }
    let signer = make();
    let text = format!("{}\n", signer.to_bytes());
    state.write_secret(PathBuf::from("keys").join(name), &text)?;
    Ok(KeyFile { path, signer })
}

fn well_known(key: &str) -> PrivateKeySigner {
    PrivateKeySigner::from_str(key).expect("the literal is a key")
}

const DATABASE_PASSWORD: &str = "keys/postgres.password";

/// A password that needs no quoting anywhere, from the same source of randomness as the keys.
///
/// # Errors
/// When its file cannot be read or written.
pub(super) fn database_password(state: &StateDir) -> Result<String, StateError> {
    let path = state.path(DATABASE_PASSWORD);
    if path.exists() {
        let text = fs::read_to_string(&path).map_err(failed("reading", &path))?;
        return Ok(text.trim().to_owned());
    }
    let password = hex::encode(&PrivateKeySigner::random().to_bytes()[..16]);
    state.write_secret(DATABASE_PASSWORD, &password)?;
    Ok(password)
}

/// Whether a cluster can be opened that was made for this state folder.
pub(super) fn has_database_password(state: &StateDir) -> bool {
    state.path(DATABASE_PASSWORD).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> (tempfile::TempDir, StateDir) {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::create(folder.path()).unwrap();
        (folder, state)
    }

    #[test]
    fn keys_are_made_once() {
        let (_folder, state) = state();
        let first = DevKeys::load_or_make(&state).unwrap();
        let second = DevKeys::load_or_make(&state).unwrap();
        assert_eq!(first.attester_set(), second.attester_set());
        assert_eq!(first.attester_set().len(), ATTESTERS);
        assert!(first.attester_set().is_sorted());
    }

    #[test]
    fn anvil_accounts_are_the_well_known_ones() {
        let (_folder, state) = state();
        let keys = DevKeys::load_or_make(&state).unwrap();
        assert_eq!(
            keys.mirror_owner.address().to_string(),
            "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
        );
        assert_eq!(
            keys.deliverer.address().to_string(),
            "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
        );
        assert_eq!(
            keys.mirror_guardian.address().to_string(),
            "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
        );
    }

    #[test]
    fn development_keys_decide_two_of_three() {
        let (_folder, state) = state();
        let keys = DevKeys::load_or_make(&state).unwrap();
        let governance = keys.governance();
        assert_eq!((governance.members.len(), governance.threshold), (3, 2));
        let addresses = [
            (
                &keys.committee[0],
                "0x773539d4Ac0e786233D90A233654ccEE26a613D9",
            ),
            (
                &keys.committee[1],
                "0xFf64d3F6efE2317EE2807d223a0Bdc4c0c49dfDB",
            ),
            (
                &keys.compliance_signer,
                "0xC0F0f4ab324C46e55D02D0033343B4Be8A55532d",
            ),
        ];
        for (key, address) in addresses {
            assert_eq!(key.address().to_string(), address);
        }
        assert!(
            governance
                .bundles
                .iter()
                .all(|bundle| bundle.call().is_ok())
        );
    }

    #[test]
    fn a_broken_key_file_is_reported_without_its_content() {
        let (_folder, state) = state();
        state
            .write_secret("keys/attester-2.key", "0xsecret")
            .unwrap();
        let error = DevKeys::load_or_make(&state).unwrap_err().to_string();
        assert!(
            error.contains("attester-2.key") && !error.contains("0xsecret"),
            "{error}"
        );
    }

    #[test]
    fn printing_keys_shows_addresses_only() {
        let (_folder, state) = state();
        let keys = DevKeys::load_or_make(&state).unwrap();
        let secret = ANVIL_OWNER.trim_start_matches("0x");
        assert!(!format!("{keys:?}").contains(secret));
    }

    #[test]
    fn the_password_is_kept() {
        let (_folder, state) = state();
        let first = database_password(&state).unwrap();
        assert_eq!(first.len(), 32);
        assert_eq!(database_password(&state).unwrap(), first);
    }
}
