// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Whether the lane is open.
/// Open: it takes deliveries and answers while it is fresh.
/// Stopped: its guardian stopped it. It takes nothing and answers nothing.
/// Rebasing: it takes deliveries from the first update on and answers nothing before it has the proven head.
enum LaneState {
    Open,
    Stopped,
    Rebasing
}

using { isIn, moveTo } for Lane global;

function isIn(Lane memory lane, LaneState state) pure returns (bool) {
    return lane.state == uint8(state);
}

/// @dev In memory.
function moveTo(Lane memory lane, LaneState state) pure {
    lane.state = uint8(state);
}

/// @notice Everything that a delivery reads and moves beside the head: one storage slot.
/// @param epoch The current attester set; the first is 1. A rotation takes a day: 24 bits last for 45,000 years.
/// @param state A `LaneState`, as a number: the range check of an enum would split the write of the slot, and cost each
/// delivery 1,700 gas.
/// @param generation Counts the re-bases that began anew, from 0; the 256th is refused.
/// @param previousEpochUntil Last second (Unix) in which the epoch before is accepted; 0 before the first rotation and
/// after a re-base.
/// @param threshold Signatures that the current set needs.
/// @param nonce The last outbox nonce that was delivered.
/// @param sourceBlock The source block up to which the mirror is complete.
/// @param sourceTime The timestamp of that block.
struct Lane {
    uint24 epoch;
    uint8 state;
    uint8 generation;
    uint40 previousEpochUntil;
    uint8 threshold;
    uint64 nonce;
    uint64 sourceBlock;
    uint40 sourceTime;
}
