//! The directories of the usual PATH.

/// Where a shell of root or of a user looks for programs on Debian (login.defs(5)), relative to the
/// root, with and without merged /usr.
pub const PATH_DIRECTORIES: [&[u8]; 6] =
    [b"usr/local/sbin", b"usr/local/bin", b"usr/sbin", b"usr/bin", b"sbin", b"bin"];
