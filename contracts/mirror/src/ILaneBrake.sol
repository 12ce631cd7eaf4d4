// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { ILicenseMirror } from "./ILicenseMirror.sol";
import { LaneState } from "./Lane.sol";

/// @title The brake of a lane, and its repair
/// @notice Whoever steals the keys of a threshold of attesters can write one forged update, and then no honest delivery
/// continues it. The guardian stops the lane at once: everything is Unknown. After a delay, in which the owner replaces
/// the attesters, the owner re-bases the lane to a head that the current attesters prove.
/// @dev A head commits to every update before it. If the proven head is the lane's own, nothing forged is in it, and
/// the lane opens as it stands: a false alarm costs the delay and nothing else. Otherwise nothing in the mirror can be
/// told from what was forged, so that all of it is given up: a new generation begins, empty, with the first update. The
/// lane answers when it has the proven head, which no forged history leads to. What attesters sign for this is an
/// ordinary attestation: it says all that is to be proven, and nothing new has to be signed by keys that are always on.
interface ILaneBrake {
    /// @notice Another guardian was named.
    event GuardianChanged(address indexed previous, address indexed guardian);
    /// @notice The guardian stopped the lane. It can be re-based from `rebaseFrom` (Unix seconds) on.
    event LaneStopped(address indexed guardian, uint64 rebaseFrom);
    /// @notice The lane begins anew with the first update, and answers when it holds `head` at `nonce`.
    event LaneRebased(uint64 indexed generation, uint64 nonce, bytes32 head);
    /// @notice The lane answers again: what it holds is proven.
    event LaneOpened(uint64 indexed generation, uint64 nonce, bytes32 head);

    /// @notice The caller is not the guardian.
    error NotGuardian(address caller);
    /// @notice The guardian stopped the lane: it takes no delivery.
    error DeliveryStopped(uint64 since);
    /// @notice The lane is stopped already; the delay runs.
    error AlreadyStopped(uint64 since);
    /// @notice The lane is not stopped: there is nothing to re-base.
    error NotStopped();
    /// @notice The lane cannot be re-based before `rebaseFrom` (Unix seconds).
    error RebaseTooEarly(uint64 rebaseFrom);

    /// @notice Names the guardian; zero for nobody. Owner only.
    function setGuardian(address guardian) external;

    /// @notice Stops the lane, one that is being re-based too: everything is Unknown until the owner re-bases it.
    /// Guardian only.
    function setUnknown() external;

    /// @notice Re-bases a stopped lane after the delay. Owner only.
    /// @param head The head that the owner found to be the source's.
    /// @param attestation Of the current epoch, about that head; it may be old.
    /// @param signatures As for `deliver`.
    function rebase(bytes32 head, ILicenseMirror.Attestation calldata attestation, bytes[] calldata signatures) external;

    /// @notice Who may stop the lane; zero for nobody.
    function guardian() external view returns (address);

    /// @notice Whether the lane is open, and what it waits for if not.
    /// @return state See `LaneState`.
    /// @return generation Counts the re-bases that began anew.
    /// @return rebaseFrom Stopped: when it can be re-based (Unix seconds), else 0.
    /// @return nonce Rebasing: the nonce of the proven head, else 0.
    /// @return head Rebasing: the proven head, else 0.
    function laneState()
        external
        view
        returns (LaneState state, uint64 generation, uint64 rebaseFrom, uint64 nonce, bytes32 head);
}
