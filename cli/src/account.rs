//! Accounts as people write them.

use std::str::FromStr;

use lex_client::{Address, Signer, account_from_ss58, account_to_address};

/// The accounts that a development chain endows, derived from a phrase that everybody knows.
const DEVELOPMENT: [&str; 8] = [
    "Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie", "One", "Two",
];
const FORMS: &str = "write 0x and 40 hexadecimal digits, an SS58 address, or a development account \
                     such as //Bob";

/// An account: its 20-byte address, its SS58 address, or a development account such as `//Alice`. An
/// address in capitals and small letters has to be spelled as EIP-55 says, which finds most mistakes
/// in writing one down; so does SS58's checksum.
///
/// # Errors
/// When the text is none of them, or a checksum is wrong.
pub fn account(text: &str) -> Result<Address, String> {
    if text.starts_with("//") {
        return development(text).map(|signer| signer.address());
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return ethereum(text, digits);
    }
    match account_from_ss58(text) {
        Some(account) => Ok(account_to_address(&account)),
        None if Address::from_str(text).is_ok() => Err(String::from("write 0x before the digits")),
        None => Err(String::from(FORMS)),
    }
}

/// The key of a development account. Every other name would name an account, too, one that nobody
/// else means.
///
/// # Errors
/// When there is no development account of that name.
pub fn development(uri: &str) -> Result<Signer, String> {
    let name = uri.trim_start_matches("//").split('/').next().unwrap_or("");
    if DEVELOPMENT.contains(&name) {
        return Signer::from_uri(uri).map_err(|error| error.to_string());
    }
    let meant = DEVELOPMENT
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name));
    Err(match meant {
        Some(known) => format!("there is no development account //{name}; write //{known}"),
        None => format!(
            "there is no development account //{name}; they are //{}",
            DEVELOPMENT.join(", //")
        ),
    })
}

fn ethereum(text: &str, digits: &str) -> Result<Address, String> {
    let address = Address::from_str(text).map_err(|_| String::from(FORMS))?;
    let has = |is_case: fn(&u8) -> bool| digits.bytes().any(|digit| is_case(&digit));
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    if is_mixed && address.to_checksum(None).strip_prefix("0x") != Some(digits) {
        return Err(String::from(
            "the address's capitals are not those of its checksum: a digit is wrong, or write it in small letters",
        ));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_account_names_the_same() {
        let bob = development("//Bob").unwrap().address();
        for spelled in [
            "//Bob",
            "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
            &bob.to_string(),
            &bob.to_string().to_lowercase(),
            &format!("0x{}", bob.to_string()[2..].to_uppercase()),
        ] {
            assert_eq!(account(spelled), Ok(bob), "{spelled}");
        }
    }

    #[test]
    fn what_is_nobody_is_refused_with_what_to_write() {
        for (spelled, remedy) in [
            ("//bob", "write //Bob"),
            ("//Bobby", "they are //Alice"),
            ("//", "they are //Alice"),
            ("Bob", "0x and 40"),
            ("", "0x and 40"),
            ("0x12", "0x and 40"),
            (
                "3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0",
                "write 0x before",
            ),
            (
                "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694tz",
                "0x and 40",
            ),
        ] {
            let refused = account(spelled).unwrap_err();
            assert!(refused.contains(remedy), "{spelled:?}: {refused}");
        }
    }

    #[test]
    fn an_address_with_a_wrong_checksum_is_refused() {
        let right = "0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0";
        assert!(account(right).is_ok());
        for (from, to) in [("0x3C", "0x3c"), ("0A", "1A"), ("6e0", "6e1")] {
            let wrong = right.replace(from, to);
            assert!(account(&wrong).is_err(), "{wrong}");
        }
    }
}
