//! How far each part is, how old what it shows is, and which of that is wrong.

use lex_client::Source;
use serde::Serialize;

use super::answer;
use super::parts::PartStatus;
use super::service::verified_at;
use crate::mirror::{LaneState, MirrorProgress, unix_now};
use crate::output::span;
use crate::stack::Trouble;
use crate::target::Network;

/// Age of the newest source block beyond which the source counts as silent, in seconds. A chain that seals
/// on demand seals a block every minute, and others do it more often.
const SILENT: u64 = 180;
/// How long an update may wait for its delivery, in seconds.
const WAITS_LONG: u64 = 120;

/// What the chains and the copies say.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Figures {
    pub(super) finalized_block: Option<u64>,
    /// Seconds since the newest final source block, by this machine's clock.
    pub(super) source_age: Option<u64>,
    pub(super) mirror_chain_block: Option<u64>,
    pub(super) outbox_nonce: Option<u64>,
    pub(super) indexed_block: Option<u64>,
    pub(super) mirrored_nonce: Option<u64>,
    /// Updates that the deliverer has verified and the mirror does not have.
    pub(super) waiting_updates: Option<u64>,
    /// Seconds since the deliverer verified the oldest of them.
    pub(super) oldest_waits: Option<u64>,
    /// Seconds since the state that the mirror shows.
    pub(super) mirror_age: Option<u64>,
    /// Age beyond which the mirror answers `Unknown`, in seconds.
    pub(super) mirror_max_age: Option<u64>,
    pub(super) mirror_fresh: Option<bool>,
    pub(super) mirror_lane: Option<LaneState>,
}

impl Figures {
    pub(super) async fn ask(
        network: &Network,
        deliverer: Option<&PartStatus>,
        unanswered: &mut Vec<String>,
    ) -> Figures {
        let mut keep = Keep(unanswered);
        let source: &Source = &network.source;
        let newest = async {
            let block = source.finalized().await?;
            source.block(block.number, &[]).await
        };
        let newest = keep.value(answer("source chain", newest).await).flatten();
        let outbox = async { network.outbox().await.map(|outbox| outbox.nonce) };
        let outbox_nonce = keep.value(answer("license contract", outbox).await);
        let indexed = answer("indexer", network.indexer.indexed_block()).await;
        let indexed_block = keep.value(indexed);
        let chain_block = answer("mirror chain", network.mirror.latest_block()).await;
        let mirror_chain_block = keep.value(chain_block);
        let mirror = keep.value(answer("mirror", network.mirror.progress()).await);
        let now = unix_now();
        let mut figures = Figures {
            finalized_block: newest.as_ref().map(|block| block.number),
            source_age: newest.map(|block| now.saturating_sub(block.time)),
            mirror_chain_block,
            outbox_nonce,
            indexed_block,
            ..Figures::default()
        };
        if let Some(mirror) = mirror {
            figures.see(&mirror);
            if let Some(deliverer) = deliverer {
                figures.wait(deliverer, mirror.nonce, now).await;
            }
        }
        figures
    }

    fn see(&mut self, mirror: &MirrorProgress) {
        self.mirrored_nonce = Some(mirror.nonce);
        self.mirror_lane = Some(mirror.lane);
        if mirror.nonce > 0 {
            self.mirror_age = Some(mirror.age());
            self.mirror_max_age = Some(mirror.max_age);
            self.mirror_fresh = Some(mirror.is_fresh());
        }
    }

    async fn wait(&mut self, deliverer: &PartStatus, mirrored: u64, now: u64) {
        let (Some(verified), Some(url)) = (deliverer.verified_nonce, &deliverer.url) else {
            return;
        };
        let waiting = verified.saturating_sub(mirrored);
        self.waiting_updates = Some(waiting);
        if waiting > 0 {
            let since = verified_at(url, mirrored.saturating_add(1)).await;
            self.oldest_waits = since.map(|since| now.saturating_sub(since));
        }
    }

    /// What of this is wrong. `now` is in Unix seconds.
    pub(super) fn troubles(&self, now: u64) -> Vec<Trouble> {
        [
            self.silence(now),
            self.stop(),
            self.wedge(now),
            self.staleness(now),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn silence(&self, now: u64) -> Option<Trouble> {
        let age = self.source_age.filter(|age| *age > SILENT)?;
        Some(Trouble {
            part: String::from("source chain"),
            what: format!(
                "SILENT: the newest block is {} old; what index and mirror show may be out of date",
                span(age)
            ),
            since: Some(now.saturating_sub(age)),
            next: String::from(
                "look whether the node still makes or receives blocks (its log, its peers); ask another node \
                 with --node-url",
            ),
        })
    }

    fn stop(&self) -> Option<Trouble> {
        let (what, next) = match self.mirror_lane? {
            LaneState::Open => return None,
            LaneState::Stopped { rebase_from } => (
                String::from("STOPPED by its guardian: every license reads as Unknown"),
                format!(
                    "its owner re-bases it from {} on: `lex mirror rebase`",
                    crate::output::time(rebase_from)
                ),
            ),
            LaneState::Rebasing { nonce } => (
                format!("re-based: it answers when it holds update {nonce}"),
                String::from("wait; everything is delivered again"),
            ),
        };
        Some(Trouble {
            part: String::from("mirror"),
            what,
            since: None,
            next,
        })
    }

    /// Of a lane that takes deliveries.
    fn wedge(&self, now: u64) -> Option<Trouble> {
        let waits = self.oldest_waits.filter(|waits| *waits > WAITS_LONG)?;
        if self.mirror_lane != Some(LaneState::Open) {
            return None;
        }
        Some(Trouble {
            part: String::from("mirror"),
            what: format!(
                "{} updates are verified and not mirrored; the oldest waits for {}",
                self.waiting_updates.unwrap_or_default(),
                span(waits)
            ),
            since: Some(now.saturating_sub(waits)),
            next: String::from(
                "look at the deliverer's log: attesters that do not sign, a fee cap or budget that is used up, \
                 an account without balance",
            ),
        })
    }

    fn staleness(&self, now: u64) -> Option<Trouble> {
        let (age, max_age) = (self.mirror_age?, self.mirror_max_age?);
        if age <= max_age || self.mirror_lane != Some(LaneState::Open) {
            return None;
        }
        Some(Trouble {
            part: String::from("mirror"),
            what: format!(
                "STALE: its state is {} old, and beyond {} every license reads as Unknown",
                span(age),
                span(max_age)
            ),
            since: Some(now.saturating_sub(age - max_age)),
            next: String::from(
                "look whether the source makes blocks, the attesters sign and the deliverer has balance",
            ),
        })
    }
}

/// Keeps what was answered and writes down why the rest was not.
struct Keep<'a>(&'a mut Vec<String>);

impl Keep<'_> {
    fn value<T>(&mut self, result: Result<T, String>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(why) => {
                self.0.push(why);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn well() -> Figures {
        Figures {
            source_age: Some(59),
            waiting_updates: Some(3),
            oldest_waits: Some(2),
            mirror_age: Some(60),
            mirror_max_age: Some(3600),
            mirror_fresh: Some(true),
            mirror_lane: Some(LaneState::Open),
            ..Figures::default()
        }
    }

    fn only(figures: &Figures) -> Trouble {
        let mut troubles = figures.troubles(NOW);
        assert_eq!(troubles.len(), 1, "{troubles:?}");
        troubles.remove(0)
    }

    #[test]
    fn what_moves_is_no_trouble_and_nor_is_what_is_not_known() {
        assert_eq!(well().troubles(NOW), []);
        assert_eq!(Figures::default().troubles(NOW), []);
    }

    #[test]
    fn a_silent_source_is_told_by_the_wall_clock() {
        let silent = Figures {
            source_age: Some(600),
            ..well()
        };
        let trouble = only(&silent);
        assert!(trouble.what.starts_with("SILENT"), "{trouble:?}");
        assert_eq!(trouble.since, Some(NOW - 600));
    }

    #[test]
    fn an_update_that_waits_long_is_told_but_not_of_a_stopped_mirror() {
        let wedged = Figures {
            oldest_waits: Some(900),
            ..well()
        };
        assert!(only(&wedged).what.starts_with("3 updates"));
        let stopped = Figures {
            mirror_lane: Some(LaneState::Stopped { rebase_from: NOW }),
            ..wedged
        };
        assert!(only(&stopped).next.contains("lex mirror rebase"));
    }

    #[test]
    fn a_stale_mirror_says_since_when_it_says_nothing() {
        let stale = Figures {
            mirror_age: Some(3700),
            ..well()
        };
        assert_eq!(only(&stale).since, Some(NOW - 100));
    }
}
