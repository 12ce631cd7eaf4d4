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

    /// ink!'s metadata of a contract with one of everything, in no order.
    fn metadata() -> ContractMetadata {
        let function = |name, inputs, output, mutates, is_payable| {
            json!({
                "name": name, "inputs": inputs, "output": output, "mutates": mutates,
                "is_payable": is_payable, "is_default": false, "docs": "",
            })
        };
        let error = json!({
            "name": "Refused", "docs": "",
            "params": [{ "name": "rule_version", "ty": "uint32", "docs": "" }],
        });
        let contract = json!({
            "name": "Desk",
            "docs": "",
            "errors": [error, error],
            "events": [{
                "name": "Described", "is_anonymous": false, "docs": "",
                "params": [
                    { "name": "token_id", "ty": "uint256", "is_topic": true, "docs": "" },
                    { "name": "token_uri", "ty": "string", "is_topic": false, "docs": "" },
                ],
            }],
            "functions": [
                function("outbox", json!([]), json!("(uint64,bytes32)"), false, false),
                function("first", json!([]), json!("(uint16,uint32,uint256)"), false, false),
                function("decide", json!([{ "name": "all", "ty": "(uint16,uint32,uint256)[]" }]), json!(null), true, false),
                function("decide", json!([{ "name": "_", "ty": "uint8" }]), json!("()"), true, true),
            ],
            "constructors": [{
                "name": "new", "is_payable": false, "is_default": false, "docs": "",
                "inputs": [{ "name": "policy", "ty": "address" }],
            }],
        });
        serde_json::from_value(contract).expect("metadata")
    }

    #[test]
    fn the_abi_reads_like_a_solidity_compilers() {
        let head = Shape {
            name: "Head",
            canonical: "(uint64,bytes32)".into(),
            fields: vec![("nonce", "uint64".into()), ("head", "bytes32".into())],
        };
        let value = |name, ty| json!({ "name": name, "type": ty, "internalType": ty });
        let indexed = |name, ty, indexed| json!({ "name": name, "type": ty, "internalType": ty, "indexed": indexed });
        let refusal = |name, array| {
            json!({
                "name": name,
                "type": format!("tuple{array}"),
                "internalType": format!("struct Desk.Refusal{array}"),
                "components": [value("code", "uint16"), value("ruleVersion", "uint32"), value("detail", "uint256")],
            })
        };
        let function = |name, inputs, outputs, mutability| {
            json!({
                "type": "function", "name": name, "inputs": inputs, "outputs": outputs,
                "stateMutability": mutability,
            })
        };
        let expected = json!([
            {
                "type": "constructor", "inputs": [value("policy", "address")],
                "stateMutability": "nonpayable",
            },
            function("decide", json!([value("", "uint8")]), json!([]), "payable"),
            function("decide", json!([refusal("all", "[]")]), json!([]), "nonpayable"),
            function("first", json!([]), json!([refusal("", "")]), "view"),
            function(
                "outbox",
                json!([]),
                json!([value("nonce", "uint64"), value("head", "bytes32")]),
                "view",
            ),
            {
                "type": "event", "name": "Described",
                "inputs": [indexed("tokenId", "uint256", true), indexed("tokenURI", "string", false)],
                "anonymous": false,
            },
            { "type": "error", "name": "Refused", "inputs": [value("ruleVersion", "uint32")] },
        ]);
        let text = abi_json(&metadata(), &[crate::Refusal::shape()], &[head]);
        assert_eq!(text, format!("{expected:#}\n"));
    }

    #[test]
    #[should_panic(expected = "no struct is known for (uint64,bytes32)")]
    fn a_struct_that_nobody_names_is_not_made_up() {
        abi_json(&metadata(), &[crate::Refusal::shape()], &[]);
    }

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
