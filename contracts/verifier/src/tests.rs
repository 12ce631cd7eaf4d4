//! Tests on the crate that the chain's precompiles use: real proofs from outside, and keys whose
//! secrets are known, so that a proof of anything can be made.

mod keys;
mod proofs;
mod trapdoor;

use ink::{Address, U256, env::test, sol::FixedBytes};
use lex_model::Reason;
use lex_policy_interface::Refused;
use serde_json::Value;

use crate::verifier::Verifier;

/// The circuit that the tests register keys for.
const CIRCUIT: u64 = 7;

fn admin() -> Address {
    test::default_accounts().alice
}

fn verifier() -> Verifier {
    test::set_caller(admin());
    Verifier::new(admin()).expect("the admin is an account")
}

/// A key as `registerKey` takes it.
#[derive(Debug, Clone)]
struct KeyNumbers {
    alpha: [U256; 2],
    beta: [U256; 4],
    gamma: [U256; 4],
    delta: [U256; 4],
    ic: Vec<U256>,
}

impl KeyNumbers {
    fn register(&self, verifier: &mut Verifier, version: u32) -> Result<(), Refused> {
        let Self {
            alpha,
            beta,
            gamma,
            delta,
            ic,
        } = self.clone();
        verifier.register_key(
            CIRCUIT,
            version,
            "Circuit".into(),
            alpha,
            beta,
            gamma,
            delta,
            ic,
        )
    }
}

/// A proof and the public inputs that it is for.
#[derive(Debug, Clone)]
struct ProofNumbers {
    proof: [U256; 8],
    inputs: Vec<U256>,
}

impl ProofNumbers {
    fn verify(&self, verifier: &Verifier, version: u32) -> Result<bool, Refused> {
        verifier.verify(CIRCUIT, version, self.proof, self.inputs.clone())
    }
}

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../vectors/groth16.json")).expect("JSON")
}

fn word(value: &Value) -> U256 {
    U256::from_dec_str(value.as_str().expect("text")).expect("a number")
}

fn words(values: &Value) -> Vec<U256> {
    values
        .as_array()
        .expect("a list")
        .iter()
        .map(word)
        .collect()
}

/// Semaphore's key for a depth of 16 (place 0) or 17 (place 1).
fn semaphore_key(place: usize) -> KeyNumbers {
    let key = &vectors()["keys"][place]["key"];
    let g1 = |point: &Value| [word(&point[0]), word(&point[1])];
    let g2 = |point: &Value| {
        let [x, y] = [&point[0], &point[1]];
        [word(&x[1]), word(&x[0]), word(&y[1]), word(&y[0])]
    };
    KeyNumbers {
        alpha: g1(&key["vk_alpha_1"]),
        beta: g2(&key["vk_beta_2"]),
        gamma: g2(&key["vk_gamma_2"]),
        delta: g2(&key["vk_delta_2"]),
        ic: key["IC"]
            .as_array()
            .expect("a list")
            .iter()
            .flat_map(g1)
            .collect(),
    }
}

/// A proof by Semaphore's own prover: places 0 and 1 for a depth of 16, place 2 for one of 17.
fn semaphore_proof(place: usize) -> ProofNumbers {
    let vector = &vectors()["proofs"][place];
    ProofNumbers {
        proof: words(&vector["calldata"])
            .try_into()
            .expect("eight numbers"),
        inputs: words(&vector["public"]),
    }
}

/// A point on the twist that is not in the group.
fn outside_the_group() -> [U256; 4] {
    let vectors: Value =
        serde_json::from_str(include_str!("../../vectors/groth16_curve.json")).expect("JSON");
    let digits = &vectors["outside"].as_str().expect("text").as_bytes()[2..];
    let words = digits.chunks(64).map(|word| {
        let word = core::str::from_utf8(word).expect("digits");
        U256::from_str_radix(word, 16).expect("a number")
    });
    words.collect::<Vec<_>>().try_into().expect("four numbers")
}

fn refused<T: core::fmt::Debug>(result: Result<T, Refused>) -> (Reason, U256) {
    let refused = result.expect_err("refused");
    let reason = Reason::from_code(refused.code).expect("known code");
    (reason, refused.detail)
}

fn hash(bytes: [u8; 32]) -> FixedBytes<32> {
    FixedBytes(bytes)
}
