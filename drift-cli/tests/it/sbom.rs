//! Bills of materials: what `drift sbom` writes is valid to others and whole, and what it reads
//! back compares as the target itself would.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

mod compared;
mod peers;
mod written;

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use crate::stage::Stage;

/// Two packages that need each other's kind: one with a machine-readable copyright file, a page and a
/// source of another name; one whose supplier's name and file's name try what formats cannot bear.
fn stage() -> Stage {
    let stage = Stage::new();
    for directory in ["root/var/lib/dpkg/info", "root/usr/share/doc/one", "root/usr/lib"] {
        std::fs::create_dir_all(stage.at(directory)).expect("the stage can be written");
    }
    stage.write("root/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
    stage.write("root/usr/bin/one", "one");
    stage.write("root/usr/lib/two", "two");
    let odd = std::ffi::OsStr::from_bytes(b"root/usr/lib/t\xffwo");
    stage.write(std::path::Path::new(odd), "odd");
    stage.write(
        "root/usr/share/doc/one/copyright",
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n\
         Files: *\nCopyright: A\nLicense: GPL-2+\n\nFiles: b\nCopyright: B\nLicense: Expat\n",
    );
    stage.write("root/var/lib/dpkg/status", status("1:1.0-1"));
    let info = |name: &str, list: &[u8]| {
        let directory = "root/var/lib/dpkg/info";
        stage.write(format!("{directory}/{name}.list"), list);
        stage.write(format!("{directory}/{name}.md5sums"), "");
    };
    info("one", b"/.\n/usr\n/usr/bin\n/usr/bin/one\n/usr/share/doc/one/copyright\n");
    info("two:amd64", b"/.\n/usr\n/usr/lib\n/usr/lib/two\n/usr/lib/t\xffwo\n");
    stage
}

/// The registrations of both packages, `one` in this version.
fn status(version: &str) -> String {
    format!(
        "Package: one\nStatus: install ok installed\nArchitecture: all\nVersion: {version}\n\
         Source: uno (2~rc1)\nHomepage: https://one.example.org/a?b=c\n\
         Maintainer: Some (One) <one@example.org>\nDepends: two (>= 1), nowhere | virtual\n\n\
         Package: two\nStatus: install ok installed\nMulti-Arch: same\nArchitecture: amd64\n\
         Version: 2+b1\nMaintainer: \"A, B\" <x>\nHomepage: javascript:alert(1)\n\
         Provides: virtual\nPre-Depends: two\n\n"
    )
}

/// Registrations of many packages that each need the one before.
fn many(count: u32) -> String {
    let mut status = String::new();
    for number in 0..count {
        let needed = number.saturating_sub(1);
        write!(
            status,
            "Package: package-{number}\nStatus: install ok installed\nArchitecture: amd64\n\
             Version: 1:{number}.0-1\nMaintainer: Somebody <s@example.org>\n\
             Homepage: https://example.org/{number}\nDepends: package-{needed}\n\
             Description: one of many\n and more\n\n"
        )
        .expect("a string takes everything");
    }
    status
}
