//! Values of flags: durations, times, ids and hashes.

use std::str::FromStr;

use lex_client::{Address, B256, U256};

/// A duration such as `90s`, `15min`, `12h`, `30d` or `1y` (365 days), in seconds.
///
/// # Errors
/// When the text is none.
pub fn duration(text: &str) -> Result<u64, String> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let length = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "y" => 365 * 86_400,
        _ => {
            return Err(String::from(
                "write a number and s, min, h, d or y, such as 365d",
            ));
        }
    };
    let number: u64 = number
        .parse()
        .map_err(|_| String::from("write a whole number before the unit"))?;
    number
        .checked_mul(length)
        .ok_or_else(|| String::from("that is too long"))
}

/// A point in time: `now`, Unix seconds, or `2026-11-23T10:00:00Z`, in Unix seconds.
///
/// # Errors
/// When the text is none.
pub fn time(text: &str) -> Result<u64, String> {
    if text == "now" {
        return Ok(crate::mirror::unix_now());
    }
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let format = &time::format_description::well_known::Rfc3339;
    let parsed = time::OffsetDateTime::parse(text, format).map_err(|_| {
        String::from("write now, Unix seconds, or a time such as 2026-11-23T10:00:00Z")
    })?;
    u64::try_from(parsed.unix_timestamp()).map_err(|_| String::from("that is before 1970"))
}

/// The id of a license.
///
/// # Errors
/// When the text is no decimal number below 2^256.
pub fn license_id(text: &str) -> Result<U256, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(String::from("write the number of the license, such as 1"));
    }
    U256::from_str_radix(text, 10).map_err(|_| String::from("that number is too large"))
}

/// An account: its 20-byte address, or a development account such as `//Alice`. An address in capitals
/// and small letters has to be spelled as EIP-55 says, which finds most mistakes in writing one down.
///
/// # Errors
/// When the text is neither, or its checksum is wrong.
pub fn account(text: &str) -> Result<Address, String> {
    if text.starts_with("//") {
        return lex_client::Signer::from_uri(text)
            .map(|signer| signer.address())
            .map_err(|error| error.to_string());
    }
    let address = Address::from_str(text).map_err(|_| {
        String::from("write 0x and 40 hexadecimal digits, or a development account such as //Bob")
    })?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let has = |is_case: fn(&u8) -> bool| digits.bytes().any(|digit| is_case(&digit));
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    if is_mixed && address.to_checksum(None).strip_prefix("0x") != Some(digits) {
        return Err(String::from(
            "the address's capitals are not those of its checksum: a digit is wrong, or write it in small letters",
        ));
    }
    Ok(address)
}

/// A 32-byte hash.
///
/// # Errors
/// When the text is none.
pub fn hash(text: &str) -> Result<B256, String> {
    B256::from_str(text).map_err(|_| String::from("write 0x and 64 hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(duration("90s"), Ok(90));
        assert_eq!(duration("2h"), Ok(7_200));
        assert_eq!(duration("1y"), Ok(31_536_000));
        for bad in [
            "",
            "90",
            "d",
            "-1d",
            "1.5h",
            "1 d",
            "99999999999999999999y",
            "999999999999999999d",
        ] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn times_have_three_forms() {
        assert_eq!(time("1795400000"), Ok(1_795_400_000));
        assert_eq!(time("2026-11-23T02:13:20Z"), Ok(1_795_400_000));
        assert!(time("now").is_ok());
        for bad in ["", "tomorrow", "-1", "1900-01-01T00:00:00Z"] {
            assert!(time(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn license_ids_are_decimal() {
        assert_eq!(license_id("7"), Ok(U256::from(7)));
        for bad in ["", "0x7", "-7", "7a", &"9".repeat(80)] {
            assert!(license_id(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn accounts_are_addresses_or_development_names() {
        assert!(account("0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0").is_ok());
        assert!(account("//Bob").is_ok());
        assert!(account("Bob").is_err());
        assert!(account("0x12").is_err());
    }

    #[test]
    fn an_address_with_a_wrong_checksum_is_refused() {
        let right = "0x3Cd0A705a2DC65e5b1E1205896BaA2be8A07c6e0";
        for spelled in [
            right.to_owned(),
            right[2..].to_owned(),
            right.to_lowercase(),
            format!("0x{}", right[2..].to_uppercase()),
        ] {
            assert!(account(&spelled).is_ok(), "{spelled}");
        }
        for (from, to) in [("0x3C", "0x3c"), ("0A", "1A"), ("6e0", "6e1")] {
            let wrong = right.replace(from, to);
            assert!(account(&wrong).is_err(), "{wrong}");
        }
    }
}
