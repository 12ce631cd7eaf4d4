//! The chain's database: ParityDB, durable before a commit returns.
//!
//! ParityDB of itself queues commits in memory and writes them in threads of its own, so a node that is
//! killed can lose a block that it has just announced as final, and everyone who acted on it would be on
//! a fork that no longer exists. Here every commit is in the database's log, and the log on disk, before
//! the client hears of it; and it hears before anyone else does.

use parity_db::{ColId, CompressionType, Db, Operation, Options};
use sp_core::H256;
use sp_database::{error::DatabaseError, ColumnId, Database, Transaction};
use std::{
    path::Path,
    process,
    sync::{mpsc, Arc, Mutex},
    thread::{self, JoinHandle},
};

/// Columns of the SDK's database, which opens ours as its own.
mod columns {
    pub const COUNT: u8 = 13;
    pub const META: u32 = 0;
    pub const STATE: u8 = 1;
    pub const HEADER: u8 = 4;
    pub const BODY: u8 = 5;
    pub const JUSTIFICATIONS: u8 = 6;
    pub const TRANSACTION: u8 = 11;
    pub const BODY_INDEX: u8 = 12;

    pub const COMPRESSED: [u8; 6] = [STATE, HEADER, BODY, BODY_INDEX, TRANSACTION, JUSTIFICATIONS];
    /// Keys are hashes of values, and values count how often they are stored.
    pub const COUNTED: [u8; 2] = [STATE, TRANSACTION];
}

/// Under this the SDK keeps the hash of the first block, which it writes when all else is set up.
const GENESIS_HASH: &[u8] = b"gen";

/// One change to one column, as ParityDB takes it.
type Change = (ColId, Operation<Vec<u8>, Vec<u8>>);

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the chain's database cannot be opened: {0}")]
    Database(#[source] parity_db::Error),
    #[error("no thread for the chain's database: {0}")]
    Thread(#[source] std::io::Error),
}

/// A change that only a column with counted references can take.
#[derive(Debug, thiserror::Error)]
#[error("column {0} of the chain's database does not count references")]
struct NotCounted(ColumnId);

/// An open database. Commits go one after another; reads see a commit from when it returns.
pub struct Store {
    db: Arc<Db>,
    /// Held for a commit: ParityDB numbers the records of its log by who asks first. Poisoned by a commit
    /// that failed, so that no other follows.
    writing: Mutex<()>,
    cleaning: Option<Cleaning>,
}

/// The thread that empties the logs of commits, and what tells it of them.
struct Cleaning {
    commits: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Store {
    /// Opens the database in a folder, or makes one there.
    ///
    /// # Errors
    ///
    /// If the files cannot be opened, or another process has them.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let db = Arc::new(Db::open_or_create(&options(path)).map_err(OpenError::Database)?);
        let cleaning = Cleaning::start(db.clone()).map_err(OpenError::Thread)?;
        Ok(Self {
            db,
            writing: Mutex::new(()),
            cleaning: Some(cleaning),
        })
    }

    /// Whether the SDK has set a chain up in it to the end.
    pub fn has_chain(&self) -> bool {
        self.contains(columns::META, GENESIS_HASH)
    }

    /// Writes changes to the log, and the log to disk. From here they survive.
    fn log(&self, changes: Vec<Change>) -> parity_db::Result<()> {
        self.db.commit_changes(changes)?;
        self.db.process_commits()?;
        self.db.flush_logs()
    }

    /// Brings what the log says into the tables, and goes on with a table that is being enlarged. Waits
    /// for [`Cleaning`] when that is some commits behind.
    fn enact(&self) -> parity_db::Result<()> {
        self.db.enact_logs()?;
        self.db.process_reindex()?;
        self.db.flush_logs()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(Cleaning { commits, thread }) = self.cleaning.take() {
            drop(commits);
            // It ends the process rather than fail.
            let _ = thread.join();
        }
    }
}

impl Cleaning {
    /// Writes the tables to disk after commits and empties their logs, until nobody can commit any more.
    fn start(db: Arc<Db>) -> std::io::Result<Self> {
        let (commits, committed) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("chain-database".into())
            .spawn(move || {
                while committed.recv().is_ok() {
                    // Commits that came meanwhile are cleaned with this one.
                    committed.try_iter().for_each(drop);
                    if let Err(error) = db.clean_logs() {
                        // A commit may be waiting for this thread, so nobody else could end the node.
                        log::error!(target: "database", "the chain's database failed: {error}");
                        process::exit(1);
                    }
                }
            })?;
        Ok(Self { commits, thread })
    }
}

/// # Panics
///
/// When the database fails. The task that seals blocks ends the node by that; told of an error, it
/// would log it for every block and stay up.
impl Database<H256> for Store {
    fn commit(&self, transaction: Transaction<H256>) -> Result<(), DatabaseError> {
        let changes = transaction.0.into_iter().map(change);
        let changes = changes
            .collect::<Result<_, _>>()
            .map_err(|error| DatabaseError(Box::new(error)))?;
        let _writing = expect(self.writing.lock());
        expect(self.log(changes));
        expect(self.enact());
        if let Some(cleaning) = &self.cleaning {
            // Fails only when the process is ending.
            let _ = cleaning.commits.send(());
        }
        Ok(())
    }

    fn get(&self, column: ColumnId, key: &[u8]) -> Option<Vec<u8>> {
        expect(self.db.get(column as ColId, key))
    }

    fn contains(&self, column: ColumnId, key: &[u8]) -> bool {
        self.value_size(column, key).is_some()
    }

    fn value_size(&self, column: ColumnId, key: &[u8]) -> Option<usize> {
        expect(self.db.get_size(column as ColId, key)).map(|size| size as usize)
    }

    fn supports_ref_counting(&self) -> bool {
        true
    }

    /// Keys of counted columns are hashes; the SDK puts a path before them.
    fn sanitize_key(&self, key: &mut Vec<u8>) {
        let path = key.len() - size_of::<H256>();
        key.drain(..path);
    }
}

fn expect<T, E: std::fmt::Display>(outcome: Result<T, E>) -> T {
    outcome.unwrap_or_else(|error| panic!("the chain's database failed: {error}"))
}

/// One change in ParityDB's terms.
fn change(change: sp_database::Change<H256>) -> Result<Change, NotCounted> {
    use sp_database::Change;
    let counted = |column: ColumnId| {
        columns::COUNTED
            .contains(&(column as ColId))
            .then_some(column as ColId)
            .ok_or(NotCounted(column))
    };
    let bytes = |hash: H256| hash.as_bytes().to_vec();
    Ok(match change {
        Change::Set(column, key, value) => (column as ColId, Operation::Set(key, value)),
        Change::Remove(column, key) => (column as ColId, Operation::Dereference(key)),
        Change::Store(column, hash, value) => {
            (counted(column)?, Operation::Set(bytes(hash), value))
        }
        Change::Reference(column, hash) => (counted(column)?, Operation::Reference(bytes(hash))),
        Change::Release(column, hash) => (counted(column)?, Operation::Dereference(bytes(hash))),
    })
}

/// The columns as the SDK sets them up, without ParityDB's own threads.
fn options(path: &Path) -> Options {
    let mut options = Options::with_columns(path, columns::COUNT);
    options.with_background_thread = false;
    for column in columns::COMPRESSED {
        options.columns[usize::from(column)].compression = CompressionType::Lz4;
    }
    for column in columns::COUNTED {
        let column = &mut options.columns[usize::from(column)];
        column.ref_counted = true;
        column.preimage = true;
        column.uniform = true;
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    const META: ColumnId = columns::META;
    const STATE: ColumnId = columns::STATE as ColumnId;

    fn folder() -> TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    fn set(number: u32) -> Change {
        let (key, value) = (number.to_be_bytes(), number.to_le_bytes());
        (META as ColId, Operation::Set(key.to_vec(), value.to_vec()))
    }

    fn has(store: &Store, number: u32) -> bool {
        store.get(META, &number.to_be_bytes()) == Some(number.to_le_bytes().to_vec())
    }

    /// The files that a process leaves which is killed now.
    fn left_behind(path: &Path) -> TempDir {
        let copy = folder();
        for file in fs::read_dir(path).expect("the database's folder") {
            let file = file.expect("a file").path();
            let name = file.file_name().expect("a name");
            fs::copy(&file, copy.path().join(name)).expect("a copy");
        }
        copy
    }

    #[test]
    fn what_was_logged_is_there_after_a_kill_at_any_stage() {
        let folder = folder();
        let store = Store::open(folder.path()).expect("a new database");
        for number in 0..50 {
            store.log(vec![set(number)]).expect("logged");
            if number % 4 == 1 {
                store.enact().expect("enacted");
            }
            if number % 8 == 1 {
                store.db.clean_logs().expect("cleaned");
            }
            let copy = left_behind(folder.path());
            let reopened = Store::open(copy.path()).expect("what was left behind");
            assert!((0..=number).all(|number| has(&reopened, number)));
        }
    }

    #[test]
    fn commits_go_on_however_many_there_are_at_once() {
        let folder = folder();
        let store = Store::open(folder.path()).expect("a new database");
        thread::scope(|scope| {
            for writer in 0..4 {
                let store = &store;
                scope.spawn(move || {
                    for number in 0..250_u32 {
                        let mut transaction = Transaction::new();
                        let number = writer * 1_000 + number;
                        transaction.set(META, &number.to_be_bytes(), &number.to_le_bytes());
                        store.commit(transaction).expect("a commit");
                    }
                });
            }
        });
        drop(store);
        let store = Store::open(folder.path()).expect("the same database");
        for writer in 0..4 {
            assert!((0..250).all(|number| has(&store, writer * 1_000 + number)));
        }
    }

    #[test]
    fn tables_are_enlarged_beside_commits_and_lose_nothing() {
        // An index begins with one page of 64 keys for each value of their first 16 bits, so these fill
        // a page again and again until a larger index tells them apart.
        let crowded = |number: u64| {
            let mut hash = H256(sp_crypto_hashing::blake2_256(&number.to_le_bytes()));
            hash.0[..2].fill(0);
            hash
        };
        let folder = folder();
        let store = Store::open(folder.path()).expect("a new database");
        for number in 0..1_000_u64 {
            let mut transaction = Transaction::new();
            transaction.store(STATE, crowded(number), number.to_le_bytes().to_vec());
            store.commit(transaction).expect("a commit");
        }
        let complete = |store: &Store| {
            (0..1_000_u64).all(|number| {
                let value = store.get(STATE, crowded(number).as_bytes());
                value == Some(number.to_le_bytes().to_vec())
            })
        };
        assert!(complete(&store));
        drop(store);
        assert!(complete(
            &Store::open(folder.path()).expect("the same database")
        ));
    }

    #[test]
    fn a_value_stays_until_it_is_released_as_often_as_it_was_stored() {
        let folder = folder();
        let store = Store::open(folder.path()).expect("a new database");
        let hash = H256::repeat_byte(7);
        let commit = |change: fn(&mut Transaction<H256>, H256)| {
            let mut transaction = Transaction::new();
            change(&mut transaction, hash);
            store.commit(transaction).expect("a commit");
        };
        commit(|transaction, hash| transaction.store(STATE, hash, vec![7]));
        commit(|transaction, hash| transaction.reference(STATE, hash));
        commit(|transaction, hash| transaction.release(STATE, hash));
        assert_eq!(store.get(STATE, hash.as_bytes()), Some(vec![7]));
        commit(|transaction, hash| transaction.release(STATE, hash));
        assert_eq!(store.get(STATE, hash.as_bytes()), None);
    }

    #[test]
    fn references_in_a_column_without_them_are_an_error() {
        let folder = folder();
        let store = Store::open(folder.path()).expect("a new database");
        let mut transaction = Transaction::new();
        transaction.store(META, H256::zero(), Vec::new());
        assert!(store.commit(transaction).is_err());
    }

    #[test]
    fn nothing_is_committed_after_a_failure() {
        let folder = folder();
        let store = Store::open(folder.path()).expect("a new database");
        let failed = thread::scope(|scope| {
            let failing = scope.spawn(|| {
                let _writing = store.writing.lock();
                expect(Err::<(), _>("the disk is full"));
            });
            failing.join().is_err()
        });
        assert!(failed);
        let commit = || {
            let mut transaction = Transaction::new();
            transaction.set(META, &[1], &[1]);
            store.commit(transaction)
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(commit)).is_err());
        assert_eq!(store.get(META, &[1]), None);
    }

    #[test]
    fn a_chain_is_there_when_it_has_a_first_block() {
        let folder = folder();
        let store = Store::open(folder.path()).expect("a new database");
        assert!(!store.has_chain());
        let mut transaction = Transaction::new();
        transaction.set(META, GENESIS_HASH, &[1; 32]);
        store.commit(transaction).expect("a commit");
        assert!(store.has_chain());
    }

    #[test]
    fn a_database_in_use_is_not_opened_again() {
        let folder = folder();
        let _store = Store::open(folder.path()).expect("a new database");
        assert!(Store::open(folder.path()).is_err());
    }
}
