//! The score formula as a circuit: "I know risks that give this score under these weights".
//!
//! The public inputs are the score, then the weights of all [`MAX_SIGNALS`] signals; missing ones
//! weigh 0. Weights are public, so it is for whoever verifies a proof to see that each is at most
//! [`lex_model::MAX_SIGNAL_WEIGHT`]. Everything else is in the constraints:
//!
//! - each risk is in 0..=100, and the score in 0..=1000;
//! - `10 * sum(weight * (100 - risk)) = score * sum(weight) + remainder`;
//! - the remainder is below the sum of the weights, so that the score is the quotient rounded down,
//!   and the weights do not sum up to 0.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, ConstraintSystemRef, LinearCombination,
    SynthesisError, Variable,
};
use lex_model::{MAX_RISK, MAX_SCORE, MAX_SIGNALS, Signal};

use crate::{Word, word};

/// Bits of a risk.
const RISK_BITS: usize = 7;
/// Bits of a score.
const SCORE_BITS: usize = 10;
/// Bits of a sum of weights: 8 * 10,000 is below 2^17.
const WEIGHTS_BITS: usize = 17;

/// What is proven about a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreCircuit {
    score: u16,
    signals: [Signal; MAX_SIGNALS],
}

impl ScoreCircuit {
    /// States that these signals have this score, whether they have or not; `None` for more than
    /// [`MAX_SIGNALS`].
    pub fn new(score: u16, signals: &[Signal]) -> Option<Self> {
        let mut all = [Signal::default(); MAX_SIGNALS];
        all.get_mut(..signals.len())?.copy_from_slice(signals);
        Some(Self {
            score,
            signals: all,
        })
    }

    /// The public inputs.
    pub fn inputs(&self) -> Vec<Word> {
        let weights = self.signals.iter().map(|signal| signal.weight);
        core::iter::once(self.score)
            .chain(weights)
            .map(|input| word(input.into()))
            .collect()
    }
}

/// Whether the circuit accepts this score of these signals.
pub fn is_satisfied(score: u16, signals: &[Signal]) -> bool {
    let Some(circuit) = ScoreCircuit::new(score, signals) else {
        return false;
    };
    let system = ConstraintSystem::<Fr>::new_ref();
    circuit
        .generate_constraints(system.clone())
        .and_then(|()| system.is_satisfied())
        == Ok(true)
}

impl ConstraintSynthesizer<Fr> for ScoreCircuit {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let builder = Builder(system);
        let score = builder.input(self.score)?;
        let mut weights = Vec::with_capacity(MAX_SIGNALS);
        for signal in &self.signals {
            weights.push(builder.input(signal.weight)?);
        }
        builder.require_up_to(&score, &Number::constant(MAX_SCORE), SCORE_BITS)?;

        let riskiest = Number::constant(MAX_RISK.into());
        let mut safety = Number::constant(0);
        let mut sum = Number::constant(0);
        for (signal, weight) in self.signals.iter().zip(&weights) {
            let risk = builder.witness(Fr::from(signal.risk))?;
            builder.require_up_to(&risk, &riskiest, RISK_BITS)?;
            safety = safety.plus(&builder.product(weight, &riskiest.minus(&risk))?);
            sum = sum.plus(weight);
        }

        let points = Fr::from(MAX_SCORE / u16::from(MAX_RISK));
        let quotient = builder.product(&score, &sum)?;
        let remainder = safety.times(points).minus(&quotient);
        let largest = sum.minus(&Number::constant(1));
        builder.require_up_to(&remainder, &largest, WEIGHTS_BITS)
    }
}

/// A number in the circuit: what it is made of, and its value.
struct Number {
    terms: LinearCombination<Fr>,
    value: Fr,
}

impl Number {
    fn constant(value: u16) -> Self {
        Self {
            terms: LinearCombination::from((Fr::from(value), Variable::one())),
            value: Fr::from(value),
        }
    }

    fn of_variable(variable: Variable, value: Fr) -> Self {
        Self {
            terms: LinearCombination::from(variable),
            value,
        }
    }

    fn plus(&self, other: &Self) -> Self {
        Self {
            terms: self.terms.clone() + other.terms.clone(),
            value: self.value + other.value,
        }
    }

    fn minus(&self, other: &Self) -> Self {
        Self {
            terms: self.terms.clone() - other.terms.clone(),
            value: self.value - other.value,
        }
    }

    fn times(&self, factor: Fr) -> Self {
        Self {
            terms: self.terms.clone() * factor,
            value: self.value * factor,
        }
    }
}

struct Builder(ConstraintSystemRef<Fr>);

impl Builder {
    fn input(&self, value: u16) -> Result<Number, SynthesisError> {
        let value = Fr::from(value);
        let variable = self.0.new_input_variable(|| Ok(value))?;
        Ok(Number::of_variable(variable, value))
    }

    fn witness(&self, value: Fr) -> Result<Number, SynthesisError> {
        let variable = self.0.new_witness_variable(|| Ok(value))?;
        Ok(Number::of_variable(variable, value))
    }

    fn product(&self, left: &Number, right: &Number) -> Result<Number, SynthesisError> {
        let product = self.witness(left.value * right.value)?;
        self.require_product(left, right, &product)?;
        Ok(product)
    }

    fn require_product(
        &self,
        left: &Number,
        right: &Number,
        product: &Number,
    ) -> Result<(), SynthesisError> {
        self.0.enforce_r1cs_constraint(
            || left.terms.clone(),
            || right.terms.clone(),
            || product.terms.clone(),
        )
    }

    /// Requires that a number has so many bits. Of one that has more, the lowest are tried.
    fn require_bits(&self, number: &Number, bits: usize) -> Result<(), SynthesisError> {
        let value = number.value.into_bigint();
        let mut sum = Number::constant(0);
        for place in 0..bits {
            let bit = self.witness(Fr::from(u16::from(value.get_bit(place))))?;
            self.require_product(&bit, &bit, &bit)?;
            sum = sum.plus(&bit.times(Fr::from(1u32 << place)));
        }
        self.require_product(&sum, &Number::constant(1), number)
    }

    /// Requires that a number lies between 0 and another, both of so many bits.
    fn require_up_to(
        &self,
        number: &Number,
        largest: &Number,
        bits: usize,
    ) -> Result<(), SynthesisError> {
        self.require_bits(number, bits)?;
        self.require_bits(&largest.minus(number), bits)
    }
}

#[cfg(test)]
mod tests {
    use ark_bn254::Bn254;
    use ark_groth16::{Groth16, prepare_verifying_key};
    use ark_std::rand::{Rng, SeedableRng, rngs::StdRng};
    use lex_model::{MAX_SIGNAL_WEIGHT, score};

    use super::*;
    use crate::numbers;

    const VECTORS: usize = 10_000;

    /// Signals in range, of which some do not count.
    fn any_signals(random: &mut StdRng) -> Vec<Signal> {
        let length = random.gen_range(1..=MAX_SIGNALS);
        (0..length)
            .map(|_| Signal {
                risk: random.gen_range(0..=MAX_RISK),
                weight: match random.gen_range(0..6) {
                    0 => 0,
                    1 => random.gen_range(1..10),
                    _ => random.gen_range(0..=MAX_SIGNAL_WEIGHT),
                },
            })
            .collect()
    }

    /// I28: the circuit accepts the score of the formula, and no other.
    #[test]
    fn i28_the_circuit_agrees_with_the_formula() {
        let mut random = StdRng::seed_from_u64(1);
        let mut agreed = 0;
        while agreed < VECTORS {
            let signals = any_signals(&mut random);
            let Ok(right) = score(&signals) else {
                assert!(!is_satisfied(0, &signals), "{signals:?} have no weight");
                continue;
            };
            assert!(is_satisfied(right, &signals), "{right} of {signals:?}");
            for wrong in [right.wrapping_sub(1), right + 1] {
                assert!(!is_satisfied(wrong, &signals), "{wrong} of {signals:?}");
            }
            agreed += 1;
        }
    }

    #[test]
    fn the_circuit_accepts_the_extremes_and_nothing_beyond() {
        let of = |risk, weight, count| vec![Signal { risk, weight }; count];
        for count in 1..=MAX_SIGNALS {
            assert!(is_satisfied(1000, &of(0, MAX_SIGNAL_WEIGHT, count)));
            assert!(is_satisfied(0, &of(100, MAX_SIGNAL_WEIGHT, count)));
        }
        for stated in (0..1_100).chain([u16::MAX]) {
            let satisfied = is_satisfied(stated, &of(50, 1, 1));
            assert_eq!(satisfied, stated == 500, "{stated}");
        }
        for risk in 101..=u8::MAX {
            assert!(!is_satisfied(0, &of(risk, 1, 1)), "{risk}");
        }
        assert!(!is_satisfied(0, &of(50, 0, 8)));
        assert!(!is_satisfied(0, &[]));
        assert!(!is_satisfied(500, &of(50, 1, 9)));
    }

    #[test]
    fn a_proof_fits_its_score_and_its_weights_only() {
        let mut random = StdRng::seed_from_u64(2);
        let blank = ScoreCircuit::new(0, &[]).expect("none fit");
        let key = Groth16::<Bn254>::generate_random_parameters_with_reduction(blank, &mut random)
            .expect("the circuit is complete");

        let signals = [(20, 3_000), (0, 10_000), (75, 1)];
        let signals = signals.map(|(risk, weight)| Signal { risk, weight });
        let right = score(&signals).expect("in range");
        let circuit = ScoreCircuit::new(right, &signals).expect("three fit");
        let proof =
            Groth16::<Bn254>::create_random_proof_with_reduction(circuit, &key, &mut random)
                .expect("the score is right");
        let key = prepare_verifying_key(&key.vk);
        let verifies = |circuit: &ScoreCircuit| {
            let inputs = numbers(&circuit.inputs());
            Groth16::<Bn254>::verify_proof(&key, &proof, &inputs) == Ok(true)
        };
        assert!(verifies(&circuit));

        let safer = ScoreCircuit::new(right + 1, &signals).expect("three fit");
        assert!(!verifies(&safer));
        let mut reweighed = signals;
        reweighed[2].weight = 2;
        let reweighed = ScoreCircuit::new(right, &reweighed).expect("three fit");
        assert!(!verifies(&reweighed));
    }
}
