//! A private PostgreSQL cluster for one state folder.
//!
//! PostgreSQL refuses to run as root; then it runs as the user `postgres`, who also owns its
//! folder. Where that user cannot reach the state folder (a clone below `/root`), the cluster
//! stands in that user's home instead.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use alloy::primitives::keccak256;
use rustix::process::Signal;
use thiserror::Error;
use tokio::process::Command;

use super::binaries::PostgresBinaries;
use super::component::{BeforeStart, ComponentSpec};
use super::keys::{database_password, has_database_password};
use super::liveness::Liveness;
use super::process::{can_list, working_in};
use super::readiness::Readiness;
use super::state::{StateDir, StateError, failed};
use super::user::{UnixUser, is_root};
use crate::progress::Progress;

/// Name of the role and of the database of the stack.
const NAME: &str = "lex";
/// How the names of clusters begin that are not whole yet.
const UNFINISHED: &str = "unfinished-";
/// Longest wait for a process of a killed server to end.
const ORPHANS_WITHIN: Duration = Duration::from_secs(15);
/// Pause between two looks for them.
const ORPHANS_LOOK: Duration = Duration::from_millis(10);

/// A cluster that exists on disk.
#[derive(Clone)]
pub struct Postgres {
    binaries: PostgresBinaries,
    user: Option<UnixUser>,
    data: PathBuf,
    port: u16,
    password: String,
}

/// Why there is no usable cluster.
#[derive(Debug, Error)]
pub enum PostgresError {
    #[error(transparent)]
    State(#[from] StateError),
    #[error(
        "PostgreSQL does not run as root and this machine has no user `postgres`; \
         install Debian's package `postgresql`, or run `lex` as another user"
    )]
    NoUser,
    #[error("{program} failed: {output}")]
    Failed {
        program: &'static str,
        output: String,
    },
    #[error("{program} cannot be started")]
    Spawn {
        program: &'static str,
        source: io::Error,
    },
}

impl Postgres {
    /// The cluster of this state folder, made when there is none.
    ///
    /// # Errors
    /// When its folder or the cluster cannot be made.
    pub async fn prepare(
        state: &StateDir,
        binaries: PostgresBinaries,
        port: u16,
    ) -> Result<Postgres, PostgresError> {
        if !has_database_password(state) {
            // A state folder that was removed by hand leaves a cluster outside it, whose password went with it.
            Postgres::wipe(state)?;
        }
        let user = server_user()?;
        let home = home(state.root(), user.as_ref());
        fs::create_dir_all(&home).map_err(failed("making", &home))?;
        if let Some(user) = &user {
            user.own(&home).map_err(failed("giving away", &home))?;
        }
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700))
            .map_err(failed("protecting", &home))?;
        let postgres = Postgres {
            binaries,
            user,
            data: home.join("data"),
            port,
            password: database_password(state)?,
        };
        if !postgres.data.exists() {
            postgres.make_cluster(&home).await?;
        }
        Ok(postgres)
    }

    /// Removes the cluster of a state folder when it stands outside it.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn wipe(state: &StateDir) -> Result<(), PostgresError> {
        let home = home(state.root(), server_user()?.as_ref());
        match fs::remove_dir_all(&home) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("removing", &home)(error).into())
            }
            _ => Ok(()),
        }
    }

    /// The server as a component.
    #[must_use]
    pub fn spec(&self) -> ComponentSpec {
        let settings = [
            format!("port={}", self.port),
            String::from("listen_addresses=127.0.0.1"),
            // A socket would have a lock of its own, which a killed server leaves.
            String::from("unix_socket_directories="),
            // Three attesters, a deliverer and an indexer with a pool each, and people looking.
            String::from("max_connections=120"),
        ];
        let mut args = vec!["-D".into(), self.data.clone().into_os_string()];
        for setting in settings {
            args.extend(["-c".into(), setting.into()]);
        }
        ComponentSpec {
            name: String::from("postgres"),
            program: self.binaries.program("postgres"),
            args,
            before_start: Some(Arc::new(AfterOrphans(self.data.clone()))),
            env: Vec::new(),
            user: self.user.clone(),
            url: format!("postgres://{NAME}@127.0.0.1:{}/{NAME}", self.port),
            ready: Readiness::Command {
                program: self.binaries.program("psql"),
                args: self.psql_args("postgres", "select 1"),
                env: self.psql_env(),
            },
            ready_within: Duration::from_secs(60),
            live: Some(Liveness::of_postgres(self.port)),
            // "Fast" shutdown: ends sessions instead of waiting for them.
            stop_signal: Signal::INT,
            stop_within: Duration::from_secs(20),
        }
    }

    /// Connection URL with the password; only for files that nobody else can read.
    #[must_use]
    pub fn secret_url(&self) -> String {
        format!(
            "postgres://{NAME}:{}@127.0.0.1:{}/{NAME}",
            self.password, self.port
        )
    }

    /// Makes the database of the stack if the running server does not have it.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn ensure_database(&self) -> Result<(), PostgresError> {
        let found = self
            .psql(
                "postgres",
                &format!("select 1 from pg_database where datname = '{NAME}'"),
            )
            .await?;
        if found.trim().is_empty() {
            self.psql("postgres", &format!("create database {NAME}"))
                .await?;
        }
        Ok(())
    }

    /// Removes what one service knew; it starts over at its next start.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn drop_schema(&self, schema: &str) -> Result<(), PostgresError> {
        self.psql(NAME, &format!("drop schema if exists {schema} cascade"))
            .await
            .map(drop)
    }

    async fn psql(&self, database: &str, sql: &str) -> Result<String, PostgresError> {
        let mut command = Command::new(self.binaries.program("psql"));
        command
            .args(self.psql_args(database, sql))
            .envs(self.psql_env());
        run("psql", command).await
    }

    fn psql_args(&self, database: &str, sql: &str) -> Vec<String> {
        let port = self.port.to_string();
        [
            "-X",
            "-q",
            "-t",
            "-A",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            NAME,
            "-d",
            database,
            "-c",
            sql,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn psql_env(&self) -> Vec<(String, String)> {
        vec![
            (String::from("PGPASSWORD"), self.password.clone()),
            (String::from("PGCONNECT_TIMEOUT"), String::from("5")),
            (
                String::from("PGOPTIONS"),
                String::from("-c client_min_messages=warning"),
            ),
        ]
    }

    /// Made beside its place and moved there when it is whole: initdb may be killed at any moment, and
    /// may also outlive a `lex` that was killed.
    async fn make_cluster(&self, home: &Path) -> Result<(), PostgresError> {
        remove_unfinished(home)?;
        let unfinished = home.join(format!("{UNFINISHED}{}", std::process::id()));
        self.initdb(home, &unfinished).await?;
        fs::rename(&unfinished, &self.data).map_err(failed("moving", &unfinished))?;
        Ok(())
    }

    async fn initdb(&self, home: &Path, data: &Path) -> Result<(), PostgresError> {
        let password_file = home.join("password");
        fs::write(&password_file, &self.password).map_err(failed("writing", &password_file))?;
        fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600))
            .map_err(failed("protecting", &password_file))?;
        let mut command = Command::new(self.binaries.program("initdb"));
        command
            .arg("-D")
            .arg(data)
            .args(["-U", NAME, "--auth=scram-sha-256", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--no-sync"])
            .arg(format!("--pwfile={}", password_file.display()))
            // initdb looks up its own folder, which our working folder may hide from its user.
            .current_dir("/");
        if let Some(user) = &self.user {
            user.own(&password_file)
                .map_err(failed("giving away", &password_file))?;
            command.uid(user.uid).gid(user.gid);
        }
        let made = run("initdb", command).await;
        fs::remove_file(&password_file).map_err(failed("removing", &password_file))?;
        made.map(drop)
    }
}

/// Ends the processes that a killed server has left, and removes its lock. The processes end by themselves,
/// but while one of them still does something the next server refuses to start.
pub(super) async fn end_orphans(state: &StateDir) {
    // Without a user that it could run as it has never run.
    let Ok(user) = server_user() else { return };
    let data = home(state.root(), user.as_ref()).join("data");
    let Ok(data) = data.canonicalize() else {
        return;
    };
    for orphan in working_in(&data) {
        orphan.stop(Signal::QUIT, ORPHANS_WITHIN).await;
    }
    remove_stale_lock(&data);
}

/// Starts a server only when the sessions of the last one have ended, as they do by themselves after it was
/// killed: with their memory still there it refuses.
#[derive(Debug)]
struct AfterOrphans(PathBuf);

impl BeforeStart for AfterOrphans {
    fn prepare(&self, _progress: &Progress) -> io::Result<Vec<OsString>> {
        let data = self.0.canonicalize()?;
        let began = Instant::now();
        while !working_in(&data).is_empty() && began.elapsed() < ORPHANS_WITHIN {
            thread::sleep(ORPHANS_LOOK);
        }
        Ok(Vec::new())
    }
}

/// PostgreSQL takes any process with the id in its lock for the server that wrote it: one that was given the
/// id since, and a killed server that is not reaped yet. A server that runs works in its folder.
fn remove_stale_lock(data: &Path) {
    if can_list() && working_in(data).is_empty() {
        // A lock that cannot be removed is what the next server complains about.
        let _ = fs::remove_file(data.join("postmaster.pid"));
    }
}

/// Removes what interrupted starts left. One of their initdb may still write there and be faster; what it
/// leaves goes with the next start that makes a cluster.
fn remove_unfinished(home: &Path) -> Result<(), StateError> {
    for entry in fs::read_dir(home).map_err(failed("reading", home))? {
        let entry = entry.map_err(failed("reading", home))?;
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(UNFINISHED.as_bytes())
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres")
            .field("data", &self.data)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

async fn run(program: &'static str, mut command: Command) -> Result<String, PostgresError> {
    let output = command
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| PostgresError::Spawn { program, source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(PostgresError::Failed {
        program,
        output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// The user to run as: `None` is our own.
fn server_user() -> Result<Option<UnixUser>, PostgresError> {
    if !is_root() {
        return Ok(None);
    }
    UnixUser::named("postgres")
        .map(Some)
        .ok_or(PostgresError::NoUser)
}

fn home(state: &Path, user: Option<&UnixUser>) -> PathBuf {
    match user {
        Some(user) if !user.can_enter(state) => {
            let folder = hex::encode(&keccak256(state.as_os_str().as_encoded_bytes())[..6]);
            user.home.join(format!("lex-{folder}"))
        }
        _ => state.join("postgres"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::binaries::find_postgres;
    use super::*;

    #[test]
    fn a_hidden_state_folder_moves_the_cluster_to_the_users_home() {
        let folder = tempfile::tempdir().unwrap();
        let user = UnixUser {
            name: "stranger".into(),
            uid: 4_000_000,
            gid: 4_000_000,
            home: PathBuf::from("/home/stranger"),
        };
        let set =
            |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        set(0o700);
        assert!(home(folder.path(), Some(&user)).starts_with("/home/stranger"));
        set(0o755);
        assert_eq!(
            home(folder.path(), Some(&user)),
            folder.path().join("postgres")
        );
        set(0o700);
        assert_eq!(home(folder.path(), None), folder.path().join("postgres"));
    }

    #[test]
    fn what_an_interrupted_initdb_left_is_removed_and_a_cluster_kept() {
        let home = tempfile::tempdir().unwrap();
        for folder in ["data", "unfinished-1"] {
            fs::create_dir(home.path().join(folder)).unwrap();
            fs::write(home.path().join(folder).join("PG_VERSION"), "17").unwrap();
        }
        remove_unfinished(home.path()).unwrap();
        assert!(home.path().join("data/PG_VERSION").exists());
        assert!(!home.path().join("unfinished-1").exists());
    }

    #[tokio::test]
    async fn a_state_folder_that_was_removed_by_hand_begins_with_a_new_cluster() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("state");
        let prepare = async || {
            let state = StateDir::create(&root).unwrap();
            let postgres = Postgres::prepare(&state, find_postgres().unwrap(), 0).await;
            (state, postgres.unwrap())
        };
        let (_, first) = prepare().await;
        let mark = first.data.join("of-the-first");
        fs::write(&mark, "").unwrap();
        prepare().await;
        assert!(mark.exists());

        fs::remove_dir_all(&root).unwrap();
        let (state, second) = prepare().await;
        assert_eq!(second.data, first.data);
        assert!(second.data.join("PG_VERSION").exists() && !mark.exists());
        Postgres::wipe(&state).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_lock_of_a_server_that_does_not_run_is_removed_whoever_has_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().canonicalize().unwrap();
        let lock = data.join("postmaster.pid");
        let mut server = std::process::Command::new("sleep")
            .arg("60")
            .current_dir(&data)
            .spawn()
            .unwrap();
        fs::write(&lock, server.id().to_string()).unwrap();
        remove_stale_lock(&data);
        assert!(lock.exists());
        // Killed but not waited for, it keeps its id.
        server.kill().unwrap();
        while !working_in(&data).is_empty() {
            thread::yield_now();
        }
        remove_stale_lock(&data);
        assert!(!lock.exists());
        server.wait().unwrap();
    }
}
