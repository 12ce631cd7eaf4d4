//! Puts the contracts on both chains, unless they are there already.

mod code;
mod governance;
mod manifest;
mod mirror;
mod on_chain;
mod source;

use std::path::Path;

use alloy::signers::local::PrivateKeySigner;
use lex_client::{Address, CallError, SourceError, Submitter};
use thiserror::Error;

pub use self::code::{CodeError, ContractCode};
pub use self::governance::{BundleSection, Governance, MemberSection, bundle_id};
pub use self::manifest::MANIFEST;
pub use self::mirror::{deploy_mirror, ethereum};
pub use self::on_chain::{OtherCode, other_code};
pub use self::source::deploy_source;

use crate::deployment::Deployment;

/// What to do when a recorded contract is not what should be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMismatch {
    /// Development: the chain was lost or started anew; deploy again.
    Redeploy,
    /// Everything else: say so and change nothing.
    Refuse,
}

/// What a deployment step found or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Kept,
    Deployed,
}

/// A destination chain and what its mirror is to be deployed with.
#[derive(Clone, Debug)]
pub struct MirrorTarget {
    pub name: String,
    pub rpc_url: String,
    /// Pays for the deployment.
    pub deployer: PrivateKeySigner,
    pub owner: Address,
    /// May stop the mirror; zero for nobody.
    pub guardian: Address,
    /// Ascending.
    pub attesters: Vec<Address>,
    pub threshold: u8,
    /// Seconds.
    pub max_age: u64,
}

/// Why the contracts could not be deployed.
#[derive(Debug, Error)]
pub enum DeployError {
    #[error(transparent)]
    Code(#[from] CodeError),
    #[error("{step}")]
    Call {
        step: &'static str,
        source: CallError,
    },
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("{url} is not the URL of an Ethereum JSON-RPC")]
    Url { url: String },
    #[error("{step} on {name} failed: {reason}")]
    Mirror {
        step: &'static str,
        name: String,
        reason: String,
    },
    #[error("the bundle of {jurisdiction} is not usable: {reason}")]
    Bundle {
        jurisdiction: String,
        reason: String,
    },
    #[error("{what}; remove the entry from the deployment record to deploy a new contract")]
    Mismatch { what: String },
    #[error("the chain keeps other code than was sent, so nothing is recorded: {0}")]
    OtherCode(OtherCode),
}

/// The whole deployment of a network, existing parts kept, with what happened to each.
#[derive(Clone, Debug)]
pub struct Deployed {
    pub deployment: Deployment,
    pub source: Outcome,
    /// Contracts of a kept deployment whose code is not the compiled one: another version's.
    pub other_code: Vec<OtherCode>,
    /// In the order of the targets.
    pub mirrors: Vec<Outcome>,
}

/// Deploys what is missing of a network. The caller writes the record.
///
/// # Errors
/// [`CodeError`], and as for [`deploy_source`] and [`deploy_mirror`].
pub async fn deploy_network(
    network: &str,
    submitter: &Submitter,
    contracts: &Path,
    governance: &Governance,
    targets: &[MirrorTarget],
    recorded: Option<&Deployment>,
    on_mismatch: OnMismatch,
) -> Result<Deployed, DeployError> {
    let code = ContractCode::read(contracts)?;
    let recorded_source = recorded.map(|deployment| &deployment.source);
    let (source, outcome) =
        deploy_source(submitter, &code, governance, recorded_source, on_mismatch).await?;
    let other_code = match outcome {
        Outcome::Kept => other_code(submitter.source(), &source, &code.hashes()).await?,
        // That of a new deployment has been compared.
        Outcome::Deployed => Vec::new(),
    };
    let mut mirrors = Vec::new();
    let mut outcomes = Vec::new();
    for target in targets {
        let recorded = recorded.and_then(|deployment| deployment.mirror(&target.name));
        // A new source needs new mirrors, whatever the record says of the old ones.
        let recorded = recorded.filter(|_| outcome == Outcome::Kept);
        let (mirror, outcome) = deploy_mirror(target, &source, recorded, on_mismatch).await?;
        mirrors.push(mirror);
        outcomes.push(outcome);
    }
    Ok(Deployed {
        deployment: Deployment {
            network: network.to_owned(),
            source,
            mirrors,
        },
        source: outcome,
        other_code,
        mirrors: outcomes,
    })
}
