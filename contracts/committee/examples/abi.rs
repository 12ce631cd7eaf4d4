//! Prints the JSON ABI of this contract, as `contracts/build` commits it.

use lex_committee::views::{Basis, Decision, DecisionView, Member, Slot};
use lex_policy_interface::{Clearance, Evidence, Proof, Refusal, abi_json};

unsafe extern "Rust" {
    safe fn __ink_generate_solidity_metadata() -> ink::metadata::sol::ContractMetadata;
}

fn main() {
    let structs = [
        Basis::shape(),
        Clearance::shape(),
        Decision::shape(),
        DecisionView::shape(),
        Evidence::shape(),
        Member::shape(),
        Proof::shape(),
        Refusal::shape(),
        Slot::shape(),
    ];
    print!(
        "{}",
        abi_json(&__ink_generate_solidity_metadata(), &structs, &[])
    );
}
