//! What a stack is made of: folders, ports, programs, and how the chains behave.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::binaries::Binaries;
use super::component::OnCrash;
use super::node::NodeOptions;
use super::ports::{PortOverrides, PortPlan};

/// How long a part of a development stack may be silent: much longer than two full processors make it.
const MAX_SILENCE: Duration = Duration::from_secs(30);

/// Everything that [`super::Stack::start`] needs to know.
#[derive(Clone, Debug)]
pub struct StackConfig {
    pub state: PathBuf,
    /// The deployment record: read to continue, written after a deployment.
    pub deployment: PathBuf,
    pub ports: PortPlan,
    pub binaries: Binaries,
    /// Forget everything that earlier stacks left in the state folder.
    pub fresh: bool,
    pub on_crash: OnCrash,
    /// `None`: the node seals a block for every transaction at once.
    pub block_time: Option<Duration>,
    /// Blocks that must stand on a block before it is final.
    pub finality_delay: u32,
    /// Age of the mirror's attestation beyond which it answers `Unknown`, in seconds.
    pub mirror_max_age: u64,
    /// Age of the mirror's attestation at which the deliverer renews it.
    pub heartbeat: Duration,
}

impl StackConfig {
    /// A development stack on the usual ports, if they are free.
    #[must_use]
    pub fn new(state: PathBuf, deployment: PathBuf, binaries: Binaries) -> StackConfig {
        StackConfig {
            state,
            deployment,
            ports: PortPlan::usual(PortOverrides::default()),
            binaries,
            fresh: false,
            on_crash: OnCrash::Restart {
                max_silence: Some(MAX_SILENCE),
            },
            block_time: None,
            finality_delay: 0,
            mirror_max_age: 3600,
            heartbeat: Duration::from_secs(600),
        }
    }

    /// A stack for one test: any free ports, its own folder, crashed components stay down.
    #[must_use]
    pub fn for_test(folder: &Path, binaries: Binaries) -> StackConfig {
        StackConfig {
            ports: PortPlan::any_free(),
            on_crash: OnCrash::StayDown,
            ..StackConfig::new(
                folder.join("state"),
                folder.join("state/deployments/dev.json"),
                binaries,
            )
        }
    }

    pub(super) fn node(&self, port: u16) -> NodeOptions {
        NodeOptions {
            program: self.binaries.node.clone(),
            port,
            block_time: self.block_time,
            finality_delay: self.finality_delay,
        }
    }
}
