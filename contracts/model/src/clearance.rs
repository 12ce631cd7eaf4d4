//! What a compliance signer signs: EIP-712 typed data that lets one action commit, once.

use crate::typed_data::Domain;
use crate::words::{word_of_address, word_of_u64};
use crate::{Action, Address, Hash, Keccak, TokenId};

/// The type of the typed data, for wallets and signers.
pub const CLEARANCE_TYPE: &str = "Clearance(address license,uint8 action,address caller,uint256 tokenId,\
uint32 version,uint64 licenseType,string jurisdiction,address holder,address to,uint64 amount,\
uint64 validFrom,uint64 validUntil,bytes32 content,uint16 score,uint32 rulesVersion,uint64 expiresAt,uint256 nonce)";

/// An action with what the gate does not judge but evidence is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The chain's EIP-155 id.
    pub chain_id: u64,
    /// The policy that clears the action.
    pub policy: Address,
    /// The contract that keeps the license.
    pub license: Address,
    /// The license; of an issue, zero.
    pub token_id: TokenId,
    /// Counts the license's updates: what was proven or cleared for one state is not for the next.
    pub version: u32,
    /// Hash of the license's metadata where the action brings it into force, of the new metadata where
    /// it amends it; else zero.
    pub content: Hash,
    /// The action.
    pub action: Action,
}

/// A statement that one action may commit, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clearance {
    /// The compliance score, 0 to [`crate::MAX_SCORE`]; higher is safer.
    pub score: u16,
    /// The version of all of policy's rules under which it was given.
    pub rules_version: u32,
    /// The first second in which it no longer counts, in Unix seconds.
    pub expires_at: u64,
    /// Any number that makes it unique.
    pub nonce: [u8; 32],
}

impl Clearance {
    /// EIP-712's digest of this clearance of `subject`.
    pub fn digest<K: Keccak>(&self, subject: &Subject) -> Hash {
        let Subject {
            license,
            token_id,
            version,
            content,
            action,
            ..
        } = subject;
        let words = [
            K::keccak256(CLEARANCE_TYPE.as_bytes()),
            word_of_address(license),
            word_of_u64(u64::from(action.kind.code())),
            word_of_address(&action.caller),
            token_id.0,
            word_of_u64(u64::from(*version)),
            word_of_u64(action.license_type),
            K::keccak256(action.jurisdiction.as_str().as_bytes()),
            word_of_address(&action.holder),
            word_of_address(&action.to),
            word_of_u64(action.amount),
            word_of_u64(action.term.valid_from),
            word_of_u64(action.term.valid_until),
            *content,
            word_of_u64(u64::from(self.score)),
            word_of_u64(u64::from(self.rules_version)),
            word_of_u64(self.expires_at),
            self.nonce,
        ];
        let domain = Domain {
            name: "LEX Policy",
            version: "1",
            chain_id: subject.chain_id,
            contract: subject.policy,
        };
        domain.digest::<K>(&K::keccak256(words.as_flattened()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::license_type::tests::yearly;
    use crate::{ActionKind, Jurisdiction, SoftwareKeccak, Status, Term, TypeKind};

    pub(crate) fn subject() -> Subject {
        let term = Term::first(&yearly().durations, 1_000).expect("in range");
        Subject {
            chain_id: 7,
            policy: [8; 20],
            license: [9; 20],
            token_id: TokenId::from(5),
            version: 1,
            content: [6; 32],
            action: Action {
                kind: ActionKind::Activate,
                caller: [1; 20],
                issuer: [2; 20],
                holder: [3; 20],
                to: [0; 20],
                amount: 1,
                token_kind: TypeKind::Nft,
                license_type: 4,
                jurisdiction: Jurisdiction::parse("US-NY").expect("valid"),
                status: Status::Pending,
                held: false,
                suspended_by_committee: false,
                term,
                parent: None,
                at: 1_000,
            },
        }
    }

    /// The same subject with one thing different, for each thing that evidence is bound to.
    pub(crate) fn neighbours(subject: Subject) -> Vec<(&'static str, Subject)> {
        let with = |change: fn(&mut Action)| {
            let mut changed = subject;
            change(&mut changed.action);
            changed
        };
        vec![
            (
                "chain",
                Subject {
                    chain_id: 70,
                    ..subject
                },
            ),
            (
                "policy",
                Subject {
                    policy: [80; 20],
                    ..subject
                },
            ),
            (
                "license contract",
                Subject {
                    license: [90; 20],
                    ..subject
                },
            ),
            (
                "license",
                Subject {
                    token_id: TokenId::from(50),
                    ..subject
                },
            ),
            (
                "version",
                Subject {
                    version: 10,
                    ..subject
                },
            ),
            (
                "content",
                Subject {
                    content: [60; 32],
                    ..subject
                },
            ),
            ("action", with(|action| action.kind = ActionKind::Renew)),
            ("caller", with(|action| action.caller = [10; 20])),
            ("holder", with(|action| action.holder = [30; 20])),
            ("receiver", with(|action| action.to = [40; 20])),
            ("amount", with(|action| action.amount = 2)),
            ("type", with(|action| action.license_type = 40)),
            (
                "jurisdiction",
                with(|action| action.jurisdiction = action.jurisdiction.country()),
            ),
            ("start", with(|action| action.term.valid_from = 999)),
            ("end", with(|action| action.term.valid_until = 999_999)),
        ]
    }

    const CLEARANCE: Clearance = Clearance {
        score: 700,
        rules_version: 3,
        expires_at: 5_000,
        nonce: [1; 32],
    };

    /// P5, I16: a clearance means nothing for anything but what it was given for.
    #[test]
    fn p5_a_clearance_is_bound_to_everything() {
        let digest = CLEARANCE.digest::<SoftwareKeccak>(&subject());
        for (what, other) in neighbours(subject()) {
            assert_ne!(CLEARANCE.digest::<SoftwareKeccak>(&other), digest, "{what}");
        }
        for other in [
            Clearance {
                score: 701,
                ..CLEARANCE
            },
            Clearance {
                rules_version: 4,
                ..CLEARANCE
            },
            Clearance {
                expires_at: 5_001,
                ..CLEARANCE
            },
            Clearance {
                nonce: [2; 32],
                ..CLEARANCE
            },
        ] {
            assert_ne!(
                other.digest::<SoftwareKeccak>(&subject()),
                digest,
                "{other:?}"
            );
        }
    }
}
