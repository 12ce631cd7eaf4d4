//! Prints the JSON ABI of this contract, as `contracts/build` commits it.

use lex_policy as _;
use lex_policy_interface::{Action, LicenseType, Refusal, Validity, abi_json};

unsafe extern "Rust" {
    safe fn __ink_generate_solidity_metadata() -> ink::metadata::sol::ContractMetadata;
}

fn main() {
    let structs = [
        Action::shape(),
        LicenseType::shape(),
        Refusal::shape(),
        Validity::shape(),
    ];
    print!(
        "{}",
        abi_json(&__ink_generate_solidity_metadata(), &structs, &[])
    );
}
