// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { AttesterSets } from "./AttesterSets.sol";
import { ILaneBrake } from "./ILaneBrake.sol";
import { Lane, LaneState } from "./Lane.sol";

/// @title Who stops a lane, since when, and to which head it is re-based
/// @dev Roles: the guardian stops, and does nothing else; the owner re-bases after the delay.
abstract contract LaneBrake is ILaneBrake, AttesterSets {
    /// @notice Seconds between stopping a lane and re-basing it: time to replace attesters (ROTATION_DELAY and
    /// PREVIOUS_EPOCH_RETENTION fit into it), and for everyone to see what an owner with a stolen key is about to do.
    uint64 public constant REBASE_DELAY = 2 days;

    address private _guardian;
    uint64 private _stoppedAt;
    // The head that a lane which is being re-based has to lead to.
    uint64 private _provenNonce;
    bytes32 private _provenHead;

    constructor(address firstGuardian) {
        _setGuardian(firstGuardian);
    }

    /// @inheritdoc ILaneBrake
    function setGuardian(address nextGuardian) external onlyOwner {
        _setGuardian(nextGuardian);
    }

    /// @inheritdoc ILaneBrake
    function setUnknown() external {
        if (msg.sender != _guardian) revert NotGuardian(msg.sender);
        // Stopping again would put the repair off for ever.
        Lane memory lane = _lane;
        if (lane.isIn(LaneState.Stopped)) revert AlreadyStopped(_stoppedAt);
        lane.moveTo(LaneState.Stopped);
        _lane = lane;
        _stoppedAt = uint64(block.timestamp);
        emit LaneStopped(msg.sender, _stoppedAt + REBASE_DELAY);
    }

    /// @inheritdoc ILaneBrake
    function guardian() external view returns (address) {
        return _guardian;
    }

    /// @inheritdoc ILaneBrake
    function laneState()
        external
        view
        returns (LaneState state, uint64 generation, uint64 rebaseFrom, uint64 nonce, bytes32 head)
    {
        (state, generation) = (LaneState(_lane.state), _lane.generation);
        if (state == LaneState.Stopped) rebaseFrom = _stoppedAt + REBASE_DELAY;
        if (state == LaneState.Rebasing) (nonce, head) = (_provenNonce, _provenHead);
    }

    function _requireRebaseDue(Lane memory lane) internal view {
        if (!lane.isIn(LaneState.Stopped)) revert NotStopped();
        uint64 rebaseFrom = _stoppedAt + REBASE_DELAY;
        if (block.timestamp < rebaseFrom) revert RebaseTooEarly(rebaseFrom);
    }

    function _requireNotStopped(Lane memory lane) internal view {
        if (lane.isIn(LaneState.Stopped)) revert DeliveryStopped(_stoppedAt);
    }

    /// @dev Begins a new generation of `lane`, in memory.
    function _beginAnew(Lane memory lane, uint64 provenNonce, bytes32 provenHead) internal {
        lane.generation += 1;
        (lane.nonce, lane.sourceBlock, lane.sourceTime) = (0, 0, 0);
        lane.moveTo(LaneState.Rebasing);
        (_provenNonce, _provenHead) = (provenNonce, provenHead);
        emit LaneRebased(lane.generation, provenNonce, provenHead);
    }

    function _proven() internal view returns (uint64 nonce, bytes32 head) {
        return (_provenNonce, _provenHead);
    }

    /// @dev Opens `lane`, in memory.
    function _open(Lane memory lane, uint64 nonce, bytes32 head) internal {
        lane.moveTo(LaneState.Open);
        emit LaneOpened(lane.generation, nonce, head);
    }

    function _setGuardian(address nextGuardian) private {
        emit GuardianChanged(_guardian, nextGuardian);
        _guardian = nextGuardian;
    }
}
