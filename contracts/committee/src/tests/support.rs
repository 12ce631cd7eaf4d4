//! A committee of three keys, and decisions for it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::{cell::RefCell, rc::Rc};

use ink::{
    Address, U256,
    env::{DefaultEnvironment, test},
    sol::{DynBytes, FixedBytes, SolErrorEncode, SolParamsEncode},
};
use k256::ecdsa::SigningKey;
use lex_contract_host::{CallFailure, stand_in};
use lex_model::{DecisionKind, Keccak, Reason, SoftwareKeccak};
use lex_policy_interface::{Evidence, Refused, SubjectView};

use crate::{
    committee::Committee,
    views::{Basis, Decision, Slot},
};

pub(super) const NOW: u64 = 1_800_000_000;

/// A license contract and a policy in one; see [`Target`].
pub(super) const TARGET: [u8; 20] = [0xab; 20];

pub(super) const HOLDER: [u8; 20] = [0x70; 20];
pub(super) const ISSUER: [u8; 20] = [0x71; 20];

/// A member with an Ethereum key.
pub(super) struct Person {
    key: SigningKey,
    pub(super) address: Address,
}

impl Person {
    pub(super) fn new(seed: u8) -> Self {
        let key = SigningKey::from_slice(&[seed; 32]).expect("a key");
        let point = key.verifying_key().to_encoded_point(false);
        let hash = SoftwareKeccak::keccak256(&point.as_bytes()[1..]);
        let account: [u8; 20] = hash[12..].try_into().expect("20 bytes");
        Self {
            key,
            address: account.into(),
        }
    }

    pub(super) fn sign(&self, id: FixedBytes<32>) -> DynBytes {
        let (signature, recovery) = self.key.sign_prehash_recoverable(&id.0).expect("signs");
        DynBytes([&signature.to_bytes()[..], &[27 + recovery.to_byte()]].concat())
    }

    /// The other signature over the same thing, with the high s.
    pub(super) fn sign_high(&self, id: FixedBytes<32>) -> DynBytes {
        let DynBytes(low) = self.sign(id);
        let s = k256::NonZeroScalar::try_from(&low[32..64]).expect("a number");
        DynBytes([&low[..32], &(-*s).to_bytes(), &[55 - low[64]]].concat())
    }
}

/// What stands at [`TARGET`]: says how its one license, its pauses and its accounts stand, and does what
/// it is told unless it has a reason not to.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) subject: SubjectView,
    pub(super) pause_version: u64,
    pub(super) account_version: u64,
    /// How many units are held of each account's.
    pub(super) held: u64,
    /// Why it does nothing.
    pub(super) refuses: Option<Reason>,
    /// What it was told to do.
    pub(super) told: Vec<Vec<u8>>,
}

impl Target {
    fn new() -> Self {
        let mut jurisdiction = [0; 32];
        jurisdiction[..5].copy_from_slice(b"US-NY");
        Self {
            subject: SubjectView {
                version: 3,
                holder: HOLDER.into(),
                issuer: ISSUER.into(),
                jurisdiction: FixedBytes(jurisdiction),
                seats: 1,
            },
            pause_version: 5,
            account_version: 7,
            held: 0,
            refuses: None,
            told: Vec::new(),
        }
    }

    /// Has it stand at its address.
    fn installed(self) -> Rc<RefCell<Self>> {
        let target = Rc::new(RefCell::new(self));
        let standing = target.clone();
        stand_in::install(TARGET, move |data| standing.borrow_mut().answer(data));
        target
    }

    fn answer(&mut self, data: &[u8]) -> Result<Vec<u8>, CallFailure> {
        let asked = |signature: &str| {
            let hash = SoftwareKeccak::keccak256(signature.as_bytes());
            data[..4] == hash[..4]
        };
        let unknown = self.subject.version == 0;
        let refused = |reason: Reason| {
            let words = SolErrorEncode::encode(&Refused::from(reason));
            Err(CallFailure::Reverted(words))
        };
        let word = |number: u64| Ok(U256::from(number).to_big_endian().into());
        if asked("subjectOf(uint256)") || asked("versionOf(uint256)") {
            return match (unknown, asked("subjectOf(uint256)")) {
                (true, _) => refused(Reason::UnknownLicense),
                (_, true) => Ok(SolParamsEncode::encode(&(self.subject,))),
                (_, false) => word(self.subject.version),
            };
        }
        if asked("pauseVersion()") {
            return word(self.pause_version);
        }
        if asked("accountVersion(address)") {
            return word(self.account_version);
        }
        if asked("getFrozenTokens(address,uint256)") {
            return word(self.held);
        }
        if let Some(reason) = self.refuses {
            return refused(reason);
        }
        self.told.push(data.into());
        Ok(Vec::new())
    }
}

/// A committee in which any two of three members with weight 1 decide.
pub(super) struct Board {
    pub(super) contract: Committee,
    pub(super) alice: Person,
    pub(super) bob: Person,
    pub(super) carol: Person,
    pub(super) target: Rc<RefCell<Target>>,
}

impl Board {
    pub(super) fn new() -> Self {
        Self::with(&[], 2)
    }

    /// A committee of the three and these, each with weight 1.
    pub(super) fn with(more: &[Address], threshold: u32) -> Self {
        // Each committee of a test has an address of its own, and with it its own storage.
        static COUNT: AtomicU8 = AtomicU8::new(1);
        let own = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut address = [0xc1; 20];
        address[19] = own;
        test::set_callee(address.into());
        test::set_block_timestamp::<DefaultEnvironment>(NOW);
        let target = Target::new().installed();
        let [alice, bob, carol] = [0x11, 0x22, 0x33].map(Person::new);
        let mut members = vec![alice.address, bob.address, carol.address];
        members.extend(more);
        let weights = vec![1; members.len()];
        let contract = Committee::new(members, weights, threshold).expect("valid");
        Self {
            contract,
            alice,
            bob,
            carol,
            target,
        }
    }

    pub(super) fn propose(&mut self, decision: Decision) -> FixedBytes<32> {
        test::set_caller(self.alice.address);
        self.contract
            .propose(decision.into())
            .expect("alice is a member")
    }

    pub(super) fn approve(&mut self, id: FixedBytes<32>, member: Address) -> Result<(), Refused> {
        test::set_caller(member);
        self.contract.approve(id)
    }

    /// Proposed by Alice and approved by Bob.
    pub(super) fn decided(&mut self, decision: Decision) -> FixedBytes<32> {
        let id = self.propose(decision);
        let bob = self.bob.address;
        self.approve(id, bob).expect("bob is a member");
        id
    }

    pub(super) fn execute(&mut self, id: FixedBytes<32>) -> Result<(), Refused> {
        self.contract.execute(id, Evidence::default().into())
    }

    /// How many decisions were approved about what this kind would be about, as a wallet asks.
    pub(super) fn count(&self, kind: DecisionKind) -> u64 {
        let decision = about(kind);
        let counted = self.contract.decisions_about(
            decision.kind,
            decision.target,
            decision.token_id,
            decision.account,
        );
        counted.expect("the target answers")
    }

    /// The reasons that `explain` gives.
    pub(super) fn reasons(&self, id: FixedBytes<32>) -> Vec<Reason> {
        let refusals = self.contract.explain(id);
        refusals
            .iter()
            .map(|refusal| Reason::from_code(refusal.code).expect("known code"))
            .collect()
    }
}

/// A decision about a license that suspends it, in the proposer's lane 0. Each number is about a license
/// of its own.
pub(super) fn suspend(sequence: u64) -> Decision {
    let flat = lex_model::Decision {
        target: TARGET,
        token_id: U256::from(9 + sequence % 200).to_big_endian(),
        account: HOLDER,
        reason: 7,
        evidence: [0x44; 32],
        nonce: U256::from(sequence).to_big_endian(),
        deadline: NOW + 100,
        ..lex_model::Decision::empty(DecisionKind::Suspend)
    };
    (&flat).into()
}

/// A decision of any kind about the license, an account or the pauses of the target as they are.
pub(super) fn about(kind: DecisionKind) -> Decision {
    let mut key = [0; 24];
    if kind.about() == lex_model::About::Account {
        key[..20].copy_from_slice(&HOLDER);
    }
    key[23] = kind.code();
    let all = lex_model::Decision {
        target: TARGET,
        token_id: U256::from(9).to_big_endian(),
        account: HOLDER,
        counterparty: [0x72; 20],
        valid_from: NOW,
        valid_until: NOW + 1_000,
        number: 1,
        reason: 7,
        evidence: [0x44; 32],
        version: match kind {
            DecisionKind::LiftPause => 5,
            DecisionKind::Recover | DecisionKind::ReleaseHolder => 7,
            _ => 3,
        },
        ..lex_model::Decision::empty(kind)
    };
    let mut flat = only_what_it_says(&all);
    flat.nonce = lex_model::Nonce { key, sequence: 0 }.into();
    flat.deadline = NOW + 100;
    if kind == DecisionKind::Activate {
        flat.counterparty = ISSUER;
        flat.previous[..5].copy_from_slice(b"US-NY");
        flat.count = 1;
    }
    (&flat).into()
}

/// The decision without the parts that its kind has no use for.
fn only_what_it_says(all: &lex_model::Decision) -> lex_model::Decision {
    use lex_model::Part;
    let mut flat = lex_model::Decision::empty(all.kind);
    for field in all.kind.fields() {
        match field.part {
            Part::Target => flat.target = all.target,
            Part::TokenId => flat.token_id = all.token_id,
            Part::Account => flat.account = all.account,
            Part::Counterparty => flat.counterparty = all.counterparty,
            Part::ValidFrom => flat.valid_from = all.valid_from,
            Part::ValidUntil => flat.valid_until = all.valid_until,
            Part::Number => flat.number = all.number,
            Part::Reason => flat.reason = all.reason,
            Part::Evidence => flat.evidence = all.evidence,
            Part::Version => flat.version = all.version,
            Part::Count => flat.count = all.count,
            Part::Previous => flat.previous = all.previous,
            Part::Text => flat.text = all.text,
        }
    }
    flat
}

/// The decision at another place.
pub(super) fn at(decision: Decision, nonce: U256) -> Decision {
    let slot = Slot {
        nonce,
        ..decision.slot
    };
    Decision { slot, ..decision }
}

/// The decision with another deadline.
pub(super) fn until(decision: Decision, deadline: u64) -> Decision {
    let slot = Slot {
        deadline,
        ..decision.slot
    };
    Decision { slot, ..decision }
}

/// The decision of members who know of so many about the same.
pub(super) fn knowing(decision: Decision, count: u64) -> Decision {
    let basis = Basis {
        count,
        ..decision.basis
    };
    Decision { basis, ..decision }
}

/// The decision at the next place of its lane.
pub(super) fn next(decision: Decision) -> Decision {
    at(decision, decision.slot.nonce + U256::from(1))
}

/// A decision about the committee's members, in the lane of that member.
pub(super) fn set_member(account: Address, weight: u64, sequence: u64) -> Decision {
    let mut key = [0; 24];
    key[..20].copy_from_slice(&account.0);
    let flat = lex_model::Decision {
        account: account.0,
        number: weight,
        nonce: lex_model::Nonce { key, sequence }.into(),
        deadline: NOW + 100,
        ..lex_model::Decision::empty(DecisionKind::SetMember)
    };
    (&flat).into()
}

/// A decision about a threshold, in the proposer's lane 1.
pub(super) fn set_threshold(kind: u8, threshold: u64, sequence: u64) -> Decision {
    let flat = lex_model::Decision {
        token_id: U256::from(kind).to_big_endian(),
        number: threshold,
        nonce: ((U256::from(1) << 64) + U256::from(sequence)).to_big_endian(),
        deadline: NOW + 100,
        ..lex_model::Decision::empty(DecisionKind::SetThreshold)
    };
    (&flat).into()
}

pub(super) fn reason<T: core::fmt::Debug>(result: Result<T, Refused>) -> Reason {
    Reason::from_code(result.expect_err("refused").code).expect("known code")
}

pub(super) fn later(seconds: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(NOW + seconds);
}
