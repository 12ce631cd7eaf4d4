//! A contract whose policy is a stand-in with the model's own gate.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use ink::{
    Address, U256,
    env::{DefaultEnvironment, test},
    prelude::string::String,
};
use lex_lifecycle::testing::{Desk, hash, plain_type};
use lex_model::{Gates, Keccak, LicenseType, Reason, SoftwareKeccak, TypeKind};
use lex_policy_interface::{Evidence, Refused};

use crate::license::License;

/// The event of an update.
pub(super) const UPDATE: &str = "UpdateAppended(uint64,uint256,address,uint8,uint64,uint8,uint64,\
                                 uint64,uint64,uint32,uint256,bytes32)";
/// When tests begin, Unix seconds.
pub(super) const START: u64 = 10_000;
/// The first end of a license issued at the start.
pub(super) const END: u64 = START + 1_000;
/// A type without gates.
pub(super) const PLAIN: u64 = 1;
/// A type whose licenses need the committee and a clearance to come into force and to be renewed.
pub(super) const GATED: u64 = 2;
/// A type under the first one.
pub(super) const CHILD: u64 = 3;
/// A type that is not transferable.
pub(super) const BOUND: u64 = 4;
/// A type under the first one that needs the committee to come into force.
pub(super) const GATED_CHILD: u64 = 5;
/// A type whose transfers need a clearance.
pub(super) const CLEARED: u64 = 6;
/// A type whose loans need a clearance.
pub(super) const SCREENED: u64 = 7;

pub(super) const ISSUER: u8 = 1;
pub(super) const HOLDER: u8 = 2;
pub(super) const OTHER: u8 = 3;
pub(super) const THIRD: u8 = 4;
pub(super) const COMMITTEE: u8 = 9;
const POLICY: u8 = 0xee;

/// An account by its number.
pub(super) fn account(number: u8) -> Address {
    Address::from([number; 20])
}

/// Sets the block's time.
pub(super) fn at(time: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(time);
}

/// Has an account send the next messages.
pub(super) fn by(number: u8) {
    test::set_caller(account(number));
}

/// Has policy send the next messages.
pub(super) fn by_policy() {
    by(POLICY);
}

/// The contract and what its policy knows.
pub(super) struct World {
    pub(super) license: License,
    pub(super) desk: Rc<RefCell<Desk>>,
}

/// An address without storage, so that a test can begin anew.
fn next_contract() -> Address {
    thread_local!(static LAST: Cell<u16> = const { Cell::new(0) });
    let number = LAST.get().wrapping_add(1);
    LAST.set(number);
    let mut address = [0xcc; 20];
    address[18..].copy_from_slice(&number.to_be_bytes());
    Address::from(address)
}

pub(super) fn world() -> World {
    let gated = |issue, renew, transfer| LicenseType {
        gates: Gates {
            issue,
            renew,
            transfer,
            lend: 0,
            enforce: 0,
        },
        ..plain_type(TypeKind::Nft)
    };
    let both = Gates::COMMITTEE | Gates::CLEARANCE;
    let under = |license_type: LicenseType| LicenseType {
        parent_type: PLAIN,
        ..license_type
    };
    let bound = LicenseType {
        transferable: false,
        ..gated(0, 0, 0)
    };
    let screened = LicenseType {
        gates: Gates {
            lend: Gates::CLEARANCE,
            ..Gates::default()
        },
        ..gated(0, 0, 0)
    };
    let types = HashMap::from([
        (PLAIN, gated(0, 0, 0)),
        (GATED, gated(both, both, 0)),
        (CHILD, under(gated(0, 0, 0))),
        (BOUND, bound),
        (GATED_CHILD, under(gated(Gates::COMMITTEE, 0, 0))),
        (CLEARED, gated(0, 0, Gates::CLEARANCE)),
        (SCREENED, screened),
    ]);
    let desk = Desk {
        types,
        committee: account(COMMITTEE),
        ..Desk::default()
    };
    let desk = desk.install(account(POLICY));
    test::set_callee(next_contract());
    at(START);
    let license = License::new(account(POLICY)).expect("policy is an account");
    World { license, desk }
}

impl World {
    /// Issues a license of this type to the holder.
    pub(super) fn issue(&mut self, license_type: u64) -> U256 {
        by(ISSUER);
        self.license
            .issue(
                account(HOLDER),
                license_type,
                "US-NY".into(),
                0,
                hash(5),
                "ipfs://license".into(),
            )
            .expect("allowed")
    }

    /// Asks for a sublicense of this type for the third account.
    pub(super) fn try_sublicense(
        &mut self,
        parent: U256,
        license_type: u64,
    ) -> Result<U256, Refused> {
        self.license.sublicense(
            parent,
            account(THIRD),
            license_type,
            "US-NY".into(),
            0,
            hash(6),
            String::new(),
        )
    }

    /// Has the holder give a sublicense of this type to the third account.
    pub(super) fn sublicense(&mut self, parent: U256, license_type: u64) -> U256 {
        by(HOLDER);
        self.try_sublicense(parent, license_type).expect("allowed")
    }

    /// Brings a license into force as its next caller.
    pub(super) fn activate(&mut self, id: U256, evidence: Evidence) -> Result<(), Refused> {
        let seen = self.license.license(id).expect("issued");
        self.license.activate(
            id,
            seen.holder,
            seen.license_type,
            seen.valid_from,
            seen.valid_until,
            seen.metadata_hash,
            evidence,
        )
    }

    /// Code of the license's status now.
    pub(super) fn status(&self, id: U256) -> u8 {
        self.license.license(id).expect("issued").status
    }
}

/// Why something was refused.
pub(super) fn refused<T: core::fmt::Debug>(result: Result<T, Refused>) -> Reason {
    Reason::from_code(result.expect_err("refused").code).expect("known code")
}

/// The topic of an event's signature.
pub(super) fn topic(signature: &str) -> [u8; 32] {
    SoftwareKeccak::keccak256(signature.as_bytes())
}

/// The place of the last event with this signature, and its data.
pub(super) fn last_event(signature: &str) -> Option<(usize, Vec<Vec<u8>>, Vec<u8>)> {
    let wanted = topic(signature);
    test::recorded_events()
        .into_iter()
        .enumerate()
        .rfind(|(_, event)| {
            event
                .topics
                .first()
                .is_some_and(|first| first[..] == wanted)
        })
        .map(|(place, event)| {
            let topics = event.topics.iter().map(|topic| topic.to_vec()).collect();
            (place, topics, event.data)
        })
}

/// A word of event data as a number.
pub(super) fn word(data: &[u8], place: usize) -> U256 {
    U256::from_big_endian(&data[place * 32..(place + 1) * 32])
}
