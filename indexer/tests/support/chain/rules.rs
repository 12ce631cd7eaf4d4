//! What happens to rules, and to accounts under them.

use lex_client::{
    Address, B256, U256,
    abi::policy::Policy::{
        BundleRemoved, BundleSet, EvidenceUsed, KeyRecovered, ModuleAdded, ModuleRemoved,
        PauseLifted, Paused, RecoveryEnded, RoleChanged, RootSet, TypeRulesChanged,
        VerifierChanged,
    },
};
use proptest::prelude::*;

use super::{Chain, holder, regulator};
use crate::support::world;

/// The bit of the group whose pause makes licenses unusable.
pub const USE: u8 = 8;

#[derive(Clone, Debug)]
pub enum Ruling {
    /// Gates of issues of a type, and its least score.
    TypeRules {
        license_type: u8,
        gates: u8,
        score: u16,
    },
    /// One rule for a jurisdiction, with any numbers.
    Bundle {
        place: u8,
        license_type: u64,
        value: u64,
    },
    RemoveBundle(u8),
    Role {
        account: u8,
        role: u8,
        held: bool,
    },
    RecoverKey {
        lost: u8,
        successor: u8,
    },
    /// An account objects to its recovery.
    EndRecovery(u8),
    Pause(u8),
    LiftPause(u8),
    AddModule {
        module: u8,
        kinds: u8,
    },
    RemoveModule(u8),
    Verifier(u8),
    Root(u64),
    Evidence {
        license: u8,
        nullifier: u64,
    },
}

/// What policy keeps that its events depend on.
#[derive(Default)]
pub struct Rules {
    type_versions: [u32; 3],
    bundle_versions: [u32; 3],
    version: u32,
    paused: u8,
}

pub fn any_ruling() -> impl Strategy<Value = Ruling> {
    prop_oneof![
        (1..3u8, 0..8u8, 0..=1000u16).prop_map(|(license_type, gates, score)| {
            Ruling::TypeRules {
                license_type,
                gates,
                score,
            }
        }),
        (0..3u8, any::<u64>(), any::<u64>()).prop_map(|(place, license_type, value)| {
            Ruling::Bundle {
                place,
                license_type,
                value,
            }
        }),
        (0..3u8).prop_map(Ruling::RemoveBundle),
        (0..4u8, 0..4u8, any::<bool>()).prop_map(|(account, role, held)| Ruling::Role {
            account,
            role: 1 << role,
            held
        }),
        (0..4u8, 4..8u8).prop_map(|(lost, successor)| Ruling::RecoverKey { lost, successor }),
        (0..4u8).prop_map(Ruling::EndRecovery),
        (1..16u8).prop_map(Ruling::Pause),
        (1..16u8).prop_map(Ruling::LiftPause),
        (0..3u8, 1..8u8).prop_map(|(module, kinds)| Ruling::AddModule { module, kinds }),
        (0..3u8).prop_map(Ruling::RemoveModule),
        (0..3u8).prop_map(Ruling::Verifier),
        any::<u64>().prop_map(Ruling::Root),
        (any::<u8>(), any::<u64>())
            .prop_map(|(license, nullifier)| Ruling::Evidence { license, nullifier }),
    ]
}

/// When a recovery takes effect.
pub const RECOVERED_FROM: u64 = 1_900_000_000;

pub const PLACES: [&str; 3] = ["US", "US-NY", "EU"];

pub fn module(number: u8) -> Address {
    Address::repeat_byte(0x71 + number)
}

impl Chain {
    pub(super) fn rule(&mut self, ruling: &Ruling) {
        self.rules.version += 1;
        match *ruling {
            Ruling::TypeRules {
                license_type,
                gates,
                score,
            } => {
                let version = &mut self.rules.type_versions[usize::from(license_type)];
                *version += 1;
                // From 1, as every type begins.
                let version = *version + 1;
                self.policy(&TypeRulesChanged {
                    licenseType: license_type.into(),
                    rules: lex_client::abi::policy::Policy::TypeRules {
                        gates: lex_client::abi::policy::Policy::TypeGates {
                            issue: gates,
                            renew: 0,
                            transfer: gates,
                            lend: gates & 2,
                            enforce: gates & 1,
                        },
                        committee: world().committees[0],
                        minimumScore: score,
                        circuit: u64::MAX,
                        circuitVersion: u32::MAX,
                        statement: 1,
                        royalty: 10_000,
                        royaltyReceiver: regulator(),
                        parentType: if license_type == 2 { 1 } else { 0 },
                    },
                    version,
                });
            }
            Ruling::Bundle {
                place,
                license_type,
                value,
            } => {
                let version = self.next_bundle(place);
                self.policy(&BundleSet {
                    jurisdiction: PLACES[usize::from(place)].to_owned(),
                    bundleId: B256::repeat_byte(5),
                    version,
                    rules: vec![lex_client::abi::policy::Policy::BundleRule {
                        demand: 4,
                        actions: 2,
                        licenseType: license_type,
                        value,
                    }],
                });
            }
            Ruling::RemoveBundle(place) => {
                let version = self.next_bundle(place);
                self.policy(&BundleRemoved {
                    jurisdiction: PLACES[usize::from(place)].to_owned(),
                    version,
                });
            }
            Ruling::Role {
                account,
                role,
                held,
            } => self.policy(&RoleChanged {
                account: holder(account),
                role,
                held,
            }),
            Ruling::RecoverKey { lost, successor } => self.policy(&KeyRecovered {
                lost: holder(lost),
                successor: holder(successor),
                actor: regulator(),
                reason: 22,
                evidence: B256::repeat_byte(4),
                inForceFrom: RECOVERED_FROM,
            }),
            Ruling::EndRecovery(account) => self.policy(&RecoveryEnded {
                account: holder(account),
                actor: holder(account),
                reason: 0,
                evidence: B256::ZERO,
            }),
            Ruling::Pause(groups) => {
                self.policy(&Paused {
                    groups,
                    actor: regulator(),
                });
                self.set_paused(self.rules.paused | groups);
            }
            Ruling::LiftPause(groups) => {
                self.policy(&PauseLifted {
                    groups,
                    actor: regulator(),
                });
                self.set_paused(self.rules.paused & !groups);
            }
            Ruling::AddModule {
                module: number,
                kinds,
            } => self.policy(&ModuleAdded {
                module: module(number),
                kinds,
            }),
            Ruling::RemoveModule(number) => self.policy(&ModuleRemoved {
                module: module(number),
            }),
            Ruling::Verifier(number) => self.policy(&VerifierChanged {
                verifier: module(number),
            }),
            Ruling::Root(root) => self.policy(&RootSet {
                circuit: 1,
                slot: 0,
                root: U256::from(root),
                validUntil: u64::MAX,
                actor: regulator(),
            }),
            Ruling::Evidence { license, nullifier } => {
                let version = self.rules.version;
                self.policy(&EvidenceUsed {
                    license: world().license,
                    tokenId: U256::from(license),
                    action: 8,
                    clearance: B256::repeat_byte(6),
                    nullifier: U256::from(nullifier),
                    rulesVersion: version,
                });
            }
        }
    }

    fn next_bundle(&mut self, place: u8) -> u32 {
        let version = &mut self.rules.bundle_versions[usize::from(place)];
        *version += 1;
        *version
    }

    fn set_paused(&mut self, paused: u8) {
        let changed = (self.rules.paused ^ paused) & USE != 0;
        self.rules.paused = paused;
        if changed {
            self.set_use_paused(paused & USE != 0);
        }
    }
}
