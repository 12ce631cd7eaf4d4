//! The steps in which a committee and the compliance service bring a license into force.

use lex_client::abi::committee::Committee;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, U256};
use lex_model::{ActionKind, Decision, DecisionKind, Gates, Jurisdiction, Status};

use super::JourneyError;
use super::steps::{Journey, failed};
use crate::chain::ChainLicense;
use crate::committee::{CommitteeOf, Lane, contract_decision, proposed};
use crate::evidence::{Cleared, Evidence, Verdict, fresh_nonce};
use crate::output::short;

/// The smallest compliance score with which the journey's type is issued, of 1000.
const MINIMUM_SCORE: u16 = 600;
/// How long the decision and the clearance are good for, in seconds.
const DECISION_FOR: u64 = 86_400;
const CLEARANCE_FOR: u64 = 3_600;
/// What the compliance signer gives the holder, of 1000.
const SCORE: u16 = 870;

impl Journey<'_> {
    /// Issuing the type needs the committee's decision and a clearance.
    pub(super) async fn close_gates(&mut self) -> Result<(), JourneyError> {
        let call = Policy::setTypeRulesCall {
            licenseType: self.license_type,
            rules: Policy::TypeRules {
                gates: Policy::TypeGates {
                    issue: Gates::COMMITTEE | Gates::CLEARANCE,
                    ..Policy::TypeGates::default()
                },
                committee: self.network.committee(),
                minimumScore: MINIMUM_SCORE,
                circuit: 0,
                circuitVersion: 0,
                statement: 0,
                royalty: 0,
                royaltyReceiver: Address::ZERO,
                parentType: 0,
            },
        };
        let step = "gates set";
        let policy = self.network.policy();
        let submitted = self.admin.call(policy, &call).await.map_err(failed(step))?;
        let outcome = format!("issuing needs 2 of 3 and a score of {MINIMUM_SCORE}");
        self.record(step, outcome, &submitted).await
    }

    fn committee(&self) -> CommitteeOf<'_> {
        CommitteeOf::new(self.network, self.network.committee())
    }

    async fn license(&self, license: U256) -> Result<ChainLicense, JourneyError> {
        let now = self.network.now().await?;
        self.network
            .chain_license(license, now)
            .await
            .map_err(failed("reading the license"))?
            .ok_or_else(|| JourneyError::Place(format!("license {license} is gone")))
    }

    /// A member proposes that the license comes into force, which is its approval too.
    pub(super) async fn propose(&mut self, license: U256) -> Result<B256, JourneyError> {
        let step = "decision proposed";
        let found = self.license(license).await?;
        let decision = Decision {
            target: self.network.license().into_array(),
            token_id: license.to_be_bytes(),
            account: found.holder.into_array(),
            number: found.license_type,
            valid_from: found.valid_from,
            valid_until: found.valid_until,
            evidence: found.metadata_hash.0,
            deadline: self.network.now().await?.saturating_add(DECISION_FOR),
            ..Decision::empty(DecisionKind::Activate)
        };
        let lane = Lane::of(&decision);
        let proposer = self.maker.address();
        let situated = self.committee().situated(decision, proposer, lane).await;
        let decision = situated.map_err(failed(step))?;
        let call = Committee::proposeCall {
            decision: contract_decision(&decision),
        };
        let submitted = self
            .maker
            .call(self.network.committee(), &call)
            .await
            .map_err(failed(step))?;
        let id = proposed(&submitted).ok_or(JourneyError::NoEvent {
            step,
            event: "DecisionProposed",
        })?;
        let outcome = format!("activate license {license}: 1 of 2 approvals");
        self.record(step, outcome, &submitted).await?;
        Ok(id)
    }

    /// Another member signs the decision with its Ethereum key; the issuer brings the signature.
    pub(super) async fn approve(&mut self, id: B256) -> Result<(), JourneyError> {
        let step = "approved by key";
        let standing = self.committee().decision(id).await.map_err(failed(step))?;
        let checker = &self.people.checker;
        let signature = self
            .committee()
            .sign(&standing.proposal, checker)
            .map_err(unsigned("the approval"))?;
        let call = Committee::approveBySigCall {
            id,
            signer: checker.address(),
            signature,
        };
        let outcome = format!("{} signed: 2 of 2 approvals", short(&checker.address()));
        let submitted = self
            .issuer
            .call(self.network.committee(), &call)
            .await
            .map_err(failed(step))?;
        self.record(step, outcome, &submitted).await
    }

    /// The holder, who may as anyone may, has the decision executed with a clearance.
    pub(super) async fn execute(&mut self, license: U256, id: B256) -> Result<(), JourneyError> {
        let step = "activated";
        let found = self.license(license).await?;
        let jurisdiction = Jurisdiction::parse(found.jurisdiction.raw())
            .map_err(|_| JourneyError::Place(found.jurisdiction.to_string()))?;
        let cleared = Cleared {
            contract: self.network.license(),
            kind: ActionKind::Activate,
            caller: self.network.committee(),
            token_id: license,
            version: found.version,
            license_type: found.license_type,
            jurisdiction,
            holder: found.holder,
            to: found.holder,
            amount: 1,
            valid_from: found.valid_from,
            valid_until: found.valid_until,
            content: found.metadata_hash,
        };
        let verdict = Verdict {
            score: SCORE,
            rules_version: self
                .network
                .rules_version(cleared.license_type, cleared.jurisdiction)
                .await
                .map_err(failed(step))?,
            expires_at: self.network.now().await?.saturating_add(CLEARANCE_FOR),
        };
        let clearance = cleared
            .sign(
                self.network,
                verdict,
                fresh_nonce(),
                &self.people.compliance,
            )
            .map_err(unsigned("the clearance"))?;
        let evidence = Evidence {
            clearance: Some(clearance),
            proof: None,
        };
        let call = Committee::executeCall {
            id,
            evidence: (&evidence).into(),
        };
        let submitted = self
            .holder
            .call(self.network.committee(), &call)
            .await
            .map_err(failed(step))?;
        let outcome = format!("license {license}: cleared with {SCORE}; mirror says Active");
        self.record(step, outcome, &submitted).await?;
        self.expect_mirror(step, license, Status::Active).await
    }
}

fn unsigned(what: &'static str) -> impl Fn(alloy::signers::Error) -> JourneyError {
    move |error| JourneyError::Signature {
        what,
        reason: error.to_string(),
    }
}
