//! Links of update-alternatives(1), and its registrations: they lead to programs of packages.
//!
//! A link is right when the registration allows it and what it leads to is accounted for. A
//! registration is right when writing it again gives the same bytes, and a script of the package
//! that owns each program names that program and its priority. What was chosen by hand nobody can
//! derive.

use super::about::{About, Older};
use super::{Contents, Derivation, Product};
use crate::bounds::escape::escaped;
use crate::model::{FollowLast, RowId, TreePath};
use crate::packages::{Alternative, Choice, Known, Selection};

/// Links and registrations of alternatives.
#[derive(Debug)]
pub(super) struct Alternatives;

const REGISTRATIONS: &[u8] = b"var/lib/dpkg/alternatives/";
const ADMINISTERED: &[u8] = b"etc/alternatives/";

impl Product for Alternatives {
    fn made_by(&self) -> &'static str {
        "update-alternatives(1)"
    }

    fn is_at(&self, path: &TreePath, about: &About<'_>) -> bool {
        let bytes = path.as_bytes();
        let administers = |target: &[u8]| {
            target.strip_prefix(b"/").is_some_and(|target| target.starts_with(ADMINISTERED))
        };
        bytes.starts_with(REGISTRATIONS)
            || bytes.starts_with(ADMINISTERED)
            || match (about.tree.find(path), about.older(path)) {
                (Some(row), _) => {
                    matches!(about.ownership.known(row), Some(Known::Alternative { .. }))
                }
                (None, Older::Was(entry)) => {
                    entry.link_target.seen().is_some_and(|target| administers(target))
                }
                (None, _) => false,
            }
    }

    fn needs(&self, path: &TreePath, about: &About<'_>, _contents: &Contents) -> Vec<RowId> {
        let Some(name) = path.as_bytes().strip_prefix(REGISTRATIONS) else { return Vec::new() };
        let mut rows: Vec<RowId> = about.tree.find(path).into_iter().collect();
        if let Some(alternative) = registered(about, name) {
            let choices = alternative.choices.iter();
            rows.extend(choices.flat_map(|choice| scripts(about, choice)));
        }
        rows
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation {
        match path.as_bytes().strip_prefix(REGISTRATIONS) {
            Some(name) => registration(path, name, about, contents),
            None => link(path, about),
        }
    }
}

fn registered<'a>(about: &About<'a>, name: &[u8]) -> Option<&'a Alternative> {
    about.ownership.records().alternatives().iter().find(|one| *one.name == *name)
}

/// The maintainer scripts of the package that owns a program.
fn scripts(about: &About<'_>, choice: &Choice) -> Vec<RowId> {
    let Some(owner) = owner(about, &choice.target) else { return Vec::new() };
    let Some(package) = about.ownership.records().packages().get(owner.index()) else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    for stem in [package.name.clone(), format!("{}:{}", package.name, package.architecture)] {
        for script in ["postinst", "preinst", "prerm", "postrm"] {
            let path = format!("var/lib/dpkg/info/{stem}.{script}");
            rows.extend(about.file(path.as_bytes()));
        }
    }
    rows
}

fn owner(about: &About<'_>, target: &[u8]) -> Option<crate::model::PackageId> {
    let first = about.tree.resolve(target, FollowLast::No)?;
    let row = about.tree.resolve(target, FollowLast::Yes)?;
    let owned = |row| about.ownership.owner(row).filter(|_| about.is_owned(row));
    owned(first).or_else(|| owned(row))
}

/// Whether what a path leads to, and each step there, is accounted for.
fn is_accounted(about: &About<'_>, target: &[u8]) -> bool {
    let rows = [FollowLast::No, FollowLast::Yes].map(|last| about.tree.resolve(target, last));
    rows.into_iter().all(|row| row.is_some_and(|row| about.is_accounted(row)))
}

fn link(path: &TreePath, about: &About<'_>) -> Derivation {
    let Some(row) = about.tree.find(path) else { return gone(path, about) };
    if !matches!(about.ownership.known(row), Some(Known::Alternative { registered: true })) {
        return Derivation::Wrong("no registration leads where it points".to_owned());
    }
    let target = about.tree.link_target(row).unwrap_or_default();
    // The generic name leads to the administered one, which leads to the program.
    let last = target.strip_prefix(b"/").filter(|target| target.starts_with(ADMINISTERED));
    let last = match last {
        None => Some(target),
        Some(administered) => about
            .tree
            .resolve(administered, FollowLast::No)
            .filter(|row| {
                matches!(about.ownership.known(*row), Some(Known::Alternative { registered: true }))
            })
            .and_then(|row| about.tree.link_target(row)),
    };
    let Some(program) = last else {
        return Derivation::Wrong(format!("{} leads nowhere", escaped(target)));
    };
    let shown = escaped(program);
    if !is_accounted(about, program) {
        return Derivation::Wrong(format!("it leads to {shown}, which no package owns"));
    }
    if !is_best(about, program) {
        return Derivation::Wrong(format!("{shown} is not the one of the highest priority"));
    }
    match by_hand(about, program) {
        true => Derivation::Unproven(format!("it leads to {shown}, chosen by hand")),
        false => Derivation::Right(format!("it leads to {shown}, as registered")),
    }
}

/// Whether the registration that leads to the program says that somebody chose it.
fn by_hand(about: &About<'_>, program: &[u8]) -> bool {
    let leads = |alternative: &&Alternative| {
        alternative.choices.iter().any(|choice| {
            *choice.target == *program || choice.slaves.iter().any(|slave| **slave == *program)
        })
    };
    let mut groups = about.ownership.records().alternatives().iter().filter(leads);
    groups.any(|alternative| alternative.selection == Selection::Manual)
}

/// Whether the program is that of the highest priority, wherever it is chosen automatically.
fn is_best(about: &About<'_>, program: &[u8]) -> bool {
    let mut groups = about.ownership.records().alternatives().iter();
    groups.all(|alternative| {
        let best = alternative.choices.iter().map(|choice| choice.priority).max();
        let own = alternative.choices.iter().find(|choice| *choice.target == *program);
        let link = about.tree.resolve(&[ADMINISTERED, &alternative.name].concat(), FollowLast::No);
        let leads = link.and_then(|row| about.tree.link_target(row)) == Some(program);
        own.is_none_or(|choice| {
            !leads || alternative.selection == Selection::Manual || Some(choice.priority) == best
        })
    })
}

/// A link that is gone is right when nothing registers it any more.
fn gone(path: &TreePath, about: &About<'_>) -> Derivation {
    let absolute = [b"/", path.as_bytes()].concat();
    let name = path.as_bytes().strip_prefix(ADMINISTERED);
    let names = |alternative: &Alternative| {
        let slaves = alternative.slaves.iter().map(|slave| (&slave.name, &slave.link));
        let mut all = slaves.chain([(&alternative.name, &alternative.link)]);
        all.any(|(own, link)| **link == *absolute || name.is_some_and(|name| **own == *name))
    };
    // A name that follows goes when the chosen program brings none.
    let groups = about.ownership.records().alternatives();
    let kept = groups.iter().find(|one| names(one));
    match kept {
        None => Derivation::Right("nothing is registered under that name any more".to_owned()),
        Some(group) if *group.name != *name.unwrap_or_default() && *group.link != *absolute => {
            Derivation::Unproven("the program that was chosen may bring no such name".to_owned())
        }
        Some(_) => Derivation::Wrong("it is registered, and gone".to_owned()),
    }
}

fn registration(
    path: &TreePath,
    name: &[u8],
    about: &About<'_>,
    contents: &Contents,
) -> Derivation {
    if about.tree.find(path).is_none() {
        let link = about.tree.resolve(&[ADMINISTERED, name].concat(), FollowLast::No);
        return match link {
            None => Derivation::Right("no link of that name is left".to_owned()),
            Some(_) => Derivation::Wrong("it is gone, and its link is there".to_owned()),
        };
    }
    let Some(bytes) = about.own(path, contents) else {
        return Derivation::Unproven("it could not be read".to_owned());
    };
    let Some(alternative) = registered(about, name) else {
        return Derivation::Wrong("it is no registration".to_owned());
    };
    if written(alternative) != bytes {
        return Derivation::Wrong("it is not as update-alternatives(1) writes it".to_owned());
    }
    let mut absent = None;
    for choice in &alternative.choices {
        let slaves = choice.slaves.iter().filter(|slave| !slave.is_empty());
        for target in slaves.chain([&choice.target]) {
            let there = about.tree.resolve(target, FollowLast::No).is_some();
            if !there && *target != choice.target {
                absent = Some(target);
            } else if !is_accounted(about, target) {
                let shown = escaped(target);
                return Derivation::Wrong(format!("it offers {shown}, which no package owns"));
            }
        }
    }
    if let Some(name) = unlinked(alternative, about) {
        return Derivation::Wrong(format!("{} is no link of it", escaped(name)));
    }
    if alternative.selection == Selection::Manual {
        return Derivation::Unproven("it was chosen by hand".to_owned());
    }
    if let Some(target) = absent {
        return Derivation::Unproven(format!("it offers {}, which is not there", escaped(target)));
    }
    let unnamed =
        alternative.choices.iter().find(|choice| !is_named(about, alternative, choice, contents));
    match unnamed {
        Some(choice) => Derivation::Unproven(format!(
            "no script of a package gives {} the priority {}",
            escaped(&choice.target),
            choice.priority
        )),
        None => Derivation::Right(
            "every program in it is a package's, whose script registers it so".to_owned(),
        ),
    }
}

/// Returns the first name that should lead through `/etc/alternatives` and does not.
fn unlinked<'a>(alternative: &'a Alternative, about: &About<'_>) -> Option<&'a [u8]> {
    let target = |path: &[u8]| {
        let row = about.tree.resolve(path, FollowLast::No)?;
        about.tree.link_target(row).map(<[u8]>::to_vec)
    };
    let leads = |link: &[u8], name: &[u8]| {
        target(link).is_some_and(|target| target == [b"/", ADMINISTERED, name].concat())
    };
    if !leads(&alternative.link, &alternative.name) {
        return Some(&alternative.link);
    }
    let program = target(&[ADMINISTERED, &alternative.name].concat());
    let chosen = alternative.choices.iter().find(|one| program.as_deref() == Some(&*one.target));
    let provided = chosen.map(|choice| &choice.slaves[..]).unwrap_or_default();
    let mut slaves = alternative.slaves.iter().zip(provided);
    let unlinked = slaves.find(|(slave, target)| {
        let there = about.tree.resolve(target, FollowLast::Yes).is_some();
        !target.is_empty() && there && !leads(&slave.link, &slave.name)
    });
    unlinked.map(|(slave, _)| &*slave.link)
}

/// Writes a registration as update-alternatives does.
fn written(alternative: &Alternative) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let selection = match alternative.selection {
        Selection::Auto => &b"auto"[..],
        Selection::Manual => b"manual",
    };
    lines.push(selection.to_vec());
    lines.push(alternative.link.to_vec());
    for slave in &alternative.slaves {
        lines.push(slave.name.to_vec());
        lines.push(slave.link.to_vec());
    }
    lines.push(Vec::new());
    for choice in &alternative.choices {
        lines.push(choice.target.to_vec());
        lines.push(choice.priority.to_string().into_bytes());
        lines.extend(choice.slaves.iter().map(|slave| slave.to_vec()));
    }
    lines.push(Vec::new());
    lines.iter().flat_map(|line| [&line[..], b"\n"].concat()).collect()
}

/// Whether a script of its package registers the program under this name with its priority: in one
/// command, `--install LINK NAME PROGRAM PRIORITY`, where a variable may stand for a program or a name.
fn is_named(
    about: &About<'_>,
    alternative: &Alternative,
    choice: &Choice,
    contents: &Contents,
) -> bool {
    let priority = choice.priority.to_string();
    scripts(about, choice).iter().filter_map(|row| contents.get(row)).any(|script| {
        let joined = joined(script);
        joined.split(|&byte| byte == b'\n').any(|line| {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            if !words.any(|word| word == b"--install") {
                return false;
            }
            let [link, name, program, number] = std::array::from_fn(|_| words.next().map(bare));
            let fits = |word: Option<&[u8]>, wanted: &[u8]| {
                word.is_some_and(|word| word == wanted || stands_for(word, wanted))
            };
            fits(link, &alternative.link)
                && fits(name, &alternative.name)
                && fits(program, &choice.target)
                && number.is_some_and(|word| word == priority.as_bytes())
        })
    })
}

/// The script with its continued lines joined.
fn joined(script: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(script.len());
    for line in script.split(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\\") {
            Some(open) => out.extend([open, b" "].concat()),
            None => out.extend([line, b"\n"].concat()),
        }
    }
    out
}

fn bare(word: &[u8]) -> &[u8] {
    let word = word.strip_prefix(b"\"").unwrap_or(word);
    word.strip_suffix(b"\"").unwrap_or(word)
}

/// Whether a word with variables of the shell may stand for a text: what is plain in it must be there.
fn stands_for(word: &[u8], text: &[u8]) -> bool {
    let Some(at) = word.iter().position(|&byte| byte == b'$') else { return false };
    let before = word.get(..at).unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_${}".contains(byte);
    let rest = word.get(at..).unwrap_or_default();
    let end = rest.iter().rposition(is_name).map_or(0, |last| last.saturating_add(1));
    let after = rest.get(end..).unwrap_or_default();
    // A word that is a variable and no more says nothing.
    !(before.is_empty() && after.is_empty()) && text.starts_with(before) && text.ends_with(after)
}
