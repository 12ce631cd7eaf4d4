//! Waiting for a condition, with a deadline and a label.

use std::future::Future;
use std::time::Duration;

use thiserror::Error;
use tokio::time::{Instant, sleep, timeout_at};

/// Pause between two looks at a condition.
const INTERVAL: Duration = Duration::from_millis(50);

/// A condition did not come true in time; `last` is what the last look said.
#[derive(Debug, Error)]
#[error("{label} did not happen within {} s: {last}", .within.as_secs_f32())]
pub struct TimedOut {
    pub label: String,
    pub within: Duration,
    pub last: String,
}

/// Looks at `condition` until it gives a value, for at most `within`.
///
/// # Errors
/// [`TimedOut`] with what the last look said.
pub async fn until<T, F>(
    label: impl Into<String>,
    within: Duration,
    condition: impl FnMut() -> F,
) -> Result<T, TimedOut>
where
    F: Future<Output = Result<T, String>>,
{
    until_every(INTERVAL, label, within, condition).await
}

/// [`until`] with another pause between two looks.
///
/// # Errors
/// As for [`until`].
pub async fn until_every<T, F>(
    interval: Duration,
    label: impl Into<String>,
    within: Duration,
    mut condition: impl FnMut() -> F,
) -> Result<T, TimedOut>
where
    F: Future<Output = Result<T, String>>,
{
    let deadline = Instant::now() + within;
    let mut last = String::from("no answer");
    loop {
        match timeout_at(deadline, condition()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(reason)) => last = reason,
            Err(_) => {}
        }
        if Instant::now() + interval >= deadline {
            return Err(TimedOut {
                label: label.into(),
                within,
                last,
            });
        }
        sleep(interval).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn gives_the_value_once_the_condition_is_true() {
        let mut looks = 0;
        let value = until("three looks", Duration::from_secs(1), || {
            looks += 1;
            let seen = looks;
            async move {
                if seen < 3 {
                    Err(format!("look {seen}"))
                } else {
                    Ok(seen)
                }
            }
        })
        .await;
        assert_eq!(value.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn reports_the_label_and_the_last_answer() {
        let error = until("the moon", Duration::from_secs(2), || async {
            Err::<(), _>(String::from("not yet"))
        })
        .await
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the moon did not happen within 2 s: not yet"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_hangs_does_not_outlive_the_deadline() {
        let error = until("an answer", Duration::from_secs(2), || {
            std::future::pending::<Result<(), String>>()
        })
        .await
        .unwrap_err();
        assert_eq!(error.last, "no answer");
    }
}
