//! The chain's database: ParityDB, durable before a commit returns.
//!
//! ParityDB of itself queues commits in memory and writes them in threads of its own, so a node that is
//! killed can lose a block that it has just announced as final, and everyone who acted on it would be on
//! a fork that no longer exists. Here every commit is in the database's log, and the log on disk, before
//! the client hears of it; and it hears before anyone else does. What the log says is brought into the
//! tables afterwards, beside the node; after a crash, from the log.

use parity_db::{ColId, CompressionType, Db, Operation, Options};
use sc_service::config::DatabaseSource;
use sp_core::H256;
use sp_database::{error::DatabaseError, ColumnId, Database, Transaction};
use std::{
    path::Path,
    sync::{mpsc, Arc, Mutex, MutexGuard, OnceLock, PoisonError},
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

/// Commits between two times that the tables are flushed to disk and their logs emptied. Each commit
/// keeps a log file until then, which a start after a crash has to read.
const COMMITS_BETWEEN_FLUSHES: usize = 32;

/// One change to one column, as ParityDB takes it.
type Change = (ColId, Operation<Vec<u8>, Vec<u8>>);

/// Why the chain's database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "this node keeps its chain in ParityDB; leave --database out, or say --database paritydb"
    )]
    OtherDatabase,
    #[error("the chain's database cannot be opened: {0}")]
    Open(#[source] parity_db::Error),
    #[error("no thread for the chain's database: {0}")]
    Thread(#[source] std::io::Error),
}

/// A change that only a column with counted references can take.
#[derive(Debug, thiserror::Error)]
#[error("column {0} of the chain's database does not count references")]
struct NotCounted(ColumnId);

/// Opens the database that the SDK would open, as a database of ours.
///
/// # Errors
///
/// If another kind of database was asked for, or the files cannot be opened.
pub fn durable(source: &DatabaseSource) -> Result<DatabaseSource, StoreError> {
    let DatabaseSource::ParityDb { path } = source else {
        return Err(StoreError::OtherDatabase);
    };
    let store = Store::open(path)?;
    // The SDK sets a database up, once more if need be, when it hears that there is none.
    let require_create_flag = !store.contains(columns::META, GENESIS_HASH);
    Ok(DatabaseSource::Custom {
        db: Arc::new(store),
        require_create_flag,
    })
}

/// An open database. Commits go one after another; reads see a commit from when it returns.
struct Store {
    log: Arc<Log>,
    enacting: Option<Enacting>,
}

/// The thread that brings commits into the tables, and what tells it of them.
struct Enacting {
    committed: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

/// The database, and what keeps writers of its log apart.
struct Log {
    db: Db,
    /// Held while a record is written: ParityDB numbers them by who asks first.
    writing: Mutex<()>,
    /// What went wrong first; nothing is committed after it.
    failure: OnceLock<parity_db::Error>,
}

impl Store {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let log = Arc::new(Log::open(path)?);
        let enacting = Enacting::start(log.clone()).map_err(StoreError::Thread)?;
        Ok(Self {
            log,
            enacting: Some(enacting),
        })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Some(Enacting { committed, thread }) = self.enacting.take() {
            drop(committed);
            // A panic in it has been reported; the log has what the tables lack.
            let _ = thread.join();
        }
    }
}

impl Enacting {
    fn start(log: Arc<Log>) -> std::io::Result<Self> {
        let (committed, commits) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("chain-database".into())
            .spawn(move || log.enact_all(&commits))?;
        Ok(Self { committed, thread })
    }
}

impl Log {
    fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            db: Db::open_or_create(&options(path)).map_err(StoreError::Open)?,
            writing: Mutex::new(()),
            failure: OnceLock::new(),
        })
    }

    /// Writes changes to the log and the log to disk. After a failure, nothing is written any more.
    fn append(&self, changes: Vec<Change>) -> Result<(), &parity_db::Error> {
        let _writing = self.writing();
        if self.failure.get().is_none() {
            self.keep_failure(self.write(changes));
        }
        self.failure.get().map_or(Ok(()), Err)
    }

    fn write(&self, changes: Vec<Change>) -> parity_db::Result<()> {
        self.db.commit_changes(changes)?;
        self.db.process_commits()?;
        self.db.flush_logs()
    }

    /// Brings commits into the tables until nobody can make any.
    fn enact_all(&self, commits: &mpsc::Receiver<()>) {
        let mut unflushed = 0;
        while commits.recv().is_ok() && self.failure.get().is_none() {
            unflushed += 1 + commits.try_iter().count();
            self.keep_failure(self.enact());
            if unflushed >= COMMITS_BETWEEN_FLUSHES {
                self.keep_failure(self.db.clean_logs());
                unflushed = 0;
            }
        }
    }

    /// Brings what the log says into the tables, and goes on with a table that is being enlarged.
    fn enact(&self) -> parity_db::Result<()> {
        self.db.enact_logs()?;
        let _writing = self.writing();
        self.db.process_reindex()?;
        self.db.flush_logs()
    }

    fn keep_failure(&self, outcome: parity_db::Result<()>) {
        if let Err(error) = outcome {
            log::error!(target: "database", "the chain's database failed: {error}");
            // Fails when there was one before, which is the one to report.
            let _ = self.failure.set(error);
        }
    }

    fn writing(&self) -> MutexGuard<'_, ()> {
        // It guards no data that a panic could leave half done.
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
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
        expect(self.log.append(changes));
        if let Some(enacting) = &self.enacting {
            // Fails only after a failure, which the next commit reports.
            let _ = enacting.committed.send(());
        }
        Ok(())
    }

    fn get(&self, column: ColumnId, key: &[u8]) -> Option<Vec<u8>> {
        expect(self.log.db.get(column as ColId, key))
    }

    fn contains(&self, column: ColumnId, key: &[u8]) -> bool {
        self.value_size(column, key).is_some()
    }

    fn value_size(&self, column: ColumnId, key: &[u8]) -> Option<usize> {
        expect(self.log.db.get_size(column as ColId, key)).map(|size| size as usize)
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
    use std::{fs, io::ErrorKind};
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

    fn has(log: &Log, number: u32) -> bool {
        let value = log.db.get(META as ColId, &number.to_be_bytes());
        value.expect("a readable database") == Some(number.to_le_bytes().to_vec())
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
    fn what_was_committed_is_there_after_a_kill_at_any_stage() {
        let folder = folder();
        let log = Log::open(folder.path()).expect("a new database");
        for number in 0..50 {
            log.append(vec![set(number)]).expect("a commit");
            match number % 5 {
                1 | 2 => log.enact().expect("enacted"),
                3 => log.db.clean_logs().expect("cleaned"),
                _ => {}
            }
            let copy = left_behind(folder.path());
            let reopened = Log::open(copy.path()).expect("what was left behind");
            assert!((0..=number).all(|number| has(&reopened, number)));
        }
    }

    #[test]
    fn tables_are_enlarged_beside_commits_and_lose_nothing() {
        // An index begins with one page of 64 keys for each value of their first 16 bits, so these fill
        // a page again and again until a larger index tells them apart.
        let crowded = |number: u64| {
            let mut hash = H256(sp_core::hashing::blake2_256(&number.to_le_bytes()));
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
        let log = Log::open(folder.path()).expect("a new database");
        let full = std::io::Error::from(ErrorKind::StorageFull);
        log.keep_failure(Err(parity_db::Error::Io(full)));
        assert!(log.append(vec![set(1)]).is_err());
        assert!(!has(&log, 1));
    }

    #[test]
    fn a_database_is_set_up_until_it_has_a_first_block() {
        let folder = folder();
        let to_be_made = || {
            let source = DatabaseSource::ParityDb {
                path: folder.path().into(),
            };
            match durable(&source).expect("a database") {
                DatabaseSource::Custom {
                    db,
                    require_create_flag,
                } => (db, require_create_flag),
                _ => unreachable!("ours is a custom database"),
            }
        };
        assert!(to_be_made().1);
        let (db, again) = to_be_made();
        assert!(again, "nothing has been set up");
        let mut transaction = Transaction::new();
        transaction.set(META, GENESIS_HASH, &[1; 32]);
        db.commit(transaction).expect("a commit");
        drop(db);
        assert!(!to_be_made().1);
    }

    #[test]
    fn another_kind_of_database_is_refused() {
        let folder = folder();
        let source = DatabaseSource::Auto {
            paritydb_path: folder.path().into(),
            rocksdb_path: folder.path().into(),
            cache_size: 0,
        };
        assert!(matches!(durable(&source), Err(StoreError::OtherDatabase)));
    }
}
