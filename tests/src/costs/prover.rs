//! The circuit whose proofs open gates: nine public inputs of LexEligibility's layout.

use anyhow::Result;
use lex_cli::evidence::ClaimedProof;
use lex_client::abi::policy::Policy;
use lex_client::{Address, U256};
use lex_model::{Claim, Gates, SoftwareKeccak, Statement, Subject};
use lex_test_prover::{Setup, word};

use super::bench::Bench;
use super::world::{World, no_rules};
use crate::YEAR;
use crate::proof::number;

/// The roots of the sets that proofs are about.
const ROOTS: [u64; 3] = [11, 12, 13];

/// Proves the statement of one circuit that the verifier knows.
pub(super) struct Prover {
    pub(super) setup: Setup,
    pub(super) circuit: u64,
    pub(super) version: u32,
}

impl Prover {
    /// Publishes the roots that its proofs are about.
    pub(super) async fn publish_roots(&self, world: &World) -> Result<()> {
        let valid_until = world.now().await? + YEAR;
        for (slot, root) in (0..).zip(ROOTS) {
            let call = Policy::setRootCall {
                circuit: self.circuit,
                slot,
                root: U256::from(root),
                validUntil: valid_until,
            };
            let publisher = &world.people.publisher;
            world
                .send(publisher, world.deployment.policy, &call)
                .await?;
        }
        Ok(())
    }

    /// Rules under which licenses come into force with a proof, and what else the gates ask for.
    pub(super) fn rules(&self, issue_gates: u8, committee: Address) -> Policy::TypeRules {
        Policy::TypeRules {
            gates: Policy::TypeGates {
                issue: issue_gates | Gates::PROOF,
                ..Policy::TypeGates::default()
            },
            committee,
            circuit: self.circuit,
            circuitVersion: self.version,
            statement: Statement::Eligibility as u8,
            ..no_rules()
        }
    }

    /// A proof that is bound to what is asked for.
    pub(super) async fn prove(
        &self,
        bench: &mut Bench<'_>,
        subject: &Subject,
    ) -> Result<ClaimedProof> {
        let nullifier = bench.unused();
        let claim = Claim {
            nullifier: nullifier.to_be_bytes(),
            roots: ROOTS.map(word),
            proven_at: bench.world.now().await?,
        };
        let (inputs, count) = subject.inputs::<SoftwareKeccak>(Statement::Eligibility, &claim);
        let points = self.setup.prove(&inputs[..count], 1);
        Ok(ClaimedProof {
            points: points.map(|word| number(&word)),
            nullifier,
            roots: ROOTS.map(U256::from),
            proven_at: claim.proven_at,
        })
    }
}
