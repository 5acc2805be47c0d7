//! Packages made and installed by dpkg itself, and archives signed by a throw-away key.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use drift_testkit::command::run;
use drift_testkit::need;

use crate::stage::{Report, Stage};

/// A path, its content and mode.
pub(super) type Files<'f> = &'f [(&'f str, &'f str, u32)];

/// Returns whether everything is there that these tests need; what is not is recorded.
pub(super) fn ready() -> bool {
    let tools = ["dpkg", "dpkg-deb"].map(need::tool);
    tools.iter().all(Option::is_some) && need::root().is_some()
}

/// Writes a file with all directories above it.
pub(super) fn put(path: &Path, content: impl AsRef<[u8]>, mode: u32) {
    fs::create_dir_all(path.parent().expect("it has a parent")).expect("directories are made");
    fs::write(path, content).expect("it is written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the mode is set");
}

/// Builds `NAME_VERSION_all.deb` in `debs/` and returns where it is.
pub(super) fn deb(stage: &Stage, name: &str, version: &str, files: Files<'_>) -> String {
    let tree = stage.at(format!("build/{name}-{version}"));
    let mut conffiles = String::new();
    for (path, content, mode) in files {
        put(&tree.join(path), content, *mode);
        if path.starts_with("etc/") {
            conffiles.push_str(&format!("/{path}\n"));
        }
    }
    let control = format!(
        "Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: t <t@example.org>\n\
         Description: a test\n"
    );
    put(&tree.join("DEBIAN/control"), control, 0o644);
    if !conffiles.is_empty() {
        put(&tree.join("DEBIAN/conffiles"), conffiles, 0o644);
    }
    let md5sums: String = files
        .iter()
        .map(|(path, _, _)| {
            let sum = run("md5sum", [tree.join(path)]).success();
            format!("{}  {path}\n", sum.split_whitespace().next().expect("a digest"))
        })
        .collect();
    put(&tree.join("DEBIAN/md5sums"), md5sums, 0o644);
    let out = stage.at(format!("debs/{name}_{version}_all.deb"));
    fs::create_dir_all(out.parent().expect("a parent")).expect("directories are made");
    let out = out.to_string_lossy().into_owned();
    let tree = tree.to_string_lossy().into_owned();
    let _built = run("dpkg-deb", ["--root-owner-group", "-Zxz", "--build", &tree, &out]).success();
    out
}

/// Installs a package into `root/`, over whatever is there.
pub(super) fn install(stage: &Stage, deb: &str) {
    for directory in ["info", "updates", "triggers"] {
        fs::create_dir_all(stage.at("root/var/lib/dpkg").join(directory)).expect("it is made");
    }
    let status = stage.at("root/var/lib/dpkg/status");
    if !status.exists() {
        put(&status, "", 0o644);
    }
    let root = format!("--root={}", stage.path("root"));
    let all = [&root, "--force-downgrade", "--force-unsafe-io", "--log=/dev/null", "-i", deb];
    let _installed = run("dpkg", all).success();
}

/// Builds the manifest `m` of these packages or archives.
pub(super) fn manifest(stage: &Stage, sources: &[&str], more: &[&str]) {
    let (out, key, state) = (stage.path("m"), stage.path("golden.key.pem"), stage.path("state"));
    let all: &[&str] = &["--out", &out, "--sign", &key, "--state", &state];
    let _built = stage.drift([&["manifest", "build"], sources, all, more].concat()).expect(0);
}

/// Checks `root/` against the golden snapshot, with the manifest.
pub(super) fn with_manifest(stage: &Stage, more: &[&str]) -> Report {
    let m = stage.path("m");
    stage.report(&[&["--manifest", &m], more].concat())
}

/// Checks `root/` without a baseline.
pub(super) fn alone(stage: &Stage, more: &[&str]) -> Report {
    let (root, key, state) =
        (format!("dir:{}", stage.path("root")), stage.path("golden.pub.pem"), stage.path("state"));
    let mut all = vec!["check", &root, "--only", "entries", "--format", "json", "--state", &state];
    if more.contains(&"--manifest") {
        all.extend(["--trust", &key]);
    }
    all.extend(more);
    Report::of(&stage.drift(all))
}

/// Replaces a file of the root, and its record in dpkg's database too.
pub(super) fn forge(stage: &Stage, package: &str, path: &str, content: &str) {
    let file = stage.at("root").join(path);
    let before = run("md5sum", [&file]).success();
    fs::write(&file, content).expect("it is written");
    let after = run("md5sum", [&file]).success();
    let sum = |text: &str| text.split_whitespace().next().expect("a digest").to_owned();
    let record = format!("root/var/lib/dpkg/info/{package}.md5sums");
    let text = String::from_utf8(stage.read(&record)).expect("text");
    let forged = text.replace(&sum(&before), &sum(&after));
    assert_ne!(text, forged, "the record is there");
    stage.write(&record, forged);
}

/// A key of OpenPGP in a home of its own.
pub(super) struct Signer {
    home: String,
    /// The public key as gpgv reads it.
    pub(super) keyring: String,
}

impl Signer {
    /// Makes a key; `None` where gpg or gpgv is missing.
    pub(super) fn new(stage: &Stage, name: &str) -> Option<Self> {
        let (_gpg, _gpgv) = (need::tool("gpg")?, need::tool("gpgv")?);
        let home = stage.path(&format!("gpg-{name}"));
        fs::create_dir_all(&home).expect("it is made");
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).expect("the mode is set");
        let keyring = stage.path(&format!("{name}.gpg"));
        let signer = Self { home, keyring };
        signer.gpg(&[
            "--quick-gen-key",
            &format!("{name} <{name}@example.org>"),
            "ed25519",
            "sign",
            "never",
        ]);
        signer.gpg(&["--output", &signer.keyring, "--export"]);
        Some(signer)
    }

    fn gpg(&self, arguments: &[&str]) {
        let all: &[&str] =
            &["--homedir", &self.home, "--batch", "--yes", "--quiet", "--passphrase", ""];
        let more: &[&str] = &["--pinentry-mode", "loopback"];
        let _done = run("gpg", [all, more, arguments].concat()).success();
    }

    /// Signs a text in clear.
    pub(super) fn clear(&self, text: &str, out: &str) {
        self.gpg(&["--digest-algo", "SHA512", "--output", out, "--clearsign", text]);
    }

    /// Signs a text apart.
    pub(super) fn detach(&self, text: &str, out: &str) {
        self.gpg(&["--digest-algo", "SHA512", "--output", out, "--detach-sign", text]);
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        let _ended = run("gpgconf", ["--homedir", &self.home, "--kill", "gpg-agent"]);
    }
}

/// An apt archive `apt/` of the packages in `debs/`, not yet signed; `more` are fields of its release.
pub(super) fn archive(stage: &Stage, more: &str) -> String {
    let root = stage.at("apt");
    let mut packages = String::new();
    for name in stage.names("debs") {
        let bytes = stage.read(format!("debs/{name}"));
        put(&root.join("pool").join(&name), bytes, 0o644);
        let fields = run("dpkg-deb", ["--field", &stage.path(&format!("debs/{name}"))]).success();
        let sum = sha256(&stage.path(&format!("debs/{name}")));
        let size = stage.read(format!("debs/{name}")).len();
        packages
            .push_str(&format!("{fields}Filename: pool/{name}\nSize: {size}\nSHA256: {sum}\n\n"));
    }
    let index = root.join("dists/test/main/binary-all/Packages");
    put(&index, &packages, 0o644);
    let sum = sha256(&index.to_string_lossy());
    let release = format!(
        "Origin: Test\nSuite: test\nCodename: test\nDate: Sat, 11 Oct 2025 09:12:01 UTC\n{more}\
         SHA256:\n {sum} {} main/binary-all/Packages\n",
        packages.len()
    );
    let path = root.join("dists/test/Release");
    put(&path, release, 0o644);
    path.to_string_lossy().into_owned()
}

pub(super) fn sha256(path: &str) -> String {
    let sum = run("sha256sum", [path]).success();
    sum.split_whitespace().next().expect("a digest").to_owned()
}
