//! Who takes part: the accounts of the Ethereum keys that are 32 equal bytes, from `0x01` on, so that a
//! walk can be signed for on a node too.

use alloy_primitives::{Address, B256, address};

/// Makes the rules.
pub const ADMIN: Address = address!("1a642f0E3c3aF545E7AcBD38b07251B3990914F1");
/// May replace the code behind the proxies, and decides for some types as a committee of one.
pub const COMMITTEE: Address = address!("5050A4F4b3f9338C3472dcC01A87C76A144b3c9c");
/// Freezes, recovers, and lifts pauses.
pub const REGULATOR: Address = address!("3325a78425F17a7E487Eb5666b2bFd93aBb06c70");
/// Pauses.
pub const GUARDIAN: Address = address!("c48B812bB43401392c037381AcA934F4069C0517");
/// Signs clearances.
pub const SIGNER: Address = address!("63467B02a7382408A845a5EB85b5238b8a4dD0eD");
/// Publishes the roots that proofs are about.
pub const PUBLISHER: Address = address!("229C784b93Ccb440f91Dc5132c74A95319497DF4");
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

/// Are the committee's members.
pub const MEMBERS: [Address; 2] = [HOLDERS[0], HOLDERS[1]];

/// Everyone.
pub fn all() -> Vec<Address> {
    let mut all = vec![ADMIN, COMMITTEE, REGULATOR, GUARDIAN];
    all.extend(ISSUERS);
    all.extend(HOLDERS);
    all.extend([SIGNER, PUBLISHER]);
    all
}

/// The Ethereum key of an account; `None` for one that does not take part.
pub fn key(account: Address) -> Option<B256> {
    let place = all().iter().position(|person| *person == account)?;
    let byte = u8::try_from(place + 1).ok()?;
    Some(B256::repeat_byte(byte))
}
