//! What attesters sign: EIP-712 typed data for one mirror.

use crate::typed_data::Domain;
use crate::words::{word_of_address, word_of_u64};
use crate::{Address, Hash, Keccak};

const ATTESTATION_TYPE: &[u8] = b"Attestation(uint256 sourceChainId,bytes32 sourceGenesis,\
address sourceContract,uint64 epoch,uint64 nonce,bytes32 head,uint64 sourceBlock,uint64 sourceTime)";

/// The mirror that an attestation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Destination {
    /// EIP-155 chain id of the mirror's chain.
    pub chain_id: u64,
    /// The mirror's address.
    pub mirror: Address,
}

impl Destination {
    /// EIP-712's domain separator (section "Definition of domainSeparator").
    pub fn separator<K: Keccak>(&self) -> Hash {
        self.domain().separator::<K>()
    }

    fn domain(&self) -> Domain {
        Domain {
            name: "LEX Mirror",
            version: "1",
            chain_id: self.chain_id,
            contract: self.mirror,
        }
    }
}

/// A statement about an outbox: its update `nonce` has head `head`, and it held no further update
/// at the end of `source_block`, which is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attestation {
    /// EIP-155 chain id of the source chain.
    pub source_chain_id: u64,
    /// Hash of the source chain's first block.
    pub source_genesis: Hash,
    /// The contract whose outbox this is.
    pub source_contract: Address,
    /// The attester set that signs.
    pub epoch: u64,
    /// The last update attested.
    pub nonce: u64,
    /// The outbox head at `nonce`.
    pub head: Hash,
    /// A final block of the source chain by whose end the outbox had at most `nonce` updates.
    pub source_block: u64,
    /// That block's time in Unix seconds.
    pub source_time: u64,
}

impl Attestation {
    /// EIP-712's `hashStruct`.
    pub fn struct_hash<K: Keccak>(&self) -> Hash {
        let words = [
            K::keccak256(ATTESTATION_TYPE),
            word_of_u64(self.source_chain_id),
            self.source_genesis,
            word_of_address(&self.source_contract),
            word_of_u64(self.epoch),
            word_of_u64(self.nonce),
            self.head,
            word_of_u64(self.source_block),
            word_of_u64(self.source_time),
        ];
        K::keccak256(words.as_flattened())
    }

    /// The digest that is signed: `keccak256(0x1901 || domainSeparator || hashStruct)`.
    pub fn digest<K: Keccak>(&self, destination: &Destination) -> Hash {
        destination.domain().digest::<K>(&self.struct_hash::<K>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SoftwareKeccak;
    use proptest::prelude::*;

    const HERE: Destination = Destination {
        chain_id: 31_337,
        mirror: [5; 20],
    };

    fn attestation() -> Attestation {
        Attestation {
            source_chain_id: 420_420_420,
            source_genesis: [1; 32],
            source_contract: [2; 20],
            epoch: 1,
            nonce: 9,
            head: [3; 32],
            source_block: 40,
            source_time: 1_700_000_000,
        }
    }

    proptest! {
        /// Changing any bound field changes the digest.
        #[test]
        fn every_field_is_bound(field in 0usize..10, delta in 1u8..) {
            let (mut changed, mut destination) = (attestation(), HERE);
            match field {
                0 => changed.source_chain_id ^= u64::from(delta),
                1 => changed.source_genesis[31] ^= delta,
                2 => changed.source_contract[0] ^= delta,
                3 => changed.epoch ^= u64::from(delta),
                4 => changed.nonce ^= u64::from(delta),
                5 => changed.head[0] ^= delta,
                6 => changed.source_block ^= u64::from(delta),
                7 => changed.source_time ^= u64::from(delta),
                8 => destination.chain_id ^= u64::from(delta),
                _ => destination.mirror[19] ^= delta,
            }
            prop_assert_ne!(attestation().digest::<SoftwareKeccak>(&HERE), changed.digest::<SoftwareKeccak>(&destination));
        }
    }
}
