//! A build without RocksDB.
//!
//! The JSON-RPC asks for the SDK's RocksDB by its default features, whose C++ takes half an hour to
//! compile, and `lex-node` keeps its state in ParityDB. So a crate of the same name takes its place:
//! whoever asks for RocksDB gets an error that says so.

use std::{
    collections::HashMap,
    convert::Infallible,
    io::{Error, ErrorKind, Result},
    path::Path,
};

use kvdb::{DBKeyValue, DBTransaction, DBValue, KeyValueDB};

/// How a database is to be opened; nothing of it matters here but `create_if_missing`.
#[derive(Default)]
pub struct DatabaseConfig {
    /// MiB of memory for each column.
    pub memory_budget: HashMap<u32, usize>,
    /// Whether a database that is not there is made.
    pub create_if_missing: bool,
}

impl DatabaseConfig {
    /// The defaults, whatever the number of columns.
    pub fn with_columns(_columns: u32) -> Self {
        Self::default()
    }
}

/// A database that nobody can have, because [`Database::open`] always fails.
pub struct Database(Infallible);

/// The entries of a column, or of a part of it.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<DBKeyValue>> + 'a>;

impl Database {
    /// Always an error of kind `Unsupported` that says which database to use instead.
    pub fn open<P: AsRef<Path>>(config: &DatabaseConfig, path: P) -> Result<Self> {
        let path = path.as_ref().display();
        let message = if config.create_if_missing {
            format!("this node is built without RocksDB ({path}): use --database paritydb")
        } else {
            // The SDK knows by these words that there is nothing to open, and goes on to ParityDB.
            format!("no RocksDB database at {path}, and create_if_missing is false")
        };
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// Unreachable: there is no database.
    pub fn add_column(&mut self) -> Result<()> {
        match self.0 {}
    }

    /// Unreachable: there is no database.
    pub fn force_compact(&self, _column: u32) -> Result<()> {
        match self.0 {}
    }

    // The original has these beside the trait's, and the SDK calls them without the trait in scope.

    /// Unreachable: there is no database.
    pub fn transaction(&self) -> DBTransaction {
        match self.0 {}
    }

    /// Unreachable: there is no database.
    pub fn get(&self, _column: u32, _key: &[u8]) -> Result<Option<DBValue>> {
        match self.0 {}
    }

    /// Unreachable: there is no database.
    pub fn write(&self, _transaction: DBTransaction) -> Result<()> {
        match self.0 {}
    }

    /// Unreachable: there is no database.
    pub fn iter<'a>(&'a self, _column: u32) -> Entries<'a> {
        match self.0 {}
    }
}

impl KeyValueDB for Database {
    fn get(&self, column: u32, key: &[u8]) -> Result<Option<DBValue>> {
        self.get(column, key)
    }

    fn get_by_prefix(&self, _column: u32, _prefix: &[u8]) -> Result<Option<DBValue>> {
        match self.0 {}
    }

    fn write(&self, transaction: DBTransaction) -> Result<()> {
        self.write(transaction)
    }

    fn iter<'a>(&'a self, column: u32) -> Entries<'a> {
        self.iter(column)
    }

    fn iter_with_prefix<'a>(&'a self, _column: u32, _prefix: &'a [u8]) -> Entries<'a> {
        match self.0 {}
    }
}
