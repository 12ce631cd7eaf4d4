//! WebAuthn: what a passkey signs when it is asked to sign a decision's id, or to take that back.

use ink::prelude::vec::Vec;
use lex_contract_host::sha256;
use lex_model::Hash;

/// The longest parts of an assertion, in bytes; usual ones have 37 and about 130.
pub const MAX_PART: usize = 1024;

/// Bytes of authenticator data: hash of the site, flags, counter. Extensions may follow.
const MIN_AUTHENTICATOR_DATA: usize = 37;
const FLAGS: usize = 32;
/// The user was present (bit 0) and verified (bit 2): a touch alone is not a person.
const PERSON: u8 = 0b101;

/// How client data begins, in the serialization that WebAuthn fixes (Level 2, section 5.8.1.1).
const BEFORE_CHALLENGE: &[u8] = br#"{"type":"webauthn.get","challenge":""#;
const AFTER_CHALLENGE: &[u8] = br#"","#;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The hash that the passkey signed, if it was asked to sign this and has verified its user.
pub fn signed_hash(
    challenge: &Hash,
    authenticator_data: &[u8],
    client_data: &[u8],
) -> Option<Hash> {
    let lengths = [authenticator_data.len(), client_data.len()];
    if lengths.iter().any(|length| *length > MAX_PART)
        || authenticator_data.len() < MIN_AUTHENTICATOR_DATA
        || authenticator_data[FLAGS] & PERSON != PERSON
        || !asks_for(client_data, challenge)
    {
        return None;
    }
    let client_data_hash = sha256(client_data).ok()?;
    let mut signed = Vec::from(authenticator_data);
    signed.extend(client_data_hash);
    sha256(&signed).ok()
}

fn asks_for(client_data: &[u8], challenge: &Hash) -> bool {
    client_data
        .strip_prefix(BEFORE_CHALLENGE)
        .and_then(|rest| rest.strip_prefix(&base64url(challenge)[..]))
        .is_some_and(|rest| rest.starts_with(AFTER_CHALLENGE))
}

/// Base64 for URLs without padding (RFC 4648, section 5).
fn base64url(bytes: &Hash) -> Vec<u8> {
    let mut text = Vec::new();
    for chunk in bytes.chunks(3) {
        let (first, second, third) = (
            chunk[0],
            chunk.get(1).copied().unwrap_or_default(),
            chunk.get(2).copied().unwrap_or_default(),
        );
        let sextets = [
            first >> 2,
            (first << 4 | second >> 4) & 63,
            (second << 2 | third >> 6) & 63,
            third & 63,
        ];
        let digits = sextets.iter().take(chunk.len() + 1);
        text.extend(digits.map(|sextet| ALPHABET[usize::from(*sextet)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Hash = [0xfb; 32];

    fn client_data(id: &Hash) -> Vec<u8> {
        let rest = br#"","origin":"https://lex.example","crossOrigin":false}"#;
        [BEFORE_CHALLENGE, &base64url(id), rest].concat()
    }

    fn authenticator_data(flags: u8) -> Vec<u8> {
        [&[0xaa; 32][..], &[flags, 0, 0, 0, 5]].concat()
    }

    #[test]
    fn ids_are_spelled_as_wallets_spell_them() {
        let id: Hash = core::array::from_fn(|place| u8::try_from(place * 8).expect("below 256"));
        // From Python's base64.urlsafe_b64encode(bytes(range(0, 256, 8))).
        let expected = "AAgQGCAoMDhASFBYYGhweICIkJigqLC4wMjQ2ODo8Pg";
        assert_eq!(base64url(&id), expected.as_bytes());
        assert_eq!(base64url(&ID), ("-_v7".repeat(10) + "-_s").as_bytes());
    }

    #[test]
    fn a_usual_assertion_is_taken() {
        let hash = signed_hash(&ID, &authenticator_data(0x05), &client_data(&ID));
        assert!(hash.is_some());
        let other = signed_hash(&ID, &authenticator_data(0x0d), &client_data(&ID));
        assert!(other.is_some() && other != hash, "the flags are signed");
    }

    #[test]
    fn other_questions_are_refused() {
        let good = authenticator_data(5);
        for data in [
            client_data(&[0xfa; 32]),
            br#"{"type":"webauthn.create","challenge":""#.to_vec(),
            client_data(&ID)[..60].to_vec(),
            [&client_data(&ID)[..], &[b' '; MAX_PART]].concat(),
            Vec::new(),
        ] {
            assert_eq!(signed_hash(&ID, &good, &data), None);
        }
    }

    #[test]
    fn without_a_verified_user_nothing_is_taken() {
        for data in [
            authenticator_data(0),
            authenticator_data(1),
            authenticator_data(4),
            authenticator_data(5)[..36].to_vec(),
            vec![0xff; MAX_PART + 1],
        ] {
            assert_eq!(signed_hash(&ID, &data, &client_data(&ID)), None);
        }
    }
}
