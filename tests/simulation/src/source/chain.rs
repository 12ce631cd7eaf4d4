//! The generated source chain: blocks with the events of a license contract, final or not.

use std::collections::HashMap;
use std::sync::Arc;

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolEvent;
use lex_client::abi::license::License::{
    LicenseIssued, LicenseResumed, LicenseRevoked, LicenseSuspended, Transfer, UpdateAppended,
};
use lex_client::abi::policy::Policy::{IssuerGranted, IssuerRegistered, TypeCreated};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;

use super::metadata::Runtime;
use crate::truth::{ACTIVE, REVOKED, SUSPENDED, State, Update};

/// EIP-155 id of the source chain.
pub const CHAIN_ID: u64 = 420_420_420;
/// The license contract.
pub const LICENSE: Address = Address::repeat_byte(0xc0);
/// The policy contract.
pub const POLICY: Address = Address::repeat_byte(0xc1);

const ISSUER: Address = Address::repeat_byte(0x51);
const REGULATOR: Address = Address::repeat_byte(0x61);
/// Licenses that there are at most: many changes meet the same ones.
pub const LICENSES: u64 = 12;
/// A year, in seconds.
const TERM: u64 = 31_536_000;

/// One event that a contract emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub contract: Address,
    pub topics: Vec<B256>,
    pub data: Vec<u8>,
}

/// One block, and everything that holds at its end.
#[derive(Clone, Debug)]
pub struct Block {
    pub number: u64,
    pub hash: B256,
    pub parent: B256,
    /// Unix milliseconds, by the source chain's own clock.
    pub time_millis: u64,
    pub events: Vec<Event>,
    pub updates: Vec<Update>,
    pub state: State,
    /// In its state, which executes the block after it.
    pub runtime: Runtime,
    /// That executed it.
    pub executed_by: Runtime,
}

/// All blocks that there ever were; one history of them is the best one, and a part of that is final.
pub struct Chain {
    best: Vec<Arc<Block>>,
    final_number: u64,
    by_hash: HashMap<B256, Arc<Block>>,
    dice: StdRng,
}

impl Chain {
    /// A chain with its first block, and a second one that makes a type and an issuer; both are final.
    pub fn new(dice: StdRng, time_millis: u64) -> Self {
        let genesis = Block {
            number: 0,
            hash: keccak256(b"the first block"),
            parent: B256::ZERO,
            time_millis: 0,
            events: Vec::new(),
            updates: Vec::new(),
            state: State::empty(CHAIN_ID, LICENSE),
            runtime: Runtime::First,
            executed_by: Runtime::First,
        };
        let mut chain = Self {
            best: Vec::new(),
            final_number: 0,
            by_hash: HashMap::new(),
            dice,
        };
        chain.push(genesis);
        let mut founding = chain.next(time_millis);
        founding.events = founding_events();
        chain.push(founding);
        chain.finalize(0);
        chain
    }

    /// The first block's hash.
    pub fn genesis(&self) -> B256 {
        self.best[0].hash
    }

    /// The newest block.
    pub fn best(&self) -> &Arc<Block> {
        self.best.last().expect("there is always the first block")
    }

    /// The newest final block.
    pub fn finalized(&self) -> &Arc<Block> {
        self.at(self.final_number).expect("what is final is there")
    }

    /// The block of this number of the best history.
    pub fn at(&self, number: u64) -> Option<&Arc<Block>> {
        self.best.get(usize::try_from(number).ok()?)
    }

    /// The final block of this number.
    pub fn final_at(&self, number: u64) -> Option<&Arc<Block>> {
        self.at(number)
            .filter(|block| block.number <= self.final_number)
    }

    /// A block of whichever history.
    pub fn of_hash(&self, hash: B256) -> Option<&Arc<Block>> {
        self.by_hash.get(&hash)
    }

    /// All updates that are final, in their order.
    pub fn final_updates(&self) -> impl Iterator<Item = &Update> {
        let last = usize::try_from(self.final_number).unwrap_or(usize::MAX);
        self.best
            .iter()
            .take(last.saturating_add(1))
            .flat_map(|block| &block.updates)
    }

    /// What holds after the final updates up to this one; `None` when it is not final.
    pub fn final_state(&self, nonce: u64) -> Option<State> {
        let of_nonce = |block: &Arc<Block>| block.state.outbox.nonce < nonce;
        let place = self.best.partition_point(of_nonce);
        let block = self.final_at(self.best.get(place)?.number)?;
        let parent = place
            .checked_sub(1)
            .map_or(block, |place| &self.best[place]);
        let mut state = parent.state.clone();
        for update in block.updates.iter().filter(|update| update.nonce <= nonce) {
            state.apply(update);
        }
        Some(state)
    }

    /// Final events of all contracts.
    pub fn final_events(&self) -> usize {
        let last = usize::try_from(self.final_number).unwrap_or(usize::MAX);
        self.best
            .iter()
            .take(last.saturating_add(1))
            .map(|block| block.events.len())
            .sum()
    }

    /// Adds a block with so many changes of licenses.
    pub fn append(&mut self, changes: usize, time_millis: u64) {
        let mut block = self.next(time_millis);
        for _ in 0..changes {
            change(&mut block, &mut self.dice);
        }
        self.push(block);
    }

    /// Adds a block whose state has the second runtime; the first one executes it, with one change.
    pub fn upgrade(&mut self, time_millis: u64) {
        let mut block = self.next(time_millis);
        change(&mut block, &mut self.dice);
        block.runtime = Runtime::Second;
        self.push(block);
    }

    /// Makes everything final but the newest so many blocks, and nothing that is final less so.
    pub fn finalize(&mut self, but: u64) {
        let number = self.best().number.saturating_sub(but);
        self.final_number = self.final_number.max(number);
    }

    /// Takes back all blocks that are not final, for others to come. Answers how many.
    pub fn reorganise(&mut self) -> u64 {
        let depth = self.best().number - self.final_number;
        self.best
            .truncate(self.best.len() - usize::try_from(depth).expect("few blocks"));
        depth
    }

    fn next(&self, time_millis: u64) -> Block {
        let parent = self.best();
        Block {
            number: parent.number + 1,
            hash: B256::ZERO,
            parent: parent.hash,
            time_millis: time_millis.max(parent.time_millis + 1),
            events: Vec::new(),
            updates: Vec::new(),
            state: parent.state.clone(),
            runtime: parent.runtime,
            executed_by: parent.runtime,
        }
    }

    fn push(&mut self, mut block: Block) {
        if block.hash.is_zero() {
            // Two blocks with the same content are two blocks.
            let salt: [u8; 32] = self.dice.random();
            block.hash = keccak256([block.parent.0, salt].concat());
        }
        let block = Arc::new(block);
        self.by_hash.insert(block.hash, block.clone());
        self.best.push(block);
    }
}

/// What the policy contract says when a type and an issuer are made.
fn founding_events() -> Vec<Event> {
    let policy = |event: &dyn Fn() -> (Vec<B256>, Vec<u8>)| {
        let (topics, data) = event();
        Event {
            contract: POLICY,
            topics,
            data,
        }
    };
    vec![
        policy(&|| {
            encoded(&TypeCreated {
                licenseType: Update::LICENSE_TYPE,
                name: "Simulated".to_owned(),
                kind: 0,
                term: TERM,
                renewalWindow: 1,
                grace: 0,
                supplyCap: u64::MAX,
                transferable: true,
                termsHash: B256::repeat_byte(7),
                schemaVersion: 1,
            })
        }),
        policy(&|| {
            encoded(&IssuerRegistered {
                issuer: ISSUER,
                name: "Issuer".to_owned(),
            })
        }),
        policy(&|| {
            encoded(&IssuerGranted {
                issuer: ISSUER,
                licenseType: Update::LICENSE_TYPE,
                jurisdiction: String::new(),
            })
        }),
    ]
}

/// A change of a license that the contract would take: a new one, or what its status allows.
fn change(block: &mut Block, dice: &mut StdRng) {
    let now = block.time_millis / 1000;
    let holder = |dice: &mut StdRng| Address::repeat_byte(0x10 + dice.random_range(0..4));
    let licenses = &block.state.licenses;
    let changeable = licenses
        .values()
        .filter(|license| license.status != REVOKED);
    let chosen = changeable.copied().choose(dice);
    let is_full = licenses.len() as u64 >= LICENSES && chosen.is_some();
    let issues = !is_full && dice.random_ratio(1, 3);
    let Some(before) = chosen.filter(|_| !issues) else {
        let new = Update {
            nonce: 0,
            license: licenses.len() as u64 + 1,
            holder: holder(dice),
            status: ACTIVE,
            version: 0,
            valid_from: now,
            valid_until: now + TERM,
        };
        tell(block, new);
        say(block, &transfer(Address::ZERO, &new));
        return say(block, &issued(&new));
    };
    let (token_id, actor) = (U256::from(before.license), REGULATOR);
    let (reason, evidence) = (11, B256::repeat_byte(3));
    match dice.random_range(0..8) {
        0 => {
            tell(
                block,
                Update {
                    status: REVOKED,
                    ..before
                },
            );
            say(
                block,
                &LicenseRevoked {
                    tokenId: token_id,
                    actor,
                    reason,
                    evidence,
                },
            );
        }
        1..=3 if before.status == ACTIVE => {
            let to = holder(dice);
            let after = Update {
                holder: to,
                ..before
            };
            tell(block, after);
            say(block, &transfer(before.holder, &after));
        }
        _ if before.status == ACTIVE => {
            tell(
                block,
                Update {
                    status: SUSPENDED,
                    ..before
                },
            );
            say(
                block,
                &LicenseSuspended {
                    tokenId: token_id,
                    actor,
                    reason,
                    evidence,
                    liftsAt: 0,
                },
            );
        }
        _ => {
            tell(
                block,
                Update {
                    status: ACTIVE,
                    ..before
                },
            );
            say(
                block,
                &LicenseResumed {
                    tokenId: token_id,
                    actor,
                },
            );
        }
    }
}

/// Appends the license, as it stands now, to the outbox.
fn tell(block: &mut Block, license: Update) {
    let update = Update {
        nonce: block.state.outbox.nonce + 1,
        version: license.version + 1,
        ..license
    };
    block.state.apply(&update);
    block.updates.push(update);
    let head = block.state.outbox.head;
    say(block, &appended(&update, head));
}

/// The event of an update that led to `head`.
pub(super) fn appended(update: &Update, head: B256) -> UpdateAppended {
    UpdateAppended {
        nonce: update.nonce,
        tokenId: U256::from(update.license),
        holder: update.holder,
        kind: Update::KIND,
        licenseType: Update::LICENSE_TYPE,
        status: update.status,
        validFrom: update.valid_from,
        validUntil: update.valid_until,
        graceUntil: update.valid_until,
        version: update.version,
        parent: U256::ZERO,
        head,
    }
}

fn transfer(from: Address, license: &Update) -> Transfer {
    Transfer {
        from,
        to: license.holder,
        tokenId: U256::from(license.license),
    }
}

fn issued(license: &Update) -> LicenseIssued {
    LicenseIssued {
        tokenId: U256::from(license.license),
        issuer: ISSUER,
        holder: license.holder,
        licenseType: Update::LICENSE_TYPE,
        jurisdiction: "US".to_owned(),
        validFrom: license.valid_from,
        validUntil: license.valid_until,
        graceUntil: license.valid_until,
        metadataHash: B256::repeat_byte(9),
        tokenURI: "ipfs://simulated".to_owned(),
    }
}

fn say(block: &mut Block, event: &impl SolEvent) {
    let (topics, data) = encoded(event);
    block.events.push(Event {
        contract: LICENSE,
        topics,
        data,
    });
}

pub(super) fn encoded(event: &impl SolEvent) -> (Vec<B256>, Vec<u8>) {
    let log = event.encode_log_data();
    (log.topics().to_vec(), log.data.to_vec())
}
