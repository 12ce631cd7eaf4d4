//! Rule modules of a walk, which say the same to everything.

/// Codes of EVM contracts that stand for rule modules: one answers yes, one no, one fails. Each is
/// followed by the code that it leaves behind.
pub(crate) const MODULES: [&[u8]; 3] = [
    &answering(&[0x60, 1, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3]),
    &answering(&[0x60, 0, 0x60, 0, 0x52, 0x60, 32, 0x60, 0, 0xf3]),
    &answering(&[0x60, 0, 0x60, 0, 0xfd, 0, 0, 0, 0, 0]),
];

/// The code that creates a contract with this code: `CODECOPY` and `RETURN` of what follows.
const fn answering(code: &[u8; 10]) -> [u8; 22] {
    let mut creating = [0; 22];
    let ahead = [0x60, 10, 0x60, 12, 0x60, 0, 0x39, 0x60, 10, 0x60, 0, 0xf3];
    let mut place = 0;
    while place < creating.len() {
        creating[place] = match place {
            0..12 => ahead[place],
            _ => code[place - 12],
        };
        place += 1;
    }
    creating
}
