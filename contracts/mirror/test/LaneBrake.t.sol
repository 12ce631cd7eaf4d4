// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { IAttesterSets } from "../src/IAttesterSets.sol";
import { ILaneBrake } from "../src/ILaneBrake.sol";
import { ILicenseMirror } from "../src/ILicenseMirror.sol";
import { LaneState } from "../src/Lane.sol";
import { MirrorFixture } from "./support/MirrorFixture.sol";

/// @title Stopping a lane, and re-basing it
contract LaneBrakeTest is MirrorFixture {
    uint256 private constant ID = 42;
    address private constant STRANGER = address(0xBAD);

    function _stop() private {
        vm.prank(GUARDIAN);
        mirror.setUnknown();
    }

    function _waitForTheDelay() private {
        vm.warp(block.timestamp + mirror.REBASE_DELAY());
    }

    function _state() private view returns (LaneState state, uint64 generation) {
        (state, generation,,,) = mirror.laneState();
    }

    function _assertState(LaneState expected, uint64 generation) private view {
        (LaneState state, uint64 found) = _state();
        vm.assertEq(uint256(state), uint256(expected), "state");
        vm.assertEq(found, generation, "generation");
    }

    function _assertSilent() private {
        vm.assertEq(_statusOf(ID), 0, "status");
        vm.assertFalse(mirror.isUsable(ID), "usable");
        vm.expectPartialRevert(ILicenseMirror.MirrorStale.selector);
        mirror.ownerOf(ID);
        vm.expectPartialRevert(ILicenseMirror.MirrorStale.selector);
        mirror.licenseOf(ID);
        vm.expectPartialRevert(ILicenseMirror.MirrorStale.selector);
        mirror.isHolderFrozen(HOLDER);
    }

    /// @dev What the thieves of a threshold of keys write: the outbox as they would like it.
    function _forge(ILicenseMirror.Update memory update) private {
        _forge(_one(update));
    }

    function _forge(ILicenseMirror.Update[] memory updates) private {
        (uint64 honestNonce, bytes32 honestHead) = (outboxNonce, outboxHead);
        for (uint256 i = 0; i < updates.length; ++i) {
            _append(updates[i]);
        }
        _deliver(updates);
        (outboxNonce, outboxHead) = (honestNonce, honestHead);
    }

    function _rebase(ILicenseMirror.Attestation memory attestation) private {
        bytes[] memory signatures = _sign(attestation);
        vm.prank(OWNER);
        mirror.rebase(attestation.head, attestation, signatures);
    }

    function test_setUnknown_silencesEverything() public {
        _commit(_license(ID, 2));
        vm.expectEmit(address(mirror));
        emit ILaneBrake.LaneStopped(GUARDIAN, START + 2 days);
        _stop();
        _assertSilent();
        (LaneState state, uint64 generation, uint64 rebaseFrom, uint64 nonce, bytes32 head) = mirror.laneState();
        vm.assertTrue(state == LaneState.Stopped && generation == 0 && nonce == 0 && head == 0, "state");
        vm.assertEq(rebaseFrom, START + 2 days, "from");
    }

    function test_setUnknown_failsForAnyoneElse() public {
        address[3] memory others = [STRANGER, OWNER, signers[0].account];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ILaneBrake.NotGuardian.selector, others[i]));
            vm.prank(others[i]);
            mirror.setUnknown();
        }
    }

    function test_setUnknown_failsIfStoppedAlready() public {
        _stop();
        vm.warp(START + 1 days);
        vm.expectRevert(abi.encodeWithSelector(ILaneBrake.AlreadyStopped.selector, START));
        _stop();
    }

    function test_deliver_failsIfStopped() public {
        _commit(_license(ID, 2));
        _stop();
        _append(_license(ID, 3));
        sourceBlock += 1;
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.expectRevert(abi.encodeWithSelector(ILaneBrake.DeliveryStopped.selector, START));
        mirror.deliver(_one(_license(ID, 3)), attestation, signatures);
    }

    function test_setGuardian_isTheOwners() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, GUARDIAN));
        vm.prank(GUARDIAN);
        mirror.setGuardian(STRANGER);
        vm.expectEmit(address(mirror));
        emit ILaneBrake.GuardianChanged(GUARDIAN, STRANGER);
        vm.prank(OWNER);
        mirror.setGuardian(STRANGER);
        vm.assertEq(mirror.guardian(), STRANGER, "guardian");
        vm.expectRevert(abi.encodeWithSelector(ILaneBrake.NotGuardian.selector, GUARDIAN));
        _stop();
    }

    function test_rebase_failsBeforeTheDelay() public {
        _commit(_license(ID, 2));
        _stop();
        vm.warp(START + mirror.REBASE_DELAY() - 1);
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.expectRevert(abi.encodeWithSelector(ILaneBrake.RebaseTooEarly.selector, START + 2 days));
        vm.prank(OWNER);
        mirror.rebase(attestation.head, attestation, signatures);
    }

    function test_rebase_isTheOwners() public {
        _stop();
        _waitForTheDelay();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, GUARDIAN));
        vm.prank(GUARDIAN);
        mirror.rebase(attestation.head, attestation, signatures);
    }

    function test_rebase_failsIfNotStopped() public {
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.expectRevert(abi.encodeWithSelector(ILaneBrake.NotStopped.selector));
        vm.prank(OWNER);
        mirror.rebase(attestation.head, attestation, signatures);
    }

    /// @dev An owner alone says nothing about licenses.
    function test_rebase_failsIfTheHeadIsNotProven() public {
        _commit(_license(ID, 2));
        _stop();
        _waitForTheDelay();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        bytes32 wanted = keccak256("wanted");
        vm.expectRevert(abi.encodeWithSelector(ILicenseMirror.HeadMismatch.selector, wanted, outboxHead));
        vm.prank(OWNER);
        mirror.rebase(wanted, attestation, signatures);

        attestation.head = wanted;
        vm.expectPartialRevert(IAttesterSets.NotAnAttester.selector);
        vm.prank(OWNER);
        mirror.rebase(wanted, attestation, signatures);

        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.TooFewSignatures.selector, 2, 0));
        vm.prank(OWNER);
        mirror.rebase(wanted, attestation, new bytes[](0));
    }

    function test_rebase_failsForAnotherSourceAndFromTheFuture() public {
        _stop();
        _waitForTheDelay();
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.sourceContract = STRANGER;
        bytes[] memory signatures = _sign(attestation);
        vm.expectPartialRevert(ILicenseMirror.WrongSourceContract.selector);
        vm.prank(OWNER);
        mirror.rebase(attestation.head, attestation, signatures);

        attestation = _attestation();
        attestation.sourceTime += mirror.MAXIMUM_CLOCK_SKEW() + 1;
        signatures = _sign(attestation);
        vm.expectPartialRevert(ILicenseMirror.AttestationFromFuture.selector);
        vm.prank(OWNER);
        mirror.rebase(attestation.head, attestation, signatures);
    }

    /// @dev Those who lost their keys prove nothing, though the mirror still takes what was on its way.
    function test_rebase_failsForTheEpochBefore() public {
        _stop();
        _waitForTheDelay();
        Signer[] memory next = _makeSigners("next", 3);
        vm.prank(OWNER);
        mirror.scheduleAttesters(_accounts(next), 2);
        vm.warp(block.timestamp + mirror.ROTATION_DELAY());
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        mirror.activateAttesters();
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.EpochNotAccepted.selector, 1, 2, 0));
        vm.prank(OWNER);
        mirror.rebase(attestation.head, attestation, signatures);

        _useSigners(next);
        _rebase(_attestation());
        vm.assertEq(mirror.previousEpochUntil(), 0, "the epoch before is over");
    }

    /// @dev A false alarm: the head proves that nothing forged is in the lane, and nothing is delivered again.
    function test_rebase_toItsOwnHeadOpensTheLane() public {
        _commit(_license(ID, 2));
        _stop();
        _waitForTheDelay();
        vm.expectEmit(address(mirror));
        emit ILaneBrake.LaneOpened(0, 1, outboxHead);
        _rebase(_attestation());
        _assertState(LaneState.Open, 0);
        vm.assertEq(_statusOf(ID), 2, "status");
        vm.assertEq(mirror.nonce(), 1, "nonce");
        _commit(_license(ID, 3));
        vm.assertEq(_statusOf(ID), 3, "honest delivery goes on");
    }

    /// @dev Thieves may also claim, without an update, that the mirror is complete up to a block that never comes.
    function test_rebase_toItsOwnHeadSetsAsOfRight() public {
        _commit(_license(ID, 2));
        uint64 honest = sourceBlock;
        sourceBlock = type(uint64).max - 1;
        _heartbeat();
        _stop();
        _waitForTheDelay();
        sourceBlock = honest;
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.sourceTime = START + 10;
        _rebase(attestation);
        (uint64 asOfBlock, uint64 asOfTime) = mirror.asOf();
        vm.assertEq(asOfBlock, honest, "block");
        vm.assertEq(asOfTime, START + 10, "time");
        vm.assertEq(_statusOf(ID), 0, "stale until delivered");
        _heartbeat();
        vm.assertEq(_statusOf(ID), 2, "status");
    }

    /// @dev The whole of it: a forged update, the brake, another set, the repair; nothing forged is left.
    function test_rebase_leavesNothingForged() public {
        address thief = address(0x7171EF);
        ILicenseMirror.Update memory revoked = _license(ID, 4);
        _commit(revoked);
        ILicenseMirror.Update[] memory forged = new ILicenseMirror.Update[](2);
        (forged[0], forged[1]) = (_license(77, 2), _flag(2, HOLDER, 0, 1));
        forged[0].holder = thief;
        _forge(forged);
        vm.assertTrue(mirror.isUsable(77) && mirror.isHolderFrozen(HOLDER), "it stands at first");
        _stop();
        _assertSilent();

        Signer[] memory next = _makeSigners("next", 3);
        vm.prank(OWNER);
        mirror.scheduleAttesters(_accounts(next), 2);
        _waitForTheDelay();
        mirror.activateAttesters();
        _useSigners(next);
        ILicenseMirror.Update memory second = _license(ID + 1, 2);
        _append(second);
        ILicenseMirror.Attestation memory proof = _attestation();
        vm.expectEmit(address(mirror));
        emit ILaneBrake.LaneRebased(1, 2, proof.head);
        _rebase(proof);
        _assertState(LaneState.Rebasing, 1);
        vm.assertEq(mirror.nonce(), 0, "from the first update on");
        _assertSilent();

        // Half of the way nothing is shown yet, although it is signed as of now.
        ILicenseMirror.Attestation memory half = _attestation();
        half.nonce = 1;
        half.head = keccak256(bytes.concat(_firstHead(), keccak256(abi.encode(revoked))));
        mirror.deliver(_one(revoked), half, _sign(half));
        _assertSilent();

        vm.expectEmit(address(mirror));
        emit ILaneBrake.LaneOpened(1, 2, proof.head);
        _deliver(_one(second));
        _assertState(LaneState.Open, 1);
        vm.assertEq(_statusOf(ID), 4, "revoked");
        vm.assertEq(_statusOf(77), 0, "forged");
        vm.assertTrue(mirror.isUsable(ID + 1), "second");
        vm.assertFalse(mirror.isHolderFrozen(HOLDER), "forged freeze");
        vm.expectRevert(abi.encodeWithSelector(ILicenseMirror.LicenseUnknown.selector, 77));
        mirror.ownerOf(77);
    }

    function _firstHead() private pure returns (bytes32) {
        return keccak256(abi.encode("LEX outbox v2", SOURCE_CHAIN_ID, SOURCE_CONTRACT));
    }

    /// @dev A re-based lane is led nowhere but to the proven head, by no set of attesters.
    function test_deliver_failsIfItMissesTheProvenHead() public {
        ILicenseMirror.Update memory first = _license(ID, 4);
        _commit(first);
        _forge(_license(ID, 2));
        _stop();
        _waitForTheDelay();
        _rebase(_attestation());
        outboxNonce = 0;
        outboxHead = _firstHead();
        ILicenseMirror.Update[] memory forged = new ILicenseMirror.Update[](2);
        for (uint256 i = 0; i < 2; ++i) {
            forged[i] = _license(ID, 2);
            _append(forged[i]);
        }
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.expectPartialRevert(ILicenseMirror.HeadMismatch.selector);
        mirror.deliver(forged, attestation, signatures);
    }

    /// @dev One delivery may lead beyond the proven head.
    function test_deliver_mayLeadBeyondTheProvenHead() public {
        ILicenseMirror.Update[] memory updates = new ILicenseMirror.Update[](3);
        updates[0] = _license(ID, 2);
        _commit(updates[0]);
        _forge(_license(ID, 4));
        _stop();
        _waitForTheDelay();
        updates[1] = _license(ID, 3);
        _append(updates[1]);
        _rebase(_attestation());
        _heartbeatOfNothing();
        updates[2] = _license(ID, 2);
        _append(updates[2]);
        _deliver(updates);
        _assertState(LaneState.Open, 1);
        vm.assertEq(mirror.nonce(), 3, "nonce");
        vm.assertTrue(mirror.isUsable(ID), "usable");
    }

    /// @dev As of before the first update; it opens nothing.
    function _heartbeatOfNothing() private {
        ILicenseMirror.Attestation memory attestation = _attestation();
        (attestation.nonce, attestation.head) = (0, _firstHead());
        mirror.deliver(new ILicenseMirror.Update[](0), attestation, _sign(attestation));
        _assertState(LaneState.Rebasing, 1);
        _assertSilent();
    }

    function test_rebase_toAnEmptyOutbox() public {
        _forge(_license(ID, 2));
        _stop();
        _waitForTheDelay();
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.head = keccak256("no head of an empty outbox");
        bytes[] memory signatures = _sign(attestation);
        vm.expectPartialRevert(ILicenseMirror.HeadMismatch.selector);
        vm.prank(OWNER);
        mirror.rebase(attestation.head, attestation, signatures);

        _rebase(_attestation());
        _assertState(LaneState.Open, 1);
        _heartbeat();
        vm.assertEq(_statusOf(ID), 0, "forged");
        _commit(_license(ID, 3));
        vm.assertEq(_statusOf(ID), 3, "status");
    }

    function test_setUnknown_stopsARebaseToo() public {
        _commit(_license(ID, 4));
        _forge(_license(ID + 1, 2));
        _stop();
        _waitForTheDelay();
        _rebase(_attestation());
        _stop();
        _assertState(LaneState.Stopped, 1);
        ILicenseMirror.Attestation memory proof = _attestation();
        vm.expectPartialRevert(ILaneBrake.RebaseTooEarly.selector);
        vm.prank(OWNER);
        mirror.rebase(0, proof, new bytes[](0));
        _waitForTheDelay();
        _rebase(_attestation());
        _assertState(LaneState.Rebasing, 2);
    }
}
