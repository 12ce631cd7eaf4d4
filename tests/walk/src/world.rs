use std::{fs, io, path::Path};

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, U256};
use lex_model::TypeKind;

use crate::{
    Chain, Failure, Interface, Log, Message, Refused,
    message::To,
    values::{address, to_address, to_number},
};

/// A contract on a chain: where it is and what it understands.
#[derive(Debug)]
pub struct Contract {
    /// Its address; behind a proxy, the proxy's.
    pub address: Address,
    /// Its messages.
    pub interface: Interface,
}

/// The compiled contracts.
#[derive(Debug)]
pub struct Blobs {
    /// The rules.
    pub policy: Vec<u8>,
    /// The licenses of single tokens.
    pub license: Vec<u8>,
    /// The licenses of many seats.
    pub seats: Vec<u8>,
    /// What stands in front of the licenses.
    pub proxy: Vec<u8>,
}

impl Blobs {
    /// Reads the contracts that `contracts/build` has put into a folder.
    ///
    /// # Errors
    /// When one is missing.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let blob = |name: &str| fs::read(folder.join(name).with_extension("polkavm"));
        Ok(Self {
            policy: blob("policy")?,
            license: blob("license")?,
            seats: blob("seats")?,
            proxy: blob("proxy")?,
        })
    }
}

/// Who takes part: the accounts of the Ethereum keys that are 32 equal bytes, from `0x01` on, so that a
/// walk can be signed for on a node too.
pub mod people {
    use alloy_primitives::{Address, B256, address};

    /// Makes the rules.
    pub const ADMIN: Address = address!("1a642f0E3c3aF545E7AcBD38b07251B3990914F1");
    /// May replace the code behind the proxies, and decides for the types that need it.
    pub const COMMITTEE: Address = address!("5050A4F4b3f9338C3472dcC01A87C76A144b3c9c");
    /// Freezes, recovers, and lifts pauses.
    pub const REGULATOR: Address = address!("3325a78425F17a7E487Eb5666b2bFd93aBb06c70");
    /// Pauses.
    pub const GUARDIAN: Address = address!("c48B812bB43401392c037381AcA934F4069C0517");
    /// Issue licenses.
    pub const ISSUERS: [Address; 2] = [
        address!("d09Ad14080d4b257a819a4f579b8485Be88f086c"),
        address!("0CB030d11A8Be48b60418857874deEe61D1071e0"),
    ];
    /// Hold licenses.
    pub const HOLDERS: [Address; 5] = [
        address!("4a62316623ad457F02cDC5D997deD67a383EC569"),
        address!("99C851eaa3c3976914D63b822C67e201EC0BFBb8"),
        address!("58DA990A8F4A3a6ca7cb6315d68a140105917352"),
        address!("C171033d5CBFf7175f29dfD3A63dDa3d6F8F385E"),
        address!("f288ECAF15790EfcAc528946963A6Db8c3f8211d"),
    ];

    /// Everyone.
    pub fn all() -> Vec<Address> {
        let mut all = vec![ADMIN, COMMITTEE, REGULATOR, GUARDIAN];
        all.extend(ISSUERS);
        all.extend(HOLDERS);
        all
    }

    /// The Ethereum key of an account; `None` for one that does not take part.
    pub fn key(account: Address) -> Option<B256> {
        let place = all().iter().position(|person| *person == account)?;
        let byte = u8::try_from(place + 1).ok()?;
        Some(B256::repeat_byte(byte))
    }
}

/// Policy and one license contract together on one chain.
pub struct World<C> {
    /// Where they run.
    pub chain: C,
    /// What the license contract keeps: single tokens or seats.
    pub kind: TypeKind,
    /// The rules.
    pub policy: Contract,
    /// The licenses or the seats, behind their proxy.
    pub license: Contract,
    /// The proxy's own messages.
    pub proxy: Interface,
}

impl<C: Chain> World<C> {
    /// Creates policy, and license behind a proxy that the committee may upgrade.
    ///
    /// # Errors
    /// When a constructor or the binding is refused.
    pub fn of_licenses(chain: C, blobs: &Blobs) -> Result<Self, Failure> {
        Self::new(chain, blobs, TypeKind::Nft, &blobs.license)
    }

    /// Creates policy, and seats behind a proxy that the committee may upgrade.
    ///
    /// # Errors
    /// As [`Self::of_licenses`].
    pub fn of_seats(chain: C, blobs: &Blobs) -> Result<Self, Failure> {
        Self::new(chain, blobs, TypeKind::Sft, &blobs.seats)
    }

    fn new(mut chain: C, blobs: &Blobs, kind: TypeKind, licenses: &[u8]) -> Result<Self, Failure> {
        let policy = Interface::read("Policy");
        let license = Interface::read(match kind {
            TypeKind::Nft => "License",
            TypeKind::Sft => "Seats",
        });
        let proxy = Interface::read("Proxy");

        let arguments = policy.construct(&[address(people::ADMIN)]);
        let policy_at = chain.deploy(people::ADMIN, &blobs.policy, &arguments)?;
        let to_policy = [address(policy_at)];
        let arguments = license.construct(&to_policy);
        let implementation = chain.deploy(people::ADMIN, licenses, &arguments)?;
        let arguments = proxy.construct(&[
            address(implementation),
            address(people::COMMITTEE),
            DynSolValue::Bytes(license.encode("initialize", &to_policy)),
        ]);
        let license_at = chain.deploy(people::ADMIN, &blobs.proxy, &arguments)?;
        let mut world = Self {
            chain,
            kind,
            policy: Contract {
                address: policy_at,
                interface: policy,
            },
            license: Contract {
                address: license_at,
                interface: license,
            },
            proxy,
        };
        world.send_policy(people::ADMIN, "bindLicense", &[address(license_at)])?;
        Ok(world)
    }

    /// Sends a message to whom it is for.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send(&mut self, message: &Message) -> Result<Sent, Failure> {
        let contract = match message.to {
            To::Policy => &self.policy,
            To::License => &self.license,
        };
        let Message {
            from,
            name,
            arguments,
            ..
        } = message;
        send(&mut self.chain, contract, *from, name, arguments)
    }

    /// Sends a message to policy.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send_policy(
        &mut self,
        from: Address,
        message: &str,
        arguments: &[DynSolValue],
    ) -> Result<Sent, Failure> {
        send(&mut self.chain, &self.policy, from, message, arguments)
    }

    /// Sends a message to the license contract.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn send_license(
        &mut self,
        from: Address,
        message: &str,
        arguments: &[DynSolValue],
    ) -> Result<Sent, Failure> {
        send(&mut self.chain, &self.license, from, message, arguments)
    }

    /// Reads from policy.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn read_policy(
        &mut self,
        message: &str,
        arguments: &[DynSolValue],
    ) -> Result<Vec<DynSolValue>, Failure> {
        read(&mut self.chain, &self.policy, message, arguments)
    }

    /// Reads from the license contract.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn read_license(
        &mut self,
        message: &str,
        arguments: &[DynSolValue],
    ) -> Result<Vec<DynSolValue>, Failure> {
        read(&mut self.chain, &self.license, message, arguments)
    }
}

/// What a message did.
#[derive(Debug)]
pub struct Sent {
    /// What it returned.
    pub values: Vec<DynSolValue>,
    /// What it emitted.
    pub logs: Vec<Log>,
}

fn send<C: Chain>(
    chain: &mut C,
    contract: &Contract,
    from: Address,
    message: &str,
    arguments: &[DynSolValue],
) -> Result<Sent, Failure> {
    let data = contract.interface.encode(message, arguments);
    let receipt = chain.send(from, contract.address, &data)?;
    Ok(Sent {
        values: contract
            .interface
            .decode(message, arguments.len(), &receipt.output),
        logs: receipt.logs,
    })
}

fn read<C: Chain>(
    chain: &mut C,
    contract: &Contract,
    message: &str,
    arguments: &[DynSolValue],
) -> Result<Vec<DynSolValue>, Failure> {
    let data = contract.interface.encode(message, arguments);
    let output = chain.read(Address::ZERO, contract.address, &data)?;
    Ok(contract.interface.decode(message, arguments.len(), &output))
}

/// The refusals in what `explain` returned.
///
/// # Panics
/// When they are none.
pub fn to_refusals(value: &DynSolValue) -> Vec<Refused> {
    let refusal = |value: &DynSolValue| match value.as_tuple() {
        Some([code, rule_version, detail]) => Some(Refused {
            code: to_number(code) as u16,
            rule_version: to_number(rule_version) as u32,
            detail: detail.as_uint()?.0,
        }),
        _ => None,
    };
    value
        .as_array()
        .and_then(|values| values.iter().map(refusal).collect())
        .unwrap_or_else(|| panic!("{value:?} are no refusals"))
}

/// Where a slot of storage holds an address, and which.
pub fn address_in(word: B256) -> Address {
    Address::from_word(word)
}

/// The last nonce and the head of the outbox, from the license contract.
///
/// # Panics
/// When the contract does not say.
pub fn outbox<C: Chain>(world: &mut World<C>) -> (u64, B256) {
    let answer = world.read_license("outbox", &[]).expect("initialized");
    let head = answer[1].as_fixed_bytes().expect("a hash").0;
    (to_number(&answer[0]), B256::from_slice(head))
}

/// An id as messages take it.
pub fn id(value: u64) -> DynSolValue {
    DynSolValue::Uint(U256::from(value), 256)
}

/// Who holds a license.
///
/// # Errors
/// [`Failure`].
pub fn owner<C: Chain>(world: &mut World<C>, license: u64) -> Result<Address, Failure> {
    Ok(to_address(
        &world.read_license("ownerOf", &[id(license)])?[0],
    ))
}
