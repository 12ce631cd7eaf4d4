//! Keccak-256 at compile time.
//!
//! ink! hashes every Solidity signature while the compiler runs, many times each, and the compiler
//! interprets such code statement by statement: with the published crate of this name a contract of
//! sixty messages takes minutes. Here a round is straight-line code on local variables.
//!
//! Source: the Keccak reference, version 3.0, sections 1.2 and 2; rate 1088 bits, padding `10*1`.

#![no_std]

/// Bytes absorbed between two permutations: (1600 - 2 * 256) bits.
const RATE: usize = 136;

/// The constants of step ι, one for each round.
const ROUND_CONSTANTS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// A hash in the making.
#[derive(Clone)]
pub struct Keccak256 {
    lanes: [u64; 25],
    absorbed: usize,
}

impl Keccak256 {
    /// A hash of nothing yet.
    #[allow(
        clippy::new_without_default,
        reason = "the published crate has no default, and a default is not const"
    )]
    pub const fn new() -> Self {
        Self {
            lanes: [0; 25],
            absorbed: 0,
        }
    }

    /// Takes in more bytes.
    pub const fn update(mut self, input: &[u8]) -> Self {
        let mut at = 0;
        while at < input.len() {
            self.xor(self.absorbed, input[at]);
            at += 1;
            self.absorbed += 1;
            if self.absorbed == RATE {
                self.lanes = permute(self.lanes);
                self.absorbed = 0;
            }
        }
        self
    }

    /// The hash of everything taken in.
    pub const fn finalize(&self) -> [u8; 32] {
        let mut last = Self {
            lanes: self.lanes,
            absorbed: self.absorbed,
        };
        last.xor(last.absorbed, 0x01);
        last.xor(RATE - 1, 0x80);
        let lanes = permute(last.lanes);
        let mut hash = [0; 32];
        let mut at = 0;
        while at < hash.len() {
            hash[at] = (lanes[at / 8] >> (8 * (at % 8))) as u8;
            at += 1;
        }
        hash
    }

    const fn xor(&mut self, at: usize, byte: u8) {
        self.lanes[at / 8] ^= (byte as u64) << (8 * (at % 8));
    }
}

/// Keccak-f\[1600\]. The lane of column `x` and row `y` stands at `x + 5 * y`.
const fn permute(state: [u64; 25]) -> [u64; 25] {
    #[rustfmt::skip]
    let [mut a00, mut a10, mut a20, mut a30, mut a40,
         mut a01, mut a11, mut a21, mut a31, mut a41,
         mut a02, mut a12, mut a22, mut a32, mut a42,
         mut a03, mut a13, mut a23, mut a33, mut a43,
         mut a04, mut a14, mut a24, mut a34, mut a44] = state;

    let mut round = 0;
    while round < ROUND_CONSTANTS.len() {
        // θ
        let c0 = a00 ^ a01 ^ a02 ^ a03 ^ a04;
        let c1 = a10 ^ a11 ^ a12 ^ a13 ^ a14;
        let c2 = a20 ^ a21 ^ a22 ^ a23 ^ a24;
        let c3 = a30 ^ a31 ^ a32 ^ a33 ^ a34;
        let c4 = a40 ^ a41 ^ a42 ^ a43 ^ a44;
        let d0 = c4 ^ c1.rotate_left(1);
        let d1 = c0 ^ c2.rotate_left(1);
        let d2 = c1 ^ c3.rotate_left(1);
        let d3 = c2 ^ c4.rotate_left(1);
        let d4 = c3 ^ c0.rotate_left(1);

        // ρ and π: the lane of (x, y) goes to (y, 2x + 3y).
        let b00 = a00 ^ d0;
        let b13 = (a01 ^ d0).rotate_left(36);
        let b21 = (a02 ^ d0).rotate_left(3);
        let b34 = (a03 ^ d0).rotate_left(41);
        let b42 = (a04 ^ d0).rotate_left(18);
        let b02 = (a10 ^ d1).rotate_left(1);
        let b10 = (a11 ^ d1).rotate_left(44);
        let b23 = (a12 ^ d1).rotate_left(10);
        let b31 = (a13 ^ d1).rotate_left(45);
        let b44 = (a14 ^ d1).rotate_left(2);
        let b04 = (a20 ^ d2).rotate_left(62);
        let b12 = (a21 ^ d2).rotate_left(6);
        let b20 = (a22 ^ d2).rotate_left(43);
        let b33 = (a23 ^ d2).rotate_left(15);
        let b41 = (a24 ^ d2).rotate_left(61);
        let b01 = (a30 ^ d3).rotate_left(28);
        let b14 = (a31 ^ d3).rotate_left(55);
        let b22 = (a32 ^ d3).rotate_left(25);
        let b30 = (a33 ^ d3).rotate_left(21);
        let b43 = (a34 ^ d3).rotate_left(56);
        let b03 = (a40 ^ d4).rotate_left(27);
        let b11 = (a41 ^ d4).rotate_left(20);
        let b24 = (a42 ^ d4).rotate_left(39);
        let b32 = (a43 ^ d4).rotate_left(8);
        let b40 = (a44 ^ d4).rotate_left(14);

        // χ and ι
        a00 = b00 ^ (!b10 & b20) ^ ROUND_CONSTANTS[round];
        a10 = b10 ^ (!b20 & b30);
        a20 = b20 ^ (!b30 & b40);
        a30 = b30 ^ (!b40 & b00);
        a40 = b40 ^ (!b00 & b10);
        a01 = b01 ^ (!b11 & b21);
        a11 = b11 ^ (!b21 & b31);
        a21 = b21 ^ (!b31 & b41);
        a31 = b31 ^ (!b41 & b01);
        a41 = b41 ^ (!b01 & b11);
        a02 = b02 ^ (!b12 & b22);
        a12 = b12 ^ (!b22 & b32);
        a22 = b22 ^ (!b32 & b42);
        a32 = b32 ^ (!b42 & b02);
        a42 = b42 ^ (!b02 & b12);
        a03 = b03 ^ (!b13 & b23);
        a13 = b13 ^ (!b23 & b33);
        a23 = b23 ^ (!b33 & b43);
        a33 = b33 ^ (!b43 & b03);
        a43 = b43 ^ (!b03 & b13);
        a04 = b04 ^ (!b14 & b24);
        a14 = b14 ^ (!b24 & b34);
        a24 = b24 ^ (!b34 & b44);
        a34 = b34 ^ (!b44 & b04);
        a44 = b44 ^ (!b04 & b14);
        round += 1;
    }

    #[rustfmt::skip]
    let state = [a00, a10, a20, a30, a40,
                 a01, a11, a21, a31, a41,
                 a02, a12, a22, a32, a42,
                 a03, a13, a23, a33, a43,
                 a04, a14, a24, a34, a44];
    state
}

#[cfg(test)]
mod tests {
    use super::Keccak256;
    use sha3::Digest;

    #[test]
    fn equals_the_library_around_every_block_border() {
        let bytes: [u8; 300] = core::array::from_fn(|at| (at * 7 + 1) as u8);
        for length in 0..=bytes.len() {
            let (first, second) = bytes[..length].split_at(length / 3);
            let ours = Keccak256::new().update(first).update(second).finalize();
            let theirs: [u8; 32] = sha3::Keccak256::digest(&bytes[..length]).into();
            assert_eq!(ours, theirs, "{length} bytes");
        }
    }

    #[test]
    fn is_evaluated_by_the_compiler() {
        const TRANSFER: [u8; 32] = Keccak256::new()
            .update(b"Transfer(address,address,uint256)")
            .finalize();
        assert_eq!(TRANSFER[..4], [0xdd, 0xf2, 0x52, 0xad]);
    }
}
