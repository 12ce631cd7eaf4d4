//! Groth16 on BN254: which keys are taken, and when a proof verifies.
//!
//! Numbers come in the order of Solidity calldata: the imaginary part of a G2 coordinate first, as
//! the precompiles want it.

use ink::{U256, prelude::vec::Vec};
use lex_contract_host::{
    PrecompileError,
    curve::{self, G1, G2},
};
use lex_model::Reason;
use lex_policy_interface::Refused;

/// The most public inputs of a circuit.
pub const MAX_INPUTS: usize = 16;

/// Order of the field of coordinates, 21888242871839275222246405745257275088696311157297823662689037894645226208583.
pub const FIELD: U256 = U256([
    0x3c20_8c16_d87c_fd47,
    0x9781_6a91_6871_ca8d,
    0xb850_45b6_8181_585d,
    0x3064_4e72_e131_a029,
]);

/// Order of the curve's groups, and so of the field of public inputs,
/// 21888242871839275222246405745257275088548364400416034343698204186575808495617.
pub const ORDER: U256 = U256([
    0x43e1_f593_f000_0001,
    0x2833_e848_79b9_7091,
    0xb850_45b6_8181_585d,
    0x3064_4e72_e131_a029,
]);

const INFINITY: G1 = [0; 64];

/// Place of a key's delta in refusals; alpha, beta and gamma are 0, 1 and 2, and the points of `ic`
/// follow.
const DELTA: u64 = 3;

/// A verifying key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode)]
pub struct Key {
    alpha: G1,
    beta: G2,
    gamma: G2,
    delta: G2,
    /// One point more than there are public inputs.
    ic: Vec<G1>,
}

impl Key {
    /// The key with these numbers, when every point is one of its group and not zero.
    ///
    /// A key whose gamma and delta are the same is that of an unfinished setup: anyone can make
    /// proofs for it.
    ///
    /// # Errors
    /// [`Reason::WrongLength`] when `ic` does not hold 2 to 17 points, [`Reason::InvalidKey`] with
    /// the place of the first bad point, [`Reason::PrecompileFailed`].
    pub fn new(
        alpha: [U256; 2],
        beta: [U256; 4],
        gamma: [U256; 4],
        delta: [U256; 4],
        ic: &[U256],
    ) -> Result<Self, Refused> {
        let (points, rest) = ic.as_chunks::<2>();
        if !rest.is_empty() || !(2..=MAX_INPUTS + 1).contains(&points.len()) {
            let longest = 2 * (MAX_INPUTS + 1);
            return Err(Refused::new(Reason::WrongLength, longest as u64));
        }
        let key = Self {
            alpha: bytes(alpha),
            beta: bytes(beta),
            gamma: bytes(gamma),
            delta: bytes(delta),
            ic: points.iter().map(|point| bytes(*point)).collect(),
        };
        require_g1(&key.alpha, 0)?;
        require_g2(&key.beta, 1)?;
        require_g2(&key.gamma, 2)?;
        require_g2(&key.delta, DELTA)?;
        if key.gamma == key.delta {
            return Err(Refused::new(Reason::InvalidKey, DELTA));
        }
        for (point, place) in key.ic.iter().zip(DELTA + 1..) {
            require_g1(point, place)?;
        }
        Ok(key)
    }

    /// How many public inputs the circuit has.
    pub fn inputs(&self) -> usize {
        self.ic.len().saturating_sub(1)
    }

    /// All numbers of the key, big-endian, in the order of [`new`](Self::new).
    pub fn packed(&self) -> Vec<u8> {
        let fixed = [&self.alpha[..], &self.beta, &self.gamma, &self.delta];
        [fixed.concat(), self.ic.concat()].concat()
    }

    /// Whether the proof is one for these public inputs. A proof can be changed into another that
    /// verifies for the same inputs, so its bytes say nothing about whether it was seen before.
    ///
    /// # Errors
    /// [`Reason::WrongInputCount`], [`Reason::InputOutOfField`], [`Reason::InvalidPoint`] or
    /// [`Reason::PrecompileFailed`]: the question makes no sense or could not be answered.
    pub fn verify(&self, proof: &[U256; 8], inputs: &[U256]) -> Result<bool, Refused> {
        if inputs.len() != self.inputs() {
            return Err(Refused::new(Reason::WrongInputCount, self.inputs() as u64));
        }
        // The precompile would take an input modulo the order, so that one statement had many inputs.
        if let Some(place) = inputs.iter().position(|input| *input >= ORDER) {
            return Err(Refused::new(Reason::InputOutOfField, place as u64));
        }
        let [a_x, a_y, b @ .., c_x, c_y] = *proof;
        let (b, c): (G2, G1) = (bytes(b), bytes([c_x, c_y]));
        if (a_x, a_y) == (U256::zero(), U256::zero()) || b == [0; 128] || c == INFINITY {
            return Err(Reason::InvalidPoint.into());
        }
        let opposite_y = FIELD.checked_sub(a_y).ok_or(Reason::InvalidPoint)?;
        let opposite_a: G1 = bytes([a_x, opposite_y]);
        let statement = self.statement(inputs)?;

        let pairs = [
            (&opposite_a, &b),
            (&self.alpha, &self.beta),
            (&statement, &self.gamma),
            (&c, &self.delta),
        ];
        // The key's points are good, so that only the proof's can be the ones that are refused.
        curve::pairing(&joined(&pairs)).map_err(|error| refused(error, Reason::InvalidPoint, 0))
    }

    /// The point that stands for the public inputs.
    fn statement(&self, inputs: &[U256]) -> Result<G1, Refused> {
        let mut points = self.ic.iter();
        let mut sum = *points.next().ok_or(Reason::PrecompileFailed)?;
        for (point, input) in points.zip(inputs).filter(|(_, input)| !input.is_zero()) {
            let term = finite(curve::mul(point, &input.to_big_endian()))?;
            sum = finite(curve::add(&sum, &term))?;
        }
        Ok(sum)
    }
}

/// A result of the precompiles that is not the point at infinity: no sound key leads there, so it
/// would mean that something failed unnoticed.
fn finite(result: Result<G1, PrecompileError>) -> Result<G1, Reason> {
    result
        .ok()
        .filter(|point| *point != INFINITY)
        .ok_or(Reason::PrecompileFailed)
}

fn require_g1(point: &G1, place: u64) -> Result<(), Refused> {
    let sum =
        curve::add(point, &INFINITY).map_err(|error| refused(error, Reason::InvalidKey, place))?;
    require_key(*point != INFINITY && sum == *point, place)
}

/// Pairs the point with opposite points, which gives one exactly for points of the group.
fn require_g2(point: &G2, place: u64) -> Result<(), Refused> {
    let generator = bytes([U256::one(), U256::from(2)]);
    let opposite = bytes([U256::one(), FIELD.saturating_sub(U256::from(2))]);
    let pairs = joined(&[(&generator, point), (&opposite, point)]);
    let cancels =
        curve::pairing(&pairs).map_err(|error| refused(error, Reason::InvalidKey, place))?;
    require_key(*point != [0; 128] && cancels, place)
}

fn require_key(valid: bool, place: u64) -> Result<(), Refused> {
    if valid {
        Ok(())
    } else {
        Err(Refused::new(Reason::InvalidKey, place))
    }
}

/// What it means that a precompile refuses its input, as opposed to failing.
fn refused(error: PrecompileError, reason: Reason, detail: u64) -> Refused {
    match error {
        PrecompileError::Refused => Refused::new(reason, detail),
        PrecompileError::Failed | PrecompileError::Length(_) => Reason::PrecompileFailed.into(),
    }
}

fn joined(pairs: &[(&G1, &G2)]) -> Vec<u8> {
    pairs
        .iter()
        .flat_map(|(left, right)| [&left[..], &right[..]])
        .flatten()
        .copied()
        .collect()
}

/// Words as bytes; `BYTES` is 32 times `WORDS`.
fn bytes<const WORDS: usize, const BYTES: usize>(words: [U256; WORDS]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (target, word) in bytes.as_chunks_mut::<32>().0.iter_mut().zip(words) {
        *target = word.to_big_endian();
    }
    bytes
}
