//! Clearances and proofs: whether they hold, and which were used.

use ink::{
    Address, U256,
    storage::{Mapping, traits::ManualKey},
};
use lex_contract_host::{Bounds, HostKeccak, ask_contract, recover};
use lex_model::{Claim, Hash, MAX_SCORE, PROOF_AGE, Presented, Reason, Statement, Subject};
use lex_policy_interface::{self as interface, bool_answer, verify_call};

use crate::{
    accounts::{Accounts, Role},
    records::ProvenBy,
};

/// A set whose members are proven; the circuit, and which of its sets.
type Set = (u64, u8);

/// What counts as evidence, and what was used up.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Ledger {
    /// Digests of clearances.
    clearances: Mapping<Hash, bool, ManualKey<0x4c50_0060>>,
    nullifiers: Mapping<Hash, bool, ManualKey<0x4c50_0061>>,
    /// The first second in which a root no longer counts.
    roots: Mapping<(Set, Hash), u64, ManualKey<0x4c50_0062>>,
}

/// Evidence that was looked at, and what its use uses up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Examined<T> {
    /// Whether it holds.
    pub presented: Presented<T>,
    /// The digest or the nullifier; nothing unless it holds.
    pub key: Option<Hash>,
}

impl<T> Examined<T> {
    /// None came, or none was asked for.
    pub const MISSING: Self = Self {
        presented: Presented::Missing,
        key: None,
    };

    fn from(result: Result<(T, Hash), (Reason, u64)>) -> Self {
        match result {
            Ok((value, key)) => Self {
                presented: Presented::Valid(value),
                key: Some(key),
            },
            Err((reason, detail)) => Self {
                presented: Presented::Invalid(reason, detail),
                key: None,
            },
        }
    }
}

impl Ledger {
    /// Whether a clearance was used.
    pub fn is_clearance_used(&self, digest: Hash) -> bool {
        self.clearances.get(digest).unwrap_or_default()
    }

    /// Whether a nullifier was used.
    pub fn is_nullifier_used(&self, nullifier: Hash) -> bool {
        self.nullifiers.get(nullifier).unwrap_or_default()
    }

    /// The first second in which a root no longer counts; 0 for one that never did.
    pub fn root_valid_until(&self, circuit: u64, slot: u8, root: Hash) -> u64 {
        self.roots.get(((circuit, slot), root)).unwrap_or_default()
    }

    /// Says until when a root counts. One that has ended never counts again (I30).
    ///
    /// # Errors
    /// [`Reason::RootUnknown`].
    pub fn set_root(
        &mut self,
        circuit: u64,
        slot: u8,
        root: Hash,
        valid_until: u64,
        now: u64,
    ) -> Result<(), Reason> {
        let key = ((circuit, slot), root);
        if self.roots.get(key).is_some_and(|until| until <= now) {
            return Err(Reason::RootUnknown);
        }
        self.roots.insert(key, &valid_until);
        Ok(())
    }

    /// Marks evidence as used.
    pub fn use_up(&mut self, clearance: Option<Hash>, nullifier: Option<Hash>) {
        if let Some(digest) = clearance {
            self.clearances.insert(digest, &true);
        }
        if let Some(nullifier) = nullifier {
            self.nullifiers.insert(nullifier, &true);
        }
    }

    /// Whether the clearance lets this action commit; its score.
    pub fn examine_clearance(
        &self,
        clearance: &interface::Clearance,
        subject: &Subject,
        rules_version: u32,
        accounts: &Accounts,
    ) -> Examined<u16> {
        if clearance.signature.0.is_empty() {
            return Examined::MISSING;
        }
        let stated = lex_model::Clearance {
            score: clearance.score,
            rules_version,
            expires_at: clearance.expires_at,
            nonce: clearance.nonce.to_big_endian(),
        };
        let digest = stated.digest::<HostKeccak>(subject);
        let signer = recover(&digest, &clearance.signature.0);
        let is_signed =
            signer.is_some_and(|signer| accounts.has_role(Address::from(signer), Role::Signer));
        Examined::from(if !is_signed || stated.score > MAX_SCORE {
            Err((Reason::ClearanceInvalid, 0))
        } else if subject.action.at >= stated.expires_at {
            Err((Reason::ClearanceExpired, stated.expires_at))
        } else if self.is_clearance_used(digest) {
            Err((Reason::ClearanceUsed, 0))
        } else {
            Ok((stated.score, digest))
        })
    }

    /// Whether the proof proves the type's statement about this action.
    pub fn examine_proof(
        &self,
        proof: &interface::Proof,
        subject: &Subject,
        proven: Option<ProvenBy>,
        verifier: Address,
    ) -> Examined<()> {
        if proof.points == [U256::zero(); 8] {
            return Examined::MISSING;
        }
        Examined::from(self.verified(proof, subject, proven, verifier))
    }

    fn verified(
        &self,
        proof: &interface::Proof,
        subject: &Subject,
        proven: Option<ProvenBy>,
        verifier: Address,
    ) -> Result<((), Hash), (Reason, u64)> {
        let ProvenBy {
            statement,
            circuit,
            version,
        } = proven.ok_or((Reason::UnknownCircuit, 0))?;
        let claim = Claim {
            nullifier: proof.nullifier.to_big_endian(),
            roots: proof.roots.map(|root| root.to_big_endian()),
            proven_at: proof.proven_at,
        };
        let now = subject.action.at;
        for (slot, root) in (0..).zip(claim.roots).take(statement.roots()) {
            if self.root_valid_until(circuit, slot, root) <= now {
                return Err((Reason::RootUnknown, slot.into()));
            }
        }
        let age = now.checked_sub(claim.proven_at);
        let is_timely = age.is_some_and(|age| age <= PROOF_AGE);
        if statement == Statement::Eligibility && !is_timely {
            return Err((Reason::ProofTimeInvalid, claim.proven_at));
        }
        if self.is_nullifier_used(claim.nullifier) {
            return Err((Reason::NullifierUsed, 0));
        }
        let (inputs, count) = subject.inputs::<HostKeccak>(statement, &claim);
        let inputs = inputs.get(..count).unwrap_or_default();
        let question = verify_call(circuit, version, &proof.points, inputs);
        let answer = ask_contract(&verifier.0, &question, Bounds::ALL);
        match answer.and_then(bool_answer) {
            Some(true) => Ok(((), claim.nullifier)),
            Some(false) | None => Err((Reason::ProofInvalid, 0)),
        }
    }
}
