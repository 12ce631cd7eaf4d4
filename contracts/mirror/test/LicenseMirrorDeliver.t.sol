// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { IAttesterSets } from "../src/IAttesterSets.sol";
import { ILicenseMirror } from "../src/ILicenseMirror.sol";
import { MirrorFixture } from "./support/MirrorFixture.sol";
import { Reference } from "./support/Reference.sol";

/// @title What `deliver` accepts, and each reason for which it refuses
contract LicenseMirrorDeliverTest is MirrorFixture {
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    uint8 private constant ACTIVE = 2;
    uint8 private constant SUSPENDED = 3;
    uint8 private constant REVOKED = 4;

    /// @dev Three updates appended and not delivered yet.
    function _threePending() private returns (ILicenseMirror.Update[] memory updates) {
        updates = new ILicenseMirror.Update[](3);
        for (uint256 i = 0; i < 3; ++i) {
            updates[i] = _license(i + 1, ACTIVE);
            _append(updates[i]);
        }
        sourceBlock += 1;
    }

    function _expectRefusal(
        bytes memory reason,
        ILicenseMirror.Update[] memory updates,
        ILicenseMirror.Attestation memory attestation
    ) private {
        _expectRefusal(reason, updates, attestation, _sign(attestation));
    }

    function _expectRefusal(
        bytes memory reason,
        ILicenseMirror.Update[] memory updates,
        ILicenseMirror.Attestation memory attestation,
        bytes[] memory signatures
    ) private {
        uint64 nonceBefore = mirror.nonce();
        bytes32 headBefore = mirror.head();
        vm.expectRevert(reason);
        mirror.deliver(updates, attestation, signatures);
        vm.assertEq(mirror.nonce(), nonceBefore, "nonce after a refusal");
        vm.assertEq(mirror.head(), headBefore, "head after a refusal");
    }

    function _expectConstructorRefusal(bytes memory reason, ILicenseMirror.Config memory config) private {
        try this.newMirror(config) {
            vm.assertTrue(false, "deployed");
        } catch (bytes memory actual) {
            vm.assertEq(keccak256(actual), keccak256(reason), "reason");
        }
    }

    /// @notice `_newMirror` as a call, so that its revert can be caught.
    function newMirror(ILicenseMirror.Config memory config) external {
        _newMirror(config);
    }

    function test_constructor_startsAtTheGenesisHead() public view {
        vm.assertEq(mirror.head(), Reference.genesisHead(SOURCE_CHAIN_ID, SOURCE_CONTRACT), "head");
        vm.assertEq(mirror.nonce(), 0, "nonce");
        vm.assertEq(mirror.epoch(), 1, "epoch");
        vm.assertEq(mirror.owner(), OWNER, "owner");
        vm.assertEq(mirror.maxAge(), MAX_AGE, "maxAge");
        (uint256 chainId, bytes32 genesis, address sourceContract) = mirror.source();
        vm.assertEq(chainId, SOURCE_CHAIN_ID, "source chain");
        vm.assertEq(genesis, SOURCE_GENESIS, "source genesis");
        vm.assertEq(sourceContract, SOURCE_CONTRACT, "source contract");
    }

    function test_constructor_failsIfMaxAgeIsZero() public {
        ILicenseMirror.Config memory config = _config();
        config.maxAge = 0;
        _expectConstructorRefusal(abi.encodeWithSelector(ILicenseMirror.MaxAgeIsZero.selector), config);
    }

    function test_constructor_failsIfOwnerIsZero() public {
        ILicenseMirror.Config memory config = _config();
        config.owner = address(0);
        _expectConstructorRefusal(abi.encodeWithSelector(Ownable.OwnableInvalidOwner.selector, address(0)), config);
    }

    function test_constructor_failsIfOneSignatureWouldDo() public {
        ILicenseMirror.Config memory config = _config();
        config.threshold = 1;
        _expectConstructorRefusal(abi.encodeWithSelector(IAttesterSets.ThresholdOutOfRange.selector, 1, 2, 3), config);
    }

    function test_deliver_movesNonceHeadAndFreshness() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);

        vm.expectEmit(address(mirror));
        emit ILicenseMirror.LicenseUpdated(1, 1);
        vm.expectEmit(address(mirror));
        emit ILicenseMirror.LicenseUpdated(2, 1);
        vm.expectEmit(address(mirror));
        emit ILicenseMirror.LicenseUpdated(3, 1);
        vm.expectEmit(address(mirror));
        emit ILicenseMirror.Delivered(3, outboxHead, 1, sourceBlock, START);
        mirror.deliver(updates, attestation, signatures);

        vm.assertEq(mirror.nonce(), 3, "nonce");
        vm.assertEq(mirror.head(), outboxHead, "head");
        (uint64 asOfBlock, uint64 asOfTime) = mirror.asOf();
        vm.assertEq(asOfBlock, sourceBlock, "asOf block");
        vm.assertEq(asOfTime, START, "asOf time");
    }

    function test_deliver_acceptsAnyoneAsSender() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.prank(address(0xBEEF));
        mirror.deliver(updates, attestation, signatures);
        vm.assertEq(mirror.nonce(), 3, "nonce");
    }

    function test_deliver_acceptsMoreSignaturesThanNeeded() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        mirror.deliver(updates, attestation, _signaturesOver(_digest(attestation), 3));
        vm.assertEq(mirror.nonce(), 3, "nonce");
    }

    function test_deliver_acceptsTwoChunksOfOneSourceBlock() public {
        ILicenseMirror.Update memory first = _license(1, ACTIVE);
        _append(first);
        ILicenseMirror.Attestation memory attestation = _attestation();
        mirror.deliver(_one(first), attestation, _sign(attestation));

        ILicenseMirror.Update memory second = _license(2, ACTIVE);
        _append(second);
        attestation = _attestation();
        mirror.deliver(_one(second), attestation, _sign(attestation));
        vm.assertEq(mirror.nonce(), 2, "nonce");
    }

    function test_deliver_failsIfAlreadyDelivered() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        mirror.deliver(updates, attestation, signatures);
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.AlreadyDelivered.selector, 1, 3), updates, attestation, signatures
        );
    }

    function test_deliver_failsIfBatchBeginsInTheDelivered() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        mirror.deliver(updates, attestation, _sign(attestation));
        ILicenseMirror.Update memory fourth = _license(4, ACTIVE);
        _append(fourth);
        attestation = _attestation();
        _expectRefusal(abi.encodeWithSelector(ILicenseMirror.AlreadyDelivered.selector, 1, 3), updates, attestation);

        ILicenseMirror.Update[] memory overlapping = new ILicenseMirror.Update[](2);
        (overlapping[0], overlapping[1]) = (updates[2], fourth);
        _expectRefusal(abi.encodeWithSelector(ILicenseMirror.AlreadyDelivered.selector, 3, 3), overlapping, attestation);
    }

    function test_deliver_failsIfAttestedNonceIsDelivered() public {
        _deliver(_threePending());
        ILicenseMirror.Attestation memory attestation = _attestation();
        ILicenseMirror.Update memory next = _license(4, ACTIVE);
        _append(next);
        _expectRefusal(abi.encodeWithSelector(ILicenseMirror.AlreadyDelivered.selector, 3, 3), _one(next), attestation);
    }

    function test_deliver_failsIfFirstUpdateIsLeftOut() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Update[] memory tail = new ILicenseMirror.Update[](2);
        (tail[0], tail[1]) = (updates[1], updates[2]);
        _expectRefusal(abi.encodeWithSelector(ILicenseMirror.NonceGap.selector, 2, 3), tail, _attestation());
    }

    function test_deliver_failsIfMiddleUpdateIsLeftOut() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Update[] memory ends = new ILicenseMirror.Update[](2);
        (ends[0], ends[1]) = (updates[0], updates[2]);
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.nonce = 2;
        _expectRefusal(abi.encodeWithSelector(ILicenseMirror.NonceGap.selector, 2, 3), ends, attestation);
    }

    function test_deliver_failsIfLastUpdateIsLeftOut() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Update[] memory front = new ILicenseMirror.Update[](2);
        (front[0], front[1]) = (updates[0], updates[1]);
        _expectRefusal(abi.encodeWithSelector(ILicenseMirror.NonceGap.selector, 2, 3), front, _attestation());
    }

    function test_deliver_failsIfUpdatesAreReordered() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        (updates[0], updates[1]) = (updates[1], updates[0]);
        _expectRefusal(abi.encodeWithSelector(ILicenseMirror.NonceGap.selector, 1, 2), updates, _attestation());
    }

    function test_deliver_failsIfUpdatesAreReorderedAndRenumbered() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        (updates[0], updates[1]) = (updates[1], updates[0]);
        (updates[0].nonce, updates[1].nonce) = (1, 2);
        bytes32 computed = mirror.head();
        for (uint256 i = 0; i < 3; ++i) {
            computed = Reference.append(computed, updates[i]);
        }
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.HeadMismatch.selector, computed, outboxHead), updates, _attestation()
        );
    }

    function test_deliver_failsIfUpdateIsAltered() public {
        ILicenseMirror.Update memory suspended = _license(1, SUSPENDED);
        _append(suspended);
        suspended.status = ACTIVE;
        bytes32 computed = Reference.append(mirror.head(), suspended);
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.HeadMismatch.selector, computed, outboxHead),
            _one(suspended),
            _attestation()
        );
    }

    function test_deliver_failsIfUpdateHasStrayBits() public {
        ILicenseMirror.Update memory update = _license(1, ACTIVE);
        _append(update);
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes memory call_ = abi.encodeCall(mirror.deliver, (_one(update), attestation, _sign(attestation)));
        // 4 (selector) + 96 (offsets) + 256 (attestation is static) puts the updates' length here; the second word
        // after it is the kind. A bit above its eight must not pass as the same update.
        uint256 kindWord = 4 + 32 * 10 + 32 + 32;
        call_[kindWord] = 0x01;
        (bool accepted, bytes memory reason) = address(mirror).call(call_);
        vm.assertFalse(accepted, "stray bits accepted");
        vm.assertEq(bytes32(bytes4(reason)), bytes32(ILicenseMirror.HeadMismatch.selector), "reason");
    }

    function test_deliver_failsIfSourceChainIsAnother() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.sourceChainId = 1;
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.WrongSourceChain.selector, SOURCE_CHAIN_ID, 1), updates, attestation
        );
    }

    function test_deliver_failsIfSourceGenesisIsAnother() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.sourceGenesis = bytes32(uint256(1));
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.WrongSourceGenesis.selector, SOURCE_GENESIS, bytes32(uint256(1))),
            updates,
            attestation
        );
    }

    function test_deliver_failsIfSourceContractIsAnother() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.sourceContract = address(1);
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.WrongSourceContract.selector, SOURCE_CONTRACT, address(1)),
            updates,
            attestation
        );
    }

    function test_deliver_failsIfSignedForAnotherMirror() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        mirror = _newMirror(_config());
        vm.assertEq(
            bytes32(_refusal(updates, attestation, signatures)), bytes32(IAttesterSets.NotAnAttester.selector), "reason"
        );
    }

    function test_deliver_failsIfSignedForAnotherChain() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.chainId(block.chainid + 1);
        vm.assertEq(
            bytes32(_refusal(updates, attestation, signatures)), bytes32(IAttesterSets.NotAnAttester.selector), "reason"
        );
    }

    function test_deliver_failsIfBlockIsOlderThanStored() public {
        _deliver(_threePending());
        _append(_license(4, ACTIVE));
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.sourceBlock = sourceBlock - 1;
        ILicenseMirror.Update memory update = _license(4, ACTIVE);
        update.nonce = 4;
        _expectRefusal(
            abi.encodeWithSelector(
                ILicenseMirror.AttestationOutdated.selector, sourceBlock, START, sourceBlock - 1, START
            ),
            _one(update),
            attestation
        );
    }

    function test_deliver_failsIfTimeIsOlderThanStored() public {
        _deliver(_threePending());
        ILicenseMirror.Update memory update = _license(4, ACTIVE);
        _append(update);
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.sourceTime = START - 1;
        _expectRefusal(
            abi.encodeWithSelector(
                ILicenseMirror.AttestationOutdated.selector, sourceBlock, START, sourceBlock, START - 1
            ),
            _one(update),
            attestation
        );
    }

    function test_deliver_acceptsTimeAheadByTheSkew() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.sourceTime = START + mirror.MAXIMUM_CLOCK_SKEW();
        mirror.deliver(updates, attestation, _sign(attestation));
        vm.assertEq(mirror.nonce(), 3, "nonce");
    }

    function test_deliver_failsIfTimeIsAheadOfTheSkew() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        uint64 latest = START + mirror.MAXIMUM_CLOCK_SKEW();
        attestation.sourceTime = latest + 1;
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.AttestationFromFuture.selector, latest + 1, latest),
            updates,
            attestation
        );
    }

    function test_heartbeat_renewsFreshnessOnly() public {
        _deliver(_threePending());
        vm.warp(START + 10 minutes);
        _heartbeat();
        (uint64 asOfBlock, uint64 asOfTime) = mirror.asOf();
        vm.assertEq(asOfBlock, sourceBlock, "asOf block");
        vm.assertEq(asOfTime, START + 10 minutes, "asOf time");
        vm.assertEq(mirror.nonce(), 3, "nonce");
        vm.assertEq(mirror.head(), outboxHead, "head");
    }

    function test_heartbeat_worksBeforeTheFirstUpdate() public {
        _heartbeat();
        (uint64 asOfBlock,) = mirror.asOf();
        vm.assertEq(asOfBlock, sourceBlock, "asOf block");
    }

    function test_heartbeat_failsIfBlockIsTheStoredOne() public {
        _heartbeat();
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.HeartbeatNotNewer.selector, sourceBlock, sourceBlock),
            new ILicenseMirror.Update[](0),
            _attestation()
        );
    }

    function test_heartbeat_failsIfNonceIsBehind() public {
        ILicenseMirror.Attestation memory early = _attestation();
        _deliver(_threePending());
        early.sourceBlock = sourceBlock + 1;
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.AlreadyDelivered.selector, 0, 3),
            new ILicenseMirror.Update[](0),
            early
        );
    }

    function test_heartbeat_failsIfNonceIsAhead() public {
        _threePending();
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.NonceGap.selector, 0, 3),
            new ILicenseMirror.Update[](0),
            _attestation()
        );
    }

    function test_heartbeat_failsIfHeadIsAnother() public {
        ILicenseMirror.Attestation memory attestation = _attestation();
        attestation.head = bytes32(uint256(1));
        _expectRefusal(
            abi.encodeWithSelector(ILicenseMirror.HeadMismatch.selector, outboxHead, attestation.head),
            new ILicenseMirror.Update[](0),
            attestation
        );
    }

    function test_signatures_failIfTooFew() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        _expectRefusal(
            abi.encodeWithSelector(IAttesterSets.TooFewSignatures.selector, 2, 1),
            updates,
            attestation,
            _signaturesOver(_digest(attestation), 1)
        );
        _expectRefusal(
            abi.encodeWithSelector(IAttesterSets.TooFewSignatures.selector, 2, 0), updates, attestation, new bytes[](0)
        );
    }

    function test_signatures_failIfOneSignerSignsTwice() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        signatures[1] = signatures[0];
        address signer = signers[0].account;
        _expectRefusal(
            abi.encodeWithSelector(IAttesterSets.SignersNotAscending.selector, signer, signer),
            updates,
            attestation,
            signatures
        );
    }

    function test_signatures_failIfOutOfOrder() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        _expectRefusal(
            abi.encodeWithSelector(IAttesterSets.SignersNotAscending.selector, signers[1].account, signers[0].account),
            updates,
            attestation,
            signatures
        );
    }

    function test_signatures_failIfSignerIsNoAttester() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        Signer[] memory strangers = _makeSigners("stranger", 2);
        bytes[] memory signatures = new bytes[](2);
        signatures[0] = _signature(strangers[0].key, _digest(attestation));
        signatures[1] = _signature(strangers[1].key, _digest(attestation));
        _expectRefusal(
            abi.encodeWithSelector(IAttesterSets.NotAnAttester.selector, strangers[0].account, 1),
            updates,
            attestation,
            signatures
        );
    }

    function test_signatures_failIfOneMoreThanNeededIsBad() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _signaturesOver(_digest(attestation), 3);
        signatures[2] = hex"00";
        _expectRefusal(
            abi.encodeWithSelector(IAttesterSets.InvalidSignatureLength.selector, 2, 1),
            updates,
            attestation,
            signatures
        );
    }

    function test_signatures_failIfShortForm() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(signers[0].key, _digest(attestation));
        signatures[0] = abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
        _expectRefusal(
            abi.encodeWithSelector(IAttesterSets.InvalidSignatureLength.selector, 0, 64),
            updates,
            attestation,
            signatures
        );
    }

    function test_signatures_failIfHighS() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(signers[0].key, _digest(attestation));
        bytes32 mirrored = bytes32(CURVE_ORDER - uint256(s));
        signatures[0] = abi.encodePacked(r, mirrored, v == 27 ? uint8(28) : uint8(27));
        _expectRefusal(
            abi.encodeWithSelector(IAttesterSets.SignatureNotCanonical.selector, 0, mirrored),
            updates,
            attestation,
            signatures
        );
    }

    function test_signatures_failIfNoKeyBelongsToThem() public {
        ILicenseMirror.Update[] memory updates = _threePending();
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        signatures[0] = new bytes(65);
        _expectRefusal(
            abi.encodeWithSelector(IAttesterSets.InvalidSignature.selector, 0), updates, attestation, signatures
        );
        (, bytes32 r, bytes32 s) = vm.sign(signers[0].key, _digest(attestation));
        // Recovery ids 0 and 1 instead of 27 and 28 are another encoding of the same signature.
        signatures[0] = abi.encodePacked(r, s, uint8(0));
        _expectRefusal(
            abi.encodeWithSelector(IAttesterSets.InvalidSignature.selector, 0), updates, attestation, signatures
        );
    }

    function test_deliver_keepsRevokedWhateverIsAttestedLater() public {
        _commit(_license(1, ACTIVE));
        _commit(_license(1, REVOKED));
        ILicenseMirror.Update memory again = _license(1, ACTIVE);
        again.holder = address(0xBAD);
        again.version = 3;
        _append(again);
        sourceBlock += 1;
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.expectEmit(address(mirror));
        emit ILicenseMirror.LicenseKeptRevoked(1, ACTIVE, 3);
        mirror.deliver(_one(again), attestation, signatures);

        vm.assertEq(_statusOf(1), REVOKED, "status");
        vm.assertFalse(mirror.isUsable(1), "usable");
        vm.assertEq(mirror.ownerOf(1), HOLDER, "holder");
        vm.assertEq(mirror.nonce(), outboxNonce, "the lane goes on");
    }

    function test_deliver_passesOverUnknownKinds() public {
        ILicenseMirror.Update memory unknown = _flag(5, HOLDER, LICENSE_TYPE, 1);
        _append(unknown);
        ILicenseMirror.Update memory known = _license(1, ACTIVE);
        _append(known);
        ILicenseMirror.Update[] memory updates = new ILicenseMirror.Update[](2);
        (updates[0], updates[1]) = (unknown, known);
        sourceBlock += 1;
        ILicenseMirror.Attestation memory attestation = _attestation();
        bytes[] memory signatures = _sign(attestation);
        vm.expectEmit(address(mirror));
        emit ILicenseMirror.UpdateSkipped(1, 5);
        mirror.deliver(updates, attestation, signatures);
        vm.assertEq(_statusOf(1), ACTIVE, "the update behind it");
    }
}
