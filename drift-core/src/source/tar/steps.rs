//! The members of an archive in their order, as what they do to a tree: a path and an object, or
//! the name of an earlier one.
//!
//! Each path is kept as what it adds to the one before it: archives are written directory by
//! directory, so that this is little more than the last name.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::make_room;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum What {
    /// An object, by its number.
    Object(u32),
    /// Another name of an object: the place of the target in the list of targets.
    HardLink(u32),
}

#[derive(Debug)]
struct Step {
    shared: u16,
    tail: u16,
    what: What,
}

/// All steps of one archive.
#[derive(Debug, Default)]
pub(in crate::source) struct Steps {
    list: Vec<Step>,
    tails: Vec<u8>,
    last: Vec<u8>,
    targets: Vec<(Box<[u8]>, u32)>,
}

impl Steps {
    /// Adds one; the path is shorter than 64 KiB.
    pub(super) fn push(&mut self, path: &[u8], what: What) {
        let shared = self.last.iter().zip(path).take_while(|(one, other)| one == other).count();
        let tail = path.get(shared..).unwrap_or_default();
        let length = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        make_room(&mut self.tails, tail.len());
        self.tails.extend_from_slice(tail);
        make_room(&mut self.list, 1);
        self.list.push(Step { shared: length(shared), tail: length(tail.len()), what });
        self.last.truncate(shared);
        self.last.extend_from_slice(tail);
    }

    /// Keeps the target of a hard link, as the archive has it, and the number of an object with the
    /// attributes that the link's own header gives.
    pub(super) fn target(&mut self, target: &[u8], own: u32) -> What {
        let place = u32::try_from(self.targets.len()).unwrap_or(u32::MAX);
        self.targets.push((target.into(), own));
        What::HardLink(place)
    }

    /// Returns how many there are.
    pub(in crate::source) fn len(&self) -> usize {
        self.list.len()
    }

    /// Returns the target of a hard link.
    pub(in crate::source) fn target_of(&self, place: u32) -> &[u8] {
        self.targets.get(place as usize).map_or(&[], |(target, _)| target)
    }

    /// Returns the object with the attributes that a hard link's own header gives.
    pub(in crate::source) fn own_of(&self, place: u32) -> Option<u32> {
        self.targets.get(place as usize).map(|(_, own)| *own)
    }

    /// Calls `each` with every path and what stands there, in order.
    pub(in crate::source) fn each<E>(
        &self,
        mut each: impl FnMut(&[u8], What) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut path, mut at) = (Vec::new(), 0usize);
        for step in &self.list {
            let end = at.saturating_add(usize::from(step.tail));
            path.truncate(usize::from(step.shared));
            path.extend_from_slice(self.tails.get(at..end).unwrap_or_default());
            at = end;
            each(&path, step.what)?;
        }
        Ok(())
    }

    /// Returns about how many bytes of memory this takes.
    pub(in crate::source) fn weight(&self) -> usize {
        self.list.len().saturating_mul(size_of::<Step>()).saturating_add(self.tails.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Steps, What};

    #[test]
    fn paths_come_back_whole() {
        let paths: [&[u8]; 6] = [b"", b"usr", b"usr/bin/a", b"usr/bin/ab", b"usr", b"x"];
        let mut steps = Steps::default();
        for (number, path) in (0..).zip(paths) {
            steps.push(path, What::Object(number));
        }
        let mut seen = Vec::new();
        let done: Result<(), ()> = steps.each(|path, what| {
            seen.push((path.to_vec(), what));
            Ok(())
        });
        assert_eq!(done, Ok(()));
        let expected = (0..).zip(paths).map(|(number, path)| (path.to_vec(), What::Object(number)));
        assert_eq!(seen, expected.collect::<Vec<_>>());
    }
}
