//! `lex status`

mod figures;
mod human;
mod parts;
mod service;

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tokio::time::timeout;

use self::figures::Figures;
use self::parts::PartStatus;
use super::Context;
use crate::agreement::{Agreement, compare};
use crate::failure::{Disagreement, NeedsAttention, Told};
use crate::mirror::unix_now;
use crate::stack::{Endpoints, StateDir, Trouble};
use crate::target::{Network, Target, TargetError};

/// Longest wait for one answer: a part that hangs must not hang this command.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lex status
  lex status --licenses            compare every license in chain, index and mirror
  lex status --json | jq .progress.mirroredNonce
  lex status --json | jq '.troubles[] | .part, .what, .next'

Ends with 0 when all is well; with 4 when no stack runs here or something does not answer; with 6 when
chain, index and mirror disagree (--licenses); with 7 when a part is halted, down or late. What is wrong,
since when, and the next step stand below the figures, and under `troubles` in the JSON document.

Ages are by this machine's clock. A service leads when it answers: a second one of the same schema waits,
silent, until the first has ended.")]
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
    components: Vec<PartStatus>,
    progress: Option<Figures>,
    /// What is wrong, since when, and what to do.
    troubles: Vec<Trouble>,
    /// Questions that were not answered, and why.
    unanswered: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<Agreement>,
}

pub(super) async fn run(context: &Context, args: &StatusArgs) -> anyhow::Result<()> {
    let folder = context.target.state_folder();
    let state = StateDir::existing(&folder);
    let endpoints = Endpoints::read(&folder)?;
    let mut status = Status {
        supervised: state.as_ref().is_some_and(StateDir::is_locked),
        components: Vec::new(),
        progress: None,
        troubles: Vec::new(),
        unanswered: Vec::new(),
        agreement: None,
    };
    if let Some(state) = &state {
        let (components, troubles) =
            parts::look(state, endpoints.as_ref(), status.supervised).await;
        status.components = components;
        status.troubles = troubles;
    }
    let target = match Target::resolve(&context.target) {
        Ok(target) => Ok(target),
        Err(error @ TargetError::NoStack { .. }) => Err(error),
        Err(error) => return Err(error.into()),
    };
    if let Ok(target) = &target {
        ask(target, args, &mut status).await;
    }
    context.format.print(&status, human::text)?;
    verdict(&status, target.err()).map_err(anyhow::Error::from)
}

/// How the command ends, the worst first.
fn verdict(status: &Status, no_stack: Option<TargetError>) -> Result<(), Told> {
    match &status.agreement {
        Some(agreement) if !agreement.holds() => return Err(Told::of(Disagreement)),
        _ => {}
    }
    if !status.troubles.is_empty() {
        return Err(Told::of(NeedsAttention));
    }
    if let Some(error) = no_stack {
        return Err(Told::of(error));
    }
    match status.unanswered.first() {
        None => Ok(()),
        Some(first) => Err(Told {
            exit: 4,
            message: first.clone(),
        }),
    }
}

async fn ask(target: &Target, args: &StatusArgs, status: &mut Status) {
    let network = match answer("source chain", target.connect()).await {
        Ok(network) => network,
        Err(why) => {
            status.unanswered.push(why);
            return;
        }
    };
    let deliverer = status.components.iter().find(|part| part.is_deliverer());
    let figures = Figures::ask(&network, deliverer, &mut status.unanswered).await;
    status.troubles.extend(figures.troubles(unix_now()));
    status.progress = Some(figures);
    if args.licenses {
        compare_all(&network, status).await;
    }
}

async fn compare_all(network: &Network, status: &mut Status) {
    match compare(network).await {
        Ok(agreement) => status.agreement = Some(agreement),
        Err(error) => status.unanswered.push(with_cause("comparison", &error)),
    }
}

async fn answer<T, E: std::error::Error>(
    what: &str,
    question: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match timeout(PATIENCE, question).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(with_cause(what, &error)),
        Err(_) => Err(format!("{what}: no answer within {} s", PATIENCE.as_secs())),
    }
}

fn with_cause(what: &str, error: &dyn std::error::Error) -> String {
    let cause = error
        .source()
        .map_or_else(String::new, |cause| format!(": {cause}"));
    format!("{what}: {error}{cause}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> Status {
        Status {
            supervised: true,
            components: Vec::new(),
            progress: None,
            troubles: Vec::new(),
            unanswered: Vec::new(),
            agreement: None,
        }
    }

    fn exit(status: &Status) -> u8 {
        verdict(status, None).err().map_or(0, |told| told.exit)
    }

    #[test]
    fn the_exit_code_is_that_of_the_worst() {
        let mut status = status();
        assert_eq!(exit(&status), 0);
        status.unanswered.push("mirror: no answer".into());
        assert_eq!(exit(&status), 4);
        status.troubles.push(Trouble {
            part: "attester-1".into(),
            what: "HALTED".into(),
            since: None,
            next: "resume".into(),
        });
        assert_eq!(exit(&status), 7);
        status.agreement = Some(Agreement::default());
        assert_eq!(exit(&status), 6, "another head than the chain's");
    }
}
