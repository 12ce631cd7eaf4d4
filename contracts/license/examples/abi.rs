//! Prints the JSON ABI of this contract, as `contracts/build` commits it.

use lex_license as _;
use lex_lifecycle::{AmendmentView, LicenseView, OutboxView, RoyaltyView};
use lex_policy_interface::{Clearance, Evidence, Proof, Refusal, SubjectView, abi_json};

unsafe extern "Rust" {
    safe fn __ink_generate_solidity_metadata() -> ink::metadata::sol::ContractMetadata;
}

fn main() {
    let structs = [
        AmendmentView::shape(),
        Clearance::shape(),
        Evidence::shape(),
        LicenseView::shape(),
        Proof::shape(),
        Refusal::shape(),
    ];
    print!(
        "{}",
        abi_json(
            &__ink_generate_solidity_metadata(),
            &structs,
            &[
                OutboxView::shape(),
                RoyaltyView::shape(),
                SubjectView::shape()
            ]
        )
    );
}
