use alloy_primitives::{Address, B256, U256};

/// A chain on which the contracts run: the runtime in this process, or a node.
pub trait Chain {
    /// The time that the next call sees, in Unix seconds.
    fn now(&self) -> u64;

    /// Moves the clock; a time that has passed changes nothing.
    fn wait_until(&mut self, time: u64);

    /// Creates a contract; `arguments` are its constructor's, encoded.
    ///
    /// # Errors
    /// [`Failure`] when the constructor refuses or does not end by itself.
    fn deploy(&mut self, from: Address, blob: &[u8], arguments: &[u8]) -> Result<Address, Failure>;

    /// Calls a contract in a transaction of its own.
    ///
    /// # Errors
    /// [`Failure`] when the contract refuses or does not end by itself; nothing is changed then.
    fn send(&mut self, from: Address, to: Address, data: &[u8]) -> Result<Receipt, Failure>;

    /// Calls a contract and drops what it changed.
    ///
    /// # Errors
    /// [`Failure`] as for [`Self::send`].
    fn read(&mut self, from: Address, to: Address, data: &[u8]) -> Result<Vec<u8>, Failure>;

    /// A word of a contract's storage, zero where none was written.
    fn word(&mut self, contract: Address, slot: B256) -> B256;

    /// The signature of an account of [`people`](crate::people) under a digest: r, s, v.
    fn sign(&self, account: Address, digest: B256) -> [u8; 65];
}

/// What a transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What the contract returned.
    pub output: Vec<u8>,
    /// The events of all contracts, in order.
    pub logs: Vec<Log>,
}

/// An event as the chain keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Who emitted it.
    pub contract: Address,
    /// The event's signature and its indexed values.
    pub topics: Vec<B256>,
    /// Its other values.
    pub data: Vec<u8>,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The contract said why.
    Refused(Refused),
    /// The contract ended with other data.
    Reverted(Vec<u8>),
    /// The contract did not end by itself, or was never reached.
    Broken(String),
}

/// The contracts' one error: `Refused(uint16 code, uint32 ruleVersion, uint256 detail)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Code of the reason (`lex_model::Reason`).
    pub code: u16,
    /// Version of the rule that refused.
    pub rule_version: u32,
    /// A number that explains the reason.
    pub detail: U256,
}

impl Refused {
    /// A refusal that comes from no type's rules.
    pub fn new(reason: lex_model::Reason, detail: u64) -> Self {
        Self {
            code: reason.code(),
            rule_version: 0,
            detail: U256::from(detail),
        }
    }
}

impl From<lex_model::Refusal> for Refused {
    fn from(refusal: lex_model::Refusal) -> Self {
        Self {
            code: refusal.reason.code(),
            rule_version: refusal.rule_version,
            detail: U256::from(refusal.detail),
        }
    }
}

impl From<lex_model::Reason> for Refused {
    fn from(reason: lex_model::Reason) -> Self {
        Self::new(reason, 0)
    }
}

impl Failure {
    /// What revert data says.
    pub fn from_revert(data: Vec<u8>) -> Self {
        // keccak256("Refused(uint16,uint32,uint256)")
        const SELECTOR: [u8; 4] = [0x07, 0x67, 0xf4, 0x7c];
        let word = |place: usize| {
            let start = 4 + 32 * place;
            U256::from_be_slice(&data[start..start + 32])
        };
        if data.len() != 100 || !data.starts_with(&SELECTOR) {
            return Self::Reverted(data);
        }
        let (Ok(code), Ok(rule_version)) = (word(0).try_into(), word(1).try_into()) else {
            return Self::Reverted(data);
        };
        Self::Refused(Refused {
            code,
            rule_version,
            detail: word(2),
        })
    }
}
