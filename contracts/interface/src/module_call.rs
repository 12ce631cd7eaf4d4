//! What policy asks rule modules, and what it tells them. Each kind of module answers one message; its
//! one argument is the action, so that a module never needs to call anyone back.

use ink::{prelude::vec::Vec, sol::SolParamsEncode};

use crate::Action;

/// What a module is for; the codes are bits of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ModuleKind {
    /// `allows(Action) view returns (bool)`: whether the action may happen.
    Rule = 1,
    /// `allowsCaller(Action) view returns (bool)`: whether its caller may ask for it.
    Spender = 2,
    /// `applied(Action)`: the action happens, with everything it needs.
    Tracker = 4,
}

impl ModuleKind {
    /// All kinds in one set.
    pub const ALL_BITS: u8 = 7;

    /// This kind's bit.
    pub const fn bit(self) -> u8 {
        self as u8
    }

    /// What a module of this kind is called with.
    pub fn call(self, action: &Action) -> Vec<u8> {
        let mut data = Vec::from(self.selector());
        data.extend(SolParamsEncode::encode(&(*action,)));
        data
    }

    const fn selector(self) -> [u8; 4] {
        match self {
            Self::Rule => ink::sol_error_selector!("allows", OneAction),
            Self::Spender => ink::sol_error_selector!("allowsCaller", OneAction),
            Self::Tracker => ink::sol_error_selector!("applied", OneAction),
        }
    }
}

// `sol_error_selector!` computes the selector of any Solidity signature.
type OneAction = (Action,);

/// A `bool` that another contract answered; `None` when it is none.
pub fn bool_answer(word: [u8; 32]) -> Option<bool> {
    let [high @ .., low] = word;
    match (high == [0; 31], low) {
        (true, 0) => Some(false),
        (true, 1) => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use lex_model::{Keccak, SoftwareKeccak};

    use super::*;

    #[test]
    fn modules_are_asked_by_their_messages() {
        let action = "(uint8,address,address,uint64,bytes6,uint256,address,address,uint64,\
            (uint8,uint8,uint32,uint64,uint64,uint64,uint64),\
            (address,uint64,bytes6,uint8,uint64,uint64,uint64),bytes32)";
        for (kind, name) in [
            (ModuleKind::Rule, "allows"),
            (ModuleKind::Spender, "allowsCaller"),
            (ModuleKind::Tracker, "applied"),
        ] {
            let hash = SoftwareKeccak::keccak256(format!("{name}({action})").as_bytes());
            assert_eq!(kind.selector(), hash[..4], "{name}");
        }
    }

    #[test]
    fn only_zero_and_one_are_answers() {
        let word = |first, last| {
            let mut word = [0; 32];
            word[0] = first;
            word[31] = last;
            word
        };
        assert_eq!(bool_answer(word(0, 0)), Some(false));
        assert_eq!(bool_answer(word(0, 1)), Some(true));
        for other in [word(0, 2), word(1, 1), word(1, 0), [0xff; 32]] {
            assert_eq!(bool_answer(other), None);
        }
    }
}
