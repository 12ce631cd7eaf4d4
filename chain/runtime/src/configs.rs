//! The pallets' parameters.

use crate::{
    AccountId, Address, Balance, Balances, Block, EthExtraImpl, Hash, Nonce, OriginCaller,
    PalletInfo, Runtime, RuntimeCall, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason,
    RuntimeOrigin, RuntimeTask, Signature, System, Timestamp, CENTS, DOLLARS, MILLICENTS, VERSION,
};
use frame::{
    deps::frame_system::{self, limits::BlockWeights},
    runtime::prelude::{
        weights::{
            constants::{BlockExecutionWeight, ExtrinsicBaseWeight, WEIGHT_REF_TIME_PER_SECOND},
            ConstantMultiplier,
        },
        *,
    },
};
use pallet_revive::{
    evm::fees::{BlockRatioFee, Info as FeeInfo},
    AccountId32Mapper, AutoMapper,
};
use pallet_transaction_payment::{ConstFeeMultiplier, FungibleAdapter, Multiplier};

/// Largest proof of a block, the limit of Polkadot's relay chain, so that a contract call that
/// fits here fits on Polkadot Hub.
const MAX_PROOF_SIZE_BYTES: u64 = 10 * 1024 * 1024;

/// Two seconds of computing per block, whatever the block time.
const MAX_BLOCK_WEIGHT: Weight =
    Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, MAX_PROOF_SIZE_BYTES);

/// Share of a block open to ordinary extrinsics; the rest is for operational ones (sudo).
const NORMAL_SHARE: Perbill = Perbill::from_percent(75);

/// Share of a block that is set aside for hooks when the largest extrinsic is computed.
const HOOKS_SHARE: Perbill = Perbill::from_percent(10);

parameter_types! {
    pub const Version: RuntimeVersion = VERSION;
    pub RuntimeBlockWeights: BlockWeights = BlockWeights::builder()
        .base_block(BlockExecutionWeight::get())
        .for_class(DispatchClass::all(), |class| {
            class.base_extrinsic = ExtrinsicBaseWeight::get();
        })
        .for_class(DispatchClass::Normal, |class| {
            class.max_total = Some(NORMAL_SHARE * MAX_BLOCK_WEIGHT);
        })
        .for_class(DispatchClass::Operational, |class| {
            class.max_total = Some(MAX_BLOCK_WEIGHT);
            class.reserved = Some(MAX_BLOCK_WEIGHT - NORMAL_SHARE * MAX_BLOCK_WEIGHT);
        })
        .avg_block_initialization(HOOKS_SHARE)
        .build_or_panic();
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
    type Block = Block;
    type BlockWeights = RuntimeBlockWeights;
    type Version = Version;
    type AccountId = AccountId;
    type Hash = Hash;
    type Nonce = Nonce;
    type AccountData = pallet_balances::AccountData<Balance>;
    type SS58Prefix = ConstU16<42>;
    // An account that appears can use contracts at once, without a transaction of its own.
    type OnNewAccount = AutoMapper<Runtime>;
    type OnKilledAccount = AutoMapper<Runtime>;
}

#[derive_impl(pallet_timestamp::config_preludes::TestDefaultConfig)]
impl pallet_timestamp::Config for Runtime {}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
    type AccountStore = System;
    type Balance = Balance;
    type ExistentialDeposit = ConstU128<CENTS>;
    type FreezeIdentifier = RuntimeFreezeReason;
    type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
}

#[derive_impl(pallet_sudo::config_preludes::TestDefaultConfig)]
impl pallet_sudo::Config for Runtime {}

impl pallet_utility::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type PalletsOrigin = OriginCaller;
    type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
    pub FeeMultiplier: Multiplier = Multiplier::from_u32(1);
}

#[derive_impl(pallet_transaction_payment::config_preludes::TestDefaultConfig)]
impl pallet_transaction_payment::Config for Runtime {
    type OnChargeTransaction = FungibleAdapter<Balances, ()>;
    // Ethereum gas has one dimension: the fee follows the larger share of the block that a call
    // takes, of time or of proof size.
    type WeightToFee = BlockRatioFee<1, 1, Self, Balance>;
    type LengthToFee = ConstantMultiplier<Balance, ConstU128<{ 10 * MILLICENTS }>>;
    // Fees do not move with the load: a test that runs twice pays the same twice.
    type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
}

parameter_types! {
    pub const CodeHashLockupDepositPercent: Perbill = Perbill::from_percent(30);
}

#[derive_impl(pallet_revive::config_preludes::TestDefaultConfig)]
impl pallet_revive::Config for Runtime {
    type AddressMapper = AccountId32Mapper<Self>;
    type AllowEVMBytecode = ConstBool<true>;
    type AutoMap = ConstBool<true>;
    type Balance = Balance;
    type ChainId = ConstU64<420_420_420>;
    type CodeHashLockupDepositPercent = CodeHashLockupDepositPercent;
    type Currency = Balances;
    // Allows `debug_traceTransaction`, which shows why a call inside a call reverted. It changes no
    // limit by itself: PolkaVM code, and so an ink! contract, may have 1 MiB with or without it,
    // EVM bytecode 24 KiB as on Ethereum.
    type DebugEnabled = ConstBool<true>;
    type DepositPerByte = ConstU128<MILLICENTS>;
    type DepositPerChildTrieItem = ConstU128<{ DOLLARS / 500 }>;
    type DepositPerItem = ConstU128<{ DOLLARS / 5 }>;
    type FeeInfo = FeeInfo<Address, Signature, EthExtraImpl>;
    type GasScale = ConstU32<50_000>;
    type InstantiateOrigin = EnsureSigned<AccountId>;
    type NativeToEthRatio = ConstU32<1_000_000>;
    type Time = Timestamp;
    type UploadOrigin = EnsureSigned<AccountId>;
}
