//! The mirror on a destination chain.

use alloy::network::EthereumWallet;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::local::PrivateKeySigner;
use lex_client::abi::mirror::{ILicenseMirror, LicenseMirror};

use super::{DeployError, MirrorTarget, OnMismatch, Outcome};
use crate::deployment::{MirrorDeployment, SourceDeployment};

/// The mirror of one destination: the recorded one when it serves this source and these
/// attesters, a new one otherwise.
///
/// # Errors
/// As for [`super::deploy_source`].
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
        guardian: target.guardian,
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
