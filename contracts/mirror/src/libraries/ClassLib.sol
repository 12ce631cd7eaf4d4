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
        mapping(uint256 number => Class) classOf;
        mapping(uint256 tokenId => Class) unnumberedClassOf;
    }

    /// @dev The class last put in the same call: most batches are of one class, and this spares looking it up again.
    struct Memo {
        Class class;
        uint16 number;
    }

    /// @param until End of the term (Unix seconds).
    /// @param graceUntil End of the grace period (Unix seconds); one before `until` means that there is none.
    function toClass(uint64 typeOfLicense, uint40 until, uint40 graceUntil) internal pure returns (Class) {
        uint40 grace = graceUntil > until ? graceUntil - until : 0;
        return Class.wrap((uint104(typeOfLicense) << 40) | grace);
    }

    /// @notice The class of a license that carries `number`.
    function get(Table storage table, uint256 tokenId, uint16 number) internal view returns (Class) {
        return number == UNNUMBERED ? table.unnumberedClassOf[tokenId] : table.classOf[number];
    }

    /// @notice Writes down that the license is of `class`, at the least cost.
    /// @return number What the license has to carry.
    function put(Table storage table, Memo memory memo, uint256 tokenId, Class class) internal returns (uint16 number) {
        number = memo.number;
        if (number != UNNUMBERED && Class.unwrap(memo.class) == Class.unwrap(class)) return number;

        number = table.numberOf[class];
        if (number == UNNUMBERED) number = _add(table, class);
        if (number == UNNUMBERED) table.unnumberedClassOf[tokenId] = class;
        memo.class = class;
        memo.number = number;
    }

    /// @dev UNNUMBERED when the table is full.
    function _add(Table storage table, Class class) private returns (uint16 number) {
        uint16 count = table.count;
        if (count == LAST_NUMBER) return UNNUMBERED;
        number = count + 1;
        table.count = number;
        table.numberOf[class] = number;
        table.classOf[number] = class;
    }
}
