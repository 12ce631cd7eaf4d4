//! The proxy's own messages.

use alloy::primitives::{Bytes, keccak256};
use alloy::sol_types::{SolCall, SolValue};
use anyhow::{Context, Result};
use lex_client::abi::license::License;
use lex_client::abi::proxy::Proxy;

use super::bench::{At, Bench, Contract};

/// Measures an upgrade, of a proxy that the administrator may upgrade.
pub(super) async fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let step = bench.progress.step("proxy");
    let world = bench.world;
    let (admin, policy) = (&world.people.admin, world.deployment.policy);
    let (successor, _) = admin
        .deploy(world.contracts.license.clone(), policy.abi_encode())
        .await
        .context("failed to create another implementation")?;
    let initialize = License::initializeCall { policy }.abi_encode();
    let arguments = (
        world.deployment.implementation.license,
        admin.address(),
        Bytes::from(initialize),
    );
    let (proxy, _) = admin
        .deploy(world.contracts.proxy.clone(), arguments.abi_encode_params())
        .await
        .context("failed to create another proxy")?;
    let upgrade = Proxy::upgradeToCall {
        implementation: successor,
        codeHash: keccak256(&world.contracts.license),
        replaces: world.deployment.implementation.license,
    };
    let hand_on = Proxy::setUpgraderCall {
        upgrader: world.people.issuer.address(),
    };
    let accept = Proxy::acceptUpgraderCall {};
    let at = At(Contract::Proxy, proxy);
    bench.call(at, admin, &upgrade).await?;
    bench.call(at, admin, &hand_on).await?;
    bench.call(at, &world.people.issuer, &accept).await?;
    step.done("measured");
    Ok(())
}
