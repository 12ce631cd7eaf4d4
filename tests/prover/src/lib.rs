//! Groth16 proofs on BN254 with any number of public inputs, by arkworks: for tests and benchmarks of
//! whatever verifies proofs. The statement is empty of meaning ("I know the square of every public
//! input"), but it binds every input, so that no proof fits other inputs. One circuit has a meaning:
//! [`score`] is LEX's score formula.
//!
//! Numbers are big-endian and in the order of Solidity calldata: the imaginary part of a G2
//! coordinate first. The setup's secrets come from a seed, so its keys are worth nothing.
//!
//! ```
//! use lex_test_prover::{Setup, word};
//!
//! let setup = Setup::new(2, 1);
//! let inputs = [word(42), word(7)];
//! let proof = setup.prove(&inputs, 1);
//! assert!(setup.verify(&proof, &inputs));
//! assert!(!setup.verify(&proof, &[word(42), word(8)]));
//! ```

pub mod score;

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ff::{BigInteger, PrimeField};
use ark_groth16::{Groth16, Proof, ProvingKey, prepare_verifying_key};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError,
};
use ark_std::rand::{SeedableRng, rngs::StdRng};

/// A number of 256 bits, big-endian.
pub type Word = [u8; 32];

/// A small number as a word.
pub fn word(value: u64) -> Word {
    let mut word = [0; 32];
    word[24..].copy_from_slice(&value.to_be_bytes());
    word
}

/// A verifying key in the order of the verifier contract's `registerKey`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    pub alpha: [Word; 2],
    pub beta: [Word; 4],
    pub gamma: [Word; 4],
    pub delta: [Word; 4],
    /// Two numbers for each point, one point more than there are public inputs.
    pub ic: Vec<Word>,
}

/// The keys of a circuit with a certain number of public inputs.
pub struct Setup {
    key: ProvingKey<Bn254>,
}

impl Setup {
    /// Makes the keys; the same seed makes the same keys.
    ///
    /// # Panics
    /// When arkworks cannot make them, which no number of inputs causes.
    pub fn new(inputs: usize, seed: u64) -> Self {
        let circuit = Squares(vec![Fr::from(0u64); inputs]);
        let mut random = StdRng::seed_from_u64(seed);
        let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(circuit, &mut random)
            .expect("the circuit is complete");
        Self { key }
    }

    /// The key that verifies this setup's proofs.
    pub fn verifying_key(&self) -> VerifyingKey {
        let key = &self.key.vk;
        VerifyingKey {
            alpha: g1(&key.alpha_g1),
            beta: g2(&key.beta_g2),
            gamma: g2(&key.gamma_g2),
            delta: g2(&key.delta_g2),
            ic: key.gamma_abc_g1.iter().flat_map(g1).collect(),
        }
    }

    /// Proves the statement for these inputs, each below the order of the field. Each seed makes
    /// another proof of the same.
    ///
    /// # Panics
    /// When the number of inputs is not the setup's.
    pub fn prove(&self, inputs: &[Word], seed: u64) -> [Word; 8] {
        assert_eq!(inputs.len() + 1, self.key.vk.gamma_abc_g1.len());
        let circuit = Squares(numbers(inputs));
        let mut random = StdRng::seed_from_u64(seed);
        let proof =
            Groth16::<Bn254>::create_random_proof_with_reduction(circuit, &self.key, &mut random)
                .expect("every number has a square");
        let [a_x, a_y] = g1(&proof.a);
        let [b_xi, b_xr, b_yi, b_yr] = g2(&proof.b);
        let [c_x, c_y] = g1(&proof.c);
        [a_x, a_y, b_xi, b_xr, b_yi, b_yr, c_x, c_y]
    }

    /// What arkworks thinks of a proof: a second opinion beside the contract's.
    pub fn verify(&self, proof: &[Word; 8], inputs: &[Word]) -> bool {
        let [a_x, a_y, b_xi, b_xr, b_yi, b_yr, c_x, c_y] = proof.map(|word| coordinate(&word));
        let proof = Proof::<Bn254> {
            a: G1Affine::new_unchecked(a_x, a_y),
            b: G2Affine::new_unchecked(Fq2::new(b_xr, b_xi), Fq2::new(b_yr, b_yi)),
            c: G1Affine::new_unchecked(c_x, c_y),
        };
        let valid = proof.a.is_on_curve()
            && proof.b.is_on_curve()
            && proof.b.is_in_correct_subgroup_assuming_on_curve()
            && proof.c.is_on_curve();
        let key = prepare_verifying_key(&self.key.vk);
        valid && Groth16::<Bn254>::verify_proof(&key, &proof, &numbers(inputs)) == Ok(true)
    }
}

/// The public inputs; the witness is the square of each.
struct Squares(Vec<Fr>);

impl ConstraintSynthesizer<Fr> for Squares {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        for value in self.0 {
            let input = LinearCombination::from(system.new_input_variable(|| Ok(value))?);
            let square =
                LinearCombination::from(system.new_witness_variable(|| Ok(value * value))?);
            system.enforce_r1cs_constraint(|| input.clone(), || input.clone(), || square)?;
        }
        Ok(())
    }
}

fn numbers(inputs: &[Word]) -> Vec<Fr> {
    inputs
        .iter()
        .map(|input| Fr::from_be_bytes_mod_order(input))
        .collect()
}

fn coordinate(word: &Word) -> Fq {
    Fq::from_be_bytes_mod_order(word)
}

fn coordinate_word(value: Fq) -> Word {
    let mut word = Word::default();
    word.copy_from_slice(&value.into_bigint().to_bytes_be());
    word
}

fn g1(point: &G1Affine) -> [Word; 2] {
    [point.x, point.y].map(coordinate_word)
}

fn g2(point: &G2Affine) -> [Word; 4] {
    let (x, y) = (point.x, point.y);
    [x.c1, x.c0, y.c1, y.c0].map(coordinate_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_decide_everything() {
        let (setup, again, other) = (Setup::new(9, 1), Setup::new(9, 1), Setup::new(9, 2));
        assert_eq!(setup.verifying_key(), again.verifying_key());
        assert_ne!(setup.verifying_key(), other.verifying_key());
        assert_eq!(setup.verifying_key().ic.len(), 20);

        let inputs: Vec<_> = (0..9).map(word).collect();
        let proof = setup.prove(&inputs, 1);
        assert_eq!(proof, again.prove(&inputs, 1));
        let second = setup.prove(&inputs, 2);
        assert_ne!(proof, second, "another proof of the same");
        assert!(setup.verify(&second, &inputs));
        assert!(!other.verify(&proof, &inputs), "under another key");
    }

    #[test]
    fn every_input_is_bound() {
        let setup = Setup::new(9, 1);
        let inputs: Vec<_> = (0..9).map(word).collect();
        let proof = setup.prove(&inputs, 1);
        for place in 0..9 {
            let mut changed = inputs.clone();
            changed[place] = word(100);
            assert!(!setup.verify(&proof, &changed), "input {place}");
        }
    }
}
