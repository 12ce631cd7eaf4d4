//! The delegating proxy in front of the license contract, with licenses in it.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{b256, keccak256, Address, B256};
use lex_model::Reason;
use lex_trial::Trial;
use lex_walk::{
    address_in, id, issue, outbox, owner, people, prepare, values::address, Blobs, Chain, Failure,
    Interface, Refused, World,
};

// keccak256("eip1967.proxy.implementation") - 1.
const IMPLEMENTATION: B256 =
    b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");

const HOLDER: Address = people::HOLDERS[0];
const OTHER: Address = people::HOLDERS[1];

struct Behind {
    world: World<Trial>,
    blobs: Blobs,
}

impl Behind {
    fn new() -> Self {
        let blobs = Blobs::read(&lex_trial::contracts()).expect("the contracts are built");
        let trial = Trial::new(&people::all());
        let mut world = World::of_licenses(trial, &blobs).expect("contracts start");
        prepare(&mut world).expect("rules are accepted");
        Self { world, blobs }
    }

    fn issue(&mut self) -> u64 {
        issue(&mut self.world, HOLDER).expect("the issuer may")
    }

    /// The license contract's code once more, at another address.
    fn second_build(&mut self) -> Address {
        let code = self.blobs.license.clone();
        self.build(&code, &Interface::read("License"))
    }

    fn build(&mut self, code: &[u8], interface: &Interface) -> Address {
        let arguments = interface.construct(&[address(self.world.policy.address)]);
        self.world
            .chain
            .deploy(people::ADMIN, code, &arguments)
            .expect("it starts")
    }

    fn upgrade(
        &mut self,
        from: Address,
        to: Address,
        code: &[u8],
    ) -> Result<Vec<lex_walk::Log>, Failure> {
        let replaces = address_in(self.word(IMPLEMENTATION));
        self.upgrade_of(from, to, code, replaces)
    }

    fn upgrade_of(
        &mut self,
        from: Address,
        to: Address,
        code: &[u8],
        replaces: Address,
    ) -> Result<Vec<lex_walk::Log>, Failure> {
        let hash = DynSolValue::FixedBytes(keccak256(code), 32);
        let arguments = [address(to), hash, address(replaces)];
        let data = self.world.proxy.encode("upgradeTo", &arguments);
        let proxy = self.world.license.address;
        let receipt = self.world.chain.send(from, proxy, &data)?;
        assert!(receipt.output.is_empty(), "an upgrade answers nothing");
        Ok(receipt.logs)
    }

    fn word(&mut self, slot: B256) -> B256 {
        self.world.chain.word(self.world.license.address, slot)
    }
}

fn refused(reason: Reason, detail: u64) -> Failure {
    Failure::Refused(Refused::new(reason, detail))
}

#[test]
fn state_and_outbox_continue_after_an_upgrade() {
    let mut behind = Behind::new();
    let license = behind.issue();
    let before = outbox(&mut behind.world);
    assert_eq!(before.0, 1);

    let next = behind.second_build();
    let code = behind.blobs.license.clone();
    let logs = behind
        .upgrade(people::COMMITTEE, next, &code)
        .expect("it may");
    let upgraded = behind.world.proxy.event(&logs[0]).expect("its own event");
    assert_eq!(upgraded, ("Upgraded", vec![address(next)]));
    assert_eq!(logs.len(), 1);
    assert_eq!(address_in(behind.word(IMPLEMENTATION)), next);

    assert_eq!(outbox(&mut behind.world), before);
    assert_eq!(owner(&mut behind.world, license), Ok(HOLDER));
    let arguments = [address(HOLDER), address(OTHER), id(license)];
    let sent = behind
        .world
        .send_license(HOLDER, "transferFrom", &arguments)
        .expect("the holder may");
    assert!(
        sent.logs
            .iter()
            .all(|log| log.contract == behind.world.license.address),
        "events are the proxy's"
    );
    assert_eq!(owner(&mut behind.world, license), Ok(OTHER));
    assert_eq!(outbox(&mut behind.world).0, 2);
    assert_eq!(behind.issue(), license + 1);
}

#[test]
fn the_state_behind_a_proxy_is_not_the_implementations() {
    let mut behind = Behind::new();
    behind.issue();
    let implementation = address_in(behind.word(IMPLEMENTATION));
    let message = behind.world.license.interface.encode("totalSupply", &[]);
    let answer = behind
        .world
        .chain
        .read(HOLDER, implementation, &message)
        .expect("it answers");
    assert_eq!(B256::from_slice(&answer), B256::ZERO);
}

#[test]
fn a_refused_upgrade_leaves_code_and_licenses_as_they_are() {
    let mut behind = Behind::new();
    let license = behind.issue();
    let (code, history) = (behind.word(IMPLEMENTATION), outbox(&mut behind.world));
    let (next, policy) = (behind.second_build(), behind.world.policy.address);
    let (license_code, seats_code) = (behind.blobs.license.clone(), behind.blobs.seats.clone());
    let seats = behind.build(&seats_code, &Interface::read("Seats"));
    for (from, to, code, reason) in [
        (people::ADMIN, next, &license_code, Reason::NotUpgrader),
        (policy, next, &license_code, Reason::NotUpgrader),
        (
            people::COMMITTEE,
            HOLDER,
            &license_code,
            Reason::NotAContract,
        ),
        (people::COMMITTEE, next, &seats_code, Reason::NotAsApproved),
        // Both say version 1 of their layouts.
        (
            people::COMMITTEE,
            seats,
            &seats_code,
            Reason::LayoutMismatch,
        ),
        // Policy does not say what its layout is.
        (
            people::COMMITTEE,
            policy,
            &license_code,
            Reason::LayoutMismatch,
        ),
    ] {
        assert_eq!(behind.upgrade(from, to, code), Err(refused(reason, 0)));
    }
    let another = behind.upgrade_of(people::COMMITTEE, next, &license_code, HOLDER);
    assert_eq!(another, Err(refused(Reason::NotAsApproved, 0)));
    assert_eq!(behind.word(IMPLEMENTATION), code);
    assert_eq!(outbox(&mut behind.world), history);
    assert_eq!(owner(&mut behind.world, license), Ok(HOLDER));
}

#[test]
fn it_is_initialized_once_and_by_its_constructor() {
    let mut behind = Behind::new();
    let arguments = [address(behind.world.policy.address)];
    let again = behind.world.send_license(HOLDER, "initialize", &arguments);
    assert_eq!(
        again.err(),
        Some(refused(Reason::AlreadyInitialized, 0)),
        "and what the implementation refuses comes through unchanged"
    );
}

#[test]
fn a_constructor_fails_with_the_initialization() {
    let mut behind = Behind::new();
    let license = address_in(behind.word(IMPLEMENTATION));
    let initialize = behind
        .world
        .license
        .interface
        .encode("initialize", &[address(Address::ZERO)]);
    let arguments = behind.world.proxy.construct(&[
        address(license),
        address(people::COMMITTEE),
        alloy_dyn_abi::DynSolValue::Bytes(initialize),
    ]);
    let created = behind
        .world
        .chain
        .deploy(people::ADMIN, &behind.blobs.proxy, &arguments);
    assert_eq!(created, Err(refused(Reason::ZeroAddress, 0)));
}

#[test]
fn no_message_of_an_implementation_hides_behind_the_proxys_own() {
    let behind = Behind::new();
    let own: Vec<[u8; 4]> = behind.world.proxy.selectors().map(|(_, it)| it).collect();
    for implementation in [behind.world.license.interface, Interface::read("Seats")] {
        for (signature, selector) in implementation.selectors() {
            assert!(!own.contains(&selector), "{signature} is never reached");
        }
    }
}
