//! The order of versions against the implementations of the languages themselves, over generated
//! pairs that share most of their parts.

use std::cmp::Ordering;
use std::process::{Command, Stdio};

use drift_core::packages::compare_versions;
use drift_testkit::need;

/// Pairs for each language.
const PAIRS: usize = 4000;

/// A generator that gives the same numbers in every run (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn pick<'p>(&mut self, parts: &[&'p str]) -> &'p str {
        parts[self.below(parts.len())]
    }
}

/// Pairs of versions made of these parts: the second is the first with one part changed, or another.
fn pairs(seed: u64, mut make: impl FnMut(&mut Random) -> Vec<String>) -> Vec<(String, String)> {
    let mut random = Random(seed);
    let mut pairs = Vec::new();
    while pairs.len() < PAIRS {
        let first = make(&mut random);
        let other = make(&mut random);
        let at = random.below(first.len());
        let mut second = first.clone();
        match random.below(3) {
            0 => second = other,
            _ => second[at] = other.get(at).cloned().unwrap_or_default(),
        }
        pairs.push((first.concat(), second.concat()));
    }
    pairs
}

/// Asks a program that reads pairs as lines with a tab and answers each by -1, 0 or 1, or `invalid`.
#[track_caller]
fn agree(manager: &str, mut oracle: Command, pairs: &[(String, String)], least: usize) {
    let lines: String = pairs.iter().map(|(a, b)| format!("{a}\t{b}\n")).collect();
    let input = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut input.as_file(), lines.as_bytes()).unwrap();
    let output = oracle
        .stdin(Stdio::from(input.reopen().unwrap()))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{oracle:?}");
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), pairs.len());
    let (mut wrong, mut compared, mut unequal) = (Vec::new(), 0, 0);
    for ((a, b), answer) in pairs.iter().zip(answers) {
        let expected = match answer {
            "-1" => Ordering::Less,
            "0" => Ordering::Equal,
            "1" => Ordering::Greater,
            _ => continue,
        };
        compared += 1;
        unequal += usize::from(expected != Ordering::Equal);
        let own = compare_versions(manager, a, b);
        if own != expected || compare_versions(manager, b, a) != expected.reverse() {
            wrong.push(format!("{a} {b}: {expected:?}, not {own:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {compared}: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(20)]
    );
    assert!(compared >= least && unequal >= least / 2, "{compared} compared, {unequal} unequal");
}

fn pep440(random: &mut Random) -> Vec<String> {
    let number = |random: &mut Random| {
        random.pick(&["0", "1", "2", "10", "00", "01", "20240101"]).to_owned()
    };
    let mut parts = vec![random.pick(&["", "", "", "v", "1!", "0!"]).to_owned(), number(random)];
    for _ in 0..random.below(4) {
        parts.push(format!(".{}", number(random)));
    }
    let tail = |random: &mut Random, words: &[&str]| {
        let separator = random.pick(&["", ".", "-", "_"]);
        let (word, between) = (random.pick(words), random.pick(&["", "", ".", "-"]));
        let number = random.pick(&["", "0", "1", "2", "12"]);
        let between = if number.is_empty() { "" } else { between };
        format!("{separator}{word}{between}{number}")
    };
    if random.below(2) == 0 {
        parts.push(tail(random, &["a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "RC"]));
    }
    if random.below(3) == 0 {
        parts.push(match random.below(3) {
            0 => random.pick(&["-1", "-2", "-0"]).to_owned(),
            _ => tail(random, &["post", "rev", "r"]),
        });
    }
    if random.below(3) == 0 {
        parts.push(tail(random, &["dev", "DEV"]));
    }
    if random.below(4) == 0 {
        parts.push(
            random
                .pick(&["+1", "+a", "+a.1", "+ubuntu-1", "+1.a", "+01", "+1_0", "+abc.10"])
                .to_owned(),
        );
    }
    parts
}

#[test]
fn python_orders_as_packaging_does() {
    let Some(python) = need::python_module("pip._vendor.packaging.version") else { return };
    let mut oracle = Command::new(python);
    oracle.args([
        "-c",
        "import sys\n\
         from pip._vendor.packaging.version import Version, InvalidVersion\n\
         for line in sys.stdin:\n\
         \x20   try:\n\
         \x20       a, b = map(Version, line.rstrip('\\n').split('\\t'))\n\
         \x20       print((a > b) - (a < b))\n\
         \x20   except InvalidVersion:\n\
         \x20       print('invalid')\n",
    ]);
    agree("pypi", oracle, &pairs(7, pep440), 3500);
}

fn semantic(random: &mut Random) -> Vec<String> {
    let number =
        |random: &mut Random| random.pick(&["0", "1", "2", "10", "99", "1000000000"]).to_owned();
    let mut parts = vec![random.pick(&["", "", "v"]).to_owned(), number(random)];
    parts.extend([format!(".{}", number(random)), format!(".{}", number(random))]);
    if random.below(3) > 0 {
        parts.push("-".to_owned());
        parts.push(
            random
                .pick(&[
                    "alpha",
                    "beta",
                    "rc",
                    "1",
                    "0",
                    "x-y",
                    "10",
                    "A",
                    "0.20240101120000-abcdef012345",
                ])
                .to_owned(),
        );
        for _ in 0..random.below(3) {
            parts.push(random.pick(&[".1", ".2", ".11", ".a", ".beta", ".-", ".0a"]).to_owned());
        }
    }
    if random.below(4) == 0 {
        parts.push(random.pick(&["+1", "+incompatible", "+a.b-c"]).to_owned());
    }
    parts
}

/// The package that npm itself compares by.
#[test]
fn node_orders_as_semver_does() {
    let Some((npm, node)) = need::tool("npm").zip(need::tool("node")) else { return };
    let npm = std::fs::canonicalize(npm).unwrap();
    let mut oracle = Command::new(node);
    oracle.arg("-e").arg(
        "const {createRequire} = require('module');\n\
         const semver = createRequire(process.argv[1])('semver');\n\
         const lines = require('fs').readFileSync(0, 'utf8').split('\\n').slice(0, -1);\n\
         for (const line of lines) {\n\
             const [a, b] = line.split('\\t');\n\
             console.log(semver.valid(a) && semver.valid(b) ? semver.compare(a, b) : 'invalid');\n\
         }\n",
    );
    oracle.arg(npm);
    agree("npm", oracle, &pairs(11, semantic), 3500);
}

fn gem(random: &mut Random) -> Vec<String> {
    let part = |random: &mut Random| {
        random
            .pick(&["0", "1", "2", "10", "a", "b", "rc1", "pre", "beta2", "x", "00", "1a2"])
            .to_owned()
    };
    let mut parts = vec![random.pick(&["0", "1", "2", "10"]).to_owned()];
    for _ in 0..random.below(5) {
        parts.push(format!(".{}", part(random)));
    }
    if random.below(4) == 0 {
        parts.push(format!("-{}", part(random)));
    }
    parts
}

#[test]
fn ruby_orders_as_rubygems_does() {
    let Some(ruby) = need::tool("ruby") else { return };
    let mut oracle = Command::new(ruby);
    oracle.args([
        "-e",
        "STDIN.each_line do |line|\n\
           a, b = line.chomp.split(\"\\t\", -1)\n\
           ok = Gem::Version.correct?(a) && Gem::Version.correct?(b)\n\
           puts(ok ? (Gem::Version.new(a) <=> Gem::Version.new(b)) : 'invalid')\n\
         end\n",
    ]);
    agree("gem", oracle, &pairs(13, gem), 3500);
}

fn maven(random: &mut Random) -> Vec<String> {
    let words = [
        "0",
        "1",
        "2",
        "10",
        "a",
        "b",
        "m",
        "alpha",
        "beta",
        "rc",
        "cr",
        "snapshot",
        "ga",
        "final",
        "sp",
        "x",
        "release",
        "jre",
        "SNAPSHOT",
        "a1",
        "b2",
        "1x",
        "00",
        "milestone",
    ];
    let mut parts = vec![random.pick(&["0", "1", "2", "10"]).to_owned()];
    for _ in 0..random.below(5) {
        parts.push(format!("{}{}", random.pick(&[".", ".", "-"]), random.pick(&words)));
    }
    parts
}

/// `ComparableVersion` compares each of its arguments with the one before it.
#[test]
fn java_orders_as_maven_does() {
    let Some(java) = need::full_tier().and_then(|()| need::tool("java")) else { return };
    let archives = "/usr/share/java/maven-artifact-3.x.jar:/usr/share/java/commons-lang3.jar";
    let pairs = pairs(17, maven);
    let output = Command::new(java)
        .args(["-cp", archives, "org.apache.maven.artifact.versioning.ComparableVersion"])
        .args(pairs.iter().flat_map(|(a, b)| [a, b]))
        .output()
        .unwrap();
    assert!(output.status.success(), "Debian's libmaven3-core-java and a Java have it");
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("   ")?.split(' ').nth(1))
        .step_by(2)
        .collect();
    assert_eq!(answers.len(), pairs.len());
    let mut wrong = Vec::new();
    for ((a, b), answer) in pairs.iter().zip(answers) {
        let expected = match answer {
            "<" => Ordering::Less,
            ">" => Ordering::Greater,
            _ => Ordering::Equal,
        };
        let own = compare_versions("maven", a, b);
        if own != expected {
            wrong.push(format!("{a} {b}: {expected:?}, not {own:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
}
