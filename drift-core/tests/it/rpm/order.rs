//! The order of versions is rpm's, over generated pairs in one run of rpm.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::process::Command;

use drift_core::packages::rpm_version_cmp;
use drift_testkit::need;

/// Parts of which versions are put together; chosen where the algorithm branches.
const PARTS: [&str; 26] = [
    "0",
    "1",
    "01",
    "9",
    "10",
    "007",
    "1234567890123456789012",
    "a",
    "b",
    "A",
    "rc",
    "alpha",
    "z",
    ".",
    "..",
    "_",
    "+",
    "~",
    "~~",
    "^",
    "^^",
    "-",
    ".0",
    "fc",
    "git",
    "é",
];

/// A small generator (Numerical Recipes), so that each run has the same pairs.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("is small") % bound
    }

    fn version(&mut self, parts: &[&str]) -> String {
        let length = 1 + self.below(6);
        (0..length).map(|_| parts[self.below(parts.len())]).collect()
    }
}

fn pairs() -> Vec<(String, String)> {
    let mut random = Random(7);
    let plain: Vec<&str> = PARTS.iter().copied().filter(|part| *part != "-").collect();
    let mut pairs = Vec::new();
    for round in 0..3_000 {
        let mut one = random.version(&plain);
        let mut other = random.version(&plain);
        // Half of them differ late, where most of the branches are.
        if round % 2 == 0 {
            other = format!("{one}{other}");
        }
        if round % 3 == 0 {
            let (a, b) = (random.version(&plain), random.version(&plain));
            one = format!("{one}-{a}");
            other = format!("{other}-{b}");
        }
        if round % 7 == 0 {
            one = format!("{}:{one}", random.below(3));
        }
        if round % 11 == 0 {
            other = format!("{}:{other}", random.below(3));
        }
        pairs.push((one, other));
    }
    pairs
}

/// Asks rpm for the order of all pairs at once.
fn asked(pairs: &[(String, String)]) -> Vec<char> {
    let mut program = String::from("%{lua:");
    for (one, other) in pairs {
        // Labels are compared as rpm.ver objects, whose order is rpmverCmp's.
        let ask = format!(
            "do local a,b=rpm.ver(\"{one}\"),rpm.ver(\"{other}\") \
             print(a<b and \"<\" or (b<a and \">\" or \"=\")) end "
        );
        program.push_str(&ask);
    }
    program.push('}');
    let done = Command::new("rpm").arg("--eval").arg(program).output().expect("rpm was found");
    let text = String::from_utf8(done.stdout).expect("is ASCII");
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

#[test]
fn versions_are_in_rpms_order() {
    if need::tool("rpm").is_none() {
        return;
    }
    let pairs = pairs();
    let mut answers = Vec::new();
    // An argument may have 128 KiB.
    for part in pairs.chunks(600) {
        answers.extend(asked(part));
    }
    assert_eq!(answers.len(), pairs.len());
    let mut wrong = String::new();
    let mut seen = [0; 3];
    for ((one, other), answer) in pairs.iter().zip(&answers) {
        let order = rpm_version_cmp(one.as_bytes(), other.as_bytes());
        let (ours, at) = match order {
            Ordering::Less => ('<', 0),
            Ordering::Equal => ('=', 1),
            Ordering::Greater => ('>', 2),
        };
        seen[at] += 1;
        if ours != *answer {
            writeln!(wrong, "{one} {other}: rpm {answer}, here {ours}").expect("a string grows");
        }
        let back = rpm_version_cmp(other.as_bytes(), one.as_bytes());
        assert!(back == order.reverse() || one.contains('^') || one.contains('~'), "{one} {other}");
    }
    assert_eq!(wrong, "");
    assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
}
