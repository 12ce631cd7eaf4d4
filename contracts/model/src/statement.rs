//! What a zero-knowledge proof is about: the public inputs that the gate computes itself, so that a
//! proof made for one action, holder, chain or contract proves nothing for another.

use crate::words::{word_of_address, word_of_u64};
use crate::{Address, Hash, Keccak, Subject};

/// How far in the past the time that a proof is about may lie, in seconds.
pub const PROOF_AGE: u64 = 600;

/// The statements that the gate understands, by the layout of their public inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
#[repr(u8)]
pub enum Statement {
    /// Semaphore v4: the holder is in an approved group. Inputs: root, nullifier, hash of the
    /// message, hash of the scope.
    Membership = 1,
    /// LexEligibility v1: credentials, issuer and policy hold. Inputs: nullifier, active root, issuer
    /// root, policy root, license type, holder, time, external nullifier, binding.
    Eligibility = 2,
}

impl Statement {
    /// The statement of a code, `None` for an unknown one.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Membership),
            2 => Some(Self::Eligibility),
            _ => None,
        }
    }

    /// How many sets a proof is about; each has a root.
    pub const fn roots(self) -> usize {
        match self {
            Self::Membership => 1,
            Self::Eligibility => 3,
        }
    }
}

/// What the prover chose; everything else in the public inputs follows from the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Stands for the prover's identity in one scope.
    pub nullifier: Hash,
    /// The roots of the sets that the proof is about; unused ones are zero.
    pub roots: [Hash; 3],
    /// The time that the proof is about, in Unix seconds; 0 where the statement has none.
    pub proven_at: u64,
}

/// The most public inputs of a statement.
pub const MAX_INPUTS: usize = 9;

impl Subject {
    /// Ties a proof to exactly this action in this state:
    /// `keccak256(keccak256("LEX-ELIG-V1"), chainId, policy, license, action...) >> 8`, all of them
    /// words. The shift brings it below the field's order, as Semaphore does.
    pub fn binding<K: Keccak>(&self) -> Hash {
        let Self {
            chain_id,
            policy,
            license,
            token_id,
            version,
            content,
            action,
        } = self;
        let words = [
            K::keccak256(b"LEX-ELIG-V1"),
            word_of_u64(*chain_id),
            word_of_address(policy),
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
        ];
        shifted(K::keccak256(words.as_flattened()))
    }

    /// In which an identity counts once: bringing licenses of one type into force is one scope, every
    /// later action on a license in one state is another.
    pub fn scope<K: Keccak>(&self) -> Hash {
        let enters = matches!(self.action.kind, crate::ActionKind::Activate);
        let (token_id, version) = if enters {
            ([0; 32], 0)
        } else {
            (self.token_id.0, self.version)
        };
        let words = [
            K::keccak256(b"LEX-SCOPE-V1"),
            word_of_u64(self.chain_id),
            word_of_address(&self.policy),
            word_of_address(&self.license),
            word_of_u64(self.action.license_type),
            token_id,
            word_of_u64(u64::from(version)),
        ];
        shifted(K::keccak256(words.as_flattened()))
    }

    /// The account that the proof must be about: who receives, or else who holds.
    pub fn prover(&self) -> Address {
        if self.action.to == [0; 20] {
            self.action.holder
        } else {
            self.action.to
        }
    }

    /// The public inputs of a statement about this action, in order, and how many they are.
    pub fn inputs<K: Keccak>(
        &self,
        statement: Statement,
        claim: &Claim,
    ) -> ([Hash; MAX_INPUTS], usize) {
        let Claim {
            nullifier,
            roots: [first, second, third],
            proven_at,
        } = *claim;
        let mut inputs = [[0; 32]; MAX_INPUTS];
        let count = match statement {
            Statement::Membership => {
                let used = [
                    first,
                    nullifier,
                    shifted(K::keccak256(&self.binding::<K>())),
                    shifted(K::keccak256(&self.scope::<K>())),
                ];
                inputs[..used.len()].copy_from_slice(&used);
                used.len()
            }
            Statement::Eligibility => {
                inputs = [
                    nullifier,
                    first,
                    second,
                    third,
                    word_of_u64(self.action.license_type),
                    word_of_address(&self.prover()),
                    word_of_u64(proven_at),
                    self.scope::<K>(),
                    self.binding::<K>(),
                ];
                MAX_INPUTS
            }
        };
        (inputs, count)
    }
}

/// `hash >> 8`.
fn shifted(hash: Hash) -> Hash {
    let mut smaller = [0; 32];
    smaller[1..].copy_from_slice(&hash[..31]);
    smaller
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clearance::tests::{neighbours, subject};
    use crate::{ActionKind, SoftwareKeccak};

    const CLAIM: Claim = Claim {
        nullifier: [1; 32],
        roots: [[2; 32], [3; 32], [4; 32]],
        proven_at: 1_000,
    };

    /// P14: a proof for one action, holder, contract or chain is none for another.
    #[test]
    fn p14_a_proof_is_bound_to_everything() {
        for statement in [Statement::Membership, Statement::Eligibility] {
            let inputs = subject().inputs::<SoftwareKeccak>(statement, &CLAIM);
            for (what, other) in neighbours(subject()) {
                assert_ne!(
                    other.inputs::<SoftwareKeccak>(statement, &CLAIM),
                    inputs,
                    "{what}"
                );
            }
        }
    }

    /// P14: the other inputs are the same for several actions on a license in one state.
    #[test]
    fn p14_the_binding_alone_tells_every_action_apart() {
        let binding = |subject: Subject| subject.binding::<SoftwareKeccak>();
        for (what, other) in neighbours(subject()) {
            assert_ne!(binding(other), binding(subject()), "{what}");
        }
    }

    #[test]
    fn p14_what_was_proven_for_one_state_is_not_for_the_next() {
        let next = Subject {
            version: 2,
            ..subject()
        };
        assert_ne!(
            next.binding::<SoftwareKeccak>(),
            subject().binding::<SoftwareKeccak>()
        );
    }

    #[test]
    fn an_identity_enters_a_type_once_and_acts_once_per_state() {
        let scope = |subject: Subject| subject.scope::<SoftwareKeccak>();
        let elsewhere = Subject {
            token_id: 50.into(),
            version: 9,
            ..subject()
        };
        assert_eq!(scope(elsewhere), scope(subject()));

        let mut renewal = subject();
        renewal.action.kind = ActionKind::Renew;
        assert_ne!(scope(renewal), scope(subject()));
        assert_ne!(
            scope(Subject {
                version: 2,
                ..renewal
            }),
            scope(renewal)
        );
    }

    #[test]
    fn inputs_stay_below_the_fields_order() {
        let (inputs, count) = subject().inputs::<SoftwareKeccak>(Statement::Eligibility, &CLAIM);
        assert_eq!(count, 9);
        assert!([4, 5, 6, 7, 8].iter().all(|place| inputs[*place][0] == 0));
        let (inputs, count) = subject().inputs::<SoftwareKeccak>(Statement::Membership, &CLAIM);
        assert_eq!((count, inputs[2][0], inputs[3][0]), (4, 0, 0));
    }
}
