//! Whose pages may ask from a browser.

use axum::http::HeaderValue;
use serde::Deserialize;

/// Origins as browsers send them (`https://app.example`, with a port where it is not the usual one), or
/// `*` for all. None by default: programs and the service's own pages need no permission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub enum Origins {
    #[default]
    None,
    Any,
    Only(Vec<HeaderValue>),
}

impl TryFrom<Vec<String>> for Origins {
    type Error = String;

    fn try_from(origins: Vec<String>) -> Result<Self, String> {
        match origins.as_slice() {
            [] => Ok(Self::None),
            [all] if all == "*" => Ok(Self::Any),
            _ => origins
                .iter()
                .map(|origin| parse(origin))
                .collect::<Result<_, _>>()
                .map(Self::Only),
        }
    }
}

/// Browsers compare byte by byte, so one that is spelled otherwise would never match.
fn parse(origin: &str) -> Result<HeaderValue, String> {
    let wrong = || {
        format!(
            "{origin:?} is no origin: it must be [\"*\"], or origins such as \"https://app.example\" in \
             small letters and without a path"
        )
    };
    let host = ["https://", "http://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(scheme))
        .ok_or_else(wrong)?;
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_plain) {
        return Err(wrong());
    }
    HeaderValue::from_str(origin).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(origins: &[&str]) -> Result<Origins, String> {
        Origins::try_from(origins.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn they_are_all_none_or_some() {
        assert_eq!(read(&[]), Ok(Origins::None));
        assert_eq!(read(&["*"]), Ok(Origins::Any));
        let some = read(&["https://app.example", "http://[::1]:3000"]).unwrap();
        assert!(matches!(some, Origins::Only(origins) if origins.len() == 2));
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for wrong in [
            "https://app.example/",
            "https://App.example",
            "app.example",
            "*.example",
            "https://",
            "ftp://app.example",
            "https://a.example\r\nx: y",
        ] {
            let refused = read(&["*", wrong]).unwrap_err();
            assert!(refused.contains("is no origin"), "{wrong}: {refused}");
        }
    }
}
