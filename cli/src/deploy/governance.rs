//! Who decides on a new network, and the rules it begins with.

use alloy::primitives::keccak256;
use alloy::sol_types::SolCall;
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, Submitter};
use serde::Deserialize;

use super::DeployError;
use crate::deployment::SourceDeployment;
use crate::rules::{Role, RuleText};

/// Who decides on a new network, and the rules it begins with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Governance {
    /// The committee's members; it is the regulator, and upgrades license and seats.
    pub members: Vec<MemberSection>,
    /// Weight of approvals that a decision needs.
    pub threshold: u32,
    /// Who may pause.
    #[serde(default)]
    pub guardians: Vec<Address>,
    /// Who signs clearances; Ethereum keys.
    #[serde(default)]
    pub compliance_signers: Vec<Address>,
    /// Who publishes the roots that proofs are about.
    #[serde(default)]
    pub publishers: Vec<Address>,
    /// Without a bundle for it, nothing is issued in a jurisdiction.
    #[serde(default)]
    pub bundles: Vec<BundleSection>,
}

/// A member of the committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberSection {
    pub account: Address,
    pub weight: u32,
}

/// The rules of a jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleSection {
    /// Country or subdivision; a country covers its subdivisions.
    pub jurisdiction: String,
    /// Where the rules come from; its hash is the bundle's id.
    pub name: String,
    /// As for `lex policy bundle set --rule`.
    #[serde(default)]
    pub rules: Vec<String>,
}

impl BundleSection {
    /// The call that publishes the bundle.
    ///
    /// # Errors
    /// When a rule cannot be read.
    pub fn call(&self) -> Result<Policy::setBundleCall, DeployError> {
        let rule = |text: &String| {
            text.parse::<RuleText>()
                .map(Policy::BundleRule::from)
                .map_err(|reason| DeployError::Bundle {
                    jurisdiction: self.jurisdiction.clone(),
                    reason,
                })
        };
        Ok(Policy::setBundleCall {
            jurisdiction: self.jurisdiction.clone(),
            bundleId: bundle_id(&self.name),
            rules: self.rules.iter().map(rule).collect::<Result<_, _>>()?,
        })
    }
}

/// The id of a bundle with this name.
#[must_use]
pub fn bundle_id(name: &str) -> B256 {
    keccak256(name.as_bytes())
}

impl Governance {
    /// Gives the roles and publishes the bundles. The submitter administers policy.
    pub(super) async fn establish(
        &self,
        submitter: &Submitter,
        source: &SourceDeployment,
    ) -> Result<(), DeployError> {
        let regulators = [source.committee];
        let holders = [
            (Role::Guardian, self.guardians.as_slice()),
            (Role::Signer, self.compliance_signers.as_slice()),
            (Role::Regulator, regulators.as_slice()),
            (Role::Publisher, self.publishers.as_slice()),
        ];
        let roles = holders.into_iter().flat_map(|(role, accounts)| {
            accounts.iter().map(move |account| {
                Policy::setRoleCall {
                    account: *account,
                    role: role.bit(),
                    held: true,
                }
                .abi_encode()
            })
        });
        let mut calls: Vec<(Address, Vec<u8>)> = roles.map(|call| (source.policy, call)).collect();
        for bundle in &self.bundles {
            calls.push((source.policy, bundle.call()?.abi_encode()));
        }
        let step = "giving the roles and publishing the bundles";
        for submitted in submitter.call_many(calls).await {
            submitted.map_err(|source| DeployError::Call { step, source })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_name_the_rule_that_cannot_be_read() {
        let section = BundleSection {
            jurisdiction: "US".into(),
            name: "first".into(),
            rules: vec!["forbid transfer".into(), "allow everything".into()],
        };
        let error = section.call().unwrap_err().to_string();
        assert!(error.contains("US") && error.contains("allow"), "{error}");
    }
}
