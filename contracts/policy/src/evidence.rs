//! Clearances and proofs: whether they hold, and which were used.

use ink::{
    Address, U256,
    prelude::vec::Vec,
    sol::SolErrorDecode,
    storage::{Mapping, traits::ManualKey},
};
use lex_contract_host::{CallFailure, HostKeccak, query, recover};
use lex_model::{
    ActionKind, Claim, Hash, MAX_SCORE, PROOF_AGE, Presented, Reason, Statement, Subject, TypeKind,
};
use lex_policy_interface::{self as interface, Action, Refused, bool_answer, verify_call};

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
    /// The first second in which a nullifier counts as unused again; 0 for one whose license has ended.
    nullifiers: Mapping<Hash, u64, ManualKey<0x4c50_0061>>,
    /// The first second in which a root no longer counts.
    roots: Mapping<(Set, Hash), u64, ManualKey<0x4c50_0062>>,
    /// The license that was last brought into force with a nullifier.
    holders: Mapping<Hash, (Address, U256), ManualKey<0x4c50_0064>>,
    /// The nullifier with which a license was brought into force.
    entered: Mapping<(Address, U256), Hash, ManualKey<0x4c50_0063>>,
}

/// For ever, as a nullifier counts that was used for one action on one license.
const FOR_EVER: u64 = u64::MAX;

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

    /// Whether a nullifier was used, and for no license that is over.
    pub fn is_nullifier_used(&self, nullifier: Hash, now: u64) -> bool {
        self.nullifiers.get(nullifier).unwrap_or_default() > now
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

    /// Marks a clearance as used.
    pub fn use_clearance(&mut self, digest: Hash) {
        self.clearances.insert(digest, &true);
    }

    /// Marks a nullifier as used: for one action, or for as long as the license is not over that an
    /// identity enters its type with.
    pub fn use_nullifier(&mut self, nullifier: Hash, license: Address, action: &Action) {
        let enters = action.action == ActionKind::Activate.code();
        let until = match enters {
            true => action.state.grace_until,
            false => FOR_EVER,
        };
        self.nullifiers.insert(nullifier, &until);
        if enters {
            self.entered.insert((license, action.token_id), &nullifier);
            self.holders.insert(nullifier, &(license, action.token_id));
        }
    }

    /// Keeps the identity with which a license was entered used for as long as the license may last
    /// now, or lets it enter the type again when the license ends, unless it has entered with another one
    /// since. Seats that are given up are no end: policy does not see which were the last ones.
    pub fn follow(&mut self, license: Address, action: &Action, kind: ActionKind, term: u64) {
        let state = &action.state;
        let until = match kind {
            ActionKind::Renew => state.grace_until.saturating_add(term),
            ActionKind::Revoke => 0,
            ActionKind::Surrender if state.kind == TypeKind::Nft as u8 => 0,
            _ => return,
        };
        let one = (license, action.token_id);
        if let Some(nullifier) = self.entered.get(one)
            && self.holders.get(nullifier) == Some(one)
        {
            self.nullifiers.insert(nullifier, &until);
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
        let is_signed = signer.map(Address::from).is_some_and(|signer| {
            accounts.has_role(signer, Role::Signer) && !accounts.is_frozen(signer)
        });
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
        let (inputs, count) = subject.inputs::<HostKeccak>(statement, &claim);
        let inputs = inputs.get(..count).unwrap_or_default();
        let question = verify_call(circuit, version, &proof.points, inputs);
        let is_proven = verifiers_word(query(&verifier.0, &question))?;
        // Only where the circuit can be used at all does the rest of what was said matter, and of an
        // identity that is not proven nothing is told.
        let now = subject.action.at;
        let age = now.checked_sub(claim.proven_at);
        let is_timely = age.is_some_and(|age| age <= PROOF_AGE);
        if statement == Statement::Eligibility && !is_timely {
            return Err((Reason::ProofTimeInvalid, claim.proven_at));
        }
        for (slot, root) in (0..).zip(claim.roots).take(statement.roots()) {
            if self.root_valid_until(circuit, slot, root) <= now {
                return Err((Reason::RootUnknown, slot.into()));
            }
        }
        if !is_proven {
            return Err((Reason::ProofInvalid, 0));
        }
        if self.is_nullifier_used(claim.nullifier, now) {
            return Err((Reason::NullifierUsed, 0));
        }
        Ok(((), claim.nullifier))
    }
}

/// Whether the verifier says that the proof holds, or why it cannot say so: each of its reasons has
/// another remedy than proving the same again. What is no word of a verifier is no proof.
fn verifiers_word(answer: Result<Vec<u8>, CallFailure>) -> Result<bool, (Reason, u64)> {
    let data = match answer {
        Ok(answer) => {
            let word = <[u8; 32]>::try_from(answer.as_slice()).ok();
            return Ok(word.and_then(bool_answer).unwrap_or_default());
        }
        Err(CallFailure::Reverted(data)) => data,
        Err(CallFailure::NoAnswer) => return Ok(false),
    };
    let refused = Refused::decode(&data).ok();
    let reason = refused.and_then(|refused| {
        let reason = Reason::from_code(refused.code)?;
        Some((reason, u64::try_from(refused.detail).unwrap_or_default()))
    });
    match reason {
        Some((
            reason @ (Reason::UnknownCircuit
            | Reason::KeyRevoked
            | Reason::WrongInputCount
            | Reason::InputOutOfField
            | Reason::InvalidPoint
            | Reason::PrecompileFailed),
            detail,
        )) => Err((reason, detail)),
        _ => Ok(false),
    }
}
