//! A service that was away reads a backlog, and asks the same node more about every block.

use std::time::Duration;

use anyhow::{Context, Result};
use futures::{StreamExt, pin_mut};
use lex_client::abi::license::License;
use lex_client::{Address, Source};
use lex_tests::{NodeControl, System};
use tokio::time::timeout;

/// More blocks than are read ahead and more than there are requests at once.
const BACKLOG: u64 = 80;
/// A block that has not come by then never will.
const STUCK: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_read_while_the_same_node_is_asked_for_more() -> Result<()> {
    let system = System::start().await?;
    let node = system.stack.endpoints().node;
    let control = NodeControl::new(&node)?;
    for _ in 0..BACKLOG {
        control.seal().await?;
    }
    let contract = system.network.license();
    let source = Source::connect(&node).await?;
    let first = source.finalized().await?.number - BACKLOG + 1;
    let blocks = source.finalized_blocks(first, vec![contract]);
    pin_mut!(blocks);
    for number in first..first + BACKLOG {
        let read = async {
            let block = blocks.next().await.context("the chain ended")??;
            let outbox = License::outboxCall {};
            source
                .read(Some(block.hash), contract, Address::ZERO, &outbox)
                .await?;
            anyhow::Ok(block.number)
        };
        let read = timeout(STUCK, read).await;
        assert_eq!(
            read.with_context(|| format!("block {number} got stuck"))??,
            number
        );
    }
    system.stack.stop().await;
    Ok(())
}
