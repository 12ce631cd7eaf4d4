// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "../../src/ILicenseMirror.sol";
import { IMirror } from "./IMirror.sol";
import { MirrorFixture } from "./MirrorFixture.sol";
import { Reference } from "./Reference.sol";

/// @title Random work on a mirror: an outbox that grows, honest deliveries, and attempts to cheat
/// @dev Keeps the whole outbox, so that the invariants can replay the delivered part of it.
contract MirrorHandler is MirrorFixture {
    uint256 public constant TOKENS = 4;
    uint256 public constant HOLDERS = 3;
    uint256 public constant TYPES = 3;

    ILicenseMirror.Update[] private outbox;
    /// @dev The outbox head after n updates, at place n.
    bytes32[] private heads;
    uint256 private rotations;

    /// @notice What was accepted although it must not be.
    uint256 public falselyAccepted;
    /// @notice What was refused although it must not be.
    uint256 public falselyRefused;
    /// @notice Times that the mirror's nonce or freshness moved back.
    uint256 public setBacks;
    uint64 private seenNonce;
    uint64 private seenBlock;
    uint64 private seenTime;

    constructor() {
        _setUpMirror(4, 3);
        heads.push(outboxHead);
    }

    /// @dev After every action: nonce and freshness have not moved back.
    modifier watched() {
        _;
        uint64 nonce = mirror.nonce();
        (uint64 asOfBlock, uint64 asOfTime) = mirror.asOf();
        if (nonce < seenNonce || asOfBlock < seenBlock || asOfTime < seenTime) setBacks += 1;
        (seenNonce, seenBlock, seenTime) = (nonce, asOfBlock, asOfTime);
    }

    function target() external view returns (IMirror) {
        return mirror;
    }

    function headAt(uint64 nonce) external view returns (bytes32) {
        return heads[nonce];
    }

    function updateAt(uint64 nonce) external view returns (ILicenseMirror.Update memory) {
        return outbox[nonce - 1];
    }

    function holderAt(uint256 index) public pure returns (address) {
        return address(uint160(0xA000 + index));
    }

    /// @notice The source changes a license. Every status may come after every other, revoked included: the mirror must
    /// stand a source that breaks its own rules.
    function appendLicense(uint256 tokenId, uint256 holder, uint256 licenseType, uint256 status, uint256 term)
        external
        watched
    {
        ILicenseMirror.Update memory update = _license(_bound(tokenId, 1, TOKENS), uint8(_bound(status, 0, 6)));
        update.holder = holderAt(_bound(holder, 0, HOLDERS - 1));
        update.licenseType = uint64(_bound(licenseType, 1, TYPES));
        update.validFrom = uint64(block.timestamp) - 100 + uint64(_bound(term, 0, 200));
        update.validUntil = update.validFrom + uint64(_bound(term, 0, 2 hours));
        update.graceUntil = update.validUntil + 100 * update.licenseType;
        // A third of them stand under another one, or under one of which nobody told.
        if (term % 3 == 0) update.parent = _bound(holder, 0, TOKENS + 1);
        _record(update);
    }

    /// @notice The source restricts or releases a holder, a type or everything, or appends a kind from the future.
    function appendRestriction(uint256 kind, uint256 holder, uint256 licenseType, bool restricted) external watched {
        ILicenseMirror.Update memory update = _flag(uint8(_bound(kind, 2, 5)), address(0), 0, restricted ? 1 : 0);
        if (update.kind == 2) update.holder = holderAt(_bound(holder, 0, HOLDERS - 1));
        if (update.kind == 3) update.licenseType = uint64(_bound(licenseType, 1, TYPES));
        _record(update);
    }

    /// @notice An honest delivery of the next `count` updates; of none, it is a heartbeat.
    function deliverNext(uint256 count) external watched {
        (ILicenseMirror.Update[] memory updates, ILicenseMirror.Attestation memory attestation) = _next(count);
        if (_refusal(updates, attestation, _sign(attestation)) != bytes4(0)) falselyRefused += 1;
    }

    function deliverWithTooFewSignatures(uint256 count, uint256 signatures) external watched {
        (ILicenseMirror.Update[] memory updates, ILicenseMirror.Attestation memory attestation) = _next(count);
        bytes[] memory some = _signaturesOver(_digest(attestation), _bound(signatures, 0, threshold - 1));
        _expectRefused(updates, attestation, some);
    }

    function deliverWithOneSignatureRepeated(uint256 count) external watched {
        (ILicenseMirror.Update[] memory updates, ILicenseMirror.Attestation memory attestation) = _next(count);
        bytes[] memory signatures = _sign(attestation);
        signatures[2] = signatures[1];
        _expectRefused(updates, attestation, signatures);
    }

    function deliverAltered(uint256 count, uint256 place, uint256 status) external watched {
        (ILicenseMirror.Update[] memory updates, ILicenseMirror.Attestation memory attestation) = _next(count);
        if (updates.length == 0) return;
        place = _bound(place, 0, updates.length - 1);
        updates[place].status ^= uint8(_bound(status, 1, 255));
        _expectRefused(updates, attestation, _sign(attestation));
    }

    function deliverSwapped(uint256 count, uint256 place) external watched {
        (ILicenseMirror.Update[] memory updates, ILicenseMirror.Attestation memory attestation) = _next(count);
        if (updates.length < 2) return;
        place = _bound(place, 0, updates.length - 2);
        (updates[place], updates[place + 1]) = (updates[place + 1], updates[place]);
        _expectRefused(updates, attestation, _sign(attestation));
    }

    /// @notice A batch that lies in the past, in part or whole, freshly signed.
    function deliverAgain(uint256 first, uint256 count) external watched {
        uint64 delivered = mirror.nonce();
        if (delivered == 0) return;
        first = _bound(first, 1, delivered);
        count = _bound(count, 1, outbox.length - first + 1);
        ILicenseMirror.Update[] memory updates = new ILicenseMirror.Update[](count);
        for (uint256 i = 0; i < count; ++i) {
            updates[i] = outbox[first - 1 + i];
        }
        ILicenseMirror.Attestation memory attestation = _attestationAt(uint64(first + count - 1));
        _expectRefused(updates, attestation, _sign(attestation));
    }

    function letTimePass(uint256 duration) external watched {
        vm.warp(block.timestamp + _bound(duration, 1, 30 minutes));
    }

    /// @notice The next attester set takes over; then the set before signs for its own epoch, after its retention.
    function rotate() external watched {
        rotations += 1;
        Signer[] memory former = signers;
        Signer[] memory next = _makeSigners(string.concat("set ", vm.toString(rotations)), 4);
        vm.prank(OWNER);
        mirror.scheduleAttesters(_accounts(next), 3);
        vm.warp(block.timestamp + mirror.ROTATION_DELAY());
        mirror.activateAttesters();

        vm.warp(mirror.previousEpochUntil() + 1);
        (ILicenseMirror.Update[] memory updates, ILicenseMirror.Attestation memory attestation) = _next(1);
        attestation.epoch -= 1;
        _useSigners(former);
        _expectRefused(updates, attestation, _sign(attestation));
        _useSigners(next);
    }

    /// @notice Thieves of a threshold of keys write what they like; the guardian stops the lane, another set takes over,
    /// and the owner re-bases to what the source says.
    function forgeAndRepair(uint256 tokenId, uint256 status, bool falseAlarm) external watched {
        Signer[] memory next = _makeSigners(string.concat("set ", vm.toString(++rotations)), 4);
        if (!falseAlarm) _forge(_bound(tokenId, 1, TOKENS), uint8(_bound(status, 0, 5)));
        vm.prank(GUARDIAN);
        mirror.setUnknown();
        vm.prank(OWNER);
        mirror.scheduleAttesters(_accounts(next), 3);
        vm.warp(block.timestamp + mirror.REBASE_DELAY());
        mirror.activateAttesters();
        _useSigners(next);
        uint64 proven = falseAlarm ? mirror.nonce() : uint64(outbox.length);
        ILicenseMirror.Attestation memory attestation = _attestationAt(proven);
        bytes[] memory signatures = _sign(attestation);
        vm.prank(OWNER);
        mirror.rebase(attestation.head, attestation, signatures);
        // Within a generation nothing moves back; a re-base gives up what was seen before it.
        (seenNonce, seenBlock, seenTime) = (0, 0, 0);
    }

    function _forge(uint256 tokenId, uint8 status) private {
        ILicenseMirror.Update memory update = _license(tokenId, status);
        update.nonce = mirror.nonce() + 1;
        update.holder = address(0x7171EF);
        sourceBlock += 1;
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.nonce = update.nonce;
        attestation.head = Reference.append(mirror.head(), update);
        // While the lane is led to a proven head, what leads elsewhere is refused from thieves too.
        _refusal(_one(update), attestation, _sign(attestation));
    }

    function _record(ILicenseMirror.Update memory update) private {
        _append(update);
        outbox.push(update);
        heads.push(Reference.append(heads[heads.length - 1], update));
    }

    function _next(uint256 count)
        private
        returns (ILicenseMirror.Update[] memory updates, ILicenseMirror.Attestation memory attestation)
    {
        uint64 delivered = mirror.nonce();
        count = _bound(count, 0, outbox.length - delivered);
        updates = new ILicenseMirror.Update[](count);
        for (uint256 i = 0; i < count; ++i) {
            updates[i] = outbox[delivered + i];
        }
        attestation = _attestationAt(delivered + uint64(count));
    }

    function _attestationAt(uint64 nonce) private returns (ILicenseMirror.Attestation memory attestation) {
        sourceBlock += 1;
        attestation = _attestation();
        attestation.nonce = nonce;
        attestation.head = heads[nonce];
    }

    function _expectRefused(
        ILicenseMirror.Update[] memory updates,
        ILicenseMirror.Attestation memory attestation,
        bytes[] memory signatures
    ) private {
        if (_refusal(updates, attestation, signatures) == bytes4(0)) {
            falselyAccepted += 1;
        }
    }
}
