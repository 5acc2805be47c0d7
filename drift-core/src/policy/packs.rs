//! The packs that come with drift, and the library that every policy may import.

use super::set::{Origin, OriginKind, PolicyFile, SourceSet};

use crate::model::Digest;

/// One built-in pack.
#[derive(Debug, Clone, Copy)]
pub struct Pack {
    /// Its name, as in `builtin:NAME`.
    pub name: &'static str,
    /// What it is about, in a phrase.
    pub title: &'static str,
    /// Name and text of each file, each policy followed by its tests.
    pub files: &'static [(&'static str, &'static str)],
}

/// Files of `policies/`, by their names below it.
macro_rules! files {
    ($directory:literal: $($name:literal),* $(,)?) => {
        &[$((
            concat!($name, ".rego"),
            include_str!(concat!("../../../policies/", $directory, "/", $name, ".rego")),
        )),*]
    };
}

/// Policies of `policies/`, by their names below it: each with its tests.
macro_rules! policies {
    ($directory:literal: $($name:literal),* $(,)?) => {
        &[$(
            (
                concat!($name, ".rego"),
                include_str!(concat!("../../../policies/", $directory, "/", $name, ".rego")),
            ),
            (
                concat!($name, "_test.rego"),
                include_str!(concat!("../../../policies/", $directory, "/", $name, "_test.rego")),
            ),
        )*]
    };
}

/// The library: helpers in packages below `drift.lib`, there for every policy.
pub const LIBRARY: &[(&str, &str)] =
    files!("lib": "baseline", "changes", "dates", "mode", "paths", "permissions");

/// Every pack. A policy is its file, its tests and one line here.
pub const PACKS: &[Pack] = &[
    Pack {
        name: "host",
        title: "accounts, permissions and start-up of a system",
        files: policies!("host":
            "accounts_without_shell_locked",
            "authorized_keys_of_system_accounts",
            "authorized_keys_permissions",
            "capabilities_allowed",
            "device_nodes_outside_dev",
            "duplicate_accounts",
            "empty_passwords",
            "executables_in_temporary_directories",
            "files_without_account",
            "gid_0_of_root_alone",
            "ld_so_preload_empty",
            "malformed_account_lines",
            "no_rsh_trust_files",
            "passwd_permissions",
            "passwords_shadowed",
            "primary_groups_exist",
            "private_directories",
            "second_uid_0",
            "setgid_allowed",
            "setuid_allowed",
            "shadow_group_empty",
            "shadow_permissions",
            "shell_start_files",
            "shell_start_files_unchanged",
            "ssh_host_keys_private",
            "sudoers_permissions",
            "system_accounts_without_login",
            "system_directories",
            "unowned_executables",
            "what_root_runs",
            "world_writable",
        ),
    },
    Pack {
        name: "image",
        title: "what an image is built on, starts as, and should not hold",
        files: policies!("image":
            "approved_registry",
            "base_digest_approved",
            "base_layers_approved",
            "environment_safe",
            "no_build_tools",
            "no_host_identity",
            "no_package_caches",
            "no_passwords",
            "no_remote_add",
            "no_secret_files",
            "no_secrets_in_configuration",
            "no_setuid_above_base",
            "no_setuid_beyond_baseline",
            "packages_allowed",
            "required_packages",
            "runs_as_non_root",
            "size_budget",
            "user_is_an_account",
        ),
    },
    Pack {
        name: "immutability",
        title: "what differs from the golden state, and whether it may",
        files: policies!("immutability":
            "baseline_fresh",
            "image_configuration_unchanged",
            "image_digest_approved",
            "mode_not_looser",
            "no_change_in_place",
            "no_privilege_added",
            "no_unowned_executables_added",
            "no_unverified_changes",
            "packages_not_downgraded",
            "packages_unchanged",
            "usr_unmodified",
        ),
    },
    Pack {
        name: "supply-chain",
        title: "what the seal of the baseline says of where it comes from",
        files: policies!("supply-chain":
            "approved_identity",
            "approved_signer",
            "baseline_signed",
            "provenance_digests_well_formed",
            "provenance_present",
            "sbom_digest_in_provenance",
            "seal_age",
            "seal_has_expiry",
            "seal_not_expiring",
        ),
    },
];

/// Returns the files of the pack of this name, without `builtin:`.
#[must_use]
pub fn pack(name: &str) -> Option<SourceSet> {
    let pack = PACKS.iter().find(|pack| pack.name == name)?;
    let file = |(name, text): &(&str, &str)| PolicyFile {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    let files: Vec<PolicyFile> = pack.files.iter().map(file).collect();
    let origin = Origin {
        name: format!("builtin:{name}"),
        kind: OriginKind::Builtin,
        digest: digest(&files),
        signers: Vec::new(),
        lineage: None,
    };
    Some(SourceSet { origin, files })
}

/// Returns a digest over names and texts, each with its length before it, in the order of names.
#[must_use]
pub fn digest(files: &[PolicyFile]) -> Digest {
    let mut files: Vec<&PolicyFile> = files.iter().collect();
    files.sort();
    let mut text = String::new();
    for PolicyFile { name, text: content } in files {
        text.push_str(&format!("{}:{name}{}:{content}", name.len(), content.len()));
    }
    Digest::sha256_of(text.as_bytes())
}
