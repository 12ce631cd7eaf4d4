//! Verifier: which zero-knowledge circuits are trusted, and whether a Groth16 proof on BN254 proves
//! a circuit's statement for given public inputs.
//!
//! # Roles
//! - *admin*: registers and revokes verifying keys. An account in development, the governor's
//!   timelock in production.
//! - everyone else verifies and reads.
//!
//! # Invariants
//! - A circuit's version has one key for ever: `registerKey` refuses a version that has a key or had
//!   one, and `revokeKey` cannot be undone (I30). Whoever pins `keyHash` pins the statement.
//! - `verify` answers `false` only for a well-formed proof that does not verify; a question that
//!   makes no sense, or that the chain could not answer, is refused.
//! - Every public input is below the order of the field, so that no number stands for another.
//!
//! # What a proof is not
//! Anyone can change a Groth16 proof into another one that verifies for the same public inputs. A
//! contract that lets a proof count once keys that on a nullifier among the public inputs, never on
//! the proof; and it computes itself every public input that binds the proof to an action.
//!
//! # Errors
//! Every refusal is [`Refused`](lex_policy_interface::Refused) with a code of `lex_model::Reason`.
//!
//! The verifier is replaced by pointing its users to a successor, so it needs no proxy.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub mod events;
pub mod groth16;
pub mod records;
#[cfg(test)]
mod tests;

#[ink::contract]
#[expect(
    clippy::too_many_arguments,
    reason = "a message has one argument per value that Solidity shows"
)]
#[expect(
    clippy::large_enum_variant,
    reason = "ink! generates an enum of all messages, of which one exists at a time"
)]
pub mod verifier {
    use ink::{
        U256,
        prelude::{string::String, vec::Vec},
        sol::FixedBytes,
        storage::{Lazy, Mapping, traits::ManualKey},
    };
    use lex_contract_host::HostKeccak;
    use lex_model::{Keccak, Reason};
    use lex_policy_interface::{Refused, require_account};

    use crate::{
        events::{AdminChanged, KeyRegistered, KeyRevoked},
        groth16::Key,
        records::{KeyRecord, from_pages, into_pages, page_count},
    };

    /// The longest name of a circuit, in bytes.
    const MAX_NAME: usize = 64;

    /// The most versions of a circuit that can be used at the same time.
    const MAX_VERSIONS: usize = 32;

    /// A circuit, its version, and the place of a page of its key.
    type Page = (u64, u32, u8);

    #[ink(storage)]
    pub struct Verifier {
        /// Who governs the keys.
        admin: Lazy<Address, ManualKey<0x4c56_0001>>,
        /// What is known of each circuit's version, whether it can be used or is revoked.
        records: Mapping<(u64, u32), KeyRecord, ManualKey<0x4c56_0002>>,
        /// The keys, in pieces that fit into a storage entry.
        pages: Mapping<Page, Vec<u8>, ManualKey<0x4c56_0003>>,
        /// The versions of a circuit that can be used, in ascending order.
        versions: Mapping<u64, Vec<u32>, ManualKey<0x4c56_0004>>,
    }

    impl Verifier {
        /// A verifier without keys, governed by `admin`.
        #[ink(constructor)]
        pub fn new(admin: Address) -> Result<Self, Refused> {
            require_account(admin)?;
            let mut verifier = Self {
                admin: Lazy::new(),
                records: Mapping::new(),
                pages: Mapping::new(),
                versions: Mapping::new(),
            };
            verifier.admin.set(&admin);
            verifier.env().emit_event(AdminChanged {
                previous: Address::zero(),
                current: admin,
            });
            Ok(verifier)
        }

        /// Who governs the keys.
        #[ink(message)]
        pub fn admin(&self) -> Address {
            self.admin.get().unwrap_or_default()
        }

        /// Hands the keys over to another account; only the admin may.
        #[ink(message, name = "setAdmin")]
        pub fn set_admin(&mut self, admin: Address) -> Result<(), Refused> {
            let previous = self.require_admin()?;
            require_account(admin)?;
            self.admin.set(&admin);
            self.env().emit_event(AdminChanged {
                previous,
                current: admin,
            });
            Ok(())
        }

        /// Registers the key of a circuit's version; only the admin may. Coordinates in G2 have the
        /// imaginary part first; `ic` holds two numbers for each of 2 to 17 points, one point more
        /// than the circuit has public inputs.
        #[ink(message, name = "registerKey")]
        pub fn register_key(
            &mut self,
            circuit: u64,
            version: u32,
            name: String,
            alpha: [U256; 2],
            beta: [U256; 4],
            gamma: [U256; 4],
            delta: [U256; 4],
            ic: Vec<U256>,
        ) -> Result<(), Refused> {
            self.require_admin()?;
            if !(1..=MAX_NAME).contains(&name.len()) {
                return Err(Refused::new(Reason::InvalidText, MAX_NAME as u64));
            }
            if self.records.get((circuit, version)).is_some() {
                return Err(Reason::KeyExists.into());
            }
            let mut versions = self.versions.get(circuit).unwrap_or_default();
            if versions.len() >= MAX_VERSIONS {
                return Err(Refused::new(Reason::LimitReached, MAX_VERSIONS as u64));
            }
            let key = Key::new(alpha, beta, gamma, delta, &ic)?;
            let inputs = u8::try_from(key.inputs()).map_err(|_| Reason::WrongLength)?;
            let key_hash = HostKeccak::keccak256(&key.packed());

            let record = KeyRecord {
                revoked: false,
                inputs,
                key_hash,
            };
            self.records.insert((circuit, version), &record);
            for (page, place) in into_pages(&key).iter().zip(0..) {
                self.pages.insert((circuit, version, place), page);
            }
            let place = versions.partition_point(|present| *present < version);
            versions.insert(place, version);
            self.versions.insert(circuit, &versions);
            self.env().emit_event(KeyRegistered {
                circuit,
                version,
                name,
                inputs,
                key_hash: FixedBytes(key_hash),
            });
            Ok(())
        }

        /// Ends the use of a key for ever; only the admin may.
        #[ink(message, name = "revokeKey")]
        pub fn revoke_key(&mut self, circuit: u64, version: u32) -> Result<(), Refused> {
            self.require_admin()?;
            let mut record = self.usable(circuit, version)?;
            record.revoked = true;
            let mut versions = self.versions.get(circuit).unwrap_or_default();
            versions.retain(|present| *present != version);

            self.records.insert((circuit, version), &record);
            self.versions.insert(circuit, &versions);
            self.env().emit_event(KeyRevoked { circuit, version });
            Ok(())
        }

        /// The highest version of a circuit that can be used.
        #[ink(message)]
        pub fn latest(&self, circuit: u64) -> Result<u32, Refused> {
            self.versions
                .get(circuit)
                .and_then(|versions| versions.last().copied())
                .ok_or(Reason::UnknownCircuit.into())
        }

        /// 0 for a version without a key, 1 for one that can be used, 2 for one that is revoked.
        #[ink(message, name = "keyStatus")]
        pub fn key_status(&self, circuit: u64, version: u32) -> u8 {
            self.records
                .get((circuit, version))
                .map_or(0, |record| if record.revoked { 2 } else { 1 })
        }

        /// Keccak-256 of the key's numbers in the order of `registerKey`, 32 bytes each; also of a
        /// revoked key, and zero when there never was one.
        #[ink(message, name = "keyHash")]
        pub fn key_hash(&self, circuit: u64, version: u32) -> FixedBytes<32> {
            FixedBytes(
                self.records
                    .get((circuit, version))
                    .map_or([0; 32], |record| record.key_hash),
            )
        }

        /// How many public inputs a circuit's version has.
        #[ink(message, name = "inputCount")]
        pub fn input_count(&self, circuit: u64, version: u32) -> Result<u8, Refused> {
            self.usable(circuit, version).map(|record| record.inputs)
        }

        /// Whether the proof proves the circuit's statement for these public inputs. The proof is
        /// `A | B | C`, as Solidity verifiers take it: the imaginary parts of B first.
        #[ink(message)]
        pub fn verify(
            &self,
            circuit: u64,
            version: u32,
            proof: [U256; 8],
            inputs: Vec<U256>,
        ) -> Result<bool, Refused> {
            let record = self.usable(circuit, version)?;
            let pages = (0..page_count(record.inputs))
                .filter_map(|place| self.pages.get((circuit, version, place)));
            let key = from_pages(pages).ok_or(Reason::UnknownCircuit)?;
            key.verify(&proof, &inputs)
        }

        fn usable(&self, circuit: u64, version: u32) -> Result<KeyRecord, Refused> {
            let record = self
                .records
                .get((circuit, version))
                .ok_or(Reason::UnknownCircuit)?;
            if record.revoked {
                Err(Reason::KeyRevoked.into())
            } else {
                Ok(record)
            }
        }

        fn require_admin(&self) -> Result<Address, Refused> {
            let caller = self.env().caller();
            if self.admin.get() == Some(caller) {
                Ok(caller)
            } else {
                Err(Reason::NotAdmin.into())
            }
        }
    }
}
