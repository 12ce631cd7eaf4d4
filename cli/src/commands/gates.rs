//! Flags that say what opens the gates of an action.

use std::path::PathBuf;

use clap::Args;

use crate::evidence::{ClaimedProof, Evidence, SignedClearance};

/// What opens the gates of an action.
#[derive(Clone, Debug, Default, Args)]
pub struct EvidenceArgs {
    /// Clearance of the compliance service, as `lex clearance sign --out` writes it
    #[arg(long, value_name = "FILE", help_heading = "Evidence")]
    pub clearance: Option<PathBuf>,
    /// Zero-knowledge proof, snarkjs's proof.json
    #[arg(
        long,
        value_name = "FILE",
        requires = "public",
        help_heading = "Evidence"
    )]
    pub proof: Option<PathBuf>,
    /// Public inputs of the proof, snarkjs's public.json
    #[arg(
        long,
        value_name = "FILE",
        requires = "proof",
        help_heading = "Evidence"
    )]
    pub public: Option<PathBuf>,
}

impl EvidenceArgs {
    /// Whether anything is given.
    #[must_use]
    pub fn any(&self) -> bool {
        self.clearance.is_some() || self.proof.is_some()
    }

    /// # Errors
    /// When a file cannot be read.
    pub fn load(&self) -> anyhow::Result<Evidence> {
        let clearance = self.clearance.as_deref().map(SignedClearance::read);
        let proof = match (&self.proof, &self.public) {
            (Some(proof), Some(public)) => Some(ClaimedProof::read(proof, public)?),
            _ => None,
        };
        Ok(Evidence {
            clearance: clearance.transpose()?,
            proof,
        })
    }
}
