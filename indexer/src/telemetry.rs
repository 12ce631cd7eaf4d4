//! Logging to stderr, as text or JSON. `RUST_LOG` filters; the default is `info`,
//! without the database driver's notices.

use std::io::IsTerminal;

use clap::ValueEnum;
use lex_client::QUIET_LIBRARIES;
use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Starts logging for this process.
pub fn start(format: LogFormat) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let filter = QUIET_LIBRARIES.into_iter().fold(filter, |filter, quiet| {
        filter.add_directive(quiet.parse().expect("it is a filter"))
    });
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}
