//! The pairing-friendly curve BN254 by the precompiles of EIP-196 and EIP-197.
//!
//! All numbers are words, big-endian. A point of G1 is `x | y`; a point of G2 has the imaginary part
//! of each coordinate first; the point at infinity is all zeros. The precompiles refuse coordinates
//! that are not below the field's order, points that are not on their curve, and points of G2 outside
//! its group.

use crate::{PrecompileError, call_precompile};

/// A number.
pub type Word = [u8; 32];

/// A point of G1.
pub type G1 = [u8; 64];

/// A point of G2.
pub type G2 = [u8; 128];

const ADD: u16 = 0x06;
const MUL: u16 = 0x07;
const PAIRING: u16 = 0x08;

/// The sum of two points. Adding the point at infinity is the cheapest test of a point.
///
/// # Errors
/// [`PrecompileError`].
pub fn add(left: &G1, right: &G1) -> Result<G1, PrecompileError> {
    let mut input = [0; 128];
    let (first, second) = input.split_at_mut(64);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    call_precompile(ADD, &input)
}

/// A point times a number. The precompile takes the number modulo the group's order: who must tell a
/// number from its aliases has to check that it is below the order.
///
/// # Errors
/// [`PrecompileError`].
pub fn mul(point: &G1, factor: &Word) -> Result<G1, PrecompileError> {
    let mut input = [0; 96];
    let (first, second) = input.split_at_mut(64);
    first.copy_from_slice(point);
    second.copy_from_slice(factor);
    call_precompile(MUL, &input)
}

/// Whether the product of the pairings of all pairs is one. A pair is a point of G1 and one of G2,
/// 192 bytes.
///
/// # Errors
/// [`PrecompileError`]; an answer that is neither zero nor one is
/// [`Failed`](PrecompileError::Failed).
pub fn pairing(pairs: &[u8]) -> Result<bool, PrecompileError> {
    let [high @ .., low] = call_precompile::<32>(PAIRING, pairs)?;
    match (high == [0; 31], low) {
        (true, 0) => Ok(false),
        (true, 1) => Ok(true),
        _ => Err(PrecompileError::Failed),
    }
}
