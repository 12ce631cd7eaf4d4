//! The destination chain that a state folder keeps from one start of anvil to the next.
//!
//! anvil writes its state over the old one, so a kill while it writes leaves an empty or a cut file, on
//! which it would never start again. So the last whole dump is kept beside it, and taken instead. What
//! was mirrored since is gone with the dump; the relayer finds that out and delivers it again.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::de::IgnoredAny;

use crate::progress::Progress;

/// anvil's dump and the last whole copy of it.
#[derive(Clone, Debug)]
pub(super) struct KeptDump {
    dump: PathBuf,
}

/// What tells one dump from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    length: u64,
    written: SystemTime,
}

impl KeptDump {
    /// In anvil's folder.
    pub(super) fn of(folder: &Path) -> KeptDump {
        KeptDump {
            dump: folder.join("state.json"),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.dump
    }

    /// Sees to it that anvil finds a whole dump, or none. anvil does not run.
    ///
    /// # Errors
    /// When a file cannot be read, renamed or copied.
    pub(super) fn repair(&self, progress: &Progress) -> io::Result<()> {
        if let Some(dump) = whole(&self.dump)? {
            return self.copy(&dump);
        }
        let copy = whole(&self.copy_path())?;
        if copy.is_none() && metadata(&self.dump)?.is_none() {
            return Ok(());
        }
        self.go_back(copy, progress)
    }

    /// Keeps a copy of the dump, unless it is the one that was kept last. A dump that anvil is writing
    /// is left for the next time.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(super) fn keep(&self, last: &mut Option<Version>) -> io::Result<()> {
        let Some(metadata) = metadata(&self.dump)? else {
            return Ok(());
        };
        let version = version(&metadata)?;
        if *last == Some(version) {
            return Ok(());
        }
        if let Some(dump) = whole(&self.dump)? {
            self.copy(&dump)?;
            *last = Some(version);
        }
        Ok(())
    }

    /// anvil writes the same again and again while nothing happens.
    fn copy(&self, dump: &[u8]) -> io::Result<()> {
        let copy = self.copy_path();
        if whole(&copy)?.is_some_and(|kept| kept == dump) {
            return Ok(());
        }
        write(dump, &copy)
    }

    fn go_back(&self, copy: Option<Vec<u8>>, progress: &Progress) -> io::Result<()> {
        let aside = self.dump.with_extension("broken.json");
        if metadata(&self.dump)?.is_some() {
            fs::rename(&self.dump, &aside)?;
        }
        let aside = aside.display();
        match copy {
            Some(copy) => {
                write(&copy, &self.dump)?;
                progress.note(format!(
                    "  anvil's saved state was incomplete (now {aside}); the one before is taken, and what \
                     was mirrored since is delivered again"
                ));
            }
            None => progress.note(format!(
                "  anvil's saved state was incomplete (now {aside}) and there is no earlier one: its chain \
                 begins anew, and the next `lex up` deploys the mirror again"
            )),
        }
        Ok(())
    }

    fn copy_path(&self) -> PathBuf {
        self.dump.with_extension("whole.json")
    }
}

/// The file's content, if it is there and all of it.
fn whole(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => {
            let is_whole = serde_json::from_slice::<IgnoredAny>(&bytes).is_ok();
            Ok(is_whole.then_some(bytes))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// All of it or nothing, also when the machine stops.
fn write(bytes: &[u8], to: &Path) -> io::Result<()> {
    let unfinished = to.with_extension("new");
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, to)
}

fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn version(metadata: &Metadata) -> io::Result<Version> {
    Ok(Version {
        length: metadata.len(),
        written: metadata.modified()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "{\"block\": 1}";
    const SECOND: &str = "{\"block\": 22}";

    fn kept() -> (tempfile::TempDir, KeptDump) {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptDump::of(folder.path());
        (folder, kept)
    }

    fn repaired(kept: &KeptDump) -> Option<String> {
        kept.repair(&Progress::silent()).unwrap();
        fs::read_to_string(kept.path()).ok()
    }

    #[test]
    fn a_new_chain_needs_no_dump() {
        let (_folder, kept) = kept();
        assert_eq!(repaired(&kept), None);
        kept.keep(&mut None).unwrap();
    }

    #[test]
    fn a_whole_dump_is_taken_as_it_is() {
        let (_folder, kept) = kept();
        for dump in [FIRST, SECOND] {
            fs::write(kept.path(), dump).unwrap();
            assert_eq!(repaired(&kept).as_deref(), Some(dump));
        }
    }

    #[test]
    fn a_dump_that_a_kill_emptied_cut_or_never_wrote_gives_way_to_the_one_before() {
        let (_folder, kept) = kept();
        let mut last = None;
        fs::write(kept.path(), FIRST).unwrap();
        kept.keep(&mut last).unwrap();
        for broken in ["", "{\"blo", &SECOND[..SECOND.len() - 1]] {
            fs::write(kept.path(), broken).unwrap();
            kept.keep(&mut last).unwrap();
            assert_eq!(repaired(&kept).as_deref(), Some(FIRST), "{broken:?}");
        }
        fs::remove_file(kept.path()).unwrap();
        assert_eq!(repaired(&kept).as_deref(), Some(FIRST));
    }

    #[test]
    fn a_broken_dump_without_an_earlier_one_is_set_aside() {
        let (folder, kept) = kept();
        fs::write(kept.path(), "{\"blo").unwrap();
        assert_eq!(repaired(&kept), None);
        assert!(folder.path().join("state.broken.json").exists());
        fs::write(kept.path(), FIRST).unwrap();
        assert_eq!(repaired(&kept).as_deref(), Some(FIRST));
    }

    #[test]
    fn only_a_new_dump_is_copied() {
        let (_folder, kept) = kept();
        let mut last = None;
        fs::write(kept.path(), FIRST).unwrap();
        kept.keep(&mut last).unwrap();
        let first = last;
        assert!(first.is_some());
        fs::remove_file(kept.copy_path()).unwrap();
        kept.keep(&mut last).unwrap();
        assert!(!kept.copy_path().exists());
        fs::write(kept.path(), SECOND).unwrap();
        kept.keep(&mut last).unwrap();
        assert_ne!(last, first);
        assert_eq!(fs::read_to_string(kept.copy_path()).unwrap(), SECOND);
    }
}
