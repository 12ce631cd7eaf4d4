//! `lex status`

use std::time::Duration;

use clap::Args;
use lex_client::Source;
use serde::Serialize;
use tokio::time::timeout;

use super::Context;
use crate::agreement::{Agreement, compare};
use crate::failure::Disagreement;
use crate::journey::agreement_table;
use crate::output::{fields, span, table, time};
use crate::stack::{Endpoints, StateDir};
use crate::target::{Network, Target, TargetError};

/// Longest wait for one answer: a part that hangs must not hang this command.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex status
  lex status --licenses            compare every license in chain, index and mirror
  lex status --json | jq .progress.mirroredNonce")]
pub struct StatusArgs {
    /// Compare every license in all three places
    #[arg(long)]
    pub licenses: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// Whether a `lex up` supervises the stack.
    supervised: bool,
    components: Vec<ComponentStatus>,
    progress: Option<ProgressStatus>,
    /// Parts that did not answer, and why.
    unanswered: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<Agreement>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ComponentStatus {
    name: String,
    up: bool,
    pid: Option<u32>,
    url: Option<String>,
    /// Unix seconds.
    since: Option<u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProgressStatus {
    finalized_block: Option<u64>,
    mirror_chain_block: Option<u64>,
    outbox_nonce: Option<u64>,
    indexed_block: Option<u64>,
    mirrored_nonce: Option<u64>,
    /// Seconds since the state that the mirror shows.
    mirror_age: Option<u64>,
    mirror_fresh: Option<bool>,
}

pub(super) async fn run(context: &Context, args: &StatusArgs) -> anyhow::Result<()> {
    let folder = context.target.state_folder();
    let state = StateDir::existing(&folder);
    let endpoints = Endpoints::read(&folder)?;
    let mut status = Status {
        supervised: state.as_ref().is_some_and(StateDir::is_locked),
        components: state
            .map(|state| components(&state, endpoints.as_ref()))
            .unwrap_or_default(),
        progress: None,
        unanswered: Vec::new(),
        agreement: None,
    };
    match Target::resolve(&context.target) {
        Ok(target) => ask(&target, args, &mut status).await?,
        // The list of components says so.
        Err(TargetError::NoStack { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    context.format.print(&status, human)?;
    match &status.agreement {
        Some(agreement) if !agreement.holds() => Err(Disagreement.into()),
        _ => Ok(()),
    }
}

async fn ask(target: &Target, args: &StatusArgs, status: &mut Status) -> anyhow::Result<()> {
    let Some(network) = connect(target, &mut status.unanswered).await else {
        return Ok(());
    };
    status.progress = Some(progress(&network, &mut status.unanswered).await);
    if args.licenses {
        status.agreement = Some(compare(&network).await?);
    }
    Ok(())
}

fn components(state: &StateDir, endpoints: Option<&Endpoints>) -> Vec<ComponentStatus> {
    let known = endpoints.map_or(&[][..], |endpoints| &endpoints.components);
    let mut names: Vec<String> = known.iter().map(|known| known.name.clone()).collect();
    for name in state.recorded_components() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|name| {
            let running = state.pid_file(&name).running();
            let url = known.iter().find(|known| known.name == name);
            ComponentStatus {
                up: running.is_some(),
                since: running.as_ref().and_then(|_| started(state, &name)),
                pid: running.map(|record| record.pid),
                url: url.map(|known| known.url.clone()),
                name,
            }
        })
        .collect()
}

/// A pid file is written when its process starts.
fn started(state: &StateDir, name: &str) -> Option<u64> {
    let path = state.path("run").join(format!("{name}.pid"));
    let modified = std::fs::metadata(path).ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(since.as_secs())
}

async fn connect(target: &Target, unanswered: &mut Vec<String>) -> Option<Network> {
    match answer("source chain", target.connect()).await {
        Ok(network) => Some(network),
        Err(why) => {
            unanswered.push(why);
            None
        }
    }
}

async fn progress(network: &Network, unanswered: &mut Vec<String>) -> ProgressStatus {
    let mut keep = |result: Result<u64, String>| match result {
        Ok(value) => Some(value),
        Err(why) => {
            unanswered.push(why);
            None
        }
    };
    let source: &Source = &network.source;
    let finalized = async { source.finalized().await.map(|block| block.number) };
    let outbox = async { network.outbox().await.map(|outbox| outbox.nonce) };
    let finalized_block = keep(answer("source chain", finalized).await);
    let outbox_nonce = keep(answer("license contract", outbox).await);
    let indexed_block = keep(answer("indexer", network.indexer.indexed_block()).await);
    let mirror_chain_block = keep(answer("mirror chain", network.mirror.latest_block()).await);
    let mirror = answer("mirror", network.mirror.progress()).await;
    if let Err(why) = &mirror {
        unanswered.push(why.clone());
    }
    let mirror = mirror.ok();
    ProgressStatus {
        finalized_block,
        mirror_chain_block,
        outbox_nonce,
        indexed_block,
        mirrored_nonce: mirror.as_ref().map(|mirror| mirror.nonce),
        mirror_age: mirror.as_ref().map(|mirror| mirror.age()),
        mirror_fresh: mirror.as_ref().map(|mirror| mirror.is_fresh()),
    }
}

async fn answer<T, E: std::error::Error>(
    what: &str,
    question: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match timeout(PATIENCE, question).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let cause = error
                .source()
                .map_or_else(String::new, |cause| format!(": {cause}"));
            Err(format!("{what}: {error}{cause}"))
        }
        Err(_) => Err(format!("{what}: no answer within {} s", PATIENCE.as_secs())),
    }
}

fn human(status: &Status) -> String {
    let mut text = String::new();
    if status.components.is_empty() {
        text += "No stack was started here; `lex up` starts one.\n";
    } else {
        text += &table(
            ["component", "state", "pid", "since", "address"],
            status.components.iter().map(|component| {
                let or_dash = |value: Option<String>| value.unwrap_or_else(|| String::from("-"));
                [
                    component.name.clone(),
                    String::from(if component.up { "up" } else { "DOWN" }),
                    or_dash(component.pid.map(|pid| pid.to_string())),
                    or_dash(component.since.map(time)),
                    or_dash(component.url.clone()),
                ]
            }),
        );
        text += "\n";
        if !status.supervised {
            text += "No `lex up` supervises it: crashed components are not started again.\n";
        }
    }
    if let Some(progress) = &status.progress {
        text += &progress_text(progress);
    }
    for why in &status.unanswered {
        text += &format!("no answer  {why}\n");
    }
    if let Some(agreement) = &status.agreement {
        text += &agreement_table(agreement);
    }
    text
}

fn progress_text(progress: &ProgressStatus) -> String {
    let number =
        |value: Option<u64>| value.map_or_else(|| String::from("?"), |value| value.to_string());
    let age = progress.mirror_age.map_or_else(String::new, |age| {
        let stale = if progress.mirror_fresh == Some(true) {
            ""
        } else {
            ", STALE"
        };
        format!(" (state of {} ago{stale})", span(age))
    });
    fields([
        ("finalized block", number(progress.finalized_block)),
        ("indexed block", number(progress.indexed_block)),
        ("updates on chain", number(progress.outbox_nonce)),
        ("updates mirrored", number(progress.mirrored_nonce) + &age),
        ("mirror chain block", number(progress.mirror_chain_block)),
    ])
}
