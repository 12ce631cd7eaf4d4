//! The curve's functions against the vectors of EIP-196 and EIP-197 that the chain's own precompiles
//! are tested with.

use lex_contract_host::{PrecompileError, call_precompile, curve};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../vectors/groth16_curve.json")).expect("JSON")
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?;
    let digits = text.strip_prefix("0x").expect("hexadecimal");
    Some(hex::decode(digits).expect("hexadecimal"))
}

/// Runs each vector of a kind; a vector without output is one that the precompile refuses.
fn run<const LENGTH: usize>(kind: &str, precompile: u16) -> usize {
    let vectors = vectors();
    let cases = vectors[kind].as_array().expect("a list");
    for case in cases {
        let input = bytes(&case["input"]).expect("text");
        let answer = call_precompile::<LENGTH>(precompile, &input);
        match bytes(&case["output"]) {
            Some(expected) => assert_eq!(answer.expect("an answer").to_vec(), expected, "{case}"),
            None => assert_eq!(answer, Err(PrecompileError::Refused), "{case}"),
        }
    }
    cases.len()
}

#[test]
fn vectors_of_eip_196() {
    assert_eq!(run::<64>("add", 0x06), 21);
    assert_eq!(run::<64>("mul", 0x07), 19);
}

#[test]
fn vectors_of_eip_197() {
    assert_eq!(run::<32>("pairing", 0x08), 14);
    let refused = [&[0; 191][..], &[1; 192], &[0xff; 192]];
    for input in refused {
        assert_eq!(
            call_precompile::<32>(0x08, input),
            Err(PrecompileError::Refused)
        );
    }
}

#[test]
fn typed_functions_are_the_precompiles() {
    let vectors = vectors();
    for case in vectors["add"].as_array().expect("a list") {
        let mut input = bytes(&case["input"]).expect("text");
        input.resize(128, 0);
        let (left, right) = input.split_at(64);
        let sum = curve::add(left.try_into().expect("64"), right.try_into().expect("64"));
        assert_eq!(sum.ok().map(Vec::from), bytes(&case["output"]));
    }
    for case in vectors["mul"].as_array().expect("a list") {
        let mut input = bytes(&case["input"]).expect("text");
        input.resize(96, 0);
        let (point, factor) = input.split_at(64);
        let product = curve::mul(
            point.try_into().expect("64"),
            factor.try_into().expect("32"),
        );
        assert_eq!(product.ok().map(Vec::from), bytes(&case["output"]));
    }
    for case in vectors["pairing"].as_array().expect("a list") {
        let holds = curve::pairing(&bytes(&case["input"]).expect("text"));
        let output = bytes(&case["output"]).expect("no refusals here");
        assert_eq!(holds, Ok(output.ends_with(&[1])));
    }
}

#[test]
fn point_of_g2_outside_its_group_is_refused() {
    let outside = bytes(&vectors()["outside"]).expect("text");
    let pair = [&[0; 64][..], &outside].concat();
    assert_eq!(curve::pairing(&pair), Err(PrecompileError::Refused));
}

#[test]
fn missing_precompile_and_wrong_length_are_errors() {
    assert_eq!(
        call_precompile::<32>(0xfff, &[]),
        Err(PrecompileError::Length(0))
    );
    assert_eq!(
        call_precompile::<32>(0x06, &[0; 128]),
        Err(PrecompileError::Length(64))
    );
}
