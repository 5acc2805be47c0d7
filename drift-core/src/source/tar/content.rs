//! What is asked of single files: from what the first pass kept, or from another pass.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use crate::bounds::Cancel;
use crate::model::{Digest, FileType, LayerId, RowId, Stage, Tree};
use crate::source::vendor::Vendor;
use crate::source::{Ask, Content, ContentSink, Unread, UnreadKind, Want, decoded};

use super::index::Index;
use super::object::{Body, Object};
use super::reader::{Fault, Next, Reader};

/// Asks by the number of the member that holds the content.
pub(in crate::source) type Waiting<'i> = BTreeMap<u32, (&'i Object, Vec<Ask>)>;

/// Answers what can be answered without another pass, and returns the rest by archive.
pub(in crate::source) fn sorted<'i>(
    index: &'i Index,
    tree: &Tree,
    asks: &[Ask],
    sink: &dyn ContentSink,
) -> BTreeMap<LayerId, Waiting<'i>> {
    let mut waiting: BTreeMap<LayerId, Waiting<'i>> = BTreeMap::new();
    for ask in asks {
        match object_of(index, tree, ask.row) {
            Ok((number, object)) => match index.kept(number) {
                Some(bytes) => {
                    let mut gather = Gather::new(ask.want);
                    gather.update(bytes);
                    sink.take(ask.row, Ok(gather.finish(object, ask.want)));
                }
                None if needs_bytes(ask.want) => {
                    let archive = waiting.entry(object.layer).or_default();
                    archive.entry(object.member).or_insert((object, Vec::new())).1.push(*ask);
                }
                None => sink.take(ask.row, Ok(known(object, ask.want))),
            },
            Err(unread) => sink.take(ask.row, Err(unread)),
        }
    }
    waiting
}

/// Reads what is waited for in one pass over its archive, up to the last of it, and leaves in
/// `waiting` what the archive did not hold.
pub(in crate::source) fn answers(
    reader: &mut Reader<'_>,
    waiting: &mut Waiting<'_>,
    cancel: &Cancel,
) -> Result<Vec<(RowId, Content)>, Fault> {
    let (mut number, mut answers) = (0u32, Vec::new());
    while !waiting.is_empty() {
        let Next::Member(member) = reader.next()? else { break };
        cancel.check().map_err(|_| Fault::Cancelled)?;
        if let Some((object, asks)) = waiting.remove(&number) {
            let mut gathers: Vec<Gather> = asks.iter().map(|ask| Gather::new(ask.want)).collect();
            let mut digest = drift_lanes::Sha256::new();
            reader.content(member.map(), &mut |piece| {
                digest.update(piece);
                gathers.iter_mut().for_each(|gather| gather.update(piece));
                cancel.check().map_err(|_| Fault::Cancelled)
            })?;
            if object.digest() != Some(Digest::sha256(digest.finish())) {
                let what = "a file in it is no longer the one that was read before; try again";
                return Err(Fault::Malformed(what.to_owned()));
            }
            let done = asks.iter().zip(gathers);
            answers.extend(done.map(|(ask, gather)| (ask.row, gather.finish(object, ask.want))));
        }
        number = number.saturating_add(1);
    }
    Ok(answers)
}

/// Hands out the answers of a pass and says of what remains that it is gone.
pub(in crate::source) fn hand_out(
    answers: Vec<(RowId, Content)>,
    waiting: &Waiting<'_>,
    sink: &dyn ContentSink,
) {
    for (row, content) in answers {
        sink.take(row, Ok(content));
    }
    for ask in waiting.values().flat_map(|(_, asks)| asks) {
        sink.take(ask.row, Err(unread(UnreadKind::Vanished, "the archive no longer holds it")));
    }
}

/// Reads one whole file of at most `limit` bytes.
pub(in crate::source) fn bytes(
    reader: &mut Reader<'_>,
    object: &Object,
    limit: u64,
    cancel: &Cancel,
) -> Result<Option<Vec<u8>>, Fault> {
    let want = Want { bytes: Some(limit), ..Want::default() };
    let ask = Ask { row: RowId(0), want };
    let mut waiting = Waiting::from([(object.member, (object, vec![ask]))]);
    let answers = answers(reader, &mut waiting, cancel)?;
    Ok(answers.into_iter().next().and_then(|(_, content)| content.bytes))
}

fn needs_bytes(want: Want) -> bool {
    want.vendor.is_some() || want.prefix.is_some() || want.bytes.is_some()
}

fn known(object: &Object, want: Want) -> Content {
    Gather::new(Want::default()).finish(object, Want { digest: want.digest, ..Want::default() })
}

fn object_of<'i>(index: &'i Index, tree: &Tree, row: RowId) -> Result<(u32, &'i Object), Unread> {
    let number = index.nodes.find(&tree.path(row)).and_then(|node| index.nodes.object(node));
    let object = number.and_then(|number| Some((number, index.objects.get(number as usize)?)));
    let Some((number, object)) = object else {
        return Err(unread(UnreadKind::Vanished, "the archive does not hold it"));
    };
    match &object.body {
        _ if object.file_type != FileType::File => {
            Err(unread(UnreadKind::Replaced, "it is no regular file in the archive"))
        }
        Body::Content(_) => Ok((number, object)),
        Body::Unread(why) => Err(unread(UnreadKind::Unreadable, why)),
        Body::Nothing | Body::Link(_) | Body::Device(_) => {
            Err(unread(UnreadKind::Unreadable, "its content was not read"))
        }
    }
}

fn unread(kind: UnreadKind, reason: &str) -> Unread {
    Unread { kind, stage: Stage::Read, reason: reason.to_owned(), errno: None }
}

/// The longest file of which what it decompresses to is looked at: it is held meanwhile. A log that
/// was rotated is smaller by far.
const MAX_PACKED_BYTES: u64 = 64 << 20;

/// What is wanted of one file beyond its digest, while its bytes pass.
struct Gather {
    vendor: Option<Vendor>,
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
            vendor: Vendor::wanted(want.vendor),
            prefix: want.prefix.map(|length| (drift_lanes::Sha256::new(), length)),
            bytes: match want.decoded {
                true => Some((MAX_PACKED_BYTES, Some(Vec::new()))),
                false => want.bytes.map(|limit| (limit, Some(Vec::new()))),
            },
            decoded: want.decoded,
        }
    }

    fn update(&mut self, piece: &[u8]) {
        if let Some(vendor) = &mut self.vendor {
            vendor.update(piece);
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

    fn finish(self, object: &Object, want: Want) -> Content {
        if self.decoded {
            return self.unpacked(object);
        }
        Content {
            size: object.size,
            mtime: object.mtime,
            mode: object.mode,
            uid: object.uid,
            gid: object.gid,
            digest: object.digest().filter(|_| want.digest),
            vendor: self.vendor.map(Vendor::finish),
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
