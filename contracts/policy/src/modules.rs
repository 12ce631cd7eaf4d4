//! Rule modules: contracts that add rules or keep their own books.
//!
//! A module only answers. It is called with everything it needs to know, can change nothing when it is
//! asked, cannot call policy or the license contract back, and has a bounded part of the weight. It is
//! added and removed without being called, so that a broken one can always be removed (I13).

use ink::{
    Address,
    prelude::vec::Vec,
    storage::{Mapping, traits::ManualKey},
};
use lex_contract_host::{Bounds, ask_contract, call_contract, is_contract};
use lex_model::{ActionKind, ModuleRefusal, Reason};
use lex_policy_interface::{
    Action, ModuleKind, Refused, bool_answer, solidity_struct, stored_in_one_piece,
};

use crate::events::ModuleMissed;

/// The most modules: each costs weight whenever the gate is asked.
pub const MAX_MODULES: usize = 25;

/// Modules of one storage entry, 21 bytes each.
const PAGE: usize = 16;

/// What a module may use each time: the code and storage of a small contract.
const BOUNDS: Bounds = Bounds {
    ref_time: 20_000_000_000,
    proof_size: 250_000,
};

solidity_struct! {
    /// A rule module.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    pub struct Module {
        /// The contract.
        module: Address = "module",
        /// What it is for, a set of bits: 1 rules, 2 callers, 4 books.
        kinds: u8 = "kinds",
    }
}

impl Module {
    const fn is(&self, kind: ModuleKind) -> bool {
        self.kinds & kind.bit() != 0
    }
}

/// Modules that are stored together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
struct Page(Vec<Module>);

stored_in_one_piece!(Page);

/// The list of modules.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Modules {
    pages: Mapping<u8, Page, ManualKey<0x4c50_0050>>,
}

impl Modules {
    /// All modules, in the order in which they were added.
    pub fn all(&self) -> Vec<Module> {
        let mut modules = self.page(0);
        if modules.len() == PAGE {
            modules.extend(self.page(1));
        }
        modules
    }

    /// Adds a module.
    ///
    /// # Errors
    /// [`Reason::UnknownCode`] for a set of kinds that is empty or unknown, [`Reason::NotAContract`],
    /// [`Reason::AlreadySo`] or [`Reason::LimitReached`].
    pub fn add(&mut self, module: Address, kinds: u8) -> Result<(), Refused> {
        if kinds == 0 || kinds > ModuleKind::ALL_BITS {
            return Err(Refused::new(Reason::UnknownCode, kinds.into()));
        }
        if !is_contract(&module.0) {
            return Err(Reason::NotAContract.into());
        }
        let mut modules = self.all();
        if modules.iter().any(|known| known.module == module) {
            return Err(Reason::AlreadySo.into());
        }
        if modules.len() >= MAX_MODULES {
            return Err(Refused::new(Reason::LimitReached, MAX_MODULES as u64));
        }
        modules.push(Module { module, kinds });
        self.put(&modules);
        Ok(())
    }

    /// Removes a module, whatever it would say to that.
    ///
    /// # Errors
    /// [`Reason::AlreadySo`].
    pub fn remove(&mut self, module: Address) -> Result<(), Reason> {
        let mut modules = self.all();
        let before = modules.len();
        modules.retain(|known| known.module != module);
        if modules.len() == before {
            return Err(Reason::AlreadySo);
        }
        self.put(&modules);
        Ok(())
    }

    /// The first module that refuses the action, or does not answer.
    pub fn refusal(&self, action: &Action, kind: ActionKind) -> Option<ModuleRefusal> {
        if !is_asked(kind) {
            return None;
        }
        (0..).zip(self.all()).find_map(|(place, module)| {
            [ModuleKind::Rule, ModuleKind::Spender]
                .into_iter()
                .filter(|kind| module.is(*kind))
                .map(|kind| ask_contract(&module.module.0, &kind.call(action), BOUNDS))
                .map(|word| word.and_then(bool_answer))
                .find(|answer| *answer != Some(true))
                .map(|answer| ModuleRefusal {
                    place,
                    answered: answer.is_some(),
                })
        })
    }

    /// Tells the modules that keep books of an action that happens.
    ///
    /// # Errors
    /// [`Reason::ModuleUnreachable`] with the place of a module that fails: what its books miss, its
    /// rules would not see.
    pub fn apply(&self, action: &Action, kind: ActionKind) -> Result<(), Refused> {
        match self.failing(action, kind).next() {
            Some((place, _)) => Err(Refused::new(Reason::ModuleUnreachable, place)),
            None => Ok(()),
        }
    }

    /// Tells the modules that keep books of an action that none of them may stop. Of one that fails,
    /// whoever runs it learns by [`ModuleMissed`] what its books miss.
    pub fn tell(&self, license: Address, action: &Action, kind: ActionKind) {
        for (_, module) in self.failing(action, kind) {
            ink::env::emit_event(ModuleMissed {
                module,
                license,
                token_id: action.token_id,
                action: action.action,
            });
        }
    }

    /// Tells the modules that keep books one after the other, and finds those that fail. Each is called
    /// within bounds of its own, so that none takes what the next one needs.
    fn failing(&self, action: &Action, kind: ActionKind) -> impl Iterator<Item = (u64, Address)> {
        let all = if is_told(kind) {
            self.all()
        } else {
            Vec::new()
        };
        let call = ModuleKind::Tracker.call(action);
        (0..)
            .zip(all)
            .filter(|(_, module)| module.is(ModuleKind::Tracker))
            .filter(move |(_, module)| call_contract(&module.module.0, &call, BOUNDS).is_err())
            .map(|(place, module)| (place, module.module))
    }

    fn page(&self, number: u8) -> Vec<Module> {
        self.pages.get(number).unwrap_or_default().0
    }

    fn put(&mut self, modules: &[Module]) {
        let (first, second) = modules.split_at(modules.len().min(PAGE));
        for (number, page) in (0..).zip([first, second]) {
            if page != self.page(number) {
                self.pages.insert(number, &Page(page.into()));
            }
        }
    }
}

/// Whether modules have a say in this kind of action: never in what protects the public or moves a
/// license by decision.
const fn is_asked(kind: ActionKind) -> bool {
    matches!(
        kind,
        ActionKind::Issue
            | ActionKind::Sublicense
            | ActionKind::Activate
            | ActionKind::Renew
            | ActionKind::Transfer
            | ActionKind::Amend
            | ActionKind::Lend
    )
}

/// Whether modules that keep books hear of this kind of action: whatever they have a say in, and
/// whatever else changes who holds what.
const fn is_told(kind: ActionKind) -> bool {
    is_asked(kind)
        || matches!(
            kind,
            ActionKind::Revoke
                | ActionKind::Surrender
                | ActionKind::Withdraw
                | ActionKind::ForceTransfer
                | ActionKind::Recover
        )
}
