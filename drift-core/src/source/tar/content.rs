//! A second pass over the archive for what is asked of single files.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use crate::bounds::Cancel;
use crate::model::{Digest, FileType, RowId, Stage, Tree};
use crate::source::{Ask, Content, ContentSink, Error, Unread, UnreadKind, Want, decoded};

use super::archive::Archive;
use super::index::{Index, Object};
use super::reader::{Fault, Next};

/// Asks by the number of the member that holds the content.
type Waiting<'i> = BTreeMap<u64, (&'i Object, Vec<Ask>)>;

/// Answers every ask once.
pub(super) fn answer(
    archive: &Archive,
    index: &Index,
    tree: &Tree,
    asks: &[Ask],
    cancel: &Cancel,
    sink: &dyn ContentSink,
) -> Result<(), Error> {
    let mut waiting = Waiting::new();
    for ask in asks {
        match object_of(index, tree, ask.row) {
            Ok(object) if needs_bytes(ask.want) => {
                waiting.entry(object.member).or_insert((object, Vec::new())).1.push(*ask);
            }
            Ok(object) => sink.take(ask.row, Ok(known(object, ask.want))),
            Err(unread) => sink.take(ask.row, Err(unread)),
        }
    }
    if waiting.is_empty() {
        return Ok(());
    }
    // Nothing is handed out before the pass has proved that the file stayed as it was.
    let answers = scan(archive, &mut waiting, cancel)?;
    for (row, content) in answers {
        sink.take(row, Ok(content));
    }
    for ask in waiting.values().flat_map(|(_, asks)| asks) {
        sink.take(ask.row, Err(unread(UnreadKind::Vanished, "the archive no longer holds it")));
    }
    Ok(())
}

/// Reads what is waited for in one pass, and leaves in `waiting` what the archive did not hold.
fn scan(
    archive: &Archive,
    waiting: &mut Waiting<'_>,
    cancel: &Cancel,
) -> Result<Vec<(RowId, Content)>, Error> {
    archive.pass(|reader| {
        let (mut number, mut answers) = (0u64, Vec::new());
        while let Next::Member(member) = reader.next()? {
            cancel.check().map_err(|_| Fault::Cancelled)?;
            if let Some((object, asks)) = waiting.remove(&number) {
                let mut gathers: Vec<Gather> =
                    asks.iter().map(|ask| Gather::new(ask.want)).collect();
                reader.content(member.map(), &mut |piece| {
                    gathers.iter_mut().for_each(|gather| gather.update(piece));
                    cancel.check().map_err(|_| Fault::Cancelled)
                })?;
                let done = asks.iter().zip(gathers);
                answers.extend(done.map(|(ask, gather)| (ask.row, gather.finish(object))));
            }
            number = number.saturating_add(1);
        }
        Ok(answers)
    })
}

/// Reads one whole file of at most `limit` bytes.
pub(super) fn bytes(archive: &Archive, object: &Object, limit: u64) -> Option<Vec<u8>> {
    let want = Want { bytes: Some(limit), ..Want::default() };
    let read = archive.pass(|reader| {
        let mut number = 0u64;
        while let Next::Member(member) = reader.next()? {
            if number == object.member {
                let mut gather = Gather::new(want);
                reader.content(member.map(), &mut |piece| {
                    gather.update(piece);
                    Ok(())
                })?;
                return Ok(gather.finish(object).bytes);
            }
            number = number.saturating_add(1);
        }
        Ok(None)
    });
    read.ok().flatten()
}

fn needs_bytes(want: Want) -> bool {
    want.md5 || want.prefix.is_some() || want.bytes.is_some()
}

fn known(object: &Object, want: Want) -> Content {
    Content {
        size: object.size,
        mtime: object.mtime,
        mode: object.mode,
        uid: object.uid,
        gid: object.gid,
        digest: object.digest.filter(|_| want.digest),
        md5: None,
        prefix: None,
        bytes: None,
    }
}

fn object_of<'i>(index: &'i Index, tree: &Tree, row: RowId) -> Result<&'i Object, Unread> {
    let node = index.find(&tree.path(row)).and_then(|node| index.nodes.get(node as usize));
    let object = node.and_then(|node| index.objects.get(node.object? as usize));
    match object {
        Some(object) if object.file_type != FileType::File => {
            Err(unread(UnreadKind::Replaced, "it is no regular file in the archive"))
        }
        Some(object) if object.digest.is_none() => {
            let why = object.unread.as_deref().unwrap_or("its content was not read");
            Err(unread(UnreadKind::Unreadable, why))
        }
        Some(object) => Ok(object),
        None => Err(unread(UnreadKind::Vanished, "the archive does not hold it")),
    }
}

fn unread(kind: UnreadKind, reason: &str) -> Unread {
    Unread { kind, stage: Stage::Read, reason: reason.to_owned(), errno: None }
}

/// The longest file of which what it decompresses to is looked at: it is held meanwhile. A log that
/// was rotated is smaller by far.
const MAX_PACKED_BYTES: u64 = 64 << 20;

/// What is wanted of one file, while its bytes pass.
struct Gather {
    digest: Option<drift_lanes::Sha256>,
    md5: Option<drift_lanes::Md5>,
    /// The digest so far and the bytes it still lacks.
    prefix: Option<(drift_lanes::Sha256, u64)>,
    /// The limit and the bytes, none once they are more.
    bytes: Option<(u64, Option<Vec<u8>>)>,
    /// Whether the prefix is that of what the bytes decompress to.
    decoded: bool,
}

impl Gather {
    fn new(want: Want) -> Self {
        Self {
            digest: want.digest.then(drift_lanes::Sha256::new),
            md5: want.md5.then(drift_lanes::Md5::new),
            prefix: want.prefix.map(|length| (drift_lanes::Sha256::new(), length)),
            bytes: match want.decoded {
                true => Some((MAX_PACKED_BYTES, Some(Vec::new()))),
                false => want.bytes.map(|limit| (limit, Some(Vec::new()))),
            },
            decoded: want.decoded,
        }
    }

    fn update(&mut self, piece: &[u8]) {
        if let Some(digest) = &mut self.digest {
            digest.update(piece);
        }
        if let Some(md5) = &mut self.md5 {
            md5.update(piece);
        }
        if let Some((digest, lacks)) = self.prefix.as_mut().filter(|_| !self.decoded) {
            let count = usize::try_from(*lacks).unwrap_or(usize::MAX).min(piece.len());
            digest.update(piece.get(..count).unwrap_or_default());
            *lacks = lacks.saturating_sub(count as u64);
        }
        if let Some((limit, slot)) = &mut self.bytes
            && let Some(bytes) = slot
        {
            bytes.extend_from_slice(piece);
            if bytes.len() as u64 > *limit {
                *slot = None;
            }
        }
    }

    fn finish(self, object: &Object) -> Content {
        if self.decoded {
            return self.unpacked(object);
        }
        Content {
            size: object.size,
            mtime: object.mtime,
            mode: object.mode,
            uid: object.uid,
            gid: object.gid,
            digest: self.digest.map(|digest| Digest::sha256(digest.finish())),
            md5: self.md5.map(|md5| Digest::md5(md5.finish())),
            prefix: self
                .prefix
                .filter(|(_, lacks)| *lacks == 0)
                .map(|(digest, _)| Digest::sha256(digest.finish())),
            bytes: self.bytes.and_then(|(_, bytes)| bytes),
        }
    }

    /// What the held bytes decompress to begins with.
    fn unpacked(self, object: &Object) -> Content {
        let length = self.prefix.map_or(0, |(_, lacks)| lacks);
        let packed = self.bytes.and_then(|(_, bytes)| bytes);
        let prefix = packed.and_then(|packed| decoded::prefix(&*packed, length).ok().flatten());
        Content { prefix, ..known(object, Want::default()) }
    }
}
