//! A contract whose policy is a stand-in with the model's own gate.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use ink::{
    Address, U256,
    env::{DefaultEnvironment, test},
    sol::{DynBytes, FixedBytes},
};
use lex_contract_host::stand_in;
use lex_lifecycle::testing::{Desk, hash, plain_type};
use lex_model::{Gates, LicenseType, Reason, SoftwareKeccak, TypeKind};
use lex_policy_interface::{Refusal, Refused};

use crate::seats::Seats;

/// When tests begin, Unix seconds.
pub(super) const START: u64 = 10_000;
/// The term of all types.
pub(super) const TERM: u64 = 1_000;
/// A type without gates.
pub(super) const PLAIN: u64 = 1;
/// A type whose licenses need the committee and a clearance to come into force and to be renewed.
pub(super) const GATED: u64 = 2;
/// A type whose transfers need a clearance.
pub(super) const CLEARED: u64 = 3;
/// A type whose seats are assigned with a clearance, and not transferred.
pub(super) const SCREENED: u64 = 4;

/// An account by its number; 1 is the issuer, 2 the licensee, 9 the committee.
pub(super) fn account(number: u8) -> Address {
    Address::from([number; 20])
}

pub(super) const ISSUER: u8 = 1;
pub(super) const LICENSEE: u8 = 2;
pub(super) const COMMITTEE: u8 = 9;

pub(super) fn policy() -> Address {
    account(0xee)
}

/// The contract and what its policy knows.
pub(super) struct World {
    pub(super) seats: Seats,
    pub(super) desk: Rc<RefCell<Desk>>,
}

/// Runs in a storage of its own.
pub(super) fn alone<T>(run: impl FnOnce() -> T) -> T {
    let mut answer = None;
    test::run_test::<DefaultEnvironment, _>(|_| {
        answer = Some(run());
        Ok(())
    })
    .expect("the test says so itself");
    answer.expect("it ran")
}

/// Sets the block's time.
pub(super) fn at(time: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(time);
}

/// Has an account send the next messages.
pub(super) fn by(number: u8) {
    test::set_caller(account(number));
}

pub(super) fn world() -> World {
    let gates = |issue, renew, transfer| LicenseType {
        gates: Gates {
            issue,
            renew,
            transfer,
            lend: 0,
            enforce: 0,
        },
        ..plain_type(TypeKind::Sft)
    };
    let both = Gates::COMMITTEE | Gates::CLEARANCE;
    let screened = LicenseType {
        transferable: false,
        gates: Gates {
            lend: Gates::CLEARANCE,
            ..Gates::default()
        },
        ..gates(0, 0, 0)
    };
    let types = HashMap::from([
        (PLAIN, gates(0, 0, 0)),
        (GATED, gates(both, both, 0)),
        (CLEARED, gates(0, 0, Gates::CLEARANCE)),
        (SCREENED, screened),
    ]);
    let desk = Desk {
        types,
        committee: account(COMMITTEE),
        ..Desk::default()
    };
    let desk = desk.install(policy());
    at(START);
    let seats = Seats::new(policy()).expect("policy is an account");
    World { seats, desk }
}

impl World {
    /// Issues a license of ten seats of this type to the licensee; others may hold four each.
    pub(super) fn issue(&mut self, license_type: u64) -> U256 {
        by(ISSUER);
        let uri = "ipfs://seats".into();
        let place = "US-NY".into();
        let licensee = account(LICENSEE);
        self.seats
            .issue(licensee, license_type, place, 0, 10, 4, hash(5), uri)
            .expect("the issuer may")
    }

    /// The sender moves seats.
    pub(super) fn send(&mut self, from: u8, to: u8, id: U256, amount: u64) -> Result<(), Refused> {
        let (from, to) = (account(from), account(to));
        self.seats
            .safe_transfer_from(from, to, id, amount.into(), no_data())
    }

    /// The licensee hands seats out.
    pub(super) fn hand_out(&mut self, to: u8, id: U256, amount: u64) {
        by(LICENSEE);
        self.send(LICENSEE, to, id, amount).expect("it has enough");
    }

    pub(super) fn balance(&self, number: u8, id: U256) -> u64 {
        self.seats.balance_of(account(number), id).low_u64()
    }

    /// The nonce of the last update.
    pub(super) fn updates(&self) -> u64 {
        self.seats.outbox().expect("initialized").nonce
    }
}

pub(super) fn no_data() -> DynBytes {
    DynBytes(Vec::new())
}

pub(super) fn code<T: core::fmt::Debug>(result: Result<T, Refused>) -> Reason {
    Reason::from_code(result.expect_err("refused").code).expect("known code")
}

pub(super) fn refused(reason: Reason, detail: u64) -> Refused {
    Refusal::new(reason, detail).into()
}

/// The first topics of the events so far: hashes of the events' signatures.
pub(super) fn told() -> Vec<[u8; 32]> {
    test::recorded_events()
        .iter()
        .map(|event| {
            let topic = event.topics.first().expect("no event is anonymous");
            topic.as_slice().try_into().expect("a word")
        })
        .collect()
}

/// The place of the first event with this signature among the events so far.
pub(super) fn place_of(signature: &str) -> Option<usize> {
    let topic = <SoftwareKeccak as lex_model::Keccak>::keccak256(signature.as_bytes());
    told().iter().position(|told| *told == topic)
}

/// Puts a contract at an address that answers every question with these four bytes.
pub(super) fn install_receiver(number: u8, answer: [u8; 4]) {
    stand_in::install(account(number).0, move |_| {
        let mut word = vec![0; 32];
        word[..4].copy_from_slice(&answer);
        Ok(word)
    });
}

pub(super) const NO_EVIDENCE: FixedBytes<32> = FixedBytes([0; 32]);
