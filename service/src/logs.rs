//! Log lines on standard error, one for each event, whatever is in it: text from outside is shown as
//! [`visible`](lex_client::visible) shows it.

use clap::ValueEnum;
use lex_client::{QUIET_LIBRARIES, VisibleWriter};
use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Starts the logs of this process. `RUST_LOG` selects what is logged, by default `info`, of the
/// database driver warnings. Libraries that would log the addresses of endpoints stay quiet.
pub fn start_logs(format: LogFormat) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let filter = QUIET_LIBRARIES.into_iter().fold(filter, |filter, quiet| {
        filter.add_directive(quiet.parse().expect("it is a filter"))
    });
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Colours would be escaped like everything that a terminal acts on.
        .with_ansi(false)
        .with_writer(|| VisibleWriter(std::io::stderr()));
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}
