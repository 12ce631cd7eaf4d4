//! What `lex up` says when everything serves.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::agreement::Agreement;
use crate::deployment::Deployment;
use crate::failure::{Failure, Told};
use crate::journey::{JourneyReport, agreement_table};
use crate::output::fields;
use crate::stack::{Endpoints, Trouble};
use crate::target::TargetArgs;

/// A stack that is up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct UpReport {
    pub endpoints: Endpoints,
    pub deployment: Deployment,
    /// Whether the contracts of an earlier start are still in use.
    pub continued: bool,
    pub journey: Option<JourneyReport>,
    /// `None` when it could not be found out; `failure` or `troubles` say why.
    pub agreement: Option<Agreement>,
    /// Parts that do not do their work.
    pub troubles: Vec<Trouble>,
    /// Why the command does not end with 0, though the stack is up.
    pub failure: Option<UpFailure>,
}

/// What went wrong after the stack was up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UpFailure {
    pub exit: u8,
    pub message: String,
}

impl From<&anyhow::Error> for UpFailure {
    fn from(error: &anyhow::Error) -> UpFailure {
        let failure = Failure::of(error);
        let message = match &failure.refusal {
            Some(refusal) => format!("refused: {}", refusal.text()),
            None => failure.message,
        };
        UpFailure {
            exit: failure.exit,
            message,
        }
    }
}

impl UpReport {
    /// How the command ends: the report was shown, so this only gives the exit code.
    ///
    /// # Errors
    /// When something is wrong with the stack.
    pub(super) fn outcome(&self) -> Result<(), Told> {
        match &self.failure {
            None => Ok(()),
            Some(failure) => Err(Told {
                exit: failure.exit,
                message: String::from("not everything is well with the stack; see above"),
            }),
        }
    }

    /// Writes the report, all of it or nothing.
    pub(super) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let unfinished = file.with_extension("new");
        std::fs::write(&unfinished, serde_json::to_string(self)?)
            .and_then(|()| std::fs::rename(&unfinished, file))
            .with_context(|| format!("failed to write {}", file.display()))
    }

    /// The comparison, the addresses and what to do next; the journey was shown as it happened.
    pub(super) fn human(&self, target: &TargetArgs) -> String {
        let source = &self.deployment.source;
        let mut lines = vec![
            ("GraphQL", format!("{}/graphql", self.endpoints.indexer)),
            ("node", self.endpoints.node.clone()),
            (
                "Ethereum JSON-RPC",
                format!("{} (chain {})", self.endpoints.eth_rpc, source.chain_id),
            ),
            ("policy", source.policy.to_string()),
            ("license", source.license.to_string()),
            ("seats", source.seats.to_string()),
            ("committee", source.committee.to_string()),
            ("verifier", source.verifier.to_string()),
        ];
        for mirror in &self.deployment.mirrors {
            lines.push((
                "mirror",
                format!(
                    "{} on {} (chain {})",
                    mirror.mirror, self.endpoints.mirror, mirror.chain_id
                ),
            ));
        }
        for component in &self.endpoints.components {
            if !["node", "eth-rpc", "anvil", "indexer"].contains(&component.name.as_str()) {
                lines.push((component.name.as_str(), component.url.clone()));
            }
        }
        let agreement = self.agreement.as_ref().map(agreement_table);
        let next = self.journey.as_ref().map(|journey| next(journey, target));
        let wrong = self.wrong();
        [
            agreement.map_or_else(String::new, |table| format!("\n{table}\n")),
            format!("\n{}", fields(lines)),
            next.unwrap_or_default(),
            wrong.map_or_else(String::new, |wrong| format!("\n{wrong}")),
        ]
        .concat()
    }
}

impl UpReport {
    /// What is wrong, if anything is.
    fn wrong(&self) -> Option<String> {
        let failure = self.failure.as_ref()?;
        let mut text = format!("The stack is up and stays up, but: {}\n", failure.message);
        for trouble in &self.troubles {
            text += &format!("  {}\n", trouble.line());
        }
        Some(text)
    }
}

/// The next commands, as they can be pasted into the shell that ran this one.
fn next(journey: &JourneyReport, target: &TargetArgs) -> String {
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| String::from("lex"));
    let options: Vec<String> = match &target.state {
        Some(state) => vec![String::from("--state"), state.display().to_string()],
        None => Vec::new(),
    };
    let mut text = String::from("\nIn another terminal:\n");
    for command in journey.next_commands() {
        text += &format!("  # {}\n", command.purpose);
        text += &format!("  {}\n", command.line(&program, &options));
    }
    text
}
