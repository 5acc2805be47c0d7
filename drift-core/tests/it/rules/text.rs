//! Mistakes in rules: where they stand, what is wrong, what would be right.

use drift_core::rules::{PROFILES, RuleSet};

#[track_caller]
fn check(text: &str, expected: &str) {
    let error = RuleSet::parse(&[("site.rules", text)]).unwrap_err().to_string();
    assert_eq!(error, expected);
}

#[test]
fn a_mistake_names_its_line_and_what_was_meant() {
    const CLASSES: &str = "classes are read-only, dynamic, growing, device, ignore, secret, \
                           expected-per-host FORM, or attributes=LIST";
    check(
        "# fine\n\nignore /a\nreadonly /b\n",
        &format!(
            "site.rules:4: unknown class \"readonly\", did you mean \"read-only\"?; {CLASSES}"
        ),
    );
    check("/etc", &format!("site.rules:1: unknown class \"/etc\"; {CLASSES}"));
    check("attributes=moed /x", "site.rules:1: unknown attribute \"moed\", did you mean \"mode\"?");
    check(
        "dynamic /x +selinx",
        "site.rules:1: unknown attribute \"selinx\", did you mean \"selinux\"?",
    );
    check("dynamic /x -zz", "site.rules:1: unknown attribute \"zz\"");
    check(
        "ignore\n",
        "site.rules:1: the rule has no pattern; write CLASS PATTERN [+attribute|-attribute]...",
    );
    check(
        "ignore !/x",
        "site.rules:1: a pattern cannot start with \"!\": write a later rule with another class",
    );
    check(
        "ignore /a b",
        "site.rules:1: unexpected \"b\" after the pattern; attributes are added by +NAME and \
         dropped by -NAME, and a space in a pattern is written \\ followed by the space",
    );
}

#[test]
fn what_a_terminal_would_obey_is_escaped() {
    let error = RuleSet::parse(&[("a\x1b[2J", "\x1b[31m /x")]).unwrap_err().to_string();
    assert!(!error.contains('\x1b'), "{error:?}");
}

#[test]
fn every_profile_reads_and_reads_back() {
    for profile in PROFILES {
        let rules = RuleSet::parse(&[(profile.name, profile.text)]).unwrap();
        assert!(rules.rules().len() > 1);
        assert_eq!(RuleSet::from_text(&rules.text()).unwrap().digest(), rules.digest());
    }
}

#[test]
fn there_is_an_end_to_the_number_of_rules() {
    let text = "ignore /a\n".repeat(10_001);
    let error = RuleSet::parse(&[("many", &text)]).unwrap_err().to_string();
    assert_eq!(error, "many:10001: more than 10000 rules");
}

#[test]
fn a_form_is_read_from_its_line_and_written_back() {
    let text = "expected-per-host matches:a\\ b /etc/x\\ y +mtime\n";
    let rules = RuleSet::parse(&[("one", text)]).unwrap();
    assert!(rules.text().ends_with(text), "{}", rules.text());
    assert_eq!(RuleSet::from_text(&rules.text()).unwrap().digest(), rules.digest());
    let text = "expected-per-host present /x -mode mode=0640 uid=0 gid=4294967295\n";
    assert!(RuleSet::parse(&[("one", text)]).unwrap().text().ends_with(text));
    for word in ["mode=640", "mode=0999", "mode=4755", "uid=01", "uid=-1", "gid=4294967296", "x=1"]
    {
        let line = format!("expected-per-host present /x {word}");
        assert!(RuleSet::parse(&[("one", &line)]).is_err(), "{word}");
    }
    assert!(RuleSet::parse(&[("one", "read-only /x mode=0640")]).is_err());
    assert!(RuleSet::parse(&[("one", "expected-per-host present /x uid=0 uid=1")]).is_err());
    check(
        "expected-per-host",
        "site.rules:1: the rule has no form; write expected-per-host FORM PATTERN, where FORM is \
         present, new[:REGEX], matches:REGEX, one-of:VALUE,VALUE, lines:REGEX, \
         accounts:FIRST-LAST[,GROUP]",
    );
    check(
        "expected-per-host present",
        "site.rules:1: the rule has no pattern; write CLASS PATTERN [+attribute|-attribute]...",
    );
    check(
        "expected-per-host match:x /y",
        "site.rules:1: unknown form \"match\", did you mean \"matches\"?; forms are present, \
         new[:REGEX], matches:REGEX, one-of:VALUE,VALUE, lines:REGEX, accounts:FIRST-LAST[,GROUP]",
    );
    let many = "expected-per-host present /x\n".repeat(501);
    check(&many, "site.rules:501: more than 500 rules of class expected-per-host");
}
