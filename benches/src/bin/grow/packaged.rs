//! A tree whose files packages of dpkg own, of any number.

use drift_core::model::Digest;
use drift_core::source::MemoryVolume;

/// Makes `packages` packages of `files` files each; another `version` has other content in all.
pub(crate) fn debian(packages: u64, files: u64, version: u64) -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    let mut status = String::new();
    volume.file(b"etc/os-release", b"ID=debian\nVERSION_ID=\"12\"\n");
    volume.directory(b"var/lib/dpkg/updates");
    for package in 0..packages {
        let name = format!("package-{package:06}");
        status.push_str(&format!(
            "Package: {name}\nStatus: install ok installed\nPriority: optional\nSection: misc\n\
             Installed-Size: 100\nMaintainer: Nobody <nobody@example.org>\nArchitecture: all\n\
             Version: {version}.0-1\nDescription: generated\n\n"
        ));
        let (mut list, mut sums) =
            (format!("/.\n/usr\n/usr/lib\n/usr/lib/{name}\n"), String::new());
        for file in 0..files {
            let path = format!("usr/lib/{name}/file-{file:04}");
            let content = format!("{path} of version {version}\n");
            sums.push_str(&format!("{}  {path}\n", md5(content.as_bytes())));
            list.push_str(&format!("/{path}\n"));
            volume.file(path.as_bytes(), content.as_bytes());
        }
        volume.file(format!("var/lib/dpkg/info/{name}.list").as_bytes(), list.as_bytes());
        volume.file(format!("var/lib/dpkg/info/{name}.md5sums").as_bytes(), sums.as_bytes());
    }
    volume.file(b"var/lib/dpkg/status", status.as_bytes());
    volume
}

fn md5(bytes: &[u8]) -> String {
    drift_lanes::md5(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names a change as a waiver does; no change has this one.
pub(crate) fn no_change(number: u64) -> String {
    Digest::sha256_of(&number.to_le_bytes()).hex()
}
