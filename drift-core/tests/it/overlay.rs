//! Overlays against the kernel: what drift makes of the layers is what a mount of them shows.
//!
//! The mounts live in a namespace of another process, and both views go through its
//! `/proc/PID/root`.

#![expect(clippy::disallowed_methods, reason = "the oracle is another process with its mounts")]
#![expect(clippy::panic, reason = "the functions that tests share fail as tests do")]
#![expect(clippy::print_stdout, reason = "a passing test prints the numbers that it reached")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use drift_core::model::{FileType, Observed};
use drift_core::source::{Selection, open};
use drift_testkit::need;

use crate::walk::{Seen, look};

/// A process with mounts of its own, which stops at each line that it writes.
struct Mounted {
    child: Child,
    asks: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Mounted {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{program}: {error}"));
        let asks = child.stdin.take().expect("it is piped");
        let says = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, asks, says }
    }

    /// Returns the next line.
    fn line(&mut self) -> String {
        let mut line = String::new();
        let _bytes = self.says.read_line(&mut line).expect("it writes lines");
        line.trim_end().to_owned()
    }

    fn go_on(&mut self) {
        self.asks.write_all(b"\n").expect("it listens");
    }

    /// Returns where a path of its own is seen from here.
    fn at(&self, path: &str) -> String {
        format!("/proc/{}/root{path}", self.child.id())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn seen(target: &str) -> Seen {
    let source =
        open(target, &Selection::default()).unwrap_or_else(|error| panic!("{target}: {error}"));
    look(&*source, "", 2).unwrap_or_else(|error| panic!("{target}: {error}"))
}

/// Compares everything that drift knows of two targets but what lies at `refused`, where both have a
/// problem, and returns how many entries there are.
fn assert_same(overlay: &str, mounted: &str, refused: &[&str]) -> usize {
    let (ours, theirs) = (seen(overlay), seen(mounted));
    let problems = |seen: &Seen| {
        seen.problems.iter().map(|problem| problem.path.to_string()).collect::<BTreeSet<_>>()
    };
    let expected: BTreeSet<String> = refused.iter().map(|&path| path.to_owned()).collect();
    assert_eq!(problems(&ours), expected, "{overlay}: {:#?}", ours.problems);
    assert_eq!(problems(&theirs), expected, "{mounted}: {:#?}", theirs.problems);
    let paths = |seen: &Seen| seen.entries.keys().cloned().collect::<Vec<_>>();
    assert_eq!(paths(&ours), paths(&theirs), "{overlay}");
    for (path, (ours, listing, _)) in &ours.entries {
        if expected.contains(path) {
            continue;
        }
        let (theirs, their_listing, _) = &theirs.entries[path];
        let (mut ours, mut theirs) = (ours.clone(), theirs.clone());
        if ours.file_type == FileType::Directory {
            // Neither is compared of a directory, and a file system gives what it likes.
            for entry in [&mut ours, &mut theirs] {
                (entry.size, entry.nlink) = (Observed::NotApplicable, Observed::NotApplicable);
            }
        }
        assert_eq!(ours, theirs, "{path} of {overlay}");
        assert_eq!(listing, their_listing, "{path} of {overlay}");
    }
    assert_eq!(ours.contents, theirs.contents, "{overlay}");
    ours.entries.len()
}

/// Changes a mount at random, and compares at every checkpoint; returns how many there were.
fn operate(mode: &str, unshare: &[&str], seed: u64, operations: u32) -> (usize, usize) {
    let base = tempfile::tempdir().unwrap();
    std::fs::set_permissions(base.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/overlay/operate.py");
    let (base, script) = (base.path().to_string_lossy(), script.to_string_lossy());
    let (seed_text, count) = (seed.to_string(), operations.to_string());
    let words = [unshare, &["python3", &*script, &*base, &*seed_text, &*count, mode]].concat();
    let (program, arguments) = words.split_first().expect("there are words");
    let mut mounted = Mounted::start(program, arguments);
    let (mut checkpoints, mut entries) = (0, 0);
    loop {
        let line = mounted.line();
        if line.starts_with("done ") {
            println!("{mode}, seed {seed}: {line}; {checkpoints} checkpoints, {entries} entries");
            return (checkpoints, entries);
        }
        assert!(line.starts_with('/'), "{mode}, seed {seed}, checkpoint {checkpoints}: {line:?}");
        let layers: Vec<String> = line.split('\t').map(|layer| mounted.at(layer)).collect();
        let scheme = if mode == "user" { "overlay,userxattr" } else { "overlay" };
        let overlay = format!("{scheme}:{}", layers.join(":"));
        let merged = format!("dir:{}", mounted.at(&format!("{base}/merged")));
        entries += assert_same(&overlay, &merged, &[]);
        checkpoints += 1;
        mounted.go_on();
    }
}

#[test]
fn what_root_changes_in_a_mount_is_seen_in_its_layers() {
    let (Some(()), Some(_)) = (need::overlay(), need::tool("python3")) else { return };
    for seed in 0..4 {
        let (checkpoints, _) = operate("trusted", &["unshare", "--mount"], seed, 300);
        assert_eq!(checkpoints, 21);
    }
}

#[test]
fn what_an_ordinary_user_changes_in_a_mount_is_seen_in_its_layers() {
    let (Some(()), Some(_)) = (need::overlay(), need::tool("python3")) else { return };
    let unshare =
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Urm"];
    for seed in 10..12 {
        let (checkpoints, _) = operate("user", &unshare, seed, 300);
        assert_eq!(checkpoints, 21);
    }
}

/// Layers made by hand, as an image builder or an attacker could; the kernel is still the oracle.
#[test]
fn layers_that_no_mount_made_mean_what_the_kernel_takes_them_for() {
    let (Some(()), Some(_)) = (need::overlay(), need::tool("setfattr")) else { return };
    let base = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/overlay/crafted.sh");
    let (base, script) = (base.path().to_string_lossy(), script.to_string_lossy());
    let mut mounted = Mounted::start("unshare", &["--mount", "bash", &script, &base]);
    let line = mounted.line();
    assert!(line.starts_with('/'), "{line:?}");
    let layers: Vec<String> = line.split('\t').map(|layer| mounted.at(layer)).collect();
    let refused = [
        "/bad-dir",
        "/bad-double",
        "/bad-empty",
        "/bad-lowest",
        "/bad-nothing",
        "/bad-root",
        "/bad-slash",
        "/bad-up",
    ];
    let overlay = format!("overlay:{}", layers.join(":"));
    let merged = format!("dir:{}", mounted.at(&format!("{base}/merged")));
    let entries = assert_same(&overlay, &merged, &refused);
    println!("{entries} entries of crafted layers are the kernel's, {} are refused", refused.len());
    let reasons = seen(&overlay).problems;
    let said = |words: &str| reasons.iter().any(|problem| problem.reason.contains(words));
    assert!(said("none has it there (ENOLINK)") && said("no path (EPROTO)"), "{reasons:?}");
}
