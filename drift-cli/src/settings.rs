//! What comes from the process around: environment, clock, processors, signals. Read here alone.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use drift_core::bounds::{Cancel, Clock, Kernel, Stop, Timestamp};
use drift_core::judge::Exit;
use drift_core::report::document::ConfigDigest;
use drift_core::source::{Manners, Pace};

use crate::failure::Failure;

/// What the process around gives.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) color: bool,
    pub(crate) cancel: Cancel,
    /// The number of the user whose files this run trusts, besides root's.
    pub(crate) user: u32,
    /// The configuration files in force, for reports.
    pub(crate) config: Vec<ConfigDigest>,
    /// How targets are read.
    pub(crate) manners: Manners,
    signal: Arc<AtomicI32>,
    config_home: Option<PathBuf>,
    state_home: Option<PathBuf>,
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        Timestamp::from_unix(now.tv_sec, 0)
    }
}

/// How long something takes, whatever is done to the clock of the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch {
    began: Duration,
}

impl Stopwatch {
    /// Begins to count.
    pub(crate) fn start() -> Self {
        Self { began: Self::now() }
    }

    /// Returns the time since then.
    pub(crate) fn elapsed(&self) -> Duration {
        Self::now().saturating_sub(self.began)
    }

    fn now() -> Duration {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let part = |number: i64| u64::try_from(number).unwrap_or_default();
        Duration::from_secs(part(now.tv_sec)) + Duration::from_nanos(part(now.tv_nsec))
    }
}

/// The time of a machine that runs, for whoever waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemPace;

impl Pace for SystemPace {
    fn now(&self) -> Duration {
        Stopwatch::now()
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

impl Settings {
    /// Reads the environment and begins to listen for signals.
    pub(crate) fn from_process() -> Self {
        let (cancel, signal) = (Cancel::new(), Arc::new(AtomicI32::new(0)));
        listen(cancel.clone(), Arc::clone(&signal));
        Self {
            color: wants_color(),
            cancel,
            user: rustix::process::geteuid().as_raw(),
            config: Vec::new(),
            manners: Manners::default(),
            signal,
            config_home: config_home(),
            state_home: state_home(),
        }
    }

    /// Returns the exit of a run that a signal ended.
    pub(crate) fn signal(&self) -> Option<Exit> {
        match self.signal.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(exit_of(signal)),
        }
    }

    /// Returns the clock, or the fixed time that the operator gave.
    pub(crate) fn clock(&self, now: Option<&str>) -> Result<Box<dyn Clock>, Failure> {
        match now {
            None => Ok(Box::new(SystemClock)),
            Some(text) => Ok(Box::new(Timestamp::parse(text).map_err(Failure::usage)?)),
        }
    }

    /// Ends the run as incomplete when `time` has passed.
    pub(crate) fn end_after(&self, time: Duration) -> Result<(), Failure> {
        let cancel = self.cancel.clone();
        let wait = move || {
            std::thread::sleep(time);
            cancel.stop(Stop::Deadline);
        };
        // A run without the end that was asked for might never end.
        std::thread::Builder::new()
            .name("drift-deadline".to_owned())
            .stack_size(64 << 10)
            .spawn(wait)
            .map(drop)
            .map_err(Failure::usage)
    }

    /// Returns the clock of this machine, whatever `--now` says.
    pub(crate) fn real_now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// Returns where the user's configuration is.
    pub(crate) fn config_home(&self) -> Option<PathBuf> {
        self.config_home.clone()
    }

    /// Returns the working directory, unless it is gone.
    pub(crate) fn working_directory(&self) -> Option<PathBuf> {
        let bytes = rustix::process::getcwd(Vec::new()).ok()?.into_bytes();
        let path = PathBuf::from(OsString::from_vec(bytes));
        // The kernel says "(unreachable)/…" of a directory outside of this root.
        path.is_absolute().then_some(path)
    }

    /// Returns the path from the top.
    pub(crate) fn absolute(&self, path: &Path) -> Result<PathBuf, Failure> {
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        let here = self.working_directory().ok_or_else(|| {
            Failure::usage_text("the working directory is gone").hint("give an absolute path")
        })?;
        Ok(here.join(path))
    }

    /// Returns the state directory: the one named, else the system's for root, else the user's.
    pub(crate) fn state_directory(&self, named: Option<&PathBuf>) -> Option<PathBuf> {
        named.cloned().or_else(|| self.state_home.clone())
    }

    /// Makes this thread, and all threads and processes that it starts, at least so nice.
    pub(crate) fn be_nice(&self, asked: u64) -> Result<(), rustix::io::Errno> {
        let asked = i32::try_from(asked).unwrap_or(i32::MAX);
        // What systemd or nice(1) gave already is not taken back, and asks no filter of calls.
        if rustix::process::getpriority_process(None)? >= asked {
            return Ok(());
        }
        rustix::process::setpriority_process(None, asked)
    }

    /// Returns the number of threads that `--threads` asks for; without it all processors.
    pub(crate) fn threads(&self, asked: Option<&str>) -> Result<usize, Failure> {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let Some(text) = asked else { return Ok(processors) };
        let wrong = || {
            Failure::usage_text(format!(
                "--threads takes a number from 1, or a share such as 50%, not {text:?}"
            ))
        };
        let threads = match text.strip_suffix('%') {
            Some(share) => {
                let share: usize = share.parse().map_err(|_| wrong())?;
                (processors.saturating_mul(share) / 100).max(usize::from(share > 0))
            }
            None => text.parse().map_err(|_| wrong())?,
        };
        if (1..=1024).contains(&threads) { Ok(threads) } else { Err(wrong()) }
    }

    /// Returns the code for digests that `DRIFT_KERNEL` names; for tests and benches, which compare
    /// all that this machine can run.
    pub(crate) fn kernel(&self) -> Result<Option<Kernel>, Failure> {
        let Some(asked) = variable("DRIFT_KERNEL") else { return Ok(None) };
        let known = || Kernel::available();
        let Some(kernel) = known().find(|kernel| *kernel.name() == *asked) else {
            let names: Vec<&str> = known().map(Kernel::name).collect();
            let names = names.join(", ");
            return Err(Failure::usage_text(format!(
                "DRIFT_KERNEL names {asked:?}, which this machine cannot run; it can run {names}"
            )));
        };
        Ok(Some(kernel))
    }
}

#[expect(clippy::disallowed_methods, reason = "this file is where the environment is read")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// NO_COLOR and CLICOLOR_FORCE as their conventions say; otherwise colour for a terminal.
fn wants_color() -> bool {
    use std::io::IsTerminal as _;
    if variable("NO_COLOR").is_some() {
        return false;
    }
    if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    let off = variable("CLICOLOR").is_some_and(|value| value == "0")
        || variable("TERM").is_some_and(|term| term == "dumb");
    !off && std::io::stdout().is_terminal()
}

/// `$XDG_CONFIG_HOME` or `~/.config`.
fn config_home() -> Option<PathBuf> {
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    variable("XDG_CONFIG_HOME").map(PathBuf::from).and_then(absolute).or_else(|| {
        variable("HOME").map(|home| PathBuf::from(home).join(".config")).and_then(absolute)
    })
}

/// `/var/lib/drift` for root, `$XDG_STATE_HOME/drift` or `~/.local/state/drift` for others.
fn state_home() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/lib/drift"));
    }
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    variable("XDG_STATE_HOME")
        .map(PathBuf::from)
        .and_then(absolute)
        .or_else(|| {
            variable("HOME").map(|home| PathBuf::from(home).join(".local/state")).and_then(absolute)
        })
        .map(|state| state.join("drift"))
}

/// How long after a signal the run may take to end by itself.
const GRACE: Duration = Duration::from_millis(800);

/// The first signal cancels the run, which then ends by itself and leaves nothing half-written. A second
/// one ends the process at once, and so does the end of [`GRACE`]: whatever a run is busy with, it is over
/// within a second. Files are safe then as after a loss of power, because they are renamed when whole.
fn listen(cancel: Cancel, signal: Arc<AtomicI32>) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    // A file that reaches its limit is an error of writing (EFBIG), not the end of the process.
    let _best_effort = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    let watch = move || {
        for number in signals.forever() {
            if signal.swap(number, Ordering::SeqCst) != 0 {
                let _no_return = signal_hook::low_level::emulate_default_handler(number);
            }
            cancel.cancel();
            end_after_grace(number);
        }
    };
    // Without this thread the kernel's own handling of the signals remains, which is acceptable.
    let _thread = std::thread::Builder::new()
        .name("drift-signals".to_owned())
        .stack_size(64 << 10)
        .spawn(watch);
}

/// The exit of a run that one of the signals ended that [`listen`] waits for.
fn exit_of(signal: i32) -> Exit {
    match signal {
        signal_hook::consts::SIGINT => Exit::INTERRUPTED,
        _ => Exit::TERMINATED,
    }
}

/// Ends the process when its run did not end by itself. Without this thread a run ends when it can.
fn end_after_grace(signal: i32) {
    let exit = exit_of(signal);
    let wait = move || {
        std::thread::sleep(GRACE);
        signal_hook::low_level::exit(i32::from(exit.code));
    };
    let _thread =
        std::thread::Builder::new().name("drift-grace".to_owned()).stack_size(64 << 10).spawn(wait);
}
