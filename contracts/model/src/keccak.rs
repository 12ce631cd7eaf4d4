/// A 32-byte Keccak-256 hash.
pub type Hash = [u8; 32];

/// Keccak-256, the hash of Ethereum (not the later SHA3-256 of FIPS 202, whose padding differs).
pub trait Keccak {
    /// The hash of `bytes`.
    fn keccak256(bytes: &[u8]) -> Hash;
}

/// Keccak-256 computed by this program.
#[cfg(feature = "std")]
#[derive(Debug, Clone, Copy)]
pub struct SoftwareKeccak;

#[cfg(feature = "std")]
impl Keccak for SoftwareKeccak {
    fn keccak256(bytes: &[u8]) -> Hash {
        use sha3::Digest;
        sha3::Keccak256::digest(bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_string_has_ethereums_hash() {
        assert_eq!(
            hex::encode(SoftwareKeccak::keccak256(b"")),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
        );
    }
}
