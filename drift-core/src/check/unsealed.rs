//! Without a baseline: the target against its own package databases. Nobody sealed them, so this
//! finds mistakes and careless intruders, and the report says so.
//!
//! What no package owns is folded into its topmost directory that no package owns; what could be
//! run by accident (programs on PATH, setuid, capabilities, device nodes) always stands alone.

use crate::capture::{Captured, Run};
use crate::compare::{EntryChange, Explanation, State, Verdict, grants_power, verdict};
use crate::manifest::{Manifests, Weighed, decides, is_same_place};
use crate::model::{
    AttributeSet, Cause, Entry, FileType, Observed, PackageId, Problem, RowId, Stage, TreePath,
};
use crate::packages::{
    Accounts, AsShipped, Completeness, Known, Missing, Ownership, VendorRecord, as_imposed,
    as_shipped, is_of_language, wants,
};
use crate::report::document::{AttributeChange, Change};

use super::describe::{self, Names};
use super::origins::Origins;
use super::{Error, Found, Request, accounts, lost, manifests_of};

/// Compares with the package databases.
pub(super) fn differences(
    captured: &Captured,
    request: &Request,
    run: &Run<'_>,
) -> Result<Found, Error> {
    let mut found = Found { problems: captured.snapshot.problems.clone(), ..Found::default() };
    if captured.snapshot.packages.iter().all(is_of_language) {
        found.problems.push(Problem {
            path: TreePath::root(),
            stage: Stage::Parse,
            reason: nothing_found(captured),
            errno: None,
        });
        return Ok(found);
    }
    let image = captured.snapshot.image.as_ref().map_or(Origins::None, Origins::Image);
    let origins = (Origins::None, image);
    let (after, rules) = (&captured.snapshot.packages, &captured.rules);
    let names =
        Names { before: &[], after, rules, origins, upgrades_expected: false, removals: None };
    let accounts = accounts::of(&captured.configs);
    let manifests = manifests_of(&request.manifests, &captured.snapshot.packages)?;
    let manifests = &manifests;
    let packaged_alone = !request.parts.entries;
    let folds = Vec::new();
    let mut walk = Walk { captured, names, accounts, found, folds, manifests, packaged_alone };
    let mut cursor = captured.snapshot.tree.cursor();
    let mut steps = 0u32;
    while let Some((depth, row)) = cursor.next_row() {
        steps = steps.wrapping_add(1);
        if steps.is_multiple_of(1024) {
            run.cancel.check().map_err(crate::compare::Error::from)?;
        }
        walk.entry(depth, row);
    }
    for missing in captured.ownership.missing() {
        walk.missing(missing);
    }
    for missing in lost::lost(captured, manifests, run)? {
        walk.missing(&missing);
    }
    walk.found.notes.push(
        "This reference is unsigned: the package database is the target's own word. \
         Capture and seal a golden baseline to know more."
            .to_owned(),
    );
    if walk.packaged_alone {
        let note = "What no package owns was not looked at: packages alone were asked for.";
        walk.found.notes.push(note.to_owned());
    }
    Ok(walk.found)
}

/// Says why there is nothing to compare with, and names a database that was found and not read.
fn nothing_found(captured: &Captured) -> String {
    let mut problems = captured.snapshot.problems.iter();
    let refused = problems.find(|problem| wants(problem.path.as_bytes()));
    let why = match refused {
        Some(problem) => format!("no package could be read from {}", problem.path),
        None => "no package database was found".to_owned(),
    };
    format!("{why}, so there is nothing to compare with; name a sealed snapshot with --baseline")
}

/// Names in the path of a program in any of [`super::PATH_DIRECTORIES`], at the most.
const MAX_PATH_DEPTH: u32 = 4;

/// What manifests say of an entry.
enum Manifested {
    /// Nothing: the target's own record decides.
    Unknown,
    /// It is as shipped, or a change says how it differs.
    Judged,
    /// The target's database lists it with a package that does not ship it.
    NotShipped,
}

struct Walk<'w> {
    captured: &'w Captured,
    names: Names<'w>,
    accounts: Accounts,
    found: Found,
    /// Unowned directories on the way down: depth and change.
    folds: Vec<(u32, usize)>,
    /// What packages contain, by more than the target's word.
    manifests: &'w Manifests,
    /// What no package owns is not looked at.
    packaged_alone: bool,
}

impl Walk<'_> {
    fn ownership(&self) -> &Ownership {
        &self.captured.ownership
    }

    fn entry(&mut self, depth: u32, row: RowId) {
        while self.folds.last().is_some_and(|(open, _)| *open >= depth) {
            self.folds.pop();
        }
        let rule = self.captured.rules.rule(self.captured.snapshot.tree.rule(row));
        if depth == 0 || rule.excludes() {
            return;
        }
        match (self.ownership().owner(row), self.ownership().known(row)) {
            (_, Some(Known::Alternative { registered: false })) => {
                self.unregistered_alternative(row)
            }
            // Packages may have listed a directory there: it moved, and the link leads to it.
            (_, Some(Known::UsrMerge)) => {}
            (Some(owner), known) => match self.manifested(owner, known, row) {
                Manifested::Unknown => {
                    self.recorded(row);
                }
                Manifested::Judged => {}
                Manifested::NotShipped => self.unowned(depth, row),
            },
            // What only imposes an owner, or was left behind, ships nothing: it vouches for nothing.
            (None, None | Some(Known::Overridden | Known::Leftover)) => {
                // Nor does the record of a language's package, but what differs from it is told.
                if !self.recorded(row) {
                    self.unowned(depth, row);
                }
            }
            (None, Some(_)) => {}
        }
    }

    /// A packaged entry against what manifests say of its package.
    fn manifested(&mut self, owner: PackageId, known: Option<Known>, row: RowId) -> Manifested {
        let Some(package) = self.names.after.get(owner.index()) else { return Manifested::Unknown };
        // A link in the place of a directory, and what several packages share, is as the target has it.
        if known.is_some() || !self.manifests.hold(package) {
            return Manifested::Unknown;
        }
        let tree = &self.captured.snapshot.tree;
        let (path, entry) = (tree.path(row), tree.entry(row));
        let listed = self.ownership().listed_path(row).unwrap_or_else(|| path.clone());
        let (compared, differing) = match self.manifests.weigh(package, &listed, &entry) {
            Weighed::NotHeld | Weighed::Unsaid => return Manifested::Unknown,
            // The old version's configuration files stay where they are.
            Weighed::NotShipped if self.is_conffile(row) => return Manifested::Unknown,
            Weighed::NotShipped => return Manifested::NotShipped,
            Weighed::Shipped { compared, differing } => (compared, differing),
        };
        let rule = self.captured.rules.rule(tree.rule(row));
        let judged = rule.form.is_some() && verdict(None, &entry, rule) != Verdict::Expected;
        let content = AttributeSet::named(if judged { "digest" } else { "" });
        let differing = differing.and(rule.attributes(entry.file_type).with(content));
        if differing.is_empty() {
            let whole = decides(compared, &entry);
            return if whole { Manifested::Judged } else { Manifested::Unknown };
        }
        let Some(shipped) = self.manifests.find(package, &listed) else {
            return Manifested::Unknown;
        };
        let edited = differing.without(AttributeSet::named("digest")).is_empty();
        let cause = match shipped.conffile && edited {
            true => Cause::ConffileEdited,
            false => Cause::VendorRecordDiffers,
        };
        let before = State { entry: shipped.entry(), owner: Some(owner), origin: None, row: None };
        let (conffile, verified) = (shipped.conffile, is_same_place(&listed, &path));
        let change =
            EntryChange { before: Some(before), attributes: differing, ..self.change_of(row) };
        let explanation =
            Explanation { cause, verified, folded_into: None, conffile, because: None };
        let names = Names { before: self.names.after, ..self.names };
        let described = describe::entry_change(&change, &explanation, None, &names, false);
        self.found.changes.push(described);
        Manifested::Judged
    }

    fn is_conffile(&self, row: RowId) -> bool {
        self.ownership().record(row).is_some_and(|record| record.conffile.is_some())
    }

    /// A packaged entry against its record; returns whether it differs.
    fn recorded(&mut self, row: RowId) -> bool {
        let Some(record) = self.ownership().record(row) else { return false };
        if self.is_by_digest_alone(row, &record) {
            return false;
        }
        let tree = &self.captured.snapshot.tree;
        let entry = tree.entry(row);
        if entry.file_type == FileType::Unknown {
            return false;
        }
        let compared = self.compared(row, &entry, &record);
        let conffile = record.conffile.is_some();
        let rule = self.captured.rules.rule(tree.rule(row));
        let judged = rule.form.is_some() && verdict(None, &entry, rule) != Verdict::Expected;
        let wanted = rule.attributes(entry.file_type);
        let digest = const { AttributeSet::named("digest") };
        let expects_content =
            record.expected_digest().is_some() && (wanted.holds("digest") || judged);
        if expects_content
            && entry.file_type == FileType::File
            && !compared.compared.holds("digest")
        {
            self.without_digest(row);
        }
        let differing = compared.differing.and(if judged { wanted.with(digest) } else { wanted });
        if differing.is_empty() {
            return false;
        }
        let values = EntryChange {
            before: Some(state(compared.before)),
            after: Some(state(compared.after)),
            attributes: differing,
            ..self.change_of(row)
        };
        let attributes = values
            .values()
            .into_iter()
            .map(|(name, (before, after))| describe::attribute_change(&name, before, after));
        let attributes = attributes.collect();
        let cause = if conffile { Cause::ConffileEdited } else { Cause::VendorRecordDiffers };
        self.modified(row, cause, conffile, attributes);
        true
    }

    /// Whether all that was recorded of an entry is a digest, and it has that, or nothing was recorded:
    /// nearly everything that dpkg installed. What [`Self::compared`] finds in its entry says the same.
    fn is_by_digest_alone(&self, row: RowId, record: &VendorRecord) -> bool {
        if record.shipped.is_some() || self.ownership().stat_override(row).is_some() {
            return false;
        }
        match record.expected_digest() {
            Some(expected) => {
                self.captured.snapshot.tree.file_type(row) == FileType::File
                    && self.captured.digest(row, expected.algorithm()) == Some(expected)
            }
            None => true,
        }
    }

    /// Compares an entry with its record, and with the owner and mode that are imposed instead.
    fn compared(&self, row: RowId, entry: &Entry, record: &VendorRecord) -> AsShipped {
        let records = self.ownership().records();
        let content = |algorithm| self.captured.digest(row, algorithm);
        let mut compared = as_shipped(entry, record, records, &self.accounts, content);
        if let Some(instead) = self.ownership().stat_override(row) {
            let imposed = as_imposed(entry, instead, &self.accounts);
            (compared.before.mode, compared.before.uid, compared.before.gid) =
                (imposed.before.mode, imposed.before.uid, imposed.before.gid);
            compared.differing =
                compared.differing.without(imposed.compared).with(imposed.differing);
            compared.compared = compared.compared.with(imposed.compared);
        }
        compared
    }

    /// Very sparse files have no such digest; files that could not be read have a problem already.
    fn without_digest(&mut self, row: RowId) {
        let tree = &self.captured.snapshot.tree;
        if tree.digest(row) != Observed::Unobserved {
            self.found.problems.push(Problem {
                path: tree.path(row),
                stage: Stage::Read,
                reason:
                    "the package database has a digest of it, and none of that kind was computed"
                        .to_owned(),
                errno: None,
            });
        }
    }

    fn unregistered_alternative(&mut self, row: RowId) {
        let target = self.captured.snapshot.tree.link_target(row).map(<[u8]>::to_vec);
        let difference = describe::attribute_change(b"link_target", None, target);
        self.modified(row, Cause::VendorRecordDiffers, false, vec![difference]);
    }

    fn modified(
        &mut self,
        row: RowId,
        cause: Cause,
        conffile: bool,
        attributes: Vec<AttributeChange>,
    ) {
        let mut change = self.describe(self.change_of(row), cause, conffile);
        change.kind = "modified";
        change.attributes = attributes;
        change.id = describe::id_of(&change, self.captured.snapshot.tree.path(row).as_bytes());
        self.found.changes.push(change);
    }

    fn unowned(&mut self, depth: u32, row: RowId) {
        if self.packaged_alone {
            return;
        }
        let tree = &self.captured.snapshot.tree;
        let entry = tree.entry(row);
        let rule = self.captured.rules.rule(tree.rule(row));
        // A path is built only where it can matter: those of a deep chain would add up to its square.
        let on_path = || depth <= MAX_PATH_DEPTH && describe::is_on_path(&tree.path(row), &entry);
        let alone = grants_power(&entry, rule) || on_path();
        // With packages missing from the list, what has no owner may have one; what gives power is
        // told all the same.
        let incomplete = self.ownership().records().completeness() == Completeness::Incomplete;
        if incomplete && !alone {
            return;
        }
        if let Some((_, open)) = self.folds.last().copied().filter(|_| !alone) {
            if let Some(folded) =
                self.found.changes.get_mut(open).and_then(|change| change.entries.as_mut())
            {
                *folded = folded.saturating_add(1);
            }
            return;
        }
        let declared = rule.may_come_and_go() && !alone;
        let change = self.change_of(row);
        let expected =
            rule.form.is_some() && !alone && verdict(None, &entry, rule) == Verdict::Expected;
        let cause = match declared {
            true => Cause::DeclaredDynamic,
            false if expected => Cause::ExpectedPerHost,
            false => Cause::Unowned,
        };
        let mut described = self.describe(change, cause, false);
        if entry.file_type == FileType::Directory {
            described.entries = Some(0);
            self.folds.push((depth, self.found.changes.len()));
        }
        self.found.changes.push(described);
    }

    /// A path that a package shipped and that is not there.
    fn missing(&mut self, missing: &Missing) {
        let rule_id = self.captured.rules.evaluate(&missing.path, false);
        let rule = self.captured.rules.rule(rule_id);
        if missing.filtered || rule.excludes() {
            return;
        }
        let conffile = missing.record.conffile.is_some();
        let cause = match (rule.may_come_and_go(), conffile) {
            (true, _) => Cause::DeclaredDynamic,
            (false, true) => Cause::ConffileEdited,
            (false, false) => Cause::VendorRecordDiffers,
        };
        let shipped = State {
            entry: Entry::unobserved(FileType::Unknown),
            owner: Some(missing.package),
            origin: None,
            row: None,
        };
        let change = EntryChange {
            path: missing.path.clone(),
            moved_from: None,
            rule: rule_id,
            before: Some(shipped),
            after: None,
            attributes: AttributeSet::EMPTY,
        };
        let package = self.names.after.get(missing.package.index());
        let verified = package.is_some_and(|package| self.manifests.ships(package, &missing.path));
        let explanation =
            Explanation { cause, verified, folded_into: None, conffile, because: None };
        let names = Names { before: self.names.after, ..self.names };
        let mut described = describe::entry_change(&change, &explanation, None, &names, false);
        described.file_type = None;
        self.found.changes.push(described);
    }

    fn change_of(&self, row: RowId) -> EntryChange {
        let tree = &self.captured.snapshot.tree;
        EntryChange {
            path: tree.path(row),
            moved_from: None,
            rule: tree.rule(row),
            before: None,
            after: Some(State {
                entry: tree.entry(row),
                owner: tree.owner(row),
                origin: tree.origin(row),
                row: Some(row),
            }),
            attributes: AttributeSet::EMPTY,
        }
    }

    fn describe(&self, change: EntryChange, cause: Cause, conffile: bool) -> Change {
        let explanation =
            Explanation { cause, verified: false, folded_into: None, conffile, because: None };
        describe::entry_change(&change, &explanation, None, &self.names, false)
    }
}

fn state(entry: Entry) -> State {
    State { entry, owner: None, origin: None, row: None }
}
