//! What policy asks the verifier.

use ink::{U256, prelude::vec::Vec};
use lex_model::Hash;

type Verify = (u64, u32, [U256; 8], Vec<U256>);

// `sol_error_selector!` computes the selector of any Solidity signature.
const VERIFY: [u8; 4] = ink::sol_error_selector!("verify", Verify);

/// Words before the public inputs: circuit, version, proof, and where the inputs begin.
const HEAD: u64 = 11;

/// The call `verify(circuit, version, proof, inputs)`, which answers a `bool` or refuses.
pub fn verify_call(circuit: u64, version: u32, proof: &[U256; 8], inputs: &[Hash]) -> Vec<u8> {
    let mut data = Vec::from(VERIFY);
    let mut push = |word: U256| data.extend(word.to_big_endian());
    push(circuit.into());
    push(version.into());
    for word in proof {
        push(*word);
    }
    push((HEAD * 32).into());
    push(inputs.len().into());
    data.extend(inputs.as_flattened());
    data
}

#[cfg(test)]
mod tests {
    use ink::sol::SolParamsEncode;

    use super::*;

    #[test]
    fn the_call_is_what_solidity_encodes() {
        let proof = core::array::from_fn(U256::from);
        let inputs = [[1; 32], [2; 32], [3; 32]];
        let numbers: Vec<_> = inputs
            .iter()
            .map(|input| U256::from_big_endian(input))
            .collect();
        let encoded = SolParamsEncode::encode(&(7u64, 3u32, proof, numbers));
        assert_eq!(
            verify_call(7, 3, &proof, &inputs),
            [&VERIFY[..], &encoded].concat()
        );
    }
}
