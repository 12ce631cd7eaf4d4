//! What opens gates: clearances and proofs, as they come with an action.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, U256};
use lex_model::{Claim, Clearance, Gates, Hash, PROOF_AGE, SoftwareKeccak, Statement, Subject};

use crate::{
    Chain, Failure, Random, Rulebook, Trapdoor, people,
    rules::Proven,
    trapdoor::stated_by,
    values::{number, word},
};

/// What comes with an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Evidence {
    /// A clearance.
    pub clearance: Option<Clearing>,
    /// A proof.
    pub proof: Option<Proving>,
}

/// A clearance and who signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clearing {
    /// What is stated.
    pub stated: Clearance,
    /// By whom.
    pub signer: Address,
    /// Whether it is about this action, not about another.
    pub fits: bool,
}

/// A proof, by what its prover chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proving {
    /// What the prover chose.
    pub claim: Claim,
    /// Whether it is about this action, not about another.
    pub fits: bool,
}

impl Evidence {
    /// Whether anything came.
    pub fn is_some(&self) -> bool {
        *self != Self::default()
    }

    /// Mostly what opens the gates of an action.
    pub(crate) fn random(random: &mut Random, rules: &Rulebook, subject: &Subject) -> Self {
        let gates = match subject.action.kind.creates() {
            true => 0,
            false => rules.gates(&subject.action),
        };
        let mut comes = |gate: u8| match gates & gate {
            0 => random.chance(1, 20),
            _ => random.chance(14, 15),
        };
        let (clearance, proof) = (comes(Gates::CLEARANCE), comes(Gates::PROOF));
        let now = subject.action.at;
        Self {
            clearance: clearance.then(|| Clearing::random(random, rules, subject)),
            proof: proof.then(|| {
                let proven = rules.proven(subject.action.license_type);
                Proving::random(random, rules, proven, now)
            }),
        }
    }

    /// As the contracts take it, signed and proven.
    ///
    /// # Errors
    /// When the chain does not compute the proof.
    pub(crate) fn encode<C: Chain>(
        &self,
        subject: &Subject,
        rules: &Rulebook,
        chain: &mut C,
    ) -> Result<DynSolValue, Failure> {
        let clearance = match &self.clearance {
            Some(clearing) => clearing.encode(subject, chain),
            None => no_clearance(),
        };
        let proof = match &self.proof {
            Some(proving) => proving.encode(subject, rules, chain)?,
            None => no_proof(),
        };
        Ok(DynSolValue::Tuple(vec![clearance, proof]))
    }
}

impl Clearing {
    fn random(random: &mut Random, rules: &Rulebook, subject: &Subject) -> Self {
        let action = &subject.action;
        let (version, now) = (
            rules.rules_version(action.license_type, action.jurisdiction),
            action.at,
        );
        let mut mistaken = || random.chance(1, 24);
        let (by_someone, too_late, outdated, misfit) =
            (mistaken(), mistaken(), mistaken(), mistaken());
        let stated = Clearance {
            score: random.pick(&[1_000, 1_000, 800, 800, 800, 500, 0, 1_001]),
            rules_version: version.saturating_sub(u32::from(outdated)),
            expires_at: match too_late {
                true => now - random.below(2),
                false => now + 1 + random.below(1_000),
            },
            nonce: numbered(random.below(3)),
        };
        Self {
            stated,
            signer: match by_someone {
                true => random.pick(&people::all()),
                false => people::SIGNER,
            },
            fits: !misfit,
        }
    }

    fn encode<C: Chain>(&self, subject: &Subject, chain: &C) -> DynSolValue {
        let Clearance {
            score,
            expires_at,
            nonce,
            ..
        } = self.stated;
        let digest = self
            .stated
            .digest::<SoftwareKeccak>(&about(subject, self.fits));
        let signature = chain.sign(self.signer, B256::from(digest));
        DynSolValue::Tuple(vec![
            number(score.into()),
            number(expires_at),
            word(nonce),
            DynSolValue::Bytes(signature.to_vec()),
        ])
    }
}

impl Proving {
    fn random(random: &mut Random, rules: &Rulebook, proven: Proven, now: u64) -> Self {
        let mut mistaken = || random.chance(1, 24);
        let (repeated, unknown, untimely, misfit) =
            (mistaken(), mistaken(), mistaken(), mistaken());
        let statement = Statement::from_code(proven.statement).unwrap_or(Statement::Membership);
        let mut roots = [[0; 32]; 3];
        for (slot, root) in (0..).zip(&mut roots).take(statement.roots()) {
            let known = rules.living_root(proven.circuit, slot, now);
            *root = known.filter(|_| !unknown).unwrap_or(numbered(999));
        }
        let proven_at = match (statement, untimely) {
            (Statement::Membership, _) => 0,
            (Statement::Eligibility, true) => random.pick(&[0, now - PROOF_AGE - 1, now + 1_000]),
            // On a node the clock runs on until the action arrives.
            (Statement::Eligibility, false) => now - random.below(PROOF_AGE / 2),
        };
        Self {
            claim: Claim {
                nullifier: numbered(random.below(if repeated { 50 } else { 1 << 40 })),
                roots,
                proven_at,
            },
            fits: !misfit,
        }
    }

    fn encode<C: Chain>(
        &self,
        subject: &Subject,
        rules: &Rulebook,
        chain: &mut C,
    ) -> Result<DynSolValue, Failure> {
        let proven = rules.proven(subject.action.license_type);
        let points = match stated_by(proven.circuit) {
            Some(statement) => {
                let about = about(subject, self.fits);
                let (inputs, count) = about.inputs::<SoftwareKeccak>(statement, &self.claim);
                Trapdoor::prove(chain, proven.version, &inputs[..count])?
            }
            None => [U256::ONE; 8],
        };
        let points = points.map(|point| DynSolValue::Uint(point, 256));
        Ok(DynSolValue::Tuple(vec![
            DynSolValue::FixedArray(points.into()),
            word(self.claim.nullifier),
            DynSolValue::FixedArray(self.claim.roots.map(word).into()),
            number(self.claim.proven_at),
        ]))
    }
}

/// The subject, or another one that differs from it in its chain alone: clearances do not say for which
/// version of the license they are.
fn about(subject: &Subject, fits: bool) -> Subject {
    Subject {
        chain_id: subject.chain_id + u64::from(!fits),
        ..*subject
    }
}

/// A number as a word.
pub(crate) fn numbered(value: u64) -> Hash {
    U256::from(value).to_be_bytes()
}

/// Evidence of which there is none.
pub(crate) fn no_evidence() -> DynSolValue {
    DynSolValue::Tuple(vec![no_clearance(), no_proof()])
}

fn no_clearance() -> DynSolValue {
    DynSolValue::Tuple(vec![
        number(0),
        number(0),
        number(0),
        DynSolValue::Bytes(Vec::new()),
    ])
}

fn no_proof() -> DynSolValue {
    let zeros = |count| DynSolValue::FixedArray(vec![number(0); count]);
    DynSolValue::Tuple(vec![zeros(8), number(0), zeros(3), number(0)])
}
