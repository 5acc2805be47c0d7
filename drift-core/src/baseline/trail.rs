//! The names from the root down to where a walk stands, in one buffer.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// The path of the entry at hand, joined by `/`, with the place of each name.
#[derive(Debug, Default)]
pub(super) struct Trail {
    path: Vec<u8>,
    /// Where each name begins.
    starts: Vec<usize>,
}

impl Trail {
    /// Returns the number of names.
    pub(super) fn depth(&self) -> usize {
        self.starts.len()
    }

    /// Returns the whole path.
    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }

    /// Returns the name at this depth; the root at depth 0 has the empty name.
    pub(super) fn name(&self, depth: usize) -> Option<&[u8]> {
        let Some(at) = depth.checked_sub(1) else { return Some(&[]) };
        let start = *self.starts.get(at)?;
        let end = self.starts.get(depth).map_or(self.path.len(), |next| next.saturating_sub(1));
        self.path.get(start..end)
    }

    /// Goes up to the ancestor of this depth; does nothing when the trail is not that deep.
    pub(super) fn cut(&mut self, depth: usize) {
        if let Some(&start) = self.starts.get(depth) {
            self.path.truncate(start.saturating_sub(1));
            self.starts.truncate(depth);
        }
    }

    /// Goes down to a child.
    pub(super) fn push(&mut self, name: &[u8]) {
        if !self.starts.is_empty() {
            self.path.push(b'/');
        }
        self.starts.push(self.path.len());
        self.path.extend_from_slice(name);
    }

    /// Steps to the entry `name` at this depth, which is at most one deeper than the trail.
    pub(super) fn step(&mut self, depth: usize, name: &[u8]) {
        let Some(parent) = depth.checked_sub(1) else {
            self.cut(0);
            return;
        };
        self.cut(parent);
        self.push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::Trail;

    #[test]
    fn names_by_depth_and_back_up() {
        let mut trail = Trail::default();
        let mut check = |depth, name: &[u8], path: &[u8]| {
            trail.step(depth, name);
            assert_eq!((trail.depth(), trail.path()), (depth, path));
            assert_eq!(trail.name(depth), Some(name));
        };
        check(0, b"", b"");
        check(1, b"etc", b"etc");
        check(2, b"ssh", b"etc/ssh");
        check(3, b"x", b"etc/ssh/x");
        check(2, b"t", b"etc/t");
        check(1, b"usr", b"usr");
        check(0, b"", b"");
        assert_eq!(trail.name(1), None);
    }
}
