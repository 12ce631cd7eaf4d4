//! EIP-712: what is signed is a struct under a domain, so that a signature for one contract on one
//! chain means nothing anywhere else.

use crate::words::{word_of_address, word_of_u64};
use crate::{Address, Hash, Keccak};

const DOMAIN_TYPE: &[u8] =
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

/// The contract that a signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Domain {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// EIP-155 chain id.
    pub(crate) chain_id: u64,
    pub(crate) contract: Address,
}

impl Domain {
    /// Section "Definition of domainSeparator".
    pub(crate) fn separator<K: Keccak>(&self) -> Hash {
        let words = [
            K::keccak256(DOMAIN_TYPE),
            K::keccak256(self.name.as_bytes()),
            K::keccak256(self.version.as_bytes()),
            word_of_u64(self.chain_id),
            word_of_address(&self.contract),
        ];
        K::keccak256(words.as_flattened())
    }

    /// What is signed: `keccak256(0x1901 || domainSeparator || hashStruct)`.
    pub(crate) fn digest<K: Keccak>(&self, struct_hash: &Hash) -> Hash {
        let mut bytes = [0; 66];
        bytes[..2].copy_from_slice(&[0x19, 0x01]);
        bytes[2..34].copy_from_slice(&self.separator::<K>());
        bytes[34..].copy_from_slice(struct_hash);
        K::keccak256(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SoftwareKeccak;

    #[test]
    fn the_domain_type_has_its_well_known_hash() {
        assert_eq!(
            hex::encode(SoftwareKeccak::keccak256(DOMAIN_TYPE)),
            "8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f"
        );
    }
}
