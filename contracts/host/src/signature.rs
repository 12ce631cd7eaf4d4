//! Signatures: of Ethereum keys, of passkeys, and of contracts.

use ink::prelude::{vec, vec::Vec};
use lex_model::{Address, Hash, Keccak};

use crate::{Bounds, HostKeccak, PrecompileError, ask_contract, call_precompile};

/// Bytes of a signature: r, s, v.
pub const SIGNATURE_LENGTH: usize = 65;

const ECRECOVER: u16 = 0x01;
const SHA256: u16 = 0x02;
const P256_VERIFY: u16 = 0x100;

/// Half the order of secp256k1: for every signature with a larger s there is one with a smaller s
/// over the same thing, and only that one counts.
const SECP256K1_HALF_ORDER: Hash = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// Half the order of P-256.
const P256_HALF_ORDER: Hash = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// `isValidSignature(bytes32,bytes)`: the question's selector and its answer (ERC-1271).
const IS_VALID_SIGNATURE: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

/// What a contract may use up to judge a signature: ten times what the chain's dearest precompile
/// for signatures needs, and the code and storage of a large contract.
const ERC1271_BOUNDS: Bounds = Bounds {
    ref_time: 50_000_000_000,
    proof_size: 500_000,
};

/// The account whose key signed the digest with 65 bytes r, s, v; `None` unless s is low, v is 27 or
/// 28 (or 0 or 1, as hardware writes them) and the signature belongs to any account at all.
pub fn recover(digest: &Hash, signature: &[u8]) -> Option<Address> {
    let signature: &[u8; SIGNATURE_LENGTH] = signature.try_into().ok()?;
    let [points @ .., v] = signature;
    let v = match v {
        0 | 27 => 27,
        1 | 28 => 28,
        _ => return None,
    };
    if points[32..] > SECP256K1_HALF_ORDER[..] {
        return None;
    }
    let mut input = [0; 128];
    input[..32].copy_from_slice(digest);
    input[63] = v;
    input[64..].copy_from_slice(points);
    let word: Hash = call_precompile(ECRECOVER, &input).ok()?;
    let mut account = Address::default();
    account.copy_from_slice(&word[12..]);
    (word[..12] == [0; 12] && account != Address::default()).then_some(account)
}

/// Whether a contract says that the signature is its own over the digest (ERC-1271). It can change
/// nothing, and has bounded weight for its answer.
pub fn contract_accepts(contract: &Address, digest: &Hash, signature: &[u8]) -> bool {
    let Ok(length) = u64::try_from(signature.len()) else {
        return false;
    };
    let mut input: Vec<u8> = vec![0; 4 + 3 * 32];
    input[..4].copy_from_slice(&IS_VALID_SIGNATURE);
    input[4..36].copy_from_slice(digest);
    // The bytes begin behind two words.
    input[67] = 64;
    input[92..100].copy_from_slice(&length.to_be_bytes());
    input.extend_from_slice(signature);
    input.resize(4 + (input.len() - 4).next_multiple_of(32), 0);
    ask_contract(contract, &input, ERC1271_BOUNDS)
        .is_some_and(|answer| answer[..4] == IS_VALID_SIGNATURE && answer[4..] == [0; 28])
}

/// A key of the curve P-256, as passkeys have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyPoint {
    /// Big-endian coordinate.
    pub x: Hash,
    /// Big-endian coordinate.
    pub y: Hash,
}

impl PasskeyPoint {
    /// The address that stands for the key: the last 20 bytes of the hash of its coordinates, as
    /// Ethereum does for its own curve.
    pub fn account(&self) -> Address {
        let hash = HostKeccak::keccak256([self.x, self.y].as_flattened());
        let mut account = Address::default();
        account.copy_from_slice(&hash[12..]);
        account
    }

    /// Whether the key signed what has this SHA-256 hash; s must be low.
    pub fn signed(&self, hash: &Hash, r: &Hash, s: &Hash) -> bool {
        let input = [*hash, *r, *s, self.x, self.y];
        let answer: Result<Hash, _> = call_precompile(P256_VERIFY, input.as_flattened());
        let mut yes = Hash::default();
        yes[31] = 1;
        *s <= P256_HALF_ORDER && answer == Ok(yes)
    }
}

/// SHA-256.
///
/// # Errors
/// [`PrecompileError`].
pub fn sha256(bytes: &[u8]) -> Result<Hash, PrecompileError> {
    call_precompile(SHA256, bytes)
}

#[cfg(test)]
mod tests {
    use k256::ecdsa::SigningKey;

    use super::*;
    use crate::{CallFailure, stand_in};

    const DIGEST: Hash = [0x5a; 32];

    fn signed() -> (Address, Vec<u8>) {
        let key = SigningKey::from_slice(&[7; 32]).expect("a key");
        let (signature, recovery) = key.sign_prehash_recoverable(&DIGEST).expect("signs");
        let point = key.verifying_key().to_encoded_point(false);
        let hash = HostKeccak::keccak256(&point.as_bytes()[1..]);
        let v = 27 + recovery.to_byte();
        let signature = [&signature.to_bytes()[..], &[v]].concat();
        (hash[12..].try_into().expect("20 bytes"), signature)
    }

    #[test]
    fn the_account_of_a_signature_is_found() {
        let (account, signature) = signed();
        assert_eq!(recover(&DIGEST, &signature), Some(account));
        let other = recover(&[0x5b; 32], &signature);
        assert_ne!(other, Some(account));
    }

    #[test]
    fn a_signature_has_one_form() {
        let (account, signature) = signed();
        let with = |place: usize, value: u8| {
            let mut changed = signature.clone();
            changed[place] = value;
            recover(&DIGEST, &changed)
        };
        for v in [2, 26, 29, 255] {
            assert_eq!(with(64, v), None, "v {v}");
        }
        // Hardware writes 0 and 1 for 27 and 28.
        assert_eq!(with(64, signature[64] - 27), Some(account));
        let other_v = 55 - signature[64];
        assert_ne!(with(64, other_v), Some(account));
        assert_eq!(recover(&DIGEST, &signature[..64]), None);
        assert_eq!(recover(&DIGEST, &[&signature[..], &[0]].concat()), None);
        assert_eq!(recover(&DIGEST, &[0; 65]), None);
        assert_eq!(recover(&DIGEST, &[]), None);

        // The twin with the high s belongs to the same account, and does not count.
        let s = k256::NonZeroScalar::try_from(&signature[32..64]).expect("a number");
        let twin = [&signature[..32], &(-*s).to_bytes(), &[other_v]].concat();
        let mut word = [0; 128];
        word[..32].copy_from_slice(&DIGEST);
        word[63] = other_v;
        word[64..].copy_from_slice(&twin[..64]);
        let recovered: Hash = call_precompile(ECRECOVER, &word).expect("it is a signature");
        assert_eq!(recovered[12..], account);
        assert_eq!(recover(&DIGEST, &twin), None);
    }

    #[test]
    fn half_orders_are_those_of_the_curves() {
        // (n - 1) / 2 and one more are negatives of each other.
        let scalar = k256::NonZeroScalar::try_from(&SECP256K1_HALF_ORDER[..]).expect("a number");
        assert_eq!(*scalar + *scalar, -k256::Scalar::ONE);
        let scalar = p256::NonZeroScalar::try_from(&P256_HALF_ORDER[..]).expect("a number");
        assert_eq!(*scalar + *scalar, -p256::Scalar::ONE);
    }

    #[test]
    fn a_passkey_signs() {
        use p256::ecdsa::{Signature, SigningKey, signature::hazmat::PrehashSigner};

        let key = SigningKey::from_slice(&[9; 32]).expect("a key");
        let signature: Signature = key.sign_prehash(&DIGEST).expect("signs");
        let signature = signature.normalize_s().unwrap_or(signature);
        let point = key.verifying_key().to_encoded_point(false);
        let coordinate = |bytes: &[u8]| Hash::try_from(bytes).expect("a word");
        let passkey = PasskeyPoint {
            x: coordinate(point.x().expect("not infinity")),
            y: coordinate(point.y().expect("not infinity")),
        };
        let (r, s) = (
            coordinate(&signature.r().to_bytes()),
            coordinate(&signature.s().to_bytes()),
        );
        assert!(passkey.signed(&DIGEST, &r, &s));
        assert!(!passkey.signed(&[0x5b; 32], &r, &s));
        let high = coordinate(&(-*signature.s()).to_bytes());
        assert!(!passkey.signed(&DIGEST, &r, &high));
        let off_curve = PasskeyPoint {
            y: passkey.x,
            ..passkey
        };
        assert!(!off_curve.signed(&DIGEST, &r, &s));
        assert_ne!(passkey.account(), off_curve.account());
    }

    #[test]
    fn a_contract_speaks_for_itself() {
        let contract = [0xcc; 20];
        assert!(
            !contract_accepts(&contract, &DIGEST, &[1, 2, 3]),
            "none is there"
        );
        stand_in::install(contract, |input| {
            // isValidSignature(DIGEST, 0x010203), as Solidity encodes it.
            let expected = [
                &IS_VALID_SIGNATURE[..],
                &DIGEST,
                &[&[0; 31][..], &[64]].concat(),
                &[&[0; 31][..], &[3]].concat(),
                &[&[1, 2, 3][..], &[0; 29]].concat(),
            ]
            .concat();
            assert_eq!(input, expected);
            Ok([&IS_VALID_SIGNATURE[..], &[0; 28]].concat())
        });
        assert!(contract_accepts(&contract, &DIGEST, &[1, 2, 3]));
        for answer in [
            vec![],
            vec![0; 32],
            vec![0xff; 32],
            IS_VALID_SIGNATURE.to_vec(),
        ] {
            stand_in::install(contract, move |_| Ok(answer.clone()));
            assert!(!contract_accepts(&contract, &DIGEST, &[1, 2, 3]));
        }
        stand_in::install(contract, |_| Err(CallFailure::Reverted(vec![1])));
        assert!(!contract_accepts(&contract, &DIGEST, &[1, 2, 3]));
    }

    #[test]
    fn sha256_is_that_of_the_standard() {
        assert_eq!(
            sha256(b"abc").map(hex::encode),
            // FIPS 180-2, appendix B.1.
            Ok("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned())
        );
    }
}
