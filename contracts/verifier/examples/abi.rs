//! Prints the JSON ABI of this contract, as `contracts/build` commits it.

use lex_policy_interface::abi_json;
use lex_verifier as _;

unsafe extern "Rust" {
    safe fn __ink_generate_solidity_metadata() -> ink::metadata::sol::ContractMetadata;
}

fn main() {
    print!(
        "{}",
        abi_json(&__ink_generate_solidity_metadata(), &[], &[])
    );
}
