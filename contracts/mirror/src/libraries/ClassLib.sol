// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What licenses of one type have in common: license type (64 bits) << 40 | grace period in seconds (40 bits).
type Class is uint104;

using { licenseType, gracePeriod } for Class global;

function licenseType(Class class) pure returns (uint64) {
    return uint64(Class.unwrap(class) >> 40);
}

/// @dev Seconds from `validUntil` to `graceUntil`.
function gracePeriod(Class class) pure returns (uint40) {
    return uint40(Class.unwrap(class));
}

/// @notice The class last put and its number: class << 16 | number. Zero at the start.
/// @dev Most batches are of one class, and this spares looking it up for each license.
type ClassMemo is uint256;

using { number } for ClassMemo global;

function number(ClassMemo memo) pure returns (uint16) {
    return uint16(ClassMemo.unwrap(memo));
}

/// @title Numbers for classes
/// @notice A license type has one grace period, so thousands of licenses share few classes. Each class is written once
/// and a license carries its number, which spares a storage slot for every license (22,100 gas when it is new).
/// @dev Number 0 means "written for this license alone". It serves licenses whose class comes after the table is full,
/// so that no number of types can block the outbox.
library ClassLib {
    uint16 internal constant UNNUMBERED = 0;
    uint16 internal constant LAST_NUMBER = 4095;

    struct Table {
        uint16 count;
        mapping(Class class => uint16) numberOf;
        mapping(uint256 classNumber => Class) classOf;
        mapping(uint256 tokenId => Class) unnumberedClassOf;
    }

    /// @param until End of the term (Unix seconds).
    /// @param graceUntil End of the grace period (Unix seconds); one before `until` means that there is none.
    function toClass(uint64 typeOfLicense, uint40 until, uint40 graceUntil) internal pure returns (Class) {
        uint40 grace = graceUntil > until ? graceUntil - until : 0;
        return Class.wrap((uint104(typeOfLicense) << 40) | grace);
    }

    /// @notice The class of a license that carries `classNumber`.
    function get(Table storage table, uint256 tokenId, uint16 classNumber) internal view returns (Class) {
        return classNumber == UNNUMBERED ? table.unnumberedClassOf[tokenId] : table.classOf[classNumber];
    }

    /// @notice Writes down that the license is of `class`, at the least cost.
    /// @param memo What the call before returned.
    /// @return The class with the number that the license has to carry.
    function put(Table storage table, ClassMemo memo, uint256 tokenId, Class class) internal returns (ClassMemo) {
        bool known = ClassMemo.unwrap(memo) >> 16 == Class.unwrap(class) && memo.number() != UNNUMBERED;
        if (known) return memo;

        uint16 found = table.numberOf[class];
        if (found == UNNUMBERED) found = _add(table, class);
        if (found == UNNUMBERED) table.unnumberedClassOf[tokenId] = class;
        return ClassMemo.wrap((uint256(Class.unwrap(class)) << 16) | found);
    }

    /// @dev UNNUMBERED when the table is full.
    function _add(Table storage table, Class class) private returns (uint16 next) {
        uint16 count = table.count;
        if (count == LAST_NUMBER) return UNNUMBERED;
        next = count + 1;
        table.count = next;
        table.numberOf[class] = next;
        table.classOf[next] = class;
    }
}
