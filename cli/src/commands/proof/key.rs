//! `lex proof key ...`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use lex_client::abi::verifier::Verifier::{self, VerifierEvents};
use lex_client::groth16::VerifyingKey;
use lex_client::{B256, ForeignText};
use serde::Serialize;

use super::described;
use crate::commands::Context;
use crate::commands::send::Session;
use crate::evidence::read;
use crate::signer::SignerArgs;
use crate::target::{Network, Target};

const EXAMPLES: &str = "\
Examples:
  lex proof key register vk.json --circuit 1 --circuit-version 16 --name \"Semaphore v4\" --signer //Alice
  lex proof key show --circuit 1 --circuit-version 16
  lex proof key revoke --circuit 1 --circuit-version 16 --signer //Alice";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum KeyCommand {
    /// Register the key of a new version of a circuit; it is never replaced (administrator)
    #[command(after_help = EXAMPLES)]
    Register(RegisterArgs),
    /// Never accept proofs of this version again (administrator)
    #[command(after_help = EXAMPLES)]
    Revoke(RevokeArgs),
    /// A registered key
    #[command(after_help = EXAMPLES)]
    Show(CircuitArgs),
}

#[derive(Clone, Copy, Debug, Args)]
pub struct CircuitArgs {
    #[arg(long)]
    pub circuit: u64,
    #[arg(long)]
    pub circuit_version: u32,
}

#[derive(Debug, Args)]
pub struct RegisterArgs {
    /// snarkjs's verification_key.json
    #[arg(value_name = "FILE")]
    pub key: PathBuf,
    #[command(flatten)]
    pub circuit: CircuitArgs,
    /// Name for people
    #[arg(long)]
    pub name: String,
    #[command(flatten)]
    pub signer: SignerArgs,
}

#[derive(Debug, Args)]
pub struct RevokeArgs {
    #[command(flatten)]
    pub circuit: CircuitArgs,
    #[command(flatten)]
    pub signer: SignerArgs,
}

/// A key that was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisteredKey {
    pub circuit: u64,
    pub version: u32,
    pub name: ForeignText,
    /// How many public inputs.
    pub inputs: u8,
    pub key_hash: B256,
    /// False once it is revoked.
    pub usable: bool,
}

/// State of a key that can be used, as the verifier numbers it.
const USABLE: u8 = 1;

pub(super) async fn run(context: &Context, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Register(args) => register(context, &args).await,
        KeyCommand::Revoke(args) => revoke(context, &args).await,
        KeyCommand::Show(args) => show(context, args).await,
    }
}

async fn register(context: &Context, args: &RegisterArgs) -> anyhow::Result<()> {
    let key = VerifyingKey::from_snarkjs(&read(&args.key)?)
        .with_context(|| format!("{} is not a verifying key", args.key.display()))?;
    let CircuitArgs {
        circuit,
        circuit_version,
    } = args.circuit;
    let session = Session::open(context, &args.signer).await?;
    let call = key.register(circuit, circuit_version, &args.name);
    let sentence = format!(
        "Circuit {circuit} version {circuit_version} \"{}\" registered; key hash {}.",
        args.name,
        key.hash()
    );
    let verifier = session.network.verifier();
    session.send(context, verifier, &call, &sentence).await
}

async fn revoke(context: &Context, args: &RevokeArgs) -> anyhow::Result<()> {
    let CircuitArgs {
        circuit,
        circuit_version,
    } = args.circuit;
    let session = Session::open(context, &args.signer).await?;
    let call = Verifier::revokeKeyCall {
        circuit,
        version: circuit_version,
    };
    let sentence = format!("Circuit {circuit} version {circuit_version} revoked for ever.");
    let verifier = session.network.verifier();
    session.send(context, verifier, &call, &sentence).await
}

async fn show(context: &Context, args: CircuitArgs) -> anyhow::Result<()> {
    let network = Target::resolve(&context.target)?.connect().await?;
    let keys = registered(context, &network).await?;
    let key = keys
        .into_iter()
        .find(|key| (key.circuit, key.version) == (args.circuit, args.circuit_version))
        .context("this version has no key; `lex proof circuits` lists those that have")?;
    context.format.print(&key, described)?;
    Ok(())
}

/// All keys that were ever registered, the oldest first.
pub(super) async fn registered(
    context: &Context,
    network: &Network,
) -> anyhow::Result<Vec<RegisteredKey>> {
    let step = context.progress.step("reading the verifier's history");
    let events = network.history(network.verifier()).await?;
    step.done(format!("{} events", events.len()));
    let mut keys = Vec::new();
    for event in events {
        let VerifierEvents::KeyRegistered(event) = event.decode()? else {
            continue;
        };
        let (circuit, version) = (event.circuit, event.version);
        let status = Verifier::keyStatusCall { circuit, version };
        keys.push(RegisteredKey {
            circuit,
            version,
            name: event.name.into(),
            inputs: event.inputs,
            key_hash: event.keyHash,
            usable: network.look(network.verifier(), &status).await? == USABLE,
        });
    }
    Ok(keys)
}
