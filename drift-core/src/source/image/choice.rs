//! Which of several images is meant: by tag, by digest, by platform.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::escape::escaped;
use crate::model::{BlobDigest, Platform};

use super::Refusal;

/// The most candidates that a message names.
const MAX_NAMED: usize = 10;

/// What the operator asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// A tag, a whole name or a digest.
    pub(super) tag: Option<String>,
    pub(super) platform: Option<Platform>,
}

/// An image that could be meant.
#[derive(Debug, Clone)]
pub(super) struct Candidate<T> {
    pub(super) image: T,
    pub(super) names: Vec<String>,
    pub(super) digest: BlobDigest,
    pub(super) platform: Option<Platform>,
}

impl Wanted {
    /// Returns the digest, where one was asked for.
    pub(super) fn digest(&self) -> Option<BlobDigest> {
        self.tag.as_deref().and_then(|tag| BlobDigest::parse(tag).ok())
    }

    /// Returns whether a name is the one that was asked for: all of it, or its tag.
    pub(super) fn names(&self, name: &str) -> bool {
        let Some(tag) = &self.tag else { return true };
        let rest = name.strip_suffix(tag.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(':'))
    }
}

/// How a candidate was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Nothing else was left.
    Itself,
    /// Its platform, which must then be true.
    Platform,
}

/// Chooses one candidate by platform: the one asked for, else the only one, else that of this
/// machine.
pub(super) fn choose<T>(
    mut candidates: Vec<Candidate<T>>,
    wanted: &Wanted,
) -> Result<(Candidate<T>, By), Refusal> {
    let by = match wanted.platform {
        None if candidates.len() <= 1 => By::Itself,
        _ => By::Platform,
    };
    if by == By::Itself {
        return candidates.pop().map(|only| (only, by)).ok_or_else(|| missing(wanted));
    }
    let asked = wanted.platform.clone().unwrap_or_else(Platform::of_this_machine);
    let matching = |exactly: bool| {
        let fits = |platform: &Platform| {
            let same = platform.os == asked.os && architecture(platform) == architecture(&asked);
            let loose = !exactly && asked.variant.is_none();
            same && (loose || variant(platform) == variant(&asked))
        };
        let all = candidates.iter().enumerate();
        all.filter(|(_, one)| one.platform.as_ref().is_some_and(&fits))
            .map(|(at, _)| at)
            .collect::<Vec<_>>()
    };
    let found = Some(matching(true)).filter(|found| !found.is_empty());
    match *found.unwrap_or_else(|| matching(false)) {
        [at] => Ok((candidates.swap_remove(at), by)),
        [] if wanted.platform.is_some() => {
            Err(refused(format!("there is none for {}", shown(&asked)), &candidates))
        }
        [] => {
            let why = format!("there are {}, none for {asked}", candidates.len());
            Err(refused(why, &candidates))
        }
        _ => Err(refused(format!("there are several for {}", shown(&asked)), &candidates)),
    }
}

/// Says that no image has the tag.
fn missing(wanted: &Wanted) -> Refusal {
    Refusal::Choice(match &wanted.tag {
        Some(tag) => format!("there is none with the tag \"{}\"", escaped(tag.as_bytes())),
        None => "there is none".to_owned(),
    })
}

/// Says why, and which there are.
pub(super) fn refused<T>(why: String, candidates: &[Candidate<T>]) -> Refusal {
    let mut named: Vec<String> = candidates.iter().map(Candidate::shown).collect();
    named.sort();
    named.dedup();
    let more = named.len().saturating_sub(MAX_NAMED);
    named.truncate(MAX_NAMED);
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    Refusal::Choice(format!(
        "{why}; choose with @TAG, @sha256:… or --platform OS/ARCH[/VARIANT] among {}",
        named.join(", ")
    ))
}

impl<T> Candidate<T> {
    fn shown(&self) -> String {
        let platform = self.platform.as_ref().map(shown);
        let names = self.names.iter().map(|name| format!("@{}", escaped(name.as_bytes())));
        let mut words: Vec<String> = names.take(3).chain(platform).collect();
        words.push(self.digest.to_string());
        words.join(" ")
    }
}

fn shown(platform: &Platform) -> String {
    escaped(platform.to_string().as_bytes()).to_string()
}

/// Whether two platforms mean one machine, as far as both say.
pub(super) fn same_machine(one: &Platform, other: &Platform) -> bool {
    let silent = one.variant.is_none() || other.variant.is_none();
    one.os == other.os
        && architecture(one) == architecture(other)
        && (silent || variant(one) == variant(other))
}

/// The names of one architecture in the words of Go.
fn architecture(platform: &Platform) -> &str {
    match platform.architecture.as_str() {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "i386" => "386",
        other => other,
    }
}

/// The variant, none where it is what the architecture alone means (as containerd has it).
fn variant(platform: &Platform) -> Option<&str> {
    match (architecture(platform), platform.variant.as_deref()) {
        ("amd64", Some("v1")) | ("arm64", Some("v8" | "8")) | ("arm", Some("v7" | "7")) => None,
        (_, variant) => variant,
    }
}

#[cfg(test)]
mod tests {
    use super::{By, Candidate, Wanted, choose};
    use crate::model::{BlobDigest, Platform};

    fn candidates(platforms: &[&str]) -> Vec<Candidate<usize>> {
        let digest = BlobDigest::parse(&format!("sha256:{}", "0".repeat(64))).expect("a digest");
        let each = platforms.iter().enumerate();
        each.map(|(image, platform)| Candidate {
            image,
            names: vec![format!("n{image}")],
            digest: digest.clone(),
            platform: Platform::parse(platform),
        })
        .collect()
    }

    #[track_caller]
    fn check(platforms: &[&str], asked: &str, expect: Result<usize, &str>) {
        let wanted = Wanted { tag: None, platform: Platform::parse(asked) };
        match (choose(candidates(platforms), &wanted), expect) {
            (Ok((chosen, _)), Ok(expect)) => assert_eq!(chosen.image, expect),
            (Err(refusal), Err(expect)) => {
                let text = format!("{refusal:?}");
                assert!(text.contains(expect), "{text}");
            }
            (found, expect) => panic!("{found:?} instead of {expect:?}"),
        }
    }

    #[test]
    fn the_platform_decides_among_several() {
        let four = ["linux/amd64", "linux/arm64/v8", "linux/arm/v6", "linux/arm/v7"];
        check(&four, "linux/arm64", Ok(1));
        check(&four, "linux/aarch64/v8", Ok(1));
        check(&four, "linux/arm/v6", Ok(2));
        check(&four, "linux/arm", Ok(3));
        check(&four, "linux/arm/v5", Err("none for linux/arm/v5"));
        check(&four, "windows/amd64", Err("@n0 linux/amd64 sha256:"));
        check(&["linux/amd64/v2", "linux/amd64/v3"], "linux/amd64", Err("several for linux/amd64"));
        check(&["linux/amd64/v2"], "linux/amd64", Ok(0));
        check(&["linux/amd64", "linux/amd64/v3"], "linux/amd64", Ok(0));
        check(&["plan9/amd64"], "", Ok(0));
        check(&["plan9/amd64"], "linux/amd64", Err("none for"));
        check(&[], "", Err("there is none"));
        check(&["plan9/amd64", "plan9/arm"], "", Err("there are 2, none for linux/"));
        let (one, by) = choose(candidates(&["", ""]), &Wanted::default())
            .map_or((None, By::Itself), |(one, by)| (Some(one), by));
        assert!(one.is_none() && by == By::Itself, "without platforms nothing is chosen");
    }

    #[test]
    fn a_tag_is_the_whole_name_or_what_follows_its_colon() {
        let wanted = Wanted { tag: Some("12".to_owned()), platform: None };
        for (name, expect) in [
            ("12", true),
            ("docker.io/library/debian:12", true),
            ("112", false),
            ("12-slim", false),
            ("a/12", false),
        ] {
            assert_eq!(wanted.names(name), expect, "{name}");
        }
    }
}
