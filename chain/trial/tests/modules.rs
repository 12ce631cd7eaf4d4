//! Hostile rule modules: they call back, write or do not end when policy calls them. The flags and
//! limits of the chain's calls hold them back, so they are tried in the chain's own runtime. Those that
//! end succeed when anyone else calls them.

use std::fmt::Debug;

use alloy_primitives::{Address, B256};
use lex_model::Reason;
use lex_trial::Trial;
use lex_walk::{
    id, issue, outbox, owner, people, prepare,
    values::{address, flag, number, to_address, to_number},
    Blobs, Chain, Failure, Refused, World,
};

const HOLDER: Address = people::HOLDERS[0];
const RECEIVER: Address = people::HOLDERS[1];
const THIEF: Address = people::HOLDERS[2];

// Kinds of modules.
const RULE: u64 = 1;
const CALLER: u64 = 2;
const BOOKS: u64 = 4;

/// The role of those who may pause.
const GUARDIAN: u64 = 1;

/// The group of functions that a hostile module pauses; none of the tried actions is in it.
const RENEWING: u64 = 2;

/// The place of the hostile module, behind one that agrees to everything.
const PLACE: u64 = 1;

// Opcodes of the EVM.
const STOP: u8 = 0x00;
const ISZERO: u8 = 0x15;
const CODECOPY: u8 = 0x39;
const MSTORE: u8 = 0x52;
const SSTORE: u8 = 0x55;
const JUMP: u8 = 0x56;
const JUMPI: u8 = 0x57;
const JUMPDEST: u8 = 0x5b;
const PUSH0: u8 = 0x5f;
const CALL: u8 = 0xf1;
const RETURN: u8 = 0xf3;
const REVERT: u8 = 0xfd;

/// Puts a number of at most 32 bytes on the stack.
fn push(number: &[u8]) -> Vec<u8> {
    let mut code = vec![PUSH0 + number.len() as u8];
    code.extend(number);
    code
}

/// An operation with its arguments. Those that are missing at the end are on the stack already.
fn operation(opcode: u8, arguments: &[&[u8]]) -> Vec<u8> {
    let pushed = arguments.iter().rev().flat_map(|argument| push(argument));
    let mut code: Vec<u8> = pushed.collect();
    code.push(opcode);
    code
}

/// What creates a contract with this code: `codecopy(0, START, length)`, `return(0, length)`.
fn creation(code: &[u8]) -> Vec<u8> {
    const START: u8 = 14;
    let length = short(code.len());
    let mut creation = operation(CODECOPY, &[&[0], &[START], &length]);
    creation.extend(operation(RETURN, &[&[0], &length]));
    assert_eq!(creation.len(), usize::from(START));
    creation.extend(code);
    creation
}

/// Calls a contract with all the gas there is, and leaves on the stack whether that succeeded.
fn calling(contract: Address, data: &[u8]) -> Vec<u8> {
    let mut code = Vec::new();
    for (place, part) in data.chunks(32).enumerate() {
        let mut word = [0; 32];
        word[..part.len()].copy_from_slice(part);
        code.extend(operation(MSTORE, &[&short(32 * place), &word]));
    }
    let (gas, to, length) = ([0xff; 8], contract.as_slice(), short(data.len()));
    let call: [&[u8]; 7] = [&gas, to, &[0], &[0], &length, &[0], &[0]];
    code.extend(operation(CALL, &call));
    code
}

/// Answers with the number that the code leaves on the stack.
fn answering(mut code: Vec<u8>) -> Vec<u8> {
    code.extend(operation(MSTORE, &[&[0]]));
    code.extend(operation(RETURN, &[&[0], &[32]]));
    code
}

/// Reverts if the code leaves 0 on the stack.
fn insisting(mut code: Vec<u8>) -> Vec<u8> {
    const JUMPI_LENGTH: usize = 4;
    let revert = operation(REVERT, &[&[0], &[0]]);
    let end = short(code.len() + JUMPI_LENGTH + revert.len());
    code.extend(operation(JUMPI, &[&end]));
    code.extend(revert);
    code.extend([JUMPDEST, STOP]);
    code
}

/// Stores 1 if the code leaves 0 on the stack, and says nothing.
fn hiding(mut code: Vec<u8>) -> Vec<u8> {
    code.push(ISZERO);
    code.extend(operation(SSTORE, &[&[0]]));
    code.push(STOP);
    code
}

/// Stores 1 and agrees.
fn writing() -> Vec<u8> {
    answering([operation(SSTORE, &[&[0], &[1]]), push(&[1])].concat())
}

/// Jumps to its own beginning.
fn endless() -> Vec<u8> {
    [vec![JUMPDEST], operation(JUMP, &[&[0]])].concat()
}

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number)
        .expect("modules are small")
        .to_be_bytes()
}

/// How modules agree.
fn yes() -> Vec<u8> {
    B256::with_last_byte(1).to_vec()
}

/// What a hostile module calls back for.
#[derive(Debug, Clone, Copy)]
enum CallBack {
    ReadPolicy,
    PausePolicy,
    ReadLicense,
    ApproveThief,
}

impl CallBack {
    const ALL: [Self; 4] = [
        Self::ReadPolicy,
        Self::PausePolicy,
        Self::ReadLicense,
        Self::ApproveThief,
    ];
}

/// What the tried actions and the call backs would change.
#[derive(Debug, PartialEq)]
struct Seen {
    outbox: (u64, B256),
    holder: Address,
    approved: Address,
    paused: u64,
}

/// A license of the holder, and policy with a module that agrees to everything.
struct Stage {
    world: World<Trial>,
    license: u64,
}

impl Stage {
    fn new() -> Self {
        Self::on(Trial::new(&people::all()), &blobs())
    }

    fn on(chain: Trial, blobs: &Blobs) -> Self {
        let mut world = World::of_licenses(chain, blobs).expect("contracts start");
        prepare(&mut world).expect("rules are accepted");
        let mut stage = Self { world, license: 0 };
        stage.license = stage.issue().expect("the issuer may");
        let agreeing = stage.deploy(&answering(push(&[1])));
        stage.add(agreeing, RULE + CALLER + BOOKS);
        stage
    }

    /// Creates a contract that may do much: it is a guardian, and the holder's operator.
    fn deploy(&mut self, code: &[u8]) -> Address {
        let world = &mut self.world;
        let module = world
            .chain
            .deploy(people::ADMIN, &creation(code), &[])
            .expect("it starts");
        let arguments = [address(module), number(GUARDIAN), flag(true)];
        world
            .send_policy(people::ADMIN, "setRole", &arguments)
            .expect("the admin may");
        let arguments = [address(module), flag(true)];
        world
            .send_license(HOLDER, "setApprovalForAll", &arguments)
            .expect("the holder may");
        module
    }

    fn add(&mut self, module: Address, kinds: u64) {
        let arguments = [address(module), number(kinds)];
        self.world
            .send_policy(people::ADMIN, "addModule", &arguments)
            .expect("the admin may");
    }

    /// Code that calls back and leaves on the stack whether that succeeded.
    fn call_back(&self, what: CallBack) -> Vec<u8> {
        let (policy, license) = (&self.world.policy, &self.world.license);
        let (contract, message, arguments) = match what {
            CallBack::ReadPolicy => (policy, "version", vec![]),
            CallBack::PausePolicy => (policy, "pause", vec![number(RENEWING)]),
            CallBack::ReadLicense => (license, "totalSupply", vec![]),
            CallBack::ApproveThief => {
                let arguments = vec![address(THIEF), id(self.license)];
                (license, "approve", arguments)
            }
        };
        let data = contract.interface.encode(message, &arguments);
        calling(contract.address, &data)
    }

    /// What a module answers when neither policy nor the license contract waits for it.
    fn alone(&mut self, module: Address) -> Result<Vec<u8>, Failure> {
        self.world.chain.read(people::ADMIN, module, &[])
    }

    fn word(&mut self, module: Address) -> B256 {
        self.world.chain.word(module, B256::ZERO)
    }

    fn issue(&mut self) -> Result<u64, Failure> {
        issue(&mut self.world, HOLDER)
    }

    fn transfer(&mut self) -> Result<(), Failure> {
        let arguments = [address(HOLDER), address(RECEIVER), id(self.license)];
        self.world
            .send_license(HOLDER, "transferFrom", &arguments)
            .map(drop)
    }

    fn seen(&mut self) -> Seen {
        let world = &mut self.world;
        let approved = world
            .read_license("getApproved", &[id(self.license)])
            .expect("the license is there");
        let paused = world.read_policy("pausedGroups", &[]).expect("it answers");
        Seen {
            outbox: outbox(world),
            holder: owner(world, self.license).expect("the license is there"),
            approved: to_address(&approved[0]),
            paused: to_number(&paused[0]),
        }
    }

    /// Whatever is tried is refused because of the hostile module, and changes nothing.
    fn assert_refused(&mut self, reason: Reason, case: impl Debug) {
        let before = self.seen();
        let refusal = Failure::Refused(Refused::new(reason, PLACE));
        assert_eq!(self.transfer(), Err(refusal.clone()), "{case:?}");
        assert_eq!(self.issue(), Err(refusal), "{case:?}");
        assert_eq!(self.seen(), before, "{case:?}");
    }

    /// I13: a module is removed whatever it does, and then stops nothing.
    fn assert_removable(&mut self, module: Address) {
        self.world
            .send_policy(people::ADMIN, "removeModule", &[address(module)])
            .expect("no module is asked");
        assert_eq!(self.issue(), Ok(self.license + 1));
        assert_eq!(self.transfer(), Ok(()));
        assert_eq!(owner(&mut self.world, self.license), Ok(RECEIVER));
    }
}

fn blobs() -> Blobs {
    Blobs::read(&lex_trial::contracts()).expect("the contracts are committed")
}

#[test]
fn p6_m06_a_module_that_is_asked_cannot_call_back() {
    for what in CallBack::ALL {
        for kinds in [RULE, CALLER] {
            let mut stage = Stage::new();
            let code = answering(stage.call_back(what));
            let module = stage.deploy(&code);
            assert_eq!(stage.alone(module), Ok(yes()), "{what:?}");
            stage.add(module, kinds);
            stage.assert_refused(Reason::ModuleRefused, (what, kinds));
            stage.assert_removable(module);
        }
    }
}

/// A call back does not fail for want of weight: the same code answers at other addresses.
#[test]
fn p6_m06_a_module_that_is_asked_may_read_other_contracts() {
    let (chain, blobs) = (Trial::new(&people::all()), blobs());
    let World {
        chain,
        policy,
        license,
        ..
    } = World::of_licenses(chain, &blobs).expect("contracts start");
    let mut stage = Stage::on(chain, &blobs);
    for (contract, message) in [(policy, "version"), (license, "totalSupply")] {
        let data = contract.interface.encode(message, &[]);
        let module = stage.deploy(&answering(calling(contract.address, &data)));
        stage.add(module, RULE + CALLER);
        assert!(stage.issue().is_ok(), "{message}");
    }
    assert_eq!(stage.transfer(), Ok(()));
}

#[test]
fn p6_m06_a_module_that_is_asked_cannot_write() {
    for kinds in [RULE, CALLER] {
        let mut stage = Stage::new();
        let module = stage.deploy(&writing());
        assert_eq!(stage.alone(module), Ok(yes()));
        stage.add(module, kinds);
        stage.assert_refused(Reason::ModuleUnreachable, kinds);
        stage.assert_removable(module);
        assert_eq!(stage.word(module), B256::ZERO);

        stage.add(module, BOOKS);
        stage.issue().expect("a module that is told may write");
        assert_eq!(stage.word(module), B256::with_last_byte(1));
    }
}

#[test]
fn p6_m06_a_module_that_is_told_cannot_call_back() {
    for what in CallBack::ALL {
        let mut stage = Stage::new();
        let code = insisting(stage.call_back(what));
        let module = stage.deploy(&code);
        assert_eq!(stage.alone(module), Ok(Vec::new()), "{what:?}");
        stage.add(module, BOOKS);
        stage.assert_refused(Reason::ModuleUnreachable, what);
        stage.assert_removable(module);
    }
}

#[test]
fn p6_m06_what_a_module_tries_when_told_has_no_effect() {
    for what in CallBack::ALL {
        let mut stage = Stage::new();
        let code = hiding(stage.call_back(what));
        let module = stage.deploy(&code);
        stage.add(module, BOOKS);
        let before = stage.seen();
        stage.issue().expect("the module says nothing");
        assert_eq!(stage.word(module), B256::with_last_byte(1), "{what:?}");
        let after = stage.seen();
        assert_eq!(after.approved, before.approved, "{what:?}");
        assert_eq!(after.paused, before.paused, "{what:?}");
    }
}

#[test]
fn p6_m06_a_module_that_does_not_end_is_unreachable() {
    for kinds in [RULE, CALLER, BOOKS] {
        let mut stage = Stage::new();
        let module = stage.deploy(&endless());
        stage.add(module, kinds);
        stage.assert_refused(Reason::ModuleUnreachable, kinds);
        stage.assert_removable(module);
    }
}
