//! Prints the JSON ABI of this contract, as `contracts/build` commits it.

use lex_policy::{
    modules::Module,
    records::{BundleRule, BundleView},
};
use lex_policy_interface::{
    Action, Clearance, Evidence, LicenseType, Parent, Proof, Refusal, Rules, State, TypeGates,
    TypeRules, abi_json,
};

unsafe extern "Rust" {
    safe fn __ink_generate_solidity_metadata() -> ink::metadata::sol::ContractMetadata;
}

fn main() {
    let structs = [
        Action::shape(),
        BundleRule::shape(),
        BundleView::shape(),
        Clearance::shape(),
        Evidence::shape(),
        LicenseType::shape(),
        Module::shape(),
        Parent::shape(),
        Proof::shape(),
        Refusal::shape(),
        Rules::shape(),
        State::shape(),
        TypeGates::shape(),
        TypeRules::shape(),
    ];
    print!(
        "{}",
        abi_json(&__ink_generate_solidity_metadata(), &structs, &[])
    );
}
