//! Calls to the chain's precompiles, with every answer checked: a precompile that fails does not end
//! the contract that called it, so an unchecked answer would be read as zeros.

/// Why a precompile gave no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrecompileError {
    /// It does not take this input.
    Refused,
    /// It could not run, for example because too little weight was left.
    Failed,
    /// It answered with this many bytes and not with as many as expected. No bytes at all come from a
    /// precompile that the chain does not have, and from those that say "no" in this way.
    Length(usize),
}

/// Calls the precompile with this number (its address), which answers with `LENGTH` bytes. A longer
/// answer is cut.
///
/// # Errors
/// [`PrecompileError`].
#[cfg(not(feature = "std"))]
pub fn call_precompile<const LENGTH: usize>(
    number: u16,
    input: &[u8],
) -> Result<[u8; LENGTH], PrecompileError> {
    use pallet_revive_uapi::{CallFlags, HostFn, HostFnImpl, ReturnErrorCode};

    let mut address = [0; 20];
    let [high, low] = number.to_be_bytes();
    address[18] = high;
    address[19] = low;

    let mut answer = [0; LENGTH];
    let mut written = &mut answer[..];
    HostFnImpl::call(
        CallFlags::empty(),
        &address,
        u64::MAX,
        u64::MAX,
        &[u8::MAX; 32],
        &[0; 32],
        input,
        Some(&mut written),
    )
    .map_err(|code| match code {
        ReturnErrorCode::CalleeTrapped | ReturnErrorCode::CalleeReverted => {
            PrecompileError::Refused
        }
        _ => PrecompileError::Failed,
    })?;
    match written.len() {
        length if length == LENGTH => Ok(answer),
        length => Err(PrecompileError::Length(length)),
    }
}

/// Runs the software that stands in for the precompile with this number.
///
/// # Errors
/// [`PrecompileError`].
#[cfg(feature = "std")]
pub fn call_precompile<const LENGTH: usize>(
    number: u16,
    input: &[u8],
) -> Result<[u8; LENGTH], PrecompileError> {
    let answer = crate::software::run(number, input)?;
    <[u8; LENGTH]>::try_from(&*answer).map_err(|_| PrecompileError::Length(answer.len()))
}
