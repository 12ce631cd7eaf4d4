//! Enough signatures of the right attesters over one digest.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes, Signature};

use crate::mirror::AttesterSet;

/// Signatures collected so far, by signer in ascending order as the mirror demands.
#[derive(Clone, Debug)]
pub struct Quorum<'a> {
    digest: B256,
    set: &'a AttesterSet,
    signatures: BTreeMap<Address, Bytes>,
}

/// A signature that does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    #[error("the signature is not 65 bytes of r, s and v")]
    Malformed,
    #[error("the signature's s is in the upper half of the curve's order")]
    NotCanonical,
    #[error("{0} signed, who is not an attester of this epoch, or something else was signed")]
    Foreign(Address),
    #[error("{0} signed already")]
    Duplicate(Address),
}

impl Rejection {
    /// Stable name for metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NotCanonical => "not_canonical",
            Self::Foreign(_) => "foreign",
            Self::Duplicate(_) => "duplicate",
        }
    }
}

impl<'a> Quorum<'a> {
    /// No signatures of `digest` yet.
    pub fn new(digest: B256, set: &'a AttesterSet) -> Self {
        Self {
            digest,
            set,
            signatures: BTreeMap::new(),
        }
    }

    /// Counts a signature.
    ///
    /// # Errors
    /// When it is not a new, canonical signature of the digest by a member of the set.
    pub fn add(&mut self, signature: Bytes) -> Result<Address, Rejection> {
        let bytes: &[u8; 65] = signature[..].try_into().map_err(|_| Rejection::Malformed)?;
        // The mirror takes v as 27 or 28 only.
        if !matches!(bytes[64], 27 | 28) {
            return Err(Rejection::Malformed);
        }
        let parsed = Signature::from_raw_array(bytes).map_err(|_| Rejection::Malformed)?;
        if parsed.normalize_s().is_some() {
            return Err(Rejection::NotCanonical);
        }
        let signer = parsed
            .recover_address_from_prehash(&self.digest)
            .map_err(|_| Rejection::Malformed)?;
        if !self.set.members.contains(&signer) {
            return Err(Rejection::Foreign(signer));
        }
        if self.signatures.contains_key(&signer) {
            return Err(Rejection::Duplicate(signer));
        }
        self.signatures.insert(signer, signature);
        Ok(signer)
    }

    /// Whether there are as many as the mirror asks for.
    pub fn is_complete(&self) -> bool {
        self.set.threshold > 0 && self.signatures.len() >= self.set.threshold
    }

    /// Number of signatures.
    pub fn len(&self) -> usize {
        self.signatures.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.signatures.is_empty()
    }

    /// The signatures in ascending order of their signers.
    pub fn into_signatures(self) -> Vec<(Address, Bytes)> {
        self.signatures.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::U256;
    use alloy::signers::SignerSync;
    use alloy::signers::local::PrivateKeySigner;

    const DIGEST: B256 = B256::repeat_byte(0x42);

    fn signer(index: u8) -> PrivateKeySigner {
        PrivateKeySigner::from_slice(&[index; 32]).unwrap()
    }

    fn signed(index: u8, digest: B256) -> Bytes {
        signer(index)
            .sign_hash_sync(&digest)
            .unwrap()
            .as_bytes()
            .into()
    }

    fn set() -> AttesterSet {
        let members = (1..=3).map(|index| signer(index).address()).collect();
        AttesterSet {
            epoch: 1,
            members,
            threshold: 2,
        }
    }

    #[test]
    fn k_members_make_a_quorum_in_ascending_order() {
        let set = set();
        let mut quorum = Quorum::new(DIGEST, &set);
        for index in [3, 1, 2] {
            quorum.add(signed(index, DIGEST)).unwrap();
        }
        assert!(quorum.is_complete());
        let signatures = quorum.into_signatures();
        assert!(signatures.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn one_attester_counts_once() {
        let set = set();
        let mut quorum = Quorum::new(DIGEST, &set);
        let address = quorum.add(signed(1, DIGEST)).unwrap();
        assert_eq!(
            quorum.add(signed(1, DIGEST)),
            Err(Rejection::Duplicate(address))
        );
        assert!(!quorum.is_complete());
    }

    #[test]
    fn strangers_and_signatures_of_something_else_do_not_count() {
        let set = set();
        let mut quorum = Quorum::new(DIGEST, &set);
        assert!(matches!(
            quorum.add(signed(9, DIGEST)),
            Err(Rejection::Foreign(_))
        ));
        assert!(matches!(
            quorum.add(signed(1, B256::ZERO)),
            Err(Rejection::Foreign(_))
        ));
        assert!(quorum.is_empty());
    }

    #[test]
    fn malformed_signatures_do_not_count() {
        let set = set();
        let mut quorum = Quorum::new(DIGEST, &set);
        let good = signed(1, DIGEST);
        let mut odd_v = good.to_vec();
        odd_v[64] -= 27;
        for bytes in [
            Vec::new(),
            good[..64].to_vec(),
            [good.to_vec(), vec![0]].concat(),
            odd_v,
            vec![0; 65],
        ] {
            assert_eq!(quorum.add(bytes.into()), Err(Rejection::Malformed));
        }
    }

    #[test]
    fn the_malleable_twin_does_not_count() {
        let order = U256::from_be_bytes(alloy::hex!(
            "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
        ));
        let set = set();
        let good = Signature::from_raw(&signed(1, DIGEST)).unwrap();
        let twin = Signature::new(good.r(), order - good.s(), !good.v());
        let mut quorum = Quorum::new(DIGEST, &set);
        assert_eq!(
            quorum.add(twin.as_bytes().into()),
            Err(Rejection::NotCanonical)
        );
    }

    #[test]
    fn a_set_without_threshold_is_never_satisfied() {
        let set = AttesterSet {
            epoch: 7,
            members: Vec::new(),
            threshold: 0,
        };
        assert!(!Quorum::new(DIGEST, &set).is_complete());
    }
}
