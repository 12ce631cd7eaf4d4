//! A chain as the contracts would make it: license changes by the model's own rules, events encoded
//! by the committed ABI, outbox heads computed.

use alloy::sol_types::SolEvent;
use lex_client::{
    Address, B256, ContractEvent, SourceBlock, U256,
    abi::{
        license::License::{
            LicenseIssued, LicenseRenewed, LicenseResumed, LicenseRevoked, LicenseSurrendered,
            LicenseSuspended, Transfer, UpdateAppended,
        },
        policy::Policy::{
            IssuerGranted, IssuerRegistered, IssuerRemoved, TypeCreated, TypeOpenChanged,
        },
    },
};
use lex_model::{
    Jurisdiction, KIND_HOLDER, License, LicenseType, Outbox, SoftwareKeccak, Standing, Term,
    TokenId, TypeKind, Update,
};
use proptest::prelude::*;

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
    outbox: Outbox,
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
    },
    Renew(u8),
    Suspend {
        license: u8,
        lifts_after: Option<u64>,
    },
    Resume(u8),
    Revoke(u8),
    Surrender(u8),
    Transfer {
        license: u8,
        to: u8,
    },
    TypeOpen {
        license_type: u8,
        open: bool,
    },
    Freeze {
        holder: u8,
        frozen: bool,
    },
    RenameIssuer(String),
    RemoveIssuer,
    NextBlock,
}

pub fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4u8, 1..3u8, 0..3u8, 0..100u64, "\\PC{0,12}\u{0}?").prop_map(
            |(holder, license_type, jurisdiction, starts_in, uri)| Step::Issue {
                holder, license_type, jurisdiction, starts_in, uri
            }
        ),
        1 => any::<u8>().prop_map(Step::Renew),
        2 => (any::<u8>(), proptest::option::of(1..50u64))
            .prop_map(|(license, lifts_after)| Step::Suspend { license, lifts_after }),
        1 => any::<u8>().prop_map(Step::Resume),
        1 => any::<u8>().prop_map(Step::Revoke),
        1 => any::<u8>().prop_map(Step::Surrender),
        2 => (any::<u8>(), 0..4u8).prop_map(|(license, to)| Step::Transfer { license, to }),
        1 => (1..3u8, any::<bool>())
            .prop_map(|(license_type, open)| Step::TypeOpen { license_type, open }),
        1 => (0..4u8, any::<bool>()).prop_map(|(holder, frozen)| Step::Freeze { holder, frozen }),
        1 => "\\PC{0,8}".prop_map(Step::RenameIssuer),
        1 => Just(Step::RemoveIssuer),
        6 => Just(Step::NextBlock),
    ]
}

pub fn any_history() -> impl Strategy<Value = Vec<Step>> {
    proptest::collection::vec(any_step(), 1..60)
}

pub fn holder(number: u8) -> Address {
    Address::repeat_byte(0x10 + number)
}

pub fn issuer() -> Address {
    Address::repeat_byte(0x51)
}

impl Chain {
    /// A chain whose first block makes two types and an issuer.
    pub fn new() -> Self {
        let mut chain = Self {
            blocks: Vec::new(),
            events: Vec::new(),
            licenses: Vec::new(),
            outbox: origin().outbox,
        };
        for (id, name) in [(1, "Software license"), (2, "Trade permit")] {
            let rules = rules();
            chain.policy(&TypeCreated {
                licenseType: id,
                name: name.to_owned(),
                kind: 0,
                term: rules.term,
                renewalWindow: rules.renewal_window,
                grace: rules.grace,
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

    pub fn finish(mut self) -> Vec<SourceBlock> {
        if !self.events.is_empty() {
            self.next_block();
        }
        self.blocks
    }

    pub fn step(&mut self, step: &Step) {
        let now = self.now();
        match step {
            Step::Issue {
                holder: to,
                license_type,
                jurisdiction,
                starts_in,
                uri,
            } => {
                let place = JURISDICTIONS[usize::from(*jurisdiction)];
                self.issue(
                    holder(*to),
                    u64::from(*license_type),
                    place,
                    now + starts_in,
                    uri,
                );
            }
            Step::Renew(license) => {
                self.change(*license, |license| license.renewed(&rules(), now).ok())
            }
            Step::Suspend {
                license,
                lifts_after,
            } => {
                let lifts_at = lifts_after.map(|after| now + after);
                self.change(*license, |license| license.suspended(lifts_at, now).ok());
            }
            Step::Resume(license) => self.change(*license, |license| license.resumed(now).ok()),
            Step::Revoke(license) => self.change(*license, |license| license.revoked().ok()),
            Step::Surrender(license) => {
                self.change(*license, |license| license.surrendered(now).ok())
            }
            Step::Transfer { license, to } => {
                let to = holder(*to).into_array();
                self.change(*license, |license| license.transferred(to, now).ok());
            }
            Step::TypeOpen { license_type, open } => self.set_open(u64::from(*license_type), *open),
            Step::Freeze {
                holder: number,
                frozen,
            } => self.append(Update {
                kind: KIND_HOLDER,
                holder: holder(*number).into_array(),
                status: u8::from(*frozen),
                ..Update::default()
            }),
            Step::RenameIssuer(name) => {
                self.policy(&IssuerRegistered {
                    issuer: issuer(),
                    name: name.clone(),
                });
            }
            Step::RemoveIssuer => self.policy(&IssuerRemoved { issuer: issuer() }),
            Step::NextBlock => self.next_block(),
        }
    }

    /// Issues a license and answers its id.
    pub fn issue(
        &mut self,
        to: Address,
        license_type: u64,
        jurisdiction: &str,
        valid_from: u64,
        uri: &str,
    ) -> u64 {
        let place = Jurisdiction::parse(jurisdiction).expect("a valid code");
        let term = Term::first(&rules(), valid_from).expect("in range");
        let license = License::issued(
            to.into_array(),
            issuer().into_array(),
            license_type,
            place,
            term,
        );
        self.licenses.push(license);
        let id = self.licenses.len() as u64;
        self.append(license.update(TokenId::from(id), 0));
        self.license(&Transfer {
            from: Address::ZERO,
            to,
            tokenId: U256::from(id),
        });
        self.license(&LicenseIssued {
            tokenId: U256::from(id),
            issuer: issuer(),
            holder: to,
            licenseType: license_type,
            jurisdiction: jurisdiction.to_owned(),
            validFrom: term.valid_from,
            validUntil: term.valid_until,
            graceUntil: term.grace_until,
            metadataHash: B256::repeat_byte(9),
            tokenURI: uri.to_owned(),
        });
        id
    }

    pub fn set_open(&mut self, license_type: u64, open: bool) {
        self.policy(&TypeOpenChanged {
            licenseType: license_type,
            open,
        });
        self.append(Update::of_type(license_type, open, 0));
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

    fn change(&mut self, number: u8, rule: impl FnOnce(License) -> Option<License>) {
        let Some(count) = u8::try_from(self.licenses.len())
            .ok()
            .filter(|count| *count > 0)
        else {
            return;
        };
        let position = usize::from(number % count);
        let before = self.licenses[position];
        let Some(after) = rule(before) else {
            return;
        };
        self.licenses[position] = after;
        let token = U256::from(position as u64 + 1);
        self.append(after.update(TokenId(token.to_be_bytes()), 0));
        self.explain(token, &before, &after);
    }

    /// The event that goes with a change.
    fn explain(&mut self, token: U256, before: &License, after: &License) {
        if before.holder != after.holder {
            let (from, to) = (before.holder.into(), after.holder.into());
            return self.license(&Transfer {
                from,
                to,
                tokenId: token,
            });
        }
        let evidence = B256::repeat_byte(3);
        match after.standing {
            Standing::Suspended { lifts_at } => self.license(&LicenseSuspended {
                tokenId: token,
                reason: 11,
                evidence,
                liftsAt: lifts_at.unwrap_or_default(),
            }),
            Standing::Revoked => self.license(&LicenseRevoked {
                tokenId: token,
                reason: 12,
                evidence,
            }),
            Standing::Archived => self.license(&LicenseSurrendered { tokenId: token }),
            Standing::Active if before.term != after.term => self.license(&LicenseRenewed {
                tokenId: token,
                validUntil: after.term.valid_until,
                graceUntil: after.term.grace_until,
            }),
            Standing::Active | Standing::Pending => {
                self.license(&LicenseResumed { tokenId: token })
            }
        }
    }

    fn append(&mut self, update: Update) {
        let nonce = self.outbox.nonce + 1;
        let update = Update { nonce, ..update };
        self.outbox = self
            .outbox
            .with::<SoftwareKeccak>(&update)
            .expect("the next one");
        self.license(&UpdateAppended {
            nonce,
            tokenId: U256::from_be_bytes(update.token_id.0),
            holder: update.holder.into(),
            kind: update.kind,
            licenseType: update.license_type,
            status: update.status,
            validFrom: update.valid_from,
            validUntil: update.valid_until,
            graceUntil: update.grace_until,
            version: update.version,
            head: self.outbox.head.into(),
        });
    }

    fn license(&mut self, event: &impl SolEvent) {
        self.emit(world().license, event);
    }

    fn policy(&mut self, event: &impl SolEvent) {
        self.emit(world().policy, event);
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

fn rules() -> LicenseType {
    LicenseType {
        kind: TypeKind::Nft,
        term: TERM,
        renewal_window: TERM,
        grace: 100,
        supply_cap: 0,
        transferable: true,
        open: true,
        version: 1,
    }
}

fn hash_of(number: u64) -> B256 {
    alloy::primitives::keccak256(number.to_be_bytes())
}
