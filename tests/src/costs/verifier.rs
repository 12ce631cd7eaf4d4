//! The verifier's messages.

use anyhow::{Result, ensure};
use lex_client::abi::verifier::Verifier;
use lex_client::groth16::Proof;
use lex_test_prover::{Setup, word};

use super::bench::Bench;
use super::prover::Prover;
use super::world::World;
use crate::proof::{number, verifying_key};

/// Public inputs of the circuits, with how the rows are called.
const CIRCUITS: [(usize, &str); 3] = [(4, "4 inputs"), (NINE, "9 inputs"), (16, "16 inputs")];
/// Public inputs of the circuit that opens gates.
const NINE: usize = 9;
const VERSION: u32 = 1;
const NAME: &str = "Squares";

/// Measures the messages; what comes back proves with the key of nine inputs.
pub(super) async fn measure(bench: &mut Bench<'_>) -> Result<Prover> {
    let step = bench.progress.step("verifier");
    for (inputs, case) in CIRCUITS {
        register_and_verify(bench, inputs, case).await?;
    }
    let (world, at) = (bench.world, bench.verifier());
    let revoke = Verifier::revokeKeyCall {
        circuit: circuit(CIRCUITS[2].0),
        version: VERSION,
    };
    bench.call(at, &world.people.admin, &revoke).await?;
    let hand_over = Verifier::setAdminCall {
        admin: world.people.regulator.address(),
    };
    bench.call(at, &world.people.admin, &hand_over).await?;
    step.done("measured");

    let prover = Prover {
        setup: setup(NINE),
        circuit: circuit(NINE),
        version: VERSION,
    };
    prover.publish_roots(world).await?;
    Ok(prover)
}

async fn register_and_verify(
    bench: &mut Bench<'_>,
    inputs: usize,
    case: &'static str,
) -> Result<()> {
    let (world, at) = (bench.world, bench.verifier());
    let setup = setup(inputs);
    let register = verifying_key(&setup).register(circuit(inputs), VERSION, NAME);
    bench.case(at, &world.people.admin, &register, case).await?;
    let public: Vec<_> = (0..).map(word).take(inputs).collect();
    let proof = Proof(setup.prove(&public, 1).map(|word| number(&word)));
    let numbers = public.iter().map(number).collect();
    let verify = proof.verify(circuit(inputs), VERSION, numbers);
    require_valid(world, &verify).await?;
    bench.case(at, &world.people.holder, &verify, case).await?;
    Ok(())
}

/// A proof that does not hold may cost less.
async fn require_valid(world: &World, verify: &Verifier::verifyCall) -> Result<()> {
    let valid = world.read(world.deployment.verifier, verify).await?;
    ensure!(valid, "the verifier refuses a proof by arkworks");
    Ok(())
}

fn setup(inputs: usize) -> Setup {
    Setup::new(inputs, 1)
}

/// Each number of inputs is a circuit of its own.
fn circuit(inputs: usize) -> u64 {
    inputs as u64
}
