//! OpenZeppelin's ERC-721 beside LEX's licenses, on the same node: as EVM bytecode by solc, and
//! compiled for PolkaVM by resolc.

use std::fs;
use std::path::PathBuf;

use alloy::sol_types::SolCall;
use anyhow::{Context, Result, ensure};
use lex_cli::target::repository;
use lex_client::{Address, Cost, Submitter, U256};
use tokio::process::Command;

use super::bench::Bench;

/// Where the peers' sources and compilers are.
const FOLDER: &str = "tests/peers";
/// What `npm ci` puts there.
const PACKAGES: [&str; 3] = ["@openzeppelin/contracts", "@parity/resolc", "solc"];

alloy::sol! {
    function mint(address to, uint256 tokenId);
    function transferFrom(address from, address to, uint256 tokenId);
}

/// The compilers, with what they compile.
#[derive(Debug)]
pub(super) struct Compilers {
    folder: PathBuf,
}

impl Compilers {
    /// # Errors
    /// When they are not installed; the message says what installs them.
    pub(super) fn find() -> Result<Self> {
        Self::in_folder(repository().join(FOLDER))
    }

    fn in_folder(folder: PathBuf) -> Result<Self> {
        for package in PACKAGES {
            ensure!(
                folder.join("node_modules").join(package).is_dir(),
                "{package} is missing in {FOLDER}; `scripts/setup --peers` installs what the \
                 comparison with OpenZeppelin needs, --no-peers leaves it out"
            );
        }
        Ok(Self { folder })
    }

    /// Compiles the peer, which takes half a minute.
    ///
    /// # Errors
    /// When a compiler fails.
    pub(super) async fn run(&self) -> Result<PeerCode> {
        let output = tempfile::tempdir().context("failed to make a folder")?;
        let compiled = Command::new(self.folder.join("compile"))
            .arg(output.path())
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| {
                format!("failed to run {FOLDER}/compile; `scripts/setup` installs node")
            })?;
        ensure!(
            compiled.status.success(),
            "{FOLDER}/compile failed: {}",
            String::from_utf8_lossy(&compiled.stderr).trim()
        );
        let read = |extension: &str| {
            let path = output.path().join("Erc721Peer").with_extension(extension);
            fs::read(&path).with_context(|| format!("{FOLDER}/compile made no {}", path.display()))
        };
        Ok(PeerCode {
            evm: read("evm")?,
            polkavm: read("polkavm")?,
        })
    }
}

/// The peer, compiled in both ways.
pub(super) struct PeerCode {
    /// The bytecode that creates it in the EVM.
    evm: Vec<u8>,
    /// The PolkaVM program.
    polkavm: Vec<u8>,
}

/// One compiled form of the peer and what it cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// How it was compiled.
    pub(super) compiler: &'static str,
    /// Bytes of what creates it.
    pub(super) code_size: usize,
    pub(super) mint: Cost,
    pub(super) transfer: Cost,
}

/// Measures both forms as licenses are measured: a token for a holder who has none, and its transfer
/// to another one.
pub(super) async fn measure(bench: &mut Bench<'_>, code: &PeerCode) -> Result<Vec<Peer>> {
    let step = bench.progress.step("peers");
    let evm = measure_one(bench, "EVM", &code.evm).await?;
    let polkavm = measure_one(bench, "resolc", &code.polkavm).await?;
    step.done("measured");
    Ok(vec![evm, polkavm])
}

async fn measure_one(bench: &mut Bench<'_>, compiler: &'static str, code: &[u8]) -> Result<Peer> {
    let people = &bench.world.people;
    let (peer, _) = people
        .admin
        .deploy(code.to_vec(), Vec::new())
        .await
        .with_context(|| format!("failed to create the {compiler} peer"))?;
    let mint = |to, number| mintCall {
        to,
        tokenId: U256::from(number),
    };
    // As among licenses, one token was there before.
    let somebody = bench.stranger();
    send(&people.issuer, peer, &mint(somebody, 1)).await?;
    let holder = &people.holder;
    let minted = send(&people.issuer, peer, &mint(holder.address(), 2)).await?;
    let transfer = transferFromCall {
        from: holder.address(),
        to: bench.stranger(),
        tokenId: U256::from(2),
    };
    Ok(Peer {
        compiler,
        code_size: code.len(),
        mint: minted,
        transfer: send(holder, peer, &transfer).await?,
    })
}

async fn send<C: SolCall>(by: &Submitter, peer: Address, call: &C) -> Result<Cost> {
    let sent = by.call(peer, call).await;
    let submitted = sent.with_context(|| format!("the peer refused {}", C::SIGNATURE))?;
    Ok(submitted.cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_package_is_named_with_what_installs_it() {
        let folder = tempfile::tempdir().unwrap();
        let modules = folder.path().join("node_modules");
        fs::create_dir_all(modules.join("@openzeppelin/contracts")).unwrap();
        let error = Compilers::in_folder(folder.path().to_owned())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("@parity/resolc is missing"), "{error}");
        assert!(error.contains("scripts/setup --peers"), "{error}");

        fs::create_dir_all(modules.join("@parity/resolc")).unwrap();
        fs::create_dir_all(modules.join("solc")).unwrap();
        assert!(Compilers::in_folder(folder.path().to_owned()).is_ok());
    }
}
