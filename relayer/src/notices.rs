//! Saying what is wrong when it changes, and then rarely.

use std::time::Duration;

use tokio::time::Instant;

/// The same trouble with other words is told again after this time.
const REWORDED: Duration = Duration::from_secs(30);
/// The same trouble in the same words is told again after this time.
const REPEATED: Duration = Duration::from_secs(600);

/// What was last told. A trouble that lasts for days must not fill the logs.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    last: Option<Told>,
}

#[derive(Debug)]
struct Told {
    subject: &'static str,
    text: String,
    at: Instant,
    silent: u64,
}

impl Notices {
    /// Whether to tell this, and if so, of how many the reader has not heard since the last.
    pub(crate) fn news(&mut self, subject: &'static str, text: &str, now: Instant) -> Option<u64> {
        let silent = match &mut self.last {
            Some(told) if told.subject == subject => {
                let pause = if told.text == text {
                    REPEATED
                } else {
                    REWORDED
                };
                if now.saturating_duration_since(told.at) < pause {
                    told.silent = told.silent.saturating_add(1);
                    return None;
                }
                told.silent
            }
            _ => 0,
        };
        self.last = Some(Told {
            subject,
            text: text.to_owned(),
            at: now,
            silent: 0,
        });
        Some(silent)
    }

    /// The trouble is over. Says whether there was any.
    pub(crate) fn clear(&mut self) -> bool {
        self.last.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_told_when_it_changes_and_then_rarely() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut notices = Notices::default();
        assert_eq!(notices.news("fees", "1 wei", start), Some(0));
        assert_eq!(notices.news("fees", "1 wei", after(29)), None);
        assert_eq!(notices.news("fees", "2 wei", after(29)), None);
        assert_eq!(notices.news("fees", "2 wei", after(30)), Some(2));
        assert_eq!(notices.news("fees", "2 wei", after(600)), None);
        assert_eq!(notices.news("fees", "2 wei", after(630)), Some(1));
        assert_eq!(notices.news("sign", "no", after(631)), Some(0));
        assert!(notices.clear());
        assert!(!notices.clear());
        assert_eq!(notices.news("sign", "no", after(632)), Some(0));
    }
}
