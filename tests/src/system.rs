//! A stack of its own for one test.

use std::fs;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result, ensure};
use lex_cli::progress::Progress;
use lex_cli::stack::{Binaries, Stack, StackConfig};
use lex_cli::target::repository;
use tempfile::TempDir;

use crate::exchange::Exchange;

/// A running stack in a folder that goes with it.
pub struct System {
    pub stack: Stack,
    exchange: Exchange,
    _folder: TempDir,
}

impl System {
    /// Starts a stack on free ports.
    ///
    /// # Errors
    /// When a program is missing (its message says what builds it) or does not become ready.
    pub async fn start() -> Result<Self> {
        Self::start_with(|_| {}).await
    }

    /// Starts a stack on free ports whose configuration differs from a test's usual one.
    ///
    /// # Errors
    /// As [`System::start`].
    pub async fn start_with(configure: impl FnOnce(&mut StackConfig)) -> Result<Self> {
        let folder = tempfile::tempdir().context("failed to make a folder")?;
        // The database's user must be able to walk through it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let binaries = Binaries::find(&repository())?;
        let mut config = StackConfig::for_test(folder.path(), binaries);
        configure(&mut config);
        let stack = Stack::start(config, Progress::silent()).await?;
        ensure!(stack.troubles().is_empty(), "{:#?}", stack.troubles());
        Ok(Self {
            exchange: Exchange::at(&stack.endpoints()).await?,
            stack,
            _folder: folder,
        })
    }
}

impl Deref for System {
    type Target = Exchange;

    fn deref(&self) -> &Exchange {
        &self.exchange
    }
}
