// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A license in one storage word: holder (160 bits) | validFrom (40) | validUntil (40) | status (3) | whether
/// it stands under another license (1) | class (12), from the lowest bit up. Zero when the license is not in the mirror.
type Record is uint256;

using { holder, validFrom, validUntil, status, hasParent, classId } for Record global;

uint256 constant VALID_FROM_SHIFT = 160;
uint256 constant VALID_UNTIL_SHIFT = 200;
uint256 constant STATUS_SHIFT = 240;
uint256 constant PARENT_SHIFT = 243;
uint256 constant CLASS_SHIFT = 244;

function holder(Record record) pure returns (address) {
    return address(uint160(Record.unwrap(record)));
}

/// @dev Unix seconds.
function validFrom(Record record) pure returns (uint40) {
    return uint40(Record.unwrap(record) >> VALID_FROM_SHIFT);
}

/// @dev Unix seconds.
function validUntil(Record record) pure returns (uint40) {
    return uint40(Record.unwrap(record) >> VALID_UNTIL_SHIFT);
}

/// @dev Stored status, 0 to 5.
function status(Record record) pure returns (uint8) {
    return uint8((Record.unwrap(record) >> STATUS_SHIFT) & 0x07);
}

/// @dev Only then is there a parent to look up, so that a license without one costs no further slot.
function hasParent(Record record) pure returns (bool) {
    return (Record.unwrap(record) >> PARENT_SHIFT) & 1 == 1;
}

/// @dev Position in the class table, 0 to 4095.
function classId(Record record) pure returns (uint16) {
    return uint16(Record.unwrap(record) >> CLASS_SHIFT);
}

/// @dev The last time that a record can hold, 2^40 - 1 (year 36812).
uint64 constant LAST_TIME = type(uint40).max;

/// @title Writing records
library RecordLib {
    /// @param recordStatus At most 7.
    /// @param isUnderAnother Whether the license has a parent.
    /// @param recordClass At most 4095.
    function pack(
        address recordHolder,
        uint40 from,
        uint40 until,
        uint8 recordStatus,
        bool isUnderAnother,
        uint16 recordClass
    ) internal pure returns (Record) {
        uint256 underAnother = isUnderAnother ? 1 << PARENT_SHIFT : 0;
        return Record.wrap(
            uint256(uint160(recordHolder)) | (uint256(from) << VALID_FROM_SHIFT) | (uint256(until) << VALID_UNTIL_SHIFT)
                | (uint256(recordStatus) << STATUS_SHIFT) | underAnother | (uint256(recordClass) << CLASS_SHIFT)
        );
    }

    /// @notice Three times in 40 bits each; a later time becomes the last one. The source refuses such times, so this
    /// only keeps an update from holding up all those behind it.
    function saturate(uint64 from, uint64 until, uint64 graceUntil) internal pure returns (uint40, uint40, uint40) {
        // One test for the three: they always fit in practice.
        if ((from | until | graceUntil) > LAST_TIME) return (_cap(from), _cap(until), _cap(graceUntil));
        return (uint40(from), uint40(until), uint40(graceUntil));
    }

    function _cap(uint64 time) private pure returns (uint40) {
        return uint40(time > LAST_TIME ? LAST_TIME : time);
    }
}
