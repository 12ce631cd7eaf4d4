// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IERC165 } from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import { ILaneBrake } from "../src/ILaneBrake.sol";
import { ILicenseMirror } from "../src/ILicenseMirror.sol";
import { MirrorFixture } from "./support/MirrorFixture.sol";

/// @title What readers see
contract LicenseMirrorReadTest is MirrorFixture {
    uint256 private constant ID = 42;
    uint64 private constant FROM = START - 1 days;
    uint64 private constant UNTIL = FROM + TERM;
    uint64 private constant GRACE_UNTIL = UNTIL + GRACE;

    /// @dev Moves this chain's clock and renews the mirror there.
    function _at(uint64 time) private {
        vm.warp(time);
        _heartbeat();
    }

    function _assertStatus(uint8 expected, bool usable, string memory what) private view {
        vm.assertEq(_statusOf(ID), expected, what);
        vm.assertEq(mirror.isUsable(ID), usable, what);
    }

    function test_statusOf_followsTheTerm() public {
        ILicenseMirror.Update memory update = _license(ID, 2);
        update.validFrom = START + 10;
        update.validUntil = START + 20;
        update.graceUntil = START + 30;
        _commit(update);
        _assertStatus(6, false, "before validFrom");
        _at(START + 9);
        _assertStatus(6, false, "last second before validFrom");
        _at(START + 10);
        _assertStatus(2, true, "validFrom");
        _at(START + 19);
        _assertStatus(2, true, "last second of the term");
        _at(START + 20);
        _assertStatus(7, false, "validUntil");
        _at(START + 29);
        _assertStatus(7, false, "last second of grace");
        _at(START + 30);
        _assertStatus(8, false, "graceUntil");
    }

    function test_statusOf_showsStoredStatusesOtherThanActive() public {
        for (uint8 status = 1; status <= 5; ++status) {
            _commit(_license(status, status));
            vm.assertEq(_statusOf(status), status, "status");
            vm.assertEq(mirror.isUsable(status), status == 2, "usable");
        }
    }

    function test_statusOf_isUnknownIfNeverIssued() public {
        _heartbeat();
        (uint8 status, uint64 asOfBlock, uint64 asOfTime) = mirror.statusOf(ID);
        vm.assertEq(status, 0, "status");
        vm.assertEq(asOfBlock, sourceBlock, "asOf block");
        vm.assertEq(asOfTime, START, "asOf time");
        vm.assertFalse(mirror.isUsable(ID), "usable");
    }

    function test_statusOf_isUnknownBeforeTheFirstDelivery() public view {
        vm.assertEq(_statusOf(ID), 0, "status");
    }

    function test_statusOf_isUnknownForAStatusTheMirrorDoesNotKnow() public {
        _commit(_license(ID, 2));
        for (uint256 status = 6; status <= 255; status += 83) {
            _commit(_license(ID, uint8(status)));
            _assertStatus(0, false, "unknown status");
        }
    }

    function test_statusOf_isUnknownBeyondMaxAge() public {
        _commit(_license(ID, 2));
        vm.warp(START + MAX_AGE);
        _assertStatus(2, true, "at the maximum age");
        vm.warp(START + MAX_AGE + 1);
        _assertStatus(0, false, "beyond the maximum age");
        (, uint64 asOfBlock, uint64 asOfTime) = mirror.statusOf(ID);
        vm.assertEq(asOfBlock, sourceBlock, "asOf block");
        vm.assertEq(asOfTime, START, "asOf time");
        _heartbeat();
        _assertStatus(2, true, "after a heartbeat");
    }

    function test_isUsable_isFalseWhileHolderIsFrozen() public {
        _commit(_license(ID, 2));
        _commit(_flag(2, HOLDER, 0, 1));
        vm.assertTrue(mirror.isHolderFrozen(HOLDER), "frozen");
        _assertStatus(2, false, "frozen");
        _commit(_flag(2, HOLDER, 0, 0));
        vm.assertFalse(mirror.isHolderFrozen(HOLDER), "released");
        _assertStatus(2, true, "released");
    }

    function test_isUsable_isFalseWhileTypeIsClosed() public {
        _commit(_license(ID, 2));
        _commit(_flag(3, address(0), LICENSE_TYPE, 1));
        vm.assertTrue(mirror.isTypeClosed(LICENSE_TYPE), "closed");
        _assertStatus(2, false, "closed");
        _commit(_flag(3, address(0), LICENSE_TYPE, 0));
        vm.assertFalse(mirror.isTypeClosed(LICENSE_TYPE), "reopened");
        _assertStatus(2, true, "reopened");
    }

    function test_isUsable_isFalseWhilePaused() public {
        _commit(_license(ID, 2));
        _commit(_flag(4, address(0), 0, 1));
        vm.assertTrue(mirror.isPaused(), "paused");
        _assertStatus(2, false, "paused");
        _commit(_flag(4, address(0), 0, 0));
        vm.assertFalse(mirror.isPaused(), "resumed");
        _assertStatus(2, true, "resumed");
    }

    function test_isUsable_takesUnknownFlagValuesAsRestrictions() public {
        _commit(_license(ID, 2));
        _commit(_flag(2, HOLDER, 0, 9));
        vm.assertTrue(mirror.isHolderFrozen(HOLDER), "frozen");
        _assertStatus(2, false, "frozen");
    }

    function test_restrictions_areEmitted() public {
        ILicenseMirror.Update[] memory updates = new ILicenseMirror.Update[](3);
        updates[0] = _flag(2, HOLDER, 0, 1);
        updates[1] = _flag(3, address(0), LICENSE_TYPE, 1);
        updates[2] = _flag(4, address(0), 0, 1);
        for (uint256 i = 0; i < 3; ++i) {
            _append(updates[i]);
        }
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.expectEmit(address(mirror));
        emit ILicenseMirror.HolderFrozenChanged(HOLDER, true);
        vm.expectEmit(address(mirror));
        emit ILicenseMirror.TypeClosedChanged(LICENSE_TYPE, true);
        vm.expectEmit(address(mirror));
        emit ILicenseMirror.PauseChanged(true);
        mirror.deliver(updates, attestation, signatures);
    }

    function test_ownerOf_followsTransfers() public {
        _commit(_license(ID, 2));
        vm.assertEq(mirror.ownerOf(ID), HOLDER, "holder");
        ILicenseMirror.Update memory moved = _license(ID, 2);
        moved.holder = address(0xB0B);
        _commit(moved);
        vm.assertEq(mirror.ownerOf(ID), address(0xB0B), "new holder");
    }

    function test_ownerOf_keepsTheHolderOfARevokedLicense() public {
        _commit(_license(ID, 4));
        vm.assertEq(mirror.ownerOf(ID), HOLDER, "holder");
    }

    /// @dev A lost key is replaced in the record of a revoked license too, and nobody is alarmed by it.
    function test_ownerOf_followsTheRecoveryOfARevokedLicense() public {
        _commit(_license(ID, 4));
        ILicenseMirror.Update memory recovered = _license(ID, 4);
        recovered.holder = address(0xB0B);
        recovered.version = 2;
        _append(recovered);
        sourceBlock += 1;
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.expectEmit(address(mirror));
        emit ILicenseMirror.LicenseUpdated(ID, 2);
        mirror.deliver(_one(recovered), attestation, signatures);
        vm.assertEq(mirror.ownerOf(ID), address(0xB0B), "the successor");
        _assertStatus(4, false, "revoked");
    }

    function test_ownerOf_failsIfUnknown() public {
        _heartbeat();
        vm.expectRevert(abi.encodeWithSelector(ILicenseMirror.LicenseUnknown.selector, ID));
        mirror.ownerOf(ID);
    }

    function test_ownerOf_failsIfStale() public {
        _commit(_license(ID, 2));
        vm.warp(START + MAX_AGE + 1);
        vm.expectRevert(abi.encodeWithSelector(ILicenseMirror.MirrorStale.selector, START, MAX_AGE));
        mirror.ownerOf(ID);
    }

    function test_licenseOf_isWhatWasWritten() public {
        _commit(_child(ID, 7, 3));
        (
            address holder,
            uint64 licenseType,
            uint8 status,
            uint64 from,
            uint64 until,
            uint64 graceUntil,
            uint256 parent
        ) = mirror.licenseOf(ID);
        vm.assertEq(holder, HOLDER, "holder");
        vm.assertEq(licenseType, LICENSE_TYPE, "type");
        vm.assertEq(status, 3, "status");
        vm.assertEq(from, FROM, "validFrom");
        vm.assertEq(until, UNTIL, "validUntil");
        vm.assertEq(graceUntil, GRACE_UNTIL, "graceUntil");
        vm.assertEq(parent, 7, "parent");
    }

    /// @dev What is as old as the verdict must not be shown without it.
    function test_details_failIfStale() public {
        _commit(_license(ID, 2));
        vm.warp(START + MAX_AGE + 1);
        bytes[] memory questions = new bytes[](4);
        questions[0] = abi.encodeCall(mirror.licenseOf, (ID));
        questions[1] = abi.encodeCall(mirror.isHolderFrozen, (HOLDER));
        questions[2] = abi.encodeCall(mirror.isTypeClosed, (LICENSE_TYPE));
        questions[3] = abi.encodeCall(mirror.isPaused, ());
        for (uint256 i = 0; i < questions.length; ++i) {
            (bool answered, bytes memory reason) = address(mirror).staticcall(questions[i]);
            vm.assertFalse(answered, "answered");
            vm.assertEq(bytes32(bytes4(reason)), bytes32(ILicenseMirror.MirrorStale.selector), "stale");
        }
    }

    function test_supportsInterface() public view {
        vm.assertTrue(mirror.supportsInterface(type(ILicenseMirror).interfaceId), "mirror");
        vm.assertTrue(mirror.supportsInterface(type(ILaneBrake).interfaceId), "brake");
        vm.assertTrue(mirror.supportsInterface(type(IERC165).interfaceId), "ERC-165");
        vm.assertTrue(mirror.supportsInterface(0x01ffc9a7), "ERC-165 by number");
        vm.assertFalse(mirror.supportsInterface(0xffffffff), "never");
    }
}
