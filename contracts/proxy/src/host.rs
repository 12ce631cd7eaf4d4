//! The proxy on the chain: its entry points and the host functions that it uses.

use lex_model::{Address, Hash};
use pallet_revive_uapi::{CallFlags, HostFn, HostFnImpl, ReturnFlags, StorageFlags};

use crate::{
    upgrade::{
        self, ACCEPT_UPGRADER, Chain, Delegation, MAX_ARGUMENTS, Refusal, SET_UPGRADER, UPGRADE_TO,
        Upgrade,
    },
    words::{Word, word_at},
};

/// ink! reads the entry of a contract's root before every message. That of a contract whose fields
/// have keys of their own is empty.
const INK_ROOT: [u8; 4] = [0; 4];

const NO_LIMIT: u64 = u64::MAX;
const NO_DEPOSIT_LIMIT: [u8; 32] = [0xff; 32];

struct Host;

impl Chain for Host {
    fn caller(&self) -> Address {
        let mut caller = [0; 20];
        HostFnImpl::caller(&mut caller);
        caller
    }

    fn is_contract(&self, address: &Address) -> bool {
        HostFnImpl::code_size(address) != 0
    }

    fn code_hash(&self, address: &Address) -> Hash {
        let mut hash = [0; 32];
        HostFnImpl::code_hash(address, &mut hash);
        hash
    }

    fn ask(&self, contract: &Address, selector: [u8; 4]) -> Option<Word> {
        let mut answer = [0; 32];
        let answered = HostFnImpl::call(
            CallFlags::READ_ONLY,
            contract,
            NO_LIMIT,
            NO_LIMIT,
            &NO_DEPOSIT_LIMIT,
            &[0; 32],
            &selector,
            Some(&mut &mut answer[..]),
        );
        (answered.is_ok() && HostFnImpl::return_data_size() == 32).then_some(answer)
    }

    fn load(&self, slot: &Word) -> Word {
        let mut word = [0; 32];
        HostFnImpl::get_storage_or_zero(StorageFlags::empty(), slot, &mut word);
        word
    }

    fn store(&mut self, slot: &Word, word: &Word) {
        HostFnImpl::set_storage_or_clear(StorageFlags::empty(), slot, word);
    }

    fn emit(&mut self, topics: &[Hash], data: &[u8]) {
        HostFnImpl::deposit_event(topics, data);
    }
}

#[ink::polkavm_export(abi = ink::polkavm_derive::default_abi)]
extern "C" fn deploy() {
    let mut arguments = [0; MAX_ARGUMENTS];
    // Longer arguments are cut off here and do not decode below.
    let length = (HostFnImpl::call_data_size() as usize).min(MAX_ARGUMENTS);
    let arguments = &mut arguments[..length];
    HostFnImpl::call_data_copy(arguments, 0);

    match upgrade::construct(&mut Host, arguments) {
        Ok(initialization) => {
            HostFnImpl::set_storage(StorageFlags::empty(), &INK_ROOT, &[]);
            if let Some(delegation) = initialization {
                delegate(CallFlags::TAIL_CALL, delegation);
            }
        }
        Err(refusal) => refuse(refusal),
    }
}

#[ink::polkavm_export(abi = ink::polkavm_derive::default_abi)]
extern "C" fn call() {
    // Behind the end of the call data the chain reads zeros.
    let mut start = [0; 4 + 3 * 32];
    HostFnImpl::call_data_copy(&mut start, 0);
    let word = |place: usize| word_at(&start, 4 + 32 * place).unwrap_or_default();
    let answer = if start.starts_with(&UPGRADE_TO) {
        upgrade::upgrade_to(
            &mut Host,
            Upgrade {
                implementation: word(0),
                code_hash: word(1),
                replaces: word(2),
            },
        )
    } else if start.starts_with(&SET_UPGRADER) {
        upgrade::set_upgrader(&mut Host, word(0))
    } else if start.starts_with(&ACCEPT_UPGRADER) {
        upgrade::accept_upgrader(&mut Host)
    } else {
        delegate(
            CallFlags::TAIL_CALL | CallFlags::FORWARD_INPUT,
            Delegation {
                implementation: upgrade::implementation(&Host),
                input: &[],
            },
        );
        Ok(())
    };
    if let Err(refusal) = answer {
        refuse(refusal);
    }
}

/// Runs the implementation's code on the proxy's state and returns to the caller what it returns.
fn delegate(flags: CallFlags, delegation: Delegation<'_>) {
    // A tail call comes back only when the code did not end by itself.
    let _ = HostFnImpl::delegate_call(
        flags,
        &delegation.implementation,
        NO_LIMIT,
        NO_LIMIT,
        &NO_DEPOSIT_LIMIT,
        delegation.input,
        None,
    );
    HostFnImpl::return_value(ReturnFlags::REVERT, &[]);
}

fn refuse(refusal: Refusal) {
    HostFnImpl::return_value(ReturnFlags::REVERT, &refusal.encode());
}
