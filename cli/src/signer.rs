//! Whose key signs: from a flag, a file or the environment.

use std::env;
use std::path::PathBuf;

use clap::Args;
use lex_client::{InvalidSigner, Signer};
use thiserror::Error;

use crate::account::development;

/// Environment variable that may hold a key of either kind.
const VARIABLE: &str = "LEX_SIGNER";

/// Flags that name a key. The key itself stands on the command line only when it is a public
/// development one, because other users of the machine can read command lines.
#[derive(Clone, Debug, Default, Args)]
pub struct SignerArgs {
    /// A development account such as //Alice (for other keys use --signer-file or LEX_SIGNER)
    #[arg(
        long,
        value_name = "URI",
        help_heading = "Signer",
        conflicts_with = "signer_file"
    )]
    pub signer: Option<String>,
    /// File with a secret URI (sr25519) or 0x and 64 hexadecimal digits (Ethereum key)
    #[arg(long, value_name = "FILE", help_heading = "Signer")]
    pub signer_file: Option<PathBuf>,
}

/// Why there is no key to sign with.
#[derive(Debug, Error)]
pub enum SignerError {
    #[error(
        "no signer: give --signer //Alice (development), --signer-file FILE, or set {VARIABLE}"
    )]
    Missing,
    #[error(
        "--signer takes development accounts such as //Alice only, because other users can read \
         command lines; put the key into a file for --signer-file, or into {VARIABLE}"
    )]
    KeyOnCommandLine,
    #[error("{0}")]
    NoSuchAccount(String),
    #[error(transparent)]
    Invalid(#[from] InvalidSigner),
}

impl SignerArgs {
    /// The key that is meant: flags before the environment.
    ///
    /// # Errors
    /// When none is named or it cannot be read.
    pub fn load(&self) -> Result<Signer, SignerError> {
        match (&self.signer, &self.signer_file) {
            (Some(uri), _) if !is_development(uri) => Err(SignerError::KeyOnCommandLine),
            (Some(uri), _) => development(uri).map_err(SignerError::NoSuchAccount),
            (None, Some(file)) => Ok(Signer::from_file(file)?),
            (None, None) => {
                let text = env::var(VARIABLE).map_err(|_| SignerError::Missing)?;
                Ok(Signer::from_uri(text.trim())?)
            }
        }
    }
}

/// `//Name` and nothing else: derived from the phrase that everybody knows.
fn is_development(uri: &str) -> bool {
    uri.strip_prefix("//").is_some_and(|path| {
        !path.is_empty() && path.chars().all(|c| c.is_ascii_alphanumeric() || c == '/')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(signer: &str) -> SignerArgs {
        SignerArgs {
            signer: Some(signer.to_owned()),
            signer_file: None,
        }
    }

    #[test]
    fn development_accounts_may_stand_on_the_command_line() {
        assert!(with("//Alice").load().is_ok());
        assert!(with("//Alice//stash").load().is_ok());
    }

    #[test]
    fn other_keys_may_not() {
        let key = format!("0x{}", "11".repeat(32));
        for secret in [
            key.as_str(),
            "bottom drive obey lake curtain smoke",
            "//Alice///pw d",
            "",
        ] {
            assert!(
                matches!(with(secret).load(), Err(SignerError::KeyOnCommandLine)),
                "{secret:?}"
            );
        }
    }

    #[test]
    fn an_ethereum_key_comes_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, format!("0x{}\n", "11".repeat(32))).unwrap();
        let args = SignerArgs {
            signer: None,
            signer_file: Some(path),
        };
        assert_eq!(
            args.load().unwrap().address().to_string(),
            "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
        );
    }
}
