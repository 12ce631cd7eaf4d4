//! The JSON ABI of a contract, from the metadata that ink! generates.
//!
//! ink! keeps neither the names of a struct's fields nor Solidity's spelling of parameters; both
//! are restored here, so that the committed file reads like one that a Solidity compiler wrote.

use ink::metadata::sol::{ContractMetadata, EventParamMetadata, FunctionMetadata};
use serde_json::{Value, json};

use crate::Shape;

/// The contract's ABI as a sorted JSON array, ending in a line feed.
///
/// `structs` are the structs that its messages use. `returns` are structs that stand for several
/// return values; only static ones may, because Solidity encodes those alike.
///
/// # Panics
/// When a message uses a struct that neither list holds.
pub fn abi_json(contract: &ContractMetadata, structs: &[Shape], returns: &[Shape]) -> String {
    let types = Types {
        contract: &contract.name,
        structs,
        returns,
    };
    let constructors = contract.constructors.iter().map(|constructor| {
        json!({
            "type": "constructor",
            "inputs": types.named(constructor.inputs.iter().map(|input| (&*input.name, &*input.ty))),
            "stateMutability": mutability(true, constructor.is_payable),
        })
    });
    let functions = contract
        .functions
        .iter()
        .map(|function| types.function(function));
    let events = contract.events.iter().map(|event| {
        json!({
            "type": "event",
            "name": event.name,
            "inputs": event.params.iter().map(|param| types.event_parameter(param)).collect::<Vec<_>>(),
            "anonymous": event.is_anonymous,
        })
    });
    let errors = contract.errors.iter().map(|error| {
        json!({
            "type": "error",
            "name": error.name,
            "inputs": types.named(error.params.iter().map(|param| (&*param.name, &*param.ty))),
        })
    });

    let mut items: Vec<Value> = constructors
        .chain(functions)
        .chain(events)
        .chain(errors)
        .collect();
    items.sort_by_cached_key(sort_key);
    items.dedup();
    format!("{:#}\n", Value::Array(items))
}

struct Types<'a> {
    contract: &'a str,
    structs: &'a [Shape],
    returns: &'a [Shape],
}

impl Types<'_> {
    fn function(&self, function: &FunctionMetadata) -> Value {
        json!({
            "type": "function",
            "name": function.name,
            "inputs": self.named(function.inputs.iter().map(|input| (&*input.name, &*input.ty))),
            "outputs": self.outputs(function.output.as_deref().unwrap_or("()")),
            "stateMutability": mutability(function.mutates, function.is_payable),
        })
    }

    fn outputs(&self, canonical: &str) -> Vec<Value> {
        if canonical == "()" {
            return Vec::new();
        }
        match self
            .returns
            .iter()
            .find(|shape| shape.canonical == canonical)
        {
            Some(shape) => self.fields(shape),
            None => vec![self.parameter("", canonical)],
        }
    }

    fn event_parameter(&self, parameter: &EventParamMetadata) -> Value {
        let mut value = self.parameter(&solidity_name(&parameter.name), &parameter.ty);
        value["indexed"] = parameter.is_topic.into();
        value
    }

    fn named<'p>(&self, parameters: impl Iterator<Item = (&'p str, &'p str)>) -> Vec<Value> {
        parameters
            .map(|(name, ty)| self.parameter(&solidity_name(name), ty))
            .collect()
    }

    fn fields(&self, shape: &Shape) -> Vec<Value> {
        shape
            .fields
            .iter()
            .map(|(name, ty)| self.parameter(name, ty))
            .collect()
    }

    fn parameter(&self, name: &str, canonical: &str) -> Value {
        let base = canonical.trim_end_matches("[]");
        let array = &canonical[base.len()..];
        if !base.starts_with('(') {
            return json!({ "name": name, "type": canonical, "internalType": canonical });
        }
        let shape = self
            .structs
            .iter()
            .find(|shape| shape.canonical == base)
            .unwrap_or_else(|| panic!("no struct is known for {base}"));
        json!({
            "name": name,
            "type": format!("tuple{array}"),
            "internalType": format!("struct {}.{}{array}", self.contract, shape.name),
            "components": self.fields(shape),
        })
    }
}

fn mutability(mutates: bool, payable: bool) -> &'static str {
    match (mutates, payable) {
        (_, true) => "payable",
        (true, false) => "nonpayable",
        (false, false) => "view",
    }
}

/// `token_id` as Solidity spells it: `tokenId`.
fn solidity_name(name: &str) -> String {
    if name == "token_uri" {
        return "tokenURI".into();
    }
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |spelled, word| {
        let (initial, rest) = word.split_at(1);
        spelled + &initial.to_uppercase() + rest
    })
}

fn sort_key(item: &Value) -> (usize, String, String) {
    const ORDER: [&str; 4] = ["constructor", "function", "event", "error"];
    let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let position = ORDER
        .iter()
        .position(|kind| *kind == text("type"))
        .unwrap_or(ORDER.len());
    (position, text("name"), item["inputs"].to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_solidity_does() {
        for (rust, solidity) in [
            ("to", "to"),
            ("token_id", "tokenId"),
            ("token_uri", "tokenURI"),
            ("_unused", "unused"),
        ] {
            assert_eq!(solidity_name(rust), solidity);
        }
    }
}
