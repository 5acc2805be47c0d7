//! Names of the kernel's errors, as reports show them (errno(3)).

use rustix::io::Errno;

/// Returns the symbolic name of an error number, `EUNKNOWN` for one that no file operation gives.
#[must_use]
pub fn errno_name(errno: Errno) -> &'static str {
    NAMES.iter().find(|(known, _)| *known == errno).map_or("EUNKNOWN", |(_, name)| name)
}

const NAMES: &[(Errno, &str)] = &[
    (Errno::ACCESS, "EACCES"),
    (Errno::PERM, "EPERM"),
    (Errno::IO, "EIO"),
    (Errno::BADMSG, "EBADMSG"),
    (Errno::UCLEAN, "EUCLEAN"),
    (Errno::NOENT, "ENOENT"),
    (Errno::NOTDIR, "ENOTDIR"),
    (Errno::ISDIR, "EISDIR"),
    (Errno::LOOP, "ELOOP"),
    (Errno::NAMETOOLONG, "ENAMETOOLONG"),
    (Errno::STALE, "ESTALE"),
    (Errno::INTR, "EINTR"),
    (Errno::AGAIN, "EAGAIN"),
    (Errno::MFILE, "EMFILE"),
    (Errno::NFILE, "ENFILE"),
    (Errno::NOMEM, "ENOMEM"),
    (Errno::NOSPC, "ENOSPC"),
    (Errno::DQUOT, "EDQUOT"),
    (Errno::FBIG, "EFBIG"),
    (Errno::ROFS, "EROFS"),
    (Errno::OVERFLOW, "EOVERFLOW"),
    (Errno::OPNOTSUPP, "EOPNOTSUPP"),
    (Errno::NODATA, "ENODATA"),
    (Errno::RANGE, "ERANGE"),
    (Errno::NOSYS, "ENOSYS"),
    (Errno::TXTBSY, "ETXTBSY"),
    (Errno::XDEV, "EXDEV"),
    (Errno::NXIO, "ENXIO"),
    (Errno::NODEV, "ENODEV"),
    (Errno::INVAL, "EINVAL"),
    (Errno::TOOBIG, "E2BIG"),
    (Errno::BUSY, "EBUSY"),
    (Errno::TIMEDOUT, "ETIMEDOUT"),
    (Errno::NOTCONN, "ENOTCONN"),
    (Errno::CONNABORTED, "ECONNABORTED"),
    (Errno::BADF, "EBADF"),
    (Errno::EXIST, "EEXIST"),
    (Errno::PIPE, "EPIPE"),
    (Errno::NOKEY, "ENOKEY"),
    (Errno::HOSTDOWN, "EHOSTDOWN"),
    (Errno::NOLINK, "ENOLINK"),
    (Errno::PROTO, "EPROTO"),
];
