//! Prints the JSON ABI of this contract, as `contracts/build` commits it.

use lex_license::views::{LicenseView, OutboxView};
use lex_policy_interface::{Refusal, abi_json};

unsafe extern "Rust" {
    safe fn __ink_generate_solidity_metadata() -> ink::metadata::sol::ContractMetadata;
}

fn main() {
    let structs = [LicenseView::shape(), Refusal::shape()];
    print!(
        "{}",
        abi_json(
            &__ink_generate_solidity_metadata(),
            &structs,
            &[OutboxView::shape()]
        )
    );
}
