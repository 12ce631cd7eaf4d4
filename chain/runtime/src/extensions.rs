//! The checks that surround every extrinsic, and their values for Ethereum transactions.

use crate::{Balance, Runtime};
use frame::deps::{frame_system, sp_runtime};
use pallet_revive::evm::{runtime::EthExtra, tx_extension::SetOrigin};
use pallet_transaction_payment::ChargeTransactionPayment;

/// Order matters: the fee is charged after validity is known, the origin is replaced after every
/// check of the signer, and the weight is reclaimed last to see the refunds of the others.
pub type TxExtension = (
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    frame_system::CheckEra<Runtime>,
    frame_system::CheckNonce<Runtime>,
    frame_system::CheckWeight<Runtime>,
    ChargeTransactionPayment<Runtime>,
    SetOrigin<Runtime>,
    frame_system::WeightReclaim<Runtime>,
);

/// Gives Ethereum transactions, which carry no extensions, the values that their fields imply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EthExtraImpl;

impl EthExtra for EthExtraImpl {
    type Config = Runtime;
    type ExtensionV0 = TxExtension;
    type ExtensionOtherVersions = sp_runtime::traits::InvalidVersion;

    fn get_eth_extension(nonce: u32, tip: Balance) -> Self::ExtensionV0 {
        (
            frame_system::CheckNonZeroSender::new(),
            frame_system::CheckSpecVersion::new(),
            frame_system::CheckTxVersion::new(),
            frame_system::CheckGenesis::new(),
            // An Ethereum transaction does not expire.
            frame_system::CheckMortality::from(sp_runtime::generic::Era::Immortal),
            frame_system::CheckNonce::from(nonce),
            frame_system::CheckWeight::new(),
            ChargeTransactionPayment::from(tip),
            SetOrigin::new_from_eth_transaction(),
            frame_system::WeightReclaim::new(),
        )
    }
}
