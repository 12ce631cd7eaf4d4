//! Values of flags: durations, times, ids and hashes.

use std::str::FromStr;

use lex_client::{B256, U256};

pub use crate::account::account;

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
}
