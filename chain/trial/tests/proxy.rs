//! The delegating proxy in front of contracts that only send back what they are sent.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{b256, keccak256, Address, B256, U256};
use lex_model::{Layout, Reason};
use lex_trial::Trial;
use lex_walk::{address_in, people, values::address, Chain, Failure, Interface, Refused};

// keccak256("eip1967.proxy.implementation") - 1, keccak256("eip1967.proxy.admin") - 1 and
// keccak256("lex.proxy.layout") - 1.
const IMPLEMENTATION: B256 =
    b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");
const UPGRADER: B256 = b256!("b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103");
const LAYOUT: B256 = b256!("fed070a925b678ccdd258bc36bfba4b9e1097a8853b68bdebeb70988071bb98f");

const CALLER: Address = people::HOLDERS[0];

struct Stage {
    chain: Trial,
    interface: Interface,
    blob: Vec<u8>,
}

impl Stage {
    fn new() -> Self {
        let blob = std::fs::read(lex_trial::contracts().join("proxy.polkavm"))
            .expect("the proxy is committed");
        Self {
            chain: Trial::new(&people::all()),
            interface: Interface::read("Proxy"),
            blob,
        }
    }

    /// A contract that answers 4 bytes with the layout of this version (see [`echo_code`]).
    fn echo(&mut self, version: u32) -> Address {
        let code = echo_code(version);
        let length = code.len() as u8;
        // codecopy(0, 10, length), return(0, length)
        let mut creation = vec![0x60, length, 0x60, 10, 0x5f, 0x39, 0x60, length, 0x5f, 0xf3];
        creation.extend(code);
        self.chain
            .deploy(people::ADMIN, &creation, &[])
            .expect("it starts")
    }

    fn construct(
        &mut self,
        implementation: Address,
        upgrader: Address,
        initialize: &[u8],
    ) -> Result<Address, Failure> {
        let arguments = self.interface.construct(&[
            address(implementation),
            address(upgrader),
            DynSolValue::Bytes(initialize.to_vec()),
        ]);
        self.chain.deploy(people::ADMIN, &self.blob, &arguments)
    }

    fn proxy(&mut self) -> Address {
        let implementation = self.echo(1);
        self.construct(implementation, people::COMMITTEE, &[])
            .expect("it starts")
    }

    fn upgrade(
        &mut self,
        proxy: Address,
        from: Address,
        to: Address,
        version: u32,
    ) -> Result<(), Failure> {
        let hash = DynSolValue::FixedBytes(keccak256(echo_code(version)), 32);
        let replaces = address_in(self.chain.word(proxy, IMPLEMENTATION));
        let arguments = [address(to), hash, address(replaces)];
        let data = self.interface.encode("upgradeTo", &arguments);
        let receipt = self.chain.send(from, proxy, &data)?;
        assert!(receipt.output.is_empty(), "an upgrade answers nothing");
        let upgraded = self.interface.event(&receipt.logs[0]).expect("an event");
        assert_eq!(upgraded, ("Upgraded", vec![address(to)]));
        Ok(())
    }
}

/// The layout of a version; version 0 is none.
fn layout(version: u32) -> B256 {
    B256::from(Layout::new("Echo", version).word())
}

/// Code that answers 4 bytes with a layout, and everything else with the same bytes: as an error when
/// they begin with 0xff.
fn echo_code(version: u32) -> Vec<u8> {
    let mut code = vec![
        // if calldatasize == 4, go to the layout
        0x36, 0x60, 4, 0x14, 0x60, 0x1c, 0x57, //
        // calldatacopy(0, 0, calldatasize)
        0x36, 0x5f, 0x5f, 0x37, //
        // if the first byte is 0xff, go to the error
        0x5f, 0x35, 0x5f, 0x1a, 0x60, 0xff, 0x14, 0x60, 0x18, 0x57, //
        // return(0, calldatasize)
        0x36, 0x5f, 0xf3, //
        // the error: revert(0, calldatasize)
        0x5b, 0x36, 0x5f, 0xfd, //
        // the layout: mstore(0, layout), return(0, 32)
        0x5b, 0x7f,
    ];
    code.extend(layout(version));
    code.extend([0x5f, 0x52, 0x60, 32, 0x5f, 0xf3]);
    code
}

fn refused(reason: Reason, detail: u64) -> Failure {
    Failure::Refused(Refused {
        detail: U256::from(detail),
        ..reason.into()
    })
}

#[test]
fn answers_and_errors_come_through_unchanged() {
    let mut stage = Stage::new();
    let proxy = stage.proxy();
    for length in [0, 1, 3, 5, 36, 1_000, 100_000] {
        let data = vec![0x77; length];
        let answer = stage.chain.send(CALLER, proxy, &data);
        assert_eq!(answer.map(|receipt| receipt.output), Ok(data));
    }
    for length in [1, 36, 100, 5_000] {
        let data = vec![0xff; length];
        let answer = stage.chain.send(CALLER, proxy, &data);
        assert_eq!(answer, Err(Failure::Reverted(data)));
    }
}

#[test]
fn it_is_read_by_its_erc_1967_slots() {
    let mut stage = Stage::new();
    let implementation = stage.echo(7);
    let proxy = stage
        .construct(implementation, people::COMMITTEE, &[])
        .expect("it starts");
    let chain = &mut stage.chain;
    assert_eq!(
        address_in(chain.word(proxy, IMPLEMENTATION)),
        implementation
    );
    assert_eq!(address_in(chain.word(proxy, UPGRADER)), people::COMMITTEE);
    assert_eq!(chain.word(proxy, LAYOUT), layout(7));
}

#[test]
fn the_upgrader_replaces_code_of_the_same_or_the_next_layout() {
    let mut stage = Stage::new();
    let proxy = stage.proxy();
    for version in [1, 2, 2, 3] {
        let next = stage.echo(version);
        let upgraded = stage.upgrade(proxy, people::COMMITTEE, next, version);
        assert_eq!(upgraded, Ok(()));
        let stored = stage.chain.word(proxy, IMPLEMENTATION);
        assert_eq!(address_in(stored), next);
        assert_eq!(stage.chain.word(proxy, LAYOUT), layout(version));
    }
}

#[test]
fn everything_else_is_refused_and_changes_nothing() {
    let mut stage = Stage::new();
    let proxy = stage.proxy();
    let (same, far, none) = (stage.echo(1), stage.echo(3), stage.echo(0));
    let before = stage.chain.word(proxy, IMPLEMENTATION);
    for (from, to, version, refusal) in [
        (CALLER, same, 1, refused(Reason::NotUpgrader, 0)),
        (people::ADMIN, same, 1, refused(Reason::NotUpgrader, 0)),
        (
            people::COMMITTEE,
            same,
            2,
            refused(Reason::NotAsApproved, 0),
        ),
        (
            people::COMMITTEE,
            far,
            3,
            refused(Reason::LayoutMismatch, 3),
        ),
        (
            people::COMMITTEE,
            none,
            0,
            refused(Reason::LayoutMismatch, 0),
        ),
        (
            people::COMMITTEE,
            CALLER,
            1,
            refused(Reason::NotAContract, 0),
        ),
        (
            people::COMMITTEE,
            Address::ZERO,
            1,
            refused(Reason::NotAContract, 0),
        ),
    ] {
        assert_eq!(stage.upgrade(proxy, from, to, version), Err(refusal));
    }
    assert_eq!(stage.chain.word(proxy, IMPLEMENTATION), before);
    assert_eq!(stage.chain.word(proxy, LAYOUT), layout(1));
}

/// A key that upgrades can be retired: it says itself who comes after it.
#[test]
fn the_right_to_upgrade_is_handed_on() {
    let mut stage = Stage::new();
    let proxy = stage.proxy();
    let hand_on = |stage: &mut Stage, from, to| {
        let data = stage.interface.encode("setUpgrader", &[address(to)]);
        stage.chain.send(from, proxy, &data)
    };
    let stolen = hand_on(&mut stage, CALLER, CALLER);
    assert_eq!(stolen.err(), Some(refused(Reason::NotUpgrader, 0)));
    let nobody = hand_on(&mut stage, people::COMMITTEE, Address::ZERO);
    assert_eq!(nobody.err(), Some(refused(Reason::ZeroAddress, 0)));

    let receipt = hand_on(&mut stage, people::COMMITTEE, people::ADMIN).expect("it may");
    let (before, after) = (address(people::COMMITTEE), address(people::ADMIN));
    let offered = stage.interface.event(&receipt.logs[0]).expect("an event");
    let both = vec![before, after];
    assert_eq!(offered, ("UpgraderProposed", both.clone()));
    let next = stage.echo(1);
    let early = stage.upgrade(proxy, people::ADMIN, next, 1);
    assert_eq!(early, Err(refused(Reason::NotUpgrader, 0)));
    let accept = |stage: &mut Stage, from| {
        let data = stage.interface.encode("acceptUpgrader", &[]);
        stage.chain.send(from, proxy, &data)
    };
    let stolen = accept(&mut stage, CALLER);
    assert_eq!(stolen.err(), Some(refused(Reason::NotUpgrader, 0)));
    let receipt = accept(&mut stage, people::ADMIN).expect("it was offered to it");
    let changed = stage.interface.event(&receipt.logs[0]).expect("an event");
    assert_eq!(changed, ("AdminChanged", both));
    let late = stage.upgrade(proxy, people::COMMITTEE, next, 1);
    assert_eq!(late, Err(refused(Reason::NotUpgrader, 0)));
    assert_eq!(stage.upgrade(proxy, people::ADMIN, next, 1), Ok(()));
}

#[test]
fn what_cannot_stand_behind_it_is_refused_by_the_constructor() {
    let mut stage = Stage::new();
    let (one, none) = (stage.echo(1), stage.echo(0));
    for (implementation, upgrader, refusal) in [
        (CALLER, people::COMMITTEE, refused(Reason::NotAContract, 0)),
        (none, people::COMMITTEE, refused(Reason::LayoutMismatch, 0)),
        (one, Address::ZERO, refused(Reason::ZeroAddress, 0)),
    ] {
        assert_eq!(stage.construct(implementation, upgrader, &[]), Err(refusal));
    }
    assert_eq!(
        stage.construct(one, people::COMMITTEE, &[0x11; 2_000]),
        Err(refused(Reason::WrongLength, 1_024)),
        "the constructor takes 1024 bytes"
    );
}

#[test]
fn the_constructor_fails_with_its_initialization() {
    let mut stage = Stage::new();
    let implementation = stage.echo(1);
    let failing = [0xff; 36];
    assert_eq!(
        stage.construct(implementation, people::COMMITTEE, &failing),
        Err(Failure::Reverted(failing.to_vec()))
    );
    assert!(stage
        .construct(implementation, people::COMMITTEE, &[0x11; 36])
        .is_ok());
}
