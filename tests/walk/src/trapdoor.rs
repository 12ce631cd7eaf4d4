//! Proofs of anything: Groth16 keys whose secrets are known, so that a walk needs no circuits.
//!
//! In every key beta and gamma are the generator of G2 and delta is its opposite; in every proof B is
//! that generator and C is the generator of G1. What Groth16 asks of a proof, written in exponents, is
//! then `a = alpha + statement - 1`, and `A` is all that there is to compute.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, U256, address, uint};
use lex_model::{Hash, MAX_INPUTS, Statement};

use crate::{
    Chain, Failure,
    values::{number, text},
};

/// The precompile that multiplies points of G1 (EIP-196).
const MULTIPLY: Address = address!("0000000000000000000000000000000000000007");

/// Order of the field of coordinates.
const FIELD: U256 = uint!(0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47_U256);

/// Order of the groups.
const ORDER: U256 = uint!(0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001_U256);

/// The generator of G1.
const G1: [U256; 2] = [
    U256::from_limbs([1, 0, 0, 0]),
    U256::from_limbs([2, 0, 0, 0]),
];

/// The generator of G2 (EIP-197), imaginary parts first.
const G2: [U256; 4] = [
    uint!(0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2_U256),
    uint!(0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed_U256),
    uint!(0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b_U256),
    uint!(0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa_U256),
];

/// The highest version of a circuit.
pub(crate) const MAX_VERSION: u32 = 20;

/// The circuits that a walk knows, from 1: one for each statement.
pub(crate) const CIRCUITS: [(u64, Statement); 2] =
    [(1, Statement::Membership), (2, Statement::Eligibility)];

/// How many public inputs a circuit has.
fn inputs(statement: Statement) -> usize {
    match statement {
        Statement::Membership => 4,
        Statement::Eligibility => MAX_INPUTS,
    }
}

/// The statement of a circuit, if there is such a circuit.
pub(crate) fn stated_by(circuit: u64) -> Option<Statement> {
    let known = CIRCUITS.iter().find(|(known, _)| *known == circuit);
    known.map(|(_, statement)| *statement)
}

/// The secrets of a key, as exponents: of alpha the version, of the points for public inputs the
/// numbers that follow it.
fn exponent(version: u32, place: usize) -> u64 {
    u64::from(version) + place as u64
}

/// What keys are made of: the first multiples of the generator of G1.
#[derive(Debug, Clone, Default)]
pub struct Trapdoor(Vec<[U256; 2]>);

impl Trapdoor {
    /// Has the chain compute the points.
    ///
    /// # Errors
    /// When it does not.
    pub fn new<C: Chain>(chain: &mut C) -> Result<Self, Failure> {
        let highest = exponent(MAX_VERSION, MAX_INPUTS);
        let multiples = (1..=highest).map(|factor| multiple(chain, U256::from(factor)));
        multiples.collect::<Result<_, _>>().map(Self)
    }

    /// The key of a circuit's version, as the verifier's `registerKey` takes it.
    ///
    /// # Panics
    /// When there is no such circuit or version.
    pub fn key(&self, circuit: u64, version: u32) -> Vec<DynSolValue> {
        let statement = stated_by(circuit).expect("a walk's circuit");
        let point = |place| self.0[exponent(version, place) as usize - 1];
        let [x_imaginary, x_real, y_imaginary, y_real] = G2;
        let opposite = [x_imaginary, x_real, FIELD - y_imaginary, FIELD - y_real];
        let ic = (0..=inputs(statement)).flat_map(point).map(words);
        vec![
            number(circuit),
            number(version.into()),
            text("a circuit"),
            fixed(&point(0)),
            fixed(&G2),
            fixed(&G2),
            fixed(&opposite),
            DynSolValue::Array(ic.collect()),
        ]
    }

    /// A proof under a version's key for these public inputs.
    ///
    /// # Errors
    /// When the chain does not compute it.
    pub fn prove<C: Chain>(
        chain: &mut C,
        version: u32,
        inputs: &[Hash],
    ) -> Result<[U256; 8], Failure> {
        let ahead = exponent(version, 0) + exponent(version, 0) - 1;
        let factor = (1..)
            .zip(inputs)
            .fold(U256::from(ahead), |sum, (place, input)| {
                let weight = U256::from(exponent(version, place));
                sum.add_mod(U256::from_be_bytes(*input).mul_mod(weight, ORDER), ORDER)
            });
        let [a_x, a_y] = multiple(chain, factor)?;
        let [x_imaginary, x_real, y_imaginary, y_real] = G2;
        let [c_x, c_y] = G1;
        Ok([a_x, a_y, x_imaginary, x_real, y_imaginary, y_real, c_x, c_y])
    }
}

fn multiple<C: Chain>(chain: &mut C, factor: U256) -> Result<[U256; 2], Failure> {
    let [x, y] = G1;
    let question = [x, y, factor].map(|word| word.to_be_bytes::<32>());
    let answer = chain.read(Address::ZERO, MULTIPLY, question.as_flattened())?;
    match <[u8; 64]>::try_from(&*answer) {
        Ok(point) => Ok([&point[..32], &point[32..]].map(U256::from_be_slice)),
        Err(_) => Err(Failure::Broken(format!("{MULTIPLY} answers {answer:?}"))),
    }
}

fn words(word: U256) -> DynSolValue {
    DynSolValue::Uint(word, 256)
}

fn fixed(words_of: &[U256]) -> DynSolValue {
    DynSolValue::FixedArray(words_of.iter().copied().map(words).collect())
}
