//! The type of a file-system object, and sets of types.

use std::fmt;

/// What a file-system object is (`st_mode & S_IFMT` of inode(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FileType {
    /// A regular file.
    File = 0,
    /// A directory.
    Directory = 1,
    /// A symbolic link.
    Symlink = 2,
    /// A named pipe.
    Fifo = 3,
    /// A local socket.
    Socket = 4,
    /// A character device.
    Char = 5,
    /// A block device.
    Block = 6,
    /// Named by its directory, but it could not be examined; always paired with a problem.
    Unknown = 7,
}

impl FileType {
    /// Every type, in the order of its number.
    pub const ALL: [Self; 8] = [
        Self::File,
        Self::Directory,
        Self::Symlink,
        Self::Fifo,
        Self::Socket,
        Self::Char,
        Self::Block,
        Self::Unknown,
    ];

    /// Returns the word that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
            Self::Char => "char",
            Self::Block => "block",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the type with this number, as stored in a baseline.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Returns the type that `st_mode` names.
    #[must_use]
    pub fn from_mode(mode: u32) -> Self {
        match mode & 0o170_000 {
            0o100_000 => Self::File,
            0o040_000 => Self::Directory,
            0o120_000 => Self::Symlink,
            0o010_000 => Self::Fifo,
            0o140_000 => Self::Socket,
            0o020_000 => Self::Char,
            0o060_000 => Self::Block,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A set of file types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileTypes(u8);

impl FileTypes {
    /// No type.
    pub const NONE: Self = Self(0);
    /// Every type that can be examined.
    pub const ALL: Self = Self(0b0111_1111);
    /// Regular files alone.
    pub const FILE: Self = Self::of(&[FileType::File]);

    /// Returns the set of these types.
    #[must_use]
    pub const fn of(types: &[FileType]) -> Self {
        let mut bits = 0;
        let mut rest = types;
        while let [first, tail @ ..] = rest {
            bits |= 1 << (*first as u8);
            rest = tail;
        }
        Self(bits)
    }

    /// Returns this set without `types`.
    #[must_use]
    pub const fn except(self, types: &[FileType]) -> Self {
        Self(self.0 & !Self::of(types).0)
    }

    /// Returns whether the set holds `file_type`.
    #[must_use]
    pub const fn contains(self, file_type: FileType) -> bool {
        self.0 & (1 << (file_type as u8)) != 0
    }
}
