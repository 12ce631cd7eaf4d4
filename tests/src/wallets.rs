//! Signatures that other people's programs make: wallet libraries and passkeys, through Node.js.

use std::io::Write;
use std::process::{Command, Stdio};

use alloy::primitives::{Address, B256, Bytes, keccak256};
use anyhow::{Context, Result, ensure};
use lex_cli::target::repository;
use lex_client::abi::committee::Committee;
use serde_json::Value;

/// The signature that viem makes of a wallet's typed data.
///
/// # Errors
/// When viem is not installed or does not sign.
pub fn viem_signature(key: B256, typed_data: &str) -> Result<Bytes> {
    ensure!(
        repository().join(FOLDER).join("node_modules/viem").exists(),
        "viem is missing: run `npm ci --ignore-scripts` in {FOLDER}"
    );
    Ok(script("sign.mjs", &[key], typed_data)?.trim().parse()?)
}

/// What a passkey says.
pub struct Assertion(Value);

/// The key alone, or its assertion for an id.
///
/// # Errors
/// When Node.js does not run.
pub fn passkey(key: B256, id: Option<B256>) -> Result<Assertion> {
    let arguments: Vec<B256> = [Some(key), id].into_iter().flatten().collect();
    let output = script("passkey.mjs", &arguments, "")?;
    Ok(Assertion(serde_json::from_str(&output)?))
}

impl Assertion {
    /// The member of a committee that the key is.
    #[must_use]
    pub fn account(&self) -> Address {
        let coordinates = [self.word("x"), self.word("y")].map(|word| word.unwrap_or_default());
        Address::from_word(keccak256(coordinates.map(|word| word.0).as_flattened()))
    }

    /// The call that brings the assertion to a committee.
    ///
    /// # Errors
    /// When it is of the key alone.
    pub fn approval(&self, id: B256) -> Result<Committee::approveByPasskeyCall> {
        Ok(Committee::approveByPasskeyCall {
            id,
            authenticatorData: self.bytes("authenticatorData")?,
            clientData: self.bytes("clientData")?,
            x: self.word("x")?,
            y: self.word("y")?,
            r: self.word("r")?,
            s: self.word("s")?,
        })
    }

    /// The call by which the key's owner takes its approval of a decision back, if the assertion is of the
    /// challenge for that.
    ///
    /// # Errors
    /// When it is of the key alone.
    pub fn withdrawal(&self, id: B256) -> Result<Committee::withdrawByPasskeyCall> {
        Ok(Committee::withdrawByPasskeyCall {
            id,
            authenticatorData: self.bytes("authenticatorData")?,
            clientData: self.bytes("clientData")?,
            x: self.word("x")?,
            y: self.word("y")?,
            r: self.word("r")?,
            s: self.word("s")?,
        })
    }

    /// The call by which the key's owner proposes a decision, if the assertion is of its id.
    ///
    /// # Errors
    /// When it is of the key alone.
    pub fn proposal(
        &self,
        decision: Committee::Decision,
    ) -> Result<Committee::proposeByPasskeyCall> {
        Ok(Committee::proposeByPasskeyCall {
            decision,
            authenticatorData: self.bytes("authenticatorData")?,
            clientData: self.bytes("clientData")?,
            x: self.word("x")?,
            y: self.word("y")?,
            r: self.word("r")?,
            s: self.word("s")?,
        })
    }

    fn bytes(&self, name: &str) -> Result<Bytes> {
        let text = self.0[name].as_str().context("no text")?;
        Ok(text.parse()?)
    }

    fn word(&self, name: &str) -> Result<B256> {
        Ok(B256::try_from(&self.bytes(name)?[..])?)
    }
}

/// Where the scripts are.
const FOLDER: &str = "contracts/vectors/viem";

fn script(name: &str, arguments: &[B256], input: &str) -> Result<String> {
    let mut node = Command::new("node")
        .arg(repository().join(FOLDER).join(name))
        .args(arguments.iter().map(B256::to_string))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("failed to run node; `scripts/setup` installs it")?;
    let mut stdin = node.stdin.take().context("no input")?;
    stdin.write_all(input.as_bytes())?;
    drop(stdin);
    let output = node.wait_with_output()?;
    ensure!(output.status.success(), "{name} failed");
    Ok(String::from_utf8(output.stdout)?)
}
