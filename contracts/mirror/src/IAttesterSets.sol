// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Who may attest, epoch by epoch
/// @notice A set replaces the current one after a delay, scheduled by the owner or by the current set itself. For a
/// bounded time after that, attestations of the previous epoch that were on their way are still accepted.
interface IAttesterSets {
    /// @notice A set was scheduled; it may be activated from `activeFrom` (Unix seconds) on.
    event AttestersScheduled(uint64 indexed epoch, address[] attesters, uint8 threshold, uint64 activeFrom);
    /// @notice The scheduled set was dropped.
    event AttestersCancelled(uint64 indexed epoch);
    /// @notice `epoch` is now current. The one before is accepted until `previousUntil` (Unix seconds), inclusive.
    event AttestersActivated(uint64 indexed epoch, address[] attesters, uint8 threshold, uint64 previousUntil);

    /// @notice A set has at most 32 members.
    error TooManyAttesters(uint256 attesters, uint256 maximum);
    /// @notice The members of a set are distinct, not zero and in strictly ascending order.
    error AttestersNotAscending(address previous, address attester);
    /// @notice The threshold lies outside of `minimum` to `maximum`, the size of the set.
    error ThresholdOutOfRange(uint8 threshold, uint8 minimum, uint256 maximum);
    /// @notice A set is scheduled already, for activation from `activeFrom` (Unix seconds) on.
    error AlreadyScheduled(uint64 activeFrom);
    /// @notice There is no scheduled set.
    error NothingScheduled();
    /// @notice The scheduled set cannot be activated before `activeFrom` (Unix seconds).
    error ActivationTooEarly(uint64 activeFrom);
    /// @notice The epoch is not current, and not the previous one within its retention.
    error EpochNotAccepted(uint64 epoch, uint64 current, uint64 previousUntil);
    /// @notice Fewer signatures than the epoch's threshold.
    error TooFewSignatures(uint256 required, uint256 actual);
    /// @notice A signature is not 65 bytes long.
    error InvalidSignatureLength(uint256 index, uint256 length);
    /// @notice A signature has its s value in the upper half of the curve's order.
    error SignatureNotCanonical(uint256 index, bytes32 s);
    /// @notice No public key belongs to the signature.
    error InvalidSignature(uint256 index);
    /// @notice The signer is not a member of the epoch's set, or did not sign this digest.
    error NotAnAttester(address signer, uint64 epoch);
    /// @notice The signers are not distinct and in ascending order.
    error SignersNotAscending(address previous, address signer);

    /// @notice Schedules the next set. Owner only. Replaces a set that is scheduled already and restarts the delay.
    function scheduleAttesters(address[] calldata attesters, uint8 threshold) external;

    /// @notice Schedules the next set on the decision of the current one: `signatures` are of its members, as many as
    /// its threshold, over the typed data `Rotation(uint64 epoch,uint64 sequence,uint8 threshold,address[] attesters)`
    /// with the current epoch and `rotationSequence()`. Anyone may call; not while a set is scheduled.
    function scheduleAttestersBySignatures(address[] calldata attesters, uint8 threshold, bytes[] calldata signatures)
        external;

    /// @notice Drops the scheduled set. Owner only.
    function cancelAttesters() external;

    /// @notice Makes the scheduled set current once its delay has passed. Anyone may call.
    function activateAttesters() external;

    /// @notice The current epoch; the first is 1.
    function epoch() external view returns (uint64);

    /// @notice Last second in which the epoch before the current one is accepted; 0 before the first rotation and after
    /// a re-base.
    function previousEpochUntil() external view returns (uint64);

    /// @notice The set of an epoch: empty and 0 when there was none.
    function attestersOf(uint64 epoch) external view returns (address[] memory attesters, uint8 threshold);

    /// @notice Whether `attester` is a member of the epoch's set.
    function isAttester(uint64 epoch, address attester) external view returns (bool);

    /// @notice The scheduled set: empty, 0 and 0 when there is none.
    function scheduledAttesters() external view returns (address[] memory attesters, uint8 threshold, uint64 activeFrom);

    /// @notice Number of schedulings and cancellations so far; part of what a rotation's signers sign, so that a
    /// decision counts once.
    function rotationSequence() external view returns (uint64);
}
