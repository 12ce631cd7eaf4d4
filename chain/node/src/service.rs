//! Puts the node together and starts its tasks.

use crate::{
    client::{self, Backend, Block, Client, Hash, Pool},
    clock::{block_time_millis, BlockTimeError, ChainClock},
    rpc,
    sealing::{self, Sealer, SealingOptions},
    sockets,
};
use futures::channel::mpsc;
use lex_database::Store;
use lex_runtime::RuntimeApi;
use sc_consensus::LongestChain;
use sc_consensus_manual_seal::{run_manual_seal, EngineCommand, ManualSealParams};
use sc_network::{config::FullNetworkConfiguration, NetworkBackend, NetworkWorker};
use sc_service::{
    config::DatabaseSource, BuildNetworkParams, Configuration, Error, KeystoreContainer,
    SpawnTasksParams, TaskManager,
};
use sp_blockchain::HeaderBackend;
use sp_timestamp::Timestamp;
use std::sync::Arc;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Network = NetworkWorker<Block, Hash>;

/// Starts the node. It runs as long as the task manager lives.
///
/// # Errors
///
/// If the database, the runtime, or a socket cannot be opened.
pub fn start(mut config: Configuration, options: SealingOptions) -> sc_cli::Result<TaskManager> {
    // A chain of one node: there is no peer to listen for, and no port to collide on.
    config.network.listen_addresses.clear();
    config.database = durable(&config.database)?;

    let (client, backend, keystore, mut task_manager) =
        sc_service::new_full_parts::<Block, RuntimeApi, _>(
            &config,
            None,
            client::executor(&config.executor),
            Vec::new(),
        )?;
    let client = Arc::new(client);
    let pool = Arc::new(
        sc_transaction_pool::Builder::new(
            task_manager.spawn_essential_handle(),
            client.clone(),
            config.role.is_authority().into(),
        )
        .with_options(config.transaction_pool.clone())
        .with_prometheus(config.prometheus_registry())
        .build(),
    );
    let clock = Arc::new(resume_clock(&client)?);
    let (sealer, commands) = Sealer::new(options.finality_delay);

    spawn_network_and_rpc(
        config,
        &mut task_manager,
        keystore,
        backend.clone(),
        rpc::Deps {
            client: client.clone(),
            pool: pool.clone(),
            clock: clock.clone(),
            sealer: sealer.clone(),
        },
    )?;
    spawn_sealing_engine(&task_manager, &client, backend, &pool, clock, commands);
    let essential = task_manager.spawn_essential_handle();
    essential.spawn(
        "finality",
        None,
        sealing::run_finality(sealer.clone(), client.clone()),
    );
    essential.spawn(
        "sealing",
        None,
        sealing::run(options.trigger, sealer, client, pool),
    );
    Ok(task_manager)
}

/// The database that the SDK would open, as ours.
fn durable(source: &DatabaseSource) -> Result<DatabaseSource, Error> {
    let DatabaseSource::ParityDb { path } = source else {
        let advice = "this node keeps its chain in ParityDB; leave --database out";
        return Err(Error::Other(advice.into()));
    };
    std::fs::create_dir_all(path)?;
    let store = Store::open(path).map_err(|error| Error::Application(error.into()))?;
    // The SDK sets a database up, once more if need be, when it hears that there is none.
    let require_create_flag = !store.has_chain();
    Ok(DatabaseSource::Custom {
        db: Arc::new(store),
        require_create_flag,
    })
}

fn resume_clock(client: &Client) -> Result<ChainClock, Error> {
    let best_block_millis = block_time_millis(client, client.info().best_hash)?;
    Ok(ChainClock::resume(
        best_block_millis,
        Timestamp::current().as_millis(),
    ))
}

/// The network exists only because the RPC server of every Substrate node reports on it.
fn spawn_network_and_rpc(
    config: Configuration,
    task_manager: &mut TaskManager,
    keystore: KeystoreContainer,
    backend: Arc<Backend>,
    deps: rpc::Deps,
) -> Result<(), Error> {
    let rpc::Deps { client, pool, .. } = deps.clone();
    let import_queue = sc_consensus_manual_seal::import_queue(
        Box::new(client.clone()),
        &task_manager.spawn_essential_handle(),
        config.prometheus_registry(),
    );
    let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
        sc_service::build_network(BuildNetworkParams {
            config: &config,
            net_config: FullNetworkConfiguration::<Block, Hash, Network>::new(
                &config.network,
                config.prometheus_registry().cloned(),
            ),
            client: client.clone(),
            transaction_pool: pool.clone(),
            spawn_handle: task_manager.spawn_handle(),
            spawn_essential_handle: task_manager.spawn_essential_handle(),
            import_queue,
            block_announce_validator_builder: None,
            warp_sync_config: None,
            block_relay: None,
            metrics: Network::register_notification_metrics(config.prometheus_registry()),
            gap_sync_body_policy: None,
        })?;
    sc_service::spawn_tasks(SpawnTasksParams {
        config,
        client,
        backend,
        task_manager,
        keystore: keystore.keystore(),
        transaction_pool: pool,
        rpc_builder: Box::new(move |_| rpc::module(deps.clone())),
        network,
        system_rpc_tx,
        tx_handler_controller,
        sync_service,
        telemetry: None,
        tracing_execute_block: None,
    })?;
    Ok(sockets::send_at_once()?)
}

/// The task that executes the commands of [`Sealer`] one after another.
fn spawn_sealing_engine(
    task_manager: &TaskManager,
    client: &Arc<Client>,
    backend: Arc<Backend>,
    pool: &Arc<Pool>,
    clock: Arc<ChainClock>,
    commands_stream: mpsc::Receiver<EngineCommand<Hash>>,
) {
    let env = sc_basic_authorship::ProposerFactory::new(
        task_manager.spawn_handle(),
        client.clone(),
        pool.clone(),
        None,
        None,
    );
    let reader = client.clone();
    let create_inherent_data_providers = move |parent, ()| {
        let time = next_block_time(&reader, &clock, parent);
        async move { Ok::<_, BoxError>(sp_timestamp::InherentDataProvider::new(time?)) }
    };
    let engine = run_manual_seal(ManualSealParams {
        block_import: client.clone(),
        env,
        client: client.clone(),
        pool: pool.clone(),
        commands_stream,
        select_chain: LongestChain::new(backend),
        consensus_data_provider: None,
        create_inherent_data_providers,
    });
    task_manager
        .spawn_essential_handle()
        .spawn_blocking("sealing-engine", None, engine);
}

fn next_block_time(
    client: &Client,
    clock: &ChainClock,
    parent: Hash,
) -> Result<Timestamp, BlockTimeError> {
    let parent_millis = block_time_millis(client, parent)?;
    Ok(clock
        .block_time_after(parent_millis, Timestamp::current().as_millis())
        .into())
}
