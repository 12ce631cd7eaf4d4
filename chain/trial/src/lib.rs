//! The contracts in the chain's own runtime, in this process: no node, no blocks, no network. So the
//! compiled contracts answer a thousand calls while a node seals a few blocks.
//!
//! What it is not: a chain. There are no extrinsics and no fees; a call has all the weight it wants.

use std::{env, path::PathBuf};

use alloy_primitives::{Address, B256};
use frame::deps::{
    frame_support::{
        storage::{with_transaction, TransactionOutcome},
        traits::{fungible::Mutate, Get},
    },
    sp_core::{ecdsa, Pair, H160, U256},
    sp_io::TestExternalities,
    sp_runtime::{BuildStorage, DispatchError},
};
use lex_runtime::{
    AccountId, Balance, Balances, Revive, Runtime, RuntimeEvent, RuntimeGenesisConfig,
    RuntimeOrigin, System, Timestamp, DOLLARS,
};
use lex_walk::{in_repository, people, Chain, Failure, Log, Receipt};
use pallet_revive::{Code, ExecConfig, ExecReturnValue, TransactionLimits, Weight};

/// What each account starts with.
const ENDOWMENT: Balance = 1_000_000_000 * DOLLARS;

/// When the chain's clock starts: 2026-01-01, in Unix seconds.
const START: u64 = 1_767_225_600;

/// The chain's EIP-155 id.
pub fn chain_id() -> u64 {
    <Runtime as pallet_revive::Config>::ChainId::get()
}

/// The folder of the compiled contracts: that of `LEX_CONTRACTS_DIR`, or the committed one.
pub fn contracts() -> PathBuf {
    env::var_os("LEX_CONTRACTS_DIR").map_or_else(|| in_repository("contracts/blobs"), PathBuf::from)
}

/// The runtime with its state.
pub struct Trial {
    state: TestExternalities,
    now: u64,
    calls: u64,
    /// The time when the state was last kept.
    kept: u64,
}

impl Trial {
    /// A chain with these accounts.
    ///
    /// # Panics
    /// When the runtime refuses its own genesis.
    pub fn new(accounts: &[Address]) -> Self {
        let genesis = RuntimeGenesisConfig::default()
            .build_storage()
            .expect("the runtime has a genesis");
        let mut trial = Self {
            state: TestExternalities::new(genesis),
            now: 0,
            calls: 0,
            kept: 0,
        };
        trial.state.execute_with(|| {
            // The runtime drops events of the genesis block.
            System::set_block_number(1);
            for account in accounts {
                Balances::mint_into(&account_id(*account), ENDOWMENT).expect("within the supply");
            }
        });
        trial.wait_until(START);
        trial
    }

    /// How many calls there were.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Keeps the state as it is for [`Self::go_back`].
    ///
    /// # Panics
    /// When the runtime left a transaction open.
    pub fn keep(&mut self) {
        self.state.commit_all().expect("no transaction is open");
        self.kept = self.now;
    }

    /// Forgets what happened since the state was kept.
    pub fn go_back(&mut self) {
        self.state.reset_overlay();
        self.now = self.kept;
    }

    fn call(
        &mut self,
        from: Address,
        to: Address,
        data: &[u8],
        keep: bool,
    ) -> Result<Receipt, Failure> {
        self.run(keep, || {
            Revive::bare_call(
                RuntimeOrigin::signed(account_id(from)),
                h160(to),
                U256::zero(),
                limits(),
                data.to_vec(),
                &ExecConfig::new_substrate_tx(),
            )
            .result
            .map(|answer| (answer, ()))
        })
        .map(|(receipt, ())| receipt)
    }

    /// Runs something as the only transaction of a block; what failed changes nothing.
    fn run<T>(
        &mut self,
        keep: bool,
        transaction: impl FnOnce() -> Result<(ExecReturnValue, T), DispatchError>,
    ) -> Result<(Receipt, T), Failure> {
        self.calls += 1;
        self.state.execute_with(|| {
            System::reset_events();
            with_transaction(|| {
                let result = transaction()
                    .map_err(|error| Failure::Broken(format!("{error:?}")))
                    .and_then(|(answer, more)| {
                        if answer.did_revert() {
                            return Err(Failure::from_revert(answer.data));
                        }
                        let receipt = Receipt {
                            output: answer.data,
                            logs: logs(),
                        };
                        Ok((receipt, more))
                    });
                if keep && result.is_ok() {
                    TransactionOutcome::Commit(Ok::<_, DispatchError>(result))
                } else {
                    TransactionOutcome::Rollback(Ok(result))
                }
            })
            .expect("transactions are not nested deeply")
        })
    }
}

impl Chain for Trial {
    fn now(&self) -> u64 {
        self.now
    }

    fn wait_until(&mut self, time: u64) {
        if time <= self.now {
            return;
        }
        self.now = time;
        self.state.execute_with(|| {
            System::set_block_number(System::block_number() + 1);
            Timestamp::set_timestamp(time * 1_000);
        });
    }

    fn deploy(&mut self, from: Address, blob: &[u8], arguments: &[u8]) -> Result<Address, Failure> {
        self.run(true, || {
            // A contract's address follows from the nonce, which a transaction raises before it runs.
            System::inc_account_nonce(account_id(from));
            Revive::bare_instantiate(
                RuntimeOrigin::signed(account_id(from)),
                U256::zero(),
                limits(),
                Code::Upload(blob.to_vec()),
                arguments.to_vec(),
                None,
                &ExecConfig::new_substrate_tx(),
            )
            .result
            .map(|created| (created.result, Address::from(created.addr.0)))
        })
        .map(|(_, address)| address)
    }

    fn send(&mut self, from: Address, to: Address, data: &[u8]) -> Result<Receipt, Failure> {
        self.call(from, to, data, true)
    }

    fn read(&mut self, from: Address, to: Address, data: &[u8]) -> Result<Vec<u8>, Failure> {
        self.call(from, to, data, false)
            .map(|receipt| receipt.output)
    }

    fn word(&mut self, contract: Address, slot: B256) -> B256 {
        let stored = self
            .state
            .execute_with(|| Revive::get_storage(h160(contract), slot.0));
        stored
            .ok()
            .flatten()
            .map(|word| B256::from_slice(&word))
            .unwrap_or_default()
    }

    fn sign(&self, account: Address, digest: B256) -> [u8; 65] {
        let key = people::key(account).expect("the account takes part");
        let mut signature = ecdsa::Pair::from_seed(&key.0).sign_prehashed(&digest.0).0;
        // Contracts take Ethereum's v.
        signature[64] += 27;
        signature
    }
}

fn logs() -> Vec<Log> {
    System::events()
        .into_iter()
        .filter_map(|record| match record.event {
            RuntimeEvent::Revive(pallet_revive::Event::ContractEmitted {
                contract,
                data,
                topics,
            }) => Some(Log {
                contract: Address::from(contract.0),
                topics: topics
                    .into_iter()
                    .map(|topic| B256::from(topic.0))
                    .collect(),
                data,
            }),
            _ => None,
        })
        .collect()
}

/// More than any call needs: what runs out of weight is judged by the tests on a node.
fn limits() -> TransactionLimits<Runtime> {
    TransactionLimits::WeightAndDeposit {
        weight_limit: Weight::from_parts(u64::MAX / 4, u64::MAX / 4),
        deposit_limit: Balance::MAX / 4,
    }
}

/// The account behind an Ethereum address (`pallet_revive::AccountId32Mapper`).
fn account_id(address: Address) -> AccountId {
    let mut id = [0xee; 32];
    id[..20].copy_from_slice(address.as_slice());
    AccountId::new(id)
}

fn h160(address: Address) -> H160 {
    H160(address.0 .0)
}
