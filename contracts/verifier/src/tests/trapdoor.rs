//! A key whose secrets are known: proofs of anything, without a circuit.

use bn::{AffineG1, AffineG2, Fq, Fr, G1, G2, Group};
use ink::U256;

use super::{KeyNumbers, ProofNumbers};

/// The exponents of a verifying key.
pub(super) struct Trapdoor {
    alpha: Fr,
    beta: Fr,
    gamma: Fr,
    delta: Fr,
    ic: Vec<Fr>,
}

pub(super) fn number(value: u64) -> Fr {
    scalar(U256::from(value))
}

pub(super) fn scalar(value: U256) -> Fr {
    Fr::from_slice(&value.to_big_endian()).expect("32 bytes")
}

impl Trapdoor {
    /// For a circuit with so many public inputs.
    pub(super) fn new(inputs: u64) -> Self {
        Self {
            alpha: number(3),
            beta: number(5),
            gamma: number(7),
            delta: number(11),
            ic: (0..=inputs).map(|place| number(13 + place)).collect(),
        }
    }

    pub(super) fn key(&self) -> KeyNumbers {
        KeyNumbers {
            alpha: g1(G1::one() * self.alpha),
            beta: g2(G2::one() * self.beta),
            gamma: g2(G2::one() * self.gamma),
            delta: g2(G2::one() * self.delta),
            ic: self
                .ic
                .iter()
                .flat_map(|point| g1(G1::one() * *point))
                .collect(),
        }
    }

    /// A proof for any inputs below the order: `A = aG`, `B = bH` with any `a` and `b`, and `C` such
    /// that `ab = alpha beta + statement gamma + c delta`.
    pub(super) fn prove(&self, inputs: &[U256]) -> ProofNumbers {
        let (a, b) = (number(17), number(19));
        let statement = self.ic[1..]
            .iter()
            .zip(inputs)
            .fold(self.ic[0], |sum, (point, input)| {
                sum + *point * scalar(*input)
            });
        let c = (a * b - self.alpha * self.beta - statement * self.gamma)
            * self.delta.inverse().expect("not zero");
        let ([a_x, a_y], [c_x, c_y]) = (g1(G1::one() * a), g1(G1::one() * c));
        let [b_xi, b_xr, b_yi, b_yr] = g2(G2::one() * b);
        ProofNumbers {
            proof: [a_x, a_y, b_xi, b_xr, b_yi, b_yr, c_x, c_y],
            inputs: inputs.to_vec(),
        }
    }
}

fn coordinate(value: Fq) -> U256 {
    let mut bytes = [0; 32];
    value.to_big_endian(&mut bytes).expect("32 bytes");
    U256::from_big_endian(&bytes)
}

pub(super) fn g1(point: G1) -> [U256; 2] {
    let point = AffineG1::from_jacobian(point).expect("not infinity");
    [coordinate(point.x()), coordinate(point.y())]
}

pub(super) fn g2(point: G2) -> [U256; 4] {
    let point = AffineG2::from_jacobian(point).expect("not infinity");
    let (x, y) = (point.x(), point.y());
    [x.imaginary(), x.real(), y.imaginary(), y.real()].map(coordinate)
}

fn field(value: U256) -> Fq {
    Fq::from_slice(&value.to_big_endian()).expect("below the field's order")
}

/// Another proof of the same: `A` times a number, `B` divided by it.
pub(super) fn rerandomised(proof: &[U256; 8], factor: Fr) -> [U256; 8] {
    let [a_x, a_y, b_xi, b_xr, b_yi, b_yr, c_x, c_y] = *proof;
    let a = AffineG1::new(field(a_x), field(a_y)).expect("on the curve");
    let b_x = bn::Fq2::new(field(b_xr), field(b_xi));
    let b_y = bn::Fq2::new(field(b_yr), field(b_yi));
    let b = AffineG2::new(b_x, b_y).expect("in the group");
    let [a_x, a_y] = g1(G1::from(a) * factor);
    let [b_xi, b_xr, b_yi, b_yr] = g2(G2::from(b) * factor.inverse().expect("not zero"));
    [a_x, a_y, b_xi, b_xr, b_yi, b_yr, c_x, c_y]
}
