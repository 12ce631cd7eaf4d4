//! The curve BN254 by the crate that the chain's precompiles 0x06 to 0x08 use (EIP-196, EIP-197).

use substrate_bn::{AffineG1, AffineG2, Fq, Fq2, Fr, G1, G2, Group, Gt, pairing_batch};

use crate::PrecompileError;

const WORD: usize = 32;

/// Words of one pair: a point of G1 and one of G2.
const PAIR_WORDS: usize = 6;

/// The sum of two points.
pub(super) fn add(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    Ok(point_bytes(g1(input, 0)? + g1(input, 2)?))
}

/// A point times a number; the number is taken modulo the group's order.
pub(super) fn mul(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let factor = Fr::from_slice(&word(input, 2)).map_err(refused)?;
    Ok(point_bytes(g1(input, 0)? * factor))
}

/// One when the product of the pairings is one, else zero.
pub(super) fn pairing(input: &[u8]) -> Result<Vec<u8>, PrecompileError> {
    let words = input.len() / WORD;
    if !input.len().is_multiple_of(WORD * PAIR_WORDS) {
        return Err(PrecompileError::Refused);
    }
    let pairs = (0..words)
        .step_by(PAIR_WORDS)
        .map(|place| Ok((g1(input, place)?, g2(input, place + 2)?)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut answer = vec![0; WORD];
    answer[WORD - 1] = u8::from(pairing_batch(&pairs) == Gt::one());
    Ok(answer)
}

/// A word of the input; what lies beyond its end is zero.
fn word(input: &[u8], place: usize) -> [u8; WORD] {
    let mut word = [0; WORD];
    for (target, source) in word.iter_mut().zip(input.iter().skip(place * WORD)) {
        *target = *source;
    }
    word
}

fn coordinate(input: &[u8], place: usize) -> Result<Fq, PrecompileError> {
    Fq::from_slice(&word(input, place)).map_err(refused)
}

fn g1(input: &[u8], place: usize) -> Result<G1, PrecompileError> {
    let (x, y) = (coordinate(input, place)?, coordinate(input, place + 1)?);
    if x.is_zero() && y.is_zero() {
        return Ok(G1::zero());
    }
    AffineG1::new(x, y).map(G1::from).map_err(refused)
}

/// The imaginary parts come first.
fn g2(input: &[u8], place: usize) -> Result<G2, PrecompileError> {
    let coordinates = |place| {
        let imaginary = coordinate(input, place)?;
        Ok(Fq2::new(coordinate(input, place + 1)?, imaginary))
    };
    let (x, y) = (coordinates(place)?, coordinates(place + 2)?);
    if x.is_zero() && y.is_zero() {
        return Ok(G2::zero());
    }
    AffineG2::new(x, y).map(G2::from).map_err(refused)
}

/// The point at infinity is two zeros.
fn point_bytes(point: G1) -> Vec<u8> {
    let mut bytes = vec![0; 2 * WORD];
    if let Some(point) = AffineG1::from_jacobian(point) {
        let (x, y) = bytes.split_at_mut(WORD);
        point.x().to_big_endian(x).expect("a word long");
        point.y().to_big_endian(y).expect("a word long");
    }
    bytes
}

fn refused<E>(_: E) -> PrecompileError {
    PrecompileError::Refused
}
