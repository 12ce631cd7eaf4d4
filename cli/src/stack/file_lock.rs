//! Waiting for a file lock that a dying process still holds.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use super::process::all;
use super::state::{StateError, failed};
use super::wait;
use crate::progress::Progress;

/// Longest wait for the system to take a lock from a process that was killed.
const WITHIN: Duration = Duration::from_secs(60);

/// Waits until nobody holds the lock of this file.
///
/// # Errors
/// [`StateError::Locked`] with who holds it, when that takes too long.
pub(super) async fn until_free(path: &Path, progress: &Progress) -> Result<(), StateError> {
    if is_free(path)? {
        return Ok(());
    }
    let name = path.display();
    let step = progress.step(format!("waiting for the lock {name}"));
    let freed = wait::until("the lock's release", WITHIN, || async {
        match is_free(path) {
            Ok(true) => Ok(()),
            Ok(false) => Err(String::from("it is held")),
            Err(error) => Err(error.to_string()),
        }
    });
    if freed.await.is_err() {
        return Err(StateError::Locked {
            path: path.to_owned(),
            holders: holders(path),
        });
    }
    step.done("released by a process that has ended");
    Ok(())
}

/// A file that does not exist is free.
fn is_free(path: &Path) -> Result<bool, StateError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(failed("opening", path)(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(failed("locking", path)(error)),
    }
}

/// Ids of the processes that have the file open, as far as the machine tells.
fn holders(path: &Path) -> Vec<u32> {
    let Ok(path) = path.canonicalize() else {
        return Vec::new();
    };
    all().filter(|pid| has_open(*pid, &path)).collect()
}

fn has_open(pid: u32, path: &Path) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd"));
    let mut files = files.into_iter().flatten().flatten();
    files.any(|file| fs::read_link(file.path()).is_ok_and(|open| open == path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_a_dying_process_holds_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        until_free(&path, &Progress::silent()).await.unwrap();
        let held = File::create(&path).unwrap();
        held.lock().unwrap();
        let dies = async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            drop(held);
        };
        let progress = Progress::silent();
        let (free, ()) = tokio::join!(until_free(&path, &progress), dies);
        free.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_is_kept_is_reported_with_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = File::create(&path).unwrap();
        held.lock().unwrap();
        let error = until_free(&path, &Progress::silent()).await.unwrap_err();
        let StateError::Locked { holders, .. } = &error else {
            panic!("{error}");
        };
        if super::super::process::can_list() {
            assert!(holders.contains(&std::process::id()), "{error}");
        }
    }
}
