//! How seats look to Solidity.

use ink::Address;
use lex_policy_interface::solidity_struct;

use crate::position::Position;

solidity_struct! {
    /// What one account has of one license; Solidity sees several return values.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct PositionView {
        /// How many seats it holds.
        balance: u64 = "balance",
        /// How many of them it must keep; may be more than it holds.
        frozen: u64 = "frozen",
        /// How many of them are assigned to users.
        assigned: u64 = "assigned",
        /// How many of them it could give away, if policy has nothing against it.
        free: u64 = "free",
    }
}

impl PositionView {
    /// The position at time `now`.
    pub fn new(position: &Position, now: u64) -> Self {
        Self {
            balance: position.balance,
            frozen: position.frozen,
            assigned: position.assigned_at(now),
            free: position.unassigned(now).min(position.unfrozen()),
        }
    }
}

solidity_struct! {
    /// A user's right to a seat; Solidity sees two return values.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct AssignmentView {
        /// Whose seat it is; zero when the user has none.
        holder: Address = "holder",
        /// The first second in which the right is over, Unix seconds.
        expires: u64 = "expires",
    }
}
