//! Parts of a real stack that run but answer nothing any more are killed and started again; parts that only wait
//! for them are left alone.

use std::time::Duration;

use anyhow::{Context, Result};
use lex_cli::agreement::settle_and_compare;
use lex_cli::stack::{Component, OnCrash, wait};
use lex_tests::{Exchange, System, TypeTerms};
use rustix::process::{Pid, Signal, kill_process};

/// Five looks without an answer.
const MAX_SILENCE: Duration = Duration::from_secs(10);
const SERVICES: [&str; 5] = [
    "attester-1",
    "attester-2",
    "attester-3",
    "deliverer",
    "indexer",
];
const CHAINS: [&str; 3] = ["node", "eth-rpc", "anvil"];
/// Longest time for what must happen by itself.
const WITHIN: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_is_started_again_and_what_waits_is_not() -> Result<()> {
    let system = System::start_with(|config| {
        config.on_crash = OnCrash::Restart {
            max_silence: Some(MAX_SILENCE),
        };
    })
    .await?;
    let license_type = system.license_type(TypeTerms::default()).await?;
    system.issue(license_type, system.issuer.address()).await?;

    freeze_until_restarted(&system, &SERVICES).await?;
    system.issue(license_type, system.issuer.address()).await?;

    // Meanwhile no service is ready: each lives and waits.
    let before = pids(&system, &SERVICES)?;
    freeze_until_restarted(&system, &CHAINS).await?;
    assert_eq!(pids(&system, &SERVICES)?, before, "they only waited");
    freeze_until_restarted(&system, &["postgres"]).await?;

    // Our own connection went with the old node.
    let exchange = Exchange::at(&system.stack.endpoints()).await?;
    let agreement = settle_and_compare(&exchange.network, WITHIN).await?;
    assert!(agreement.holds(), "{agreement:#?}");
    assert_eq!(agreement.licenses.len(), 2);
    system.stack.stop().await;
    Ok(())
}

fn pids(system: &System, names: &[&str]) -> Result<Vec<Option<u32>>> {
    let components = names.iter().map(|name| system.stack.component(name));
    components.map(|component| Ok(component?.pid())).collect()
}

/// SIGSTOP to all of them at once: their processes run on, as far as the system is concerned.
async fn freeze_until_restarted(system: &System, names: &[&str]) -> Result<()> {
    let mut frozen = Vec::new();
    for name in names {
        let component = system.stack.component(name)?;
        let pid = component.pid().context("it runs")?;
        let process = Pid::from_raw(i32::try_from(pid)?).context("a process id")?;
        kill_process(process, Signal::STOP)?;
        frozen.push((component, pid));
    }
    for (component, pid) in frozen {
        restarted(component, pid)
            .await
            .with_context(|| component.name().to_owned())?;
    }
    Ok(())
}

async fn restarted(component: &Component, frozen: u32) -> Result<()> {
    wait::until("another process", WITHIN, || async {
        match component.pid() {
            Some(pid) if pid != frozen => Ok(()),
            pid => Err(format!("{pid:?}")),
        }
    })
    .await?;
    component.wait_ready().await?;
    Ok(())
}
