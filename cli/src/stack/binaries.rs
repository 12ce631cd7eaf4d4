//! Where the programs of the stack are, and which script makes a missing one.

use std::env;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::deploy::MANIFEST;

/// The programs and compiled contracts that a stack needs.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// `lex-node`, with its commands `node` and `eth-rpc`.
    pub node: PathBuf,
    pub anvil: PathBuf,
    pub indexer: PathBuf,
    pub relayer: PathBuf,
    pub postgres: PostgresBinaries,
    /// Folder with the compiled contracts and their manifest.
    pub contracts: PathBuf,
}

/// PostgreSQL's programs, all of one version.
#[derive(Clone, Debug)]
pub struct PostgresBinaries {
    pub folder: PathBuf,
}

impl PostgresBinaries {
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// A program that is not where it is looked for.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{what} is missing; {remedy}, or set {variable}")]
pub struct Missing {
    pub what: &'static str,
    pub remedy: &'static str,
    pub variable: &'static str,
}

impl Binaries {
    /// Looks for everything: environment first, then next to the running `lex`, then `PATH`, then
    /// where the scripts of the repository put it.
    ///
    /// # Errors
    /// The first thing that is missing, with the script that makes it.
    pub fn find(repository: &Path) -> Result<Binaries, Missing> {
        Ok(Binaries {
            node: find_node(repository)?,
            anvil: Wanted {
                name: "anvil",
                what: "anvil, the Ethereum development node,",
                remedy: "`scripts/setup` installs it",
                variable: "LEX_ANVIL_BIN",
            }
            .find(&installed_by_npm(repository))?,
            indexer: service("lex-indexer", "the indexer (lex-indexer)")?,
            relayer: service("lex-relayer", "the relayer (lex-relayer)")?,
            postgres: find_postgres()?,
            contracts: find_contracts(repository)?,
        })
    }
}

/// `lex-node`, where [`Binaries::find`] looks for it.
///
/// # Errors
/// When it is missing, with the script that makes it.
pub fn find_node(repository: &Path) -> Result<PathBuf, Missing> {
    Wanted {
        name: "lex-node",
        what: "the node (lex-node)",
        remedy: "`scripts/build node` builds it",
        variable: "LEX_NODE_BIN",
    }
    .find(&[repository.join("target/lex-node")])
}

/// One program and what to say when it is not found.
struct Wanted {
    name: &'static str,
    what: &'static str,
    remedy: &'static str,
    variable: &'static str,
}

impl Wanted {
    fn find(&self, further: &[PathBuf]) -> Result<PathBuf, Missing> {
        let missing = || Missing {
            what: self.what,
            remedy: self.remedy,
            variable: self.variable,
        };
        if let Some(path) = env::var_os(self.variable).map(PathBuf::from) {
            return path.is_file().then_some(path).ok_or_else(missing);
        }
        beside_lex(self.name)
            .into_iter()
            .chain(on_path(self.name))
            .chain(further.iter().cloned())
            .find(|path| path.is_file())
            .ok_or_else(missing)
    }
}

fn service(name: &'static str, what: &'static str) -> Result<PathBuf, Missing> {
    let missing = || Missing {
        what,
        remedy: "`scripts/build programs` builds it",
        variable: "LEX_BIN_DIR",
    };
    if let Some(folder) = env::var_os("LEX_BIN_DIR").map(PathBuf::from) {
        let path = folder.join(name);
        return path.is_file().then_some(path).ok_or_else(missing);
    }
    beside_lex(name)
        .into_iter()
        .chain(on_path(name))
        .find(|path| path.is_file())
        .ok_or_else(missing)
}

/// The folder of the compiled contracts, where [`Binaries::find`] looks for it: that of
/// `LEX_CONTRACTS_DIR`, or the committed one. Whether they are what its manifest says is found out
/// when they are read.
///
/// # Errors
/// When there is no manifest in it.
pub fn find_contracts(repository: &Path) -> Result<PathBuf, Missing> {
    let folder = env::var_os("LEX_CONTRACTS_DIR")
        .map_or_else(|| repository.join("contracts/blobs"), PathBuf::from);
    let is_one = folder.join(MANIFEST).is_file();
    is_one.then_some(folder).ok_or(Missing {
        what: "the manifest of the compiled contracts (contracts/blobs/manifest.json)",
        remedy: "`git checkout contracts/blobs` restores it",
        variable: "LEX_CONTRACTS_DIR",
    })
}

/// PostgreSQL of `LEX_POSTGRES_BIN_DIR`, of `PATH`, or the newest that Debian has installed.
pub(super) fn find_postgres() -> Result<PostgresBinaries, Missing> {
    let usable = |folder: &PathBuf| {
        ["initdb", "postgres", "psql"]
            .iter()
            .all(|program| folder.join(program).is_file())
    };
    let missing = Missing {
        what: "PostgreSQL (initdb, postgres, psql)",
        remedy: "`scripts/setup` installs it",
        variable: "LEX_POSTGRES_BIN_DIR",
    };
    if let Some(folder) = env::var_os("LEX_POSTGRES_BIN_DIR").map(PathBuf::from) {
        return usable(&folder)
            .then_some(PostgresBinaries { folder })
            .ok_or(missing);
    }
    // A link in PATH leads to the folder that holds the other programs.
    let on_path =
        on_path("initdb").filter_map(|path| Some(path.canonicalize().ok()?.parent()?.to_owned()));
    on_path
        .chain(debian_postgres())
        .find(usable)
        .map(|folder| PostgresBinaries { folder })
        .ok_or(missing)
}

fn debian_postgres() -> Vec<PathBuf> {
    let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") else {
        return Vec::new();
    };
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    versions
        .into_iter()
        .rev()
        .map(|(_, folder)| folder)
        .collect()
}

fn beside_lex(name: &str) -> Option<PathBuf> {
    let lex = env::current_exe().ok()?;
    let folder = lex.parent()?;
    // Test programs stand in `deps`, one folder below the programs they test.
    let folder = if folder.ends_with("deps") {
        folder.parent()?
    } else {
        folder
    };
    Some(folder.join(name))
}

fn on_path(name: &str) -> impl Iterator<Item = PathBuf> + use<> {
    let name = name.to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(move |folder| folder.join(&name))
        .filter(|path| path.is_file())
        .collect::<Vec<_>>()
        .into_iter()
}

/// npm's packages hold one binary for each platform.
fn installed_by_npm(repository: &Path) -> Vec<PathBuf> {
    let packages = repository.join("contracts/mirror/node_modules/@foundry-rs");
    let platform = match (env::consts::OS, env::consts::ARCH) {
        ("macos", "aarch64") => "darwin-arm64",
        ("macos", _) => "darwin-amd64",
        (_, "aarch64") => "linux-arm64",
        _ => "linux-amd64",
    };
    vec![packages.join(format!("anvil-{platform}/bin/anvil"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_script() {
        let wanted = Wanted {
            name: "lex-no-such-program",
            what: "the node (lex-node)",
            remedy: "`scripts/build node` builds it",
            variable: "LEX_NO_SUCH_VARIABLE",
        };
        assert_eq!(
            wanted.find(&[]).unwrap_err().to_string(),
            "the node (lex-node) is missing; `scripts/build node` builds it, or set LEX_NO_SUCH_VARIABLE"
        );
    }

    #[test]
    fn further_places_are_looked_at_last() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("lex-no-such-program");
        std::fs::write(&program, "").unwrap();
        let wanted = Wanted {
            name: "lex-no-such-program",
            what: "",
            remedy: "",
            variable: "LEX_NO_SUCH_VARIABLE",
        };
        assert_eq!(wanted.find(std::slice::from_ref(&program)), Ok(program));
    }

    #[test]
    fn contracts_without_their_manifest_are_not_enough() {
        let repository = tempfile::tempdir().unwrap();
        let folder = repository.path().join("contracts/blobs");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("policy.polkavm"), "").unwrap();
        assert!(find_contracts(repository.path()).is_err());
        std::fs::write(folder.join(MANIFEST), "").unwrap();
        assert_eq!(find_contracts(repository.path()), Ok(folder));
    }
}
