//! Messages as they are sent, and the values in them that nothing depends on.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256};

/// To which contract a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Policy.
    Policy,
    /// The license contract of the world, be it of single tokens or of seats.
    License,
    /// The verifier of proofs.
    Verifier,
}

/// A message as it is sent.
#[derive(Debug)]
pub struct Message {
    /// Where to.
    pub to: To,
    /// Who sends it.
    pub from: Address,
    /// Its name.
    pub name: &'static str,
    /// Its arguments.
    pub arguments: Vec<DynSolValue>,
}

impl Message {
    /// A message to policy.
    pub fn to_policy(from: Address, name: &'static str, arguments: Vec<DynSolValue>) -> Self {
        Self {
            to: To::Policy,
            from,
            name,
            arguments,
        }
    }

    /// A message to the verifier.
    pub fn to_verifier(from: Address, name: &'static str, arguments: Vec<DynSolValue>) -> Self {
        Self {
            to: To::Verifier,
            from,
            name,
            arguments,
        }
    }

    /// A message to the license contract.
    pub fn to_license(from: Address, name: &'static str, arguments: Vec<DynSolValue>) -> Self {
        Self {
            to: To::License,
            from,
            name,
            arguments,
        }
    }
}

/// The hash of evidence, and of what else is only written down.
pub(crate) const CONTENT: B256 = B256::repeat_byte(0x11);
