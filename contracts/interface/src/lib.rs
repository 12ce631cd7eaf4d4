//! What policy and the license contracts say to each other, in Solidity's encoding: the structs,
//! the one error, and the calls. The rules themselves are in `lex-model`.

#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(feature = "std")]
mod abi;
mod committee_calls;
mod model;
mod module_call;
mod refused;
mod restriction_call;
mod shape;
mod subject_call;
mod types;
mod verifier_call;

#[cfg(feature = "std")]
pub use abi::abi_json;
pub use committee_calls::decided_call;
pub use model::{BY_COMMITTEE, FROZEN, HELD, LOST, require_account};
pub use module_call::{ModuleKind, bool_answer};
pub use refused::Refused;
pub use restriction_call::restriction;
#[cfg(feature = "std")]
pub use shape::Shape;
pub use subject_call::{SubjectView, held_call, subject_call, version_call};
pub use types::{
    Action, Clearance, Evidence, LicenseType, Parent, Proof, Refusal, Rules, State, TypeGates,
    TypeRules,
};
pub use verifier_call::verify_call;

// A contract gets two pages of stack by default and traps beyond. Decoding and encoding nested structs
// takes more than that when one contract calls another.
#[cfg(target_arch = "riscv64")]
polkavm_derive::min_stack_size!(64 * 1024);
