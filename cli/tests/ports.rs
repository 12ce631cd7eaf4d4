//! Ports that several processes claim: nobody gets what another has, and a killed one gives up its own.

#![expect(clippy::unwrap_used, reason = "what a test does not expect ends it")]

use std::collections::HashSet;
use std::env;
use std::io::{BufRead, BufReader, Read, stdin};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lex_cli::stack::{Others, PortOverrides, PortPlan, Ports, wait};

/// A process that holds ports.
struct Holder {
    process: Child,
    ports: Ports,
}

impl Holder {
    fn spawn() -> Child {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "hold_ports", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn of(mut process: Child) -> Holder {
        let output = BufReader::new(process.stdout.take().unwrap());
        // What tests print about themselves comes before.
        let ports = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| serde_json::from_str(line.rsplit_once("ports: ")?.1).ok());
        let ports = ports.expect("it claims ports and says so");
        Holder { process, ports }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // SIGKILL; fails only when it was killed before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "is a process for the other test"]
fn hold_ports() {
    let claim = PortPlan::any_free().claim().unwrap();
    println!("ports: {}", serde_json::to_string(&claim.ports()).unwrap());
    stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[tokio::test]
async fn processes_share_no_port_and_a_killed_one_gives_its_own_up() {
    let started: Vec<Child> = (0..12).map(|_| Holder::spawn()).collect();
    let mut holders: Vec<Holder> = started.into_iter().map(Holder::of).collect();
    let ports: Vec<u16> = holders
        .iter()
        .flat_map(|holder| holder.ports.named())
        .map(|named| named.port)
        .collect();
    assert_eq!(ports.iter().collect::<HashSet<_>>().len(), ports.len());

    let killed = holders.swap_remove(0).ports;
    let wanted = PortPlan {
        named: PortOverrides {
            node_port: Some(killed.node),
            attester_ports: Some(killed.attesters.to_vec()),
            indexer_port: Some(killed.indexer),
            ..PortOverrides::default()
        },
        others: Others::AnyFree,
    };
    // Another stack of this machine may try the block just now.
    wait::until("the ports", Duration::from_secs(60), || async {
        wanted.claim().map_err(|error| error.to_string())
    })
    .await
    .unwrap();
}
