//! The verifier contract on the real node: real proofs of Semaphore, which people outside of LEX made
//! the keys for, and proofs by arkworks with as many public inputs as a policy's statement has.

use alloy::sol_types::SolValue;
use anyhow::{Context, Result};
use lex_cli::deploy::ContractCode;
use lex_cli::stack::find_contracts;
use lex_cli::target::repository;
use lex_client::abi::verifier::Verifier;
use lex_client::groth16::{Proof, VerifyingKey, public_inputs};
use lex_client::{Address, CallError, Signer, Submitter, U256};
use lex_model::Reason;
use lex_test_prover::{Setup, word};
use lex_tests::{System, number, verifying_key};
use serde_json::Value;

const SEMAPHORE: u64 = 1;
const SQUARES: u64 = 2;
/// Depths of Semaphore's trees; each has a key of its own.
const DEPTH_16: u32 = 16;
const DEPTH_17: u32 = 17;

#[tokio::test(flavor = "multi_thread")]
async fn real_proofs_are_verified_on_chain() -> Result<()> {
    let system = System::start().await?;
    let code = ContractCode::read(&find_contracts(&repository())?)?.verifier;
    let admin = &system.admin;
    let (verifier, _) = admin.deploy(code, admin.address().abi_encode()).await?;
    let stranger = system.network.submitter(Signer::from_uri("//Charlie")?)?;
    let contract = Contract { admin, verifier };

    contract.keys_are_governed(&stranger).await?;
    contract.proofs_of_semaphore_verify().await?;
    contract.malformed_questions_are_refused().await?;
    contract.proofs_of_nine_inputs_verify().await?;
    contract.revoked_keys_verify_nothing().await?;
    system.stack.stop().await;
    Ok(())
}

/// The contract and who governs it.
struct Contract<'a> {
    admin: &'a Submitter,
    verifier: Address,
}

impl Contract<'_> {
    async fn keys_are_governed(&self, stranger: &Submitter) -> Result<()> {
        let (depth_16, depth_17) = (semaphore_key(0)?, semaphore_key(1)?);
        let register = depth_16.register(SEMAPHORE, DEPTH_16, "Semaphore v4");
        let refused = stranger.call(self.verifier, &register).await;
        assert_eq!(reason(refused)?, Reason::NotAdmin);

        let mut outside = register.clone();
        outside.beta = outside_the_group()?;
        assert_eq!(self.refused(&outside).await?, Reason::InvalidKey);
        let mut unfinished = register.clone();
        unfinished.delta = unfinished.gamma;
        assert_eq!(self.refused(&unfinished).await?, Reason::InvalidKey);
        let mut off_curve = register.clone();
        off_curve.ic[3] += U256::from(1);
        assert_eq!(self.refused(&off_curve).await?, Reason::InvalidKey);

        self.admin.call(self.verifier, &register).await?;
        assert_eq!(self.refused(&register).await?, Reason::KeyExists);
        let register = depth_17.register(SEMAPHORE, DEPTH_17, "Semaphore v4");
        self.admin.call(self.verifier, &register).await?;

        let (circuit, version) = (SEMAPHORE, DEPTH_16);
        let pinned = Verifier::keyHashCall { circuit, version };
        assert_eq!(self.read(&pinned).await?, depth_16.hash());
        let inputs = Verifier::inputCountCall { circuit, version };
        assert_eq!(self.read(&inputs).await?, 4);
        assert_eq!(
            self.read(&Verifier::latestCall { circuit }).await?,
            DEPTH_17
        );
        Ok(())
    }

    async fn proofs_of_semaphore_verify(&self) -> Result<()> {
        for (place, own, other) in [(0, DEPTH_16, DEPTH_17), (2, DEPTH_17, DEPTH_16)] {
            let (proof, inputs) = semaphore_proof(place)?;
            let verify = proof.verify(SEMAPHORE, own, inputs.clone());
            assert!(self.read(&verify).await?);
            let under_other_key = proof.verify(SEMAPHORE, other, inputs);
            assert!(!self.read(&under_other_key).await?);
        }
        let (proof, inputs) = semaphore_proof(0)?;
        for place in 0..inputs.len() {
            let mut changed = inputs.clone();
            changed[place] ^= U256::from(1);
            let verify = proof.verify(SEMAPHORE, DEPTH_16, changed);
            assert!(!self.read(&verify).await?, "input {place}");
        }
        self.report("4 inputs", &proof.verify(SEMAPHORE, DEPTH_16, inputs))
            .await
    }

    async fn malformed_questions_are_refused(&self) -> Result<()> {
        let (good, inputs) = semaphore_proof(0)?;
        let ask =
            |proof: Proof, inputs: &[U256]| proof.verify(SEMAPHORE, DEPTH_16, inputs.to_vec());

        let mut alias = inputs.clone();
        alias[1] += order();
        let refusal = self.refusal(&ask(good, &alias)).await?;
        assert_eq!(refusal.reason(), Some(Reason::InputOutOfField));
        assert_eq!(refusal.detail, U256::from(1));
        let refusal = self.refusal(&ask(good, &inputs[..3])).await?;
        assert_eq!(refusal.reason(), Some(Reason::WrongInputCount));
        assert_eq!(refusal.detail, U256::from(4));

        let changed = |place: usize, values: &[U256]| {
            let mut proof = good;
            proof.0[place..place + values.len()].copy_from_slice(values);
            proof
        };
        let [_, _, b0, b1, b2, b3, ..] = good.0;
        for bad in [
            changed(0, &[good.0[0] + U256::from(1)]),
            changed(7, &[good.0[7] + U256::from(1)]),
            changed(2, &outside_the_group()?),
            changed(2, &[b1, b0, b3, b2]),
            changed(0, &[U256::ZERO; 2]),
            changed(2, &[U256::ZERO; 4]),
            changed(6, &[U256::ZERO; 2]),
            changed(1, &[U256::MAX]),
        ] {
            let refusal = self.refusal(&ask(bad, &inputs)).await?;
            assert_eq!(refusal.reason(), Some(Reason::InvalidPoint), "{bad:?}");
        }
        let unknown = good.verify(SEMAPHORE, 1, inputs);
        let refusal = self.refusal(&unknown).await?;
        assert_eq!(refusal.reason(), Some(Reason::UnknownCircuit));
        Ok(())
    }

    async fn proofs_of_nine_inputs_verify(&self) -> Result<()> {
        let setup = Setup::new(9, 1);
        let key = verifying_key(&setup);
        let register = key.register(SQUARES, 1, "Squares");
        self.admin.call(self.verifier, &register).await?;

        let inputs: Vec<_> = (0..9).map(word).collect();
        let numbers = inputs.iter().map(number).collect::<Vec<_>>();
        for seed in [1, 2] {
            let proof = Proof(setup.prove(&inputs, seed).map(|word| number(&word)));
            let verify = proof.verify(SQUARES, 1, numbers.clone());
            assert!(self.read(&verify).await?, "proof {seed} of the same");
            for place in 0..9 {
                let mut changed = numbers.clone();
                changed[place] = U256::from(100);
                let verify = proof.verify(SQUARES, 1, changed);
                assert!(!self.read(&verify).await?, "input {place}");
            }
            self.report("9 inputs", &verify).await?;
        }
        Ok(())
    }

    async fn revoked_keys_verify_nothing(&self) -> Result<()> {
        let (circuit, version) = (SEMAPHORE, DEPTH_17);
        let revoke = Verifier::revokeKeyCall { circuit, version };
        self.admin.call(self.verifier, &revoke).await?;
        let (proof, inputs) = semaphore_proof(2)?;
        let refusal = self
            .refusal(&proof.verify(circuit, version, inputs))
            .await?;
        assert_eq!(refusal.reason(), Some(Reason::KeyRevoked));
        let again = semaphore_key(1)?.register(circuit, version, "Semaphore v4");
        assert_eq!(self.refused(&again).await?, Reason::KeyExists);
        assert_eq!(
            self.read(&Verifier::latestCall { circuit }).await?,
            DEPTH_16
        );
        Ok(())
    }

    async fn read<C: alloy::sol_types::SolCall>(&self, call: &C) -> Result<C::Return> {
        let source = self.admin.source();
        Ok(source
            .read(None, self.verifier, self.admin.address(), call)
            .await?)
    }

    /// The refusal of a read.
    async fn refusal<C: alloy::sol_types::SolCall>(&self, call: &C) -> Result<lex_client::Refusal> {
        match self.read(call).await {
            Ok(_) => anyhow::bail!("not refused"),
            Err(error) => match error.downcast::<CallError>()? {
                CallError::Refused(refusal) => Ok(refusal),
                other => Err(other.into()),
            },
        }
    }

    /// The reason why a call by the admin is refused.
    async fn refused<C: alloy::sol_types::SolCall>(&self, call: &C) -> Result<Reason> {
        reason(self.admin.call(self.verifier, call).await)
    }

    /// Prints what a transaction costs that verifies this proof.
    async fn report(&self, label: &str, verify: &Verifier::verifyCall) -> Result<()> {
        let submitted = self.admin.call(self.verifier, verify).await?;
        let (weight, fee) = (submitted.cost.weight, submitted.cost.fee);
        let (time, proof) = (weight.ref_time, weight.proof_size);
        println!("verify, {label}: ref_time {time} ps, proof size {proof} bytes, fee {fee}");
        Ok(())
    }
}

fn reason<T: std::fmt::Debug>(result: Result<T, CallError>) -> Result<Reason> {
    match result {
        Err(CallError::Refused(refusal)) => refusal.reason().context("unknown code"),
        Err(other) => Err(other.into()),
        Ok(done) => anyhow::bail!("not refused: {done:?}"),
    }
}

fn vectors() -> Result<Value> {
    Ok(serde_json::from_str(include_str!(
        "../../contracts/vectors/groth16.json"
    ))?)
}

fn semaphore_key(place: usize) -> Result<VerifyingKey> {
    let file = vectors()?["keys"][place]["key"].to_string();
    Ok(VerifyingKey::from_snarkjs(&file)?)
}

fn semaphore_proof(place: usize) -> Result<(Proof, Vec<U256>)> {
    let vector = &vectors()?["proofs"][place];
    let proof = Proof::from_snarkjs(&vector["proof"].to_string())?;
    Ok((proof, public_inputs(&vector["public"].to_string())?))
}

/// A point on the twist that is not in the group.
fn outside_the_group() -> Result<[U256; 4]> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../contracts/vectors/groth16_curve.json"))?;
    let bytes = alloy::primitives::hex::decode(vectors["outside"].as_str().context("text")?)?;
    let numbers: Vec<_> = bytes.chunks(32).map(U256::from_be_slice).collect();
    <[U256; 4]>::try_from(numbers).ok().context("four numbers")
}

/// Order of the field of public inputs.
fn order() -> U256 {
    alloy::primitives::uint!(
        21888242871839275222246405745257275088548364400416034343698204186575808495617_U256
    )
}
