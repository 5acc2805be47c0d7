//! Numbers of rpm's header tags and flags: `include/rpm/rpmtag.h`, `rpmfiles.h`, `rpmvf.h`.

pub(super) const NAME: u32 = 1000;
pub(super) const VERSION: u32 = 1001;
pub(super) const RELEASE: u32 = 1002;
pub(super) const EPOCH: u32 = 1003;
pub(super) const VENDOR: u32 = 1011;
pub(super) const LICENSE: u32 = 1014;
pub(super) const URL: u32 = 1020;
pub(super) const SOURCE_PACKAGE: u32 = 1044;
pub(super) const PROVIDES: u32 = 1047;
pub(super) const REQUIRES: u32 = 1049;
pub(super) const ARCHITECTURE: u32 = 1022;

/// Whole paths, as packages of rpm 3 have them instead of the three tags below.
pub(super) const OLD_FILE_NAMES: u32 = 1027;
pub(super) const DIRECTORY_INDEXES: u32 = 1116;
pub(super) const BASE_NAMES: u32 = 1117;
pub(super) const DIRECTORY_NAMES: u32 = 1118;

pub(super) const FILE_SIZES: u32 = 1028;
pub(super) const FILE_STATES: u32 = 1029;
pub(super) const FILE_MODES: u32 = 1030;
pub(super) const FILE_RDEVS: u32 = 1033;
pub(super) const FILE_MTIMES: u32 = 1034;
pub(super) const FILE_DIGESTS: u32 = 1035;
pub(super) const FILE_LINKS: u32 = 1036;
pub(super) const FILE_FLAGS: u32 = 1037;
pub(super) const FILE_USERS: u32 = 1039;
pub(super) const FILE_GROUPS: u32 = 1040;
pub(super) const FILE_VERIFY_FLAGS: u32 = 1045;
pub(super) const LONG_FILE_SIZES: u32 = 5008;
pub(super) const FILE_CAPABILITIES: u32 = 5010;
pub(super) const FILE_DIGEST_ALGORITHM: u32 = 5011;

/// Flags of `FILE_FLAGS`.
pub(super) const CONFIG: u64 = 1;
pub(super) const MISSING_OK: u64 = 1 << 3;
pub(super) const GHOST: u64 = 1 << 6;

/// Values of `FILE_STATES`: `rpmfileState_e`.
pub(super) const REPLACED: u64 = 1;
pub(super) const NOT_INSTALLED: u64 = 2;
pub(super) const NET_SHARED: u64 = 3;
pub(super) const WRONG_COLOR: u64 = 4;

/// Flags of `FILE_VERIFY_FLAGS` with the attributes that rpm compares for each.
pub(super) const VERIFIED: [(u64, &[&str]); 9] = [
    (1, &["digest"]),
    (1 << 1, &["size"]),
    (1 << 2, &["link_target"]),
    (1 << 3, &["uid"]),
    (1 << 4, &["gid"]),
    (1 << 5, &["mtime"]),
    (1 << 6, &["mode", "type"]),
    (1 << 7, &["rdev"]),
    (1 << 8, &["capability"]),
];
