// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import { Ownable } from "@openzeppelin/contracts/access/Ownable.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import { IERC165 } from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import { AttesterSets } from "./AttesterSets.sol";
import { ILicenseMirror } from "./ILicenseMirror.sol";
import { Lane } from "./Lane.sol";
import { AttestationLib } from "./libraries/AttestationLib.sol";
import { Class, ClassLib, ClassMemo } from "./libraries/ClassLib.sol";
import { OutboxLib } from "./libraries/OutboxLib.sol";
import { Record, RecordLib } from "./libraries/RecordLib.sol";
import { StatusLib } from "./libraries/StatusLib.sol";
import { UpdateLib } from "./libraries/UpdateLib.sol";

/// @title LicenseMirror
/// @notice See ILicenseMirror for what it is and IAttesterSets for who is trusted.
/// @dev Invariants: the nonce never decreases; head is the outbox head at nonce; the state is the replay of the updates
/// 1 to nonce; a revoked license is never usable again; nothing is written without the signatures of a threshold of
/// attesters. The contract calls no other contract, so no update can make a delivery fail.
contract LicenseMirror is ILicenseMirror, IERC165, AttesterSets {
    using ClassLib for ClassLib.Table;

    /// @notice Seconds by which an attested time may be ahead of this chain's clock. The clocks of two chains differ,
    /// and a call against a slow chain's last block sees an old time. It lengthens the maximum age by as much.
    uint64 public constant MAXIMUM_CLOCK_SKEW = 2 minutes;

    uint8 private constant KIND_LICENSE = 1;
    uint8 private constant KIND_HOLDER = 2;
    uint8 private constant KIND_TYPE = 3;
    uint8 private constant KIND_PAUSE = 4;

    /// @dev Lets a record be read and written with one look-up.
    struct Slot {
        Record record;
    }

    uint256 private immutable _SOURCE_CHAIN_ID;
    bytes32 private immutable _SOURCE_GENESIS;
    address private immutable _SOURCE_CONTRACT;
    uint64 private immutable _MAX_AGE;

    bytes32 private _head;
    bool private _paused;
    mapping(uint256 tokenId => Slot) private _records;
    ClassLib.Table private _classes;
    mapping(address holder => bool) private _frozenHolders;
    mapping(uint64 licenseType => bool) private _closedTypes;

    constructor(Config memory config)
        Ownable(config.owner)
        EIP712("LEX Mirror", "1")
        AttesterSets(config.attesters, config.threshold)
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
        _requireNextNonces(lane, updates, attestation);
        _requireThisSource(attestation);
        uint256 required = _requireAcceptedEpoch(lane, attestation.epoch);
        _requireCurrent(lane, attestation);
        _requireHead(lane.nonce, updates, attestation.head);
        bytes32 digest = _hashTypedDataV4(AttestationLib.structHash(attestation));
        _requireSignatures(digest, attestation.epoch, required, signatures);

        lane.nonce = attestation.nonce;
        lane.sourceBlock = attestation.sourceBlock;
        // _requireCurrent bounds it by this chain's clock, which fits 40 bits for the next 34,000 years.
        lane.sourceTime = uint40(attestation.sourceTime);
        _lane = lane;
        if (updates.length != 0) {
            _head = attestation.head;
            _applyAll(updates);
        }
        emit Delivered(
            attestation.nonce, attestation.head, attestation.epoch, attestation.sourceBlock, attestation.sourceTime
        );
    }

    /// @inheritdoc ILicenseMirror
    function statusOf(uint256 tokenId) external view returns (uint8 status, uint64 asOfBlock, uint64 asOfTime) {
        status = _isFresh() ? _statusNow(tokenId, _records[tokenId].record) : StatusLib.UNKNOWN;
        return (status, _lane.sourceBlock, _lane.sourceTime);
    }

    /// @inheritdoc ILicenseMirror
    function isUsable(uint256 tokenId) external view returns (bool) {
        Record record = _records[tokenId].record;
        if (!_isFresh() || _paused || _statusNow(tokenId, record) != StatusLib.ACTIVE) return false;
        return !_frozenHolders[record.holder()] && !_closedTypes[_classOf(tokenId, record).licenseType()];
    }

    /// @inheritdoc ILicenseMirror
    function ownerOf(uint256 tokenId) external view returns (address) {
        if (!_isFresh()) revert MirrorStale(_lane.sourceTime, _MAX_AGE);
        Record record = _records[tokenId].record;
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
            uint64 graceUntil
        )
    {
        Record record = _records[tokenId].record;
        Class class = _classOf(tokenId, record);
        return (
            record.holder(),
            class.licenseType(),
            record.status(),
            record.validFrom(),
            record.validUntil(),
            _graceUntil(record, class)
        );
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
        return _frozenHolders[holder];
    }

    /// @inheritdoc ILicenseMirror
    function isTypeClosed(uint64 licenseType) external view returns (bool) {
        return _closedTypes[licenseType];
    }

    /// @inheritdoc ILicenseMirror
    function isPaused() external view returns (bool) {
        return _paused;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(ILicenseMirror).interfaceId || interfaceId == type(IERC165).interfaceId;
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

    function _applyAll(Update[] calldata updates) private {
        ClassMemo memo;
        for (uint256 i = 0; i < updates.length; ++i) {
            Update calldata update = UpdateLib.get(updates, i);
            if (UpdateLib.kind(update) == KIND_LICENSE) memo = _applyLicense(update, memo);
            else _applyRestriction(update);
        }
    }

    function _applyLicense(Update calldata update, ClassMemo memo) private returns (ClassMemo) {
        uint256 tokenId = update.tokenId;
        uint8 status = UpdateLib.status(update);
        // The source never changes a revoked license. Should a broken source or a threshold of attesters say otherwise,
        // the license stays as it was revoked; reverting would hold up the updates of all others.
        Slot storage slot = _records[tokenId];
        if (slot.record.status() == StatusLib.REVOKED) {
            emit LicenseKeptRevoked(tokenId, status, UpdateLib.version(update));
            return memo;
        }
        (uint40 from, uint40 until, uint40 graceUntil) = RecordLib.saturate(
            UpdateLib.validFrom(update), UpdateLib.validUntil(update), UpdateLib.graceUntil(update)
        );
        Class class = ClassLib.toClass(UpdateLib.licenseType(update), until, graceUntil);
        memo = _classes.put(memo, tokenId, class);
        slot.record =
            RecordLib.pack(UpdateLib.holder(update), from, until, StatusLib.storedOrUnknown(status), memo.number());
        emit LicenseUpdated(tokenId, UpdateLib.version(update));
        return memo;
    }

    function _applyRestriction(Update calldata update) private {
        // Anything but 0 counts as frozen, closed or paused: what the mirror does not understand must not look usable.
        bool restricted = UpdateLib.status(update) != 0;
        uint8 kind = UpdateLib.kind(update);
        if (kind == KIND_HOLDER) {
            _frozenHolders[UpdateLib.holder(update)] = restricted;
            emit HolderFrozenChanged(UpdateLib.holder(update), restricted);
        } else if (kind == KIND_TYPE) {
            _closedTypes[UpdateLib.licenseType(update)] = restricted;
            emit TypeClosedChanged(UpdateLib.licenseType(update), restricted);
        } else if (kind == KIND_PAUSE) {
            _paused = restricted;
            emit PauseChanged(restricted);
        } else {
            // Reverting would hold up every later update, revocations among them, for as long as this mirror stands.
            emit UpdateSkipped(UpdateLib.nonce(update), kind);
        }
    }

    function _isFresh() private view returns (bool) {
        // Both fit 64 bits, so the sum cannot overflow.
        return block.timestamp <= uint256(_lane.sourceTime) + _MAX_AGE;
    }

    function _statusNow(uint256 tokenId, Record record) private view returns (uint8) {
        return StatusLib.statusAt(
            record.status(),
            record.validFrom(),
            record.validUntil(),
            _graceUntil(record, _classOf(tokenId, record)),
            uint64(block.timestamp)
        );
    }

    function _classOf(uint256 tokenId, Record record) private view returns (Class) {
        return _classes.get(tokenId, record.classId());
    }

    /// @dev The sum was at most 2^40 - 1 when the record was written.
    function _graceUntil(Record record, Class class) private pure returns (uint64) {
        return uint64(record.validUntil()) + class.gracePeriod();
    }
}
