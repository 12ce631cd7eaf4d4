//! What policy tells the world. Topics are ids and addresses, everything else is data.

use ink::{
    Address, U256,
    prelude::{string::String, vec::Vec},
    sol::FixedBytes,
};
use lex_policy_interface::TypeRules;

use crate::records::BundleRule;

/// A license type exists from now on, and is open.
#[ink::event]
pub struct TypeCreated {
    /// Id of the type.
    #[ink(topic)]
    pub license_type: u64,
    /// Name for people.
    pub name: String,
    /// 0 for single tokens, 1 for seats.
    pub kind: u8,
    /// Length of a term, seconds.
    pub term: u64,
    /// How long before its end a license can be renewed, seconds.
    pub renewal_window: u64,
    /// How long after its end a license can be renewed, seconds.
    pub grace: u64,
    /// The most licenses, 0 for no limit.
    pub supply_cap: u64,
    /// Whether a holder may transfer.
    pub transferable: bool,
    /// Hash of the terms that people agree to.
    pub terms_hash: FixedBytes<32>,
    /// Version of the metadata schema.
    pub schema_version: u32,
}

/// The rules of a type that go beyond its terms were replaced.
#[ink::event]
pub struct TypeRulesChanged {
    /// Id of the type.
    #[ink(topic)]
    pub license_type: u64,
    /// The rules from now on.
    pub rules: TypeRules,
    /// The type's version from now on.
    pub version: u32,
}

/// A license type was closed or reopened.
#[ink::event]
pub struct TypeOpenChanged {
    /// Id of the type.
    #[ink(topic)]
    pub license_type: u64,
    /// Whether it is open now.
    pub open: bool,
}

/// An account became an issuer; it may issue nothing until it is granted a type.
#[ink::event]
pub struct IssuerRegistered {
    /// The issuer.
    #[ink(topic)]
    pub issuer: Address,
    /// Name for people.
    pub name: String,
}

/// An account is no issuer any more; what it was granted has no effect.
#[ink::event]
pub struct IssuerRemoved {
    /// The issuer.
    #[ink(topic)]
    pub issuer: Address,
}

/// An issuer may act for a type in a jurisdiction.
#[ink::event]
pub struct IssuerGranted {
    /// The issuer.
    #[ink(topic)]
    pub issuer: Address,
    /// The type.
    #[ink(topic)]
    pub license_type: u64,
    /// The jurisdiction, empty for all.
    pub jurisdiction: String,
}

/// An issuer may no longer act for a type in a jurisdiction.
#[ink::event]
pub struct IssuerWithdrawn {
    /// The issuer.
    #[ink(topic)]
    pub issuer: Address,
    /// The type.
    #[ink(topic)]
    pub license_type: u64,
    /// The jurisdiction, empty for all.
    pub jurisdiction: String,
}

/// A license contract asks for decisions, and is told of restrictions, from now on.
#[ink::event]
pub struct LicenseBound {
    /// The license contract.
    #[ink(topic)]
    pub license: Address,
}

/// Another account makes the rules.
#[ink::event]
pub struct AdminChanged {
    /// Who made them; zero at the start.
    #[ink(topic)]
    pub previous: Address,
    /// Who makes them now.
    #[ink(topic)]
    pub current: Address,
}

/// A license contract is told nothing more: its licenses are not usable, and can be ended.
#[ink::event]
pub struct LicenseUnbound {
    /// The license contract.
    #[ink(topic)]
    pub license: Address,
}

/// A jurisdiction has other rules.
#[ink::event]
pub struct BundleSet {
    /// The jurisdiction.
    pub jurisdiction: String,
    /// Names the legal source.
    pub bundle_id: FixedBytes<32>,
    /// Counts the jurisdiction's changes.
    pub version: u32,
    /// The rules from now on.
    pub rules: Vec<BundleRule>,
}

/// A jurisdiction has no rules of its own any more.
#[ink::event]
pub struct BundleRemoved {
    /// The jurisdiction.
    pub jurisdiction: String,
    /// Counts the jurisdiction's changes.
    pub version: u32,
}

/// An account got a role or lost it.
#[ink::event]
pub struct RoleChanged {
    /// The account.
    #[ink(topic)]
    pub account: Address,
    /// 1 guardian, 2 clearance signer, 4 regulator, 8 publisher of roots.
    pub role: u8,
    /// Whether it has the role now.
    pub held: bool,
}

/// Groups of functions are paused.
#[ink::event]
pub struct Paused {
    /// The groups that were named: 1 issuing, 2 renewing, 4 moving, 8 use, 16 lending.
    pub groups: u8,
    /// Who did it.
    #[ink(topic)]
    pub actor: Address,
}

/// The pause of groups of functions has ended.
#[ink::event]
pub struct PauseLifted {
    /// The groups that were named.
    pub groups: u8,
    /// Who did it.
    #[ink(topic)]
    pub actor: Address,
}

/// A regulator froze a holder, or ended its freeze. Others' freezes stand by themselves.
#[ink::event]
pub struct HolderFrozen {
    /// The holder.
    #[ink(topic)]
    pub account: Address,
    /// Whether the regulator froze it or ended its freeze.
    pub frozen: bool,
    /// Who did it.
    #[ink(topic)]
    pub actor: Address,
    /// The regulator's own code.
    pub reason: u32,
    /// Hash of the evidence.
    pub evidence: FixedBytes<32>,
    /// How many regulators hold it frozen from now on.
    pub regulators: u32,
}

/// A key was declared lost. It is frozen, and its recovery is in force from a time on unless it ends
/// before.
#[ink::event]
pub struct KeyRecovered {
    /// The lost key.
    #[ink(topic)]
    pub lost: Address,
    /// Who takes over.
    #[ink(topic)]
    pub successor: Address,
    /// Who did it.
    #[ink(topic)]
    pub actor: Address,
    /// The regulator's own code.
    pub reason: u32,
    /// Hash of the evidence.
    pub evidence: FixedBytes<32>,
    /// The first second in which the successor takes over, Unix seconds.
    pub in_force_from: u64,
}

/// The recovery of a key ended before it was in force: the key is not lost.
#[ink::event]
pub struct RecoveryEnded {
    /// The account.
    #[ink(topic)]
    pub account: Address,
    /// Who ended it: the account itself, or a regulator.
    #[ink(topic)]
    pub actor: Address,
    /// The regulator's own code; 0 when the account objected.
    pub reason: u32,
    /// Hash of the evidence; zero when the account objected.
    pub evidence: FixedBytes<32>,
}

/// A module has a say from now on.
#[ink::event]
pub struct ModuleAdded {
    /// The module.
    #[ink(topic)]
    pub module: Address,
    /// 1 rules, 2 callers, 4 books.
    pub kinds: u8,
}

/// A module has no say any more.
#[ink::event]
pub struct ModuleRemoved {
    /// The module.
    #[ink(topic)]
    pub module: Address,
}

/// A module that keeps books failed to hear of an action that no module may stop. Its books miss it.
#[ink::event]
pub struct ModuleMissed {
    /// The module.
    #[ink(topic)]
    pub module: Address,
    /// The license contract.
    #[ink(topic)]
    pub license: Address,
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Code of the action.
    pub action: u8,
}

/// Another contract verifies proofs.
#[ink::event]
pub struct VerifierChanged {
    /// The contract.
    #[ink(topic)]
    pub verifier: Address,
}

/// A root counts until another time.
#[ink::event]
pub struct RootSet {
    /// The circuit.
    #[ink(topic)]
    pub circuit: u64,
    /// Which of the circuit's sets.
    pub slot: u8,
    /// The root.
    pub root: U256,
    /// The first second in which it no longer counts.
    pub valid_until: u64,
    /// Who published it.
    #[ink(topic)]
    pub actor: Address,
}

/// Evidence opened the gates of an action and never does so again.
#[ink::event]
pub struct EvidenceUsed {
    /// The license contract.
    #[ink(topic)]
    pub license: Address,
    /// The license.
    #[ink(topic)]
    pub token_id: U256,
    /// Code of the action.
    pub action: u8,
    /// Digest of the clearance, zero for none.
    pub clearance: FixedBytes<32>,
    /// Nullifier of the proof, zero for none.
    pub nullifier: U256,
    /// Version of the rules that it was judged by.
    pub rules_version: u32,
}

/// The rules are offered to another account, which has to accept them.
#[ink::event]
pub struct AdminProposed {
    /// Who makes the rules.
    #[ink(topic)]
    pub current: Address,
    /// Who may take them over.
    #[ink(topic)]
    pub proposed: Address,
}

/// Another issuer decides about the licenses of one that is none any more.
#[ink::event]
pub struct IssuerSucceeded {
    /// The former issuer.
    #[ink(topic)]
    pub retired: Address,
    /// Who took over from it.
    #[ink(topic)]
    pub successor: Address,
}

/// An account has another share of a type's cap.
#[ink::event]
pub struct IssuerShareSet {
    /// The account.
    #[ink(topic)]
    pub issuer: Address,
    /// The type.
    #[ink(topic)]
    pub license_type: u64,
    /// The most that it may have issued; 0 for no share of its own.
    pub share: u64,
}
