// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Ownable2Step } from "@openzeppelin/contracts/access/Ownable2Step.sol";
import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { IAttesterSets } from "./IAttesterSets.sol";
import { Lane } from "./Lane.sol";
import { AttestationLib } from "./libraries/AttestationLib.sol";

/// @title Attester sets, their rotation, and the check of their signatures
/// @dev Roles: the owner schedules and cancels; k members of the current set may schedule too; anyone activates.
abstract contract AttesterSets is IAttesterSets, Ownable2Step, EIP712 {
    /// @notice One signer is never enough: one stolen key or one lied-to endpoint must not write the mirror.
    uint8 public constant MINIMUM_THRESHOLD = 2;
    /// @notice Bounds the gas of a delivery and of a rotation.
    uint256 public constant MAXIMUM_ATTESTERS = 32;
    /// @notice Seconds between scheduling a set and activating it: time for everyone to see it, and to cancel it.
    uint64 public constant ROTATION_DELAY = 1 days;
    /// @notice Seconds for which the previous epoch is still accepted: enough for attestations on their way, short
    /// because a set may be replaced for losing its keys. Attesters can sign anew in the new epoch at any time.
    uint64 public constant PREVIOUS_EPOCH_RETENTION = 1 hours;

    struct AttesterSet {
        address[] attesters;
        uint8 threshold;
    }

    struct ScheduledSet {
        address[] attesters;
        uint8 threshold;
        uint64 activeFrom;
    }

    ScheduledSet private _scheduled;
    uint64 private _rotationSequence;
    mapping(uint64 epoch => AttesterSet) private _sets;
    mapping(uint64 epoch => mapping(address attester => bool)) private _isAttester;
    Lane internal _lane;

    constructor(address[] memory attesters, uint8 threshold) {
        _requireValidSet(attesters, threshold);
        _activate(attesters, threshold, 0);
    }

    /// @inheritdoc IAttesterSets
    function scheduleAttesters(address[] calldata attesters, uint8 threshold) external onlyOwner {
        _schedule(attesters, threshold);
    }

    /// @inheritdoc IAttesterSets
    function scheduleAttestersBySignatures(address[] calldata attesters, uint8 threshold, bytes[] calldata signatures)
        external
    {
        // Only the owner replaces a scheduled set; otherwise a set that lost its keys could keep its successor out.
        if (_scheduled.activeFrom != 0) revert AlreadyScheduled(_scheduled.activeFrom);
        uint64 current = _lane.epoch;
        bytes32 structHash = AttestationLib.rotationHash(current, _rotationSequence, threshold, attesters);
        _requireSignatures(_hashTypedDataV4(structHash), current, _lane.threshold, signatures);
        _schedule(attesters, threshold);
    }

    /// @inheritdoc IAttesterSets
    function cancelAttesters() external onlyOwner {
        if (_scheduled.activeFrom == 0) revert NothingScheduled();
        delete _scheduled;
        _rotationSequence += 1;
        emit AttestersCancelled(_lane.epoch + 1);
    }

    /// @inheritdoc IAttesterSets
    function activateAttesters() external {
        ScheduledSet memory scheduled = _scheduled;
        if (scheduled.activeFrom == 0) revert NothingScheduled();
        if (block.timestamp < scheduled.activeFrom) revert ActivationTooEarly(scheduled.activeFrom);

        delete _scheduled;
        _activate(scheduled.attesters, scheduled.threshold, uint40(block.timestamp + PREVIOUS_EPOCH_RETENTION));
    }

    /// @inheritdoc IAttesterSets
    function epoch() external view returns (uint64) {
        return _lane.epoch;
    }

    /// @inheritdoc IAttesterSets
    function previousEpochUntil() external view returns (uint64) {
        return _lane.previousEpochUntil;
    }

    /// @inheritdoc IAttesterSets
    function attestersOf(uint64 setEpoch) external view returns (address[] memory attesters, uint8 threshold) {
        AttesterSet storage set = _sets[setEpoch];
        return (set.attesters, set.threshold);
    }

    /// @inheritdoc IAttesterSets
    function isAttester(uint64 setEpoch, address attester) external view returns (bool) {
        return _isAttester[setEpoch][attester];
    }

    /// @inheritdoc IAttesterSets
    function scheduledAttesters()
        external
        view
        returns (address[] memory attesters, uint8 threshold, uint64 activeFrom)
    {
        return (_scheduled.attesters, _scheduled.threshold, _scheduled.activeFrom);
    }

    /// @inheritdoc IAttesterSets
    function rotationSequence() external view returns (uint64) {
        return _rotationSequence;
    }

    /// @dev The number of signatures that an attestation of this epoch needs, if it may be delivered now.
    function _requireAcceptedEpoch(Lane memory lane, uint64 signingEpoch) internal view returns (uint256 required) {
        if (signingEpoch == lane.epoch) return lane.threshold;
        // Epochs start at 1 and the first one retains none before it, so epoch 0 is never accepted.
        bool retained = signingEpoch == lane.epoch - 1 && block.timestamp <= lane.previousEpochUntil;
        if (!retained) revert EpochNotAccepted(signingEpoch, lane.epoch, lane.previousEpochUntil);
        return _sets[signingEpoch].threshold;
    }

    /// @dev Requires that `required` or more members of the epoch's set signed `digest`. Every signature given must be
    /// good, and the signers must ascend: that makes them distinct.
    function _requireSignatures(bytes32 digest, uint64 signingEpoch, uint256 required, bytes[] calldata signatures)
        internal
        view
    {
        uint256 count = signatures.length;
        if (count < required) revert TooFewSignatures(required, count);

        mapping(address attester => bool) storage members = _isAttester[signingEpoch];
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            address signer = _recover(digest, signatures[i], i);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            if (!members[signer]) revert NotAnAttester(signer, signingEpoch);
            previous = signer;
        }
    }

    function _recover(bytes32 digest, bytes calldata signature, uint256 index) private pure returns (address) {
        (address signer, ECDSA.RecoverError problem, bytes32 detail) = ECDSA.tryRecoverCalldata(digest, signature);
        if (problem == ECDSA.RecoverError.NoError) return signer;
        if (problem == ECDSA.RecoverError.InvalidSignatureLength) {
            revert InvalidSignatureLength(index, signature.length);
        }
        if (problem == ECDSA.RecoverError.InvalidSignatureS) revert SignatureNotCanonical(index, detail);
        revert InvalidSignature(index);
    }

    function _schedule(address[] calldata attesters, uint8 threshold) private {
        _requireValidSet(attesters, threshold);
        uint64 activeFrom = uint64(block.timestamp) + ROTATION_DELAY;
        _scheduled = ScheduledSet({ attesters: attesters, threshold: threshold, activeFrom: activeFrom });
        _rotationSequence += 1;
        emit AttestersScheduled(_lane.epoch + 1, attesters, threshold, activeFrom);
    }

    function _activate(address[] memory attesters, uint8 threshold, uint40 previousUntil) private {
        uint24 current = _lane.epoch + 1;
        _lane.epoch = current;
        _lane.threshold = threshold;
        _lane.previousEpochUntil = previousUntil;
        _sets[current] = AttesterSet({ attesters: attesters, threshold: threshold });
        for (uint256 i = 0; i < attesters.length; ++i) {
            _isAttester[current][attesters[i]] = true;
        }
        emit AttestersActivated(current, attesters, threshold, previousUntil);
    }

    function _requireValidSet(address[] memory attesters, uint8 threshold) private pure {
        uint256 count = attesters.length;
        if (count > MAXIMUM_ATTESTERS) revert TooManyAttesters(count, MAXIMUM_ATTESTERS);
        if (threshold < MINIMUM_THRESHOLD || threshold > count) {
            revert ThresholdOutOfRange(threshold, MINIMUM_THRESHOLD, count);
        }
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            if (attesters[i] <= previous) revert AttestersNotAscending(previous, attesters[i]);
            previous = attesters[i];
        }
    }
}
