// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { ILaneBrake } from "../src/ILaneBrake.sol";
import { ILicenseMirror } from "../src/ILicenseMirror.sol";
import { MirrorFixture } from "./support/MirrorFixture.sol";

/// @title Whether the mirror does what the table of what should happen says (vectors/gate/mirror.json)
/// @dev Each row's facts are set in the source's outbox and delivered; then the row's question is asked as any reader
/// may ask it. The table is written by hand; a row is not changed because the mirror answers otherwise.
contract JudgeTest is MirrorFixture {
    uint256 private constant LICENSE = 1;
    uint256 private constant PARENT = 2;
    uint256 private constant GRANDPARENT = 3;
    address private constant PARENT_HOLDER = address(0xAB0);
    address private constant SUCCESSOR = address(0x5CCE);
    address private constant STRANGER = address(0xBAD);
    uint64 private constant PARENT_TYPE = 9;

    struct Row {
        string id;
        string action;
        string by;
        string given;
        string expect;
    }

    function test_theMirrorAnswersAsTheTableSays() public {
        string memory table = vm.readFile("../vectors/gate/mirror.json");
        uint256 clean = vm.snapshotState();
        uint256 rows = 0;
        for (;; ++rows) {
            string memory path = string.concat(".rows[", vm.toString(rows), "]");
            if (!vm.keyExistsJson(table, path)) break;
            string[] memory cells = vm.parseJsonStringArray(table, path);
            Row memory row = Row(cells[0], cells[1], cells[2], cells[3], cells[4]);
            _set(row);
            vm.assertEq(_answer(row), row.expect, string.concat("mirror.", row.id));
            vm.revertToState(clean);
        }
        vm.assertGe(rows, 46, "rows");
    }

    function _is(string memory left, string memory right) private pure returns (bool) {
        return keccak256(bytes(left)) == keccak256(bytes(right));
    }

    /// @dev The value of a fact; empty when the row does not give it.
    function _given(Row memory row, string memory fact) private pure returns (string memory) {
        string[] memory facts = vm.split(row.given, " ");
        for (uint256 i = 0; i < facts.length; ++i) {
            string[] memory parts = vm.split(facts[i], "=");
            if (_is(parts[0], fact)) return parts[1];
        }
        return "";
    }

    function _gives(Row memory row, string memory fact, string memory value) private pure returns (bool) {
        return _is(_given(row, fact), value);
    }

    /// @dev A license that stands so at the source. It ends in ten days; a parent, in a thousand.
    function _standing(uint256 tokenId, string memory word) private view returns (ILicenseMirror.Update memory update) {
        update = _license(tokenId, 2);
        uint64 until = tokenId == LICENSE ? START + 10 days : START + 1000 days;
        if (_is(word, "Pending")) update.status = 1;
        else if (_is(word, "NotYetValid")) until = START + 375 days;
        else if (_is(word, "InGrace")) until = START - 10 days;
        else if (_is(word, "Expired")) until = START - 40 days;
        else if (_is(word, "Revoked")) update.status = 4;
        else if (_is(word, "Archived")) update.status = 5;
        // Whoever suspended it, and whether its time has come: an update says Suspended until somebody settles it.
        else if (!_is(word, "Active") && !_is(word, "")) update.status = 3;
        update.validFrom = _is(word, "NotYetValid") ? until - 365 days : START - 400 days;
        update.validUntil = until;
        update.graceUntil = until + 30 days;
        if (tokenId != LICENSE) (update.holder, update.licenseType) = (PARENT_HOLDER, PARENT_TYPE);
    }

    function _set(Row memory row) private {
        if (_gives(row, "license", "none")) return _heartbeat();
        bool hasParent = !_is(_given(row, "parent"), "");
        bool hasGrandparent = !_is(_given(row, "grandparent"), "");
        if (hasGrandparent) _commit(_standing(GRANDPARENT, _given(row, "grandparent")));
        if (hasParent && !_gives(row, "mirror", "parentMissing")) {
            ILicenseMirror.Update memory parent = _standing(PARENT, _given(row, "parent"));
            if (hasGrandparent) parent.parent = GRANDPARENT;
            _commit(parent);
        }
        ILicenseMirror.Update memory license = _standing(LICENSE, _given(row, "license"));
        if (hasParent) license.parent = PARENT;
        _commit(license);
        _restrict(row);
        _setMirror(row, license);
    }

    function _restrict(Row memory row) private {
        if (_gives(row, "holder", "frozen") || _gives(row, "holder", "released")) _commit(_flag(2, HOLDER, 0, 1));
        if (_gives(row, "holder", "released")) _commit(_flag(2, HOLDER, 0, 0));
        if (_gives(row, "holder", "recovered")) {
            ILicenseMirror.Update memory recovered = _standing(LICENSE, _given(row, "license"));
            recovered.holder = SUCCESSOR;
            _commit(recovered);
        }
        if (_gives(row, "type", "closed") || _gives(row, "type", "reopened")) {
            _commit(_flag(3, address(0), LICENSE_TYPE, 1));
        }
        if (_gives(row, "type", "reopened")) _commit(_flag(3, address(0), LICENSE_TYPE, 0));
        // The outbox has one pause: that of the use of licenses. Other groups change nothing that a reader believes.
        if (_gives(row, "pause", "use")) _commit(_flag(4, address(0), 0, 1));
        if (_gives(row, "parentHolder", "frozen")) _commit(_flag(2, PARENT_HOLDER, 0, 1));
        if (_gives(row, "parentType", "closed")) _commit(_flag(3, address(0), PARENT_TYPE, 1));
    }

    function _setMirror(Row memory row, ILicenseMirror.Update memory license) private {
        string memory word = _given(row, "mirror");
        if (_is(word, "stale")) vm.warp(START + MAX_AGE + 1);
        if (_is(word, "lastSecond")) vm.warp(START + MAX_AGE);
        if (_is(word, "heartbeat")) {
            vm.warp(START + 2 * MAX_AGE);
            _heartbeat();
        }
        if (_is(word, "laterUpdateActive")) {
            license.status = 2;
            _commit(license);
        }
        if (_is(word, "setUnknown")) {
            vm.prank(GUARDIAN);
            mirror.setUnknown();
        }
        if (_gives(row, "days", "afterDelay")) vm.warp(block.timestamp + mirror.REBASE_DELAY());
    }

    function _answer(Row memory row) private returns (string memory) {
        if (_is(row.action, "mirrorUse")) return _use(LICENSE);
        bytes memory call_;
        if (_is(row.action, "mirrorLicense")) {
            call_ = abi.encodeCall(mirror.licenseOf, (LICENSE));
        } else if (_is(row.action, "mirrorOwner")) {
            call_ = abi.encodeCall(mirror.ownerOf, (LICENSE));
        } else if (_is(row.action, "setUnknown")) {
            call_ = abi.encodeCall(mirror.setUnknown, ());
        } else {
            // Nothing but a re-base ends a stop: that is what whoever wants to clear it has to ask for.
            ILicenseMirror.Attestation memory attestation = _attestation();
            bytes32 head = _gives(row, "head", "unproven") ? keccak256("unproven") : attestation.head;
            call_ = abi.encodeCall(mirror.rebase, (head, attestation, _sign(attestation)));
        }
        vm.prank(_caller(row.by));
        (bool accepted, bytes memory answer) = address(mirror).call(call_);
        if (!accepted) return _name(bytes4(answer));
        if (_gives(row, "holder", "recovered")) {
            vm.assertEq(abi.decode(answer, (address)), SUCCESSOR, "the record follows its person");
        }
        return "allowed";
    }

    function _caller(string memory by) private pure returns (address) {
        if (_is(by, "mirrorGuardian")) return GUARDIAN;
        if (_is(by, "mirrorOwner")) return OWNER;
        return STRANGER;
    }

    /// @dev The words of the table for the errors of this contract.
    function _name(bytes4 selector) private pure returns (string memory) {
        if (selector == ILicenseMirror.MirrorStale.selector) return "MirrorStale";
        if (selector == ILicenseMirror.LicenseUnknown.selector) return "LicenseUnknown";
        if (selector == ILicenseMirror.HeadMismatch.selector) return "HeadMismatch";
        if (selector == ILaneBrake.NotGuardian.selector) return "NotGuardian";
        if (selector == ILaneBrake.RebaseTooEarly.selector) return "NotLifted";
        if (selector == Ownable.OwnableUnauthorizedAccount.selector) return "NotAdmin";
        return "another error";
    }

    /// @dev Whether the license is usable and, if it is not, why: what a reader finds out by asking further.
    function _use(uint256 tokenId) private view returns (string memory) {
        if (mirror.isUsable(tokenId)) return "allowed";
        try mirror.ownerOf(tokenId) { }
        catch (bytes memory reason) {
            return _name(bytes4(reason));
        }
        (
            address holder,
            uint64 licenseType,
            uint8 stored,
            uint64 from,
            uint64 until,
            uint64 graceUntil,
            uint256 parent
        ) = mirror.licenseOf(tokenId);
        if (stored == 2 && block.timestamp >= graceUntil) return "TermExpired";
        if (stored != 2 || block.timestamp < from || block.timestamp >= until) return "WrongState";
        if (mirror.isHolderFrozen(holder)) return "HolderFrozen";
        if (mirror.isTypeClosed(licenseType)) return "TypeClosed";
        if (parent != 0 && !mirror.isUsable(parent)) return _useOfParent(parent);
        return mirror.isPaused() ? "Paused" : "another reason";
    }

    function _useOfParent(uint256 parent) private view returns (string memory) {
        (address holder,,,,,,) = mirror.licenseOf(parent);
        return mirror.isHolderFrozen(holder) ? "HolderFrozen" : "ParentNotUsable";
    }
}
