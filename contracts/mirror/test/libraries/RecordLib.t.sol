// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Record, RecordLib } from "../../src/libraries/RecordLib.sol";
import { Test } from "../support/Test.sol";

/// @title A license in one word
contract RecordLibTest is Test {
    function testFuzz_pack_keepsEveryField(
        address holder,
        uint40 from,
        uint40 until,
        uint8 status,
        bool isUnderAnother,
        uint16 class
    ) public pure {
        status = uint8(_bound(status, 0, 7));
        class = uint16(_bound(class, 0, 4095));
        Record record = RecordLib.pack(holder, from, until, status, isUnderAnother, class);
        vm.assertEq(record.hasParent(), isUnderAnother, "parent");
        vm.assertEq(record.holder(), holder, "holder");
        vm.assertEq(record.validFrom(), from, "validFrom");
        vm.assertEq(record.validUntil(), until, "validUntil");
        vm.assertEq(record.status(), status, "status");
        vm.assertEq(record.classId(), class, "class");
    }

    function testFuzz_saturate_capsEachTimeByItself(uint64 from, uint64 until, uint64 graceUntil) public pure {
        (uint40 a, uint40 b, uint40 c) = RecordLib.saturate(from, until, graceUntil);
        vm.assertEq(a, _capped(from), "from");
        vm.assertEq(b, _capped(until), "until");
        vm.assertEq(c, _capped(graceUntil), "graceUntil");
    }

    function test_saturate_boundary() public pure {
        uint64 last = type(uint40).max;
        (uint40 a, uint40 b, uint40 c) = RecordLib.saturate(last - 1, last, last + 1);
        vm.assertEq(a, last - 1, "below");
        vm.assertEq(b, last, "last");
        vm.assertEq(c, last, "beyond");
    }

    function _capped(uint64 time) private pure returns (uint256) {
        return time > type(uint40).max ? type(uint40).max : time;
    }
}
