//! Below a directory that a rule excludes: names are counted, and what a later rule includes again
//! is found.
//!
//! An excluded directory that holds something included becomes an entry after all, under the rule
//! that excludes it, or its children would have no parent. Whether it does is known only after all
//! below was listed, so these subtrees are listed once here, to count and to find out, and the
//! directories that hold something once more by the survey. A failure here is no problem, as nothing
//! here was to be looked at, unless a later rule could include something below: then the survey
//! tries again and says so.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::bounds::Cancelled;
use crate::model::{ARTIFACT_RULE, FileType, Mount, RuleId};
use crate::source::volume::{DirectoryEntry, Stat, Volume};

use super::chain::Node;
use super::crossing::Crossing;
use super::survey::{Holding, Survey};

/// An excluded directory.
struct Excluded {
    parent: Option<usize>,
    identity: (u64, u64),
    rule: RuleId,
    holds: bool,
    /// The file system that begins here, with its path.
    mount: Option<Mount>,
}

/// One such subtree while it is listed.
struct Listing<D> {
    directories: Vec<Excluded>,
    waiting: Vec<(Arc<Node<D>>, usize)>,
    counts: BTreeMap<RuleId, u64>,
    path: Vec<u8>,
}

impl<V: Volume> Survey<'_, V> {
    /// Lists an excluded directory and all excluded ones below, counts their names by rule, and
    /// returns those that hold something included.
    pub(super) fn count_excluded(
        &self,
        parent: &Arc<Node<V::Directory>>,
        name: &[u8],
        stat: &Stat,
        rule: RuleId,
    ) -> Result<Holding, Cancelled> {
        let mut listing = Listing {
            directories: Vec::new(),
            waiting: Vec::new(),
            counts: BTreeMap::new(),
            path: Vec::new(),
        };
        self.consider(&mut listing, parent, None, name, stat, rule);
        let mut recent = VecDeque::new();
        while let Some((node, at)) = listing.waiting.pop() {
            self.plan.cancel.check()?;
            let Ok(opened) = self.open(&node) else {
                self.failed(&mut listing, (&node, b""), at);
                continue;
            };
            let artifacts = self.artifacts(&node);
            let (names, listed) = self.names(&opened.directory);
            if listed.is_err() {
                // What came before counts.
                self.failed(&mut listing, (&node, b""), at);
            }
            for entry in names {
                if artifacts.contains(&entry.name) {
                    listing.count(ARTIFACT_RULE);
                } else {
                    self.excluded_name(&mut listing, &node, at, &opened.directory, &entry);
                }
            }
            self.keep(opened, &mut recent);
        }
        Ok(self.settle(listing))
    }

    fn excluded_name(
        &self,
        listing: &mut Listing<V::Directory>,
        node: &Arc<Node<V::Directory>>,
        at: usize,
        directory: &V::Directory,
        entry: &DirectoryEntry,
    ) {
        let is_directory = |file_type| file_type == FileType::Directory;
        let unknown = entry.file_type.is_none();
        let listed = entry.file_type.is_some_and(is_directory);
        let stat =
            if listed || unknown { self.volume.stat(directory, &entry.name).ok() } else { None };
        let directory = listed || stat.as_ref().is_some_and(|stat| is_directory(stat.file_type));
        let rule = self.classify(node, &entry.name, directory, &mut listing.path);
        if !self.plan.rules.rule(rule).excludes() {
            listing.holds(at);
            return;
        }
        match stat.filter(|_| directory) {
            Some(stat) => self.consider(listing, node, Some(at), &entry.name, &stat, rule),
            None => {
                if directory || unknown {
                    self.failed(listing, (node, &entry.name), at);
                }
                listing.count(rule);
            }
        }
    }

    /// Leaves a directory with something that could not be seen to the survey, if it matters.
    fn failed(
        &self,
        listing: &mut Listing<V::Directory>,
        (node, name): (&Node<V::Directory>, &[u8]),
        at: usize,
    ) {
        if self.may_include_below(node, name, node.rule) {
            listing.holds(at);
        }
    }

    /// Returns whether a rule after `rule` could include something below `name`, or below the
    /// directory itself for no name.
    pub(super) fn may_include_below(
        &self,
        node: &Node<V::Directory>,
        name: &[u8],
        rule: RuleId,
    ) -> bool {
        let mut path = Vec::new();
        let fits = node.write_path(name, &mut path);
        if !fits {
            // Rules do not look that deep.
            return false;
        }
        if !name.is_empty() {
            path.push(b'/');
        }
        let later = self.plan.rules.rules().iter().skip(usize::from(rule.0).saturating_add(1));
        later.filter(|rule| !rule.excludes()).any(|rule| reaches(rule.pattern.as_bytes(), &path))
    }

    /// Takes an excluded directory, unless another file system begins there that is not entered.
    fn consider(
        &self,
        listing: &mut Listing<V::Directory>,
        parent: &Arc<Node<V::Directory>>,
        above: Option<usize>,
        name: &[u8],
        stat: &Stat,
        rule: RuleId,
    ) {
        let mount = match self.crossing(parent, name, stat, rule) {
            Crossing::None => None,
            Crossing::Enter(file_system) => {
                Some(Mount { path: parent.full_path().join(name), file_system, is_inert: false })
            }
            stay @ Crossing::Stay(..) => {
                self.note_crossing(stay, stat, || parent.full_path().join(name));
                listing.count(rule);
                return;
            }
        };
        let identity = (stat.device, stat.inode);
        let at = listing.directories.len();
        listing.directories.push(Excluded { parent: above, identity, rule, holds: false, mount });
        listing.waiting.push((Node::child(parent, name, stat, rule), at));
    }

    /// Counts the directories that hold nothing; the survey captures the others.
    fn settle(&self, mut listing: Listing<V::Directory>) -> Holding {
        let mut holding = Holding::new();
        for excluded in std::mem::take(&mut listing.directories) {
            if excluded.holds {
                holding.insert(excluded.identity);
                continue;
            }
            listing.count(excluded.rule);
            if let Some(mount) = excluded.mount {
                self.intake.mount_entered(mount);
            }
        }
        for (rule, count) in listing.counts {
            self.intake.excluded(rule, count);
        }
        holding
    }
}

/// Whether a pattern of gitignore(5) could match below a directory, given with a final slash; true
/// in doubt. A pattern with a slash but at its end is anchored at the root.
fn reaches(pattern: &[u8], directory: &[u8]) -> bool {
    let body = pattern.strip_suffix(b"/").unwrap_or(pattern);
    if !body.contains(&b'/') {
        return true;
    }
    let body = body.strip_prefix(b"/").unwrap_or(body);
    let cut = body.iter().position(|byte| b"*?[\\".contains(byte)).unwrap_or(body.len());
    let literal = body.get(..cut).unwrap_or_default();
    literal.starts_with(directory) || directory.starts_with(literal)
}

impl<D> Listing<D> {
    fn count(&mut self, rule: RuleId) {
        let count = self.counts.entry(rule).or_default();
        *count = count.saturating_add(1);
    }

    fn holds(&mut self, at: usize) {
        let mut next = Some(at);
        while let Some(excluded) = next.and_then(|at| self.directories.get_mut(at)) {
            if excluded.holds {
                return;
            }
            excluded.holds = true;
            next = excluded.parent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reaches;

    #[test]
    fn only_what_could_match_below_reaches() {
        for (pattern, expected) in [
            ("/var/cache/keep", true),
            ("/var", true),
            ("/var/*/x", true),
            ("*.conf", true),
            ("keep/", true),
            ("**/x", true),
            ("/etc/passwd", false),
            ("/var/cache-old/x", false),
            ("usr/share", false),
        ] {
            assert_eq!(reaches(pattern.as_bytes(), b"var/cache/"), expected, "{pattern}");
        }
    }
}
