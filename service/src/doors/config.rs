//! `[http.doors]`: how much of the service clients may take.

use std::time::Duration;

use serde::Deserialize;

/// Limits for clients, the same keys and defaults in every service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DoorsConfig {
    /// Connections at once; further ones wait in the kernel's queue.
    pub max_connections: usize,
    /// Connections of one client at once; further ones are closed.
    pub max_connections_per_client: usize,
    /// Requests that are worked on at once; further ones wait.
    pub max_requests: usize,
    /// Requests of one client that are worked on at once; further ones wait, and no one else for them.
    pub max_requests_per_client: usize,
    /// Memory for large request bodies and for answers that are not yet taken, bytes. One client has
    /// a quarter at most; what does not fit is refused.
    pub max_buffered_bytes: usize,
    /// A connection that brings no whole request head for this long is closed, an idle one too.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// How long a request body may take to arrive.
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
    /// How long a request may take from its head to its answer.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// How long a client may take to receive an answer, counted from when it first falls behind.
    #[serde(with = "humantime_serde")]
    pub write_timeout: Duration,
    /// How long requests under way may go on once the service is told to stop.
    #[serde(with = "humantime_serde")]
    pub shutdown_timeout: Duration,
}

impl Default for DoorsConfig {
    fn default() -> Self {
        Self {
            max_connections: 512,
            max_connections_per_client: 128,
            max_requests: 64,
            max_requests_per_client: 16,
            max_buffered_bytes: 64 * 1024 * 1024,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(3),
        }
    }
}

/// A value with which a service could not work, or would be defenceless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("http.doors.{key} must be {rule}")]
pub struct OutOfRange {
    pub key: &'static str,
    pub rule: &'static str,
}

impl DoorsConfig {
    /// # Errors
    /// The first value that is out of range.
    pub fn validate(&self) -> Result<(), OutOfRange> {
        let counts = [
            ("max_connections", self.max_connections),
            (
                "max_connections_per_client",
                self.max_connections_per_client,
            ),
            ("max_requests", self.max_requests),
            ("max_requests_per_client", self.max_requests_per_client),
        ];
        for (key, count) in counts {
            check(key, "from 1 to 100000", (1..=100_000).contains(&count))?;
        }
        check(
            "max_buffered_bytes",
            "from 1048576 (1 MiB) to 68719476736 (64 GiB)",
            (1 << 20..=1 << 36).contains(&self.max_buffered_bytes),
        )?;
        let times = [
            ("header_timeout", self.header_timeout),
            ("body_timeout", self.body_timeout),
            ("request_timeout", self.request_timeout),
            ("write_timeout", self.write_timeout),
        ];
        let a_moment = Duration::from_millis(100);
        let an_hour = Duration::from_secs(3600);
        for (key, time) in times {
            check(
                key,
                "from 100ms to 1h",
                (a_moment..=an_hour).contains(&time),
            )?;
        }
        check(
            "shutdown_timeout",
            "at most 1m",
            self.shutdown_timeout <= Duration::from_secs(60),
        )
    }
}

fn check(key: &'static str, rule: &'static str, holds: bool) -> Result<(), OutOfRange> {
    if holds {
        Ok(())
    } else {
        Err(OutOfRange { key, rule })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range() {
        assert_eq!(DoorsConfig::default().validate(), Ok(()));
    }

    #[test]
    fn values_out_of_range_are_refused_with_their_key() {
        for (text, key) in [
            ("max_connections = 0", "max_connections"),
            ("max_requests_per_client = 0", "max_requests_per_client"),
            ("max_requests = 100001", "max_requests"),
            ("max_buffered_bytes = 1048575", "max_buffered_bytes"),
            ("header_timeout = \"0s\"", "header_timeout"),
            ("write_timeout = \"2h\"", "write_timeout"),
            ("shutdown_timeout = \"61s\"", "shutdown_timeout"),
        ] {
            let config: DoorsConfig = toml::from_str(text).expect("known keys");
            let refused = config.validate().map_err(|error| error.key);
            assert_eq!(refused, Err(key), "{text}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        assert!(toml::from_str::<DoorsConfig>("max_conections = 1").is_err());
    }
}
