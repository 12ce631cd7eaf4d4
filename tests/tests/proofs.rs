//! Real zero-knowledge proofs at the gate, on the real node: the chain verifies them in the transaction
//! that brings a license into force.

use anyhow::Result;
use lex_cli::evidence::{ClaimedProof, Evidence};
use lex_cli::stack::PUBLISHER;
use lex_client::abi::policy::Policy;
use lex_client::{Address, Signer, U256};
use lex_model::{
    Action, ActionKind, Claim, Gates, Reason, SoftwareKeccak, Statement, Status, Subject, TokenId,
    TypeKind,
};
use lex_test_prover::{Setup, word};
use lex_tests::{System, TypeTerms, YEAR, number, reason, verifying_key};

const CIRCUIT: u64 = 9;
const VERSION: u32 = 1;
/// The sets that proofs are about.
const ROOTS: [u64; 3] = [11, 12, 13];

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_opens_the_gate_for_what_it_proves_alone() -> Result<()> {
    let system = System::start().await?;
    let setup = Setup::new(9, 1);
    let license_type = proven_type(&system, &setup).await?;
    let issuer = system.issuer.address();
    let license = system.issue(license_type, issuer).await?;
    let other = system.issue(license_type, issuer).await?;

    refused(&system, license, None, Reason::ProofRequired).await?;
    let proof = prove(&system, &setup, license, 71).await?;
    refused(&system, other, Some(&proof), Reason::ProofInvalid).await?;
    let mut changed = proof;
    changed.nullifier += U256::from(1);
    refused(&system, license, Some(&changed), Reason::ProofInvalid).await?;
    let mut stale = proof;
    stale.roots[1] = U256::from(99);
    refused(&system, license, Some(&stale), Reason::RootUnknown).await?;

    activate(&system, license, Some(&proof)).await?;
    let now = system.network.now().await?;
    let found = system.network.chain_license(license, now).await?;
    assert_eq!(found.map(|found| found.status), Some(Status::Active.name()));

    // One identity brings one license of a type into force, whatever it proves.
    let again = prove(&system, &setup, other, 71).await?;
    refused(&system, other, Some(&again), Reason::NullifierUsed).await?;
    let fresh = prove(&system, &setup, other, 72).await?;
    activate(&system, other, Some(&fresh)).await?;
    system.stack.stop().await;
    Ok(())
}

/// A type whose licenses come into force with a proof, with its circuit and the sets' roots.
async fn proven_type(system: &System, setup: &Setup) -> Result<u64> {
    let network = &system.network;
    let key = verifying_key(setup).register(CIRCUIT, VERSION, "Eligibility");
    system.admin.call(network.verifier(), &key).await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    let rules = Policy::TypeRules {
        gates: Policy::TypeGates {
            issue: Gates::PROOF,
            ..Policy::TypeGates::default()
        },
        committee: Address::ZERO,
        minimumScore: 0,
        circuit: CIRCUIT,
        circuitVersion: VERSION,
        statement: Statement::Eligibility as u8,
        royalty: 0,
        royaltyReceiver: Address::ZERO,
        parentType: 0,
    };
    let set = Policy::setTypeRulesCall {
        licenseType: license_type,
        rules,
    };
    system.admin.call(network.policy(), &set).await?;
    let publisher = network.submitter(Signer::from_uri(PUBLISHER)?)?;
    for (slot, root) in (0..).zip(ROOTS) {
        let publish = Policy::setRootCall {
            circuit: CIRCUIT,
            slot,
            root: U256::from(root),
            validUntil: network.now().await? + YEAR,
        };
        publisher.call(network.policy(), &publish).await?;
    }
    Ok(license_type)
}

/// A proof of the identity with this nullifier for the activation of a license by its issuer.
async fn prove(
    system: &System,
    setup: &Setup,
    license: U256,
    nullifier: u64,
) -> Result<ClaimedProof> {
    let kept = system.kept(license).await?;
    let source = &system.network.deployment.source;
    let subject = Subject {
        chain_id: source.chain_id,
        policy: source.policy.into_array(),
        license: source.license.into_array(),
        token_id: TokenId(license.to_be_bytes()),
        // Nothing has happened to it since it was issued.
        version: 1,
        content: kept.metadata_hash.0,
        action: Action {
            kind: ActionKind::Activate,
            caller: kept.issuer.into_array(),
            issuer: kept.issuer.into_array(),
            holder: kept.holder.into_array(),
            to: kept.holder.into_array(),
            amount: 1,
            token_kind: TypeKind::Nft,
            license_type: kept.license_type,
            jurisdiction: kept.jurisdiction,
            status: Status::Pending,
            held: false,
            suspended_by_committee: false,
            term: kept.term,
            parent: None,
            at: 0,
        },
    };
    let claim = Claim {
        nullifier: word(nullifier),
        roots: ROOTS.map(word),
        proven_at: block_time(system).await?,
    };
    let (inputs, count) = subject.inputs::<SoftwareKeccak>(Statement::Eligibility, &claim);
    let points = setup.prove(&inputs[..count], 1);
    Ok(ClaimedProof {
        points: points.map(|word| number(&word)),
        nullifier: U256::from(nullifier),
        roots: ROOTS.map(U256::from),
        proven_at: claim.proven_at,
    })
}

/// The last block's time, which no contract takes for the future.
async fn block_time(system: &System) -> Result<u64> {
    let source = &system.network.source;
    let last = source.finalized().await?.number;
    Ok(source.block(last, &[]).await?.map_or(0, |block| block.time))
}

async fn refused(
    system: &System,
    license: U256,
    proof: Option<&ClaimedProof>,
    expected: Reason,
) -> Result<()> {
    let call = system.activation(license, &with(proof)).await?;
    let refused = system.call(&system.issuer, &call).await;
    assert_eq!(reason(refused)?, expected);
    Ok(())
}

async fn activate(system: &System, license: U256, proof: Option<&ClaimedProof>) -> Result<()> {
    let call = system.activation(license, &with(proof)).await?;
    system.call(&system.issuer, &call).await?;
    Ok(())
}

fn with(proof: Option<&ClaimedProof>) -> Evidence {
    Evidence {
        clearance: None,
        proof: proof.copied(),
    }
}
