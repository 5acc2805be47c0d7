//! Numbers, attributes and packages in words.

use super::page::Line;
use crate::report::document::{AttributeChange, Change, PackageOf};
use crate::report::exact;

/// Hexadecimal digits of a digest that a person compares by eye; the JSON report has all.
const SHOWN_DIGITS: usize = 12;

/// What attributes are called here; any other goes by its own name.
const CALLED: &[(&str, &str)] = &[
    ("digest", "content changed"),
    ("uid", "owner"),
    ("gid", "group"),
    ("mtime", "modification time"),
    ("link_target", "link target"),
    ("rdev", "device number"),
    ("nlink", "hard-link count"),
    ("hardlinks", "hard-linked with"),
    ("acl", "access list"),
    ("acl_default", "default access list"),
    ("selinux", "SELinux label"),
    ("flags", "inode flags"),
];

/// Bits of a mode that matter to an attacker (inode(7)).
const MODE_BITS: &[(u32, &str)] = &[
    (0o4000, "setuid"),
    (0o2000, "setgid"),
    (0o1000, "sticky"),
    (0o111, "executable"),
    (0o020, "group-writable"),
    (0o002, "world-writable"),
];

/// Returns a number with its thousands apart.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number with its noun, which takes an `s` unless there is one of it.
pub(super) fn count(value: usize, noun: &str) -> String {
    total(u64::try_from(value).unwrap_or(u64::MAX), noun)
}

/// As [`count`], of a number from the document. A noun in `y` becomes `ies`.
pub(super) fn total(value: u64, noun: &str) -> String {
    let stem = noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o']));
    match (value, stem) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}ies", number(value)),
        (_, None) => format!("{} {noun}s", number(value)),
    }
}

/// Returns a span of time in its largest whole unit.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        172_800.. => total(seconds / 86_400, "day"),
        7_200.. => total(seconds / 3_600, "hour"),
        120.. => total(seconds / 60, "minute"),
        _ => total(seconds, "second"),
    }
}

/// Appends what happened to an entry.
pub(super) fn event(line: &mut Line, change: &Change) {
    let file_type = change.file_type.unwrap_or("");
    match change.kind {
        // Of a fact, that it is there says nothing: its value does.
        _ if change.fact.is_some() => fact(line, change),
        "added" => {
            line.say("added").say(file_type);
            added(line, change);
        }
        "removed" => {
            line.say("deleted").say(file_type);
        }
        _ => {
            if let Some(from) = &change.moved_from {
                line.say("moved from").path(from, change.moved_from_b64.as_ref());
            }
            differences(line, change);
            if change.attributes.is_empty() && change.moved_from.is_none() {
                line.say("changed");
            }
        }
    }
}

/// Appends the value of a fact before and after; where one is missing, that it came or went.
fn fact(line: &mut Line, change: &Change) {
    for (at, attribute) in change.attributes.iter().enumerate() {
        if at > 0 {
            line.glue(";");
        }
        let (before, after) = (attribute.before.as_deref(), attribute.after.as_deref());
        let (word, text, base64) = match (before, after) {
            (None, Some(text)) => ("added", text, &attribute.after_b64),
            (Some(text), None) => ("removed", text, &attribute.before_b64),
            _ => {
                value(line, false, before, attribute.before_b64.as_deref());
                line.say("->");
                value(line, false, after, attribute.after_b64.as_deref());
                continue;
            }
        };
        line.say(word);
        // Of what is kept by its name alone, such as a variable, the path says it all.
        if change.path.rsplit('.').next() != Some(text) {
            line.value(&exact(text, base64.as_deref()));
        }
    }
}

/// Appends each attribute that differs.
fn differences(line: &mut Line, change: &Change) {
    for (at, attribute) in change.attributes.iter().enumerate() {
        if at > 0 || change.moved_from.is_some() {
            line.glue(";");
        }
        difference(line, attribute);
    }
}

/// Appends what a person asks first of something new.
fn added(line: &mut Line, change: &Change) {
    let after = |name: &str| {
        change.attributes.iter().find(|a| a.name == name).and_then(|a| a.after.as_deref())
    };
    if let Some(mode) = after("mode") {
        line.glue(",").say("mode").value(mode.as_bytes());
        let bits: Vec<&str> = octal(mode)
            .map(|mode| MODE_BITS.iter().filter(move |(bit, _)| mode & bit != 0))
            .into_iter()
            .flatten()
            .filter(|(bit, _)| *bit != 0o111 || change.file_type == Some("file"))
            .map(|(_, word)| *word)
            .collect();
        if !bits.is_empty() {
            line.say(&format!("({})", bits.join(", ")));
        }
    }
    for (name, called) in [
        ("uid", "owner"),
        ("gid", "group"),
        ("size", "size"),
        ("capability", "capability"),
        ("rdev", "device number"),
        ("link_target", "link target"),
    ] {
        if let Some(value) = after(name) {
            line.glue(",").say(called).value(value.as_bytes());
        }
    }
    if let Some(value) = after("digest") {
        line.glue(",").value(short_digest(value).as_bytes());
    }
}

/// Appends one attribute's difference.
fn difference(line: &mut Line, change: &AttributeChange) {
    match CALLED.iter().find(|(name, _)| *name == change.name) {
        Some((_, called)) => line.say(called),
        None => match change.name.strip_prefix("xattr:") {
            Some(_) => line.say("extended attribute").value(
                exact(&change.name, change.name_b64.as_deref())
                    .get("xattr:".len()..)
                    .unwrap_or(b""),
            ),
            None => line.value(&exact(&change.name, change.name_b64.as_deref())),
        },
    };
    let shorten = change.name == "digest";
    value(line, shorten, change.before.as_deref(), change.before_b64.as_deref());
    line.say("->");
    value(line, shorten, change.after.as_deref(), change.after_b64.as_deref());
    match change.name.as_str() {
        "mode" => mode_words(line, change),
        "size" => {
            line.say("bytes");
        }
        _ => {}
    }
}

fn value(line: &mut Line, shorten: bool, text: Option<&str>, base64: Option<&str>) {
    match text {
        None => line.say("none"),
        Some(digest) if shorten => line.value(short_digest(digest).as_bytes()),
        Some(text) => line.value(&exact(text, base64)),
    };
}

fn mode_words(line: &mut Line, change: &AttributeChange) {
    let mode = |text: &Option<String>| text.as_deref().and_then(octal);
    let (Some(before), Some(after)) = (mode(&change.before), mode(&change.after)) else { return };
    let mut words = Vec::new();
    for (bit, word) in MODE_BITS {
        match (before & bit != 0, after & bit != 0) {
            (false, true) => words.push(format!("{word} added")),
            (true, false) => words.push(format!("{word} taken away")),
            _ => {}
        }
    }
    if !words.is_empty() {
        line.say(&format!("({})", words.join(", ")));
    }
}

fn octal(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 8).ok()
}

/// Returns the algorithm and the first digits.
fn short_digest(digest: &str) -> String {
    match digest.split_once(':') {
        Some((algorithm, digits)) if digits.chars().count() > SHOWN_DIGITS => {
            let shown: String = digits.chars().take(SHOWN_DIGITS).collect();
            format!("{algorithm}:{shown}...")
        }
        _ => digest.to_owned(),
    }
}

/// Appends which package an entry belongs to.
pub(super) fn owner(line: &mut Line, package: Option<&PackageOf>) {
    let Some(package) = package else { return };
    line.glue(";").say("package").name(package.name.as_bytes());
    versions(line, package);
}

/// Appends a package's version, or both.
pub(super) fn versions(line: &mut Line, package: &PackageOf) {
    match (package.before.as_deref(), package.after.as_deref()) {
        (Some(before), Some(after)) if before != after => {
            line.value(before.as_bytes()).say("->").value(after.as_bytes());
        }
        (_, Some(version)) | (Some(version), None) => {
            line.value(version.as_bytes());
        }
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{number, short_digest, span, total};

    #[test]
    fn numbers_nouns_and_spans() {
        let check = |shown: String, expect: &str| assert_eq!(shown, expect);
        check(number(0), "0");
        check(number(999), "999");
        check(number(1_000), "1,000");
        check(number(u64::MAX), "18,446,744,073,709,551,615");
        check(total(1, "entry"), "1 entry");
        check(total(10_214, "entry"), "10,214 entries");
        check(total(2, "day"), "2 days");
        check(span(86_400), "24 hours");
        check(span(86_400 * 2), "2 days");
        check(span(59), "59 seconds");
        check(short_digest("sha256:0123456789abcdef"), "sha256:0123456789ab...");
        check(short_digest("odd"), "odd");
    }
}
