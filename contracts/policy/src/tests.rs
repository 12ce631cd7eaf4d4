//! Tests on ink!'s off-chain environment, with stand-ins for the other contracts.

mod evidence;
mod gate;
mod modules;
mod property;
mod recovery;
mod restrictions;
mod rules;
mod score;
mod succession;
mod supply;
mod table;

use std::{cell::RefCell, rc::Rc};

use ink::{
    Address, U256,
    env::{DefaultEnvironment, test},
    sol::FixedBytes,
};
use lex_contract_host::{CallFailure, stand_in};
use lex_model::{ActionKind, Reason, Status};
use lex_policy_interface::{Action, Refusal, Refused, State, TypeGates, TypeRules, restriction};

use crate::{policy::Policy, records::BundleRule};

const DAY: u64 = 86_400;
const NOW: u64 = 1_800_000_000;

/// The type that every test begins with.
const YEARLY: u64 = 1;

const POLICY: Address = account(0x90);
const LICENSE: Address = account(0x91);
const ADMIN: Address = account(1);
const ISSUER: Address = account(2);
const HOLDER: Address = account(3);
const RECEIVER: Address = account(4);
const COMMITTEE: Address = account(5);
const GUARDIAN: Address = account(6);
const REGULATOR: Address = account(7);
const PUBLISHER: Address = account(8);
const NOBODY: Address = account(9);

const fn account(byte: u8) -> Address {
    ink::primitives::H160([byte; 20])
}

fn hash(byte: u8) -> FixedBytes<32> {
    FixedBytes([byte; 32])
}

/// Lets a contract or an account call policy.
fn as_caller(caller: Address) {
    test::set_callee(POLICY);
    test::set_caller(caller);
}

/// What the license contract was told.
type Told = Rc<RefCell<Vec<Vec<u8>>>>;

/// A license contract that writes down what it is told.
fn install_license(address: Address) -> Told {
    let told = Told::default();
    let kept = told.clone();
    stand_in::install(address.0, move |input| {
        kept.borrow_mut().push(input.into());
        Ok(Vec::new())
    });
    told
}

/// A license contract that refuses whatever it is told.
fn install_refusing_license(address: Address, data: &[u8]) {
    let data = data.to_vec();
    stand_in::install(address.0, move |_| Err(CallFailure::Reverted(data.clone())));
}

/// A policy on a chain where nothing has happened yet.
fn empty_policy() -> Policy {
    test::run_test::<DefaultEnvironment, _>(|_| Ok(())).expect("begins anew");
    as_caller(ADMIN);
    test::set_block_timestamp::<DefaultEnvironment>(NOW);
    Policy::new(ADMIN).expect("the admin is an account")
}

fn create_type(policy: &mut Policy, supply_cap: u64, transferable: bool) -> Result<u64, Refused> {
    policy.create_type(
        "Yearly".into(),
        0,
        365 * DAY,
        30 * DAY,
        14 * DAY,
        supply_cap,
        transferable,
        hash(1),
        1,
    )
}

/// A policy with a type, an issuer that may act for it in the United States, rules for that country
/// that demand nothing, every role given, and one license contract.
fn usual_policy() -> (Policy, Told) {
    let mut policy = empty_policy();
    assert_eq!(create_type(&mut policy, 0, true), Ok(YEARLY));
    policy
        .register_issuer(ISSUER, "Issuer".into())
        .expect("new");
    policy
        .grant_issuer(ISSUER, YEARLY, "US".into())
        .expect("new");
    policy
        .set_bundle("US".into(), hash(2), Vec::new())
        .expect("no rules are rules");
    for (account, role) in [(GUARDIAN, 1), (REGULATOR, 4), (PUBLISHER, 8)] {
        policy.set_role(account, role, true).expect("new");
    }
    let told = install_license(LICENSE);
    policy.bind_license(LICENSE).expect("room");
    as_caller(LICENSE);
    (policy, told)
}

/// Changes the rules as the admin, then lets the license contract call again.
fn rule<T>(policy: &mut Policy, change: impl FnOnce(&mut Policy) -> Result<T, Refused>) -> T
where
    T: core::fmt::Debug,
{
    as_caller(ADMIN);
    let result = change(policy).expect("a rule that makes sense");
    as_caller(LICENSE);
    result
}

/// Rules under which everything needs the gates in `gates`.
fn gated(gates: u8) -> TypeRules {
    TypeRules {
        gates: TypeGates {
            issue: gates,
            renew: gates,
            transfer: gates,
            lend: gates,
            enforce: gates & 1,
        },
        committee: COMMITTEE,
        minimum_score: 600,
        circuit: 7,
        circuit_version: 1,
        statement: 2,
        ..TypeRules::default()
    }
}

fn issue() -> Action {
    Action {
        action: ActionKind::Issue.code(),
        caller: ISSUER,
        issuer: ISSUER,
        license_type: YEARLY,
        jurisdiction: place("US-NY"),
        token_id: U256::zero(),
        from: Address::zero(),
        to: RECEIVER,
        amount: 1,
        state: State {
            valid_from: NOW,
            at: NOW,
            ..State::default()
        },
        parent: Default::default(),
        content: hash(0),
    }
}

/// An action on a license in force for which everyone who must is there.
fn on_license(kind: ActionKind) -> Action {
    let (caller, to) = match kind {
        ActionKind::Transfer | ActionKind::Lend => (HOLDER, RECEIVER),
        ActionKind::Surrender => (HOLDER, Address::zero()),
        _ => (ISSUER, Address::zero()),
    };
    let status = match kind {
        ActionKind::Activate | ActionKind::Withdraw => Status::Pending,
        ActionKind::Resume => Status::Suspended,
        _ => Status::Active,
    };
    // Its renewal is open.
    let valid_until = NOW + 10 * DAY;
    Action {
        action: kind.code(),
        caller,
        from: HOLDER,
        to,
        token_id: U256::from(5),
        state: State {
            kind: 0,
            status: status.code(),
            version: 1,
            valid_from: valid_until - 365 * DAY,
            valid_until,
            grace_until: valid_until + 14 * DAY,
            at: NOW,
        },
        content: hash(6),
        ..issue()
    }
}

fn place(code: &str) -> FixedBytes<6> {
    let mut padded = [0; 6];
    padded[..code.len()].copy_from_slice(code.as_bytes());
    FixedBytes(padded)
}

const fn bundle_rule(demand: u8, kind: ActionKind, license_type: u64, value: u64) -> BundleRule {
    BundleRule {
        demand,
        actions: kind.bit(),
        license_type,
        value,
    }
}

#[track_caller]
fn refused<T: core::fmt::Debug>(result: Result<T, Refused>) -> Reason {
    Reason::from_code(result.expect_err("refused").code).expect("known code")
}

fn reasons(refusals: &[Refusal]) -> Vec<Reason> {
    refusals
        .iter()
        .map(|refusal| Reason::from_code(refusal.code).expect("known code"))
        .collect()
}

/// What everyone can read of a policy's rules.
fn readable(policy: &Policy) -> impl PartialEq + core::fmt::Debug + use<> {
    let accounts = [
        ADMIN, ISSUER, HOLDER, RECEIVER, COMMITTEE, GUARDIAN, REGULATOR, PUBLISHER, NOBODY,
    ];
    let of_accounts = accounts.map(|account| {
        (
            policy.is_issuer(account),
            policy.is_frozen(account),
            policy.successor_of(account),
            policy.recovered_from(account),
            policy.restrictions_of(account),
            policy.issuer_in_charge(account),
            policy.issuer_share(account, YEARLY),
            [1, 2, 4, 8].map(|role| policy.has_role(account, role)),
            ["US", "US-NY", "DE"].map(|place| policy.issuer_may(account, YEARLY, place.into())),
        )
    });
    (
        (policy.admin(), policy.version(), policy.type_count()),
        (policy.proposed_admin(), policy.bound_licenses()),
        (policy.license_type(YEARLY), policy.type_rules(YEARLY)),
        (policy.bundle("US".into()), policy.bundle("US-NY".into())),
        (policy.modules(), policy.verifier(), policy.paused_groups()),
        policy.root_valid_until(7, 0, U256::one()),
        of_accounts,
    )
}
