//! Prints the JSON ABI of this contract, as `contracts/build` commits it.

use lex_lifecycle::{AmendmentView, LicenseView, OutboxView, RoyaltyView};
use lex_policy_interface::{Clearance, Evidence, Proof, Refusal, SubjectView, abi_json};
use lex_seats::views::{AssignmentView, PositionView};

unsafe extern "Rust" {
    safe fn __ink_generate_solidity_metadata() -> ink::metadata::sol::ContractMetadata;
}

fn main() {
    let structs = [
        AmendmentView::shape(),
        LicenseView::shape(),
        Refusal::shape(),
        Evidence::shape(),
        Clearance::shape(),
        Proof::shape(),
    ];
    let returns = [
        OutboxView::shape(),
        RoyaltyView::shape(),
        PositionView::shape(),
        AssignmentView::shape(),
        SubjectView::shape(),
    ];
    print!(
        "{}",
        abi_json(&__ink_generate_solidity_metadata(), &structs, &returns)
    );
}
