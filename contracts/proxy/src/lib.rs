//! A delegating proxy: the fixed address in front of a license or seats contract, whose code (the
//! *implementation*) can be replaced. State, events and address are the proxy's.
//!
//! # Messages
//! - The constructor, `(address implementation, address upgrader, bytes initialize)`, runs the call
//!   data `initialize` on the implementation, so that nobody can come first. No call data, no call.
//! - `upgradeTo(address implementation, bytes32 codeHash, address replaces)`: only the upgrader may. It
//!   names the code that it agreed to, and what that code replaces.
//! - `setUpgrader(address upgrader)`: offers that right to another account; only the upgrader may.
//! - `acceptUpgrader()`: takes it over; only the account may to which it was offered last.
//! - Every other call goes to the implementation as it came, with its value and all the gas, and what
//!   comes back goes to the caller as it came. An implementation must not have a message with the
//!   selector of one of these three: it would never be reached.
//!
//! # Reading
//! A proxy has no messages to read what it stores, because they could hide those of the
//! implementation. It is read from storage, where ERC-1967 has it: `eth_getStorageAt`, or the runtime
//! API `ReviveApi_get_storage`, at the slots of [`upgrade`].
//!
//! # Rules of an upgrade
//! The new implementation is a contract, and its `layout()` names the same contract and the present
//! version of its layouts or the next one. A contract with the next layout reads what the present one wrote; the proxy calls nothing
//! else, so a change of what is stored happens as it is next written, or in a message that the new
//! code brings. The implementation must keep its state in entries with keys of their own: the entry
//! of ink!'s root, which the proxy writes, is empty.
//!
//! # Errors
//! `Refused(uint16 code, uint32 ruleVersion, uint256 detail)`, as everywhere. A call that the
//! implementation does not end by itself (it traps, or the gas runs out) reverts without data.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

#[cfg(target_arch = "riscv64")]
mod host;
#[cfg(test)]
mod tests;
pub mod upgrade;
mod words;
