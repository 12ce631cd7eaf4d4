// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../src/ILicenseMirror.sol";
import { MirrorFixture } from "./support/MirrorFixture.sol";

/// @title Licenses that stand under others
contract LicenseMirrorParentsTest is MirrorFixture {
    uint256 private constant PARENT = 1;
    uint256 private constant CHILD = 2;
    address private constant PARENT_HOLDER = address(0xA11);
    uint64 private constant PARENT_TYPE = 9;

    function _parent(uint8 status) private view returns (ILicenseMirror.Update memory update) {
        update = _license(PARENT, status);
        (update.holder, update.licenseType) = (PARENT_HOLDER, PARENT_TYPE);
    }

    function _assertChild(uint8 status, bool usable, string memory what) private view {
        vm.assertEq(_statusOf(CHILD), status, what);
        vm.assertEq(mirror.isUsable(CHILD), usable, what);
    }

    function test_child_standsAsItsParent() public {
        _commit(_parent(2));
        _commit(_child(CHILD, PARENT, 2));
        _assertChild(2, true, "in force");
        _commit(_parent(3));
        _assertChild(3, false, "suspended");
        _commit(_parent(2));
        _assertChild(2, true, "resumed");
        _commit(_parent(5));
        _assertChild(4, false, "ended");
    }

    function test_child_isNotUsableWhileItsParentsHolderIsFrozen() public {
        _commit(_parent(2));
        _commit(_child(CHILD, PARENT, 2));
        _commit(_flag(2, PARENT_HOLDER, 0, 1));
        _assertChild(2, false, "frozen");
        _commit(_flag(2, PARENT_HOLDER, 0, 0));
        _assertChild(2, true, "released");
    }

    function test_child_isNotUsableWhileItsParentsTypeIsClosed() public {
        _commit(_parent(2));
        _commit(_child(CHILD, PARENT, 2));
        _commit(_flag(3, address(0), PARENT_TYPE, 1));
        _assertChild(2, false, "closed");
        _commit(_flag(3, address(0), PARENT_TYPE, 0));
        _assertChild(2, true, "reopened");
    }

    function test_child_isUnknownWithoutItsParent() public {
        _commit(_child(CHILD, PARENT, 2));
        _assertChild(0, false, "nobody told of the parent");
        _commit(_parent(2));
        _assertChild(2, true, "now somebody did");
    }

    /// @dev A term that ended here ends the use of what stands under it, without an update.
    function test_child_endsWithItsParentsTerm() public {
        ILicenseMirror.Update memory parent = _parent(2);
        parent.validUntil = START + 10;
        parent.graceUntil = START + 20;
        _commit(parent);
        _commit(_child(CHILD, PARENT, 2));
        vm.warp(START + 10);
        _assertChild(7, false, "in grace");
        vm.warp(START + 20);
        _assertChild(8, false, "expired");
    }

    function test_child_ofAChildBreaksAtTheWeakestLink() public {
        _commit(_parent(2));
        _commit(_child(CHILD + 1, PARENT, 2));
        _commit(_child(CHILD, CHILD + 1, 2));
        _assertChild(2, true, "in force");
        _commit(_parent(4));
        _assertChild(4, false, "the highest is revoked");
    }

    function test_child_beyondTheDeepestIsUnknown() public {
        uint256 deepest = mirror.MAXIMUM_DEPTH() + 1;
        for (uint256 id = 1; id <= deepest + 1; ++id) {
            _commit(_child(id, id - 1, 2));
        }
        vm.assertTrue(mirror.isUsable(deepest), "deepest");
        vm.assertEq(_statusOf(deepest), 2, "deepest");
        vm.assertFalse(mirror.isUsable(deepest + 1), "beyond");
        vm.assertEq(_statusOf(deepest + 1), 0, "beyond");
    }

    function test_child_underItselfIsUnknown() public {
        _commit(_child(CHILD, CHILD, 2));
        _assertChild(0, false, "a circle");
    }

    /// @dev The state is the replay: the last word about the parent counts, that there is none too.
    function test_child_losesItsParentWithItsLastUpdate() public {
        _commit(_child(CHILD, PARENT, 2));
        _commit(_license(CHILD, 2));
        _assertChild(2, true, "alone");
        (,,,,,, uint256 parent) = mirror.licenseOf(CHILD);
        vm.assertEq(parent, 0, "parent");
    }
}
