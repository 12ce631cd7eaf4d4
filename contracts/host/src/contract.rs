//! Calls to other contracts as plain bytes, for callers whose answers are simple: a decision goes to
//! its target and comes back unchanged if the target reverts.

use ink::prelude::vec::Vec;
use lex_model::Address;

/// The longest revert data that is passed on; what is longer is cut.
pub const MAX_REVERT_DATA: usize = 4096;

/// How much a called contract may use of the caller's weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Picoseconds of compute.
    pub ref_time: u64,
    /// Bytes of proof.
    pub proof_size: u64,
}

impl Bounds {
    /// All that is left: for a contract that is trusted as the caller is.
    pub const ALL: Self = Self {
        ref_time: u64::MAX,
        proof_size: u64::MAX,
    };
}

/// Why a call changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFailure {
    /// The contract reverted with this data.
    Reverted(Vec<u8>),
    /// There is no contract, or it could not run to its end.
    NoAnswer,
}

#[cfg(not(feature = "std"))]
mod chain {
    use ink::prelude::{vec, vec::Vec};
    use lex_model::Address;
    use pallet_revive_uapi::{
        CallFlags, HostFn, HostFnImpl, ReturnErrorCode, ReturnFlags, StorageFlags,
    };

    use super::{Bounds, CallFailure, MAX_REVERT_DATA};

    /// Whether there is code at an address.
    pub fn is_contract(address: &Address) -> bool {
        HostFnImpl::code_size(address) > 0
    }

    /// Calls a contract that may change its state and may not call back.
    ///
    /// # Errors
    /// [`CallFailure`].
    pub fn call_contract(
        address: &Address,
        input: &[u8],
        bounds: Bounds,
    ) -> Result<(), CallFailure> {
        if !is_contract(address) {
            return Err(CallFailure::NoAnswer);
        }
        call(CallFlags::empty(), address, bounds, input, None).map_err(|code| match code {
            ReturnErrorCode::CalleeReverted => CallFailure::Reverted(returned()),
            _ => CallFailure::NoAnswer,
        })
    }

    /// Asks a contract a question that is answered in one word; it can change nothing.
    pub fn ask_contract(address: &Address, input: &[u8], bounds: Bounds) -> Option<[u8; 32]> {
        let mut answer = [0; 32];
        let mut written = &mut answer[..];
        let flags = CallFlags::READ_ONLY;
        call(flags, address, bounds, input, Some(&mut written)).ok()?;
        (written.len() == 32).then_some(answer)
    }

    /// Calls a contract that may change its state and may not call back, and returns its answer, cut
    /// as revert data is.
    ///
    /// # Errors
    /// [`CallFailure`]. An account without code answers nothing.
    pub fn request(address: &Address, input: &[u8]) -> Result<Vec<u8>, CallFailure> {
        answer_to(CallFlags::empty(), address, input)
    }

    /// As [`request`] to a contract that may call back meanwhile: [`is_asking`] tells this one that it
    /// is being called back, so that it can answer and refuse to be changed.
    ///
    /// # Errors
    /// [`CallFailure`]. An account without code answers nothing.
    pub fn request_open(address: &Address, input: &[u8]) -> Result<Vec<u8>, CallFailure> {
        set_asking(true);
        let answer = answer_to(CallFlags::ALLOW_REENTRY, address, input);
        set_asking(false);
        answer
    }

    /// Whether this contract waits for an answer to [`request_open`].
    pub fn is_asking() -> bool {
        let mut word = [0; 32];
        HostFnImpl::get_storage_or_zero(StorageFlags::TRANSIENT, &ASKING, &mut word);
        word != [0; 32]
    }

    /// Where a transaction remembers that the contract waits; nothing of it is stored.
    const ASKING: [u8; 32] = *b"lex: waits for another contract.";

    fn set_asking(asking: bool) {
        let mut word = [0; 32];
        word[31] = u8::from(asking);
        HostFnImpl::set_storage_or_clear(StorageFlags::TRANSIENT, &ASKING, &word);
    }

    /// As [`request`] to a contract that can change nothing.
    ///
    /// # Errors
    /// [`CallFailure`]. An account without code answers nothing.
    pub fn query(address: &Address, input: &[u8]) -> Result<Vec<u8>, CallFailure> {
        answer_to(CallFlags::READ_ONLY, address, input)
    }

    fn answer_to(
        flags: CallFlags,
        address: &Address,
        input: &[u8],
    ) -> Result<Vec<u8>, CallFailure> {
        match call(flags, address, Bounds::ALL, input, None) {
            Ok(()) => Ok(returned()),
            Err(ReturnErrorCode::CalleeReverted) => Err(CallFailure::Reverted(returned())),
            Err(_) => Err(CallFailure::NoAnswer),
        }
    }

    /// Ends the contract and undoes what it did; the caller gets `data`.
    pub fn revert(data: &[u8]) -> ! {
        HostFnImpl::return_value(ReturnFlags::REVERT, data)
    }

    fn call(
        flags: CallFlags,
        address: &Address,
        bounds: Bounds,
        input: &[u8],
        output: Option<&mut &mut [u8]>,
    ) -> Result<(), ReturnErrorCode> {
        HostFnImpl::call(
            flags,
            address,
            bounds.ref_time,
            bounds.proof_size,
            &[u8::MAX; 32],
            &[0; 32],
            input,
            output,
        )
    }

    /// What the last call returned.
    fn returned() -> Vec<u8> {
        let size = usize::try_from(HostFnImpl::return_data_size()).unwrap_or(MAX_REVERT_DATA);
        let mut data = vec![0; size.min(MAX_REVERT_DATA)];
        HostFnImpl::return_data_copy(&mut &mut data[..], 0);
        data
    }
}

#[cfg(not(feature = "std"))]
pub use chain::{
    ask_contract, call_contract, is_asking, is_contract, query, request, request_open, revert,
};

/// Stand-ins for other contracts in unit tests, which run without a chain.
#[cfg(feature = "std")]
pub mod stand_in {
    use std::{
        cell::{Cell, RefCell},
        collections::HashMap,
        rc::Rc,
    };

    use super::{Address, Bounds, CallFailure, Vec};

    type StandIn = Rc<dyn Fn(&[u8]) -> Result<Vec<u8>, CallFailure>>;

    thread_local! {
        static STAND_INS: RefCell<HashMap<Address, StandIn>> = RefCell::default();
        static ASKING: Cell<bool> = const { Cell::new(false) };
    }

    /// What a test that expects a revert catches: the data of [`revert`].
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Reverted(pub Vec<u8>);

    /// Has `answer` stand at an address for the rest of the test's thread.
    pub fn install(
        address: Address,
        answer: impl Fn(&[u8]) -> Result<Vec<u8>, CallFailure> + 'static,
    ) {
        STAND_INS.with_borrow_mut(|stand_ins| stand_ins.insert(address, Rc::new(answer)));
    }

    /// What stands at an address answers.
    fn answer(address: &Address, input: &[u8]) -> Result<Vec<u8>, CallFailure> {
        let found = STAND_INS.with_borrow(|stand_ins| stand_ins.get(address).cloned());
        found.ok_or(CallFailure::NoAnswer)?(input)
    }

    /// Whether a stand-in is installed at an address.
    pub fn is_contract(address: &Address) -> bool {
        STAND_INS.with_borrow(|stand_ins| stand_ins.contains_key(address))
    }

    /// Calls a stand-in.
    ///
    /// # Errors
    /// [`CallFailure`].
    pub fn call_contract(address: &Address, input: &[u8], _: Bounds) -> Result<(), CallFailure> {
        answer(address, input).map(|_| ())
    }

    /// Asks a stand-in.
    pub fn ask_contract(address: &Address, input: &[u8], _: Bounds) -> Option<[u8; 32]> {
        answer(address, input).ok()?.try_into().ok()
    }

    /// Calls a stand-in and returns its answer.
    ///
    /// # Errors
    /// [`CallFailure`].
    pub fn request(address: &Address, input: &[u8]) -> Result<Vec<u8>, CallFailure> {
        answer(address, input)
    }

    /// As [`request`]; meanwhile [`is_asking`] says so.
    ///
    /// # Errors
    /// [`CallFailure`].
    pub fn request_open(address: &Address, input: &[u8]) -> Result<Vec<u8>, CallFailure> {
        ASKING.set(true);
        let answer = answer(address, input);
        ASKING.set(false);
        answer
    }

    /// Whether a stand-in is being asked by [`request_open`].
    pub fn is_asking() -> bool {
        ASKING.get()
    }

    /// As [`request`].
    ///
    /// # Errors
    /// [`CallFailure`].
    pub fn query(address: &Address, input: &[u8]) -> Result<Vec<u8>, CallFailure> {
        answer(address, input)
    }

    /// Ends the test with [`Reverted`] unless it is caught.
    pub fn revert(data: &[u8]) -> ! {
        std::panic::panic_any(Reverted(data.into()))
    }
}

#[cfg(feature = "std")]
pub use stand_in::{
    ask_contract, call_contract, is_asking, is_contract, query, request, request_open, revert,
};
