//! Decisions as wallets show and sign them: the JSON of `eth_signTypedData_v4`.

use super::{Committee, DecisionField, Part, Proposal, SolidityType};
use crate::Hash;
use crate::words::{word_of_address, word_of_u64};

/// A signed value with its name, type and word.
type Value = (&'static str, SolidityType, Hash);

impl Proposal {
    /// The typed data that a wallet shows and signs, as JSON. Whole numbers are decimal strings, so
    /// that no reader loses digits; only the chain's id is a number, which wallets compare with theirs.
    pub fn typed_data(&self, committee: &Committee) -> String {
        let values = self.values();
        let types = listed(&values, |(name, solidity, _)| {
            format!(r#"{{"name":"{name}","type":"{}"}}"#, solidity.name())
        });
        let message = listed(&values, |(name, solidity, word)| {
            format!(r#""{name}":{}"#, json_value(*solidity, word))
        });
        let name = self.decision.kind.name();
        let domain = committee.domain();
        format!(
            concat!(
                r#"{{"types":{{"EIP712Domain":[{{"name":"name","type":"string"}},"#,
                r#"{{"name":"version","type":"string"}},{{"name":"chainId","type":"uint256"}},"#,
                r#"{{"name":"verifyingContract","type":"address"}}],"{name}":[{types}]}},"#,
                r#""primaryType":"{name}","domain":{{"name":"{domain_name}","version":"{version}","#,
                r#""chainId":{chain_id},"verifyingContract":"{contract}"}},"message":{{{message}}}}}"#,
            ),
            name = name,
            types = types,
            domain_name = domain.name,
            version = domain.version,
            chain_id = domain.chain_id,
            contract = hexadecimal(&domain.contract),
            message = message,
        )
    }

    /// Name and text of every value that is signed, in order.
    pub fn readable(&self) -> Vec<(&'static str, String)> {
        self.values()
            .iter()
            .map(|(name, solidity, word)| match *name {
                "jurisdiction" => (*name, ascii(word)),
                _ => (*name, text(*solidity, word)),
            })
            .collect()
    }

    fn values(&self) -> Vec<Value> {
        use SolidityType::{Address, Uint64, Uint256};

        let decision = &self.decision;
        let mut values = vec![
            ("proposer", Address, word_of_address(&self.proposer)),
            ("epoch", Uint64, word_of_u64(self.epoch)),
        ];
        let fields = decision.kind.fields().iter();
        values.extend(
            fields.map(|field: &DecisionField| {
                (field.name, field.solidity, decision.word(field.part))
            }),
        );
        values.push(("nonce", Uint256, decision.nonce));
        values.push(("deadline", Uint64, word_of_u64(decision.deadline)));
        values
    }
}

impl Part {
    /// The part's name in the flat struct of the contract's interface.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::TokenId => "tokenId",
            Self::Account => "account",
            Self::Counterparty => "counterparty",
            Self::ValidFrom => "validFrom",
            Self::ValidUntil => "validUntil",
            Self::Number => "number",
            Self::Reason => "reason",
            Self::Evidence => "evidence",
            Self::Version => "version",
            Self::Count => "count",
            Self::Previous => "previous",
            Self::Text => "text",
        }
    }
}

impl core::fmt::Display for super::InvalidDecision {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} does not fit the decision's kind", self.part.name())
    }
}

impl core::error::Error for super::InvalidDecision {}

fn listed(values: &[Value], one: impl Fn(&Value) -> String) -> String {
    values.iter().map(one).collect::<Vec<_>>().join(",")
}

/// A value as JSON: everything is a string but truth values.
fn json_value(solidity: SolidityType, word: &Hash) -> String {
    match solidity {
        SolidityType::Bool => text(solidity, word),
        _ => format!(r#""{}""#, text(solidity, word)),
    }
}

fn text(solidity: SolidityType, word: &Hash) -> String {
    match solidity {
        SolidityType::Address => hexadecimal(&word[12..]),
        SolidityType::Bytes32 => hexadecimal(word),
        SolidityType::Bool => (word[31] == 1).to_string(),
        _ => decimal(word),
    }
}

/// A code that is padded with zeros; as a number if it is no text.
fn ascii(word: &Hash) -> String {
    let end = word.iter().position(|byte| *byte == 0);
    let (code, padding) = word.split_at(end.unwrap_or(word.len()));
    let is_text = code.iter().all(u8::is_ascii_graphic) && padding.iter().all(|byte| *byte == 0);
    match is_text {
        true => code.iter().map(|byte| char::from(*byte)).collect(),
        false => hexadecimal(word),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    core::iter::once("0x".to_owned()).chain(digits).collect()
}

/// A big-endian number of 256 bits.
fn decimal(word: &Hash) -> String {
    let mut number = *word;
    let mut digits = Vec::new();
    while digits.is_empty() || number.iter().any(|byte| *byte != 0) {
        let mut remainder = 0u16;
        for byte in &mut number {
            // Below 10 * 256.
            let value = (remainder << 8) | u16::from(*byte);
            *byte = u8::try_from(value / 10).unwrap_or_default();
            remainder = value % 10;
        }
        digits.push(char::from_digit(remainder.into(), 10).unwrap_or_default());
    }
    digits.iter().rev().collect()
}
