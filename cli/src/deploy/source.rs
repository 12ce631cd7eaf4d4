//! The contracts of the source chain.

use alloy::primitives::Bytes;
use alloy::sol_types::{SolCall, SolValue};
use lex_client::abi::license::License;
use lex_client::abi::policy::Policy;
use lex_client::abi::seats::Seats;
use lex_client::{Address, CallError, Source, SourceError, Submitted, Submitter};

use super::on_chain::{OtherCode, other_code, other_code_at, recorded_places};
use super::{ContractCode, DeployError, Governance, OnMismatch, Outcome};
use crate::deployment::{Implementations, SourceDeployment};

/// The contracts of the source chain: the recorded ones when they are on it, new ones otherwise. The
/// signer becomes policy's and the verifier's administrator; the committee may upgrade license and
/// seats.
///
/// # Errors
/// When the chain cannot be read, a transaction fails, the record does not match and `on_mismatch`
/// forbids a new deployment, or the chain keeps other code than what was sent.
pub async fn deploy_source(
    submitter: &Submitter,
    code: &ContractCode,
    governance: &Governance,
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
    let deployment = deploy_contracts(submitter, code, governance).await?;
    let other = other_code(source, &deployment, &code.hashes()).await?;
    if let Some(other) = other.into_iter().next() {
        return Err(DeployError::OtherCode(other));
    }
    connect(submitter, &deployment).await?;
    governance.establish(submitter, &deployment).await?;
    Ok((deployment, Outcome::Deployed))
}

async fn deploy_contracts(
    submitter: &Submitter,
    code: &ContractCode,
    governance: &Governance,
) -> Result<SourceDeployment, DeployError> {
    let admin = submitter.address();
    let (policy, first) = submitter
        .deploy(code.policy.clone(), admin.abi_encode())
        .await
        .map_err(failed("deploying the policy contract"))?;
    let (verifier, _) = submitter
        .deploy(code.verifier.clone(), admin.abi_encode())
        .await
        .map_err(failed("deploying the verifier contract"))?;
    let (committee, _) = submitter
        .deploy(code.committee.clone(), committee_arguments(governance))
        .await
        .map_err(failed("deploying the committee contract"))?;
    let license = Behind {
        step: "deploying the license contract",
        code: code.license.clone(),
        initialize: License::initializeCall { policy }.abi_encode(),
    };
    let license = license
        .deploy(submitter, &code.proxy, policy, committee)
        .await?;
    let seats = Behind {
        step: "deploying the seats contract",
        code: code.seats.clone(),
        initialize: Seats::initializeCall { policy }.abi_encode(),
    };
    let seats = seats
        .deploy(submitter, &code.proxy, policy, committee)
        .await?;
    let source = submitter.source();
    Ok(SourceDeployment {
        chain_id: source.chain_id().await?,
        genesis: source.genesis(),
        policy,
        verifier,
        committee,
        license: license.proxy,
        seats: seats.proxy,
        implementation: Implementations {
            license: license.implementation,
            seats: seats.implementation,
        },
        block: first.block.number,
        license_block: license.deployed.block.number,
        seats_block: seats.deployed.block.number,
        code_hash: code.hashes(),
    })
}

/// The constructor's arguments of the committee: members, weights, threshold.
fn committee_arguments(governance: &Governance) -> Vec<u8> {
    let members: Vec<Address> = governance.members.iter().map(|m| m.account).collect();
    let weights: Vec<u32> = governance.members.iter().map(|m| m.weight).collect();
    (members, weights, governance.threshold).abi_encode_params()
}

/// A contract that goes behind a proxy.
struct Behind {
    step: &'static str,
    code: Vec<u8>,
    /// The call that the proxy's constructor makes.
    initialize: Vec<u8>,
}

struct Proxied {
    proxy: Address,
    implementation: Address,
    deployed: Submitted,
}

impl Behind {
    async fn deploy(
        self,
        submitter: &Submitter,
        proxy_code: &[u8],
        policy: Address,
        upgrader: Address,
    ) -> Result<Proxied, DeployError> {
        // Its own constructor initializes it too, so that nobody else can.
        let (implementation, _) = submitter
            .deploy(self.code, policy.abi_encode())
            .await
            .map_err(failed(self.step))?;
        let initialize = Bytes::from(self.initialize);
        let arguments = (implementation, upgrader, initialize).abi_encode_params();
        let (proxy, deployed) = submitter
            .deploy(proxy_code.to_vec(), arguments)
            .await
            .map_err(failed(self.step))?;
        Ok(Proxied {
            proxy,
            implementation,
            deployed,
        })
    }
}

/// Makes the contracts known to policy.
async fn connect(submitter: &Submitter, deployment: &SourceDeployment) -> Result<(), DeployError> {
    let policy = deployment.policy;
    for license in [deployment.license, deployment.seats] {
        submitter
            .call(policy, &Policy::bindLicenseCall { license })
            .await
            .map_err(failed("binding license and seats to policy"))?;
    }
    let verifier = deployment.verifier;
    submitter
        .call(policy, &Policy::setVerifierCall { verifier })
        .await
        .map_err(failed("naming the verifier to policy"))?;
    Ok(())
}

fn failed(step: &'static str) -> impl Fn(CallError) -> DeployError {
    move |source| DeployError::Call { step, source }
}

/// What differs between the record and the chain; `None` when nothing does. What is behind a proxy
/// may have been upgraded, so it is not compared.
async fn source_mismatch(
    source: &Source,
    recorded: &SourceDeployment,
) -> Result<Option<String>, SourceError> {
    if source.genesis() != recorded.genesis {
        return Ok(Some(format!(
            "the chain at {} has genesis {}, the record says {}",
            source.endpoint(),
            source.genesis(),
            recorded.genesis
        )));
    }
    let places = recorded_places(recorded, &recorded.code_hash);
    let other = other_code_at(source, places).await?;
    Ok(other.first().map(|other| {
        let OtherCode {
            contract, address, ..
        } = other;
        match other.found {
            None => format!("there is no {contract} contract at {address}"),
            Some(_) => format!("the contract at {address} is not the recorded {contract}"),
        }
    }))
}
