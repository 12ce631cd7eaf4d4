//! A committee of three keys, and decisions for it.

use std::sync::atomic::{AtomicU8, Ordering};

use ink::{
    Address, U256,
    env::{DefaultEnvironment, test},
    sol::{DynBytes, FixedBytes},
};
use k256::ecdsa::SigningKey;
use lex_contract_host::stand_in;
use lex_model::{DecisionKind, Keccak, Reason, SoftwareKeccak};
use lex_policy_interface::{Evidence, Refused};

use crate::{committee::Committee, views::Decision};

pub(super) const NOW: u64 = 1_800_000_000;

/// A contract that accepts every call.
pub(super) const TARGET: [u8; 20] = [0xab; 20];

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

/// A committee in which any two of three members with weight 1 decide.
pub(super) struct Board {
    pub(super) contract: Committee,
    pub(super) alice: Person,
    pub(super) bob: Person,
    pub(super) carol: Person,
}

impl Board {
    pub(super) fn new() -> Self {
        // Each committee of a test has an address of its own, and with it its own storage.
        static COUNT: AtomicU8 = AtomicU8::new(1);
        let own = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut address = [0xc1; 20];
        address[19] = own;
        test::set_callee(address.into());
        test::set_block_timestamp::<DefaultEnvironment>(NOW);
        stand_in::install(TARGET, |_| Ok(Vec::new()));
        let [alice, bob, carol] = [0x11, 0x22, 0x33].map(Person::new);
        let members = vec![alice.address, bob.address, carol.address];
        let contract = Committee::new(members, vec![1, 1, 1], 2).expect("valid");
        Self {
            contract,
            alice,
            bob,
            carol,
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

    /// The reasons that `explain` gives.
    pub(super) fn reasons(&self, id: FixedBytes<32>) -> Vec<Reason> {
        let refusals = self.contract.explain(id);
        refusals
            .iter()
            .map(|refusal| Reason::from_code(refusal.code).expect("known code"))
            .collect()
    }
}

/// A decision to suspend a license, in lane 0.
pub(super) fn suspend(sequence: u64) -> Decision {
    let flat = lex_model::Decision {
        target: TARGET,
        token_id: U256::from(9).to_big_endian(),
        reason: 7,
        evidence: [0x44; 32],
        nonce: U256::from(sequence).to_big_endian(),
        deadline: NOW + 100,
        ..lex_model::Decision::empty(DecisionKind::Suspend)
    };
    (&flat).into()
}

/// A decision about the committee's members.
pub(super) fn set_member(account: Address, weight: u64, sequence: u64) -> Decision {
    let flat = lex_model::Decision {
        account: account.0,
        number: weight,
        nonce: U256::from(sequence).to_big_endian(),
        deadline: NOW + 100,
        ..lex_model::Decision::empty(DecisionKind::SetMember)
    };
    (&flat).into()
}

/// A decision about a threshold.
pub(super) fn set_threshold(kind: u8, threshold: u64, sequence: u64) -> Decision {
    let flat = lex_model::Decision {
        token_id: U256::from(kind).to_big_endian(),
        number: threshold,
        nonce: U256::from(sequence).to_big_endian(),
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
