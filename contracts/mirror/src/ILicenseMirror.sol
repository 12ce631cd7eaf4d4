// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The Ethereum copy of one LEX license contract
/// @notice The source contract keeps an outbox: a chain of hashes over every change of what a reader may believe about
/// a license. Attesters who have verified the outbox sign its head; anyone may deliver the updates up to that head.
/// The mirror recomputes the head itself, so a delivery can neither leave out, reorder nor alter an update.
/// @dev All times are Unix seconds. Status codes: 0 Unknown, 1 Pending, 2 Active, 3 Suspended, 4 Revoked, 5 Archived
/// are stored; 6 NotYetValid, 7 InGrace, 8 Expired are derived from Active when read. A license under another one is never
/// better than that one is at that moment. While the lane is stopped or re-based (ILaneBrake), everything is Unknown.
interface ILicenseMirror {
    /// @notice One entry of the source's outbox. Fields that a kind does not use are zero.
    /// @param nonce Position in the outbox; the first update has nonce 1, and there are no gaps.
    /// @param kind 1 license changed, 2 holder frozen or released, 3 license type closed or reopened, 4 pause or its end.
    /// @param tokenId Kind 1: the license.
    /// @param holder Kind 1: the license's holder; kind 2: the holder frozen or released.
    /// @param licenseType Kind 1: the license's type; kind 3: the type closed or reopened.
    /// @param status Kind 1: the stored status, 1 to 5; kinds 2 to 4: 1 frozen, closed, paused and 0 its end.
    /// @param validFrom Start of the term, inclusive.
    /// @param validUntil End of the term, exclusive.
    /// @param graceUntil End of the grace period, exclusive.
    /// @param version Counts the updates of the license, from 1.
    /// @param parent Kind 1: the license above this one, 0 for none. The status is the license's own; what holds is
    /// computed from the parent's when it is asked for.
    struct Update {
        uint64 nonce;
        uint8 kind;
        uint256 tokenId;
        address holder;
        uint64 licenseType;
        uint8 status;
        uint64 validFrom;
        uint64 validUntil;
        uint64 graceUntil;
        uint32 version;
        uint256 parent;
    }

    /// @notice What an attester signs (EIP-712, domain "LEX Mirror" version "1" of this chain and this contract):
    /// "at `sourceBlock`, finalized, the outbox of `sourceContract` contained nothing after `nonce`, whose head is
    /// `head`".
    /// @param sourceChainId Ethereum chain id of the source chain.
    /// @param sourceGenesis Hash of the source chain's first block.
    /// @param sourceContract The license contract.
    /// @param epoch The attester set that signs.
    /// @param nonce The outbox position attested.
    /// @param head The outbox head at `nonce`.
    /// @param sourceBlock A finalized block of the source chain.
    /// @param sourceTime Timestamp of `sourceBlock`.
    struct Attestation {
        uint256 sourceChainId;
        bytes32 sourceGenesis;
        address sourceContract;
        uint64 epoch;
        uint64 nonce;
        bytes32 head;
        uint64 sourceBlock;
        uint64 sourceTime;
    }

    /// @notice What the mirror is deployed with. The first attester set is epoch 1.
    /// @param sourceChainId See `Attestation`.
    /// @param sourceGenesis See `Attestation`.
    /// @param sourceContract See `Attestation`.
    /// @param owner May schedule and cancel attester sets, name the guardian and re-base; meant to be a multisig.
    /// @param guardian May stop the lane; zero for nobody.
    /// @param attesters The first set: 2 to 32 addresses, strictly ascending.
    /// @param threshold Signatures that a delivery needs: at least 2, at most the size of the set.
    /// @param maxAge Seconds after `sourceTime` for which the mirror answers; beyond, everything is Unknown.
    struct Config {
        uint256 sourceChainId;
        bytes32 sourceGenesis;
        address sourceContract;
        address owner;
        address guardian;
        address[] attesters;
        uint8 threshold;
        uint64 maxAge;
    }

    /// @notice A delivery was accepted: the mirror now holds the outbox up to `nonce`. Comes after the events of its
    /// updates, which are in the order of the outbox.
    event Delivered(uint64 indexed nonce, bytes32 head, uint64 epoch, uint64 sourceBlock, uint64 sourceTime);
    /// @notice A license was written as it is in its version `version`.
    event LicenseUpdated(uint256 indexed tokenId, uint32 version);
    /// @notice An attested update that gives a revoked license another status was not written: revoked is terminal
    /// here too. (That its holder's lost key was replaced is written.)
    event LicenseKeptRevoked(uint256 indexed tokenId, uint8 status, uint32 version);
    /// @notice A holder was frozen or released.
    event HolderFrozenChanged(address indexed holder, bool frozen);
    /// @notice A license type was closed or reopened.
    event TypeClosedChanged(uint64 indexed licenseType, bool closed);
    /// @notice The source contract was paused or resumed.
    event PauseChanged(bool paused);
    /// @notice An update of a kind that this mirror does not know was passed over.
    event UpdateSkipped(uint64 indexed nonce, uint8 kind);

    /// @notice A delivery without updates does not renew freshness: its block is not after the stored one.
    error HeartbeatNotNewer(uint64 storedBlock, uint64 attestedBlock);
    /// @notice The updates up to `nonce` (at least) are in the mirror already; deliver from `storedNonce` + 1.
    error AlreadyDelivered(uint64 nonce, uint64 storedNonce);
    /// @notice The updates do not continue the outbox without a gap, or do not end at the attested nonce.
    error NonceGap(uint64 expected, uint64 actual);
    /// @notice The updates do not hash to the attested head: one is altered, left out or from another outbox.
    error HeadMismatch(bytes32 computed, bytes32 attested);
    /// @notice The attestation is about another chain id.
    error WrongSourceChain(uint256 expected, uint256 actual);
    /// @notice The attestation is about another chain with the same chain id.
    error WrongSourceGenesis(bytes32 expected, bytes32 actual);
    /// @notice The attestation is about another license contract.
    error WrongSourceContract(address expected, address actual);
    /// @notice The attestation is older than what the mirror already shows.
    error AttestationOutdated(uint64 storedBlock, uint64 storedTime, uint64 attestedBlock, uint64 attestedTime);
    /// @notice The attested time lies further ahead of this chain's clock than the allowed skew.
    error AttestationFromFuture(uint64 attestedTime, uint64 latestAccepted);
    /// @notice The configured maximum age is zero.
    error MaxAgeIsZero();
    /// @notice The license is not in the mirror.
    error LicenseUnknown(uint256 tokenId);
    /// @notice The mirror has not been renewed for longer than its maximum age, or its lane is not open.
    error MirrorStale(uint64 asOfTime, uint64 maxAge);

    /// @notice Applies `updates` after checking that `attestation` covers exactly them and that enough attesters
    /// signed it. Anyone may call. Without updates it is a heartbeat: it renews freshness only.
    /// @param updates Consecutive outbox entries that follow the stored nonce.
    /// @param attestation The statement about the outbox head after the last update.
    /// @param signatures 65-byte ECDSA signatures (r, s, v) of the attestation's digest, in ascending order of signer.
    function deliver(Update[] calldata updates, Attestation calldata attestation, bytes[] calldata signatures) external;

    /// @notice The status of a license at this chain's current time, and what it rests on.
    /// @return status One of the codes above, that of the licenses above it considered; 0 Unknown when the license is
    /// not in the mirror, one above it is not, or the mirror is stale.
    /// @return asOfBlock The source block up to which the mirror is complete.
    /// @return asOfTime The timestamp of that block.
    function statusOf(uint256 tokenId) external view returns (uint8 status, uint64 asOfBlock, uint64 asOfTime);

    /// @notice True when the mirror is fresh, the license is Active and in its term, its type is open, its holder is
    /// not frozen and nothing is paused; and all that of every license above it too.
    function isUsable(uint256 tokenId) external view returns (bool);

    /// @notice The holder of a license, of a revoked or archived one too (for the record).
    /// Reverts with LicenseUnknown or MirrorStale.
    function ownerOf(uint256 tokenId) external view returns (address);

    /// @notice The license as it was last written; all zero when it is not in the mirror. Reverts with MirrorStale.
    /// @return holder The holder.
    /// @return licenseType The license type.
    /// @return status The stored status (0 to 5), not the one that holds now: see `statusOf`.
    /// @return validFrom Start of the term, inclusive; like all three times at most 2^40 - 1 (later times show so).
    /// @return validUntil End of the term, exclusive.
    /// @return graceUntil End of the grace period, exclusive; not before `validUntil`.
    /// @return parent The license above it; 0 for none.
    function licenseOf(uint256 tokenId)
        external
        view
        returns (
            address holder,
            uint64 licenseType,
            uint8 status,
            uint64 validFrom,
            uint64 validUntil,
            uint64 graceUntil,
            uint256 parent
        );

    /// @notice The last outbox nonce that was delivered; 0 before the first, and when a re-base begins anew.
    function nonce() external view returns (uint64);

    /// @notice The outbox head at `nonce()`.
    function head() external view returns (bytes32);

    /// @notice The source block up to which the mirror is complete, and its timestamp.
    function asOf() external view returns (uint64 sourceBlock, uint64 sourceTime);

    /// @notice Seconds after `asOf` for which the mirror answers.
    function maxAge() external view returns (uint64);

    /// @notice The contract that this mirror copies.
    function source() external view returns (uint256 chainId, bytes32 genesis, address sourceContract);

    /// @notice Whether the source froze this holder. Reverts with MirrorStale.
    function isHolderFrozen(address holder) external view returns (bool);

    /// @notice Whether the source closed this license type. Reverts with MirrorStale.
    function isTypeClosed(uint64 licenseType) external view returns (bool);

    /// @notice Whether the source is paused. Reverts with MirrorStale.
    function isPaused() external view returns (bool);
}
