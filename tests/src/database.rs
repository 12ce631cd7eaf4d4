//! What happens in a service's schema behind its back.

use std::path::Path;
use std::process::Output;

use anyhow::{Context, Result, ensure};
use lex_cli::stack::Binaries;
use lex_cli::target::repository;
use tokio::process::Command;

use crate::up::said;

/// Runs statements in the schema that a service's configuration names, all of them or none.
///
/// # Errors
/// When the configuration names no database, or it refuses.
pub async fn run_sql(config: &Path, statements: &str) -> Result<Output> {
    let config: toml::Table = std::fs::read_to_string(config)?.parse()?;
    let database = config["database"].as_table().context("a database")?;
    let text = |key: &str| database[key].as_str().context("a text");
    let psql = Binaries::find(&repository())?.postgres.program("psql");
    let output = Command::new(psql)
        .args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-c", statements])
        .arg(text("url")?)
        .env("PGOPTIONS", format!("-c search_path={}", text("schema")?))
        .output()
        .await?;
    ensure!(output.status.success(), "{}", said(&output));
    Ok(output)
}
