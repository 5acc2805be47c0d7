//! Everything that one archive holds, or several that lie on one another, in memory: the tree that
//! extracting them into an empty directory would give, without writing anything.
//!
//! Names lead to objects; hard links are several names of one object.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::HashMap;

use crate::bounds::make_room;
use crate::model::{AttributeSet, FileType, LayerId, Observed, Problem, Stage, TreePath, Xattrs};

use super::acl::Names;
use super::labels::Labels;
use super::nodes::Nodes;
use super::object::{NO_XATTRS, Object, XATTRS_PENDING, XATTRS_UNKNOWN};
use super::reader::{End, Fault};
use super::scan::{MAX_KEPT_TOTAL, Scan};
use super::steps::{Steps, What};

/// The tree.
#[derive(Debug)]
pub(in crate::source) struct Index {
    pub(in crate::source) nodes: Nodes,
    pub(in crate::source) objects: Vec<Object>,
    pub(in crate::source) problems: Vec<Problem>,
    /// Which optional attributes have a record anywhere.
    pub(in crate::source) seen: AttributeSet,
    /// Whether a time with a fraction occurs.
    pub(in crate::source) fine_times: bool,
    /// Whether all that there is was read, so that what is not in it does not exist.
    pub(in crate::source) whole: bool,
    /// Whether the archives are layers of an image.
    pub(in crate::source) layered: bool,
    pub(in crate::source) implied: usize,
    /// What concerns an object alone, by its number.
    faults: HashMap<u32, Vec<(Stage, String)>>,
    lists: Vec<(u32, Labels)>,
    xattrs: Vec<Xattrs>,
    xattr_numbers: HashMap<Xattrs, u32>,
    kept: HashMap<u32, Vec<u8>>,
    kept_total: u64,
    /// Whether there were too many problems to name each.
    crowded: bool,
}

/// Archives with more odd entries than this are made to be odd.
const MAX_PROBLEMS: usize = 100_000;

impl Index {
    /// Returns a tree of nothing.
    pub(in crate::source) fn new(layered: bool) -> Self {
        Self {
            nodes: Nodes::new(),
            objects: Vec::new(),
            problems: Vec::new(),
            seen: AttributeSet::EMPTY,
            fine_times: false,
            whole: true,
            layered,
            implied: 0,
            faults: HashMap::new(),
            lists: Vec::new(),
            xattrs: vec![Xattrs::default()],
            xattr_numbers: HashMap::from([(Xattrs::default(), NO_XATTRS)]),
            kept: HashMap::new(),
            kept_total: 0,
            crowded: false,
        }
    }

    /// Returns the tree of one archive.
    pub(in crate::source) fn of(scan: Scan) -> Result<Self, Fault> {
        let mut index = Self::new(false);
        let end = scan.end;
        let (steps, base) = index.absorb(scan);
        steps.each(|path, what| {
            let path = TreePath::from_joined(path.to_vec());
            index.step(&path, what, &steps, base)
        })?;
        index.end(end);
        index.finish();
        Ok(index)
    }

    /// Takes everything of a scan but its steps, which it returns with the number of its first
    /// object here.
    pub(in crate::source) fn absorb(&mut self, scan: Scan) -> (Steps, u32) {
        let base = u32::try_from(self.objects.len()).unwrap_or(u32::MAX);
        let numbers: Vec<u32> = scan.xattrs.iter().map(|xattrs| self.number_of(xattrs)).collect();
        make_room(&mut self.objects, scan.objects.len());
        for mut object in scan.objects {
            if !matches!(object.xattrs, XATTRS_PENDING | XATTRS_UNKNOWN) {
                object.xattrs = numbers.get(object.xattrs as usize).copied().unwrap_or(NO_XATTRS);
            }
            self.objects.push(object);
        }
        let here = |object: u32| base.saturating_add(object);
        for (object, stage, reason) in scan.faults {
            self.faults.entry(here(object)).or_default().push((stage, reason));
        }
        let layer = scan.layer;
        for problem in scan.problems {
            let reason = self.of_layer(problem.reason, layer);
            self.problem(problem.path, problem.stage, reason);
        }
        self.lists.extend(scan.lists.into_iter().map(|(object, labels)| (here(object), labels)));
        self.seen = self.seen.with(scan.seen);
        self.fine_times |= scan.fine_times;
        self.keep(scan.kept.into_iter().map(|(object, bytes)| (here(object), bytes)).collect());
        (scan.steps, base)
    }

    fn number_of(&mut self, xattrs: &Xattrs) -> u32 {
        if let Some(number) = self.xattr_numbers.get(xattrs) {
            return *number;
        }
        let number = u32::try_from(self.xattrs.len()).unwrap_or(XATTRS_UNKNOWN);
        self.xattrs.push(xattrs.clone());
        self.xattr_numbers.insert(xattrs.clone(), number);
        number
    }

    /// Keeps bytes of files as far as the budget goes; first what no name leads to any more gives
    /// way.
    fn keep(&mut self, mut kept: Vec<(u32, Vec<u8>)>) {
        let size =
            |kept: &Vec<(u32, Vec<u8>)>| kept.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        let more: u64 = size(&kept);
        if self.kept_total.saturating_add(more) > MAX_KEPT_TOTAL && !self.kept.is_empty() {
            let mut live = Vec::new();
            for node in self.nodes.reachable() {
                let bytes =
                    self.nodes.object(node).and_then(|object| self.kept.remove_entry(&object));
                live.extend(bytes);
            }
            self.kept_total = size(&live);
            self.kept = live.into_iter().collect();
        }
        kept.sort_unstable_by_key(|(object, _)| *object);
        for (object, bytes) in kept {
            let total = self.kept_total.saturating_add(bytes.len() as u64);
            if total <= MAX_KEPT_TOTAL {
                self.kept_total = total;
                self.kept.insert(object, bytes);
            }
        }
    }

    /// Puts one member of the only archive in its place.
    fn step(&mut self, path: &TreePath, what: What, steps: &Steps, base: u32) -> Result<(), Fault> {
        let object = match what {
            What::Object(object) => base.saturating_add(object),
            What::HardLink(target) => match self.linked(path, steps.target_of(target)) {
                Ok(Some(object)) => object,
                Ok(None) => return Ok(()),
                Err(why) => self.unknown(path, LayerId(0), why),
            },
        };
        self.insert(path, object)
    }

    /// Adds an object of which nothing is known, at a path of which something was said that cannot
    /// be: a problem even where another entry takes its place, because readers stop there.
    pub(in crate::source) fn unknown(
        &mut self,
        path: &TreePath,
        layer: LayerId,
        why: String,
    ) -> u32 {
        let number = u32::try_from(self.objects.len()).unwrap_or(u32::MAX);
        self.objects.push(Object::unknown(u32::MAX, layer));
        let reason = self.of_layer(why.clone(), layer);
        self.problem(path.clone(), Stage::Parse, reason);
        self.fault(number, Stage::Parse, why);
        number
    }

    /// Notes what concerns an object alone; it is a problem of each name that leads there in the end.
    pub(in crate::source) fn fault(&mut self, object: u32, stage: Stage, why: String) {
        self.faults.entry(object).or_default().push((stage, why));
    }

    pub(in crate::source) fn problem(&mut self, path: TreePath, stage: Stage, reason: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { path, stage, reason, errno: None });
        } else if !self.crowded {
            self.crowded = true;
            let reason = format!("more than {MAX_PROBLEMS} entries are odd; the rest is not named");
            let (path, stage) = (TreePath::root(), Stage::Parse);
            self.problems.push(Problem { path, stage, reason, errno: None });
        }
    }

    /// Names the layer in a reason, where there are layers.
    pub(in crate::source) fn of_layer(&self, reason: String, layer: LayerId) -> String {
        if self.layered { format!("{reason} (layer {})", layer.0) } else { reason }
    }

    pub(in crate::source) fn type_of(&self, object: u32) -> FileType {
        self.objects.get(object as usize).map_or(FileType::Unknown, |object| object.file_type)
    }

    /// Returns the object that a name leads to.
    pub(in crate::source) fn object_at(&self, node: u32) -> Option<&Object> {
        self.objects.get(self.nodes.object(node)? as usize)
    }

    /// Returns the extended attributes of an object.
    pub(in crate::source) fn xattrs(&self, object: &Object) -> Observed<Xattrs> {
        match object.xattrs {
            XATTRS_PENDING | XATTRS_UNKNOWN => Observed::Unobserved,
            number => match self.xattrs.get(number as usize) {
                Some(xattrs) => Observed::Is(xattrs.clone()),
                None => Observed::Unobserved,
            },
        }
    }

    /// Returns the bytes of a file that were kept.
    pub(in crate::source) fn kept(&self, object: u32) -> Option<&[u8]> {
        self.kept.get(&object).map(Vec::as_slice)
    }

    /// Returns how many names lead to each object.
    pub(super) fn names(&self, order: &[u32]) -> Vec<u32> {
        let mut names = vec![0u32; self.objects.len()];
        for object in order.iter().filter_map(|node| self.nodes.object(*node)) {
            if let Some(count) = names.get_mut(object as usize) {
                *count = count.saturating_add(1);
            }
        }
        names
    }

    fn end(&mut self, end: End) {
        let reason = match end {
            End::Marked => return,
            End::Unmarked => {
                self.whole = false;
                "the archive has no end mark, so that entries may be missing; write it anew"
                    .to_owned()
            }
            End::Followed(offset) => followed(offset),
        };
        self.problem(TreePath::root(), Stage::Parse, reason);
    }

    /// Settles what only the whole tree tells: the users that access control lists name, and which
    /// faults matter.
    pub(in crate::source) fn finish(&mut self) {
        let accounts = |path: &[u8]| self.kept(self.nodes.object(self.resolve(path)?)?);
        let names = Names::new(
            accounts(b"etc/passwd").unwrap_or_default(),
            accounts(b"etc/group").unwrap_or_default(),
        );
        for (number, labels) in std::mem::take(&mut self.lists) {
            let xattrs = match labels.resolve(&names) {
                Ok(xattrs) => self.number_of(&xattrs),
                Err(reason) => {
                    self.fault(number, Stage::Xattr, reason);
                    XATTRS_UNKNOWN
                }
            };
            if let Some(object) = self.objects.get_mut(number as usize) {
                object.xattrs = xattrs;
            }
        }
        self.xattr_numbers = HashMap::new();
        self.report_faults();
        self.problems.sort();
        self.problems.dedup();
    }

    fn report_faults(&mut self) {
        let faults = std::mem::take(&mut self.faults);
        if faults.is_empty() {
            return;
        }
        for node in self.nodes.reachable() {
            let Some(object) = self.nodes.object(node) else { continue };
            for (stage, reason) in faults.get(&object).into_iter().flatten() {
                let layer = self.objects.get(object as usize).map_or(LayerId(0), |it| it.layer);
                let reason = self.of_layer(reason.clone(), layer);
                self.problem(self.nodes.path(node), *stage, reason);
            }
        }
    }
}

/// Says that something follows the end mark.
pub(in crate::source) fn followed(offset: u64) -> String {
    format!(
        "data follows the end mark of the archive at offset {offset}; it is not read, other tools \
         may"
    )
}
