//! A chain as the contracts would make it: license changes by the model's own rules, events encoded
//! by the committed ABI, outbox heads computed.

pub mod committee;
mod decided;
pub mod license;
mod moves;
pub mod rules;

use std::collections::{BTreeMap, BTreeSet};

use alloy::sol_types::SolEvent;
use lex_client::{
    Address, B256, ContractEvent, SourceBlock,
    abi::policy::Policy::{IssuerGranted, IssuerRegistered, IssuerRemoved, TypeCreated},
};
use lex_model::{License, Outbox};
use proptest::prelude::*;

pub use self::{committee::Vote, rules::Ruling};
use super::{origin, world};

/// Unix time of the first block.
pub const START: u64 = 1_800_000_000;
/// Seconds from a block to the next.
pub const BLOCK_TIME: u64 = 6;
/// Seconds of a term of every type.
pub const TERM: u64 = 1000;

pub const JURISDICTIONS: [&str; 4] = ["US", "US-NY", "EU-DE", "USA-"];

/// Builds blocks.
pub struct Chain {
    blocks: Vec<SourceBlock>,
    events: Vec<ContractEvent>,
    licenses: Vec<License>,
    /// Ids of those that a decision holds where they are.
    held: BTreeSet<u64>,
    /// When the renewal of a license was asked for, of those that wait for it; by id.
    requests: BTreeMap<u64, u64>,
    /// Who may use a license instead of its holder, and until when; by id.
    users: BTreeMap<u64, (Address, u64)>,
    outbox: Outbox,
    rules: rules::Rules,
    committee: committee::Book,
}

/// One thing that happens; it is left out when the model refuses it.
#[derive(Clone, Debug)]
pub enum Step {
    Issue {
        holder: u8,
        license_type: u8,
        jurisdiction: u8,
        starts_in: u64,
        uri: String,
        /// Whether it waits for gates.
        pending: bool,
    },
    Sublicense {
        parent: u8,
        to: u8,
    },
    Activate(u8),
    Withdraw(u8),
    RequestRenewal(u8),
    Renew(u8),
    Suspend {
        license: u8,
        lifts_after: Option<u64>,
    },
    Resume(u8),
    Settle(u8),
    Revoke(u8),
    Surrender(u8),
    Transfer {
        license: u8,
        to: u8,
    },
    ForceTransfer {
        license: u8,
        to: u8,
    },
    Recover {
        license: u8,
        to: u8,
    },
    Hold {
        license: u8,
        held: bool,
    },
    ChangeMetadata {
        license: u8,
        uri: String,
    },
    /// To nobody, when the user is 0.
    Lend {
        license: u8,
        user: u8,
    },
    TypeOpen {
        license_type: u8,
        open: bool,
    },
    Freeze {
        holder: u8,
        frozen: bool,
    },
    Rules(Ruling),
    Committee(Vote),
    RenameIssuer(String),
    RemoveIssuer,
    NextBlock,
}

fn any_uri() -> impl Strategy<Value = String> {
    "\\PC{0,12}\u{0}?"
}

fn any_license_step() -> impl Strategy<Value = Step> {
    let license = any::<u8>;
    prop_oneof![
        4 => (0..4u8, 1..3u8, 0..3u8, 0..100u64, any_uri(), proptest::bool::weighted(0.2)).prop_map(
            |(holder, license_type, jurisdiction, starts_in, uri, pending)| Step::Issue {
                holder, license_type, jurisdiction, starts_in, uri, pending
            }
        ),
        2 => (license(), 0..4u8).prop_map(|(parent, to)| Step::Sublicense { parent, to }),
        1 => license().prop_map(Step::Activate),
        1 => license().prop_map(Step::Withdraw),
        1 => license().prop_map(Step::RequestRenewal),
        1 => license().prop_map(Step::Renew),
        2 => (license(), proptest::option::of(1..50u64))
            .prop_map(|(license, lifts_after)| Step::Suspend { license, lifts_after }),
        1 => license().prop_map(Step::Resume),
        1 => license().prop_map(Step::Settle),
        1 => license().prop_map(Step::Revoke),
        1 => license().prop_map(Step::Surrender),
        2 => (license(), 0..4u8).prop_map(|(license, to)| Step::Transfer { license, to }),
        1 => (license(), 0..4u8).prop_map(|(license, to)| Step::ForceTransfer { license, to }),
        1 => (license(), 0..4u8).prop_map(|(license, to)| Step::Recover { license, to }),
        1 => (license(), any::<bool>()).prop_map(|(license, held)| Step::Hold { license, held }),
        1 => (license(), any_uri())
            .prop_map(|(license, uri)| Step::ChangeMetadata { license, uri }),
        1 => (license(), 0..3u8).prop_map(|(license, user)| Step::Lend { license, user }),
    ]
}

pub fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => any_license_step(),
        1 => (1..3u8, any::<bool>())
            .prop_map(|(license_type, open)| Step::TypeOpen { license_type, open }),
        1 => (0..4u8, any::<bool>()).prop_map(|(holder, frozen)| Step::Freeze { holder, frozen }),
        4 => rules::any_ruling().prop_map(Step::Rules),
        5 => committee::any_vote().prop_map(Step::Committee),
        1 => "\\PC{0,8}".prop_map(Step::RenameIssuer),
        1 => Just(Step::RemoveIssuer),
        8 => Just(Step::NextBlock),
    ]
}

pub fn any_history() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(any_step(), 1..80)
}

pub fn holder(number: u8) -> Address {
    Address::repeat_byte(0x10 + number)
}

pub fn issuer() -> Address {
    Address::repeat_byte(0x51)
}

/// Who decides.
pub fn regulator() -> Address {
    Address::repeat_byte(0x61)
}

impl Chain {
    /// A chain whose first block makes two types, an issuer and a committee.
    pub fn new() -> Self {
        let mut chain = Self {
            blocks: Vec::new(),
            events: Vec::new(),
            licenses: Vec::new(),
            held: BTreeSet::new(),
            requests: BTreeMap::new(),
            users: BTreeMap::new(),
            outbox: origin().outbox,
            rules: rules::Rules::default(),
            committee: committee::Book::default(),
        };
        for (id, name) in [(1, "Software license"), (2, "Trade permit")] {
            let durations = license::durations();
            chain.policy(&TypeCreated {
                licenseType: id,
                name: name.to_owned(),
                kind: 0,
                term: durations.term,
                renewalWindow: durations.renewal_window,
                grace: durations.grace,
                supplyCap: u64::MAX,
                transferable: true,
                termsHash: B256::repeat_byte(7),
                schemaVersion: 1,
            });
        }
        chain.policy(&IssuerRegistered {
            issuer: issuer(),
            name: "Acme Regulators".to_owned(),
        });
        chain.policy(&IssuerGranted {
            issuer: issuer(),
            licenseType: 1,
            jurisdiction: String::new(),
        });
        chain.found_committee();
        chain.next_block();
        chain
    }

    /// The blocks of a history.
    pub fn play(steps: &[Step]) -> Vec<SourceBlock> {
        let mut chain = Self::new();
        for step in steps {
            chain.step(step);
        }
        chain.finish()
    }

    /// The blocks so far; the one that is being made is not among them.
    pub fn blocks(&self) -> Vec<SourceBlock> {
        self.blocks.clone()
    }

    pub fn finish(mut self) -> Vec<SourceBlock> {
        if !self.events.is_empty() {
            self.next_block();
        }
        self.blocks
    }

    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Rules(ruling) => self.rule(ruling),
            Step::Committee(vote) => self.vote(vote),
            Step::TypeOpen { license_type, open } => self.set_open(u64::from(*license_type), *open),
            Step::Freeze {
                holder: number,
                frozen,
            } => self.set_frozen(holder(*number), *frozen),
            Step::RenameIssuer(name) => self.policy(&IssuerRegistered {
                issuer: issuer(),
                name: name.clone(),
            }),
            Step::RemoveIssuer => self.policy(&IssuerRemoved { issuer: issuer() }),
            Step::NextBlock => self.next_block(),
            move_of_license => self.license_step(move_of_license),
        }
    }

    /// Ends the block: its events get their place.
    pub fn next_block(&mut self) {
        let number = self.blocks.len() as u64 + 1;
        let time = self.now();
        self.blocks.push(SourceBlock {
            number,
            hash: hash_of(number),
            parent_hash: if number == 1 {
                origin().block_hash
            } else {
                hash_of(number - 1)
            },
            time,
            time_millis: time * 1000 + 123,
            events: std::mem::take(&mut self.events),
        });
    }

    /// Unix seconds of the block that is being made.
    pub fn now(&self) -> u64 {
        START + self.blocks.len() as u64 * BLOCK_TIME
    }

    /// An event of the license contract.
    pub fn license(&mut self, event: &impl SolEvent) {
        self.emit(world().license, event);
    }

    /// An event of policy.
    pub fn policy(&mut self, event: &impl SolEvent) {
        self.emit(world().policy, event);
    }

    /// An event of the committee.
    pub fn committee(&mut self, event: &impl SolEvent) {
        self.emit(world().committees[0], event);
    }

    fn emit(&mut self, contract: Address, event: &impl SolEvent) {
        let log = event.encode_log_data();
        let index = self.events.len() as u32;
        self.events.push(ContractEvent {
            index,
            extrinsic_index: Some(index),
            transaction_hash: index.is_multiple_of(2).then(|| B256::repeat_byte(0xee)),
            contract,
            topics: log.topics().to_vec(),
            data: log.data,
        });
    }
}

fn hash_of(number: u64) -> B256 {
    alloy::primitives::keccak256(number.to_be_bytes())
}
