use std::{collections::BTreeMap, fs, path::Path};

use alloy_dyn_abi::{DynSolType, DynSolValue, EventExt, FunctionExt, JsonAbiExt, Specifier};
use alloy_json_abi::{Function, JsonAbi, Param};

use crate::chain::Log;

/// What a contract understands, from its committed ABI file.
///
/// Its methods end the test when they are used with what the file does not have: that is a mistake in
/// the test, or a contract that has lost a message.
#[derive(Debug)]
pub struct Interface {
    name: &'static str,
    abi: JsonAbi,
}

impl Interface {
    /// Reads the ABI file of a contract from `contracts/abi`.
    ///
    /// # Panics
    /// When there is none.
    pub fn read(name: &'static str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/abi");
        let file = folder.join(name).with_extension("json");
        let abi = fs::read_to_string(&file)
            .map_err(|error| error.to_string())
            .and_then(|json| serde_json::from_str(&json).map_err(|error| error.to_string()))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self { name, abi }
    }

    /// The constructor's arguments.
    ///
    /// # Panics
    /// When they do not fit.
    pub fn construct(&self, arguments: &[DynSolValue]) -> Vec<u8> {
        self.abi
            .constructor
            .as_ref()
            .and_then(|constructor| {
                constructor
                    .abi_encode_input_raw(&fitted(&constructor.inputs, arguments))
                    .ok()
            })
            .unwrap_or_else(|| panic!("{} is not constructed from {arguments:?}", self.name))
    }

    /// The call data of a message.
    ///
    /// # Panics
    /// When there is no such message for these arguments.
    pub fn encode(&self, message: &str, arguments: &[DynSolValue]) -> Vec<u8> {
        let function = self.function(message, arguments.len());
        function
            .abi_encode_input(&fitted(&function.inputs, arguments))
            .unwrap_or_else(|error| panic!("{}.{message}{arguments:?}: {error}", self.name))
    }

    /// What a message returned.
    ///
    /// # Panics
    /// When it does not decode.
    pub fn decode(&self, message: &str, inputs: usize, output: &[u8]) -> Vec<DynSolValue> {
        self.function(message, inputs)
            .abi_decode_output(output)
            .unwrap_or_else(|error| panic!("{}.{message} returned {output:?}: {error}", self.name))
    }

    /// The named fields of the struct that a message returned.
    ///
    /// # Panics
    /// When it returns no struct.
    pub fn fields(&self, message: &str, values: &[DynSolValue]) -> BTreeMap<String, DynSolValue> {
        let function = self
            .abi
            .function(message)
            .and_then(|functions| functions.first());
        let names = function
            .and_then(|function| function.outputs.first())
            .map(|output| output.components.iter().map(|field| field.name.clone()));
        match (names, values) {
            (Some(names), [DynSolValue::Tuple(values)]) => {
                names.zip(values.iter().cloned()).collect()
            }
            _ => panic!("{}.{message} returns no struct", self.name),
        }
    }

    /// An event's name and its values, indexed ones first; `None` for an event that the file does not
    /// have.
    pub fn event(&self, log: &Log) -> Option<(&str, Vec<DynSolValue>)> {
        let signature = log.topics.first()?;
        let event = self
            .abi
            .events()
            .find(|event| event.selector() == *signature)?;
        let decoded = event
            .decode_log_parts(log.topics.iter().copied(), &log.data)
            .ok()?;
        let values = decoded.indexed.into_iter().chain(decoded.body).collect();
        Some((&event.name, values))
    }

    /// Every message's signature and selector.
    pub fn selectors(&self) -> impl Iterator<Item = (String, [u8; 4])> + '_ {
        self.abi
            .functions()
            .map(|function| (function.signature(), function.selector().0))
    }

    fn function(&self, message: &str, inputs: usize) -> &Function {
        self.abi
            .function(message)
            .into_iter()
            .flatten()
            .find(|function| function.inputs.len() == inputs)
            .unwrap_or_else(|| panic!("{} has no {message} of {inputs} arguments", self.name))
    }
}

/// The values with the sizes of integers that the parameters have.
fn fitted(parameters: &[Param], values: &[DynSolValue]) -> Vec<DynSolValue> {
    parameters
        .iter()
        .zip(values)
        .map(|(parameter, value)| match parameter.resolve() {
            Ok(ty) => fit(&ty, value),
            Err(_) => value.clone(),
        })
        .collect()
}

fn fit(ty: &DynSolType, value: &DynSolValue) -> DynSolValue {
    match (ty, value) {
        (DynSolType::Uint(size), DynSolValue::Uint(number, _)) => DynSolValue::Uint(*number, *size),
        (DynSolType::Tuple(types), DynSolValue::Tuple(values)) => DynSolValue::Tuple(
            types
                .iter()
                .zip(values)
                .map(|(ty, value)| fit(ty, value))
                .collect(),
        ),
        (DynSolType::FixedArray(ty, _), DynSolValue::FixedArray(values)) => {
            DynSolValue::FixedArray(values.iter().map(|value| fit(ty, value)).collect())
        }
        (DynSolType::Array(ty), DynSolValue::Array(values)) => {
            DynSolValue::Array(values.iter().map(|value| fit(ty, value)).collect())
        }
        _ => value.clone(),
    }
}
