//! Reading content: digests go straight into the tree, what else was wanted is handed back.
//!
//! Asks go out in batches, so that answers on the way never take memory proportional to the tree.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::cached::Cached;
use crate::bounds::Ranges;
use crate::model::{Coverage, Digest, PerHost, Problem, RowId, Tree};
use crate::rules::Class;
use crate::source::{
    self, Ask, Content, ContentSink, LARGE_BYTES, Plan, Source, Unread, UnreadKind, Want,
};

/// Asks that are under way together; with their answers they take about 90 bytes each.
const BATCH: usize = 1 << 16;

/// What was wanted beyond the digest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extra {
    /// The digest of the package database's algorithm.
    pub vendor: Option<Digest>,
    /// The SHA-256 of the prefix that was asked for.
    pub prefix: Option<Digest>,
    /// The bytes.
    pub bytes: Option<Vec<u8>>,
}

/// What is wanted of a row.
pub(super) type Wanted<'w> = &'w dyn Fn(&Tree, RowId) -> Want;

/// Judges a file while its bytes are at hand, and drops those that are needed no longer.
pub(super) type Judge<'j> = &'j (dyn Fn(&Tree, RowId, &mut Content) -> Option<PerHost> + Sync);

/// Looks at ranges of a file while it is open.
pub(super) type Looker<'l> = &'l (dyn Fn(&Tree, RowId, &mut dyn Ranges) + Sync);

/// Everything that reading fills in.
#[derive(Debug)]
pub(crate) struct Ledger<'l> {
    /// The tree under capture.
    pub tree: &'l mut Tree,
    /// Its counts.
    pub coverage: &'l mut Coverage,
    /// What could not be read.
    pub problems: &'l mut Vec<Problem>,
    /// The files whose digests came from the cache.
    pub unread: &'l mut Cached,
}

/// Answers all asks and returns what was wanted beyond digests.
pub(crate) fn read(
    source: &dyn Source,
    plan: &Plan<'_>,
    asks: &[Ask],
    ledger: &mut Ledger<'_>,
) -> Result<BTreeMap<RowId, Extra>, source::Error> {
    let mut extras = BTreeMap::new();
    for asks in asks.chunks(batch_of(source)) {
        read_batch(source, plan, asks, (&|_, _, _| None, &|_, _, _| {}), ledger, &mut extras)?;
    }
    Ok(extras)
}

/// Answers these asks together and lets `judge` take what was read.
pub(super) fn read_slice(
    source: &dyn Source,
    plan: &Plan<'_>,
    asks: &[Ask],
    (judge, looker): (Judge<'_>, Looker<'_>),
    ledger: &mut Ledger<'_>,
) -> Result<(), source::Error> {
    read_batch(source, plan, asks, (judge, looker), ledger, &mut BTreeMap::new())
}

/// Reads what `want` names of each row and returns what was wanted beyond digests. The asks of a
/// whole tree would take as much memory as its rows, so they exist one batch at a time; the first
/// ones hold the large files, which are read beside the small ones that way.
pub(super) fn read_rows(
    source: &dyn Source,
    plan: &Plan<'_>,
    (want, judge): (Wanted<'_>, Judge<'_>),
    ledger: &mut Ledger<'_>,
) -> Result<BTreeMap<RowId, Extra>, source::Error> {
    let mut extras = BTreeMap::new();
    let is_large = |row: &RowId| ledger.tree.size(*row) >= LARGE_BYTES;
    let large: Vec<RowId> = ledger.tree.rows().filter(is_large).collect();
    let mut before = large.iter().peekable();
    let small = ledger.tree.rows().filter(|row| before.next_if_eq(&row).is_none());
    let mut rows = large.iter().copied().chain(small);
    loop {
        let tree = &*ledger.tree;
        let wanted = rows.by_ref().map(|row| Ask { row, want: want(tree, row) });
        let mut asks: Vec<Ask> =
            wanted.filter(|ask| ask.want != Want::default()).take(batch_of(source)).collect();
        if asks.is_empty() {
            return Ok(extras);
        }
        asks.sort_unstable_by_key(|ask| ask.row);
        read_batch(source, plan, &asks, (judge, &|_, _, _| {}), ledger, &mut extras)?;
    }
}

/// A stream is read from its beginning for every batch, so it gets all asks at once.
fn batch_of(source: &dyn Source) -> usize {
    if source.kind().is_stream() { usize::MAX } else { BATCH }
}

fn read_batch(
    source: &dyn Source,
    plan: &Plan<'_>,
    asks: &[Ask],
    (judge, looker): (Judge<'_>, Looker<'_>),
    ledger: &mut Ledger<'_>,
    extras: &mut BTreeMap<RowId, Extra>,
) -> Result<(), source::Error> {
    let answers = Answers { tree: ledger.tree, judge, looker, taken: Mutex::default() };
    source.read(plan, ledger.tree, asks, &answers)?;
    let Taken { plain, mut rest } =
        answers.taken.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (row, digest) in plain {
        let bytes = ledger.tree.size(row);
        set_digest(ledger, row, Some(digest), bytes);
    }
    rest.sort_unstable_by_key(|(row, ..)| *row);
    for (row, answer, judged) in rest {
        if let Some(judged) = judged {
            ledger.tree.set_per_host(row, judged);
        }
        let Ok(at) = asks.binary_search_by_key(&row, |ask| ask.row) else { continue };
        let Some(ask) = asks.get(at) else { continue };
        if let Some(extra) = take(plan, ask, answer, ledger) {
            extras.insert(row, extra);
        }
    }
    Ok(())
}

struct Answers<'a> {
    tree: &'a Tree,
    judge: Judge<'a>,
    looker: Looker<'a>,
    taken: Mutex<Taken>,
}

/// What came of the asks of a batch, in the order in which it came.
#[derive(Default)]
struct Taken {
    /// Files that are as they were surveyed, and of which nothing but the digest was wanted: nearly
    /// all.
    plain: Vec<(RowId, Digest)>,
    rest: Vec<Answer>,
}

type Answer = (RowId, Result<Content, Unread>, Option<PerHost>);

impl ContentSink for Answers<'_> {
    fn take(&self, row: RowId, mut answer: Result<Content, Unread>) {
        let mut judged = None;
        if let Ok(content) = &mut answer {
            judged = (self.judge)(self.tree, row, content);
        }
        let plain = match &answer {
            Ok(content) if judged.is_none() => plain(self.tree, row, content),
            _ => None,
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match plain {
            Some(digest) => taken.plain.push((row, digest)),
            None => taken.rest.push((row, answer, judged)),
        }
    }

    fn look(&self, row: RowId, file: &mut dyn Ranges) {
        (self.looker)(self.tree, row, file);
    }
}

/// Returns the digest of a file of which there is nothing else to note.
fn plain(tree: &Tree, row: RowId, content: &Content) -> Option<Digest> {
    let wants_more =
        content.vendor.is_some() || content.prefix.is_some() || content.bytes.is_some();
    let owner = (content.mode, content.uid, content.gid);
    let is_as_surveyed = tree.is_as_surveyed(row, content.size, content.mtime, owner);
    content.digest.filter(|_| is_as_surveyed && !wants_more)
}

/// Records a digest, and counts the file when it is its first.
fn set_digest(ledger: &mut Ledger<'_>, row: RowId, digest: Option<Digest>, bytes: u64) {
    let was_cached = ledger.unread.remove(row);
    if was_cached || ledger.tree.digest(row).seen().is_none() {
        let coverage = &mut *ledger.coverage;
        coverage.files_hashed = coverage.files_hashed.saturating_add(1);
        coverage.bytes_hashed = coverage.bytes_hashed.saturating_add(bytes);
    }
    ledger.tree.set_digest(row, digest);
}

fn take(
    plan: &Plan<'_>,
    ask: &Ask,
    answer: Result<Content, Unread>,
    ledger: &mut Ledger<'_>,
) -> Option<Extra> {
    match answer {
        Ok(content) => {
            // A second look changes nothing: its digests would be of another moment.
            if ask.want.digest {
                let owner = (content.mode, content.uid, content.gid);
                ledger.tree.set_owner_and_mode(ask.row, owner);
                ledger.tree.set_read_state(ask.row, content.size, content.mtime);
                set_digest(ledger, ask.row, content.digest, content.size);
            }
            // The package database's digest alone was wanted.
            if !ask.want.digest
                && ask.want.vendor.is_some()
                && ledger.tree.digest(ask.row).seen().is_none()
            {
                let coverage = &mut *ledger.coverage;
                coverage.files_hashed = coverage.files_hashed.saturating_add(1);
                coverage.bytes_hashed = coverage.bytes_hashed.saturating_add(content.size);
            }
            let extra =
                Extra { vendor: content.vendor, prefix: content.prefix, bytes: content.bytes };
            (extra != Extra::default()).then_some(extra)
        }
        Err(unread) if unread.kind == UnreadKind::Vanished => {
            ledger.coverage.vanished = ledger.coverage.vanished.saturating_add(1);
            ledger.unread.remove(ask.row);
            ledger.tree.forget(ask.row);
            None
        }
        Err(unread) => {
            let rule = plan.rules.rule(ledger.tree.rule(ask.row));
            let may_change = matches!(rule.class, Some(Class::Dynamic | Class::Growing));
            if unread.kind == UnreadKind::Unstable && may_change {
                return None;
            }
            let counter = match unread.kind {
                UnreadKind::Unstable => &mut ledger.coverage.unstable,
                _ => &mut ledger.coverage.unreadable,
            };
            *counter = counter.saturating_add(1);
            if ask.want.digest {
                ledger.unread.remove(ask.row);
                ledger.tree.set_digest(ask.row, None);
            }
            ledger.problems.push(Problem {
                path: ledger.tree.path(ask.row),
                stage: unread.stage,
                reason: unread.reason,
                errno: unread.errno,
            });
            None
        }
    }
}
