//! Tailoring: which statement holds, and what is refused with file, line and the nearest name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::builtin::PROFILES;
use crate::artifact;
use crate::model::Severity;
use crate::policy::{
    LIBRARY, Origin, OriginKind, PACKS, PolicyFile, PolicySet, Selection, SourceSet, Value, digest,
    load, pack,
};

/// A pack of four policies, the first of which reads parameters.
fn set_with(profiles: &[(&str, &str)]) -> PolicySet {
    let policy = |name: &str, severity: &str, parameters: &str| PolicyFile {
        name: format!("{name}.rego"),
        text: format!(
            "# METADATA\n# title: T\n# custom:\n#   id: site/{name}\n#   severity: {severity}\n\
             #   rationale: R\n#   remediation: R\n{parameters}package drift.site.{name}\n\n\
             deny contains {{\"message\": m}} if {{\n\tsome m in data.params.names\n\t\
             data.params.limit == 1\n\tdata.params.flag\n\tdata.params.text == m\n}}\n"
        ),
    };
    let parameters = "#   parameters:\n\
        #     names: {description: D, default: [a, b]}\n\
        #     limit: {description: D, default: 3}\n\
        #     flag: {description: D, default: true}\n\
        #     text: {description: D, default: x}\n";
    let mut files = vec![
        policy("one", "low", parameters),
        policy("two", "medium", parameters),
        policy("three", "high", parameters),
        policy("four", "critical", parameters),
    ];
    files.extend(profiles.iter().map(|(name, text)| PolicyFile {
        name: format!("profiles/{name}.toml"),
        text: (*text).to_owned(),
    }));
    let origin = Origin {
        name: "policies".to_owned(),
        kind: OriginKind::Directory,
        digest: digest(&files),
        signers: Vec::new(),
        lineage: None,
    };
    load(vec![SourceSet { origin, files }]).expect("the policies are right")
}

/// Tailors by these files, the first of which is named.
fn tailored(files: &[(&str, &str)]) -> Result<PolicySet, String> {
    let mut set = set_with(&[("base", "name = \"base\"\nselect = [\"site/one\"]\n")]);
    tailor(&mut set, &[files[0].0], files)?;
    Ok(set)
}

fn tailor(set: &mut PolicySet, named: &[&str], files: &[(&str, &str)]) -> Result<(), String> {
    let files: BTreeMap<PathBuf, String> =
        files.iter().map(|(name, text)| (PathBuf::from(name), (*text).to_owned())).collect();
    let read = |path: &Path| {
        files.get(path).cloned().ok_or_else(|| artifact::Error::NoName { path: path.to_owned() })
    };
    let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
    set.tailor(&named, &read).map_err(|error| error.to_string())
}

/// The names of the policies that are left in.
fn selected(set: &PolicySet) -> Vec<&str> {
    let chosen = set.policies.iter().filter(|policy| policy.selection == Selection::Selected);
    chosen.filter_map(|policy| policy.id.as_str().strip_prefix("site/")).collect()
}

fn reason(set: &PolicySet, id: &str) -> String {
    match set.find(id).map(|policy| &policy.selection) {
        Some(Selection::NotSelected(why)) => why.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_said_last_and_by_name_holds() {
    let body = |more: &str| format!("name = \"web\"\n{more}\n");
    for (more, expect) in [
        ("", vec!["four", "one", "three", "two"]),
        ("select = [\"site/one\"]", vec!["one"]),
        ("select = [\"*\"]", vec!["four", "one", "three", "two"]),
        ("select = [\"site/t*\"]", vec!["three", "two"]),
        ("deselect = [{policy = \"site/t*\", reason = \"r\"}]", vec!["four", "one"]),
        // The name outweighs the pattern, whichever stands later.
        (
            "select = [\"site/two\"]\ndeselect = [{policy = \"site/*\", reason = \"r\"}]",
            vec!["two"],
        ),
        (
            "select = [\"site/*\"]\ndeselect = [{policy = \"site/two\", reason = \"r\"}]",
            vec!["four", "one", "three"],
        ),
        // Of two patterns the later.
        (
            "select = [\"site/*\"]\ndeselect = [{policy = \"site/t*\", reason = \"r\"}]",
            vec!["four", "one"],
        ),
        ("extends = [\"base\"]\nselect = [\"site/two\"]", vec!["one", "two"]),
        ("extends = [\"base\"]\ndeselect = [{policy = \"site/one\", reason = \"r\"}]", vec![]),
    ] {
        let set = tailored(&[("web.toml", &body(more))]).expect(more);
        assert_eq!(selected(&set), expect, "{more}");
    }
}

#[test]
fn what_is_left_out_says_why_and_where() {
    let text = "name = \"web\"\nselect = [\"site/t*\"]\n\n[[deselect]]\npolicy = \"site/two\"\n\
                reason = \"no accounts here\"\n";
    let set = tailored(&[("dir/web.toml", text)]).expect("it is right");
    assert_eq!(reason(&set, "site/two"), "no accounts here (deselected by dir/web.toml:5)");
    assert_eq!(reason(&set, "site/one"), "not selected by web (dir/web.toml)");
    assert_eq!(set.tailoring.profiles.len(), 1);
    assert_ne!(set.digest(), set_with(&[]).digest());
}

#[test]
fn several_profiles_apply_in_order_and_each_once() {
    let files = [
        ("a.toml", "name = \"a\"\nextends = [\"base\", \"c.toml\"]\nselect = [\"site/two\"]\n"),
        ("b.toml", "name = \"b\"\nextends = [\"c.toml\"]\nselect = [\"site/four\"]\n"),
        ("c.toml", "name = \"c\"\ndeselect = [{policy = \"site/*\", reason = \"r\"}]\n"),
    ];
    let mut set = set_with(&[("base", "name = \"base\"\nselect = [\"site/one\"]\n")]);
    tailor(&mut set, &["a.toml", "b.toml"], &files).expect("they are right");
    assert_eq!(selected(&set), ["four", "one", "two"]);
    let order: Vec<&str> =
        set.tailoring.profiles.iter().map(|profile| profile.file.as_str()).collect();
    assert_eq!(order, ["policies/profiles/base.toml", "c.toml", "a.toml", "b.toml"]);
}

#[test]
fn severities_change_and_say_who_did() {
    let text = "name = \"web\"\n[[severity]]\npolicy = \"site/one\"\nseverity = \"high\"\n\
                [[severity]]\npolicy = \"*\"\nat_least = \"medium\"\n\
                [[severity]]\npolicy = \"site/f*\"\nseverity = \"informational\"\n";
    let set = tailored(&[("web.toml", text)]).expect("it is right");
    let of = |id: &str| set.find(id).map(|policy| policy.severity);
    assert_eq!(of("site/one"), Some(Severity::High));
    assert_eq!(of("site/two"), Some(Severity::Medium));
    assert_eq!(of("site/three"), Some(Severity::High));
    assert_eq!(of("site/four"), Some(Severity::Informational));
    let said = &set.tailoring.severities;
    assert_eq!(said.get("site/one"), Some(&(Severity::Low, "web.toml:3".to_owned())));
    assert_eq!(said.get("site/four"), Some(&(Severity::Critical, "web.toml:9".to_owned())));
    assert_eq!(said.len(), 2);
}

/// openscap#1718, #1776 and #1817: what names nothing is no choice, it is a slip.
#[test]
fn what_is_wrong_is_told_with_file_line_and_the_nearest_name() {
    for (text, expect) in [
        (
            "name = \"web\"\nselekt = []\n",
            "web.toml:2: a profile has no key selekt; the nearest is select",
        ),
        ("select = []\n", "web.toml:1: a profile has no name"),
        ("name = \"W\"\n", "web.toml:1: name takes"),
        (
            "name = \"web\"\nselect = [\n  \"site/one\",\n  \"site/tow\",\n]\n",
            "web.toml:4: no policy is named \"site/tow\"; the nearest is site/two",
        ),
        (
            "name = \"web\"\nselect = [\"sit/*\"]\n",
            "no policy is named \"sit/*\"; the nearest is site/*",
        ),
        (
            "name = \"web\"\nselect = [\"host/second_uid_0\"]\n",
            "its pack is not loaded; add --policy builtin:host",
        ),
        (
            "name = \"web\"\ndeselect = [{policy = \"site/onne\", reason = \"r\"}]\n",
            "the nearest is site/one",
        ),
        (
            "name = \"web\"\ndeselect = [{policy = \"site/one\"}]\n",
            "web.toml:2: a deselect has no reason",
        ),
        ("name = \"web\"\ndeselect = [\"site/one\"]\n", "web.toml:2: deselect takes a table"),
        (
            "name = \"web\"\nselect = [\"site/one\"]\ndeselect = [{policy = \"site/one\", reason = \"r\"}]\n",
            "web.toml:3: the profile selects and deselects site/one",
        ),
        (
            "name = \"web\"\n[[severity]]\npolicy = \"site/one\"\nseverity = \"hihg\"\n",
            "web.toml:4: there is no severity \"hihg\"; the nearest is high",
        ),
        (
            "name = \"web\"\n[[severity]]\npolicy = \"site/one\"\n",
            "write one of severity and at_least",
        ),
        (
            "name = \"web\"\n[parameters]\nnmes = []\n",
            "web.toml:3: no policy of this run has a parameter \"nmes\"; the nearest is names",
        ),
        (
            "name = \"web\"\n[parameters]\nnames = 1\n",
            "web.toml:3: the parameter names takes an array, not a number",
        ),
        (
            "name = \"web\"\n[parameters]\nnames = [1]\n",
            "names takes an array of strings, and this one holds a number",
        ),
        ("name = \"web\"\n[parameters]\nlimit = nan\n", "web.toml:3: the parameter limit"),
        (
            "name = \"web\"\nextends = [\"bse\"]\n",
            "web.toml:2: there is no profile \"bse\"; the nearest is base",
        ),
        ("name = \"web\"\nextends = [\"builtin:base\"]\n", "there is no profile"),
        ("name = \"web\"\nextends = [\"gone.toml\"]\n", "web.toml:2: the profile cannot be read"),
        (
            "name = \"web\"\nextends = [\"web.toml\"]\n",
            "web.toml:2: the profiles extend each other in a circle: web.toml → web.toml",
        ),
    ] {
        let told = tailored(&[("web.toml", text)]).map(|_| ()).expect_err(text);
        assert!(told.contains(expect), "{told}\nnot {expect}");
        assert!(told.starts_with("web.toml:"), "{told}");
    }
    let mut set = set_with(&[]);
    let told = tailor(&mut set, &["strct"], &[]).expect_err("there is none");
    assert!(told.contains("the nearest is strict"), "{told}");
}

#[test]
fn circles_and_chains_end() {
    let two = [
        ("a.toml", "name = \"a\"\nextends = [\"b.toml\"]\n"),
        ("b.toml", "name = \"b\"\nextends = [\"a.toml\"]\n"),
    ];
    let told = tailored(&two).map(|_| ()).expect_err("it is a circle");
    assert!(told.contains("b.toml:2: the profiles extend each other in a circle: a.toml → b.toml"));
    // One that never closes by name ends by its depth.
    let mut set = set_with(&[]);
    let read = |_: &Path| Ok("name = \"a\"\nextends = [\"sub/../a.toml\"]\n".to_owned());
    let told = set.tailor(&["a.toml".to_owned()], &read).expect_err("it has no end");
    assert!(told.to_string().contains("more than 16 deep"), "{told}");
    let chain: Vec<(String, String)> = (0..40)
        .map(|at| {
            (format!("{at}.toml"), format!("name = \"n{at}\"\nextends = [\"{}.toml\"]\n", at + 1))
        })
        .collect();
    let chain: Vec<(&str, &str)> =
        chain.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let told = tailored(&chain).map(|_| ()).expect_err("it is too deep");
    assert!(told.contains("more than 16 deep"), "{told}");
    let leaves: Vec<(String, String)> =
        (0..70).map(|at| (format!("{at}.toml"), format!("name = \"n{at}\"\n"))).collect();
    let names: Vec<String> = leaves.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let top = format!("name = \"top\"\nextends = [{}]\n", names.join(", "));
    let mut wide = vec![("top.toml", top.as_str())];
    wide.extend(leaves.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let told = tailored(&wide).map(|_| ()).expect_err("they are too many");
    assert!(told.contains("more than 64 profiles"), "{told}");
}

#[test]
fn a_refused_profile_changes_nothing() {
    let mut set = set_with(&[]);
    let before = set.digest();
    let text = "name = \"web\"\nselect = [\"site/one\"]\n[parameters]\nlimit = 5\nnone = 1\n";
    assert!(tailor(&mut set, &["web.toml"], &[("web.toml", text)]).is_err());
    assert_eq!(set.digest(), before);
    assert!(set.tailoring.is_empty());
}

#[test]
fn a_name_that_several_have_is_refused() {
    let profile = |name: &str| SourceSet {
        origin: Origin {
            name: name.to_owned(),
            kind: OriginKind::Directory,
            digest: digest(&[]),
            signers: Vec::new(),
            lineage: None,
        },
        files: vec![PolicyFile {
            name: "profiles/web.toml".to_owned(),
            text: "name = \"web\"\n".to_owned(),
        }],
    };
    let mut set = load(vec![profile("one"), profile("two")]).expect("there is nothing wrong");
    let told = tailor(&mut set, &["web"], &[]).expect_err("there are two");
    assert!(told.contains("one/profiles/web.toml, two/profiles/web.toml"), "{told}");
    tailor(&mut set, &["one/profiles/web.toml"], &[]).expect("the file is one");
}

#[test]
fn parameters_are_read_as_their_defaults_are() {
    for (typed, expect) in [
        ("names=a,b c,d", Ok("[\"a\",\"b c\",\"d\"]")),
        ("names=", Ok("[]")),
        ("names=[\"x,y\"]", Ok("[\"x,y\"]")),
        ("names=[1]", Err("holds a number")),
        ("names=[", Err("takes an array, which \"[\" is not")),
        ("limit=5", Ok("5")),
        ("limit=five", Err("takes a number, which \"five\" is not")),
        ("limit=\"5\"", Err("takes a number, not a string")),
        ("flag=false", Ok("false")),
        ("flag=no", Err("takes a boolean")),
        ("text=a=b", Ok("\"a=b\"")),
        ("text=", Ok("\"\"")),
        ("text=true", Ok("\"true\"")),
        ("limits=5", Err("the nearest is limit")),
        ("limit", Err("write NAME=VALUE")),
    ] {
        let mut set = set_with(&[]);
        let name = typed.split_once('=').map_or(typed, |(name, _)| name);
        let chosen = set.choose_text(typed, "--param").map_err(|error| error.to_string());
        match expect {
            Ok(json) => {
                assert_eq!(chosen, Ok(()), "{typed}");
                assert_eq!(set.parameters.get(name).map(Value::json).as_deref(), Some(json));
                assert_eq!(set.tailoring.parameters.get(name).map(String::as_str), Some("--param"));
            }
            Err(why) => {
                let told = chosen.expect_err(typed);
                assert!(told.contains(why), "{told}");
            }
        }
    }
    // What was chosen before does not change the type of the elements.
    let mut set = set_with(&[]);
    assert!(
        set.choose_text("names=", "--param").is_ok()
            && set.choose_text("names=[1]", "--param").is_err()
    );
}

/// A profile of drift's own may name no policy that is not there, and must apply to any selection of
/// packs.
#[test]
fn built_in_profiles_fit_the_built_in_packs() {
    let sources: Vec<SourceSet> = PACKS.iter().filter_map(|known| pack(known.name)).collect();
    assert!(!LIBRARY.is_empty());
    let all = load(sources).expect("the packs are right");
    for profile in PROFILES {
        let parsed = super::profile::parse("p", profile.text, false).expect(profile.name);
        assert_eq!(parsed.name, profile.name);
        assert!(parsed.title.is_some());
        let mut set = all.clone();
        super::apply::apply(&mut set, &[parsed]).expect(profile.name);
        let name = format!("builtin:{}", profile.name);
        let mut site = set_with(&[]);
        tailor(&mut site, &[&name], &[]).expect(profile.name);
        tailor(&mut site, &[profile.name], &[]).expect(profile.name);
    }
    let mut site = set_with(&[]);
    tailor(&mut site, &["minimal"], &[]).expect("it applies");
    assert!(selected(&site).is_empty());
}
