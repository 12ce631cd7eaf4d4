//! Types whose actions must pass gates, and what opens them.

use alloy::signers::local::PrivateKeySigner;
use anyhow::Result;
use lex_cli::evidence::{Cleared, Evidence, SignedClearance, Verdict, fresh_nonce};
use lex_cli::holding::{Keeper, Kept};
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, U256};
use lex_model::ActionKind;

use crate::exchange::TypeTerms;
use crate::system::System;

/// How long the clearances of tests count, in seconds.
const CLEARANCE_FOR: u64 = 600;

/// What a test's clearance says; the rest follows from the license as it stands.
pub struct ClearanceTerms {
    pub score: u16,
    /// Unix seconds; `None` for some time from now.
    pub expires_at: Option<u64>,
    /// Who signs; `None` for the stack's compliance signer.
    pub signer: Option<PrivateKeySigner>,
}

impl Default for ClearanceTerms {
    fn default() -> Self {
        Self {
            score: 900,
            expires_at: None,
            signer: None,
        }
    }
}

impl System {
    /// Creates a type of usual terms with gates, which are bits of `lex_model::Gates`; its committee
    /// is the stack's.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn gated_type(&self, issue: u8, transfer: u8, minimum_score: u16) -> Result<u64> {
        let license_type = self.license_type(TypeTerms::default()).await?;
        let rules = Policy::TypeRules {
            gates: Policy::TypeGates {
                issue,
                transfer,
                ..Policy::TypeGates::default()
            },
            committee: self.network.committee(),
            minimumScore: minimum_score,
            circuit: 0,
            circuitVersion: 0,
            statement: 0,
            royalty: 0,
            royaltyReceiver: Address::ZERO,
            parentType: 0,
        };
        let set = Policy::setTypeRulesCall {
            licenseType: license_type,
            rules,
        };
        self.admin.call(self.network.policy(), &set).await?;
        Ok(license_type)
    }

    /// The license as its contract has it.
    ///
    /// # Errors
    /// When there is none.
    pub async fn kept(&self, license: U256) -> Result<Kept> {
        Keeper::License.find(&self.network, license).await
    }

    /// The call that activates a license as it stands.
    ///
    /// # Errors
    /// When there is none.
    pub async fn activation(
        &self,
        license: U256,
        evidence: &Evidence,
    ) -> Result<License::activateCall> {
        let kept = self.kept(license).await?;
        Ok(License::activateCall {
            tokenId: license,
            holder: kept.holder,
            licenseType: kept.license_type,
            validFrom: kept.term.valid_from,
            validUntil: kept.term.valid_until,
            metadataHash: kept.metadata_hash,
            evidence: evidence.into(),
        })
    }

    /// A clearance of an activation by the issuer, or of a transfer by the holder to `to`.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn clearance(
        &self,
        license: U256,
        to: Option<Address>,
        terms: ClearanceTerms,
    ) -> Result<SignedClearance> {
        let kept = self.kept(license).await?;
        let holder = kept.holder;
        let cleared = Cleared {
            contract: self.network.license(),
            kind: to.map_or(ActionKind::Activate, |_| ActionKind::Transfer),
            caller: to.map_or(kept.issuer, |_| holder),
            token_id: license,
            version: kept.version,
            license_type: kept.license_type,
            jurisdiction: kept.jurisdiction,
            holder,
            to: to.unwrap_or(holder),
            amount: 1,
            valid_from: kept.term.valid_from,
            valid_until: kept.term.valid_until,
            content: to.map_or(kept.metadata_hash, |_| B256::ZERO),
        };
        let now = self.network.now().await?;
        let verdict = Verdict {
            score: terms.score,
            rules_version: self
                .network
                .rules_version(cleared.license_type, cleared.jurisdiction)
                .await?,
            expires_at: terms.expires_at.unwrap_or(now + CLEARANCE_FOR),
        };
        let compliance = &self.stack.keys().compliance_signer.signer;
        let signer = terms.signer.as_ref().unwrap_or(compliance);
        Ok(cleared.sign(&self.network, verdict, fresh_nonce(), signer)?)
    }
}
