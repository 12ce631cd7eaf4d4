//! A private PostgreSQL cluster, shared by the tests that run at the same time and removed with the
//! last of them. `LEX_TEST_DATABASE_URL` names a running one instead. And a pooler before it.

mod pooler;

pub use pooler::{Mode, Pooler};

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

use tempfile::TempDir;

static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
static NEXT_SCHEMA: AtomicU32 = AtomicU32::new(1);

/// A running cluster; ends with the last reference to it.
pub struct Cluster {
    url: String,
    /// Nothing to stop when the cluster is not ours.
    owned: Option<Owned>,
}

struct Owned {
    binaries: PathBuf,
    folder: TempDir,
}

impl Cluster {
    /// The cluster of the tests that run now; started if there is none.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().expect("no test panics while it holds this");
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        let cluster = Arc::new(Self::start());
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    /// A cluster of one test alone, which may stop and start it.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn alone() -> Self {
        Self::owned()
    }

    /// Ends it at once, as a crash of its machine does.
    ///
    /// # Panics
    /// When it is not ours, or does not end.
    pub fn stop(&self) {
        let owned = self.owned.as_ref().expect("a cluster of ours");
        succeed(owned.control("stop").args(["-w", "-m", "immediate"]));
    }

    /// Starts it again, where it was.
    ///
    /// # Panics
    /// When it is not ours, or does not start.
    pub fn start_again(&self) {
        self.owned.as_ref().expect("a cluster of ours").start();
    }

    /// Where it answers, with every right.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of a schema that no other test of any process uses.
    #[must_use]
    pub fn unique_schema() -> String {
        let number = NEXT_SCHEMA.fetch_add(1, Ordering::Relaxed);
        format!("test_{}_{number}", std::process::id())
    }

    fn start() -> Self {
        match std::env::var("LEX_TEST_DATABASE_URL") {
            Ok(url) => Self { url, owned: None },
            Err(_) => Self::owned(),
        }
    }

    fn owned() -> Self {
        let owned = Owned {
            binaries: binaries(),
            folder: tempfile::tempdir().expect("a folder"),
        };
        if is_root() {
            succeed(
                Command::new("chown")
                    .arg("postgres")
                    .arg(owned.folder.path()),
            );
        }
        succeed(owned.command("initdb").arg("-D").arg(owned.data()).args([
            "--username=lex",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]));
        owned.start();
        let socket = owned.folder.path().display();
        Self {
            url: format!("postgres://lex@localhost/postgres?host={socket}"),
            owned: Some(owned),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(owned) = &self.owned {
            let mut stop = owned.control("stop");
            stop.args(["-m", "immediate"]);
            let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

impl Owned {
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn start(&self) {
        // Only a socket: tests that run side by side need no ports.
        let socket = self.folder.path().display().to_string();
        let settings = format!(
            "-c listen_addresses='' -c unix_socket_directories='{socket}' -c fsync=off \
             -c full_page_writes=off -c max_connections=100"
        );
        let log = format!("{socket}/log");
        succeed(
            self.control("start")
                .args(["-w", "-l", &log, "-o", &settings]),
        );
    }

    fn control(&self, action: &str) -> Command {
        let mut command = self.command("pg_ctl");
        command.arg(action).arg("-D").arg(self.data());
        command
    }

    /// PostgreSQL refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let program = self.binaries.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path());
        command
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The folder of the newest installed version, or whatever `PATH` finds.
fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    versions
        .map(|version| version.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .max_by_key(|folder| version_of(folder))
        .unwrap_or_default()
}

fn version_of(folder: &Path) -> u32 {
    let name = folder
        .parent()
        .and_then(Path::file_name)
        .and_then(|name| name.to_str());
    name.and_then(|name| name.parse().ok()).unwrap_or_default()
}

fn succeed(command: &mut Command) {
    // To files or nowhere: a server that inherits a pipe would keep it open.
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => {}
        other => panic!("{command:?} failed: {other:?}"),
    }
}
