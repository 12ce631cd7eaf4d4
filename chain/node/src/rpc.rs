//! The RPCs beyond those of every Substrate node.

use crate::{
    client::{Block, Client, Hash, Pool},
    clock::{block_time_millis, BlockTimeError, ChainClock, ClockError},
    sealing::{Contents, Sealer},
};
use jsonrpsee::{
    core::async_trait,
    proc_macros::rpc,
    types::{error::INVALID_PARAMS_CODE, ErrorObjectOwned},
    RpcModule,
};
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_consensus_manual_seal::rpc::{ManualSeal, ManualSealApiServer};
use std::{sync::Arc, time::Duration};
use substrate_frame_rpc_system::{System, SystemApiServer};

/// Time travel for tests.
#[rpc(server, namespace = "dev")]
pub trait DevApi {
    /// Moves the chain's clock forward by `seconds` and seals a block, so that the new time is
    /// visible at once. Returns that block's time in Unix seconds.
    #[method(name = "increaseTime")]
    async fn increase_time(&self, seconds: u64) -> Result<u64, DevError>;
}

/// Why the clock was not moved, or its new time not shown.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    #[error(transparent)]
    Clock(#[from] ClockError),
    #[error("the clock was moved, but sealing a block failed: {0}")]
    Seal(#[from] sc_consensus_manual_seal::Error),
    #[error(transparent)]
    BlockTime(#[from] BlockTimeError),
}

/// JSON-RPC error code for what is the node's fault.
const SERVER_ERROR_CODE: i32 = -32_000;

impl From<DevError> for ErrorObjectOwned {
    fn from(error: DevError) -> Self {
        let code = match error {
            DevError::Clock(_) => INVALID_PARAMS_CODE,
            DevError::Seal(_) | DevError::BlockTime(_) => SERVER_ERROR_CODE,
        };
        ErrorObjectOwned::owned(code, error.to_string(), None::<()>)
    }
}

/// What the RPCs work on.
#[derive(Clone)]
pub struct Deps {
    pub client: Arc<Client>,
    pub pool: Arc<Pool>,
    pub clock: Arc<ChainClock>,
    pub sealer: Sealer,
}

/// All RPCs of this chain.
///
/// # Errors
///
/// If two of them have the same name.
pub fn module(deps: Deps) -> Result<RpcModule<()>, sc_service::Error> {
    let mut module = RpcModule::new(());
    let system = System::new(deps.client.clone(), deps.pool.clone()).into_rpc();
    let payment = TransactionPayment::<_, Block>::new(deps.client.clone()).into_rpc();
    let engine = ManualSeal::<Hash>::new(deps.sealer.commands()).into_rpc();
    let dev = Dev {
        client: deps.client,
        clock: deps.clock,
        sealer: deps.sealer,
    }
    .into_rpc();
    for methods in [
        system.into(),
        payment.into(),
        engine.into(),
        jsonrpsee::Methods::from(dev),
    ] {
        module
            .merge(methods)
            .map_err(|error| sc_service::Error::Application(error.into()))?;
    }
    Ok(module)
}

struct Dev {
    client: Arc<Client>,
    clock: Arc<ChainClock>,
    sealer: Sealer,
}

#[async_trait]
impl DevApiServer for Dev {
    async fn increase_time(&self, seconds: u64) -> Result<u64, DevError> {
        self.clock.advance(Duration::from_secs(seconds))?;
        let block = self.sealer.seal(Contents::Anything).await?;
        Ok(block_time_millis(&self.client, block.hash)? / 1_000)
    }
}
