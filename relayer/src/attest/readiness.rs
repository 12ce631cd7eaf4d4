//! How an attester is. Ready means that it can sign for every destination.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use tokio::time::timeout;

use super::attester::Attester;
use crate::condition::{Cause, Condition, Conditioned, Role, Trouble};
use crate::outbox::Liveness;
use crate::retry::report;

/// How long database and destinations may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Judges an attester by what it needs to sign.
pub struct AttestReadiness {
    pub attester: Arc<Attester>,
    pub liveness: Liveness,
}

impl Conditioned for AttestReadiness {
    fn condition(&self) -> BoxFuture<'_, Condition> {
        Box::pin(self.look())
    }
}

impl AttestReadiness {
    async fn look(&self) -> Condition {
        let (source, source_stops) = self.liveness.condition();
        let mut stops = Vec::new();
        if let Some(reason) = self.attester.halted() {
            stops.push(Trouble::new(Cause::Halted, reason));
        }
        let (database, destinations) = tokio::join!(self.database(), self.destinations());
        stops.extend(database);
        stops.extend(destinations);
        stops.extend(source_stops);
        Condition {
            role: Role::Attester,
            leads: true,
            stops,
            warnings: Vec::new(),
            source: Some(source),
            lane: None,
        }
    }

    async fn database(&self) -> Option<Trouble> {
        match timeout(PATIENCE, self.attester.store().ping()).await {
            Ok(Ok(())) => None,
            Ok(Err(_)) | Err(_) => Some(Trouble::new(
                Cause::Database,
                "the database does not answer",
            )),
        }
    }

    /// Without its epoch nothing is signed for a destination.
    async fn destinations(&self) -> Vec<Trouble> {
        let epochs = self.attester.epochs().map(|(name, epochs)| async move {
            let why = match timeout(PATIENCE, epochs.current()).await {
                Ok(Ok(_)) => return None,
                Ok(Err(error)) => report(&error),
                Err(_) => "no answer in time".to_owned(),
            };
            let reason = format!("the epoch of destination {name:?} cannot be read: {why}");
            Some(Trouble::new(Cause::Destination, reason))
        });
        join_all(epochs).await.into_iter().flatten().collect()
    }
}
