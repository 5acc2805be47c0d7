//! What the checks refuse, where, and what they let through: each case is a policy.

use serde_json::Value as Json;

use crate::model::Digest;
use crate::policy::{
    CODES, Diagnostics, INPUT_SCHEMA_TEXT, Origin, OriginKind, PACKS, PolicyFile, PolicySet,
    SourceSet, load, pack,
};

const METADATA: &str = "# METADATA
# title: A title
# custom:
#   id: host/case
#   severity: high
#   rationale: Why.
#   remediation: What.
";

fn loaded(files: &[(&str, &str)]) -> Result<PolicySet, Diagnostics> {
    let file = |(name, text): &(&str, &str)| PolicyFile {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    let origin = Origin {
        name: "test".to_owned(),
        kind: OriginKind::Directory,
        digest: Digest::sha256_of(b""),
        signers: Vec::new(),
        lineage: None,
    };
    load(vec![SourceSet { origin, files: files.iter().map(file).collect() }])
}

/// The policy of the cases: METADATA, with these lines more, the package and this body. The body
/// begins on line 20.
fn policy(metadata: &str, body: &str) -> String {
    let mut text = format!("{METADATA}{metadata}package drift.host.case\n");
    while text.lines().count() < 19 {
        text.push('\n');
    }
    text + body
}

fn refusals(files: &[(&str, &str)]) -> Vec<String> {
    match loaded(files) {
        Ok(_) => Vec::new(),
        Err(Diagnostics(found)) => {
            let short = found.iter().map(|one| format!("{} {}:{}", one.code, one.line, one.column));
            short.collect()
        }
    }
}

#[test]
fn the_built_in_packs_are_clean() {
    let sources = PACKS.iter().filter_map(|one| pack(one.name)).collect();
    let loaded = load(sources);
    assert!(loaded.is_ok(), "{}", loaded.err().unwrap_or_default());
}

/// Codes, and the body of a policy in which a `¦` stands before each place that is refused, in order.
const CASES: &[(&[&str], &str)] = &[
    // Members that no input has.
    (&[], "deny contains {\"path\": f.path} if some f in input.lists.setuid"),
    (&["lint/input"], "deny contains {\"path\": f.path} if some f in input.¦filez"),
    (&["lint/input"], "deny contains {\"path\": f.path} if some f in input.lists.¦setuids"),
    (&["lint/input"], "deny contains {\"path\": f.¦paht} if some f in input.lists.setuid"),
    (
        &["lint/input"],
        "deny contains {\"path\": f.path} if {\n\tsome f in input.lists.setuid\n\tf.¦mdoe == \"4755\"\n}",
    ),
    (&["lint/input"], "deny contains {\"path\": \"x\"} if input[¦\"lsits\"].setuid"),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if input.accounts.users.root.¦shel == \"/bin/sh\"",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if input.accounts.users[\"root\"].¦uidd == 0",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if {\n\tusers := input.accounts.users\n\tusers[_].¦shel == \"x\"\n}",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if {\n\tusers = input.accounts.users\n\tsome u in users\n\tu.¦shel == \"x\"\n}",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if { some name, u in input.accounts.users; u.¦nme == name }",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if every u in input.accounts.users { u.¦uuid > 0 }",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if every n, u in input.accounts.users { u.name == n; u.¦uuid > 0 }",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if count([u | some u in input.accounts.users; u.¦sehll == \"x\"]) > 0",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if {\n\tshells := {u.¦sehll | some u in input.accounts.users}\n\tcount(shells) > 0\n}",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if {\n\tm := {u.name: u | some u in input.accounts.users}\n\tm[\"root\"].¦sehll == \"x\"\n}",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": f.¦paht} if some f in setuid\n\nsetuid contains f if some f in input.lists.setuid",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": f.¦paht} if some f in files\n\nfiles := input.lists.setuid",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": f.¦paht} if some f in files\n\nfiles := [f | some f in input.lists.setuid; f.uid == 0]",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if { some f in input.lists.setuid; bad(f) }\n\nbad(file) if file.¦uidd == 0",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if bad(input.lists.setuid)\n\nbad(files) if files[_].¦uidd == 0",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": first(input.lists.setuid).¦paht} if input.now\n\nfirst(files) := files[0]",
    ),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if object.get(input.baseline, ¦\"provenence\", \"\") == \"\"",
    ),
    (&["lint/input"], "deny contains {\"path\": \"x\"} if sort(input.changes)[0].¦pat == \"x\""),
    (
        &["lint/input"],
        "deny contains {\"path\": f.¦paht} if some f in array.concat(input.lists.setuid, input.lists.setgid)",
    ),
    (&["lint/input"], "deny contains {\"path\": \"x\"} if input.image.config.¦usr == \"root\""),
    (&[], "deny contains {\"path\": \"x\"} if input.image.config.user == \"root\""),
    (&["lint/input"], "deny contains {\"path\": \"x\"} if input.now.¦year == 2026"),
    (&["lint/input"], "deny contains {\"path\": \"x\"} if input.changes.¦path == \"x\""),
    (&["lint/input"], "deny contains {\"path\": \"x\"} if input.¦facts.kernel == \"x\""),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if input.target.identity.hostname[¦0] == \"x\"",
    ),
    (&["lint/input"], "deny contains {\"path\": \"x\"} if not input.baseline.¦verifed"),
    (
        &["lint/input"],
        "deny contains {\"path\": \"x\"} if {\n\tx := input.baseline\n\ty := x\n\tz := y\n\tz.¦verifed\n}",
    ),
    // Both calls know what they give, and one of them has the member.
    (
        &[],
        "deny contains {\"path\": \"x\"} if {\n\tsome f in input.lists.setuid\n\tsome u in input.accounts.users\n\tgid(f) == gid(u)\n}\n\ngid(x) := x.gid",
    ),
    (
        &[],
        "deny contains {\"path\": \"x\"} if input.packages.dpkg[\"anything\"][0].version == \"1\"",
    ),
    (&[], "deny contains {\"path\": \"x\"} if input.baseline.provenance.anything == \"1\""),
    (&[], "deny contains {\"path\": \"x\"} if { some a, b in {\"k\": {\"q\": 1}}; b.z == a }"),
    (
        &[],
        "deny contains {\"path\": \"x\"} if {\n\tinput.accounts.users[name].uid == 0\n\tname != \"root\"\n}",
    ),
    // Names that hide what is looked at.
    (
        &["lint/key"],
        "deny contains {\"path\": \"x\"} if {\n\tn := \"lists\"\n\tinput[¦n].setuid\n}",
    ),
    (&["lint/key"], "deny contains {\"path\": \"x\"} if input[¦_].setuid"),
    (
        &["lint/key"],
        "deny contains {\"path\": \"x\"} if { input.files[¦p].mode == \"0644\"; p = \"/x\" }",
    ),
    (&["lint/key"], "deny contains {\"path\": \"x\"} if input.lists[¦_][0].path == \"x\""),
    (
        &["lint/key"],
        "deny contains {\"path\": \"x\"} if {\n\tm := \"dpkg\"\n\tinput.packages[¦m].bash\n}",
    ),
    (&[], "deny contains {\"path\": \"x\"} if input.packages[_].bash"),
    (&[], "deny contains {\"path\": \"x\"} if { some _, all in input.packages; all.bash }"),
    (&["lint/key"], "deny contains {\"path\": \"x\"} if { data.params[¦p] == 1; p = \"x\" }"),
    (&["lint/key"], "deny contains {\"path\": \"x\"} if { ¦data[p] == 1; p = \"x\" }"),
    (&["lint/whole"], "deny contains {\"path\": \"x\"} if count(¦input) == 1"),
    (&["lint/whole"], "deny contains {\"path\": \"x\"} if {\n\tx := ¦input\n\tx.lists.setuid\n}"),
    (
        &["lint/whole"],
        "deny contains {\"path\": \"x\"} if { some f in ¦input.files; f.mode == \"x\" }",
    ),
    (
        &["lint/whole"],
        "deny contains {\"path\": \"x\"} if { some l in ¦input.lists; count(l) > 0 }",
    ),
    (&["lint/whole"], "deny contains {\"path\": \"x\"} if count(¦data.params) > 0"),
    (
        &["lint/with"],
        "deny contains {\"path\": \"x\"} if count(input.changes) == 0 with ¦input as {\"changes\": []}",
    ),
    // Members that a path or a pattern names.
    (
        &["lint/key"],
        "deny contains {\"path\": \"x\"} if { some u in input.accounts.users; object.get(u, ¦[\"naem\"], \"\") == \"\" }",
    ),
    (
        &["lint/key"],
        "deny contains {\"path\": \"x\"} if {\n\tp := [\"root\", \"naem\"]\n\tobject.get(input.accounts.users, ¦p, \"\") == \"\"\n}",
    ),
    (
        &[],
        "deny contains {\"path\": \"x\"} if { p := \"root\"; object.get(input.accounts.users, p, 1) == 1 }",
    ),
    (&["lint/key"], "deny contains {\"path\": n} if some ¦{\"naem\": n} in input.accounts.users"),
    (
        &["lint/key"],
        "deny contains {\"path\": \"x\"} if { some u in input.accounts.users; ¦{\"pasword\": p} := u; p == \"empty\" }",
    ),
    (
        &["lint/key"],
        "deny contains {\"path\": \"x\"} if { some u in input.accounts.users; [u, 1] = [¦{\"pasword\": p}, 1]; p == \"empty\" }",
    ),
    (
        &["lint/key"],
        "deny contains {\"path\": \"x\"} if { some u in input.accounts.users; bad(u) }\n\nbad(¦{\"naem\": n}) if n == \"\"",
    ),
    (&[], "deny contains {\"path\": \"x\"} if { u := {\"naem\": input.now}; u.naem == \"\" }"),
    // Variables that hide what is given.
    (
        &["syntax"],
        "deny contains {\"path\": \"x\"} if {\n\tinput ¦:= {\"lsits\": []}\n\tcount(input.lsits) > 0\n}",
    ),
    (
        &["lint/head", "lint/head"],
        "deny contains {\"path\": \"x\"} if bad(1)\n\nbad(¦data) if ¦data == 1",
    ),
    (
        &["lint/head", "lint/head"],
        "deny contains {\"path\": \"x\"} if { some ¦input in [1]; ¦input == 1 }",
    ),
    (
        &["lint/head"],
        "deny contains {\"path\": \"x\"} if every input in [{\"x\": 1}] { ¦input.x == 1 }",
    ),
    (
        &["lint/head"],
        "¦import input.lists as data\n\ndeny contains {\"path\": \"x\"} if count(data.setuid) > 0",
    ),
    (&["syntax"], "deny contains {\"path\": \"x\"} if data\n\n¦data if input.now"),
    // Paths and parameters.
    (
        &["lint/path"],
        "deny contains {\"path\": \"/x\"} if ¦input.files[\"/etc/shadow\"].mode != \"0640\"",
    ),
    (&["lint/parameter"], "deny contains {\"path\": \"x\"} if ¦data.params.allowed == 1"),
    // Functions.
    (&["lint/builtin"], "deny contains {\"path\": \"x\"} if ¦time.now_ns() > 1"),
    (&["lint/builtin"], "deny contains {\"path\": \"x\"} if ¦http.send({\"url\": \"x\"})"),
    (&["lint/builtin"], "deny contains {\"path\": \"x\"} if ¦rand.intn(\"x\", 2) == 1"),
    (&["lint/builtin"], "deny contains {\"path\": \"x\"} if ¦opa.runtime().env"),
    (&["lint/builtin"], "deny contains {\"path\": \"x\"} if ¦uuid.rfc4122(\"x\") == \"\""),
    (&["lint/builtin"], "deny contains {\"path\": \"x\"} if ¦print(\"x\")"),
    (&["lint/builtin"], "deny contains {\"path\": \"x\"} if ¦trace(\"x\")"),
    (&["lint/builtin"], "deny contains {\"path\": \"x\"} if ¦startwith(input.now, \"2\")"),
    (&["lint/builtin"], "deny contains {\"path\": \"x\"} if ¦crypto.sha256(\"x\") == \"\""),
    (&["lint/builtin"], "deny contains {\"path\": \"x\"} if ¦startswith(\"2\")"),
    (&["lint/reference"], "deny contains {\"path\": \"x\"} if ¦one(1, 2, 3)\n\none(x) := x"),
    (&["lint/reference"], "deny contains {\"path\": \"x\"} if ¦one(1)\n\none := 1"),
    // Recursion.
    (&["lint/recursion"], "deny contains {\"path\": \"x\"} if f(1) == 1\n\nf(x) := ¦f(x + 1)"),
    (
        &["lint/recursion"],
        "deny contains {\"path\": \"x\"} if f(1) == 1\n\nf(x) := g(x)\n\ng(x) := ¦f(x)",
    ),
    (
        &["lint/recursion"],
        "deny contains {\"path\": \"x\"} if h\n\nh if count(¦data.drift.host.case.deny) == 0",
    ),
    (&["lint/recursion"], "deny contains {\"path\": \"x\"} if count(¦deny) == 0"),
    (
        &["lint/recursion"],
        "deny contains {\"path\": \"x\"} if a\n\na if b\n\nb if c\n\nc if [x | ¦a; x := 1]",
    ),
    (&[], "deny contains {\"path\": \"x\"} if f(g(1)) == 1\n\nf(x) := g(x)\n\ng(x) := x"),
    // References.
    (
        &["lint/reference"],
        "deny contains {\"path\": \"x\"} if ¦data.drift.lib.mode.bitz(\"1\") == 1",
    ),
    (
        &["lint/reference"],
        "deny contains {\"path\": \"x\"} if ¦data.drift.lib.moed.bits(\"1\") == 1",
    ),
    (&["lint/reference"], "deny contains {\"path\": \"x\"} if ¦data.drift.host.other.deny"),
    (&["lint/reference"], "deny contains {\"path\": \"x\"} if ¦data.drift.host.case.denied"),
    (&["lint/reference"], "deny contains {\"path\": \"x\"} if count(¦data.drift.lib.mode) == 1"),
    (&["lint/reference"], "deny contains {\"path\": \"x\"} if ¦data.anything.x"),
    (&[], "deny contains {\"path\": \"x\"} if data.drift.lib.mode.bits(\"0755\") == 1"),
    // What a policy answers with.
    (&["lint/deny"], "¦deny := true if input.now"),
    (&["lint/deny"], "¦deny := {\"path\": \"x\"} if input.now"),
    (&["lint/deny"], "default ¦deny := set()"),
    (&["lint/deny"], "¦deny[\"x\"] := 1 if input.now"),
    (
        &["lint/deny"],
        "deny contains {\"path\": \"x\"} if input.now\n\n¦not_checked := \"x\" if input.now",
    ),
    (&["lint/denial"], "deny contains {¦\"pfad\": \"x\"} if input.now"),
    (&["lint/denial"], "deny contains {\"path\": ¦[\"x\"]} if input.now"),
    (&["lint/denial"], "deny contains ¦\"x\" if input.now"),
    (&["lint/denial"], "deny contains ¦{} if input.now"),
    (
        &["lint/denial"],
        "deny contains {\"path\": \"x\"} if input.now\n\nnot_checked contains ¦1 if input.now",
    ),
    (
        &["lint/unused"],
        "deny contains {\"path\": \"x\"} if input.now\n\n¦not_aplicable contains \"x\" if input.now",
    ),
    (
        &["lint/unused"],
        "deny contains {\"path\": \"x\"} if input.now\n\n¦denny contains {\"path\": \"x\"} if input.now",
    ),
    (&["lint/head"], "deny contains {\"path\": \"x\"} if a.b == 1\n\n¦a.b := 1"),
    (&["lint/head"], "deny contains {\"path\": \"x\"} if count([1]) == 1\n\n¦count(x) := x"),
    // The text itself.
    (&["syntax"], "deny ¦{ input.now }"),
    (&["syntax"], "deny contains {\"path\": \"x\"} if input.now =¦"),
    (&["syntax"], "deny contains {\"path\": \"x\"} if input.now == ¦\"x"),
    (&["text/character"], "# ¦\u{202e}x\ndeny contains {\"path\": \"x\"} if input.now"),
    (&["text/character"], "deny contains {\"path\": \"¦\u{0}\"} if input.now"),
    (&["compile"], "deny contains {\"path\": ¦p} if input.now"),
    (&["compile"], "deny contains {\"path\": \"x\"} if one(1) == 1\n\none(x) := x + ¦y"),
    (&["compile"], "deny contains {\"path\": [x | x := ¦y][0]} if input.now"),
    (&[], "deny contains {\"path\": p} if input.accounts.users[p]"),
    (&[], "deny contains {\"path\": p} if [p, _] = [\"a\", input.now]"),
    (
        &["lint/builtin"],
        "deny contains {\"path\": \"x\"} if { ¦walk(input.changes, [p, v]); v == p }",
    ),
    (
        &["compile"],
        "deny contains {\"path\": \"x\"} if {\n\tsome f in input.lists.setuid\n\t¦g == f\n}",
    ),
];

#[test]
fn each_is_refused_at_its_place() {
    let mut wrong = Vec::new();
    for (codes, body) in CASES {
        let marked = policy("", body);
        let mut places = Vec::new();
        let mut text = String::new();
        for part in marked.split('¦') {
            if !text.is_empty() {
                let line = text.rsplit('\n').next().unwrap_or_default();
                let number = text.matches('\n').count() + 1;
                places.push(format!("{number}:{}", line.chars().count() + 1));
            }
            text.push_str(part);
        }
        let expected: Vec<String> =
            codes.iter().zip(places).map(|(code, place)| format!("{code} {place}")).collect();
        let found = refusals(&[("case.rego", &text)]);
        if found != expected {
            let all = loaded(&[("case.rego", &text)]).err().unwrap_or_default();
            wrong.push(format!("{body}\n wanted {expected:?}\n found {found:?}\n{all}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

/// One policy with a rule for each of many paths, most of them misspelt somewhere: exactly those are
/// refused that a slow walk through the schema finds nothing for.
#[test]
fn a_reference_is_known_exactly_when_the_schema_has_it() {
    const PATHS: usize = 1500;
    let schema: Json = serde_json::from_str(INPUT_SCHEMA_TEXT).expect("the schema is JSON");
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |bound: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(random >> 33).expect("31 bits") % bound
    };
    let mut body = String::new();
    let mut expected = Vec::new();
    let mut unknown = 0;
    for number in 0..PATHS {
        let mut reference = "input".to_owned();
        let mut nodes = vec![&schema];
        let mut guarded = true;
        for depth in 0..1 + next(5) {
            let names: Vec<String> = nodes.iter().flat_map(|node| names(&schema, node)).collect();
            let any = names.is_empty() || !guarded && next(4) == 0;
            let mut name = match any {
                true => "anything".to_owned(),
                false => names[next(names.len())].clone(),
            };
            let is_guard = depth == 0 && matches!(&*name, "lists" | "settings" | "packages");
            if next(8) == 0 {
                name.insert(next(name.len()), 'q');
            }
            if name == "files" || name == "path_b64" {
                break;
            }
            let step = if any && !guarded { None } else { Some(name) };
            reference += &step.as_ref().map_or("[_]".to_owned(), |name| format!("[{name:?}]"));
            nodes = nodes.iter().flat_map(|node| stepped(&schema, node, step.as_deref())).collect();
            guarded = is_guard;
            if nodes.is_empty() || !guarded && next(3) == 0 {
                break;
            }
        }
        // The whole of a part that must be named is refused for another reason.
        if guarded && !nodes.is_empty() {
            reference = "input.now".to_owned();
        }
        if nodes.is_empty() {
            unknown += 1;
            expected.push(20 + u32::try_from(number).expect("few"));
        }
        body += &format!("deny contains {{\"line\": {number}}} if {reference} == 1\n");
    }
    let text = policy("", &body);
    let found = loaded(&[("case.rego", &text)]).err().unwrap_or_default().0;
    let others: Vec<_> = found.iter().filter(|one| one.code != "lint/input").collect();
    assert!(others.is_empty(), "{others:?}");
    let found: Vec<u32> = found.iter().map(|one| one.line).collect();
    assert_eq!(found, expected);
    assert!(unknown > 300 && unknown < 1200, "{unknown} of {PATHS} are unknown");
}

/// The schemas that one stands for: itself, and what it refers to and may be instead.
fn meant<'j>(root: &'j Json, node: &'j Json) -> Vec<&'j Json> {
    let mut all = vec![node];
    if let Some(Json::String(reference)) = node.get("$ref") {
        all.extend(meant(root, &root[&"$defs"][reference.rsplit('/').next().expect("a name")]));
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        for other in node.get(word).and_then(Json::as_array).into_iter().flatten() {
            all.extend(meant(root, other));
        }
    }
    all
}

fn names(root: &Json, node: &Json) -> Vec<String> {
    let all = meant(root, node).into_iter();
    let members = all.filter_map(|node| node.get("properties").and_then(Json::as_object));
    members.flat_map(|members| members.keys().cloned()).collect()
}

fn stepped<'j>(root: &'j Json, node: &'j Json, step: Option<&str>) -> Vec<&'j Json> {
    let mut found = Vec::new();
    for node in meant(root, node) {
        let members = node.get("properties").and_then(Json::as_object);
        let others = node.get("additionalProperties").filter(|others| others.is_object());
        match step {
            Some(name) => match members.and_then(|members| members.get(name)) {
                Some(member) => found.push(member),
                None => found.extend(others),
            },
            None => {
                found.extend(members.into_iter().flat_map(|members| members.values()));
                found.extend(others.into_iter().chain(node.get("items")));
            }
        }
    }
    found
}

/// Every misspelling of one letter, of every reference to the input, in policies that are in use.
#[test]
fn one_wrong_letter_is_refused() {
    let mut tried = 0;
    let mut passed = Vec::new();
    for (name, text) in PACKS.iter().flat_map(|pack| pack.files.iter().take(6)) {
        let Some(start) = text.find("input.").filter(|_| !name.ends_with("_test.rego")) else {
            continue;
        };
        let rest = &text[start..];
        let end =
            rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"._".contains(letter));
        let reference = &rest[..end.unwrap_or(rest.len())];
        for (at, letter) in reference.char_indices().filter(|(_, letter)| *letter != '.') {
            let doubled = format!("{}{letter}{}", &reference[..at], &reference[at..]);
            let dropped = format!("{}{}", &reference[..at], &reference[at + 1..]);
            for wrong in [doubled, dropped] {
                let wrong = text.replacen(reference, &wrong, 1);
                tried += 1;
                if loaded(&[(name, &wrong)]).is_ok() {
                    passed.push(format!("{name}: {letter} at {at} of {reference}"));
                }
            }
        }
    }
    assert!(tried >= 30, "{tried} letters");
    assert!(passed.is_empty(), "{} of {tried}: {passed:#?}", passed.len());
}

const FILES: &str = "#   paths: [/etc/shadow, /etc/cron.d/*]
#   parameters: {allowed: {description: What is., default: [1]}}
";

/// Codes that a whole set of files is refused with; METADATA stands in the lines before the package.
#[test]
fn files_are_held_against_each_other() {
    let looks = "deny contains {\"path\": \"x\"} if {
\tinput.files[\"/etc/shadow\"].mode in data.params.allowed
\tsome f in input.files[\"/etc/cron.d/*\"].matches
\tf.mode == \"x\"\n}\n";
    let good = policy(FILES, looks);
    let replaced = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let test = "package drift.host.case_test\n\nimport data.drift.host.case\n\n";
    let mock = |with: &str| format!("{test}test_x if count(case.deny) == 0 with input as {with}\n");
    let own = "package drift.lib.mine.help\n\nf(x) := x\n";
    type Case = (Vec<(&'static str, String)>, &'static [&'static str]);
    let cases: Vec<Case> = vec![
        (vec![("case.rego", good.clone())], &[]),
        (
            vec![
                ("case.rego", good.clone()),
                ("case_test.rego", mock("{\"lists\": {\"setuid\": []}}")),
            ],
            &[],
        ),
        (
            vec![("case.rego", good.clone()), ("case_test.rego", mock("{\"filez\": {}}"))],
            &["lint/mock 5:48"],
        ),
        (
            vec![
                ("case.rego", good.clone()),
                ("case_test.rego", mock("{\"changes\": [{\"pat\": 1}]}")),
            ],
            &["lint/mock 5:61"],
        ),
        (vec![("case.rego", good.clone()), ("lib/mine/help.rego", own.to_owned())], &[]),
        (
            vec![("case.rego", good.clone()), ("lib/mode.rego", own.replace("mine.help", "mode"))],
            &["lint/package 1:1", "lint/package 1:1"],
        ),
        (
            vec![
                ("case.rego", good.clone()),
                ("lib/x.rego", own.replace(":= x", ":= data.params.allowed")),
            ],
            &["lint/parameter 3:9"],
        ),
        (
            vec![
                ("case.rego", good.clone()),
                ("lib/x.rego", own.replace(":= x", ":= input.files[\"/etc/shadow\"]")),
            ],
            &["lint/path 3:9"],
        ),
        (
            vec![("case.rego", good.clone()), ("other.rego", good.clone())],
            &["metadata/id 4:5", "lint/package 10:1"],
        ),
        (vec![("case.rego", replaced("/etc/shadow, ", ""))], &["lint/path 21:2"]),
        (
            vec![("case.rego", replaced("/etc/shadow, ", "/etc/shadow, /etc/group, "))],
            &["lint/path 8:26"],
        ),
        (
            vec![("case.rego", replaced("{allowed:", "{alowed:"))],
            &["lint/parameter 9:18", "lint/parameter 21:37"],
        ),
        (vec![("case.rego", good.replace("cron.d/*", "cron.d/**.x*"))], &["metadata/member 8:26"]),
        (vec![("case.rego", replaced(".matches", ".mode"))], &["lint/input 22:41"]),
        (vec![("case.rego", replaced("].mode", "].matches"))], &["lint/input 21:29"]),
        (vec![("case.rego", replaced("#   severity: high\n", ""))], &["metadata/member 1:1"]),
        (
            vec![("case.rego", replaced("severity: high", "severty: high"))],
            &["metadata/member 1:1", "metadata/member 5:5"],
        ),
        (
            vec![("case.rego", replaced("severity: high", "severity: hihg"))],
            &["metadata/member 5:5"],
        ),
        (vec![("case.rego", replaced("title: A title", "title: [1]"))], &["metadata/member 2:3"]),
        (vec![("case.rego", replaced("title: A title", "title: \"A"))], &["metadata 3:3"]),
        (vec![("case.rego", replaced("id: host/case", "id: host/other"))], &["metadata/id 4:5"]),
        (vec![("case.rego", replaced("id: host/case", "id: Host"))], &["metadata/id 4:5"]),
        (vec![("case.rego", replaced("# METADATA\n", ""))], &["metadata 9:1"]),
        (vec![("case.rego", replaced("package", "\npackage"))], &["metadata 1:1"]),
        (
            vec![("case.rego", replaced("rationale: Why.", "rationale: &a Why."))],
            &["metadata 6:19"],
        ),
        // The evaluating engine never meets files of tests.
        (
            vec![("case.rego", good.clone()), ("lib/mine/help_test.rego", own.to_owned())],
            &["lint/package 1:1"],
        ),
        (
            vec![
                ("case.rego", good.clone()),
                ("lib/mine/help_test.rego", own.replace("mine.help", "mine.help_test")),
            ],
            &[],
        ),
        (
            vec![("case.rego", replaced("drift.host.case", "params"))],
            &["metadata/id 4:5", "lint/package 10:1"],
        ),
        (vec![("case.rego", replaced("default: [1]", "default: null"))], &["metadata/member 9:18"]),
        (vec![("case.rego", format!("\u{feff}{good}"))], &["text/character 1:1"]),
        (vec![("case.rego", good.replace('\n', "\r\n"))], &[]),
        (vec![("case.rego", replaced("\n\n", "\n__target__ := \"x\"\n"))], &["syntax 1:1"]),
        (vec![("case.json", good.clone())], &["syntax 0:0"]),
        (
            vec![("case.rego", format!("{good}x := {}1{}\n", "[".repeat(30), "]".repeat(30)))],
            &["text/nesting 25:20"],
        ),
        (
            vec![("case.rego", format!("{good}x := {}1\n", "- ".repeat(30)))],
            &["text/nesting 25:22"],
        ),
        (
            vec![("case.rego", format!("{good}x := {}1\n", "1 +\n".repeat(60_000)))],
            &["text/nesting 25:6"],
        ),
        (vec![("case.rego", format!("{good}#{}\n", "x".repeat(5000)))], &["text/size 25:1"]),
        (vec![("case.rego", format!("{good}{}", "# x\n".repeat(70_000)))], &["text/size 1:1"]),
    ];
    let mut wrong = Vec::new();
    for (files, expected) in &cases {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, &**text)).collect();
        let found = refusals(&files);
        if found != *expected {
            let all = loaded(&files).err().unwrap_or_default();
            wrong.push(format!(
                "{:?}\n wanted {expected:?}\n found {found:?}\n{all}",
                files.last().map(|(name, _)| name)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// What a policy looks at counts through rules, functions and helpers, and only what its answers need.
#[test]
fn sections_are_found_wherever_they_are_named() {
    let body = "deny contains {\"path\": f.path} if some f in files
files := input.lists.setuid if known
known if count(data.drift.lib.mine.help.users) > 0
not_checked contains \"x\" if object.get(input, \"now\", 1) == 1
";
    let text = policy(
        "",
        &body.replace("object.get(input, \"now\", 1) == 1", "input.settings.ld_so_preload"),
    );
    let helper =
        "package drift.lib.mine.help\n\nusers := input.accounts.users\n\nother := input.changes\n";
    let set = loaded(&[("case.rego", &text), ("lib/mine/help.rego", helper)]);
    let set = set.unwrap_or_else(|wrong| panic!("{wrong}"));
    let policy = set.find("host/case").expect("the policy");
    let sections: Vec<&str> = policy.sections.iter().map(String::as_str).collect();
    assert_eq!(sections, ["accounts", "lists.setuid", "settings.ld_so_preload"]);
    let rules: Vec<&str> = policy.rules.iter().map(String::as_str).collect();
    assert_eq!(rules, ["deny", "not_checked"]);
}

/// The parts of accounts that a policy looks at, however it reaches them: else it would pass where
/// shadow(5) or a home directory cannot be read.
#[test]
fn parts_of_accounts_are_found_however_they_are_read() {
    const ALL: &str = "accounts.authorized_keys accounts.password accounts.start_files";
    let helper = "package drift.lib.site.users

is_open(u) if u.password == \"empty\"

lines contains u.shadow_line if some u in input.accounts.users
";
    let cases = [
        ("some u in input.accounts.users; u.uid == 0", ""),
        ("count(input.accounts.users) == 0", ""),
        ("some u in input.accounts.users; is_string(u.home)", ""),
        ("object.get(input.accounts.users, \"root\", {}).uid == 0", ""),
        ("some n, u in input.accounts.users; n != \"root\"; u.uid == 0; f(u)", ""),
        ("not input.accounts.users.root", ""),
        ("some x in input.accounts.groups; x[n] == \"empty\"; n != \"name\"", ""),
        (
            "some u in input.accounts.users; data.drift.lib.site.users.is_open(u)",
            "accounts.password",
        ),
        ("count(data.drift.lib.site.users.lines) > 0", "accounts.password"),
        ("some u in input.accounts.users; u[\"pass\\u0077ord\"] == \"empty\"", "accounts.password"),
        (
            "some u in input.accounts.users; object.get(u, \"pass\\u0077ord\", 1) == 1",
            "accounts.password",
        ),
        ("some u in input.accounts.users; u[concat(\"\", [\"pass\", \"word\"])] == \"empty\"", ALL),
        ("some u in input.accounts.users; some name; u[name] == \"empty\"", ALL),
        ("some u in input.accounts.users; some k, v in u; v == \"empty\"; k != \"name\"", ALL),
        ("some u in input.accounts.users; every v in u { v != \"empty\" }", ALL),
        ("some u in input.accounts.users; \"empty\" in u", ALL),
        ("input.accounts.users.a == input.accounts.users.b", ALL),
        ("contains(json.marshal(input.accounts), \"empty\")", ALL),
        ("[u, _] := [input.accounts.users.a, 1]; u[_] == \"empty\"", ALL),
        ("{v | some v in input.accounts.users}[u]; u[_] == \"empty\"", ALL),
        ("some u in input.accounts.users; g(u, \"pass\")", ALL),
    ];
    let functions = "f(u) if u.gid == 0\n\ng(u, k) if u[sprintf(\"%vword\", [k])] == \"empty\"\n";
    for (body, expected) in cases {
        let mut text = format!("deny contains {{\"path\": \"x\"}} if {{\n\t{body}\n}}\n");
        for function in functions.split("\n\n") {
            if body.contains(&format!(" {}", &function[..2])) {
                text += &format!("\n{function}\n");
            }
        }
        let set = loaded(&[("case.rego", &policy("", &text)), ("lib/site/users.rego", helper)]);
        let set = set.unwrap_or_else(|wrong| panic!("{body}: {wrong}"));
        let sections = &set.find("host/case").expect("the policy").sections;
        let parts: Vec<&str> = sections
            .iter()
            .map(String::as_str)
            .filter(|name| name.starts_with("accounts."))
            .collect();
        assert_eq!(parts.join(" "), expected, "{body}");
    }
}

/// The table of functions is sorted, and the interpreter has each of them.
#[test]
fn allowed_functions_exist() {
    let names: Vec<&str> = super::builtins::ALLOWED.iter().map(|(name, _)| *name).collect();
    assert!(names.is_sorted(), "binary search needs order");
    let absent: Vec<&&str> =
        names.iter().filter(|name| crate::policy::engine::arity(name).is_none()).collect();
    assert!(absent.is_empty(), "{absent:?}");
}

#[test]
fn codes_are_unique() {
    let codes: std::collections::BTreeSet<&str> = CODES.iter().map(|code| code.code).collect();
    assert_eq!(codes.len(), CODES.len());
}
