// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../ILicenseMirror.sol";

/// @title The fields of an update, read without Solidity's range checks
/// @dev For updates whose head was attested: their hash fixes every bit of every word, and an encoder fills no bit
/// above a field's type. Stray bits would be cut off. Saves about a tenth of the gas of a delivered update.
library UpdateLib {
    /// @param index Less than the number of updates.
    function get(ILicenseMirror.Update[] calldata updates, uint256 index)
        internal
        pure
        returns (ILicenseMirror.Update calldata update)
    {
        assembly ("memory-safe") {
            update := add(updates.offset, mul(index, 0x160))
        }
    }

    function nonce(ILicenseMirror.Update calldata update) internal pure returns (uint64 value) {
        assembly ("memory-safe") {
            value := calldataload(update)
        }
    }

    function kind(ILicenseMirror.Update calldata update) internal pure returns (uint8 value) {
        assembly ("memory-safe") {
            value := calldataload(add(update, 0x20))
        }
    }

    function holder(ILicenseMirror.Update calldata update) internal pure returns (address value) {
        assembly ("memory-safe") {
            value := calldataload(add(update, 0x60))
        }
    }

    function licenseType(ILicenseMirror.Update calldata update) internal pure returns (uint64 value) {
        assembly ("memory-safe") {
            value := calldataload(add(update, 0x80))
        }
    }

    function status(ILicenseMirror.Update calldata update) internal pure returns (uint8 value) {
        assembly ("memory-safe") {
            value := calldataload(add(update, 0xa0))
        }
    }

    function validFrom(ILicenseMirror.Update calldata update) internal pure returns (uint64 value) {
        assembly ("memory-safe") {
            value := calldataload(add(update, 0xc0))
        }
    }

    function validUntil(ILicenseMirror.Update calldata update) internal pure returns (uint64 value) {
        assembly ("memory-safe") {
            value := calldataload(add(update, 0xe0))
        }
    }

    function graceUntil(ILicenseMirror.Update calldata update) internal pure returns (uint64 value) {
        assembly ("memory-safe") {
            value := calldataload(add(update, 0x100))
        }
    }

    function version(ILicenseMirror.Update calldata update) internal pure returns (uint32 value) {
        assembly ("memory-safe") {
            value := calldataload(add(update, 0x120))
        }
    }
}
