//! The runtime's side of a contract call: what `ReviveApi` takes and returns, in the chain's own
//! encoding. Shapes are those of pallet-revive's runtime API version 2.

use alloy::primitives::U256;
use parity_scale_codec::{Compact, Decode, Encode, Error, Input};

/// What execution costs the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Picoseconds of compute.
    pub ref_time: u64,
    /// Bytes of proof.
    pub proof_size: u64,
}

impl Encode for Weight {
    fn encode(&self) -> Vec<u8> {
        (Compact(self.ref_time), Compact(self.proof_size)).encode()
    }
}

impl Decode for Weight {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let (ref_time, proof_size) = <(Compact<u64>, Compact<u64>)>::decode(input)?;
        Ok(Self {
            ref_time: ref_time.0,
            proof_size: proof_size.0,
        })
    }
}

/// Balance in the chain's own smallest unit, not in Ethereum's.
pub(crate) type Balance = u128;

/// Arguments of `ReviveApi_call`.
#[derive(Encode)]
pub(crate) struct CallArguments<'a> {
    pub(crate) origin: [u8; 32],
    pub(crate) contract: [u8; 20],
    pub(crate) value: Balance,
    pub(crate) weight_limit: Option<Weight>,
    pub(crate) deposit_limit: Option<Balance>,
    pub(crate) data: &'a [u8],
}

/// Arguments of `ReviveApi_instantiate`.
#[derive(Encode)]
pub(crate) struct InstantiateArguments<'a> {
    pub(crate) origin: [u8; 32],
    pub(crate) value: Balance,
    pub(crate) weight_limit: Option<Weight>,
    pub(crate) deposit_limit: Option<Balance>,
    pub(crate) code: Code<'a>,
    pub(crate) data: &'a [u8],
    pub(crate) salt: Option<[u8; 32]>,
}

#[derive(Encode)]
pub(crate) enum Code<'a> {
    #[codec(index = 0)]
    Upload(&'a [u8]),
}

/// A storage deposit that is charged rather than refunded.
const CHARGE: u8 = 1;

/// What a contract returned, whether it succeeded or reverted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) reverted: bool,
    pub(crate) data: Vec<u8>,
}

/// What the runtime says about an execution that was tried out.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) weight_required: Weight,
    /// The most that storage deposits came to at any time during the execution.
    pub(crate) max_deposit: Balance,
    /// The error is the runtime's encoded `DispatchError`.
    pub(crate) result: Result<Output, Vec<u8>>,
}

/// The contract asked for its state changes to be undone.
const FLAG_REVERT: u32 = 1;

impl Trial {
    /// Reads a `ContractResult`. What follows the contract's output (the address of a new contract,
    /// fields of later versions) is not looked at.
    pub(crate) fn decode(mut bytes: &[u8]) -> Result<Self, Error> {
        let input = &mut bytes;
        let _weight_consumed = Weight::decode(input)?;
        let weight_required = Weight::decode(input)?;
        let _deposit = <(u8, Balance)>::decode(input)?;
        let (kind, amount) = <(u8, Balance)>::decode(input)?;
        let max_deposit = if kind == CHARGE { amount } else { 0 };
        let _gas_consumed = Balance::decode(input)?;
        let result = match u8::decode(input)? {
            0 => {
                let (flags, data) = <(u32, Vec<u8>)>::decode(input)?;
                Ok(Output {
                    reverted: flags & FLAG_REVERT != 0,
                    data,
                })
            }
            1 => Err(input.to_vec()),
            _ => return Err("invalid result variant".into()),
        };
        Ok(Self {
            weight_required,
            max_deposit,
            result,
        })
    }
}

/// Arguments of `ReviveApi_eth_estimate_gas`: an Ethereum transaction of which only sender,
/// recipient (`None` creates a contract) and input are given.
pub(crate) struct EstimateArguments<'a> {
    pub(crate) from: [u8; 20],
    pub(crate) to: Option<[u8; 20]>,
    pub(crate) input: &'a [u8],
}

impl Encode for EstimateArguments<'_> {
    /// The fields of `GenericTransaction` and `DryRunConfig` in their order; an absent option and
    /// an empty list are both a zero byte.
    fn encode(&self) -> Vec<u8> {
        let lists_and_chain_id = [0u8; 5];
        let gas_and_price = [0u8; 2];
        let input_and_data = (Some(self.input), 0u8);
        let fees_and_nonce = [0u8; 4];
        let type_and_value = [0u8; 2];
        let config = [0u8; 3];
        (
            (
                lists_and_chain_id,
                Some(self.from),
                gas_and_price,
                input_and_data,
            ),
            (fees_and_nonce, self.to, type_and_value, config),
        )
            .encode()
    }
}

/// Why the runtime could not estimate the gas of a transaction.
#[derive(Debug, Decode, PartialEq, Eq)]
pub(crate) enum EstimateError {
    /// The contract reverted with this data.
    Reverted(Vec<u8>),
    Other(String),
}

/// Ethereum's 256-bit number, little-endian.
type Number = [u8; 32];

/// Reads the gas that `ReviveApi_eth_estimate_gas` answers.
pub(crate) fn decode_estimate(mut bytes: &[u8]) -> Result<Result<U256, EstimateError>, Error> {
    let estimate = Result::<Number, EstimateError>::decode(&mut bytes)?;
    Ok(estimate.map(U256::from_le_bytes))
}

/// Reads the price that `ReviveApi_gas_price` answers.
pub(crate) fn decode_number(mut bytes: &[u8]) -> Result<U256, Error> {
    Number::decode(&mut bytes).map(U256::from_le_bytes)
}

/// Reads the word that `ReviveApi_get_storage` answers; `None` when nothing is stored there, or
/// there is no contract.
pub(crate) fn decode_stored(mut bytes: &[u8]) -> Result<Option<[u8; 32]>, Error> {
    const NO_CONTRACT: u8 = 0;
    let word = |stored: Vec<u8>| {
        <[u8; 32]>::try_from(stored).map_err(|_| Error::from("what is stored is no word"))
    };
    match Result::<Option<Vec<u8>>, u8>::decode(&mut bytes)? {
        Ok(stored) => stored.map(word).transpose(),
        Err(NO_CONTRACT) => Ok(None),
        Err(_) => Err(Error::from("the key was not understood")),
    }
}

/// Fields of the pallet's event `ContractEmitted`.
#[derive(Decode)]
pub(crate) struct ContractEmitted {
    pub(crate) contract: [u8; 20],
    pub(crate) data: Vec<u8>,
    pub(crate) topics: Vec<[u8; 32]>,
}

/// Fields of the pallet's event `Instantiated`.
#[derive(Decode)]
pub(crate) struct Instantiated {
    pub(crate) deployer: [u8; 20],
    pub(crate) contract: [u8; 20],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result_prefix() -> Vec<u8> {
        let weight = Weight {
            ref_time: 1_500_000_000,
            proof_size: 60_000,
        };
        let refund = (0u8, 7u128);
        let charge = (1u8, 42u128);
        (weight, weight, refund, charge, 9u128).encode()
    }

    #[test]
    fn trial_reads_output_and_limits() {
        let mut bytes = result_prefix();
        (0u8, 1u32, vec![0xaau8, 0xbb], [0x11u8; 20]).encode_to(&mut bytes);
        let trial = Trial::decode(&bytes).unwrap();
        assert_eq!(
            trial.weight_required,
            Weight {
                ref_time: 1_500_000_000,
                proof_size: 60_000
            }
        );
        assert_eq!(trial.max_deposit, 42);
        assert_eq!(
            trial.result.unwrap(),
            Output {
                reverted: true,
                data: vec![0xaa, 0xbb]
            }
        );
    }

    #[test]
    fn trial_keeps_the_dispatch_error_bytes() {
        let mut bytes = result_prefix();
        (1u8, [3u8, 8, 27, 0, 0, 0]).encode_to(&mut bytes);
        assert_eq!(
            Trial::decode(&bytes).unwrap().result.unwrap_err(),
            [3, 8, 27, 0, 0, 0]
        );
    }

    #[test]
    fn estimate_tells_gas_from_reverts() {
        let gas = [&[0u8], U256::from(70_000).to_le_bytes::<32>().as_slice()].concat();
        assert_eq!(decode_estimate(&gas).unwrap().unwrap(), U256::from(70_000));
        let reverted = (1u8, 0u8, vec![1u8, 2]).encode();
        let expected = EstimateError::Reverted(vec![1, 2]);
        assert_eq!(decode_estimate(&reverted).unwrap().unwrap_err(), expected);
    }

    #[test]
    fn a_stored_word_is_told_from_none() {
        let word = [7u8; 32];
        let stored = Ok::<_, u8>(Some(word.to_vec())).encode();
        assert_eq!(decode_stored(&stored).unwrap(), Some(word));
        let nothing = Ok::<Option<Vec<u8>>, u8>(None).encode();
        assert_eq!(decode_stored(&nothing).unwrap(), None);
        let no_contract = Err::<Option<Vec<u8>>, u8>(0).encode();
        assert_eq!(decode_stored(&no_contract).unwrap(), None);
    }

    #[test]
    fn what_is_no_word_of_storage_is_an_error() {
        let wrong = [
            Ok::<_, u8>(Some(vec![7u8; 31])).encode(),
            Err::<Option<Vec<u8>>, u8>(1).encode(),
            Vec::new(),
        ];
        for bytes in wrong {
            assert!(decode_stored(&bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn trial_refuses_cut_bytes() {
        let mut bytes = result_prefix();
        (0u8, 0u32, vec![1u8; 64]).encode_to(&mut bytes);
        for length in 0..bytes.len() {
            assert!(Trial::decode(&bytes[..length]).is_err(), "{length} bytes");
        }
    }
}
