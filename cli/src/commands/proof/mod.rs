//! `lex proof ...`: circuits, their keys, and proofs.

mod key;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use lex_client::abi::policy::Policy;
use lex_client::abi::verifier::Verifier;
use lex_client::groth16::{Proof, VerifyingKey, public_inputs};
use lex_client::{B256, U256};
use serde::Serialize;

use super::Context;
use super::send::to_policy;
use super::values::{license_id, time};
use crate::evidence::read;
use crate::output::{fields, table};
use crate::signer::SignerArgs;
use crate::target::{Network, Target};

use self::key::{KeyCommand, registered};

const EXAMPLES: &str = "\
Examples:
  lex proof circuits
  lex proof key register vk.json --circuit 1 --circuit-version 16 --name \"Semaphore v4\" --signer //Alice
  lex proof verify --key vk.json --proof proof.json --public public.json
  lex proof verify --circuit 1 --circuit-version 16 --proof proof.json --public public.json
  lex proof root 1 0 1234567890 --until 2027-01-01T00:00:00Z --signer //Dave
  lex license activate 7 --proof proof.json --public public.json --signer //Bob

The files are those of snarkjs (Groth16 on bn128).";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum ProofCommand {
    /// Verify a proof by the contract that gates ask; sends nothing
    #[command(after_help = EXAMPLES)]
    Verify(VerifyArgs),
    /// Every circuit with its versions
    #[command(after_help = EXAMPLES)]
    Circuits,
    /// Verifying keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Let proofs be about a root until a time (publisher)
    #[command(after_help = EXAMPLES)]
    Root(RootArgs),
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Verifying key that the proof must be for; found among the registered ones by its hash
    #[arg(long, value_name = "FILE", required_unless_present = "circuit")]
    pub key: Option<PathBuf>,
    #[arg(long, requires = "circuit_version")]
    pub circuit: Option<u64>,
    #[arg(long, requires = "circuit")]
    pub circuit_version: Option<u32>,
    /// snarkjs's proof.json
    #[arg(long, value_name = "FILE")]
    pub proof: PathBuf,
    /// snarkjs's public.json
    #[arg(long, value_name = "FILE")]
    pub public: PathBuf,
}

#[derive(Debug, Args)]
pub struct RootArgs {
    pub circuit: u64,
    /// Which of the circuit's sets: membership 0; eligibility 0 credentials, 1 issuers, 2 policies
    #[arg(value_parser = clap::value_parser!(u8).range(0..=2))]
    pub slot: u8,
    /// Decimal
    #[arg(value_parser = license_id, value_name = "ROOT")]
    pub root: U256,
    /// First time at which it no longer counts
    #[arg(long, value_parser = time, value_name = "TIME")]
    pub until: u64,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified {
    valid: bool,
    circuit: u64,
    circuit_version: u32,
    /// Decimal.
    inputs: Vec<String>,
}

/// The proof does not prove the statement for these public inputs.
#[derive(Debug, thiserror::Error)]
#[error("the proof does not verify for these public inputs")]
struct NotProven;

pub(super) async fn run(context: &Context, command: ProofCommand) -> anyhow::Result<()> {
    match command {
        ProofCommand::Verify(args) => verify(context, &args).await,
        ProofCommand::Circuits => circuits(context).await,
        ProofCommand::Key(command) => key::run(context, command).await,
        ProofCommand::Root(args) => {
            let call = Policy::setRootCall {
                circuit: args.circuit,
                slot: args.slot,
                root: args.root,
                validUntil: args.until,
            };
            let sentence = format!("Root {} of circuit {} set.", args.root, args.circuit);
            to_policy(context, &args.signer, &call, &sentence).await
        }
    }
}

async fn verify(context: &Context, args: &VerifyArgs) -> anyhow::Result<()> {
    let proof = Proof::from_snarkjs(&read(&args.proof)?)
        .with_context(|| format!("{} is not a proof", args.proof.display()))?;
    let inputs = public_inputs(&read(&args.public)?)
        .with_context(|| format!("{} holds no public inputs", args.public.display()))?;
    let network = Target::resolve(&context.target)?.connect().await?;
    let (circuit, version) = args.circuit(context, &network).await?;
    let call = proof.verify(circuit, version, inputs.clone());
    let verified = Verified {
        valid: network.look(network.verifier(), &call).await?,
        circuit,
        circuit_version: version,
        inputs: inputs.iter().map(U256::to_string).collect(),
    };
    if !verified.valid {
        return Err(NotProven.into());
    }
    context.format.print(&verified, |verified| {
        format!(
            "The proof is valid: circuit {} version {}, {} public inputs.",
            verified.circuit,
            verified.circuit_version,
            verified.inputs.len()
        )
    })?;
    Ok(())
}

impl VerifyArgs {
    /// The circuit's version that is named, or that has the key.
    async fn circuit(&self, context: &Context, network: &Network) -> anyhow::Result<(u64, u32)> {
        let hash = self.key.as_deref().map(key_hash).transpose()?;
        match (self.circuit.zip(self.circuit_version), hash) {
            (Some((circuit, version)), None) => Ok((circuit, version)),
            (Some((circuit, version)), Some(hash)) => {
                let call = Verifier::keyHashCall { circuit, version };
                let found = network.look(network.verifier(), &call).await?;
                if found != hash {
                    bail!("circuit {circuit} version {version} has another key, with hash {found}");
                }
                Ok((circuit, version))
            }
            (None, Some(hash)) => {
                let keys = registered(context, network).await?;
                let key = keys.iter().rev().find(|key| key.key_hash == hash);
                let key =
                    key.context("no circuit has this key; `lex proof circuits` lists them")?;
                Ok((key.circuit, key.version))
            }
            (None, None) => bail!("name the circuit, or its key: --key"),
        }
    }
}

/// What the contract pins a key by.
fn key_hash(file: &std::path::Path) -> anyhow::Result<B256> {
    let key = VerifyingKey::from_snarkjs(&read(file)?)
        .with_context(|| format!("{} is not a verifying key", file.display()))?;
    Ok(key.hash())
}

async fn circuits(context: &Context) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let keys = registered(context, &network).await?;
    context.format.print(&keys, |keys| {
        if keys.is_empty() {
            return String::from("No circuits; `lex proof key register` makes one.");
        }
        table(
            ["circuit", "version", "name", "inputs", "usable", "key"],
            keys.iter().map(|key| {
                [
                    key.circuit.to_string(),
                    key.version.to_string(),
                    key.name.to_string(),
                    key.inputs.to_string(),
                    String::from(if key.usable { "yes" } else { "revoked" }),
                    crate::output::short(&key.key_hash),
                ]
            }),
        )
    })?;
    Ok(())
}

/// The fields of a key as people read them.
fn described(key: &key::RegisteredKey) -> String {
    fields([
        ("circuit", key.circuit.to_string()),
        ("version", key.version.to_string()),
        ("name", key.name.to_string()),
        ("inputs", key.inputs.to_string()),
        (
            "usable",
            String::from(if key.usable { "yes" } else { "revoked" }),
        ),
        ("key hash", key.key_hash.to_string()),
    ])
}
