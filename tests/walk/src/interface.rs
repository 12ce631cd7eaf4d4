use std::{collections::BTreeMap, fs};

use alloy_dyn_abi::{DynSolEvent, DynSolType, DynSolValue, Specifier};
use alloy_json_abi::{JsonAbi, Param};
use alloy_primitives::B256;

use crate::{chain::Log, in_repository};

/// What a contract understands, from its committed ABI file. Its types are resolved once, because a
/// walk encodes and decodes millions of values.
///
/// Its methods end the test when they are used with what the file does not have: that is a mistake in
/// the test, or a contract that has lost a message.
#[derive(Debug)]
pub struct Interface {
    name: &'static str,
    constructor: Vec<DynSolType>,
    /// Overloads stand under one name.
    messages: BTreeMap<String, Vec<Callable>>,
    events: BTreeMap<B256, (String, DynSolEvent)>,
}

#[derive(Debug)]
struct Callable {
    signature: String,
    selector: [u8; 4],
    inputs: Vec<DynSolType>,
    outputs: DynSolType,
    /// The names of the fields of the struct that it returns, if it returns one.
    fields: Vec<String>,
}

impl Interface {
    /// Reads the ABI file of a contract from `contracts/abi`.
    ///
    /// # Panics
    /// When there is none.
    pub fn read(name: &'static str) -> Self {
        let file = in_repository("contracts/abi")
            .join(name)
            .with_extension("json");
        let abi: JsonAbi = fs::read_to_string(&file)
            .map_err(|error| error.to_string())
            .and_then(|json| serde_json::from_str(&json).map_err(|error| error.to_string()))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut messages = BTreeMap::<String, Vec<Callable>>::new();
        for function in abi.functions() {
            let first = function.outputs.first();
            let components = first.map_or(&[][..], |output| &output.components);
            let overloads = messages.entry(function.name.clone()).or_default();
            overloads.push(Callable {
                signature: function.signature(),
                selector: function.selector().0,
                inputs: resolved(&function.inputs),
                outputs: DynSolType::Tuple(resolved(&function.outputs)),
                fields: components.iter().map(|field| field.name.clone()).collect(),
            });
        }
        let events = abi.events().map(|event| {
            let resolved = event.resolve().expect("the ABI has known types");
            (event.selector(), (event.name.clone(), resolved))
        });
        let constructor = abi.constructor.as_ref();
        Self {
            name,
            constructor: constructor.map_or_else(Vec::new, |made| resolved(&made.inputs)),
            messages,
            events: events.collect(),
        }
    }

    /// The constructor's arguments.
    ///
    /// # Panics
    /// When they do not fit.
    pub fn construct(&self, arguments: &[DynSolValue]) -> Vec<u8> {
        encoded(&self.constructor, arguments)
            .unwrap_or_else(|| panic!("{} is not constructed from {arguments:?}", self.name))
    }

    /// The call data of a message.
    ///
    /// # Panics
    /// When there is no such message for these arguments.
    pub fn encode(&self, message: &str, arguments: &[DynSolValue]) -> Vec<u8> {
        let callable = self.message(message, arguments.len());
        let mut data = callable.selector.to_vec();
        data.extend(
            encoded(&callable.inputs, arguments)
                .unwrap_or_else(|| panic!("{}.{message} does not take {arguments:?}", self.name)),
        );
        data
    }

    /// What a message returned.
    ///
    /// # Panics
    /// When it does not decode.
    pub fn decode(&self, message: &str, inputs: usize, output: &[u8]) -> Vec<DynSolValue> {
        let decoded = self
            .message(message, inputs)
            .outputs
            .abi_decode_params(output);
        match decoded {
            Ok(DynSolValue::Tuple(values)) => values,
            other => panic!("{}.{message} returned {output:?}: {other:?}", self.name),
        }
    }

    /// The named fields of the struct that a message returned.
    ///
    /// # Panics
    /// When it returns no struct.
    pub fn fields(&self, message: &str, values: &[DynSolValue]) -> BTreeMap<String, DynSolValue> {
        let callable = self.messages.get(message).and_then(|known| known.first());
        match (callable, values) {
            (Some(callable), [DynSolValue::Tuple(values)]) if !callable.fields.is_empty() => {
                let names = callable.fields.iter().cloned();
                names.zip(values.iter().cloned()).collect()
            }
            _ => panic!("{}.{message} returns no struct", self.name),
        }
    }

    /// An event's name and its values, indexed ones first; `None` for an event that the file does not
    /// have.
    pub fn event(&self, log: &Log) -> Option<(&str, Vec<DynSolValue>)> {
        let (name, event) = self.events.get(log.topics.first()?)?;
        let decoded = event
            .decode_log_parts(log.topics.iter().copied(), &log.data)
            .ok()?;
        let values = decoded.indexed.into_iter().chain(decoded.body).collect();
        Some((name, values))
    }

    /// Every message's signature and selector.
    pub fn selectors(&self) -> impl Iterator<Item = (&str, [u8; 4])> + '_ {
        let callables = self.messages.values().flatten();
        callables.map(|callable| (callable.signature.as_str(), callable.selector))
    }

    fn message(&self, message: &str, inputs: usize) -> &Callable {
        self.messages
            .get(message)
            .into_iter()
            .flatten()
            .find(|callable| callable.inputs.len() == inputs)
            .unwrap_or_else(|| panic!("{} has no {message} of {inputs} arguments", self.name))
    }
}

fn resolved(parameters: &[Param]) -> Vec<DynSolType> {
    parameters
        .iter()
        .map(|parameter| parameter.resolve().expect("the ABI has known types"))
        .collect()
}

/// The values as parameters of these types; none when they do not fit.
fn encoded(types: &[DynSolType], values: &[DynSolValue]) -> Option<Vec<u8>> {
    let fitted: Vec<_> = types
        .iter()
        .zip(values)
        .map(|(ty, value)| fit(ty, value))
        .collect();
    let fits = types.len() == values.len()
        && types
            .iter()
            .zip(&fitted)
            .all(|(ty, value)| ty.matches(value));
    fits.then(|| DynSolValue::Tuple(fitted).abi_encode_params())
}

/// The value with the sizes of integers that the type has.
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

#[cfg(test)]
mod tests {
    use alloy_primitives::{U256, hex};

    use super::*;
    use crate::values::{address, number};

    #[test]
    fn integers_get_the_size_that_the_message_has() {
        let seats = Interface::read("Seats");
        let data = seats.encode("giveUp", &[number(1), number(2)]);
        let words = hex::encode(&data[4..]);
        assert_eq!(words, format!("{:064x}{:064x}", 1, 2));
        assert_eq!(seats.decode("giveUp", 2, &[]), []);
    }

    #[test]
    fn overloads_are_told_apart_by_their_arguments() {
        let license = Interface::read("License");
        let nobody = address(alloy_primitives::Address::ZERO);
        let short = [nobody.clone(), nobody.clone(), number(1)];
        let mut long = short.to_vec();
        long.push(DynSolValue::Bytes(Vec::new()));
        let selectors = [&short[..], &long].map(|arguments| {
            let data = license.encode("safeTransferFrom", arguments);
            hex::encode(&data[..4])
        });
        assert_eq!(selectors, ["42842e0e", "b88d4fde"]);
    }

    #[test]
    fn a_struct_is_returned_with_its_names() {
        let seats = Interface::read("Seats");
        let word = U256::from(7).to_be_bytes::<32>();
        let values = seats.decode("position", 2, &[word; 4].concat());
        assert_eq!(values, vec![DynSolValue::Uint(U256::from(7), 64); 4]);
        let policy = Interface::read("Policy");
        let bundle = DynSolValue::Tuple(vec![number(1), number(2), number(3)]);
        let names: Vec<_> = policy.fields("bundle", &[bundle]).into_keys().collect();
        assert_eq!(names, ["bundleId", "rules", "version"]);
    }
}
