//! Rows about rules and those under them.

use lex_client::{Address, B256, U256};

use crate::event::Place;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseTypeRow {
    pub license_type: u64,
    /// 0 NFT, 1 SFT.
    pub kind: u8,
    pub name: String,
    /// Seconds.
    pub term: u64,
    /// Seconds before the end of the term.
    pub renewal_window: u64,
    /// Seconds.
    pub grace: u64,
    /// 0: no cap.
    pub supply_cap: u64,
    pub transferable: bool,
    pub terms_hash: B256,
    pub schema_version: u32,
    pub open: bool,
    /// Counts the changes of what the type allows, from 1.
    pub version: u32,
    pub rules: TypeRules,
    pub created_block: u64,
    pub created_at: u64,
}

/// The rules of a license type beyond its terms. A type has none of them at first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeRules {
    /// Bits of `lex_model::Gates`: what an issue, a renewal, a transfer, an enforcement must pass.
    pub issue_gates: u8,
    pub renew_gates: u8,
    pub transfer_gates: u8,
    pub lend_gates: u8,
    pub enforce_gates: u8,
    /// Zero: none.
    pub committee: Address,
    /// 0 to 1000.
    pub minimum_score: u16,
    /// 0: none.
    pub circuit: u64,
    pub circuit_version: u32,
    /// 0: none.
    pub statement: u8,
    /// Basis points.
    pub royalty: u16,
    /// Zero: the license's issuer.
    pub royalty_receiver: Address,
    /// 0: none.
    pub parent_type: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerRow {
    pub issuer: Address,
    pub name: String,
    pub registered: bool,
    pub registered_block: u64,
    pub registered_at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerGrantRow {
    pub issuer: Address,
    pub license_type: u64,
    /// Empty covers every jurisdiction.
    pub jurisdiction: String,
    pub granted: bool,
    pub changed_block: u64,
}

/// One version of a jurisdiction's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleBundleRow {
    pub jurisdiction: String,
    pub version: u32,
    /// Zero when the rules were removed.
    pub bundle_id: B256,
    /// Whether this version has rules or says that there are none any more.
    pub removed: bool,
    pub rules: Vec<Rule>,
    pub set_block: u64,
    pub set_at: u64,
}

/// One rule of a bundle, as `lex_model::Rule` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub demand: u8,
    /// Bits of kinds of action.
    pub actions: u32,
    /// 0: all.
    pub license_type: u64,
    pub value: u64,
}

/// What policy knows about an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    pub account: Address,
    /// One bit for each role.
    pub roles: u8,
    pub frozen: bool,
    /// The last freeze or release.
    pub freeze: Option<Freeze>,
    /// Whether a regulator froze it, whatever became of its key.
    pub frozen_by_regulator: bool,
    /// The key that takes the place of this one, which was declared lost.
    pub successor: Option<Address>,
    /// The first second in which it does, in Unix seconds.
    pub recovered_from: Option<u64>,
    pub changed_block: u64,
    pub changed_at: u64,
}

/// Why an account was frozen, released or given a successor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freeze {
    pub actor: Address,
    pub reason: u32,
    pub evidence: B256,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleRow {
    pub module: Address,
    /// Bits: 1 rule, 2 spender, 4 tracker; 0 when it was removed.
    pub kinds: u8,
    pub changed_block: u64,
}

/// Evidence that opened the gates of an action, and never does so again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRow {
    /// The contract that keeps the license.
    pub contract: Address,
    pub token_id: U256,
    /// Code of `lex_model::ActionKind`.
    pub action: u8,
    /// Digest of the clearance.
    pub clearance: Option<B256>,
    /// Nullifier of the proof.
    pub nullifier: Option<U256>,
    /// Counts the changes of the rules that were asked.
    pub rules_version: u32,
    pub place: Place,
}

/// What holds for all licenses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyRow {
    pub admin: Address,
    pub verifier: Address,
    /// Bits of `lex_model::Group`.
    pub paused_groups: u8,
    pub changed_block: u64,
    pub changed_at: u64,
}
