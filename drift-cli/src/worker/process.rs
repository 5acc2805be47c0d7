//! One process: how it is started and confined, read, and ended.

use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use drift_core::bounds::{Cancel, Cancelled};
use drift_core::policy::worker::{Conversation, MAX_LINE_BYTES};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, Signal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Bounds, Ended, MEMORY_PER_INPUT_BYTE};
use crate::settings::Stopwatch;

/// How long a look at the pipe takes before the clock and the signals are looked at again.
const GLANCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// The runtime says on standard error why it aborts, in a line.
const MAX_LAST_WORDS: u64 = 4096;

/// The first line for a process: what it holds itself to before it reads on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preface {
    /// Who waits for it.
    parent: i32,
    memory: u64,
    cpu_seconds: u64,
}

impl Preface {
    pub(super) fn new(bounds: &Bounds, input_bytes: usize) -> Self {
        let input = u64::try_from(input_bytes).unwrap_or(u64::MAX);
        let memory = bounds.memory.saturating_add(input.saturating_mul(MEMORY_PER_INPUT_BYTE));
        let cpu_seconds = bounds.all.as_secs().saturating_add(1);
        let parent = rustix::process::getpid().as_raw_nonzero().get();
        Self { parent, memory, cpu_seconds }
    }

    pub(super) fn line(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// Gives up everything that evaluating does not need; for the rest of this process's life.
pub(crate) fn confine(preface: &str) -> Result<(), String> {
    let preface: Preface = serde_json::from_str(preface).map_err(|error| error.to_string())?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|errno| errno.to_string())?;
    // It may have died before.
    if rustix::process::getppid().is_none_or(|id| id.as_raw_nonzero().get() != preface.parent) {
        return Err("nobody waits for it".to_owned());
    }
    for (resource, limit) in [
        (Resource::As, preface.memory),
        (Resource::Cpu, preface.cpu_seconds),
        (Resource::Core, 0),
        // No regular file grows, and nothing is opened any more: no file, no socket.
        (Resource::Fsize, 0),
        (Resource::Nofile, 0),
    ] {
        // It may be limited further already, and nothing here loosens that.
        let standing = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let limit = Some(limit.min(standing));
        let limit = Rlimit { current: limit, maximum: limit };
        rustix::process::setrlimit(resource, limit).map_err(|errno| errno.to_string())?;
    }
    Ok(())
}

/// A process with its pipes; it is killed when it is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr: ChildStderr,
    memory: u64,
}

impl Process {
    /// Starts it.
    pub(super) fn start(bounds: &Bounds, preface: &Preface) -> io::Result<Self> {
        let (program, arguments) = &bounds.program;
        #[expect(clippy::disallowed_methods, reason = "no target is looked at in that process")]
        let mut command = Command::new(program);
        command.arg0("drift").args(arguments).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        match pipes {
            (stdin @ Some(_), Some(stdout), Some(stderr)) => {
                Ok(Self { child, stdin, stdout, stderr, memory: preface.memory })
            }
            _ => {
                end(&mut child);
                Err(io::Error::other("it has no pipes"))
            }
        }
    }

    /// Tells it everything, and hears it until it is done, late, dead, or makes no sense.
    pub(super) fn converse<T: DeserializeOwned>(
        mut self,
        texts: &[String],
        conversation: &mut Conversation<'_, T>,
        bounds: &Bounds,
        (time, cancel): (&Stopwatch, &Cancel),
    ) -> Result<Option<Ended>, Cancelled> {
        let stdin = self.stdin.take();
        std::thread::scope(|scope| {
            // It reads and writes at once; a process that died makes the writing fail, and no more.
            let tell = move || {
                let mut stdin = stdin?;
                texts.iter().try_for_each(|text| stdin.write_all(text.as_bytes())).ok()
            };
            let telling = std::thread::Builder::new()
                .name("drift-tell".to_owned())
                .stack_size(64 << 10)
                .spawn_scoped(scope, tell);
            if let Err(error) = telling {
                return Ok(Some(Ended::Failed(format!("no thread: {error}"))));
            }
            let heard = self.hear(conversation, bounds, (time, cancel));
            // Also ends the thread, whose pipe breaks.
            end(&mut self.child);
            heard
        })
    }

    fn hear<T: DeserializeOwned>(
        &mut self,
        conversation: &mut Conversation<'_, T>,
        bounds: &Bounds,
        (time, cancel): (&Stopwatch, &Cancel),
    ) -> Result<Option<Ended>, Cancelled> {
        let mut heard = Vec::new();
        let mut chunk = vec![0; 64 << 10];
        let (mut since, mut progress) = (time.elapsed(), (false, 0));
        loop {
            cancel.check()?;
            let now = time.elapsed();
            let at = (conversation.has_begun(), conversation.answered());
            if at != progress {
                (since, progress) = (now, at);
            }
            if let Some(late) =
                late(conversation.has_begun(), now.saturating_sub(since), now, bounds)
            {
                return Ok(Some(late));
            }
            if !ready(&self.stdout) {
                continue;
            }
            let read = match self.stdout.read(&mut chunk) {
                Ok(0) => return Ok(self.after(conversation.is_done())),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Some(Ended::Failed(format!("its pipe broke: {error}")))),
            };
            // What was there before holds no end of a line.
            let mut from = heard.len();
            heard.extend_from_slice(chunk.get(..read).unwrap_or_default());
            while let Some(end) = end_of_line(&heard, from) {
                let line: Vec<u8> = heard.drain(..=end).collect();
                from = 0;
                if let Err(garbled) = conversation.hear(line.get(..end).unwrap_or_default()) {
                    return Ok(Some(Ended::Failed(garbled.to_string())));
                }
            }
            if heard.len() > MAX_LINE_BYTES {
                let limit = MAX_LINE_BYTES >> 20;
                return Ok(Some(Ended::Exceeded(format!("its answer is longer than {limit} MiB"))));
            }
        }
    }

    /// Says what became of a process that closed its pipe.
    fn after(&mut self, done: bool) -> Option<Ended> {
        if done {
            return None;
        }
        let status = self.child.wait();
        let mut words = String::new();
        let _best_effort = (&mut self.stderr).take(MAX_LAST_WORDS).read_to_string(&mut words);
        Some(match status {
            Ok(status) => death(status, words.trim(), self.memory),
            Err(error) => Ended::Failed(format!("its process is lost: {error}")),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _best_effort = child.kill();
    let _best_effort = child.wait();
}

fn late(begun: bool, waited: Duration, now: Duration, bounds: &Bounds) -> Option<Ended> {
    if begun && waited >= bounds.each {
        Some(Ended::Exceeded(format!("it was ended after {:?} without an answer", bounds.each)))
    } else if now >= bounds.all {
        Some(Ended::Exceeded(format!("the time for all policies ({:?}) was over", bounds.all)))
    } else {
        None
    }
}

fn end_of_line(heard: &[u8], from: usize) -> Option<usize> {
    let rest = heard.get(from..)?;
    rest.iter().position(|&byte| byte == b'\n').map(|at| from.saturating_add(at))
}

fn ready(stdout: &ChildStdout) -> bool {
    let mut waiting = [PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::IN)];
    poll(&mut waiting, Some(&GLANCE)).is_ok_and(|ready| ready > 0)
}

/// Says why a process died.
fn death(status: ExitStatus, words: &str, memory: u64) -> Ended {
    let mebibytes = memory >> 20;
    match status.signal() {
        _ if words.contains("memory allocation of") => {
            Ended::Exceeded(format!("it needed more memory than {mebibytes} MiB"))
        }
        _ if words.contains("has overflowed its stack") => {
            Ended::Exceeded("it overflowed its stack".to_owned())
        }
        Some(signal) if signal == Signal::XCPU.as_raw() || signal == Signal::KILL.as_raw() => {
            Ended::Exceeded(format!(
                "its process was ended by the system (signal {signal}), for processor time or memory"
            ))
        }
        Some(signal) => {
            Ended::Failed(format!("its process died (signal {signal}){}", after(words)))
        }
        None => Ended::Failed(format!(
            "its process ended too early (exit code {}){}",
            status.code().unwrap_or_default(),
            after(words)
        )),
    }
}

fn after(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}
