//! Probes: each tries the real thing, in a private mount namespace and a directory of its own.

#![expect(clippy::panic, reason = "a wrong name of a probe is a failed test")]

use crate::command;

/// Every probe with the shell script that tries it; the working directory is empty and its own.
const PROBES: &[(&str, &str)] = &[
    ("chattr", "touch f; chattr +i f; chattr -i f"),
    (
        "device-mapper",
        "grep -qw device-mapper /proc/misc || modprobe dm_mod; : <>/dev/mapper/control",
    ),
    ("fs-verity", VERITY),
    ("fuse", ": <>/dev/fuse"),
    ("loop-mount", "truncate -s 4M i; mkfs.ext4 -q -F i; mkdir m; mount -o loop i m; touch m/f"),
    ("mknod", "mknod d c 1 3; test -c d; mknod e b 7 0; test -b e"),
    ("overlay", OVERLAY),
    ("page-cache", PAGE_CACHE),
    (
        "quota",
        "truncate -s 4M i; mkfs.ext4 -q -F -O quota i; mkdir m; mount -o loop i m; touch m/f",
    ),
    ("trusted-xattr", "touch f; setfattr -n trusted.drift -v x f"),
    ("unshare-mount", "mount -t tmpfs none ."),
];

/// Returns the names of all probes.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PROBES.iter().map(|(name, _)| *name)
}

/// What was dropped from the page cache is gone, and reading with RWF_NOWAIT says so.
const PAGE_CACHE: &str = "head -c 1000000 /dev/urandom >f; sync f
dd of=f oflag=nocache conv=notrunc,fdatasync count=0 status=none; test \"$(fincore -nbr -o RES f)\" = 0
python3 -c 'import os
try:
    os.preadv(os.open(\"f\", os.O_RDONLY), [bytearray(1)], 500000, os.RWF_NOWAIT)
except BlockingIOError:
    raise SystemExit(0)
raise SystemExit(1)'";

/// The upper layer lies on a tmpfs: an overlay over an overlay, as in a container, is refused.
const OVERLAY: &str = "mount -t tmpfs none .; cd \"$PWD\"; mkdir l u w m
mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m; echo x >m/f; test -f u/f";

/// `FS_IOC_ENABLE_VERITY` with `struct fsverity_enable_arg` of linux/fsverity.h on a fresh ext4.
const VERITY: &str = "truncate -s 8M i; mkfs.ext4 -q -F -b 4096 -O verity i; mkdir m
mount -o loop i m; echo x >m/f
python3 -c 'import fcntl, struct
with open(\"m/f\") as f:
    fcntl.ioctl(f, 0x40806685, struct.pack(\"<IIIIQIIQ88x\", 1, 1, 4096, 0, 0, 0, 0, 0))'";

/// Runs the probe of this name; all need root, because each has its own mount namespace.
#[track_caller]
pub(super) fn run(name: &str) -> Result<(), String> {
    match PROBES.iter().find(|(known, _)| *known == name) {
        Some((_, script)) => attempt(script),
        None => panic!("no probe {name}: the probes are {:?}", names().collect::<Vec<_>>()),
    }
}

/// Tries one, and says why it failed.
#[track_caller]
pub(super) fn attempt(script: &str) -> Result<(), String> {
    let directory = match tempfile::tempdir() {
        Ok(directory) => directory,
        Err(error) => panic!("no temporary directory: {error}"),
    };
    let script = format!("set -e; cd \"$1\"; {script}");
    let run = command::run(
        "unshare",
        ["--mount", "sh", "-c", &script, "sh", &directory.path().to_string_lossy()],
    );
    if run.code == Some(0) {
        return Ok(());
    }
    let said = run.error_text();
    Err(said.lines().next().unwrap_or("the probe failed without a word").to_owned())
}
