//! Begins what a run keeps to so that it disturbs nobody: niceness, the rate of reading, the page cache.

use std::sync::Arc;

use drift_core::source::{Manners, PageCache, Rate};

use crate::args::{Command, MannersArgs, PageCacheMode, PolicyCommand};
use crate::settings::{Settings, SystemPace};
use crate::terminal::Terminal;

/// Bytes of the unit of `--read-limit`.
const MEBIBYTE: u64 = 1 << 20;

/// Obeys the manners of a verb that reads targets, before its first thread starts.
pub(crate) fn begin(command: &Command, settings: &mut Settings, terminal: &Terminal) {
    let Some(args) = of(command) else { return };
    if let Some(asked) = args.nice
        && let Err(why) = settings.be_nice(asked)
    {
        // A check that is less polite than asked is better than none.
        terminal.note(&format!("the process could not be made nicer: {why}"));
    }
    let rate = args.read_limit.map(|limit| {
        let bytes = limit.saturating_mul(MEBIBYTE);
        Arc::new(Rate::new(bytes, Box::new(SystemPace), settings.cancel.clone()))
    });
    let page_cache = match args.page_cache {
        PageCacheMode::AsFound => PageCache::AsFound,
        PageCacheMode::Keep => PageCache::Keep,
    };
    settings.manners = Manners { rate, page_cache, disk: None };
}

fn of(command: &Command) -> Option<&MannersArgs> {
    match command {
        Command::Check(args) => Some(&args.manners),
        Command::Capture(args) => Some(&args.manners),
        Command::Diff(args) => Some(&args.manners),
        Command::Sbom(args) => Some(&args.manners),
        Command::Explain(args) => Some(&args.manners),
        Command::Policy(args) => match &args.command {
            PolicyCommand::Input(args) => Some(&args.check.manners),
            _ => None,
        },
        _ => None,
    }
}
