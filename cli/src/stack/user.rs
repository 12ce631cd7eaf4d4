//! The user that PostgreSQL runs as: it refuses to run as root.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixUser {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    pub home: PathBuf,
}

impl UnixUser {
    /// Looks a user up in the machine's user database (`/etc/passwd`).
    #[must_use]
    pub fn named(name: &str) -> Option<UnixUser> {
        parse_passwd(&fs::read_to_string("/etc/passwd").ok()?, name)
    }

    /// Makes the user the owner of a file or folder.
    ///
    /// # Errors
    /// When this process may not do that.
    pub fn own(&self, path: &Path) -> io::Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
    }

    /// Whether the user can reach things below `folder`: every folder down to it can be entered.
    #[must_use]
    pub fn can_enter(&self, folder: &Path) -> bool {
        folder.ancestors().all(|ancestor| {
            fs::metadata(ancestor).is_ok_and(|metadata| {
                let bit = if metadata.uid() == self.uid {
                    0o100
                } else if metadata.gid() == self.gid {
                    0o010
                } else {
                    0o001
                };
                metadata.mode() & bit != 0
            })
        })
    }
}

/// Whether this process runs as root.
#[must_use]
pub(super) fn is_root() -> bool {
    geteuid().is_root()
}

fn parse_passwd(passwd: &str, name: &str) -> Option<UnixUser> {
    passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        match fields.as_slice() {
            [user, _, uid, gid, _, home, ..] if *user == name => Some(UnixUser {
                name: name.to_owned(),
                uid: uid.parse().ok()?,
                gid: gid.parse().ok()?,
                home: PathBuf::from(home),
            }),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn finds_the_user_and_only_that_one() {
        let passwd =
            "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104::/var/lib/postgresql:/bin/bash\n";
        let user = parse_passwd(passwd, "postgres").unwrap();
        assert_eq!((user.uid, user.gid), (101, 104));
        assert_eq!(user.home, Path::new("/var/lib/postgresql"));
        assert_eq!(parse_passwd(passwd, "post"), None);
        assert_eq!(parse_passwd("postgres:x:abc:1::/:", "postgres"), None);
    }

    #[test]
    fn a_closed_folder_cannot_be_entered_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let stranger = UnixUser {
            name: "stranger".into(),
            uid: 4_000_000,
            gid: 4_000_000,
            home: PathBuf::from("/"),
        };
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let set =
            |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        set(0o700);
        assert!(!stranger.can_enter(&inner));
        set(0o711);
        assert!(stranger.can_enter(&inner));
    }
}
