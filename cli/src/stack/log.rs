//! The log of one component: bounded, whatever the component writes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A log that is longer becomes the older one, and the older one is dropped.
const LIMIT_BYTES: u64 = 10 * 1024 * 1024;
/// What is read of a log's end, for the last lines of it.
const TAIL_BYTES: u64 = 64 * 1024;

/// A log file and the one before it, `NAME.log` and `NAME.log.1`.
#[derive(Clone, Debug)]
pub(super) struct Log {
    path: PathBuf,
    limit: u64,
}

impl Log {
    pub(super) fn new(path: PathBuf) -> Log {
        Log {
            path,
            limit: LIMIT_BYTES,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file for a process that is started now. Every writer appends, so that [`Log::bound`] can
    /// empty the file under it.
    pub(super) fn open(&self) -> io::Result<File> {
        // Serving matters more than the log's length, which is looked at again.
        drop(self.bound());
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
    }

    /// Keeps what was written and empties the file once it is too long. A process that runs goes on
    /// writing to the same file; what it writes between the two is lost.
    pub(super) fn bound(&self) -> io::Result<()> {
        let length = match fs::metadata(&self.path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if length <= self.limit {
            return Ok(());
        }
        let kept = self.keep_the_end(length);
        // On a full disk nothing can be kept, and all the more has to go.
        OpenOptions::new()
            .write(true)
            .open(&self.path)?
            .set_len(0)?;
        kept
    }

    /// A burst may have made it longer than one file may be.
    fn keep_the_end(&self, length: u64) -> io::Result<()> {
        let mut log = File::open(&self.path)?;
        log.seek(SeekFrom::Start(length.saturating_sub(self.limit)))?;
        let older = self.path.with_extension("log.1");
        let unfinished = self.path.with_extension("log.new");
        io::copy(&mut log.take(self.limit), &mut File::create(&unfinished)?)?;
        fs::rename(unfinished, older)
    }

    /// The last lines.
    pub(super) fn tail(&self, lines: usize) -> String {
        let Ok(bytes) = self.end() else {
            return String::new();
        };
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    fn end(&self) -> io::Result<Vec<u8>> {
        let mut log = File::open(&self.path)?;
        let length = log.metadata()?.len();
        log.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        log.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn small() -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().unwrap();
        let log = Log {
            path: folder.path().join("node.log"),
            limit: 10,
        };
        (folder, log)
    }

    #[test]
    fn two_files_hold_the_newest_and_a_writer_goes_on() {
        let (folder, log) = small();
        let mut writer = log.open().unwrap();
        for line in ["first line\n", "second line\n", "third\n"] {
            writer.write_all(line.as_bytes()).unwrap();
            log.bound().unwrap();
        }
        assert_eq!(log.tail(5), "third");
        let older = fs::read_to_string(folder.path().join("node.log.1")).unwrap();
        assert_eq!(older, "cond line\n", "the end of what was too long");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_cannot_be_kept_is_dropped() {
        let (folder, log) = small();
        let mut writer = log.open().unwrap();
        writer.write_all(b"longer than allowed").unwrap();
        // Stands in the way of the older log.
        fs::create_dir_all(folder.path().join("node.log.1/x")).unwrap();
        log.bound().unwrap_err();
        assert_eq!(fs::metadata(log.path()).unwrap().len(), 0);
    }

    #[test]
    fn starts_in_a_row_do_not_let_it_grow() {
        let (folder, log) = small();
        for _ in 0..100 {
            let mut writer = log.open().unwrap();
            writer.write_all(b"no such port\n").unwrap();
        }
        let files = fs::read_dir(folder.path()).unwrap();
        let bytes: u64 = files
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum();
        assert!(bytes <= 2 * log.limit + 13, "{bytes} bytes");
    }

    #[test]
    fn the_tail_of_a_long_log_is_its_last_lines() {
        let (_folder, mut log) = small();
        log.limit = LIMIT_BYTES;
        let mut writer = log.open().unwrap();
        for line in 0..100_000 {
            writeln!(writer, "line {line}").unwrap();
        }
        assert_eq!(log.tail(2), "line 99998\nline 99999");
    }
}
