//! The delegating proxy in front of the license contract, with licenses in it.

use alloy_primitives::{b256, Address, B256};
use lex_model::Reason;
use lex_trial::Trial;
use lex_walk::{
    address_in, id, outbox, owner, people, prepare,
    values::{address, hash, number, text, to_number},
    Blobs, Chain, Failure, Reference, Refused, World,
};

// keccak256("eip1967.proxy.implementation") - 1, keccak256("eip1967.proxy.admin") - 1 and
// keccak256("lex.proxy.layout") - 1.
const IMPLEMENTATION: B256 =
    b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");
const UPGRADER: B256 = b256!("b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103");
const LAYOUT: B256 = b256!("fed070a925b678ccdd258bc36bfba4b9e1097a8853b68bdebeb70988071bb98f");

const HOLDER: Address = people::HOLDERS[0];
const OTHER: Address = people::HOLDERS[1];

struct Behind {
    world: World<Trial>,
    blobs: Blobs,
}

impl Behind {
    fn new() -> Self {
        let blobs = Blobs::read(&lex_trial::contracts()).expect("the contracts are built");
        let mut world = World::new(Trial::new(&people::all()), &blobs).expect("contracts start");
        let _: Reference = prepare(&mut world, lex_trial::chain_id()).expect("rules are accepted");
        Self { world, blobs }
    }

    fn issue(&mut self) -> u64 {
        let arguments = [
            address(HOLDER),
            number(1),
            text("US"),
            number(0),
            hash(B256::ZERO),
            text("ipfs://metadata"),
        ];
        let sent = self
            .world
            .send_license(people::ISSUERS[0], "issue", &arguments)
            .expect("the issuer may");
        to_number(&sent.values[0])
    }

    /// The license contract's code once more, at another address.
    fn second_build(&mut self) -> Address {
        let policy = [address(self.world.policy.address)];
        let arguments = self.world.license.interface.construct(&policy);
        self.world
            .chain
            .deploy(people::ADMIN, &self.blobs.license, &arguments)
            .expect("it starts")
    }

    /// A contract that answers every call with one number.
    fn answering(&mut self, number: u8) -> Address {
        // mstore(0, number); return(0, 32)
        let code = [0x60, number, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3];
        // mstore(0, code); return(22, 10)
        let mut creation = vec![0x69];
        creation.extend(code);
        creation.extend([0x60, 0, 0x52, 0x60, 10, 0x60, 22, 0xf3]);
        self.world
            .chain
            .deploy(people::ADMIN, &creation, &[])
            .expect("it starts")
    }

    fn upgrade(&mut self, from: Address, to: Address) -> Result<Vec<lex_walk::Log>, Failure> {
        let data = self.world.proxy.encode("upgradeTo", &[address(to)]);
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
    Failure::Refused(Refused {
        detail: alloy_primitives::U256::from(detail),
        ..reason.into()
    })
}

#[test]
fn state_and_outbox_continue_after_an_upgrade() {
    let mut behind = Behind::new();
    let license = behind.issue();
    let before = outbox(&mut behind.world);
    assert_eq!(before.0, 1);

    let next = behind.second_build();
    let logs = behind.upgrade(people::COMMITTEE, next).expect("it may");
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
fn a_proxy_can_be_read_by_its_erc_1967_slots() {
    let mut behind = Behind::new();
    assert_eq!(address_in(behind.word(UPGRADER)), people::COMMITTEE);
    assert_eq!(
        behind.word(LAYOUT),
        B256::with_last_byte(1),
        "the license contract has layout 1"
    );
    let implementation = address_in(behind.word(IMPLEMENTATION));
    assert_ne!(implementation, behind.world.license.address);
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
fn only_the_upgrader_upgrades() {
    let mut behind = Behind::new();
    let next = behind.second_build();
    let present = behind.word(IMPLEMENTATION);
    for stranger in [
        people::ADMIN,
        people::GUARDIAN,
        HOLDER,
        behind.world.policy.address,
    ] {
        assert_eq!(
            behind.upgrade(stranger, next),
            Err(refused(Reason::NotUpgrader, 0))
        );
    }
    assert_eq!(behind.word(IMPLEMENTATION), present);
}

#[test]
fn a_layout_that_does_not_follow_is_refused() {
    let mut behind = Behind::new();
    for (layout, detail) in [(0, 0), (3, 3), (200, 200)] {
        let contract = behind.answering(layout);
        assert_eq!(
            behind.upgrade(people::COMMITTEE, contract),
            Err(refused(Reason::LayoutMismatch, detail))
        );
    }
    let policy = behind.world.policy.address;
    assert_eq!(
        behind.upgrade(people::COMMITTEE, policy),
        Err(refused(Reason::LayoutMismatch, 0)),
        "policy has no layout version"
    );
    assert_eq!(
        behind.upgrade(people::COMMITTEE, HOLDER),
        Err(refused(Reason::NotAContract, 0))
    );
    assert_eq!(behind.word(LAYOUT), B256::with_last_byte(1));
}

#[test]
fn the_next_layout_is_accepted_and_the_one_before_is_not_again() {
    let mut behind = Behind::new();
    let license = address_in(behind.word(IMPLEMENTATION));
    let second = behind.answering(2);
    behind
        .upgrade(people::COMMITTEE, second)
        .expect("it follows");
    assert_eq!(behind.word(LAYOUT), B256::with_last_byte(2));
    assert_eq!(
        behind.upgrade(people::COMMITTEE, license),
        Err(refused(Reason::LayoutMismatch, 1))
    );
    // Whatever the proxy is asked, this implementation answers it.
    assert_eq!(behind.issue(), 2);
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
fn a_constructor_refuses_what_cannot_stand_behind_it() {
    let mut behind = Behind::new();
    let mut construct = |implementation: Address, upgrader: Address| {
        let arguments = behind.world.proxy.construct(&[
            address(implementation),
            address(upgrader),
            alloy_dyn_abi::DynSolValue::Bytes(Vec::new()),
        ]);
        behind
            .world
            .chain
            .deploy(people::ADMIN, &behind.blobs.proxy, &arguments)
    };
    assert_eq!(
        construct(HOLDER, people::COMMITTEE),
        Err(refused(Reason::NotAContract, 0))
    );
    let policy = Behind::new().world.policy.address;
    assert_eq!(
        construct(policy, people::COMMITTEE),
        Err(refused(Reason::LayoutMismatch, 0))
    );
    assert_eq!(
        construct(policy, Address::ZERO),
        Err(refused(Reason::ZeroAddress, 0))
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
    for (signature, selector) in behind.world.license.interface.selectors() {
        assert!(!own.contains(&selector), "{signature} is never reached");
    }
}
