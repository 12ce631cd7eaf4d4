//! `lex down`

use std::time::Duration;

use clap::Args;
use rustix::process::Signal;
use serde::Serialize;

use super::Context;
use crate::stack::{Endpoints, KeptPorts, StateDir, end_leftovers};

/// Longest wait for the supervisor to end its components in order.
const WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex down
  lex down --state /tmp/other-stack")]
pub struct DownArgs {}

/// What was ended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Ended {
    /// Process id of the `lex up` that was ended.
    supervisor: Option<u32>,
    components: Vec<String>,
}

pub(super) async fn run(context: &Context, _args: &DownArgs) -> anyhow::Result<()> {
    let Some(state) = StateDir::existing(&context.target.state_folder()) else {
        let nothing = Ended {
            supervisor: None,
            components: Vec::new(),
        };
        context.format.print(&nothing, human)?;
        return Ok(());
    };
    let running = running_components(&state);
    let supervisor = state.supervisor().running();
    if let Some(supervisor) = &supervisor {
        let step = context.progress.step("ending lex up");
        supervisor.stop(Signal::TERM, WITHIN).await;
        step.done(format!("process {}", supervisor.pid));
    }
    // What a killed supervisor, now or earlier, has left.
    end_leftovers(&state, &context.progress).await?;
    Endpoints::forget(&state);
    KeptPorts::of(&state).forget();
    let ended = Ended {
        supervisor: supervisor.map(|record| record.pid),
        components: running,
    };
    context.format.print(&ended, human)?;
    Ok(())
}

fn running_components(state: &StateDir) -> Vec<String> {
    state
        .recorded_components()
        .into_iter()
        .filter(|name| state.pid_file(name).running().is_some())
        .collect()
}

fn human(ended: &Ended) -> String {
    if ended.components.is_empty() && ended.supervisor.is_none() {
        String::from("Nothing was running.")
    } else {
        format!("Ended: {}.", ended.components.join(", "))
    }
}
