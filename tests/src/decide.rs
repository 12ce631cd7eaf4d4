//! Decisions of the stack's committee: one member proposes, another signs, anyone executes.

use std::str::FromStr;

use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result};
use lex_cli::committee::{CommitteeOf, Lane, contract_decision, proposed};
use lex_cli::stack::{COMMITTEE_CHECKER, COMMITTEE_MAKER};
use lex_client::abi::committee::Committee;
use lex_client::{B256, CallError, Signer, Submitted};
use lex_model::Decision;

use crate::system::System;

/// How long the decisions of tests count, in seconds.
const DECISION_FOR: u64 = 600;

impl System {
    /// Proposes a decision and has another member approve it, so that it can be executed. What it rests
    /// on, its nonce and its deadline are filled in.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn approved(&self, decision: Decision) -> Result<B256> {
        let committee = CommitteeOf::new(&self.network, self.network.committee());
        let maker = self.network.submitter(Signer::from_uri(COMMITTEE_MAKER)?)?;
        let decision = Decision {
            deadline: self.network.now().await? + DECISION_FOR,
            ..decision
        };
        let lane = Lane::of(&decision);
        let decision = committee.situated(decision, maker.address(), lane).await?;
        let propose = Committee::proposeCall {
            decision: contract_decision(&decision),
        };
        let submitted = maker.call(committee.address(), &propose).await?;
        let id = proposed(&submitted).context("no DecisionProposed event")?;

        let checker = PrivateKeySigner::from_str(COMMITTEE_CHECKER)?;
        let standing = committee.decision(id).await?;
        let approve = Committee::approveBySigCall {
            id,
            signer: checker.address(),
            signature: committee.sign(&standing.proposal, &checker)?,
        };
        maker.call(committee.address(), &approve).await?;
        Ok(id)
    }

    /// Executes an approved decision that no gate asks evidence for.
    ///
    /// # Errors
    /// As [`lex_client::Submitter::call`]; what the decision's target refuses comes through.
    pub async fn decide(&self, id: B256) -> Result<Submitted, CallError> {
        let execute = Committee::executeCall {
            id,
            evidence: (&lex_cli::evidence::Evidence::default()).into(),
        };
        self.issuer.call(self.network.committee(), &execute).await
    }
}
