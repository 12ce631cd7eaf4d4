//! What more than one section checks. Every refusal names the key and says what it must be.

use std::time::Duration;

use super::EndpointUrl;

/// Below this a service would ask without a pause.
const SHORTEST: Duration = Duration::from_millis(10);

/// # Errors
/// When a service that does something every `value` would do so without a pause.
pub(super) fn pause(key: &str, value: Duration) -> Result<(), String> {
    if value < SHORTEST {
        return Err(format!(
            "{key} is {value:?}, which leaves no pause; set it to \"1s\" or more, \"{SHORTEST:?}\" at least"
        ));
    }
    Ok(())
}

/// # Errors
/// When `value` is 0.
pub(super) fn at_least_one(key: &str, value: u64) -> Result<(), String> {
    match value {
        0 => Err(format!("{key} must be at least 1")),
        _ => Ok(()),
    }
}

/// # Errors
/// When an address has another scheme than one of `schemes`, or one service is named twice.
pub(super) fn endpoints(key: &str, urls: &[EndpointUrl], schemes: &[&str]) -> Result<(), String> {
    for (index, url) in urls.iter().enumerate() {
        scheme(key, url, schemes)?;
        if urls[..index].iter().any(|other| other.is_same_service(url)) {
            return Err(format!(
                "{key} names {url} twice, so that one service would stand for two; remove one, or \
                 name another"
            ));
        }
    }
    Ok(())
}

/// # Errors
/// When the address has another scheme than one of `schemes`.
pub(super) fn scheme(key: &str, url: &EndpointUrl, schemes: &[&str]) -> Result<(), String> {
    if schemes.contains(&url.reveal().scheme()) {
        return Ok(());
    }
    Err(format!(
        "{key}: {url} must begin with {}://",
        schemes.join(":// or ")
    ))
}
