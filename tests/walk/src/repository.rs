use std::{env, path::PathBuf};

/// A file or folder of the clone that the program runs in, wherever in it. Clones share what is
/// compiled, so the one it was compiled in may be another one.
///
/// # Panics
/// When the program runs outside of a clone.
pub fn in_repository(path: &str) -> PathBuf {
    let here = env::current_dir().expect("a current folder");
    here.ancestors()
        .map(|folder| folder.join(path))
        .find(|found| found.exists())
        .unwrap_or_else(|| panic!("{path} is in no folder above {}", here.display()))
}
