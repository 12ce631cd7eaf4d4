//! URLs that may carry credentials.

use std::fmt;

use serde::Deserialize;

/// A URL whose user, password, path and parameters never reach a log.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// The whole URL, for the one who connects.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port.
    fn public_part(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return "<not a url>".to_owned();
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        format!("{scheme}://{host}")
    }
}

impl From<&str> for SecretUrl {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public_part())
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.public_part())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_path_and_parameters_are_hidden() {
        for (url, shown) in [
            (
                "postgres://u:p@db:5432/lex?password=p",
                "postgres://db:5432",
            ),
            ("postgres:///lex?host=/run/pg&password=p", "postgres://"),
            ("wss://node.example/apikey", "wss://node.example"),
            ("ws://127.0.0.1:9944", "ws://127.0.0.1:9944"),
            ("password", "<not a url>"),
        ] {
            assert_eq!(format!("{:?}", SecretUrl::from(url)), shown);
        }
    }
}
