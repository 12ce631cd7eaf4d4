// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Status codes of a license, and its status at a time
/// @dev The same function as `status_at` of the model that contracts and services share; bound to it by vectors.
library StatusLib {
    /// @dev Not in the mirror, or the mirror is stale.
    uint8 internal constant UNKNOWN = 0;
    uint8 internal constant PENDING = 1;
    uint8 internal constant ACTIVE = 2;
    uint8 internal constant SUSPENDED = 3;
    uint8 internal constant REVOKED = 4;
    uint8 internal constant ARCHIVED = 5;
    /// @dev Derived from Active, never stored: before `validFrom`.
    uint8 internal constant NOT_YET_VALID = 6;
    /// @dev Derived from Active, never stored: `validUntil` up to `graceUntil`.
    uint8 internal constant IN_GRACE = 7;
    /// @dev Derived from Active, never stored: from `graceUntil` on.
    uint8 internal constant EXPIRED = 8;

    /// @dev How far each status is from being in force, four bits for each code from the lowest up: of two statuses
    /// the weaker one is told.
    uint256 private constant WEAKNESS = 0x321774056;

    /// @notice The status that holds at `time` (Unix seconds) for a license with this stored status and term.
    function statusAt(uint8 stored, uint64 validFrom, uint64 validUntil, uint64 graceUntil, uint64 time)
        internal
        pure
        returns (uint8)
    {
        if (stored != ACTIVE) return stored;
        if (time < validFrom) return NOT_YET_VALID;
        if (time < validUntil) return ACTIVE;
        if (time < graceUntil) return IN_GRACE;
        return EXPIRED;
    }

    /// @notice The status of a license under another one with status `parent`: the weaker of the two. It ends with its
    /// parent.
    function under(uint8 own, uint8 parent) internal pure returns (uint8) {
        if (own == REVOKED || own == ARCHIVED) return own;
        if (parent == REVOKED || parent == ARCHIVED) return REVOKED;
        return _weakness(parent) > _weakness(own) ? parent : own;
    }

    function _weakness(uint8 status) private pure returns (uint256) {
        return (WEAKNESS >> (uint256(status) * 4)) & 0x0f;
    }

    /// @notice `status` if it may be stored, otherwise Unknown.
    function storedOrUnknown(uint8 status) internal pure returns (uint8) {
        return status > ARCHIVED ? UNKNOWN : status;
    }
}
