//! Which of several databases rpm uses: it has three formats, and directories changed over time.

use crate::packages::{Completeness, Reading};

/// Where the database is, or was: the directories of most, of Fedora and SUSE now, of rpm-ostree.
pub(super) const DIRECTORIES: [&str; 3] =
    ["var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/"];

/// A format of the database, in the order in which rpm looks for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    Sqlite,
    Ndb,
    Bdb,
}

impl Backend {
    const ALL: [Self; 3] = [Self::Sqlite, Self::Ndb, Self::Bdb];

    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Sqlite => "rpmdb.sqlite",
            Self::Ndb => "Packages.db",
            Self::Bdb => "Packages",
        }
    }

    /// Returns whether a value of the macro `_db_backend` means it.
    fn is_called(self, value: &str) -> bool {
        match self {
            Self::Sqlite => value == "sqlite",
            Self::Ndb => value == "ndb",
            Self::Bdb => value == "bdb" || value == "bdb_ro",
        }
    }

    /// Returns the files that rpm itself keeps in the directory.
    pub(super) fn books(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["rpmdb.sqlite", "rpmdb.sqlite-shm", "rpmdb.sqlite-wal", ".rpm.lock"],
            Self::Ndb => &["Packages.db", "Index.db", ".rpm.lock"],
            Self::Bdb => &[
                "Basenames",
                "Conflictname",
                "Dirnames",
                "Enhancename",
                "Filetriggername",
                "Group",
                "Installtid",
                "Name",
                "Obsoletename",
                "Packages",
                "Providename",
                "Recommendname",
                "Requirename",
                "Sha1header",
                "Sigmd5",
                "Suggestname",
                "Supplementname",
                "Transfiletriggername",
                "Triggername",
                "__db.001",
                "__db.002",
                "__db.003",
                ".dbenv.lock",
                ".rpm.lock",
            ],
        }
    }
}

/// Returns the directory and format of the database that rpm uses; `None` where there is none.
pub(super) fn choose(reading: &mut Reading<'_, '_>) -> Option<(&'static str, Backend)> {
    let there = |directory: &str, backend: Backend| {
        reading.files().get([directory, backend.file()].concat().as_bytes()).is_some()
    };
    let all: Vec<(&'static str, Backend)> = DIRECTORIES
        .into_iter()
        .flat_map(|directory| Backend::ALL.map(|backend| (directory, backend)))
        .filter(|(directory, backend)| there(directory, *backend))
        .collect();
    let (first, rest) = all.split_first()?;
    if rest.is_empty() {
        return Some(*first);
    }
    let place = value_of(reading, "_dbpath");
    let format = value_of(reading, "_db_backend");
    let placed = |directory: &str| {
        let end = directory.trim_end_matches('/').split_once('/').map_or("", |(_, end)| end);
        place.as_ref().is_some_and(|value| value.ends_with(end))
    };
    let called = |backend: Backend| format.as_ref().is_some_and(|value| backend.is_called(value));
    let several = all.iter().any(|(directory, _)| *directory != first.0);
    let chosen = all.iter().find(|(directory, backend)| {
        let alone = all.iter().filter(|(other, _)| other == directory).count() == 1;
        (!several || placed(directory)) && (alone || called(*backend))
    });
    if chosen.is_none() {
        let (directory, backend) = first;
        let names: Vec<String> = all
            .iter()
            .map(|(directory, backend)| format!("/{directory}{}", backend.file()))
            .collect();
        let reason = format!(
            "rpm has several databases ({}), and no macro says which one it uses; this one was read",
            names.join(", ")
        );
        let path = [directory, backend.file()].concat();
        reading.note(path.as_bytes(), reason, Completeness::Incomplete);
    }
    chosen.or(Some(first)).copied()
}

/// Returns what the last definition of a macro says; rpm(8) reads these files in this order.
fn value_of(reading: &mut Reading<'_, '_>, name: &str) -> Option<String> {
    let inside = |directory: &'static [u8]| reading.files().inside(directory).map(<[u8]>::to_vec);
    let apart = inside(b"etc/rpm/").filter(|path| path.starts_with(b"etc/rpm/macros."));
    let mut paths = vec![b"usr/lib/rpm/macros".to_vec()];
    paths.extend(inside(b"usr/lib/rpm/macros.d/").chain(apart));
    paths.push(b"etc/rpm/macros".to_vec());
    let mut value = None;
    for path in paths {
        let text = reading.open(&path, Completeness::Incomplete).unwrap_or_default();
        for line in text.split(|&byte| byte == b'\n') {
            let defined =
                line.strip_prefix(b"%").and_then(|line| line.strip_prefix(name.as_bytes()));
            let Some(defined) =
                defined.filter(|rest| rest.first().is_some_and(u8::is_ascii_whitespace))
            else {
                continue;
            };
            value = std::str::from_utf8(defined.trim_ascii()).ok().map(str::to_owned);
        }
    }
    value
}
