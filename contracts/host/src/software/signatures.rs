//! What the chain's precompiles 0x01 (ECDSA recovery), 0x02 (SHA-256) and 0x100 (P-256) answer.

use ink::env::hash::Sha2x256;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use lex_model::{Keccak, SoftwareKeccak};
use p256::ecdsa::signature::hazmat::PrehashVerifier;

/// The account that signed, in one word.
pub(super) fn recover(input: &[u8]) -> Option<Vec<u8>> {
    let [digest, v, points @ ..] = input.as_chunks::<32>().0 else {
        return None;
    };
    let recovery = RecoveryId::from_byte(v[31].checked_sub(27)?)?;
    let signature = Signature::from_slice(points.as_flattened()).ok()?;
    // The chain recovers from the twin with the high s too, which k256 refuses.
    let (signature, recovery) = match signature.normalize_s() {
        Some(low) => (low, RecoveryId::new(!recovery.is_y_odd(), false)),
        None => (signature, recovery),
    };
    let key = VerifyingKey::recover_from_prehash(digest, &signature, recovery).ok()?;
    let point = key.to_encoded_point(false);
    let mut word = SoftwareKeccak::keccak256(point.as_bytes().get(1..)?);
    word[..12].fill(0);
    Some(word.into())
}

/// The hash of any input.
pub(super) fn sha256(input: &[u8]) -> Vec<u8> {
    let mut hash = [0; 32];
    ink::env::hash_bytes::<Sha2x256>(input, &mut hash);
    hash.into()
}

/// One, in one word, if the signature is the key's.
pub(super) fn verify_p256(input: &[u8]) -> Option<Vec<u8>> {
    let ([hash, r, s, x, y], []) = input.as_chunks::<32>() else {
        return None;
    };
    let uncompressed = [&[4][..], x, y].concat();
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&uncompressed).ok()?;
    let signature = p256::ecdsa::Signature::from_scalars(*r, *s).ok()?;
    key.verify_prehash(hash, &signature).ok()?;
    let mut word = vec![0; 32];
    word[31] = 1;
    Some(word)
}
