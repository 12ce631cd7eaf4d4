//! Addresses of nodes, and what of them may be shown.

use std::fmt;
use std::sync::Arc;

use alloy::transports::http::reqwest::Url;

/// Shorter parts of an address are words of its path rather than tokens: hiding them wherever they
/// occur would make messages unreadable.
const SHORTEST_TOKEN: usize = 6;
const HIDDEN: &str = "[redacted]";

/// Filters for logs, as of `RUST_LOG`, that every service adds to what it is told: these libraries
/// write the whole addresses that they connect to, below the level of information.
pub const QUIET_LIBRARIES: [&str; 2] = ["jsonrpsee-client=info", "alloy_transport_http=info"];

/// What an endpoint is called in errors, logs and public answers: scheme, host and port. Made from
/// an address, it forgets user, password, path and parameters, any of which may be a token.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EndpointName(Arc<str>);

impl EndpointName {
    fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        let name = match url.port() {
            Some(port) => format!("{}://{host}:{port}", url.scheme()),
            None => format!("{}://{host}", url.scheme()),
        };
        Self(name.into())
    }

    /// As it is printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for EndpointName {
    fn from(address: &str) -> Self {
        match Url::parse(address) {
            Ok(url) => Self::of(&url),
            Err(_) => Self("<not a url>".into()),
        }
    }
}

impl fmt::Display for EndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A node's address as it is connected to. Printing it shows its [`EndpointName`].
#[derive(Clone)]
pub struct EndpointAddress {
    whole: Arc<str>,
    name: EndpointName,
    /// What must not be shown, the longest first, and what is shown instead.
    hidden: Arc<[(String, String)]>,
}

impl EndpointAddress {
    /// Any text; one that is no URL is refused by whoever connects to it.
    pub fn new(address: &str) -> Self {
        let name = EndpointName::from(address);
        let url = Url::parse(address).ok();
        let tokens = url.iter().flat_map(tokens_of);
        let mut hidden: Vec<_> = tokens.map(|token| (token, HIDDEN.to_owned())).collect();
        let wholes = [address.to_owned()]
            .into_iter()
            .chain(url.as_ref().map(Url::to_string));
        hidden.extend(wholes.map(|whole| (whole, name.to_string())));
        hidden.sort_by_key(|(secret, _)| std::cmp::Reverse(secret.len()));
        Self {
            whole: address.into(),
            name,
            hidden: hidden.into(),
        }
    }

    /// The whole address. Never log what this returns.
    pub fn reveal(&self) -> &str {
        &self.whole
    }

    /// What it is called.
    pub fn name(&self) -> &EndpointName {
        &self.name
    }

    /// The text of somebody else's error without what must not be shown of this address.
    pub fn redact(&self, text: impl Into<String>) -> String {
        self.hidden
            .iter()
            .fold(text.into(), |text, (secret, shown)| {
                text.replace(secret, shown)
            })
    }
}

impl fmt::Display for EndpointAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.name, f)
    }
}

impl fmt::Debug for EndpointAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.name, f)
    }
}

/// User, password, path and query, and each of their parts that is long enough to be a token.
fn tokens_of(url: &Url) -> Vec<String> {
    let query = url.query().unwrap_or_default();
    let parts = url.path().split('/').chain(query.split(['&', '=']));
    let tokens = parts.filter(|part| part.len() >= SHORTEST_TOKEN);
    let wholes = [url.path(), query]
        .into_iter()
        .filter(|part| part.len() >= SHORTEST_TOKEN);
    let password = url.password().unwrap_or_default();
    let credentials = [url.username(), password]
        .into_iter()
        .filter(|part| !part.is_empty());
    tokens
        .chain(wholes)
        .chain(credentials)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "wss://user:hunter2@node.example:444/v3/0123456789abcdef?key=s3cr3tkey";

    #[test]
    fn only_scheme_host_and_port_are_shown() {
        for (address, shown) in [
            (ADDRESS, "wss://node.example:444"),
            ("ws://127.0.0.1:9944", "ws://127.0.0.1:9944"),
            ("https://[::1]:1/token", "https://[::1]:1"),
            ("token", "<not a url>"),
        ] {
            let endpoint = EndpointAddress::new(address);
            assert_eq!(endpoint.to_string(), shown);
            assert_eq!(format!("{endpoint:?}"), shown);
            assert_eq!(EndpointName::from(address).to_string(), shown);
            assert_eq!(endpoint.reveal(), address);
        }
    }

    #[test]
    fn errors_of_others_lose_what_they_repeat() {
        let endpoint = EndpointAddress::new(ADDRESS);
        for text in [
            format!("error sending request for url ({ADDRESS})"),
            "no route /v3/0123456789abcdef".to_owned(),
            "unknown project 0123456789abcdef".to_owned(),
            "bad key=s3cr3tkey".to_owned(),
            "user:hunter2 is not allowed".to_owned(),
        ] {
            let shown = endpoint.redact(text);
            for secret in ["0123456789abcdef", "s3cr3tkey", "hunter2"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
        assert_eq!(
            endpoint.redact(format!("no answer from {ADDRESS}")),
            "no answer from wss://node.example:444"
        );
    }

    #[test]
    fn what_holds_no_token_stays_readable() {
        let endpoint = EndpointAddress::new("ws://127.0.0.1:9944");
        let text = "connection to ws://127.0.0.1:9944 refused";
        assert_eq!(endpoint.redact(text), text);
    }
}
