//! Contract calls that change nothing: reads, and trying out what is about to be submitted.

use alloy::primitives::{Address, B256, U256, b256, keccak256};
use alloy::sol_types::SolCall;
use futures::try_join;
use parity_scale_codec::{Decode, Encode};

use super::Source;
use crate::account::address_to_account;
use crate::error::{CallError, SourceError};
use crate::refusal::revert_error;
use crate::revive::{
    Balance, CallArguments, Code, EstimateArguments, EstimateError, InstantiateArguments, Trial,
    Weight, decode_estimate, decode_number, decode_stored,
};

/// Limits of what is tried out: more than any block holds, so that the answer says what is needed.
const TRIAL_WEIGHT: Weight = Weight {
    ref_time: u64::MAX / 4,
    proof_size: u64::MAX / 4,
};
const TRIAL_DEPOSIT: Balance = Balance::MAX / 4;

/// Storage slot of a proxy's implementation: `keccak256("eip1967.proxy.implementation") - 1`
/// (ERC-1967).
const IMPLEMENTATION_SLOT: B256 =
    b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");

/// What is about to be executed.
#[derive(Clone, Debug)]
pub(crate) enum Execution {
    Call { contract: Address, data: Vec<u8> },
    Deploy { code: Vec<u8>, data: Vec<u8> },
}

/// What an execution needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) weight: Weight,
    pub(crate) deposit: Balance,
}

impl Source {
    /// Calls a contract without changing anything, at a block (`None`: the best one).
    ///
    /// # Errors
    /// [`CallError::Refused`] or [`CallError::Reverted`] when the contract says no,
    /// [`CallError::UnknownContract`] when there is none.
    pub async fn read<C: SolCall>(
        &self,
        at: Option<B256>,
        contract: Address,
        from: Address,
        call: &C,
    ) -> Result<C::Return, CallError> {
        let output = self.read_encoded(at, contract, from, call.abi_encode());
        Ok(C::abi_decode_returns(&output.await?)?)
    }

    /// As [`Source::read`], with the call encoded already and the answer still encoded.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub async fn read_encoded(
        &self,
        at: Option<B256>,
        contract: Address,
        from: Address,
        call: Vec<u8>,
    ) -> Result<Vec<u8>, CallError> {
        let execution = Execution::Call {
            contract,
            data: call,
        };
        let origin = address_to_account(from);
        Ok(self.try_out(at, origin, &execution).await?.1)
    }

    /// keccak-256 of the contract's code; `None` when there is no contract.
    pub async fn code_hash(&self, contract: Address) -> Result<Option<B256>, SourceError> {
        let code = self.code(None, contract).await?;
        Ok((!code.is_empty()).then(|| keccak256(code)))
    }

    /// What a proxy has behind it: the address in the storage slot of ERC-1967. `None` when the
    /// contract has none there, or there is no contract.
    pub async fn implementation(&self, proxy: Address) -> Result<Option<Address>, SourceError> {
        let function = "ReviveApi_get_storage";
        let arguments = (proxy.into_array(), IMPLEMENTATION_SLOT.0).encode();
        let bytes = self.node.runtime_call(None, function, &arguments).await?;
        let stored = decode_stored(&bytes)
            .map_err(|error| self.node.unreadable(format!("{function}: {error}")))?;
        Ok(stored.map(|word| Address::from_word(word.into())))
    }

    /// Executes without submitting; answers what it needs and what it returned.
    pub(crate) async fn try_out(
        &self,
        at: Option<B256>,
        origin: [u8; 32],
        execution: &Execution,
    ) -> Result<(Needs, Vec<u8>), CallError> {
        let (function, arguments) = runtime_call(origin, execution);
        let bytes = self.node.runtime_call(at, function, &arguments).await?;
        let trial = Trial::decode(&bytes)
            .map_err(|error| self.node.unreadable(format!("{function}: {error}")))?;
        let output = match trial.result {
            Ok(output) if output.reverted => return Err(revert_error(output.data)),
            Ok(output) => output.data,
            Err(error) => return Err(self.node.runtime(at).await?.dispatch_error(&error)),
        };
        if let Execution::Call { contract, .. } = execution
            && output.is_empty()
        {
            self.require_contract(at, *contract).await?;
        }
        Ok((
            Needs {
                weight: trial.weight_required,
                deposit: trial.max_deposit,
            },
            output,
        ))
    }

    /// The gas that an Ethereum transaction needs at the best block, and the price of gas. The
    /// chain's JSON-RPC would answer for a block that it has indexed already, which may be older.
    pub(crate) async fn estimate_gas(
        &self,
        from: Address,
        to: Option<Address>,
        input: &[u8],
    ) -> Result<(U256, U256), CallError> {
        let function = "ReviveApi_eth_estimate_gas";
        let unreadable =
            |error: parity_scale_codec::Error| self.node.unreadable(format!("{function}: {error}"));
        let to = to.map(Address::into_array);
        let arguments = EstimateArguments {
            from: from.into_array(),
            to,
            input,
        }
        .encode();
        let (gas, price) = try_join!(
            self.node.runtime_call(None, function, &arguments),
            self.node.runtime_call(None, "ReviveApi_gas_price", &[]),
        )?;
        let price = decode_number(&price).map_err(unreadable)?;
        match decode_estimate(&gas).map_err(unreadable)? {
            Ok(gas) => Ok((gas, price)),
            Err(EstimateError::Reverted(data)) => Err(revert_error(data)),
            Err(EstimateError::Other(message)) => Err(CallError::Dispatch(message)),
        }
    }

    /// Calling an address without a contract succeeds and does nothing, which nobody wants.
    async fn require_contract(&self, at: Option<B256>, contract: Address) -> Result<(), CallError> {
        if self.node.is_known_contract(contract) {
            return Ok(());
        }
        // What is final stays; only that is remembered.
        let finalized = self.node.finalized().await?.hash;
        if !self.code(Some(finalized), contract).await?.is_empty() {
            self.node.note_contract(contract);
            return Ok(());
        }
        if self.code(at, contract).await?.is_empty() {
            return Err(CallError::UnknownContract(contract));
        }
        Ok(())
    }

    async fn code(&self, at: Option<B256>, contract: Address) -> Result<Vec<u8>, SourceError> {
        let bytes = self
            .node
            .runtime_call(at, "ReviveApi_code", contract.as_slice())
            .await?;
        Vec::<u8>::decode(&mut bytes.as_slice())
            .map_err(|error| self.node.unreadable(format!("ReviveApi_code: {error}")))
    }
}

fn runtime_call(origin: [u8; 32], execution: &Execution) -> (&'static str, Vec<u8>) {
    let (weight_limit, deposit_limit) = (Some(TRIAL_WEIGHT), Some(TRIAL_DEPOSIT));
    match execution {
        Execution::Call { contract, data } => {
            let contract = contract.into_array();
            let arguments = CallArguments {
                origin,
                contract,
                value: 0,
                weight_limit,
                deposit_limit,
                data,
            };
            ("ReviveApi_call", arguments.encode())
        }
        Execution::Deploy { code, data } => {
            let code = Code::Upload(code);
            let arguments = InstantiateArguments {
                origin,
                value: 0,
                weight_limit,
                deposit_limit,
                code,
                data,
                salt: None,
            };
            ("ReviveApi_instantiate", arguments.encode())
        }
    }
}
