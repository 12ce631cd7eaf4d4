//! What opens the gates of an action: clearances and proofs, as files and as the contracts take them.

use std::path::Path;

use alloy::primitives::{Bytes, keccak256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use anyhow::Context as _;
use lex_client::abi::committee::Committee;
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy::rulesVersionCall;
use lex_client::abi::seats::Seats;
use lex_client::groth16::{self, Proof};
use lex_client::{Address, B256, CallError, U256, model_token_id};
use lex_model::{
    Action, ActionKind, Clearance, Jurisdiction, Signal, SoftwareKeccak, Status, Subject, Term,
    TypeKind,
};
use serde::{Deserialize, Serialize};

use crate::target::Network;

/// A clearance as its file has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedClearance {
    /// 0 to 1000; higher is safer.
    pub score: u16,
    /// First second in which it no longer counts, Unix seconds.
    pub expires_at: u64,
    pub nonce: U256,
    /// 65 bytes: r, s, v.
    pub signature: Bytes,
}

/// A proof with what its prover chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedProof {
    pub points: [U256; 8],
    pub nullifier: U256,
    /// Unused ones are zero.
    pub roots: [U256; 3],
    /// Unix seconds; 0 where the statement has no time.
    pub proven_at: u64,
}

/// What comes with an action; both parts may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    pub clearance: Option<SignedClearance>,
    pub proof: Option<ClaimedProof>,
}

/// The contracts' bindings each have their own types of one shape.
macro_rules! contract_evidence {
    ($($module:ident)+) => { $(
        impl From<&Evidence> for $module::Evidence {
            fn from(evidence: &Evidence) -> $module::Evidence {
                let clearance = evidence.clearance.as_ref();
                let proof = evidence.proof.as_ref();
                $module::Evidence {
                    clearance: $module::Clearance {
                        score: clearance.map_or(0, |clearance| clearance.score),
                        expiresAt: clearance.map_or(0, |clearance| clearance.expires_at),
                        nonce: clearance.map_or(U256::ZERO, |clearance| clearance.nonce),
                        signature: clearance.map_or_else(Bytes::new, |c| c.signature.clone()),
                    },
                    proof: $module::Proof {
                        points: proof.map_or([U256::ZERO; 8], |proof| proof.points),
                        nullifier: proof.map_or(U256::ZERO, |proof| proof.nullifier),
                        roots: proof.map_or([U256::ZERO; 3], |proof| proof.roots),
                        provenAt: proof.map_or(0, |proof| proof.proven_at),
                    },
                }
            }
        }
    )+ };
}

contract_evidence!(License Seats Committee);

/// An action as a clearance names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// License or seats.
    pub contract: Address,
    pub kind: ActionKind,
    pub caller: Address,
    pub token_id: U256,
    /// Counts the license's updates; a clearance is for the license as it stands.
    pub version: u32,
    pub license_type: u64,
    pub jurisdiction: Jurisdiction,
    pub holder: Address,
    /// The new holder, or the user of a loan, where there is one.
    pub to: Address,
    pub amount: u64,
    /// Unix seconds; the license as it stands.
    pub valid_from: u64,
    pub valid_until: u64,
    /// Hash of the metadata where the action brings the license into force, of the new metadata where it
    /// amends it; else zero.
    pub content: B256,
}

/// What a compliance signer says about an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// 0 to 1000; higher is safer.
    pub score: u16,
    /// Version of the rules that the action is judged by.
    pub rules_version: u32,
    /// Unix seconds.
    pub expires_at: u64,
}

impl Cleared {
    /// Signs a clearance of this action. The nonce makes it unique.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign(
        &self,
        network: &Network,
        verdict: Verdict,
        nonce: U256,
        signer: &PrivateKeySigner,
    ) -> Result<SignedClearance, alloy::signers::Error> {
        let clearance = Clearance {
            score: verdict.score,
            rules_version: verdict.rules_version,
            expires_at: verdict.expires_at,
            nonce: nonce.to_be_bytes(),
        };
        let subject = self.subject(network);
        let digest = B256::from(clearance.digest::<SoftwareKeccak>(&subject));
        Ok(SignedClearance {
            score: verdict.score,
            expires_at: verdict.expires_at,
            nonce,
            signature: Bytes::from(signer.sign_hash_sync(&digest)?.as_bytes()),
        })
    }

    /// What the clearance is bound to; the rest of a subject does not matter to it.
    fn subject(&self, network: &Network) -> Subject {
        let source = &network.deployment.source;
        Subject {
            chain_id: source.chain_id,
            policy: source.policy.into_array(),
            license: self.contract.into_array(),
            token_id: model_token_id(self.token_id),
            version: self.version,
            content: self.content.0,
            action: Action {
                kind: self.kind,
                caller: self.caller.into_array(),
                issuer: [0; 20],
                holder: self.holder.into_array(),
                to: self.to.into_array(),
                amount: self.amount,
                token_kind: TypeKind::Nft,
                license_type: self.license_type,
                jurisdiction: self.jurisdiction,
                status: Status::Unknown,
                held: false,
                suspended_by_committee: false,
                term: Term {
                    valid_from: self.valid_from,
                    valid_until: self.valid_until,
                    grace_until: 0,
                },
                parent: None,
                at: 0,
            },
        }
    }
}

/// A number that nothing else has: of a fresh key, which the system's randomness makes.
#[must_use]
pub fn fresh_nonce() -> U256 {
    U256::from_be_bytes(keccak256(PrivateKeySigner::random().to_bytes()).0)
}

impl Network {
    /// The score of signals, as policy computes it.
    ///
    /// # Errors
    /// When the chain does not answer, or a signal is out of range.
    pub async fn score(&self, signals: &[Signal]) -> Result<u16, CallError> {
        use lex_client::abi::policy::Policy::scoreCall;
        let call = scoreCall {
            risks: signals.iter().map(|signal| signal.risk).collect(),
            weights: signals.iter().map(|signal| signal.weight).collect(),
        };
        self.look(self.policy(), &call).await
    }

    /// The version of all of policy's rules, to which clearances are bound.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn rules_version(
        &self,
        license_type: u64,
        jurisdiction: Jurisdiction,
    ) -> Result<u32, CallError> {
        let call = rulesVersionCall {
            licenseType: license_type,
            jurisdiction: jurisdiction.as_str().to_owned(),
        };
        self.look(self.policy(), &call).await
    }
}

impl SignedClearance {
    /// # Errors
    /// When the file cannot be read or is none.
    pub fn read(path: &Path) -> anyhow::Result<SignedClearance> {
        let text = read(path)?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is not a clearance", path.display()))
    }
}

impl ClaimedProof {
    /// A proof of one of the statements that gates understand, from snarkjs's files.
    ///
    /// # Errors
    /// When the files cannot be read or the public inputs are of no known statement.
    pub fn read(proof: &Path, public: &Path) -> anyhow::Result<ClaimedProof> {
        let points = Proof::from_snarkjs(&read(proof)?)
            .with_context(|| format!("{} is not a proof", proof.display()))?;
        let inputs = groth16::public_inputs(&read(public)?)
            .with_context(|| format!("{} holds no public inputs", public.display()))?;
        ClaimedProof::new(points.0, &inputs)
            .with_context(|| format!("{} is of no known statement", public.display()))
    }

    /// What the prover chose of the public inputs: Semaphore's have root and nullifier first,
    /// LexEligibility's the nullifier, three roots, then type, holder and time.
    fn new(points: [U256; 8], inputs: &[U256]) -> anyhow::Result<ClaimedProof> {
        match *inputs {
            [root, nullifier, _, _] => Ok(ClaimedProof {
                points,
                nullifier,
                roots: [root, U256::ZERO, U256::ZERO],
                proven_at: 0,
            }),
            [nullifier, active, issuers, policy, _, _, time, _, _] => Ok(ClaimedProof {
                points,
                nullifier,
                roots: [active, issuers, policy],
                proven_at: u64::try_from(time).ok().context("its time is too large")?,
            }),
            _ => anyhow::bail!(
                "{} public inputs; membership has 4, eligibility 9",
                inputs.len()
            ),
        }
    }
}

/// The text of a file.
///
/// # Errors
/// When it cannot be read; the message names it.
pub fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clearance_survives_its_file() {
        let clearance = SignedClearance {
            score: 900,
            expires_at: 5_000,
            nonce: U256::from(7),
            signature: Bytes::from(vec![1; 65]),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clearance.json");
        std::fs::write(&path, serde_json::to_string(&clearance).unwrap()).unwrap();
        assert_eq!(SignedClearance::read(&path).unwrap(), clearance);
        std::fs::write(&path, "{}").unwrap();
        let error = SignedClearance::read(&path).unwrap_err().to_string();
        assert!(error.contains("is not a clearance"), "{error}");
    }

    #[test]
    fn missing_evidence_is_all_zero() {
        let nothing = License::Evidence::from(&Evidence::default());
        assert!(nothing.clearance.signature.is_empty());
        assert_eq!(nothing.proof.points, [U256::ZERO; 8]);
    }

    #[test]
    fn statements_are_told_apart_by_their_inputs() {
        let inputs = |count: u64| (1..=count).map(U256::from).collect::<Vec<_>>();
        let points = [U256::ZERO; 8];
        let membership = ClaimedProof::new(points, &inputs(4)).unwrap();
        assert_eq!(
            (membership.nullifier, membership.roots[0]),
            (U256::from(2), U256::from(1))
        );
        let eligibility = ClaimedProof::new(points, &inputs(9)).unwrap();
        assert_eq!(
            (eligibility.nullifier, eligibility.proven_at),
            (U256::from(1), 7)
        );
        assert!(ClaimedProof::new(points, &inputs(5)).is_err());
    }
}
