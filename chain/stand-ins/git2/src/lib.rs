//! A build without libgit2.
//!
//! The JSON-RPC's build script looks for the repository it was checked out from, to name its revision.
//! Built from the crate registry there is none, and it says "unknown"; libgit2's C is compiled for that
//! alone.

use std::{convert::Infallible, path::Path};

/// Always the answer to [`Repository::open`].
#[derive(Debug)]
pub struct NotARepository;

/// A repository that nobody can have.
pub struct Repository(Infallible);
/// A reference in one.
pub struct Reference(Infallible);
/// A commit in one.
pub struct Commit(Infallible);

impl Repository {
    /// Always an error.
    pub fn open(_path: impl AsRef<Path>) -> Result<Self, NotARepository> {
        Err(NotARepository)
    }

    /// Cannot be called.
    pub fn head(&self) -> Result<Reference, NotARepository> {
        match self.0 {}
    }
}

impl Reference {
    /// Cannot be called.
    pub fn peel_to_commit(&self) -> Result<Commit, NotARepository> {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn shorthand(&self) -> Option<&str> {
        match self.0 {}
    }
}

impl Commit {
    /// Cannot be called.
    pub fn id(&self) -> String {
        match self.0 {}
    }
}
