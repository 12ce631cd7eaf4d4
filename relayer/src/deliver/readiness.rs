//! How a deliverer is. Ready means progress: it can bring every update to the mirror.

use std::time::Duration;

use alloy::primitives::U256;
use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::timeout;

use super::answers::AttesterCondition;
use super::collect::Attesters;
use super::destination::{DestinationWatch, Heard};
use super::obstacle::Obstacle;
use super::report::LaneStatus;
use crate::condition::{Cause, Condition, Conditioned, LaneCondition, Role, Trouble};
use crate::mirror::MirrorView;
use crate::outbox::{Liveness, Progress};
use crate::store::{Spending, Store, StoreError};

/// What passes within this time is not worth a word.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the database may take to answer.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// Judges a lane by what reaches its mirror, and by what it needs for that.
#[derive(Clone, Debug)]
pub struct DeliverReadiness {
    pub store: Store,
    pub progress: watch::Receiver<Progress>,
    pub liveness: Liveness,
    pub lane: watch::Receiver<LaneStatus>,
    pub destination: DestinationWatch,
    pub attesters: Attesters,
    /// Longest time that an update may wait while the mirror makes no progress.
    pub max_stall: Duration,
}

/// What the database says.
#[derive(Clone, Copy, Debug)]
struct Recorded {
    /// How long the oldest update that is not mirrored has waited.
    waiting: Option<Duration>,
    spending: Spending,
}

impl Conditioned for DeliverReadiness {
    fn condition(&self) -> BoxFuture<'_, Condition> {
        Box::pin(self.look())
    }
}

impl DeliverReadiness {
    async fn look(&self) -> Condition {
        let lane = self.lane.borrow().clone();
        let progress = self.progress.borrow().clone();
        let recorded = timeout(DATABASE_TIMEOUT, self.recorded(&lane)).await;
        let recorded = recorded.ok().and_then(Result::ok);
        let destination = self.destination.heard();
        let attesters = self.attesters.conditions();
        let (source, source_stops) = self.liveness.condition();

        let mut stops: Vec<Trouble> = Vec::new();
        let mut note = |cause, reason| stops.push(Trouble::new(cause, reason));
        if let Some(reason) = &progress.halted {
            note(Cause::Halted, reason.clone());
        }
        if recorded.is_none() {
            note(Cause::Database, "the database does not answer".to_owned());
        }
        match (&destination, &lane.mirror) {
            (Err(reason), _) => note(Cause::Destination, reason.clone()),
            (Ok(_), None) => note(Cause::Destination, "the mirror is not read yet".to_owned()),
            (Ok(_), Some(_)) => {}
        }
        if let Some(obstacle) = standing(&lane) {
            note(obstacle.cause(), obstacle.to_string());
        }
        if let Some(reason) = poor(&lane, &destination) {
            note(Cause::Funds, reason);
        }
        if let Some(reason) = too_few(&lane, &attesters) {
            note(Cause::Signatures, reason);
        }
        if let Some(reason) = stalled(&lane, recorded.as_ref(), self.max_stall) {
            note(Cause::Stalled, reason);
        }
        stops.extend(source_stops);
        // Two may have found the same; the first said more.
        let mut told = Vec::new();
        stops.retain(|stop| {
            let is_new = !told.contains(&stop.cause);
            told.push(stop.cause);
            is_new
        });

        let is_known = stops.iter().all(|stop| !hides_backlog(stop.cause));
        Condition {
            role: Role::Deliverer,
            leads: true,
            warnings: warnings(&lane, &attesters),
            stops,
            lane: Some(lane_condition(
                &lane,
                &progress,
                recorded.as_ref(),
                destination.ok().flatten(),
                attesters,
                is_known,
            )),
            source: Some(source),
        }
    }

    async fn recorded(&self, lane: &LaneStatus) -> Result<Recorded, StoreError> {
        let mirrored = lane.mirror.map_or(0, |mirror| mirror.nonce);
        let waiting = self.store.waiting_seconds(mirrored).await?;
        Ok(Recorded {
            waiting: waiting.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            spending: self.store.daily_spending().await?,
        })
    }
}

/// Whether it may hide that updates wait.
fn hides_backlog(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::Source | Cause::SourceSilent | Cause::Destination | Cause::Database | Cause::Halted
    )
}

/// What has kept the lane from going on for some time. Funds do not come by themselves.
fn standing(lane: &LaneStatus) -> Option<&Obstacle> {
    let obstacle = lane.obstacle.as_ref()?;
    let is_lasting = lane.obstacle_since.elapsed() > PATIENCE;
    (is_lasting || matches!(obstacle, Obstacle::Funds { .. })).then_some(obstacle)
}

/// Whether the account cannot pay for another transaction like the last one, before one is needed.
fn poor(lane: &LaneStatus, destination: &Result<Option<Heard>, String>) -> Option<String> {
    let balance = destination.as_ref().ok()?.as_ref()?.balance;
    let needed = U256::from(lane.needed.max(1));
    (balance < needed).then(|| {
        format!(
            "the deliverer's account has {balance} wei and the next transaction may cost {needed}; \
             send it funds"
        )
    })
}

fn too_few(lane: &LaneStatus, attesters: &[AttesterCondition]) -> Option<String> {
    let threshold = lane.threshold?;
    let troubles: Vec<_> = attesters.iter().filter_map(said).collect();
    let left = attesters.len().saturating_sub(troubles.len());
    (left < threshold).then(|| {
        format!(
            "{left} attesters sign, and the mirror asks for {threshold}: {}",
            troubles.join("; ")
        )
    })
}

fn said(attester: &AttesterCondition) -> Option<String> {
    let trouble = attester.answer.trouble()?;
    Some(format!("{} {trouble}", attester.url))
}

fn stalled(lane: &LaneStatus, recorded: Option<&Recorded>, max_stall: Duration) -> Option<String> {
    let mirror = lane.mirror?;
    // A stopped one waits for its owner, not for this deliverer.
    if mirror.state.is_stopped() {
        return None;
    }
    let waiting = recorded?.waiting?;
    (waiting.min(lane.advanced_at.elapsed()) > max_stall).then(|| {
        format!(
            "update {} waits for {} s and the mirror makes no progress",
            mirror.nonce.saturating_add(1),
            waiting.as_secs()
        )
    })
}

fn warnings(lane: &LaneStatus, attesters: &[AttesterCondition]) -> Vec<Trouble> {
    let attesters = attesters.iter().filter_map(said);
    let mut warnings: Vec<_> = attesters
        .map(|trouble| Trouble::new(Cause::Attester, format!("attester {trouble}")))
        .collect();
    if lane.mirror.is_some_and(|mirror| mirror.state.is_stopped()) {
        let reason = "the mirror's guardian stopped it; its owner re-bases it";
        warnings.push(Trouble::new(Cause::MirrorStopped, reason));
    }
    warnings
}

fn lane_condition(
    lane: &LaneStatus,
    progress: &Progress,
    recorded: Option<&Recorded>,
    destination: Option<Heard>,
    attesters: Vec<AttesterCondition>,
    is_known: bool,
) -> LaneCondition {
    let mirror = lane.mirror;
    let backlog = mirror
        .map(|mirror| progress.nonce.saturating_sub(mirror.nonce))
        .filter(|backlog| is_known || *backlog > 0);
    let waiting = match backlog {
        Some(0) => Some(Duration::ZERO),
        Some(_) => recorded.and_then(|recorded| recorded.waiting),
        None => None,
    };
    let balance = destination.map(|heard| heard.balance);
    let hours = balance.zip(recorded).and_then(|(balance, recorded)| {
        // Exact to the digits of a floating-point number, which is enough for hours.
        recorded.spending.lasting_hours(balance.saturating_to())
    });
    LaneCondition {
        mirrored_nonce: mirror.map(|mirror| mirror.nonce),
        backlog_updates: backlog,
        oldest_waiting_seconds: waiting.map(|waiting| waiting.as_secs_f64()),
        mirror_age_seconds: mirror.zip(destination).and_then(age),
        mirror_stopped: mirror.map(|mirror| mirror.state.is_stopped()),
        obstacle: lane
            .obstacle
            .as_ref()
            .map(|obstacle| Trouble::new(obstacle.cause(), obstacle.to_string())),
        balance_wei: balance.map(|balance| balance.to_string()),
        balance_hours: hours,
        attesters,
    }
}

/// `None` before the mirror's first delivery.
fn age((mirror, destination): (MirrorView, Heard)) -> Option<f64> {
    let age = destination.time.saturating_sub(mirror.as_of_time);
    (mirror.as_of_block > 0).then_some(age as f64)
}
