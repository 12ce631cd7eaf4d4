//! What was found to be wrong during a run.

use std::sync::{Arc, Mutex, PoisonError};

/// Everything that was not as it has to be. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Findings(Arc<Mutex<Vec<String>>>);

impl Findings {
    /// Beyond so many, further ones are not kept.
    const KEPT: usize = 20;

    /// Notes one, unless it is known.
    pub fn add(&self, finding: impl Into<String>) {
        let finding = finding.into();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < Self::KEPT && !all.contains(&finding) {
            all.push(finding);
        }
    }

    /// All of them.
    pub fn all(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// All of them, which are forgotten then.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
