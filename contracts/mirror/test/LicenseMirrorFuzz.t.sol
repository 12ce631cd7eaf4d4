// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { IAttesterSets } from "../src/IAttesterSets.sol";
import { ILicenseMirror } from "../src/ILicenseMirror.sol";
import { StatusLib } from "../src/libraries/StatusLib.sol";
import { LibraryHarness } from "./support/LibraryHarness.sol";
import { MirrorFixture } from "./support/MirrorFixture.sol";
import { Reference } from "./support/Reference.sol";

/// @title Deliveries, encodings and readings for any input
contract LicenseMirrorFuzzTest is MirrorFixture {
    uint64 private constant LAST_TIME = type(uint40).max;

    LibraryHarness private harness = new LibraryHarness();

    /// @dev Attesters sign one attestation, the deliverer hands in another: each of the eight signed fields and the two
    /// bound by the domain (this chain, this mirror; see LicenseMirrorDeliverTest) makes it worthless when changed.
    /// forge-config: default.fuzz.runs = 10000
    function testFuzz_deliver_failsIfASignedFieldIsAltered(uint256 field, uint256 flip) public {
        ILicenseMirror.Update memory update = _license(1, 2);
        _append(update);
        sourceBlock += 1;
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);

        field = _bound(field, 0, 7);
        bytes4 reason;
        if (field == 0) {
            attestation.sourceChainId ^= _nonZero(flip, type(uint256).max);
            reason = ILicenseMirror.WrongSourceChain.selector;
        } else if (field == 1) {
            attestation.sourceGenesis ^= bytes32(_nonZero(flip, type(uint256).max));
            reason = ILicenseMirror.WrongSourceGenesis.selector;
        } else if (field == 2) {
            attestation.sourceContract =
                address(uint160(attestation.sourceContract) ^ uint160(_nonZero(flip, type(uint160).max)));
            reason = ILicenseMirror.WrongSourceContract.selector;
        } else if (field == 3) {
            attestation.epoch ^= uint64(_nonZero(flip, type(uint64).max));
            reason = IAttesterSets.EpochNotAccepted.selector;
        } else if (field == 4) {
            attestation.nonce ^= uint64(_nonZero(flip, type(uint64).max));
            reason =
                attestation.nonce == 0 ? ILicenseMirror.AlreadyDelivered.selector : ILicenseMirror.NonceGap.selector;
        } else if (field == 5) {
            attestation.head ^= bytes32(_nonZero(flip, type(uint256).max));
            reason = ILicenseMirror.HeadMismatch.selector;
        } else if (field == 6) {
            attestation.sourceBlock ^= uint64(_nonZero(flip, type(uint64).max));
        } else {
            attestation.sourceTime = uint64(_bound(flip, 0, START - 1));
        }
        bytes4 actual = _refusal(_one(update), attestation, signatures);
        if (field < 6) {
            vm.assertEq(bytes32(actual), bytes32(reason), "reason");
        } else {
            // These pass every check but the signatures, which now recover to strangers.
            bool refused = actual == IAttesterSets.NotAnAttester.selector
                || actual == IAttesterSets.SignersNotAscending.selector
                || actual == IAttesterSets.InvalidSignature.selector;
            vm.assertTrue(refused, "refused for its signatures");
        }
        vm.assertEq(mirror.nonce(), 0, "nothing written");
    }

    /// @dev One flipped bit anywhere in the ten words of an update, or in a signature, is never accepted.
    function testFuzz_deliver_failsIfABitOfTheCallIsFlipped(uint256 position) public {
        ILicenseMirror.Update memory update = _license(1, 2);
        _append(update);
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes memory call_ = abi.encodeCall(mirror.deliver, (_one(update), attestation, _sign(attestation)));
        position = _bound(position, 4 * 8, call_.length * 8 - 1);
        call_[position / 8] ^= bytes1(uint8(1 << (position % 8)));
        (bool accepted,) = address(mirror).call(call_);
        // What no field occupies may change: the zeros that fill up the last word of each signature.
        if (accepted) vm.assertEq(mirror.head(), outboxHead, "the same outbox");
        if (accepted) vm.assertTrue(_isPadding(call_.length, position / 8), "only padding may differ");
        else vm.assertEq(mirror.nonce(), 0, "nothing written");
    }

    /// @dev The call ends with two signatures: length word, 65 bytes, 31 bytes of padding each.
    function _isPadding(uint256 length, uint256 place) private pure returns (bool) {
        uint256 fromEnd = length - place;
        return fromEnd <= 31 || (fromEnd > 128 && fromEnd <= 128 + 31);
    }

    function testFuzz_deliver_failsWithSignersOutsideOfTheSet(uint256 first, uint256 second) public {
        first = _bound(first, 1, type(uint128).max);
        second = _bound(second, 1, type(uint128).max);
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = new bytes[](2);
        signatures[0] = _signature(first, _digest(attestation));
        signatures[1] = _signature(second, _digest(attestation));
        vm.assertTrue(
            _refusal(new ILicenseMirror.Update[](0), attestation, signatures) != bytes4(0), "strangers accepted"
        );
    }

    /// @dev Any selection of the five attesters, in any order: accepted exactly if ascending and three or more.
    function testFuzz_signatures_acceptedExactlyIfAscendingAndEnough(uint256[6] memory picks, uint256 count) public {
        _setUpMirror(5, 3);
        count = _bound(count, 0, 6);
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes32 digest = _digest(attestation);
        bytes[] memory signatures = new bytes[](count);
        bool ascending = true;
        for (uint256 i = 0; i < count; ++i) {
            picks[i] = _bound(picks[i], 0, 4);
            if (i > 0 && picks[i] <= picks[i - 1]) ascending = false;
            signatures[i] = _signature(signers[picks[i]].key, digest);
        }
        bool accepted = _refusal(new ILicenseMirror.Update[](0), attestation, signatures) == bytes4(0);
        vm.assertEq(accepted, ascending && count >= 3, "accepted");
    }

    function testFuzz_outbox_matchesTheReference(bytes32 start, ILicenseMirror.Update[] memory updates) public view {
        bytes32 head = start;
        for (uint256 i = 0; i < updates.length; ++i) {
            head = Reference.append(head, updates[i]);
        }
        vm.assertEq(harness.extend(start, updates), head, "head");
    }

    function testFuzz_update_isReadAsItWasEncoded(ILicenseMirror.Update memory update) public view {
        vm.assertEq(Reference.leaf(harness.reread(update)), Reference.leaf(update), "leaf of what was read");
    }

    function testFuzz_attestation_matchesTheReference(ILicenseMirror.Attestation memory attestation) public view {
        vm.assertEq(harness.structHash(attestation), Reference.structHash(attestation), "struct hash");
    }

    function testFuzz_rotation_matchesTheReference(
        uint64 epoch,
        uint64 sequence,
        uint8 needed,
        address[] memory attesters
    ) public view {
        vm.assertEq(
            harness.rotationHash(epoch, sequence, needed, attesters),
            Reference.rotationHash(epoch, sequence, needed, attesters),
            "struct hash"
        );
    }

    /// @dev No update, however odd, holds up the outbox; what is read back is what was sent, within 40 bits.
    function testFuzz_license_isReadBack(ILicenseMirror.Update memory update) public {
        update.kind = 1;
        _commit(update);
        (
            address holder,
            uint64 licenseType,
            uint8 status,
            uint64 from,
            uint64 until,
            uint64 graceUntil,
            uint256 parent
        ) = mirror.licenseOf(update.tokenId);
        vm.assertEq(parent, update.parent, "parent");
        vm.assertEq(holder, update.holder, "holder");
        vm.assertEq(licenseType, update.licenseType, "type");
        vm.assertEq(status, update.status <= 5 ? update.status : 0, "status");
        vm.assertEq(from, _saturated(update.validFrom), "validFrom");
        vm.assertEq(until, _saturated(update.validUntil), "validUntil");
        uint64 latest = update.graceUntil > update.validUntil ? update.graceUntil : update.validUntil;
        vm.assertEq(graceUntil, _saturated(latest), "graceUntil");
    }

    /// @dev No update of any kind stops the next one.
    function testFuzz_deliver_isNeverHeldUp(ILicenseMirror.Update memory odd) public {
        _commit(odd);
        _commit(_license(type(uint256).max, 2));
        vm.assertEq(mirror.nonce(), 2, "nonce");
    }

    function testFuzz_statusOf_matchesTheDefinition(
        uint8 stored,
        uint64 from,
        uint64 until,
        uint64 graceUntil,
        uint64 time
    ) public {
        // Small ranges, so that all orders and equalities of the four times come up.
        stored = uint8(_bound(stored, 0, 9));
        from = START + uint64(_bound(from, 0, 9));
        until = START + uint64(_bound(until, 0, 9));
        graceUntil = START + uint64(_bound(graceUntil, 0, 9));
        time = START + uint64(_bound(time, 0, 10));

        vm.warp(time);
        ILicenseMirror.Update memory update = _license(1, stored);
        (update.validFrom, update.validUntil, update.graceUntil) = (from, until, graceUntil);
        _commit(update);

        uint8 expected = stored <= 5 ? stored : 0;
        if (stored == 2) {
            expected = 8;
            if (time < graceUntil) expected = 7;
            if (time < until) expected = 2;
            if (time < from) expected = 6;
        }
        vm.assertEq(_statusOf(1), expected, "status");
        vm.assertEq(mirror.isUsable(1), expected == 2, "usable");
    }

    /// @dev A chain of three: in force exactly while each of its links is.
    function testFuzz_isUsable_asTheWeakestLink(uint8[3] memory stored, uint8 frozen, uint8 closed) public {
        uint8 weakest = 2;
        bool allActive = true;
        for (uint8 link = 0; link < 3; ++link) {
            stored[link] = uint8(_bound(stored[link], 1, 5));
            // Ids go up the chain: 1 stands under 2, 2 under 3, 3 under none.
            ILicenseMirror.Update memory update = _child(link + 1, link == 2 ? 0 : link + 2, stored[link]);
            update.holder = address(uint160(0xA000 + link));
            update.licenseType = 100 + link;
            _commit(update);
            allActive = allActive && stored[link] == 2;
            weakest = StatusLib.under(weakest, stored[link]);
        }
        frozen = uint8(_bound(frozen, 0, 3));
        closed = uint8(_bound(closed, 0, 3));
        if (frozen < 3) _commit(_flag(2, address(uint160(0xA000 + frozen)), 0, 1));
        if (closed < 3) _commit(_flag(3, address(0), 100 + closed, 1));
        vm.assertEq(mirror.isUsable(1), allActive && frozen == 3 && closed == 3, "usable");
        vm.assertEq(_statusOf(1), stored[0] == 5 ? 5 : weakest, "status");
    }

    /// @dev Whatever is a parent of whatever: no chain holds a reader up, none is usable that does not end.
    function testFuzz_statusOf_endsInEveryLineage(uint8[6] memory parents) public {
        for (uint256 i = 0; i < 6; ++i) {
            _commit(_child(i, _bound(parents[i], 0, 6), 2));
        }
        for (uint256 i = 0; i < 6; ++i) {
            uint256 tokenId = i;
            bool complete = true;
            for (uint256 depth = 0; (tokenId = tokenId < 6 ? _bound(parents[tokenId], 0, 6) : 0) != 0; ++depth) {
                complete = complete && depth < 4 && tokenId < 6;
                if (depth == 8) break;
            }
            vm.assertEq(mirror.isUsable(i), complete, "usable");
            vm.assertEq(_statusOf(i), complete ? 2 : 0, "status");
        }
    }

    function testFuzz_statusOf_isUnknownExactlyBeyondMaxAge(uint64 elapsed) public {
        elapsed = uint64(_bound(elapsed, 0, 3 * MAX_AGE));
        ILicenseMirror.Update memory update = _license(1, 2);
        update.validUntil = START + 30 days;
        _commit(update);
        vm.warp(START + elapsed);
        bool fresh = elapsed <= MAX_AGE;
        vm.assertEq(_statusOf(1), fresh ? 2 : 0, "status");
        vm.assertEq(mirror.isUsable(1), fresh, "usable");
    }

    function _saturated(uint64 time) private pure returns (uint64) {
        return time > LAST_TIME ? LAST_TIME : time;
    }

    function _nonZero(uint256 value, uint256 maximum) private pure returns (uint256) {
        return _bound(value, 1, maximum);
    }
}
