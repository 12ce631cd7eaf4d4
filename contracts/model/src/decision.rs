//! What a committee decides: the kinds of decision, what each one says, and the digest that members
//! sign.
//!
//! A [`Decision`] is flat, so that contracts and programs pass it around easily. What members sign is
//! not: each kind has an EIP-712 struct of its own that names only what the kind says
//! ([`DecisionKind::fields`]), so that a wallet shows every signed value under its proper name.

mod kind;
#[cfg(test)]
mod tests;
#[cfg(feature = "std")]
mod wallet;

pub use kind::{About, DecisionField, DecisionKind, Part, SolidityType};

use crate::typed_data::Domain;
use crate::words::{word_of_address, word_of_u64};
use crate::{Address, Hash, Keccak, TypeKind};

/// The largest weight of a committee's member.
pub const MAX_WEIGHT: u32 = u16::MAX as u32;

/// How far ahead a decision's deadline may lie when it is proposed, in seconds: 30 days. What was
/// approved and forgotten does not hang over anybody for longer.
pub const MAX_DEADLINE_AHEAD: u64 = 30 * 86_400;

/// How long a decision that had reached its threshold stays executable after the members changed, in
/// seconds: 7 days.
pub const MAX_AFTER_CHANGE: u64 = 7 * 86_400;

/// The most words that a kind's struct is hashed from: its type, proposer, epoch, nonce, deadline and
/// up to eleven fields.
const MAX_WORDS: usize = 16;

/// Classes of subjects: a license's standing, what is held of it, what is seized of it.
const STANDING: u64 = 1;
const HOLD: u64 = 2;
const SEIZURE: u64 = 3;

/// What a committee decides. Parts that its kind has no use for are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "scale", derive(codec::Encode, scale_info::TypeInfo))]
pub struct Decision {
    /// What is decided.
    pub kind: DecisionKind,
    /// The contract that is called; zero for a decision about the committee itself.
    pub target: Address,
    /// The license, big-endian; for [`DecisionKind::SetThreshold`] the kind whose threshold it is.
    pub token_id: [u8; 32],
    /// Whom it is about: a holder, a lost key, a member.
    pub account: Address,
    /// The other side: a receiver, a successor, an implementation.
    pub counterparty: Address,
    /// Unix seconds.
    pub valid_from: u64,
    /// Unix seconds.
    pub valid_until: u64,
    /// A license type, an amount, a weight, a threshold or bits, as the kind says.
    pub number: u64,
    /// Why, by the committee's own codes.
    pub reason: u32,
    /// Hash of what proves it; for [`DecisionKind::Activate`] the metadata hash, for
    /// [`DecisionKind::ApproveIn`] and [`DecisionKind::WithdrawIn`] the id of the other committee's decision,
    /// for [`DecisionKind::Upgrade`] the hash of the new code.
    pub evidence: Hash,
    /// The version of what it is about, as the target counts it.
    pub version: u64,
    /// How many decisions about the same had been approved; for [`DecisionKind::Activate`] how many seats.
    pub count: u64,
    /// The hash that is replaced; for [`DecisionKind::Activate`] the jurisdiction, in ASCII.
    pub previous: Hash,
    /// Hash of a text.
    pub text: Hash,
    /// Lane and place, as [`Nonce`] packs them.
    pub nonce: Hash,
    /// The first second (Unix time) in which it can no longer be executed.
    pub deadline: u64,
}

/// As derived, but in place: put together from its fields at the end, a decision is more instructions in
/// a row than the chain allows a program (1,000).
#[cfg(feature = "scale")]
impl codec::Decode for Decision {
    fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
        let mut decision = Self::empty(DecisionKind::decode(input)?);
        fill(input, &mut decision.target)?;
        fill(input, &mut decision.token_id)?;
        fill(input, &mut decision.account)?;
        fill(input, &mut decision.counterparty)?;
        decision.valid_from = u64::decode(input)?;
        decision.valid_until = u64::decode(input)?;
        decision.number = u64::decode(input)?;
        decision.reason = u32::decode(input)?;
        fill(input, &mut decision.evidence)?;
        decision.version = u64::decode(input)?;
        decision.count = u64::decode(input)?;
        fill(input, &mut decision.previous)?;
        fill(input, &mut decision.text)?;
        fill(input, &mut decision.nonce)?;
        decision.deadline = u64::decode(input)?;
        Ok(decision)
    }
}

#[cfg(feature = "scale")]
#[inline(never)]
fn fill<I: codec::Input>(input: &mut I, place: &mut [u8]) -> Result<(), codec::Error> {
    input.read(place)
}

/// A decision says what its kind has no use for, lacks what it needs, or says what cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidDecision {
    /// The part that is wrong.
    pub part: Part,
}

impl Decision {
    /// A decision of this kind that says nothing yet.
    pub const fn empty(kind: DecisionKind) -> Self {
        Self {
            kind,
            target: [0; 20],
            token_id: [0; 32],
            account: [0; 20],
            counterparty: [0; 20],
            valid_from: 0,
            valid_until: 0,
            number: 0,
            reason: 0,
            evidence: [0; 32],
            version: 0,
            count: 0,
            previous: [0; 32],
            text: [0; 32],
            nonce: [0; 32],
            deadline: 0,
        }
    }

    /// A part's value in one word of Solidity's `abi.encode`.
    pub fn word(&self, part: Part) -> Hash {
        match part {
            Part::Target => word_of_address(&self.target),
            Part::TokenId => self.token_id,
            Part::Account => word_of_address(&self.account),
            Part::Counterparty => word_of_address(&self.counterparty),
            Part::ValidFrom => word_of_u64(self.valid_from),
            Part::ValidUntil => word_of_u64(self.valid_until),
            Part::Number => word_of_u64(self.number),
            Part::Reason => word_of_u64(u64::from(self.reason)),
            Part::Evidence => self.evidence,
            Part::Version => word_of_u64(self.version),
            Part::Count => word_of_u64(self.count),
            Part::Previous => self.previous,
            Part::Text => self.text,
        }
    }

    /// Whether it says exactly what its kind can say.
    ///
    /// # Errors
    /// The first part that does not.
    pub fn validate(&self) -> Result<(), InvalidDecision> {
        for part in Part::ALL {
            let word = self.word(*part);
            let field = self.kind.fields().iter().find(|field| field.part == *part);
            let valid = match field {
                None => word == [0; 32],
                Some(field) => field.solidity.holds(&word) && !(field.needed && word == [0; 32]),
            };
            if !valid {
                return Err(InvalidDecision { part: *part });
            }
        }
        let wrong = match self.kind {
            DecisionKind::ForcedTransfer | DecisionKind::Recover
                if self.account == self.counterparty =>
            {
                Part::Counterparty
            }
            DecisionKind::Activate if self.valid_until <= self.valid_from => Part::ValidUntil,
            DecisionKind::SetThreshold if self.threshold_kind().is_none() => Part::TokenId,
            _ => return Ok(()),
        };
        Err(InvalidDecision { part: wrong })
    }

    /// The kind whose threshold a [`DecisionKind::SetThreshold`] sets, the inner `None` for the
    /// default one; the outer `None` when there is no such kind.
    pub fn threshold_kind(&self) -> Option<Option<DecisionKind>> {
        let [rest @ .., code] = self.token_id;
        if rest != [0; 31] {
            return None;
        }
        match code {
            0 => Some(None),
            code => DecisionKind::from_code(code).map(Some),
        }
    }

    /// Its place among its proposer's decisions.
    pub fn nonce(&self) -> Nonce {
        Nonce::from(self.nonce)
    }

    /// Whether its lane is one that it may have: a decision about an account has a lane of that
    /// account's, whose key begins with its address. So nobody has one account's decisions wait for
    /// another's.
    pub fn is_in_its_lane(&self) -> bool {
        match self.kind.about() {
            About::Account => self.nonce[..20] == self.account,
            _ => true,
        }
    }

    /// What it is about, in 32 bytes: the same for all decisions that can take each other back or void each
    /// other. These are those about a license's standing, about what is held or seized of it, about an account's
    /// freedom, about a member, about a threshold, about a proxy's code and about the approval of a decision
    /// elsewhere; `None` for others. What is held or seized of seats is their holder's. A single token is one
    /// thing, whoever holds it: what is decided about it follows it to every holder.
    pub fn subject<K: Keccak>(&self, kept: TypeKind) -> Option<Hash> {
        use DecisionKind as Kind;
        const NOTHING: Hash = [0; 32];
        let (license, account) = (self.token_id, word_of_address(&self.account));
        let whose = match kept {
            TypeKind::Nft => NOTHING,
            TypeKind::Sft => account,
        };
        let (class, first, second) = match self.kind {
            Kind::Suspend | Kind::Resume | Kind::Revoke | Kind::Withdraw => {
                (STANDING, license, NOTHING)
            }
            Kind::FreezeToken | Kind::ReleaseToken => (HOLD, license, whose),
            Kind::ForcedTransfer => (SEIZURE, license, whose),
            Kind::FreezeHolder | Kind::ReleaseHolder => (4, NOTHING, account),
            Kind::SetMember => (5, NOTHING, account),
            Kind::SetThreshold => (6, license, NOTHING),
            Kind::Upgrade | Kind::SetUpgrader | Kind::AcceptUpgrader => (7, NOTHING, NOTHING),
            Kind::ApproveIn | Kind::WithdrawIn => (8, self.evidence, NOTHING),
            _ => return None,
        };
        Some(self.subject_of::<K>(class, first, second))
    }

    /// What else it changes the facts of: a single token that is seized has another holder, of whom nothing
    /// was known to those who decided about its standing or held it. `None` for every other decision.
    pub fn unsettles<K: Keccak>(&self, kept: TypeKind) -> Option<[Hash; 2]> {
        let seizes = self.kind == DecisionKind::ForcedTransfer && kept == TypeKind::Nft;
        seizes.then(|| {
            [STANDING, HOLD].map(|class| self.subject_of::<K>(class, self.token_id, [0; 32]))
        })
    }

    fn subject_of<K: Keccak>(&self, class: u64, first: Hash, second: Hash) -> Hash {
        let target = word_of_address(&self.target);
        K::keccak256([word_of_u64(class), target, first, second].as_flattened())
    }
}

/// A decision's place. Every proposer has lanes of its own, and decisions of different lanes never wait
/// for each other; in one lane each number is given to one decision, and waits for those before it to
/// be approved or dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonce {
    /// The lane, 192 bits big-endian; chosen by the proposer, but see [`Decision::is_in_its_lane`].
    pub key: [u8; 24],
    /// The place in the lane.
    pub sequence: u64,
}

impl From<Hash> for Nonce {
    fn from(word: Hash) -> Self {
        let (mut key, mut sequence) = ([0; 24], [0; 8]);
        key.copy_from_slice(&word[..24]);
        sequence.copy_from_slice(&word[24..]);
        Self {
            key,
            sequence: u64::from_be_bytes(sequence),
        }
    }
}

impl From<Nonce> for Hash {
    fn from(nonce: Nonce) -> Self {
        let mut word = [0; 32];
        word[..24].copy_from_slice(&nonce.key);
        word[24..].copy_from_slice(&nonce.sequence.to_be_bytes());
        word
    }
}

/// The committee that a decision is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Committee {
    /// EIP-155 chain id of its chain.
    pub chain_id: u64,
    /// Its address, which never changes.
    pub address: Address,
}

impl Committee {
    /// EIP-712's domain separator.
    pub fn separator<K: Keccak>(&self) -> Hash {
        self.domain().separator::<K>()
    }

    fn domain(&self) -> Domain {
        Domain {
            name: "LEX Committee",
            version: "1",
            chain_id: self.chain_id,
            contract: self.address,
        }
    }
}

/// A decision as a member puts it to the committee; this is what all members sign.
///
/// The proposer is part of it, so that nobody can propose the same thing first and then cancel it, or
/// pass for its maker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub struct Proposal {
    /// What is decided.
    pub decision: Decision,
    /// The member who proposes it, its maker.
    pub proposer: Address,
    /// The committee's epoch: it grows with every change of the members.
    pub epoch: u64,
}

impl Proposal {
    /// EIP-712's `hashStruct` of the kind's struct.
    pub fn struct_hash<K: Keccak>(&self) -> Hash {
        let decision = &self.decision;
        let kind = decision.kind;
        let before = [
            K::keccak256(kind.type_string().as_bytes()),
            word_of_address(&self.proposer),
            word_of_u64(self.epoch),
        ];
        let fields = kind.fields().iter().map(|field| decision.word(field.part));
        let after = [decision.nonce, word_of_u64(decision.deadline)];

        let mut words = [[0; 32]; MAX_WORDS];
        let filled = words
            .iter_mut()
            .zip(before.into_iter().chain(fields).chain(after))
            .map(|(place, word)| *place = word)
            .count();
        K::keccak256(words.get(..filled).unwrap_or_default().as_flattened())
    }

    /// The decision's id, which is also the digest that members sign. It binds chain, committee,
    /// epoch, proposer, kind, every value, nonce and deadline.
    pub fn id<K: Keccak>(&self, committee: &Committee) -> Hash {
        committee.domain().digest::<K>(&self.struct_hash::<K>())
    }
}

/// What a passkey signs to take its approval of a decision back, instead of the decision's id.
pub fn withdrawal_challenge<K: Keccak>(id: &Hash) -> Hash {
    let name = K::keccak256(b"LEX Committee: withdraw");
    K::keccak256([name, *id].as_flattened())
}
