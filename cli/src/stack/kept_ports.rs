//! The ports that a state folder keeps from one start of its stack to the next: wallets, frontends and
//! scripts have them.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::ports::{NamedPort, PortClaim, PortError, PortPlan, Ports};
use super::state::{StateDir, StateError, failed};
use super::wait;
use crate::progress::Progress;

/// Longest wait for a port that the stack had before. What is left of a killed process may hold one until
/// the system has taken it apart; whoever still has it then is a stranger.
const WITHIN: Duration = Duration::from_secs(10);

/// Written by each start, until `lex down` or a fresh start.
#[derive(Clone, Debug)]
pub struct KeptPorts {
    file: PathBuf,
}

impl KeptPorts {
    #[must_use]
    pub fn of(state: &StateDir) -> KeptPorts {
        KeptPorts {
            file: state.path("run/ports.json"),
        }
    }

    /// The next start chooses its ports anew.
    pub fn forget(&self) {
        // A file that is already gone is what is wanted.
        let _ = fs::remove_file(&self.file);
    }

    /// Takes the ports of the last start, but for those that are named otherwise now; others only when
    /// somebody else has one of them.
    pub(super) async fn claim(
        &self,
        plan: &PortPlan,
        progress: &Progress,
    ) -> Result<PortClaim, PortError> {
        let Some(kept) = self.read() else {
            return claim_anew(plan, progress);
        };
        match plan.claim_again(kept) {
            Err(PortError::Taken { port, .. }) => {
                let step = progress.step(format!("waiting for port {port}"));
                let claim = until_free(plan, kept).await;
                step.done(if claim.is_some() {
                    "free again"
                } else {
                    "another program has it"
                });
                claim.map_or_else(|| claim_anew(plan, progress), Ok)
            }
            Err(_) => claim_anew(plan, progress),
            Ok(claim) => Ok(claim),
        }
    }

    /// # Errors
    /// When the file cannot be written.
    pub(super) fn keep(&self, ports: Ports) -> Result<(), StateError> {
        let unfinished = self.file.with_extension("new");
        let text = serde_json::to_string(&ports).map_err(io::Error::other);
        text.and_then(|text| fs::write(&unfinished, text))
            .and_then(|()| fs::rename(&unfinished, &self.file))
            .map_err(failed("writing", &self.file))
    }

    /// What cannot be read is of another version of LEX, whose ports are as good as none.
    fn read(&self) -> Option<Ports> {
        serde_json::from_str(&fs::read_to_string(&self.file).ok()?).ok()
    }
}

async fn until_free(plan: &PortPlan, kept: Ports) -> Option<PortClaim> {
    let claim = wait::until("the stack's ports", WITHIN, || async {
        plan.claim_again(kept).map_err(|error| error.to_string())
    });
    claim.await.ok()
}

/// Says where the stack will be when it is not where people look for it.
fn claim_anew(plan: &PortPlan, progress: &Progress) -> Result<PortClaim, PortError> {
    let claim = plan.claim()?;
    if let Some(NamedPort { name, port, .. }) = claim.instead_of() {
        let ports = claim.ports();
        progress.note(format!(
            "port {port} ({name}) is taken, so this stack moves: node {}, Ethereum JSON-RPC {}, \
             mirror {}, index {}",
            ports.node_url(),
            ports.eth_rpc_url(),
            ports.mirror_url(),
            ports.indexer_url()
        ));
    }
    Ok(claim)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    /// A state folder whose stack had ports that no other test wants.
    struct Killed {
        _folder: tempfile::TempDir,
        kept: KeptPorts,
        had: Ports,
    }

    impl Killed {
        /// `number` tells this process's stacks apart.
        fn new(number: u16) -> Killed {
            let folder = tempfile::tempdir().unwrap();
            let state = StateDir::create(folder.path()).unwrap();
            let of_process = u16::try_from(std::process::id() % 200).unwrap();
            let first = 24_000 + of_process * 40 + number * 10;
            let had = Ports {
                node: first,
                eth_rpc: first + 1,
                anvil: first + 2,
                postgres: first + 3,
                attesters: [first + 4, first + 5, first + 6],
                deliverer: first + 7,
                indexer: first + 8,
            };
            let kept = KeptPorts::of(&state);
            kept.keep(had).unwrap();
            Killed {
                _folder: folder,
                kept,
                had,
            }
        }

        async fn claim(&self) -> PortClaim {
            let plan = PortPlan::any_free();
            let progress = Progress::silent();
            self.kept.claim(&plan, &progress).await.unwrap()
        }
    }

    #[tokio::test]
    async fn a_stack_gets_its_ports_again_though_others_are_free() {
        let killed = Killed::new(0);
        assert_eq!(killed.claim().await.ports(), killed.had);
        killed.kept.forget();
        assert_ne!(killed.claim().await.ports(), killed.had);
    }

    #[tokio::test]
    async fn a_port_that_is_named_now_moves_alone() {
        let killed = Killed::new(1);
        let named = PortPlan::any_free().claim().unwrap().ports().indexer;
        let mut plan = PortPlan::any_free();
        plan.named.indexer_port = Some(named);
        let claim = killed.kept.claim(&plan, &Progress::silent()).await.unwrap();
        let expected = Ports {
            indexer: named,
            ..killed.had
        };
        assert_eq!(claim.ports(), expected);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_of_the_stack_is_waited_for() {
        let killed = Killed::new(2);
        let dying = TcpListener::bind((Ipv4Addr::LOCALHOST, killed.had.anvil)).unwrap();
        let dies = async {
            tokio::time::sleep(WITHIN / 2).await;
            drop(dying);
        };
        let (claim, ()) = tokio::join!(killed.claim(), dies);
        assert_eq!(claim.ports(), killed.had);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stranger_keeps_a_port_and_the_stack_moves() {
        let killed = Killed::new(3);
        let _stranger = TcpListener::bind((Ipv4Addr::LOCALHOST, killed.had.anvil)).unwrap();
        let ports = killed.claim().await.ports();
        assert_ne!(ports.anvil, killed.had.anvil);
    }
}
