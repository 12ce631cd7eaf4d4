//! The source chain that a state folder keeps from one start to the next.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file_lock;
use super::state::{StateDir, StateError, failed};
use crate::progress::Progress;

/// What the node's database locks while it is open, in a chain's folder.
const DATABASE_LOCK: &str = "paritydb/full/lock";

/// The folders of the node and of its Ethereum JSON-RPC.
#[derive(Clone, Debug)]
pub(super) struct KeptChain {
    node: PathBuf,
    receipts: PathBuf,
}

impl KeptChain {
    /// Looks at what is there, and removes what belongs to no chain.
    ///
    /// # Errors
    /// When something cannot be removed or written.
    pub(super) fn of(state: &StateDir) -> Result<KeptChain, StateError> {
        let kept = KeptChain {
            node: state.path("node"),
            receipts: state.path("eth-rpc"),
        };
        // A node that was killed while it made its database may never start on it. Nobody has used that
        // chain yet.
        if kept.unfinished().exists() {
            remove(&kept.node)?;
        }
        if kept.chain().is_none() {
            state.folder("node")?;
            fs::write(kept.unfinished(), "").map_err(failed("writing", &kept.unfinished()))?;
            remove(&kept.receipts)?;
        }
        Ok(kept)
    }

    /// The folder of the chain, if an earlier start left one.
    pub(super) fn chain(&self) -> Option<PathBuf> {
        let chain = self.node.join("chains");
        chain.is_dir().then_some(chain)
    }

    /// Waits until no process has the chain's database any more: one that was killed may take a while
    /// to let go of it, and the next node would end at once.
    ///
    /// # Errors
    /// When a process keeps it.
    pub(super) async fn until_free(&self, progress: &Progress) -> Result<(), StateError> {
        for lock in self.locks() {
            file_lock::until_free(&lock, progress).await?;
        }
        Ok(())
    }

    /// Lock files of the database of each chain in the folder.
    fn locks(&self) -> Vec<PathBuf> {
        let chains = fs::read_dir(self.node.join("chains"));
        let chains = chains.into_iter().flatten().flatten();
        chains
            .map(|chain| chain.path().join(DATABASE_LOCK))
            .filter(|lock| lock.exists())
            .collect()
    }

    /// The node serves: from now on the chain is kept.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub(super) fn keep(&self) -> Result<(), StateError> {
        let unfinished = self.unfinished();
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("removing", &unfinished)(error))
            }
            _ => Ok(()),
        }
    }

    /// Exists until the node has served for the first time.
    fn unfinished(&self) -> PathBuf {
        self.node.join("unfinished")
    }
}

fn remove(folder: &Path) -> Result<(), StateError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(failed("removing", folder)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> (tempfile::TempDir, StateDir) {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::create(folder.path()).unwrap();
        (folder, state)
    }

    #[test]
    fn a_chain_that_has_served_is_kept_with_its_receipts() {
        let (_folder, state) = state();
        let kept = KeptChain::of(&state).unwrap();
        assert_eq!(kept.chain(), None);
        state.folder("node/chains").unwrap();
        state.folder("eth-rpc").unwrap();
        kept.keep().unwrap();
        assert!(KeptChain::of(&state).unwrap().chain().is_some());
        assert!(state.path("eth-rpc").exists());
    }

    #[test]
    fn a_chain_that_never_served_is_made_anew() {
        let (_folder, state) = state();
        KeptChain::of(&state).unwrap();
        state.folder("node/chains").unwrap();
        assert_eq!(KeptChain::of(&state).unwrap().chain(), None);
    }

    #[test]
    fn a_chain_of_an_earlier_version_is_kept() {
        let (_folder, state) = state();
        state.folder("node/chains").unwrap();
        assert!(KeptChain::of(&state).unwrap().chain().is_some());
    }

    #[test]
    fn receipts_of_a_lost_chain_go_too() {
        let (_folder, state) = state();
        state.folder("eth-rpc").unwrap();
        KeptChain::of(&state).unwrap();
        assert!(!state.path("eth-rpc").exists());
    }
}
