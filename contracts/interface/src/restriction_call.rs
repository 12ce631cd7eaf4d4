//! What policy tells the license contracts.

use ink::{Address, prelude::vec::Vec, sol::SolParamsEncode};

type Restriction = (u8, Address, u64, u8);

// `sol_error_selector!` computes the selector of any Solidity signature.
const RESTRICT: [u8; 4] = ink::sol_error_selector!("restrict", Restriction);

/// The call that tells a license contract of a restriction or its end: a kind of the outbox (2 holder,
/// 3 type, 4 pause), the holder or the type that it is about, and 1 or 0.
pub fn restriction(kind: u8, holder: Address, license_type: u64, value: u8) -> Vec<u8> {
    let mut data = Vec::from(RESTRICT);
    data.extend(SolParamsEncode::encode(&(
        kind,
        holder,
        license_type,
        value,
    )));
    data
}
