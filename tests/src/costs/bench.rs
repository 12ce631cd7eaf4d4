//! Calls that are measured, and what has been measured so far.

use alloy::sol_types::SolCall;
use anyhow::{Context, Result};
use lex_cli::progress::Progress;
use lex_client::{Address, Cost, Submitted, Submitter, U256};
use serde::Serialize;

use super::world::{World, stranger};

/// The contracts whose messages are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Contract {
    License,
    Seats,
    Policy,
    Committee,
    Verifier,
    Proxy,
}

impl Contract {
    /// In the order in which people read about them.
    pub(super) const ALL: [Self; 6] = [
        Self::License,
        Self::Seats,
        Self::Policy,
        Self::Committee,
        Self::Verifier,
        Self::Proxy,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::License => "license",
            Self::Seats => "seats",
            Self::Policy => "policy",
            Self::Committee => "committee",
            Self::Verifier => "verifier",
            Self::Proxy => "proxy",
        }
    }
}

/// A contract and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(pub(super) Contract, pub(super) Address);

/// What one message cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) contract: Contract,
    /// As Solidity writes it, `transferFrom(address,address,uint256)`.
    pub(super) signature: &'static str,
    /// What was special about this call; empty when nothing was.
    pub(super) case: &'static str,
    pub(super) cost: Cost,
}

impl Row {
    /// The message's name without its arguments.
    pub(super) fn message(&self) -> &'static str {
        self.signature
            .split_once('(')
            .map_or(self.signature, |(name, _)| name)
    }
}

/// A measurement that is going on.
pub(super) struct Bench<'a> {
    pub(super) world: &'a World,
    pub(super) progress: &'a Progress,
    rows: Vec<Row>,
    numbers: u64,
}

impl<'a> Bench<'a> {
    pub(super) fn new(world: &'a World, progress: &'a Progress) -> Self {
        Self {
            world,
            progress,
            rows: Vec::new(),
            numbers: 0,
        }
    }

    pub(super) fn finish(self) -> Vec<Row> {
        self.rows
    }

    pub(super) fn license(&self) -> At {
        At(Contract::License, self.world.deployment.license)
    }

    pub(super) fn seats(&self) -> At {
        At(Contract::Seats, self.world.deployment.seats)
    }

    pub(super) fn policy(&self) -> At {
        At(Contract::Policy, self.world.deployment.policy)
    }

    pub(super) fn verifier(&self) -> At {
        At(Contract::Verifier, self.world.deployment.verifier)
    }

    /// An account that nothing has seen yet.
    pub(super) fn stranger(&mut self) -> Address {
        stranger(self.number())
    }

    /// A number that was not used yet: of a nonce, a lane, a nullifier.
    pub(super) fn unused(&mut self) -> U256 {
        U256::from(self.number())
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Sends a call and writes down what it cost.
    ///
    /// # Errors
    /// When it fails; the error names the message.
    pub(super) async fn call<C: SolCall>(
        &mut self,
        at: At,
        by: &Submitter,
        call: &C,
    ) -> Result<Submitted> {
        self.case(at, by, call, "").await
    }

    /// As [`Bench::call`], for a call about which something is special.
    pub(super) async fn case<C: SolCall>(
        &mut self,
        At(contract, address): At,
        by: &Submitter,
        call: &C,
        case: &'static str,
    ) -> Result<Submitted> {
        let sent = by.call(address, call).await;
        let submitted = sent.with_context(|| {
            let name = contract.name();
            format!("failed to measure {name}.{} {case}", C::SIGNATURE)
        })?;
        self.rows.push(Row {
            contract,
            signature: C::SIGNATURE,
            case,
            cost: submitted.cost,
        });
        Ok(submitted)
    }
}
