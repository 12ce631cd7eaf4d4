// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Class, ClassLib, ClassMemo } from "../../src/libraries/ClassLib.sol";
import { Test } from "../support/Test.sol";

/// @title Numbers for classes
contract ClassLibTest is Test {
    using ClassLib for ClassLib.Table;

    ClassLib.Table private table;

    function _class(uint64 licenseType) private pure returns (Class) {
        return ClassLib.toClass(licenseType, 1000, 1090);
    }

    /// @dev A call that remembers nothing.
    function _put(uint256 tokenId, Class class) private returns (uint16) {
        return table.put(ClassMemo.wrap(0), tokenId, class).number();
    }

    function test_toClass_holdsTypeAndGrace() public pure {
        Class class = ClassLib.toClass(type(uint64).max, 1000, 1090);
        vm.assertEq(class.licenseType(), type(uint64).max, "type");
        vm.assertEq(class.gracePeriod(), 90, "grace");
    }

    function test_toClass_hasNoGraceIfItEndsBeforeTheTerm() public pure {
        vm.assertEq(ClassLib.toClass(1, 1000, 999).gracePeriod(), 0, "grace");
    }

    function test_put_givesOneNumberPerClass() public {
        vm.assertEq(_put(1, _class(7)), 1, "first class");
        vm.assertEq(_put(2, _class(7)), 1, "same class");
        vm.assertEq(_put(3, _class(8)), 2, "second class");
        vm.assertEq(table.get(9, 2).licenseType(), 8, "class of a number");
    }

    function test_put_numbersTheClassOfZeros() public {
        vm.assertEq(_put(1, ClassLib.toClass(0, 0, 0)), 1, "not taken for an empty memo");
    }

    function test_put_remembersOnlyTheSameClass() public {
        ClassMemo memo;
        memo = table.put(memo, 1, _class(7));
        vm.assertEq(memo.number(), 1, "first class");
        memo = table.put(memo, 2, _class(8));
        vm.assertEq(memo.number(), 2, "second class");
        memo = table.put(memo, 3, _class(8));
        vm.assertEq(memo.number(), 2, "remembered");
        memo = table.put(memo, 4, _class(7));
        vm.assertEq(memo.number(), 1, "first class again");
    }

    function test_put_goesOnWhenTheTableIsFull() public {
        ClassMemo memo;
        for (uint64 licenseType = 1; licenseType <= ClassLib.LAST_NUMBER; ++licenseType) {
            memo = table.put(memo, licenseType, _class(licenseType));
            vm.assertEq(memo.number(), licenseType, "number");
        }
        memo = table.put(memo, 50_001, _class(50_001));
        vm.assertEq(memo.number(), ClassLib.UNNUMBERED, "full");
        memo = table.put(memo, 50_002, _class(50_002));
        vm.assertEq(memo.number(), ClassLib.UNNUMBERED, "full");
        // Not remembered from the license before, which would leave this one without a class.
        memo = table.put(memo, 50_003, _class(50_002));
        vm.assertEq(memo.number(), ClassLib.UNNUMBERED, "full");
        vm.assertEq(table.get(50_001, ClassLib.UNNUMBERED).licenseType(), 50_001, "its own class");
        vm.assertEq(table.get(50_002, ClassLib.UNNUMBERED).licenseType(), 50_002, "its own class");
        vm.assertEq(table.get(50_003, ClassLib.UNNUMBERED).licenseType(), 50_002, "its own class");
        memo = table.put(memo, 50_001, _class(4));
        vm.assertEq(memo.number(), 4, "classes with a number keep it");
    }
}
