//! Where a stack finds ports when it does not get the usual ones: blocks of neighbouring ports that no
//! outgoing connection takes meanwhile.

use std::fs;
use std::ops::RangeInclusive;

use super::Ports;

/// The first port of the first block.
const FIRST: u16 = 20_000;
/// The first port of the last block. Linux gives 32768 and above to outgoing connections, macOS 49152
/// and above.
const LAST: u16 = 32_750;
/// From one block to the next; a stack needs nine ports.
const STEP: u16 = 10;

/// The blocks in the order in which every stack tries them.
pub(super) fn blocks() -> impl Iterator<Item = Ports> {
    firsts(outgoing().as_ref()).into_iter().map(block)
}

fn block(first: u16) -> Ports {
    Ports {
        node: first,
        eth_rpc: first + 1,
        anvil: first + 2,
        postgres: first + 3,
        attesters: [first + 4, first + 5, first + 6],
        deliverer: first + 7,
        indexer: first + 8,
    }
}

/// The first port of each block outside the range of outgoing connections. On a machine that was told to
/// use all ports for them there is no such block, and every block is as good as another.
fn firsts(outgoing: Option<&RangeInclusive<u16>>) -> Vec<u16> {
    let all = (FIRST..=LAST).step_by(usize::from(STEP));
    let apart = |first: &u16| {
        outgoing.is_none_or(|range| first + STEP <= *range.start() || first > range.end())
    };
    let safe: Vec<u16> = all.clone().filter(apart).collect();
    if safe.is_empty() { all.collect() } else { safe }
}

/// The ports that this machine's kernel gives to outgoing connections, where it says so (Linux).
fn outgoing() -> Option<RangeInclusive<u16>> {
    parse(&fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?)
}

fn parse(range: &str) -> Option<RangeInclusive<u16>> {
    let mut ends = range.split_whitespace().map(str::parse);
    Some(ends.next()?.ok()?..=ends.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn blocks_share_no_port() {
        let ports: Vec<u16> = blocks()
            .flat_map(|ports| ports.named())
            .map(|named| named.port)
            .collect();
        assert_eq!(ports.iter().collect::<HashSet<_>>().len(), ports.len());
    }

    #[test]
    fn no_block_lies_where_outgoing_connections_do() {
        let outgoing = parse("20015\t30000\n").unwrap();
        let firsts = firsts(Some(&outgoing));
        assert_eq!(firsts[..2], [20_000, 30_010]);
        let port_of_a_connection =
            |first: &u16| outgoing.contains(first) || outgoing.contains(&(first + 9));
        assert!(!firsts.iter().any(port_of_a_connection));
    }

    #[test]
    fn a_machine_that_uses_all_ports_has_blocks_too() {
        assert_eq!(firsts(Some(&(1024..=65_535))).len(), firsts(None).len());
    }

    #[test]
    fn the_usual_ports_lie_where_no_outgoing_connections_do() {
        let linux = parse("32768 60999").unwrap();
        let ports = Ports::default().named();
        assert!(ports.iter().all(|named| !linux.contains(&named.port)));
    }
}
