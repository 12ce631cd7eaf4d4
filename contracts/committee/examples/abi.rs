//! Prints the JSON ABI of this contract, as `contracts/build` commits it.

use lex_committee::views::{Decision, DecisionView, Member};
use lex_policy_interface::{Clearance, Evidence, Proof, Refusal, abi_json};

unsafe extern "Rust" {
    safe fn __ink_generate_solidity_metadata() -> ink::metadata::sol::ContractMetadata;
}

fn main() {
    let structs = [
        Clearance::shape(),
        Decision::shape(),
        DecisionView::shape(),
        Evidence::shape(),
        Member::shape(),
        Proof::shape(),
        Refusal::shape(),
    ];
    print!(
        "{}",
        abi_json(&__ink_generate_solidity_metadata(), &structs, &[])
    );
}
