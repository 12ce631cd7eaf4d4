//! Groth16 keys, proofs and public inputs as snarkjs writes them, in the form in which the verifier
//! contract and every Solidity verifier take them.
//!
//! snarkjs writes both parts of a G2 coordinate real part first, `[c0, c1]`; calldata has the
//! imaginary part first. This is the only place that turns them around.
//!
//! ```
//! use lex_client::groth16;
//!
//! let inputs = groth16::public_inputs(r#"["42", "7"]"#)?;
//! assert_eq!(inputs.len(), 2);
//! assert!(groth16::public_inputs(r#"["not a number"]"#).is_err());
//! # Ok::<(), groth16::InvalidFile>(())
//! ```

use alloy::primitives::{B256, U256, keccak256, uint};
use serde::Deserialize;

use crate::abi::verifier::Verifier;

/// Order of the field of coordinates.
const FIELD: U256 =
    uint!(21888242871839275222246405745257275088696311157297823662689037894645226208583_U256);

/// Order of the field of public inputs.
const ORDER: U256 =
    uint!(21888242871839275222246405745257275088548364400416034343698204186575808495617_U256);

/// The file is not what snarkjs writes for Groth16 on BN254.
#[derive(Debug, thiserror::Error)]
pub enum InvalidFile {
    #[error("not the JSON that snarkjs writes: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{what} is {found}, expected {expected}")]
    Unsupported {
        what: &'static str,
        found: String,
        expected: &'static str,
    },
    #[error("{what} is not a decimal number: {text}")]
    Number { what: String, text: String },
    #[error("{what} is not below the order of its field")]
    OutOfField { what: String },
    #[error("{what} has {found} coordinates, or its last is not one")]
    Coordinates { what: String, found: usize },
    #[error("the key is for {inputs} public inputs, but has {points} points for them")]
    Points { inputs: usize, points: usize },
}

/// A verifying key; coordinates in G2 have the imaginary part first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    pub alpha: [U256; 2],
    pub beta: [U256; 4],
    pub gamma: [U256; 4],
    pub delta: [U256; 4],
    /// Two numbers for each point, one point more than there are public inputs.
    pub ic: Vec<U256>,
}

/// A proof, `A | B | C`; the coordinates of B have the imaginary part first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof(pub [U256; 8]);

#[derive(Deserialize)]
struct KeyFile {
    protocol: String,
    curve: String,
    #[serde(rename = "nPublic")]
    inputs: usize,
    vk_alpha_1: Vec<String>,
    vk_beta_2: Vec<Vec<String>>,
    vk_gamma_2: Vec<Vec<String>>,
    vk_delta_2: Vec<Vec<String>>,
    #[serde(rename = "IC")]
    ic: Vec<Vec<String>>,
}

#[derive(Deserialize)]
struct ProofFile {
    protocol: String,
    curve: String,
    pi_a: Vec<String>,
    pi_b: Vec<Vec<String>>,
    pi_c: Vec<String>,
}

impl VerifyingKey {
    /// Reads snarkjs's `verification_key.json`. Whether the points lie on their curves is for the
    /// contract to say.
    ///
    /// # Errors
    /// [`InvalidFile`].
    pub fn from_snarkjs(json: &str) -> Result<Self, InvalidFile> {
        let file: KeyFile = serde_json::from_str(json)?;
        require_groth16(&file.protocol, &file.curve)?;
        if file.ic.len() != file.inputs.saturating_add(1) {
            return Err(InvalidFile::Points {
                inputs: file.inputs,
                points: file.ic.len(),
            });
        }
        let mut ic = Vec::new();
        for (place, point) in file.ic.iter().enumerate() {
            ic.extend(g1(&format!("IC[{place}]"), point)?);
        }
        Ok(Self {
            alpha: g1("vk_alpha_1", &file.vk_alpha_1)?,
            beta: g2("vk_beta_2", &file.vk_beta_2)?,
            gamma: g2("vk_gamma_2", &file.vk_gamma_2)?,
            delta: g2("vk_delta_2", &file.vk_delta_2)?,
            ic,
        })
    }

    /// How many public inputs the circuit has.
    pub fn inputs(&self) -> usize {
        (self.ic.len() / 2).saturating_sub(1)
    }

    /// What the contract's `keyHash` answers for this key.
    pub fn hash(&self) -> B256 {
        let fixed = [&self.alpha[..], &self.beta, &self.gamma, &self.delta];
        let bytes: Vec<u8> = fixed
            .into_iter()
            .flatten()
            .chain(&self.ic)
            .flat_map(|number| number.to_be_bytes::<32>())
            .collect();
        keccak256(bytes)
    }

    /// The call that registers this key.
    pub fn register(&self, circuit: u64, version: u32, name: &str) -> Verifier::registerKeyCall {
        Verifier::registerKeyCall {
            circuit,
            version,
            name: name.to_owned(),
            alpha: self.alpha,
            beta: self.beta,
            gamma: self.gamma,
            delta: self.delta,
            ic: self.ic.clone(),
        }
    }
}

impl Proof {
    /// Reads snarkjs's `proof.json`.
    ///
    /// # Errors
    /// [`InvalidFile`].
    pub fn from_snarkjs(json: &str) -> Result<Self, InvalidFile> {
        let file: ProofFile = serde_json::from_str(json)?;
        require_groth16(&file.protocol, &file.curve)?;
        let [a_x, a_y] = g1("pi_a", &file.pi_a)?;
        let [b_xi, b_xr, b_yi, b_yr] = g2("pi_b", &file.pi_b)?;
        let [c_x, c_y] = g1("pi_c", &file.pi_c)?;
        Ok(Self([a_x, a_y, b_xi, b_xr, b_yi, b_yr, c_x, c_y]))
    }

    /// The call that verifies this proof for public inputs.
    pub fn verify(&self, circuit: u64, version: u32, inputs: Vec<U256>) -> Verifier::verifyCall {
        Verifier::verifyCall {
            circuit,
            version,
            proof: self.0,
            inputs,
        }
    }
}

/// Reads snarkjs's `public.json`.
///
/// # Errors
/// [`InvalidFile`].
pub fn public_inputs(json: &str) -> Result<Vec<U256>, InvalidFile> {
    let texts: Vec<String> = serde_json::from_str(json)?;
    texts
        .iter()
        .enumerate()
        .map(|(place, text)| number(&format!("public input {place}"), text, ORDER))
        .collect()
}

fn require_groth16(protocol: &str, curve: &str) -> Result<(), InvalidFile> {
    // snarkjs and circom call BN254 bn128.
    for (what, found, expected) in [("protocol", protocol, "groth16"), ("curve", curve, "bn128")] {
        if found != expected {
            return Err(InvalidFile::Unsupported {
                what,
                found: found.to_owned(),
                expected,
            });
        }
    }
    Ok(())
}

fn number(what: &str, text: &str, order: U256) -> Result<U256, InvalidFile> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = digits
        .then(|| U256::from_str_radix(text, 10).ok())
        .flatten();
    match parsed {
        None => Err(InvalidFile::Number {
            what: what.to_owned(),
            text: text.to_owned(),
        }),
        Some(number) if number >= order => Err(InvalidFile::OutOfField {
            what: what.to_owned(),
        }),
        Some(number) => Ok(number),
    }
}

/// Two coordinates, and a third one that is one, which some writers leave out.
fn g1(what: &str, coordinates: &[String]) -> Result<[U256; 2], InvalidFile> {
    match coordinates {
        [x, y, rest @ ..] if matches!(rest, []) || rest == ["1"] => {
            Ok([number(what, x, FIELD)?, number(what, y, FIELD)?])
        }
        _ => Err(InvalidFile::Coordinates {
            what: what.to_owned(),
            found: coordinates.len(),
        }),
    }
}

/// The same with two parts each, real part first; the imaginary part comes out first.
fn g2(what: &str, coordinates: &[Vec<String>]) -> Result<[U256; 4], InvalidFile> {
    let (x, y) = match coordinates {
        [x, y, rest @ ..] if matches!(rest, []) || rest == [["1", "0"]] => (x, y),
        _ => {
            return Err(InvalidFile::Coordinates {
                what: what.to_owned(),
                found: coordinates.len(),
            });
        }
    };
    let ([x_real, x_imaginary], [y_real, y_imaginary]) = (&x[..], &y[..]) else {
        return Err(InvalidFile::Coordinates {
            what: what.to_owned(),
            found: x.len().min(y.len()),
        });
    };
    let number = |text: &str| number(what, text, FIELD);
    Ok([
        number(x_imaginary)?,
        number(x_real)?,
        number(y_imaginary)?,
        number(y_real)?,
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../vectors/groth16.json")).unwrap()
    }

    fn key_file() -> Value {
        vectors()["keys"][0]["key"].clone()
    }

    fn proof_file() -> Value {
        vectors()["proofs"][0]["proof"].clone()
    }

    fn key(file: &Value) -> Result<VerifyingKey, InvalidFile> {
        VerifyingKey::from_snarkjs(&file.to_string())
    }

    fn proof(file: &Value) -> Result<Proof, InvalidFile> {
        Proof::from_snarkjs(&file.to_string())
    }

    /// Semaphore's own packing of its proofs is the order of calldata.
    #[test]
    fn proofs_of_semaphore_become_their_calldata() {
        for vector in vectors()["proofs"].as_array().unwrap() {
            let calldata = public_texts(&vector["calldata"]);
            let proof = proof(&vector["proof"]).unwrap();
            assert_eq!(proof.0.map(|number| number.to_string()).to_vec(), calldata);
            let inputs = public_inputs(&vector["public"].to_string()).unwrap();
            let texts: Vec<_> = inputs.iter().map(U256::to_string).collect();
            assert_eq!(texts, public_texts(&vector["public"]));
        }
    }

    fn public_texts(value: &Value) -> Vec<String> {
        serde_json::from_value(value.clone()).unwrap()
    }

    #[test]
    fn key_of_semaphore_has_the_imaginary_parts_first() {
        let key = key(&key_file()).unwrap();
        assert_eq!(key.inputs(), 4);
        assert_eq!(key.ic.len(), 10);
        // The generator of G2, as EIP-197 writes it: gamma of every snarkjs key.
        let generator = uint!([
            11559732032986387107991004021392285783925812861821192530917403151452391805634_U256,
            10857046999023057135944570762232829481370756359578518086990519993285655852781_U256,
            4082367875863433681332203403145435568316851327593401208105741076214120093531_U256,
            8495653923123431417604973247489272438418190587263600148770280649306958101930_U256,
        ]);
        assert_eq!(key.gamma, generator);
    }

    #[test]
    fn third_coordinate_may_be_left_out_but_not_be_another() {
        let mut file = proof_file();
        let expected = proof(&file).unwrap();
        file["pi_a"].as_array_mut().unwrap().push(json!("1"));
        file["pi_b"].as_array_mut().unwrap().push(json!(["1", "0"]));
        assert_eq!(proof(&file).unwrap(), expected);

        for (field, other) in [("pi_a", json!("0")), ("pi_b", json!(["0", "1"]))] {
            let mut file = proof_file();
            file[field].as_array_mut().unwrap().push(other);
            let error = proof(&file).unwrap_err();
            assert!(
                matches!(error, InvalidFile::Coordinates { found: 3, .. }),
                "{error}"
            );
        }
        let mut file = proof_file();
        file["pi_b"][1] = json!(["1"]);
        let error = proof(&file).unwrap_err();
        assert!(matches!(error, InvalidFile::Coordinates { .. }), "{error}");
    }

    #[test]
    fn other_protocols_and_curves_are_refused() {
        for (field, value) in [("protocol", "plonk"), ("curve", "bls12381")] {
            let mut file = key_file();
            file[field] = json!(value);
            let error = key(&file).unwrap_err();
            assert!(matches!(error, InvalidFile::Unsupported { .. }), "{error}");
        }
    }

    #[test]
    fn numbers_are_decimal_and_below_their_order() {
        for text in ["", "0x12", "-1", "1_0", "one"] {
            let mut file = proof_file();
            file["pi_c"][0] = json!(text);
            let error = proof(&file).unwrap_err();
            assert!(
                matches!(error, InvalidFile::Number { .. }),
                "{text}: {error}"
            );
        }
        let mut file = proof_file();
        file["pi_b"][0][1] = json!(FIELD.to_string());
        let error = proof(&file).unwrap_err();
        assert!(matches!(error, InvalidFile::OutOfField { .. }), "{error}");
        let alias = json!([ORDER.to_string()]).to_string();
        let error = public_inputs(&alias).unwrap_err();
        assert!(matches!(error, InvalidFile::OutOfField { .. }), "{error}");
        let largest = json!([(ORDER - U256::from(1)).to_string()]).to_string();
        assert!(public_inputs(&largest).is_ok());
    }

    #[test]
    fn number_of_points_fits_the_inputs() {
        let mut file = key_file();
        file["nPublic"] = json!(5);
        let error = key(&file).unwrap_err();
        assert!(
            matches!(
                error,
                InvalidFile::Points {
                    inputs: 5,
                    points: 5
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn a_cut_file_is_an_error() {
        let text = key_file().to_string();
        let error = VerifyingKey::from_snarkjs(&text[..text.len() - 1]).unwrap_err();
        assert!(matches!(error, InvalidFile::Json(_)), "{error}");
    }
}
