//! Puts the contracts on both chains, unless they are there already.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use alloy::network::EthereumWallet;
use alloy::primitives::keccak256;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolValue;
use lex_client::abi::mirror::{ILicenseMirror, LicenseMirror};
use lex_client::abi::policy::Policy;
use lex_client::{Address, B256, CallError, Source, SourceError, Submitter};
use thiserror::Error;

use crate::deployment::{CodeHashes, Deployment, MirrorDeployment, SourceDeployment};

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
    /// Ascending.
    pub attesters: Vec<Address>,
    pub threshold: u8,
    /// Seconds.
    pub max_age: u64,
}

/// Why the contracts could not be deployed.
#[derive(Debug, Error)]
pub enum DeployError {
    #[error("compiled contract {path}; `scripts/build contracts` builds it")]
    Code { path: PathBuf, source: io::Error },
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
    #[error("{what}; remove the entry from the deployment record to deploy a new contract")]
    Mismatch { what: String },
}

/// The compiled contracts of a build folder.
#[derive(Clone)]
pub struct ContractCode {
    pub policy: Vec<u8>,
    pub license: Vec<u8>,
}

impl ContractCode {
    /// Reads `policy.polkavm` and `license.polkavm`.
    ///
    /// # Errors
    /// When one of them is not there.
    pub fn read(folder: &Path) -> Result<ContractCode, DeployError> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|source| DeployError::Code { path, source })
        };
        Ok(ContractCode {
            policy: read("policy.polkavm")?,
            license: read("license.polkavm")?,
        })
    }

    #[must_use]
    pub fn hashes(&self) -> CodeHashes {
        CodeHashes {
            policy: keccak256(&self.policy),
            license: keccak256(&self.license),
        }
    }
}

/// Policy and license: the recorded ones when they are on the chain, new ones otherwise. The
/// signer becomes policy's administrator.
///
/// # Errors
/// When the chain cannot be read, a transaction fails, or the record does not match and
/// `on_mismatch` forbids a new deployment.
pub async fn deploy_source(
    submitter: &Submitter,
    contracts: &Path,
    recorded: Option<&SourceDeployment>,
    on_mismatch: OnMismatch,
) -> Result<(SourceDeployment, Outcome), DeployError> {
    let source = submitter.source();
    if let Some(recorded) = recorded {
        match source_mismatch(source, recorded).await? {
            None => return Ok((recorded.clone(), Outcome::Kept)),
            Some(what) if on_mismatch == OnMismatch::Refuse => {
                return Err(DeployError::Mismatch { what });
            }
            Some(_) => {}
        }
    }
    let code = ContractCode::read(contracts)?;
    let code_hash = code.hashes();
    let failed = |step| move |source| DeployError::Call { step, source };
    let (policy, deployed) = submitter
        .deploy(code.policy, submitter.address().abi_encode())
        .await
        .map_err(failed("deploying the policy contract"))?;
    let (license, license_deployed) = submitter
        .deploy(code.license, policy.abi_encode())
        .await
        .map_err(failed("deploying the license contract"))?;
    submitter
        .call(policy, &Policy::bindLicenseCall { license })
        .await
        .map_err(failed("binding the license contract to policy"))?;
    let deployment = SourceDeployment {
        chain_id: source.chain_id().await?,
        genesis: source.genesis(),
        policy,
        license,
        block: deployed.block.number,
        license_block: license_deployed.block.number,
        code_hash,
    };
    Ok((deployment, Outcome::Deployed))
}

/// What differs between the record and the chain; `None` when nothing does.
async fn source_mismatch(
    source: &Source,
    recorded: &SourceDeployment,
) -> Result<Option<String>, SourceError> {
    if source.genesis() != recorded.genesis {
        return Ok(Some(format!(
            "the chain at {} has genesis {}, the record says {}",
            source.url(),
            source.genesis(),
            recorded.genesis
        )));
    }
    let contracts = [
        ("policy", recorded.policy, recorded.code_hash.policy),
        ("license", recorded.license, recorded.code_hash.license),
    ];
    for (name, address, expected) in contracts {
        let found: Option<B256> = source.code_hash(address).await?;
        if found != Some(expected) {
            return Ok(Some(match found {
                None => format!("there is no {name} contract at {address}"),
                Some(_) => format!("the contract at {address} is not the recorded {name}"),
            }));
        }
    }
    Ok(None)
}

/// The mirror of one destination: the recorded one when it serves this source and these
/// attesters, a new one otherwise.
///
/// # Errors
/// As for [`deploy_source`].
pub async fn deploy_mirror(
    target: &MirrorTarget,
    source: &SourceDeployment,
    recorded: Option<&MirrorDeployment>,
    on_mismatch: OnMismatch,
) -> Result<(MirrorDeployment, Outcome), DeployError> {
    let provider = ethereum(&target.rpc_url, Some(target.deployer.clone()))?;
    if let Some(recorded) = recorded {
        match mirror_mismatch(&provider, target, source, recorded).await? {
            None => return Ok((recorded.clone(), Outcome::Kept)),
            Some(what) if on_mismatch == OnMismatch::Refuse => {
                return Err(DeployError::Mismatch { what });
            }
            Some(_) => {}
        }
    }
    let config = ILicenseMirror::Config {
        sourceChainId: lex_client::U256::from(source.chain_id),
        sourceGenesis: source.genesis,
        sourceContract: source.license,
        owner: target.owner,
        attesters: target.attesters.clone(),
        threshold: target.threshold,
        maxAge: target.max_age,
    };
    let step = "deploying the mirror";
    let failed = |reason: String| mirror_error(step, target, reason);
    let receipt = LicenseMirror::deploy_builder(&provider, config)
        .send()
        .await
        .map_err(|error| failed(error.to_string()))?
        .get_receipt()
        .await
        .map_err(|error| failed(error.to_string()))?;
    let (Some(mirror), true) = (receipt.contract_address, receipt.status()) else {
        return Err(failed(format!(
            "transaction {} made no contract",
            receipt.transaction_hash
        )));
    };
    let deployment = MirrorDeployment {
        name: target.name.clone(),
        chain_id: chain_id(&provider, target).await?,
        mirror,
        block: receipt.block_number.unwrap_or_default(),
    };
    Ok((deployment, Outcome::Deployed))
}

async fn mirror_mismatch(
    provider: &DynProvider,
    target: &MirrorTarget,
    source: &SourceDeployment,
    recorded: &MirrorDeployment,
) -> Result<Option<String>, DeployError> {
    let failed = |reason: String| mirror_error("reading the mirror", target, reason);
    if chain_id(provider, target).await? != recorded.chain_id {
        return Ok(Some(format!("{} is another chain now", target.name)));
    }
    let code = provider
        .get_code_at(recorded.mirror)
        .await
        .map_err(|error| failed(error.to_string()))?;
    if code.is_empty() {
        return Ok(Some(format!(
            "there is no mirror at {} on {}",
            recorded.mirror, target.name
        )));
    }
    let mirror = LicenseMirror::new(recorded.mirror, provider);
    let bound = mirror
        .source()
        .call()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if (bound.chainId, bound.genesis, bound.sourceContract)
        != (
            lex_client::U256::from(source.chain_id),
            source.genesis,
            source.license,
        )
    {
        return Ok(Some(format!(
            "the mirror at {} on {} serves license contract {}, not {}",
            recorded.mirror, target.name, bound.sourceContract, source.license
        )));
    }
    let epoch = mirror
        .epoch()
        .call()
        .await
        .map_err(|error| failed(error.to_string()))?;
    let set = mirror
        .attestersOf(epoch)
        .call()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if set.attesters != target.attesters || set.threshold != target.threshold {
        return Ok(Some(format!(
            "the mirror at {} on {} has other attesters",
            recorded.mirror, target.name
        )));
    }
    Ok(None)
}

async fn chain_id(provider: &DynProvider, target: &MirrorTarget) -> Result<u64, DeployError> {
    provider
        .get_chain_id()
        .await
        .map_err(|error| mirror_error("reading the chain id", target, error.to_string()))
}

fn mirror_error(step: &'static str, target: &MirrorTarget, reason: String) -> DeployError {
    DeployError::Mirror {
        step,
        name: target.name.clone(),
        reason,
    }
}

/// A client of an Ethereum JSON-RPC, which signs when it has a key.
///
/// # Errors
/// When the URL is none.
pub fn ethereum(url: &str, signer: Option<PrivateKeySigner>) -> Result<DynProvider, DeployError> {
    let parsed = url.parse().map_err(|_| DeployError::Url {
        url: url.to_owned(),
    })?;
    Ok(match signer {
        Some(signer) => ProviderBuilder::new()
            .wallet(EthereumWallet::from(signer))
            .connect_http(parsed)
            .erased(),
        None => ProviderBuilder::new().connect_http(parsed).erased(),
    })
}

/// The whole deployment of a network, existing parts kept, with what happened to each.
#[derive(Clone, Debug)]
pub struct Deployed {
    pub deployment: Deployment,
    pub source: Outcome,
    /// In the order of the targets.
    pub mirrors: Vec<Outcome>,
}

/// Deploys what is missing of a network. The caller writes the record.
///
/// # Errors
/// As for [`deploy_source`] and [`deploy_mirror`].
pub async fn deploy_network(
    network: &str,
    submitter: &Submitter,
    contracts: &Path,
    targets: &[MirrorTarget],
    recorded: Option<&Deployment>,
    on_mismatch: OnMismatch,
) -> Result<Deployed, DeployError> {
    let recorded_source = recorded.map(|deployment| &deployment.source);
    let (source, outcome) =
        deploy_source(submitter, contracts, recorded_source, on_mismatch).await?;
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
        mirrors: outcomes,
    })
}
