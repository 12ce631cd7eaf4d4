// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { IAttesterSets } from "../src/IAttesterSets.sol";
import { ILicenseMirror } from "../src/ILicenseMirror.sol";
import { MirrorFixture } from "./support/MirrorFixture.sol";
import { Reference } from "./support/Reference.sol";

/// @title Attester sets and their rotation
contract AttesterSetsTest is MirrorFixture {
    Signer[] private successors;

    function setUp() public override {
        super.setUp();
        Signer[] memory made = _makeSigners("successor", 4);
        for (uint256 i = 0; i < made.length; ++i) {
            successors.push(made[i]);
        }
    }

    function _schedule() private {
        vm.prank(OWNER);
        mirror.scheduleAttesters(_accounts(successors), 3);
    }

    function _rotate() private {
        _schedule();
        vm.warp(block.timestamp + mirror.ROTATION_DELAY());
        mirror.activateAttesters();
    }

    function _assertSet(address[] memory actual, Signer[] memory expected) private pure {
        vm.assertEq(actual.length, expected.length, "size of the set");
        for (uint256 i = 0; i < expected.length; ++i) {
            vm.assertEq(actual[i], expected[i].account, "member");
        }
    }

    /// @dev The signatures of the current set under a rotation to the successors.
    function _rotationSignatures(uint64 epoch, uint64 sequence, uint256 count) private view returns (bytes[] memory) {
        bytes32 hash = Reference.rotationHash(epoch, sequence, 3, _accounts(successors));
        bytes32 domain = Reference.domainSeparator(block.chainid, address(mirror));
        return _signaturesOver(Reference.digest(domain, hash), count);
    }

    function test_constructor_makesTheFirstEpoch() public view {
        (address[] memory attesters, uint8 needed) = mirror.attestersOf(1);
        _assertSet(attesters, signers);
        vm.assertEq(needed, threshold, "threshold");
        vm.assertTrue(mirror.isAttester(1, signers[0].account), "member");
        vm.assertFalse(mirror.isAttester(1, OWNER), "not a member");
        vm.assertFalse(mirror.isAttester(2, signers[0].account), "not of another epoch");
        vm.assertEq(mirror.previousEpochUntil(), 0, "no epoch before");
    }

    function test_schedule_waitsForTheDelay() public {
        uint64 activeFrom = START + mirror.ROTATION_DELAY();
        vm.expectEmit(address(mirror));
        emit IAttesterSets.AttestersScheduled(2, _accounts(successors), 3, activeFrom);
        _schedule();

        (address[] memory attesters, uint8 needed, uint64 from) = mirror.scheduledAttesters();
        _assertSet(attesters, successors);
        vm.assertEq(needed, 3, "threshold");
        vm.assertEq(from, activeFrom, "activeFrom");
        vm.assertEq(mirror.epoch(), 1, "epoch");

        vm.warp(activeFrom - 1);
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.ActivationTooEarly.selector, activeFrom));
        mirror.activateAttesters();
    }

    function test_activate_beginsTheNextEpoch() public {
        _schedule();
        uint64 now_ = START + mirror.ROTATION_DELAY();
        vm.warp(now_);
        uint64 previousUntil = now_ + mirror.PREVIOUS_EPOCH_RETENTION();
        vm.expectEmit(address(mirror));
        emit IAttesterSets.AttestersActivated(2, _accounts(successors), 3, previousUntil);
        mirror.activateAttesters();

        vm.assertEq(mirror.epoch(), 2, "epoch");
        vm.assertEq(mirror.previousEpochUntil(), previousUntil, "retention");
        (address[] memory attesters,, uint64 activeFrom) = mirror.scheduledAttesters();
        vm.assertEq(attesters.length, 0, "nothing scheduled any more");
        vm.assertEq(activeFrom, 0, "nothing scheduled any more");
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.NothingScheduled.selector));
        mirror.activateAttesters();
    }

    function test_activate_leavesProgressAlone() public {
        _commit(_license(1, 2));
        bytes32 head = mirror.head();
        (uint64 asOfBlock, uint64 asOfTime) = mirror.asOf();
        _rotate();
        vm.assertEq(mirror.nonce(), 1, "nonce");
        vm.assertEq(mirror.head(), head, "head");
        (uint64 blockAfter, uint64 timeAfter) = mirror.asOf();
        vm.assertEq(blockAfter, asOfBlock, "asOf block");
        vm.assertEq(timeAfter, asOfTime, "asOf time");
    }

    function test_rotation_newSetDelivers() public {
        _rotate();
        _useSigners(successors);
        threshold = 3;
        _commit(_license(1, 2));
        vm.assertEq(_statusOf(1), 2, "status");
    }

    function test_rotation_newEpochNeedsItsOwnThreshold() public {
        _rotate();
        _useSigners(successors);
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _signaturesOver(_digest(attestation), 2);
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.TooFewSignatures.selector, 3, 2));
        mirror.deliver(new ILicenseMirror.Update[](0), attestation, signatures);
    }

    function test_rotation_oldSignersCannotSignTheNewEpoch() public {
        _rotate();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _signaturesOver(_digest(attestation), 3);
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.NotAnAttester.selector, signers[0].account, 2));
        mirror.deliver(new ILicenseMirror.Update[](0), attestation, signatures);
    }

    function test_rotation_previousEpochIsAcceptedForItsRetention() public {
        _rotate();
        vm.warp(mirror.previousEpochUntil());
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.epoch = 1;
        bytes[] memory tooFew = _signaturesOver(_digest(attestation), 1);
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.TooFewSignatures.selector, 2, 1));
        mirror.deliver(new ILicenseMirror.Update[](0), attestation, tooFew);
        mirror.deliver(new ILicenseMirror.Update[](0), attestation, _sign(attestation));
        (uint64 asOfBlock,) = mirror.asOf();
        vm.assertEq(asOfBlock, sourceBlock, "accepted");
    }

    function test_rotation_previousEpochIsRefusedAfterItsRetention() public {
        _rotate();
        uint64 until = mirror.previousEpochUntil();
        vm.warp(until + 1);
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.epoch = 1;
        bytes[] memory signatures = _sign(attestation);
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.EpochNotAccepted.selector, 1, 2, until));
        mirror.deliver(new ILicenseMirror.Update[](0), attestation, signatures);
    }

    function test_rotation_epochBeforeThePreviousIsRefused() public {
        _rotate();
        _rotate();
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.epoch = 1;
        bytes[] memory signatures = _sign(attestation);
        uint64 until = mirror.previousEpochUntil();
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.EpochNotAccepted.selector, 1, 3, until));
        mirror.deliver(new ILicenseMirror.Update[](0), attestation, signatures);
    }

    function test_epoch_zeroAndFutureAreRefused() public {
        for (uint64 epoch = 0; epoch <= 2; epoch += 2) {
            ILicenseMirror.Attestation memory attestation = _attestation();
            attestation.epoch = epoch;
            bytes[] memory signatures = _sign(attestation);
            vm.expectRevert(abi.encodeWithSelector(IAttesterSets.EpochNotAccepted.selector, epoch, 1, 0));
            mirror.deliver(new ILicenseMirror.Update[](0), attestation, signatures);
        }
    }

    function test_schedule_failsIfNotOwner() public {
        address[] memory accounts = _accounts(successors);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this)));
        mirror.scheduleAttesters(accounts, 3);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this)));
        mirror.cancelAttesters();
    }

    function test_schedule_byOwnerRestartsTheDelay() public {
        _schedule();
        vm.warp(START + 1 hours);
        _schedule();
        (,, uint64 activeFrom) = mirror.scheduledAttesters();
        vm.assertEq(activeFrom, START + 1 hours + mirror.ROTATION_DELAY(), "activeFrom");
    }

    function test_cancel_dropsTheScheduledSet() public {
        _schedule();
        vm.expectEmit(address(mirror));
        emit IAttesterSets.AttestersCancelled(2);
        vm.prank(OWNER);
        mirror.cancelAttesters();
        vm.warp(START + mirror.ROTATION_DELAY());
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.NothingScheduled.selector));
        mirror.activateAttesters();
    }

    function test_cancel_failsIfNothingIsScheduled() public {
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.NothingScheduled.selector));
        vm.prank(OWNER);
        mirror.cancelAttesters();
    }

    function test_schedule_failsIfThresholdIsOutOfRange() public {
        for (uint8 bad = 0; bad <= 5; bad += 1) {
            if (bad >= 2 && bad <= 4) continue;
            vm.expectRevert(abi.encodeWithSelector(IAttesterSets.ThresholdOutOfRange.selector, bad, 2, 4));
            vm.prank(OWNER);
            mirror.scheduleAttesters(_accounts(successors), bad);
        }
    }

    function test_schedule_failsIfTooManyAttesters() public {
        address[] memory accounts = _accounts(_makeSigners("many", 33));
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.TooManyAttesters.selector, 33, 32));
        vm.prank(OWNER);
        mirror.scheduleAttesters(accounts, 2);
    }

    function test_schedule_acceptsTheLargestSet() public {
        Signer[] memory many = _makeSigners("many", 32);
        vm.prank(OWNER);
        mirror.scheduleAttesters(_accounts(many), 32);
        vm.warp(START + mirror.ROTATION_DELAY());
        mirror.activateAttesters();
        _useSigners(many);
        threshold = 32;
        _commit(_license(1, 2));
        vm.assertEq(_statusOf(1), 2, "status");
    }

    function test_schedule_failsIfNotAscending() public {
        address[] memory accounts = _accounts(successors);
        (accounts[1], accounts[2]) = (accounts[2], accounts[1]);
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.AttestersNotAscending.selector, accounts[1], accounts[2]));
        vm.prank(OWNER);
        mirror.scheduleAttesters(accounts, 2);
    }

    function test_schedule_failsIfDuplicate() public {
        address[] memory accounts = _accounts(successors);
        accounts[1] = accounts[0];
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.AttestersNotAscending.selector, accounts[0], accounts[0]));
        vm.prank(OWNER);
        mirror.scheduleAttesters(accounts, 2);
    }

    function test_schedule_failsIfZero() public {
        address[] memory accounts = _accounts(successors);
        accounts[0] = address(0);
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.AttestersNotAscending.selector, address(0), address(0)));
        vm.prank(OWNER);
        mirror.scheduleAttesters(accounts, 2);
    }

    function test_scheduleBySignatures_isDoneByTheCurrentSet() public {
        mirror.scheduleAttestersBySignatures(_accounts(successors), 3, _rotationSignatures(1, 0, 2));
        vm.assertEq(mirror.rotationSequence(), 1, "sequence");
        vm.warp(START + mirror.ROTATION_DELAY());
        mirror.activateAttesters();
        (address[] memory attesters,) = mirror.attestersOf(2);
        _assertSet(attesters, successors);
    }

    function test_scheduleBySignatures_failsIfTooFew() public {
        bytes[] memory signatures = _rotationSignatures(1, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.TooFewSignatures.selector, 2, 1));
        mirror.scheduleAttestersBySignatures(_accounts(successors), 3, signatures);
    }

    function test_scheduleBySignatures_failsIfAnotherThresholdWasSigned() public {
        bytes[] memory signatures = _rotationSignatures(1, 0, 2);
        vm.assertEq(bytes32(_rotationRefusal(2, signatures)), bytes32(IAttesterSets.NotAnAttester.selector), "reason");
    }

    function test_scheduleBySignatures_countsOnce() public {
        bytes[] memory signatures = _rotationSignatures(1, 0, 2);
        mirror.scheduleAttestersBySignatures(_accounts(successors), 3, signatures);
        vm.prank(OWNER);
        mirror.cancelAttesters();
        vm.assertEq(mirror.rotationSequence(), 2, "sequence");
        vm.assertEq(bytes32(_rotationRefusal(3, signatures)), bytes32(IAttesterSets.NotAnAttester.selector), "reason");
    }

    function test_scheduleBySignatures_failsWhileASetIsScheduled() public {
        _schedule();
        uint64 activeFrom = START + mirror.ROTATION_DELAY();
        bytes[] memory signatures = _rotationSignatures(1, 1, 2);
        vm.expectRevert(abi.encodeWithSelector(IAttesterSets.AlreadyScheduled.selector, activeFrom));
        mirror.scheduleAttestersBySignatures(_accounts(successors), 3, signatures);
    }

    function test_scheduleBySignatures_previousSetHasNoSay() public {
        _rotate();
        bytes[] memory signatures = _rotationSignatures(2, mirror.rotationSequence(), 3);
        vm.assertEq(bytes32(_rotationRefusal(3, signatures)), bytes32(IAttesterSets.NotAnAttester.selector), "reason");
    }

    function _rotationRefusal(uint8 next, bytes[] memory signatures) private returns (bytes4) {
        try mirror.scheduleAttestersBySignatures(_accounts(successors), next, signatures) {
            return bytes4(0);
        } catch (bytes memory reason) {
            return bytes4(reason);
        }
    }

    function test_ownership_movesInTwoSteps() public {
        address next = address(0x2E87);
        vm.prank(OWNER);
        mirror.transferOwnership(next);
        vm.assertEq(mirror.owner(), OWNER, "owner until accepted");
        vm.prank(next);
        mirror.acceptOwnership();
        vm.assertEq(mirror.owner(), next, "owner");
    }
}
