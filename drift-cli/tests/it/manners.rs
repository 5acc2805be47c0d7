//! What a run keeps to beside other work: threads, niceness, the rate of reading, the page cache; and that
//! a signal ends it whatever it is busy with.

#![expect(clippy::disallowed_methods, reason = "runs beside the test are started and looked at")]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use drift_testkit::command::Beside;
use drift_testkit::{command, need};

use crate::stage::{DRIFT, LIMIT, Stage};

/// A run must end within a second of its signal. Nothing that is stopped here would end by itself
/// within many times this bound, which leaves room for a machine that is busy.
const BOUND: Duration = Duration::from_secs(10);

/// Bytes of a file that is one hole and still read as a whole: with 1 GiB of holes it would not be.
const HOLE: u64 = 900 << 20;

fn holes(stage: &Stage, number: usize) {
    for at in 0..number {
        let file = File::create(stage.at(format!("root/hole{at}"))).expect("a file");
        file.set_len(HOLE).expect("a length");
    }
}

fn beside(program: &str, arguments: &[String], stdout: Stdio) -> Beside {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::null());
    Beside(command.spawn().expect("the program starts"))
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Looks again and again until `found` has an answer.
#[track_caller]
fn until<T>(what: &str, limit: Duration, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = found() {
            return answer;
        }
        assert!(begun.elapsed() < limit, "{what} did not come within {limit:?}");
        std::thread::yield_now();
    }
}

/// Bytes that a process has read by any call (proc_pid_io(5)).
fn read_by(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("rchar:")).unwrap_or_default();
    line.trim().parse().unwrap_or(0)
}

/// Threads of a process: name and niceness (proc_pid_stat(5)).
fn threads(process: u32) -> Vec<(String, i32)> {
    let listed = fs::read_dir(format!("/proc/{process}/task")).expect("it runs");
    let stat = |thread: &Path| {
        let text = fs::read_to_string(thread.join("stat")).ok()?;
        let (start, rest) = text.rsplit_once(')')?;
        let name = start.split_once('(')?.1.to_owned();
        // Of the fields after the name the first is the third of all; niceness is the nineteenth.
        Some((name, rest.split_whitespace().nth(16)?.parse().ok()?))
    };
    listed.filter_map(|entry| stat(&entry.ok()?.path())).collect()
}

fn workers(process: u32) -> Vec<i32> {
    let is_worker = |name: &str| {
        name.strip_prefix("drift-").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    };
    threads(process).into_iter().filter(|(name, _)| is_worker(name)).map(|(_, nice)| nice).collect()
}

/// Starts a capture that reads a MiB a second, and waits until it reads.
fn slow_capture(stage: &Stage, before: &[&str], more: &str) -> Beside {
    let root = format!("dir:{}", stage.path("root"));
    let out = stage.path("slow.drift");
    let mut all: Vec<String> = before.iter().skip(1).map(|&word| word.to_owned()).collect();
    if !before.is_empty() {
        all.push(DRIFT.to_owned());
    }
    all.extend(["capture", &root, "--out", &out, "--read-limit", "1"].map(str::to_owned));
    all.extend(words(more));
    let run = beside(before.first().copied().unwrap_or(DRIFT), &all, Stdio::null());
    until("reading", LIMIT, || (read_by(run.0.id()) > 1 << 20).then_some(()));
    run
}

#[test]
fn threads_are_as_many_as_asked_for_and_all_are_nice() {
    let (Some(()), Some(taskset)) = (need::root(), need::tool("taskset")) else { return };
    let stage = Stage::new();
    holes(&stage, 4);
    let taskset = taskset.to_string_lossy().into_owned();
    for (before, more, expected, nice) in [
        // With one there is no worker beside the thread that runs everything.
        (&[][..], "--threads 1", 0, 0),
        (&[], "--threads 3 --nice=7", 3, 7),
        (&[], "--threads 2 --nice", 2, 10),
        // A share is one of the processors that this process may use.
        (&[&taskset, "-c", "0"], "--threads 100%", 0, 0),
        (&[&taskset, "-c", "0"], "--threads 200%", 2, 0),
        (&["nice", "-n", "12"], "--threads 2 --nice=5", 2, 12),
    ] {
        let run = slow_capture(&stage, before, more);
        let process = run.0.id();
        assert_eq!(workers(process), vec![nice; expected], "{more}: {:?}", threads(process));
        let named = threads(process).into_iter().filter(|(name, _)| name == "drift");
        assert!(named.map(|(_, found)| found).any(|found| found == nice), "{more}");
    }
}

#[test]
fn a_signal_ends_whatever_is_under_way() {
    let Some(()) = need::root() else { return };
    let stage = Stage::new();
    // Its export is more than a pipe holds.
    for at in 0..1000 {
        stage.write(format!("root/etc/file-with-a-name-of-some-length-{at}"), "");
    }
    stage.capture("root", &[]);
    holes(&stage, 200);
    let (target, golden) = (format!("dir:{}", stage.path("root")), stage.path("golden.drift"));
    let state = format!("--state {}", stage.path("state"));
    let trust = format!("--trust {} {state}", stage.path("golden.pub.pem"));
    let report = format!("--output json={}", stage.path("report.json"));
    let out = stage.path("new.drift");
    let before = stage.names("");
    for (line, sign) in [
        // Waiting for the rate.
        (
            format!("check {target} --read-limit 1 --baseline {golden} {trust} {report}"),
            Sign::Read(3 << 20),
        ),
        (format!("diff {target} {target} --read-limit 1"), Sign::Read(1 << 20)),
        (format!("sbom {target} --files --read-limit 1 --output {out}"), Sign::Read(1 << 20)),
        // In the middle of large files.
        (format!("check {target} --baseline {golden} {trust} {report}"), Sign::Read(50 << 20)),
        (format!("capture {target} --out {out}"), Sign::Read(50 << 20)),
        (format!("explain /etc/hosts {target}"), Sign::Read(50 << 20)),
        // In a call that no flag ends: nobody reads what it writes.
        (format!("export {golden} {trust} --format ndjson"), Sign::PipeIsFull),
    ] {
        let mut run = beside(DRIFT, &words(&line), Stdio::piped());
        until(&line, LIMIT, || {
            let ended = run.0.try_wait().expect("it can be waited for");
            assert_eq!(ended, None, "{line} ended by itself");
            sign.is_seen(&run).then_some(())
        });
        let process = i32::try_from(run.0.id()).expect("a number");
        let process = rustix::process::Pid::from_raw(process).expect("not 0");
        rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("is there");
        let end = format!("the end of {line}");
        let status = until(&end, BOUND, || run.0.try_wait().expect("it can be waited for"));
        assert_eq!(status.code(), Some(143), "{line}");
        assert_eq!(stage.names(""), before, "{line} left something");
    }
}

/// By what it shows how far a run is.
enum Sign {
    /// So many bytes were read.
    Read(u64),
    /// Nothing more goes into the pipe of its standard output.
    PipeIsFull,
}

impl Sign {
    fn is_seen(&self, run: &Beside) -> bool {
        match self {
            Self::Read(bytes) => read_by(run.0.id()) >= *bytes,
            Self::PipeIsFull => {
                let pipe = run.0.stdout.as_ref().expect("it is piped");
                rustix::io::ioctl_fionread(pipe).expect("counts") >= 1 << 16
            }
        }
    }
}

#[test]
fn wrong_manners_are_refused() {
    let stage = Stage::sealed();
    for (option, values) in [
        ("--read-limit", &["0", "-1", "1.5", "fast", "1048577", "99999999999999999999", ""][..]),
        ("--nice", &["-1", "20", "low"]),
        ("--page-cache", &["no", ""]),
    ] {
        for value in values {
            let said = stage.check(&[&format!("{option}={value}")]).expect(2).error_text();
            assert!(said.contains(option), "{option}={value}: {said}");
        }
    }
    for line in ["read_limit = 0", "read_limit = 1048577", "nice = 20", "page_cache = \"none\""] {
        stage.write("drift.toml", line);
        let config = stage.path("drift.toml");
        let said = stage.check(&["--config", &config]).expect(2).error_text();
        let key = line.split(' ').next().expect("a word");
        assert!(said.contains(key) && said.contains("drift.toml:1"), "{line}: {said}");
    }
    stage.write("drift.toml", "read_limit = 100\nnice = 5\npage_cache = \"keep\"\n");
    let _clean = stage.check(&["--config", &stage.path("drift.toml")]).expect(0);
}

/// Bytes of a file in the page cache.
fn cached(file: &str) -> u64 {
    let all = ["--noheadings", "--bytes", "--output", "RES", file];
    command::run("fincore", all).success().trim().parse().expect("a number")
}

#[test]
fn a_cold_file_is_cold_after_a_check() {
    let (Some(_), Some(())) = (need::tool("fincore"), need::kernel("page-cache")) else { return };
    let stage = Stage::new();
    stage.write("root/usr/bin/large", vec![7; 3 << 20]);
    stage.capture("root", &[]);
    let file = stage.path("root/usr/bin/large");
    let cool = || {
        let of = format!("of={file}");
        let options = ["oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"];
        let _cooled = command::run("dd", [&[of.as_str()], &options[..]].concat()).success();
        assert_eq!(cached(&file), 0);
    };
    cool();
    let _clean = stage.check(&[]).expect(0);
    assert_eq!(cached(&file), 0);
    let _clean = stage.check(&["--page-cache", "keep"]).expect(0);
    assert_eq!(cached(&file), 3 << 20);
    let _clean = stage.check(&[]).expect(0);
    assert_eq!(cached(&file), 3 << 20, "what was warm stays");
    cool();
    stage.capture("root", &[]);
    assert_eq!(cached(&file), 0);
}
