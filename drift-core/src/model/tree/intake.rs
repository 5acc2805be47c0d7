//! Building a tree: sources hand in one directory at a time, from any thread, in any order.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::bounds::make_room;
use crate::model::coverage::{Coverage, Mount};
use crate::model::cursor::{Listing, RuleId};
use crate::model::digest::Digest;
use crate::model::entry::{Device, Flags, Observed, Time, Xattrs};
use crate::model::image::LayerId;
use crate::model::kind::FileType;
use crate::model::metadata::Metadata;
use crate::model::path::TreePath;
use crate::model::problem::Problem;

use super::{Content, DirId, Directory, Row, RowId, State, Tree};

/// One object as a source found it.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its name in the directory; empty for the root.
    pub name: Box<[u8]>,
    /// What it is; `Unknown` when its metadata could not be read (then only the name counts).
    pub file_type: FileType,
    /// Permission bits.
    pub mode: u16,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// Length in bytes, of files.
    pub size: u64,
    /// Time of the last change of content.
    pub mtime: Time,
    /// Device number, of device nodes.
    pub rdev: Option<Device>,
    /// Number of names.
    pub nlink: u32,
    /// Device and inode, to group the names of one object; `(0, 0)` where there is none.
    pub identity: (u64, u64),
    /// Where a symbolic link points.
    pub link_target: Observed<Box<[u8]>>,
    /// Immutable and append-only.
    pub flags: Observed<Flags>,
    /// Extended attributes.
    pub xattrs: Observed<Xattrs>,
    /// Digest of a file's content, where the source read it already.
    pub digest: Option<Digest>,
    /// The rule that classed it.
    pub rule: RuleId,
    /// The layer of an image that it came with.
    pub origin: Option<LayerId>,
}

impl Found {
    /// Returns an object of which only the name and perhaps the type are known.
    #[must_use]
    pub fn unobserved(name: &[u8], rule: RuleId) -> Self {
        Self { file_type: FileType::Unknown, ..Self::plain(name, FileType::Unknown, rule) }
    }

    /// Returns an empty object of a type, owned by root, with no attribute but the name.
    #[must_use]
    pub fn plain(name: &[u8], file_type: FileType, rule: RuleId) -> Self {
        Self {
            name: name.into(),
            file_type,
            mode: 0,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: Time::default(),
            rdev: None,
            nlink: 1,
            identity: (0, 0),
            link_target: Observed::NotApplicable,
            flags: Observed::NotApplicable,
            xattrs: Observed::NotApplicable,
            digest: None,
            rule,
            origin: None,
        }
    }
}

/// The tree under construction; sources fill it from any thread.
#[derive(Debug, Default)]
pub struct Intake(Mutex<Building>);

#[derive(Debug, Default)]
struct Building {
    rows: Vec<Row>,
    names: Vec<u8>,
    metadata: Vec<Metadata>,
    metadata_ids: HashMap<Metadata, u32>,
    /// The last different numbers of metadata, the latest first.
    recent: [u32; 4],
    directories: Vec<Directory>,
    digests: Vec<[u8; 32]>,
    contents: Vec<Content>,
    links: Vec<Observed<Box<[u8]>>>,
    devices: Vec<Device>,
    shared: Vec<(RowId, u32, (u64, u64))>,
    problems: Vec<Problem>,
    coverage: Coverage,
    excluded: HashMap<RuleId, u64>,
    full: bool,
}

/// A tree, what was wrong with it, its counts so far, and the exclusions by rule.
#[derive(Debug)]
pub struct Frozen {
    /// The entries.
    pub tree: Tree,
    /// What could not be observed, sorted.
    pub problems: Vec<Problem>,
    /// Counts; `excluded` is still empty.
    pub coverage: Coverage,
    /// How many names each rule excluded, by rule.
    pub excluded: Vec<(RuleId, u64)>,
}

impl Intake {
    /// Takes the root, first of all.
    pub fn root(&self, found: Found) -> DirId {
        self.with(|building| {
            let row = building.push(found, DirId(0));
            building.directory_of(row).unwrap_or(DirId(0))
        })
    }

    /// Takes the names of one directory, in any order, each once; returns the directories among
    /// them by name.
    pub fn listing(
        &self,
        directory: DirId,
        listing: Listing,
        mut found: Vec<Found>,
    ) -> Vec<(Box<[u8]>, DirId)> {
        found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        self.with(|building| {
            let start = building.next_row();
            let mut directories = Vec::new();
            for object in found {
                let name = (object.file_type == FileType::Directory).then(|| object.name.clone());
                let row = building.push(object, directory);
                if let (Some(name), Some(id)) = (name, building.directory_of(row)) {
                    directories.push((name, id));
                }
            }
            let end = building.next_row();
            if let Some(directory) = building.directories.get_mut(directory.index()) {
                directory.children = start..end;
                directory.listing = listing;
            }
            directories
        })
    }

    /// Takes something that could not be observed.
    pub fn problem(&self, problem: Problem) {
        self.with(|building| building.problems.push(problem));
    }

    /// Counts names that a rule excluded.
    pub fn excluded(&self, rule: RuleId, entries: u64) {
        self.with(|building| {
            let count = building.excluded.entry(rule).or_default();
            *count = count.saturating_add(entries);
        });
    }

    /// Counts a name that was listed and gone a moment later.
    pub fn vanished(&self) {
        self.with(|building| {
            building.coverage.vanished = building.coverage.vanished.saturating_add(1)
        });
    }

    /// Notes a mounted file system that was entered.
    pub fn mount_entered(&self, mount: Mount) {
        self.with(|building| building.coverage.mounts_entered.push(mount));
    }

    /// Notes a mounted file system that was not entered.
    pub fn mount_not_entered(&self, mount: Mount) {
        self.with(|building| building.coverage.mounts_not_entered.push(mount));
    }

    /// Returns how many entries have been taken.
    pub fn entries(&self) -> u64 {
        self.with(|building| building.rows.len() as u64)
    }

    /// Ends the survey: the rows are fixed from here on.
    #[must_use]
    pub fn freeze(self) -> Frozen {
        let mut building = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        building.shared.sort_unstable();
        let mut tree = Tree {
            rows: building.rows,
            names: building.names,
            metadata: building.metadata,
            directories: building.directories,
            digests: building.digests,
            contents: building.contents,
            links: building.links,
            devices: building.devices,
            shared: Vec::new(),
            leaders: Vec::new(),
            owners: Vec::new(),
            per_host: BTreeMap::new(),
            edits: 0,
        };
        let groups = group_names(&tree, &building.shared);
        (tree.shared, tree.leaders) = groups;
        if building.full {
            building.problems.push(Problem {
                path: TreePath::root(),
                stage: crate::model::Stage::List,
                reason: "the tree holds more names than 4 GiB; the rest was not captured"
                    .to_owned(),
                errno: None,
            });
        }
        building.problems.sort();
        building.coverage.mounts_entered.sort();
        building.coverage.mounts_not_entered.sort();
        building.coverage.entries = tree.rows.len() as u64;
        let mut excluded: Vec<(RuleId, u64)> = building.excluded.into_iter().collect();
        excluded.sort_unstable();
        Frozen { tree, problems: building.problems, coverage: building.coverage, excluded }
    }

    fn with<R>(&self, work: impl FnOnce(&mut Building) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A row with its number of names and the index of its group's first path in the second list.
type Groups = (Vec<(RowId, u32, u32)>, Vec<TreePath>);

/// Names the group of each object with several names after its first path.
fn group_names(tree: &Tree, shared: &[(RowId, u32, (u64, u64))]) -> Groups {
    let mut first: HashMap<(u64, u64), TreePath> = HashMap::new();
    for &(row, _, identity) in shared {
        let path = tree.path(row);
        let entry = first.entry(identity).or_insert_with(|| path.clone());
        if path < *entry {
            *entry = path;
        }
    }
    let mut leaders = Vec::new();
    let mut numbers: HashMap<(u64, u64), u32> = HashMap::new();
    let mut rows = Vec::with_capacity(shared.len());
    for &(row, nlink, identity) in shared {
        let number = *numbers.entry(identity).or_insert_with(|| {
            leaders.push(first.get(&identity).cloned().unwrap_or_default());
            u32::try_from(leaders.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
        rows.push((row, nlink, number));
    }
    (rows, leaders)
}

impl Building {
    fn next_row(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    fn directory_of(&self, row: Option<RowId>) -> Option<DirId> {
        let row = self.rows.get(row?.index())?;
        (row.file_type == FileType::Directory).then_some(DirId(row.payload))
    }

    fn push(&mut self, found: Found, directory: DirId) -> Option<RowId> {
        let (Ok(name_at), Ok(name_length)) =
            (u32::try_from(self.names.len()), u16::try_from(found.name.len()))
        else {
            self.full = true;
            return None;
        };
        let id = RowId(self.next_row());
        make_room(&mut self.names, found.name.len());
        self.names.extend_from_slice(&found.name);
        let payload = match found.file_type {
            FileType::Directory => {
                let (device, inode) = found.identity;
                // Until its names come in, a directory is one that was not entered.
                let listing = Listing::NotEntered;
                push(
                    &mut self.directories,
                    Directory { row: id, children: 0..0, listing, device, inode },
                )
            }
            FileType::File => {
                let content = match found.digest.map(|digest| digest.algorithm()) {
                    Some(crate::model::Algorithm::Sha256) => Content::Sha256,
                    Some(crate::model::Algorithm::SparseSha256) => Content::SparseSha256,
                    _ => Content::NotWanted,
                };
                let bytes = found.digest.and_then(|digest| digest.as_bytes().try_into().ok());
                push(&mut self.contents, content);
                push(&mut self.digests, bytes.unwrap_or_default())
            }
            FileType::Symlink => push(&mut self.links, found.link_target),
            FileType::Char | FileType::Block => {
                push(&mut self.devices, found.rdev.unwrap_or(Device { major: 0, minor: 0 }))
            }
            FileType::Fifo | FileType::Socket | FileType::Unknown => 0,
        };
        if found.nlink != 1
            && found.file_type != FileType::Directory
            && found.file_type != FileType::Unknown
        {
            self.shared.push((id, found.nlink, found.identity));
        }
        let metadata = Metadata {
            mode: Observed::Is(found.mode),
            uid: Observed::Is(found.uid),
            gid: Observed::Is(found.gid),
            flags: found.flags,
            xattrs: found.xattrs,
            rule: found.rule,
            origin: found.origin,
        };
        let metadata = self.metadata_id(metadata);
        let row = Row {
            size: if found.file_type == FileType::File { found.size } else { 0 },
            seconds: found.mtime.seconds,
            name_at,
            metadata,
            directory,
            payload,
            nanoseconds: found.mtime.nanoseconds,
            name_length,
            file_type: found.file_type,
            state: if found.file_type == FileType::Unknown {
                State::Unobserved
            } else {
                State::Observed
            },
        };
        push(&mut self.rows, row);
        Some(id)
    }

    /// Returns the number of this metadata. Most entries have that of one just before.
    fn metadata_id(&mut self, metadata: Metadata) -> u32 {
        let is_same = |id: &u32| self.metadata.get(*id as usize) == Some(&metadata);
        if let Some(id) = self.recent.iter().copied().find(is_same) {
            return id;
        }
        let id = match self.metadata_ids.get(&metadata) {
            Some(&id) => id,
            None => {
                let id = push(&mut self.metadata, metadata.clone());
                self.metadata_ids.insert(metadata, id);
                id
            }
        };
        self.recent.rotate_right(1);
        self.recent[0] = id;
        id
    }
}

fn push<T>(column: &mut Vec<T>, value: T) -> u32 {
    let at = u32::try_from(column.len()).unwrap_or(u32::MAX);
    make_room(column, 1);
    column.push(value);
    at
}
