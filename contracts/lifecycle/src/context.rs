use ink::{Address, env::DefaultEnvironment};
use lex_model::TypeKind;

/// Who asks for something, when, and of which kind of contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Who asks.
    pub caller: Address,
    /// The block's time in Unix seconds.
    pub now: u64,
    /// What the contract keeps.
    pub kind: TypeKind,
}

impl Context {
    /// The message that is running.
    pub fn of(kind: TypeKind) -> Self {
        Self {
            caller: ink::env::caller(),
            now: ink::env::block_timestamp::<DefaultEnvironment>(),
            kind,
        }
    }

    /// The same moment, as another account would see it.
    pub const fn as_seen_by(self, caller: Address) -> Self {
        Self { caller, ..self }
    }
}
