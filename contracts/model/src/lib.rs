//! The license model: what every part of LEX believes about a license, defined once.
//!
//! Contracts, services and tests compile this crate, so that the status of a license, the reason
//! of a refusal and the bytes of an update cannot differ between them. It does no I/O and keeps no
//! state; hashing is passed in ([`Keccak`]), because a contract hashes with a host function.
//!
//! ```
//! use lex_model::{Standing, Status, Term};
//!
//! let term = Term { valid_from: 100, valid_until: 200, grace_until: 230 };
//! assert_eq!(term.status(Standing::Active, 99), Status::NotYetValid);
//! assert_eq!(term.status(Standing::Active, 199), Status::Active);
//! assert_eq!(term.status(Standing::Active, 200), Status::InGrace);
//! assert_eq!(term.status(Standing::Revoked, 150), Status::Revoked);
//! ```

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    test,
    expect(
        clippy::arithmetic_side_effects,
        reason = "an overflow ends a test, as it should"
    )
)]

mod action;
mod attestation;
mod bundle;
mod clearance;
mod decision;
mod gate;
mod jurisdiction;
mod keccak;
mod layout;
mod license;
mod license_type;
mod outbox;
mod reason;
mod score;
mod statement;
mod status;
mod term;
mod typed_data;
mod words;

pub use action::{Action, ActionKind, Group, Parent};
pub use attestation::{Attestation, Destination};
pub use bundle::{Bundle, Demand, MAX_RULES, Rule};
pub use clearance::{CLEARANCE_TYPE, Clearance, Subject};
pub use decision::{
    About, Committee, Decision, DecisionField, DecisionKind, InvalidDecision, MAX_AFTER_CHANGE,
    MAX_DEADLINE_AHEAD, MAX_WEIGHT, Nonce, Part, Proposal, SolidityType, withdrawal_challenge,
};
pub use gate::{
    Account, Binding, Facts, MAX_REFUSALS, ModuleRefusal, Presented, RECOVERY_DELAY, Refusal,
    Refusals, refusals, required_gates,
};
pub use jurisdiction::{Jurisdiction, Scope};
#[cfg(feature = "std")]
pub use keccak::SoftwareKeccak;
pub use keccak::{Hash, Keccak};
pub use layout::{Layout, MAX_LAYOUT_NAME};
pub use license::License;
pub use license_type::{Durations, Gates, LicenseType, MAX_SCORE, TypeKind};
pub use outbox::{KIND_HOLDER, KIND_LICENSE, KIND_PAUSE, KIND_TYPE, Outbox, Update};
pub use reason::Reason;
pub use score::{MAX_RISK, MAX_SIGNAL_WEIGHT, MAX_SIGNALS, Signal, score};
pub use statement::{Claim, MAX_INPUTS, PROOF_AGE, Statement};
pub use status::{Standing, Status};
pub use term::{MAX_TIME, Term};
pub use words::{Address, TokenId};
