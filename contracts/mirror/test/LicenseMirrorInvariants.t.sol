// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../src/ILicenseMirror.sol";
import { LaneState } from "../src/Lane.sol";
import { IMirror } from "./support/IMirror.sol";
import { MirrorHandler } from "./support/MirrorHandler.sol";
import { Test } from "./support/Test.sol";

/// @title What holds after any run of updates, deliveries and attempts to cheat
contract LicenseMirrorInvariantsTest is Test {
    uint8 private constant ACTIVE = 2;
    uint8 private constant REVOKED = 4;

    /// @dev The form in which forge asks for the functions to call.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev What the replay of the delivered updates says about a license.
    struct Expected {
        address holder;
        uint64 licenseType;
        uint8 status;
        uint64 validFrom;
        uint64 validUntil;
        uint64 graceUntil;
        uint256 parent;
    }

    MirrorHandler private handler;
    IMirror private mirror;

    function setUp() public {
        handler = new MirrorHandler();
        mirror = handler.target();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](13);
        selectors[0] = MirrorHandler.appendLicense.selector;
        // Twice: a busy outbox with few interruptions is the common case.
        selectors[1] = MirrorHandler.appendLicense.selector;
        selectors[2] = MirrorHandler.appendRestriction.selector;
        selectors[3] = MirrorHandler.deliverNext.selector;
        selectors[4] = MirrorHandler.deliverNext.selector;
        selectors[5] = MirrorHandler.deliverWithTooFewSignatures.selector;
        selectors[6] = MirrorHandler.deliverWithOneSignatureRepeated.selector;
        selectors[7] = MirrorHandler.deliverAltered.selector;
        selectors[8] = MirrorHandler.deliverSwapped.selector;
        selectors[9] = MirrorHandler.deliverAgain.selector;
        selectors[10] = MirrorHandler.letTimePass.selector;
        selectors[11] = MirrorHandler.rotate.selector;
        selectors[12] = MirrorHandler.forgeAndRepair.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({ addr: address(handler), selectors: selectors });
    }

    /// @dev No write without the signatures of k attesters over exactly these updates (I32); replays change nothing.
    function invariant_nothingIsFalselyAccepted() public view {
        vm.assertEq(handler.falselyAccepted(), 0, "falsely accepted");
    }

    function invariant_honestDeliveriesAreAccepted() public view {
        vm.assertEq(handler.falselyRefused(), 0, "falsely refused");
    }

    function invariant_nonceAndFreshnessNeverMoveBack() public view {
        vm.assertEq(handler.setBacks(), 0, "set back");
    }

    function invariant_headIsTheOutboxHeadAtNonce() public view {
        vm.assertEq(mirror.head(), handler.headAt(mirror.nonce()), "head");
    }

    /// @dev I32, I33, I34: the state is that of the source after the first `nonce` updates, never mixed, and a
    /// revocation is never undone. What thieves wrote before a re-base is not in it.
    function invariant_licensesAreTheReplayOfTheDeliveredUpdates() public view {
        if (!_isOpen()) return;
        for (uint256 tokenId = 1; tokenId <= handler.TOKENS(); ++tokenId) {
            Expected memory expected = _replay(tokenId);
            (
                address holder,
                uint64 licenseType,
                uint8 status,
                uint64 from,
                uint64 until,
                uint64 graceUntil,
                uint256 parent
            ) = mirror.licenseOf(tokenId);
            vm.assertEq(holder, expected.holder, "holder");
            vm.assertEq(licenseType, expected.licenseType, "type");
            vm.assertEq(status, expected.status, "status");
            vm.assertEq(from, expected.validFrom, "validFrom");
            vm.assertEq(until, expected.validUntil, "validUntil");
            vm.assertEq(graceUntil, expected.graceUntil, "graceUntil");
            vm.assertEq(parent, expected.parent, "parent");
        }
    }

    /// @dev A license is usable exactly while it and all above it are in force and unrestricted.
    function invariant_usableIsTheWeakestLink() public view {
        for (uint256 tokenId = 1; tokenId <= handler.TOKENS(); ++tokenId) {
            bool usable = _isOpen() && !_restricted(4, address(0), 0) && _usable(tokenId, mirror.MAXIMUM_DEPTH());
            vm.assertEq(mirror.isUsable(tokenId), usable, "usable");
            (uint8 status,,) = mirror.statusOf(tokenId);
            vm.assertTrue(status == ACTIVE || !usable, "usable and not active");
        }
    }

    /// @dev I1: once an update that revokes was delivered, the license is revoked and not usable.
    function invariant_revokedIsNeverUsable() public view {
        bool fresh = _isOpen();
        for (uint64 nonce = 1; nonce <= mirror.nonce(); ++nonce) {
            ILicenseMirror.Update memory update = handler.updateAt(nonce);
            if (update.kind != 1 || update.status != REVOKED) continue;
            vm.assertFalse(mirror.isUsable(update.tokenId), "usable after revocation");
            (uint8 status,,) = mirror.statusOf(update.tokenId);
            vm.assertEq(status, fresh ? REVOKED : 0, "status after revocation");
        }
    }

    /// @dev I35.
    function invariant_staleIsUnknown() public view {
        if (_isOpen()) return;
        for (uint256 tokenId = 1; tokenId <= handler.TOKENS(); ++tokenId) {
            (uint8 status,,) = mirror.statusOf(tokenId);
            vm.assertEq(status, 0, "status of a stale mirror");
            vm.assertFalse(mirror.isUsable(tokenId), "usable in a stale mirror");
        }
    }

    /// @dev Fresh, and neither stopped nor on its way to a proven head.
    function _isOpen() private view returns (bool) {
        (, uint64 asOfTime) = mirror.asOf();
        (LaneState state,,,,) = mirror.laneState();
        return state == LaneState.Open && block.timestamp <= uint256(asOfTime) + mirror.maxAge();
    }

    function _replay(uint256 tokenId) private view returns (Expected memory expected) {
        for (uint64 nonce = 1; nonce <= mirror.nonce(); ++nonce) {
            ILicenseMirror.Update memory update = handler.updateAt(nonce);
            if (update.kind != 1 || update.tokenId != tokenId || _isKept(expected, update)) continue;
            expected = Expected({
                holder: update.holder,
                licenseType: update.licenseType,
                status: update.status <= 5 ? update.status : 0,
                validFrom: update.validFrom,
                validUntil: update.validUntil,
                graceUntil: update.graceUntil,
                parent: update.parent
            });
        }
    }

    /// @dev Only its holder's successor changes anything about a revoked license.
    function _isKept(Expected memory license, ILicenseMirror.Update memory update) private pure returns (bool) {
        return license.status == REVOKED && update.status != REVOKED;
    }

    function _usable(uint256 tokenId, uint256 depth) private view returns (bool) {
        Expected memory license = _replay(tokenId);
        if (license.status != ACTIVE) return false;
        if (block.timestamp < license.validFrom || block.timestamp >= license.validUntil) return false;
        if (_restricted(2, license.holder, 0) || _restricted(3, address(0), license.licenseType)) return false;
        if (license.parent == 0) return true;
        return depth != 0 && _usable(license.parent, depth - 1);
    }

    /// @dev The last delivered word about this holder, this type or the pause.
    function _restricted(uint8 kind, address holder, uint64 licenseType) private view returns (bool) {
        for (uint64 nonce = mirror.nonce(); nonce >= 1; --nonce) {
            ILicenseMirror.Update memory update = handler.updateAt(nonce);
            if (update.kind == kind && update.holder == holder && update.licenseType == licenseType) {
                return update.status != 0;
            }
        }
        return false;
    }
}
