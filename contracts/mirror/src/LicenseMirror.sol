// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { IERC165 } from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import { AttesterSets } from "./AttesterSets.sol";
import { ILaneBrake } from "./ILaneBrake.sol";
import { ILicenseMirror } from "./ILicenseMirror.sol";
import { Lane, LaneState } from "./Lane.sol";
import { LaneBrake } from "./LaneBrake.sol";
import { AttestationLib } from "./libraries/AttestationLib.sol";
import { Class, ClassLib, ClassMemo } from "./libraries/ClassLib.sol";
import { OutboxLib } from "./libraries/OutboxLib.sol";
import { Record, RecordLib } from "./libraries/RecordLib.sol";
import { StatusLib } from "./libraries/StatusLib.sol";
import { UpdateLib } from "./libraries/UpdateLib.sol";

/// @title LicenseMirror
/// @notice See ILicenseMirror for what it is, IAttesterSets for who is trusted, ILaneBrake for when they must not be.
/// @dev Invariants: within a generation the nonce never decreases; head is the outbox head at nonce; the state is the
/// replay of the updates 1 to nonce; a revoked license is never usable again, nor is one under it; nothing is written
/// without the signatures of a threshold of attesters; nothing that an earlier generation wrote is read. The contract
/// calls no other contract, so no update can make a delivery fail.
contract LicenseMirror is ILicenseMirror, IERC165, LaneBrake {
    using ClassLib for ClassLib.Table;

    /// @notice Seconds by which an attested time may be ahead of this chain's clock. The clocks of two chains differ,
    /// and a call against a slow chain's last block sees an old time. It lengthens the maximum age by as much.
    uint64 public constant MAXIMUM_CLOCK_SKEW = 2 minutes;

    /// @notice How many licenses are looked at above one; beyond, a license is Unknown. The source lets one stand there.
    uint256 public constant MAXIMUM_DEPTH = 4;

    uint8 private constant KIND_LICENSE = 1;
    uint8 private constant KIND_HOLDER = 2;
    uint8 private constant KIND_TYPE = 3;
    uint8 private constant KIND_PAUSE = 4;

    /// @dev Lets a record be read and written with one look-up.
    struct Slot {
        Record record;
    }

    /// @dev What the replay of the outbox gives. Each generation has one of its own, so that a new one is empty.
    struct Copy {
        bool paused;
        mapping(uint256 tokenId => Slot) records;
        mapping(uint256 tokenId => uint256) parents;
        mapping(address holder => bool) frozenHolders;
        mapping(uint64 licenseType => bool) closedTypes;
        ClassLib.Table classes;
    }

    uint256 private immutable _SOURCE_CHAIN_ID;
    bytes32 private immutable _SOURCE_GENESIS;
    address private immutable _SOURCE_CONTRACT;
    uint64 private immutable _MAX_AGE;

    bytes32 private _head;
    mapping(uint256 generation => Copy) private _copies;

    constructor(Config memory config)
        Ownable(config.owner)
        EIP712("LEX Mirror", "1")
        AttesterSets(config.attesters, config.threshold)
        LaneBrake(config.guardian)
    {
        if (config.maxAge == 0) revert MaxAgeIsZero();
        _SOURCE_CHAIN_ID = config.sourceChainId;
        _SOURCE_GENESIS = config.sourceGenesis;
        _SOURCE_CONTRACT = config.sourceContract;
        _MAX_AGE = config.maxAge;
        _head = OutboxLib.genesisHead(config.sourceChainId, config.sourceContract);
    }

    /// @inheritdoc ILicenseMirror
    /// @dev The cheapest checks come first: a replayed batch is refused before anything is hashed.
    function deliver(Update[] calldata updates, Attestation calldata attestation, bytes[] calldata signatures)
        external
    {
        Lane memory lane = _lane;
        _requireNotStopped(lane);
        _requireNextNonces(lane, updates, attestation);
        _requireThisSource(attestation);
        uint256 required = _requireAcceptedEpoch(lane, attestation.epoch);
        _requireCurrent(lane, attestation);
        _requireHead(lane.nonce, updates, attestation.head);
        bytes32 digest = _hashTypedDataV4(AttestationLib.structHash(attestation));
        _requireSignatures(digest, attestation.epoch, required, signatures);

        if (lane.isIn(LaneState.Rebasing)) _followRebase(lane, updates, attestation.nonce);
        lane.nonce = attestation.nonce;
        lane.sourceBlock = attestation.sourceBlock;
        // _requireNotFromFuture bounds it by this chain's clock, which fits 40 bits for the next 34,000 years.
        lane.sourceTime = uint40(attestation.sourceTime);
        _lane = lane;
        if (updates.length != 0) {
            _head = attestation.head;
            _applyAll(_copies[lane.generation], updates);
        }
        emit Delivered(
            attestation.nonce, attestation.head, attestation.epoch, attestation.sourceBlock, attestation.sourceTime
        );
    }

    /// @inheritdoc ILaneBrake
    function rebase(bytes32 provenHead, Attestation calldata attestation, bytes[] calldata signatures)
        external
        onlyOwner
    {
        Lane memory lane = _lane;
        _requireRebaseDue(lane);
        _requireThisSource(attestation);
        // The set before may be the one that lost its keys, and nothing that it signed is taken from now on.
        lane.previousEpochUntil = 0;
        if (attestation.epoch != lane.epoch) revert EpochNotAccepted(attestation.epoch, lane.epoch, 0);
        if (attestation.head != provenHead) revert HeadMismatch(provenHead, attestation.head);
        _requireNotFromFuture(attestation);
        bytes32 digest = _hashTypedDataV4(AttestationLib.structHash(attestation));
        _requireSignatures(digest, lane.epoch, lane.threshold, signatures);

        bool holdsIt = attestation.nonce == lane.nonce && provenHead == _head;
        if (holdsIt) {
            // Thieves may have written as of when without an update: that is set right, be it back in time.
            lane.sourceBlock = attestation.sourceBlock;
            lane.sourceTime = uint40(attestation.sourceTime);
            _open(lane, lane.nonce, provenHead);
        } else {
            bytes32 first = OutboxLib.genesisHead(_SOURCE_CHAIN_ID, _SOURCE_CONTRACT);
            _head = first;
            _beginAnew(lane, attestation.nonce, provenHead);
            if (attestation.nonce == 0) {
                if (provenHead != first) revert HeadMismatch(first, provenHead);
                _open(lane, 0, first);
            }
        }
        _lane = lane;
    }

    /// @inheritdoc ILicenseMirror
    function statusOf(uint256 tokenId) external view returns (uint8 status, uint64 asOfBlock, uint64 asOfTime) {
        Lane memory lane = _lane;
        status = _isFresh(lane) ? _statusNow(_copies[lane.generation], tokenId) : StatusLib.UNKNOWN;
        return (status, lane.sourceBlock, lane.sourceTime);
    }

    /// @inheritdoc ILicenseMirror
    function isUsable(uint256 tokenId) external view returns (bool) {
        Lane memory lane = _lane;
        Copy storage copy = _copies[lane.generation];
        if (!_isFresh(lane) || copy.paused) return false;
        for (uint256 above = 0; above <= MAXIMUM_DEPTH; ++above) {
            Record record = copy.records[tokenId].record;
            if (!_isUsableAlone(copy, tokenId, record)) return false;
            if (!record.hasParent()) return true;
            tokenId = copy.parents[tokenId];
        }
        return false;
    }

    /// @inheritdoc ILicenseMirror
    function ownerOf(uint256 tokenId) external view returns (address) {
        Record record = _freshCopy().records[tokenId].record;
        if (record.status() == StatusLib.UNKNOWN) revert LicenseUnknown(tokenId);
        return record.holder();
    }

    /// @inheritdoc ILicenseMirror
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
        )
    {
        Copy storage copy = _freshCopy();
        Record record = copy.records[tokenId].record;
        holder = record.holder();
        status = record.status();
        validFrom = record.validFrom();
        validUntil = record.validUntil();
        Class class = _classOf(copy, tokenId, record);
        licenseType = class.licenseType();
        graceUntil = _graceUntil(record, class);
        if (record.hasParent()) parent = copy.parents[tokenId];
    }

    /// @inheritdoc ILicenseMirror
    function nonce() external view returns (uint64) {
        return _lane.nonce;
    }

    /// @inheritdoc ILicenseMirror
    function head() external view returns (bytes32) {
        return _head;
    }

    /// @inheritdoc ILicenseMirror
    function asOf() external view returns (uint64 sourceBlock, uint64 sourceTime) {
        return (_lane.sourceBlock, _lane.sourceTime);
    }

    /// @inheritdoc ILicenseMirror
    function maxAge() external view returns (uint64) {
        return _MAX_AGE;
    }

    /// @inheritdoc ILicenseMirror
    function source() external view returns (uint256 chainId, bytes32 genesis, address sourceContract) {
        return (_SOURCE_CHAIN_ID, _SOURCE_GENESIS, _SOURCE_CONTRACT);
    }

    /// @inheritdoc ILicenseMirror
    function isHolderFrozen(address holder) external view returns (bool) {
        return _freshCopy().frozenHolders[holder];
    }

    /// @inheritdoc ILicenseMirror
    function isTypeClosed(uint64 licenseType) external view returns (bool) {
        return _freshCopy().closedTypes[licenseType];
    }

    /// @inheritdoc ILicenseMirror
    function isPaused() external view returns (bool) {
        return _freshCopy().paused;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(ILicenseMirror).interfaceId || interfaceId == type(ILaneBrake).interfaceId
            || interfaceId == type(IERC165).interfaceId;
    }

    /// @dev The updates start right after the stored nonce and are as many as the attested nonce says.
    function _requireNextNonces(Lane memory lane, Update[] calldata updates, Attestation calldata attestation)
        private
        pure
    {
        uint64 stored = lane.nonce;
        if (updates.length == 0) {
            if (attestation.nonce < stored) revert AlreadyDelivered(attestation.nonce, stored);
            if (attestation.nonce > stored) revert NonceGap(stored, attestation.nonce);
            if (attestation.sourceBlock <= lane.sourceBlock) {
                revert HeartbeatNotNewer(lane.sourceBlock, attestation.sourceBlock);
            }
            return;
        }
        uint64 first = updates[0].nonce;
        if (first <= stored) revert AlreadyDelivered(first, stored);
        if (attestation.nonce <= stored) revert AlreadyDelivered(attestation.nonce, stored);
        // Calldata cannot hold 2^64 updates, and the source cannot append as many.
        uint64 last = stored + uint64(updates.length);
        if (attestation.nonce != last) revert NonceGap(last, attestation.nonce);
    }

    function _requireThisSource(Attestation calldata attestation) private view {
        if (attestation.sourceChainId != _SOURCE_CHAIN_ID) {
            revert WrongSourceChain(_SOURCE_CHAIN_ID, attestation.sourceChainId);
        }
        if (attestation.sourceGenesis != _SOURCE_GENESIS) {
            revert WrongSourceGenesis(_SOURCE_GENESIS, attestation.sourceGenesis);
        }
        if (attestation.sourceContract != _SOURCE_CONTRACT) {
            revert WrongSourceContract(_SOURCE_CONTRACT, attestation.sourceContract);
        }
    }

    /// @dev Freshness never moves back, and never ahead of this chain's clock by more than the skew.
    function _requireCurrent(Lane memory lane, Attestation calldata attestation) private view {
        if (attestation.sourceBlock < lane.sourceBlock || attestation.sourceTime < lane.sourceTime) {
            revert AttestationOutdated(
                lane.sourceBlock, lane.sourceTime, attestation.sourceBlock, attestation.sourceTime
            );
        }
        _requireNotFromFuture(attestation);
    }

    function _requireNotFromFuture(Attestation calldata attestation) private view {
        uint64 latestAccepted = uint64(block.timestamp) + MAXIMUM_CLOCK_SKEW;
        if (attestation.sourceTime > latestAccepted) {
            revert AttestationFromFuture(attestation.sourceTime, latestAccepted);
        }
    }

    function _requireHead(uint64 storedNonce, Update[] calldata updates, bytes32 attested) private view {
        bytes32 computed = OutboxLib.extend(_head, updates);
        if (computed == attested) return;
        // The hash covers the nonces too. They are looked at only now, to tell a gap from an altered update.
        for (uint256 i = 0; i < updates.length; ++i) {
            uint64 expected = storedNonce + uint64(i) + 1;
            if (updates[i].nonce != expected) revert NonceGap(expected, updates[i].nonce);
        }
        revert HeadMismatch(computed, attested);
    }

    /// @dev Opens a lane that is being re-based when this delivery brings it to the proven head, or beyond.
    function _followRebase(Lane memory lane, Update[] calldata updates, uint64 attestedNonce) private {
        (uint64 provenNonce, bytes32 provenHead) = _proven();
        if (attestedNonce < provenNonce) return;
        // The lane is before the proven nonce while it is being re-based, and the updates reach it.
        bytes32 computed = OutboxLib.extend(_head, updates[:provenNonce - lane.nonce]);
        if (computed != provenHead) revert HeadMismatch(computed, provenHead);
        _open(lane, provenNonce, provenHead);
    }

    function _applyAll(Copy storage copy, Update[] calldata updates) private {
        ClassMemo memo;
        for (uint256 i = 0; i < updates.length; ++i) {
            Update calldata update = UpdateLib.get(updates, i);
            if (UpdateLib.kind(update) == KIND_LICENSE) memo = _applyLicense(copy, update, memo);
            else _applyRestriction(copy, update);
        }
    }

    function _applyLicense(Copy storage copy, Update calldata update, ClassMemo memo) private returns (ClassMemo) {
        uint256 tokenId = update.tokenId;
        uint8 status = UpdateLib.status(update);
        // The source changes only the holder of a revoked license, whose key was lost. Should a broken source or a
        // threshold of attesters say otherwise, the license stays as it was; reverting would hold up all other updates.
        Slot storage slot = copy.records[tokenId];
        if (slot.record.status() == StatusLib.REVOKED && status != StatusLib.REVOKED) {
            emit LicenseKeptRevoked(tokenId, status, UpdateLib.version(update));
            return memo;
        }
        if (update.parent != 0 && copy.parents[tokenId] != update.parent) copy.parents[tokenId] = update.parent;
        (slot.record, memo) = _recordOf(copy, update, memo);
        emit LicenseUpdated(tokenId, UpdateLib.version(update));
        return memo;
    }

    /// @dev The license in one word, its class written down.
    function _recordOf(Copy storage copy, Update calldata update, ClassMemo memo) private returns (Record, ClassMemo) {
        (uint40 from, uint40 until, uint40 graceUntil) = RecordLib.saturate(
            UpdateLib.validFrom(update), UpdateLib.validUntil(update), UpdateLib.graceUntil(update)
        );
        Class class = ClassLib.toClass(UpdateLib.licenseType(update), until, graceUntil);
        memo = copy.classes.put(memo, update.tokenId, class);
        uint8 status = StatusLib.storedOrUnknown(UpdateLib.status(update));
        Record record = RecordLib.pack(UpdateLib.holder(update), from, until, status, update.parent != 0, memo.number());
        return (record, memo);
    }

    function _applyRestriction(Copy storage copy, Update calldata update) private {
        // Anything but 0 counts as frozen, closed or paused: what the mirror does not understand must not look usable.
        bool restricted = UpdateLib.status(update) != 0;
        uint8 kind = UpdateLib.kind(update);
        if (kind == KIND_HOLDER) {
            copy.frozenHolders[UpdateLib.holder(update)] = restricted;
            emit HolderFrozenChanged(UpdateLib.holder(update), restricted);
        } else if (kind == KIND_TYPE) {
            copy.closedTypes[UpdateLib.licenseType(update)] = restricted;
            emit TypeClosedChanged(UpdateLib.licenseType(update), restricted);
        } else if (kind == KIND_PAUSE) {
            copy.paused = restricted;
            emit PauseChanged(restricted);
        } else {
            // Reverting would hold up every later update, revocations among them, for as long as this mirror stands.
            emit UpdateSkipped(UpdateLib.nonce(update), kind);
        }
    }

    function _isFresh(Lane memory lane) private view returns (bool) {
        // Both fit 64 bits, so the sum cannot overflow.
        return lane.isIn(LaneState.Open) && block.timestamp <= uint256(lane.sourceTime) + _MAX_AGE;
    }

    function _freshCopy() private view returns (Copy storage) {
        Lane memory lane = _lane;
        if (!_isFresh(lane)) revert MirrorStale(lane.sourceTime, _MAX_AGE);
        return _copies[lane.generation];
    }

    /// @dev Whether nothing but a license above it or a pause keeps it from being used.
    function _isUsableAlone(Copy storage copy, uint256 tokenId, Record record) private view returns (bool) {
        return _statusAlone(copy, tokenId, record) == StatusLib.ACTIVE && !copy.frozenHolders[record.holder()]
            && !copy.closedTypes[_classOf(copy, tokenId, record).licenseType()];
    }

    /// @dev The weakest status of the license and all above it. One that is not in the mirror is Unknown.
    function _statusNow(Copy storage copy, uint256 tokenId) private view returns (uint8 status) {
        Record record = copy.records[tokenId].record;
        status = _statusAlone(copy, tokenId, record);
        for (uint256 above = 0; record.hasParent(); ++above) {
            if (above == MAXIMUM_DEPTH) return StatusLib.under(status, StatusLib.UNKNOWN);
            tokenId = copy.parents[tokenId];
            record = copy.records[tokenId].record;
            status = StatusLib.under(status, _statusAlone(copy, tokenId, record));
        }
    }

    function _statusAlone(Copy storage copy, uint256 tokenId, Record record) private view returns (uint8) {
        return StatusLib.statusAt(
            record.status(),
            record.validFrom(),
            record.validUntil(),
            _graceUntil(record, _classOf(copy, tokenId, record)),
            uint64(block.timestamp)
        );
    }

    function _classOf(Copy storage copy, uint256 tokenId, Record record) private view returns (Class) {
        return copy.classes.get(tokenId, record.classId());
    }

    /// @dev The sum was at most 2^40 - 1 when the record was written.
    function _graceUntil(Record record, Class class) private pure returns (uint64) {
        return uint64(record.validUntil()) + class.gracePeriod();
    }
}
