// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Everything that a delivery reads and moves beside the head: one storage slot.
/// @param epoch The current attester set; the first is 1.
/// @param previousEpochUntil Last second (Unix) in which the epoch before is accepted; 0 before the first rotation.
/// @param threshold Signatures that the current set needs.
/// @param nonce The last outbox nonce that was delivered.
/// @param sourceBlock The source block up to which the mirror is complete.
/// @param sourceTime The timestamp of that block.
struct Lane {
    uint40 epoch;
    uint40 previousEpochUntil;
    uint8 threshold;
    uint64 nonce;
    uint64 sourceBlock;
    uint40 sourceTime;
}
