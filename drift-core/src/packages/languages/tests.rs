//! What each parser makes of one file, hostile ones among them.

use std::io::Write as _;

use super::{LANGUAGES, Language, Listed, Part, Place, Units, Wanted, language};
use crate::model::{Digest, TreePath};
use crate::packages::{Completeness, PackageSink};

fn of(manager: &str) -> &'static dyn Language {
    language(manager).expect("a language of the table")
}

fn read(manager: &str, path: &str, bytes: &[u8]) -> Part {
    of(manager).read(path.as_bytes(), bytes)
}

fn names(part: &Part) -> Vec<String> {
    let shown = |one: &Listed| format!("{} {}{}", one.name, one.version, suffix(one));
    part.packages.iter().map(shown).collect()
}

fn suffix(listed: &Listed) -> String {
    let texts = [&listed.architecture, &listed.status, &listed.below];
    texts.into_iter().filter(|text| !text.is_empty()).map(|text| format!(" {text}")).collect()
}

fn wanted(path: &str, executable: bool) -> Vec<(&'static str, Wanted)> {
    let mut all: Vec<&[u8]> = path.split('/').map(str::as_bytes).rev().collect();
    all.resize(4, b"");
    let names = [all[0], all[1], all[2], all[3]];
    let place = Place { names, executable };
    let wants = |one: &&'static dyn Language| Some((one.name(), one.wants(&place)?));
    LANGUAGES.iter().filter_map(wants).collect()
}

#[test]
fn files_are_known_by_their_last_names() {
    let check = |path: &str, expect: &[(&str, usize)]| {
        let found: Vec<(&str, usize)> =
            wanted(path, false).into_iter().map(|(name, wanted)| (name, wanted.up)).collect();
        assert_eq!(found, expect, "{path}");
    };
    check("usr/lib/python3/dist-packages/a-1.dist-info/RECORD", &[("pypi", 2)]);
    check("a-1.dist-info/METADATA", &[("pypi", 2)]);
    check(".dist-info/METADATA", &[]);
    check("x/a.egg-info/PKG-INFO", &[("pypi", 2)]);
    check("x/a-1.egg-info", &[("pypi", 1)]);
    check("x/a-1.egg/EGG-INFO/PKG-INFO", &[("pypi", 3)]);
    check("x/PKG-INFO", &[]);
    check("app/node_modules/a/package.json", &[("npm", 1)]);
    check("app/node_modules/@s/a/package.json", &[("npm", 1)]);
    check("app/node_modules/@s/package.json", &[]);
    check("app/node_modules/.bin/package.json", &[]);
    check("app/node_modules/a/dist/package.json", &[]);
    check("app/package.json", &[]);
    check("app/package-lock.json", &[("npm", 1)]);
    check("app/node_modules/.package-lock.json", &[("npm", 2)]);
    check("gems/specifications/a-1.gemspec", &[("gem", 2)]);
    check("gems/specifications/default/a-1.gemspec", &[("gem", 3)]);
    check("gems/a-1/a.gemspec", &[]);
    check("opt/a.jar", &[("maven", 1)]);
    check("opt/.jar", &[]);
    check("usr/bin/a", &[]);
    let programs: Vec<&str> = wanted("usr/bin/a", true).into_iter().map(|(name, _)| name).collect();
    assert_eq!(programs, ["golang", "cargo"]);
}

#[test]
fn python_names_are_normal_and_headers_end_at_an_empty_line() {
    let text = b"Metadata-Version: 2.1\r\nName: Foo__Bar.baz\r\nVersion: 1.0\r\nLicense: MIT\r\n\
                 Requires-Dist: Quux_x (>=1) ; python_version > '3'\r\n\
                 Requires-Dist: never; extra == 'test'\r\nHome-page: UNKNOWN\r\n\r\nName: evil\r\n";
    let part = read("pypi", "lib/foo-1.dist-info/METADATA", text);
    assert_eq!(names(&part), ["foo-bar-baz 1.0"]);
    let details = &part.packages[0].details;
    assert_eq!((details.licence.as_deref(), details.homepage.as_deref()), (Some("MIT"), None));
    assert_eq!(details.depends, ["quux-x"]);
    assert_eq!(part.faults, Vec::<String>::new());
    let twice = read("pypi", "x.egg-info", b"Name: a\nVersion: 1\nName: b\n\n");
    assert_eq!((names(&twice).join(","), twice.faults.len()), ("a 1".to_owned(), 1));
    let none = read("pypi", "lib/foo-1.dist-info/METADATA", b"\xff\xfe\0Name\n");
    assert_eq!((none.packages.len(), none.faults.len()), (0, 1));
    assert!(!none.lost, "its path names it");
}

#[test]
fn a_python_package_without_metadata_is_known_by_its_path() {
    let check = |path: &str, expect: &str| {
        let mut all: Vec<&[u8]> = path.split('/').map(str::as_bytes).rev().collect();
        all.resize(4, b"");
        let place = Place { names: [all[0], all[1], all[2], all[3]], executable: false };
        let found = LANGUAGES.iter().find_map(|one| one.by_path(&place));
        let found = found.map(|one| format!("{} {}{}", one.name, one.version, suffix(&one)));
        assert_eq!(found.unwrap_or_default(), expect, "{path}");
    };
    check("lib/Foo_Bar-1.0.dist-info/METADATA", "foo-bar 1.0");
    check("lib/foo.egg-info", "foo ");
    check("lib/foo-1.0-py3.11.egg/EGG-INFO/PKG-INFO", "foo 1.0");
    check("app/node_modules/@s/a/package.json", "@s/a ");
    check("app/node_modules/a/package.json", "a ");
    check("specifications/net-http-1.2-x86_64-linux.gemspec", "net-http 1.2 x86_64-linux");
    check("opt/a.jar", "");
}

#[test]
fn paths_of_records_never_leave_the_root() {
    let digest = "sha256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";
    let record = format!(
        "a/b.py,{digest},5\n../../../bin/x,{digest},5\n\"with, comma \"\"q\"\".py\",,\n\
         ./c//d.py,,\n../../../../../etc/shadow,{digest},5\n/abs/e,,\na\0b,,\nmd,md5=AA,1\n\
         bad,sha256=!!,1\n,,\n..,,\nhex,sha256={},5\n",
        Digest::sha256_of(b"hello").hex()
    );
    let part = read("pypi", "usr/local/lib/a-1.dist-info/RECORD", record.as_bytes());
    let named: Vec<(String, bool)> = part
        .files
        .iter()
        .map(|file| (String::from_utf8_lossy(&file.path).into_owned(), file.digest.is_some()))
        .collect();
    let expect = [
        ("usr/local/lib/a/b.py", true),
        ("bin/x", true),
        ("usr/local/lib/with, comma \"q\".py", false),
        ("usr/local/lib/c/d.py", false),
        ("abs/e", false),
        ("usr/local/lib/md", false),
        ("usr/local/lib/bad", false),
        ("usr/local", false),
        ("usr/local/lib/hex", true),
    ];
    assert_eq!(named, expect.map(|(path, has)| (path.to_owned(), has)));
    assert_eq!(part.files[0].digest, Some(Digest::sha256_of(b"hello")));
    assert_eq!(part.faults.len(), 4, "{:?}", part.faults);
}

#[test]
fn a_hostile_record_costs_little() {
    let mut long = vec![b'a'; 30 << 20];
    long.extend_from_slice(b",,\n");
    let part = read("pypi", "lib/a-1.dist-info/RECORD", &long);
    assert_eq!((part.files.len(), part.faults.len()), (0, 1), "a line of 30 MB is no path");
    let quote = [b"\"".as_slice(), &vec![b'\n'; 1 << 20]].concat();
    assert_eq!(read("pypi", "lib/a-1.dist-info/RECORD", &quote).files.len(), 0);
    let many = b"a\n".repeat(1_000_001);
    let part = read("pypi", "lib/a-1.dist-info/RECORD", &many);
    assert_eq!((part.files.len(), part.faults.len()), (1_000_000, 1));
    let deep = format!("{}/a-1.dist-info/RECORD", "d/".repeat(2000));
    let part = read("pypi", &deep, &many);
    assert!(part.files.iter().map(|file| file.path.len()).sum::<usize>() < 70 << 20);
    assert_eq!(part.faults.len(), 1);
}

#[test]
fn debian_says_that_files_are_its_own() {
    assert!(read("pypi", "lib/a-1.dist-info/INSTALLER", b"debian\n").of_the_system);
    assert!(!read("pypi", "lib/a-1.dist-info/INSTALLER", b"pip\n").of_the_system);
}

#[test]
fn manifests_of_node_are_read_leniently() {
    let check = |text: &str, expect: &str, licence: Option<&str>| {
        let part = read("npm", "node_modules/a/package.json", text.as_bytes());
        assert_eq!(names(&part).join(","), expect, "{text}");
        let found = part.packages.first().and_then(|one| one.details.licence.clone());
        assert_eq!(found.as_deref(), licence, "{text}");
        assert!(!part.lost);
    };
    check(r#"{"name":"a","version":"1.2.3","license":"MIT"}"#, "a 1.2.3", Some("MIT"));
    check(
        r#"{"version":"1","name":"@s/a","license":{"type":"ISC","url":"u"}}"#,
        "@s/a 1",
        Some("ISC"),
    );
    check(
        r#"{"name":"a","licenses":[{"type":"BSD"},{"type":"X"}],"files":[[[{}]]]}"#,
        "a ",
        Some("BSD"),
    );
    check("\u{feff}{\"name\":\"a\",\"name\":\"b\",\"version\":2}", "b 2", None);
    check(r#"{"name":"a","version":null,"x":1e999999}"#, "a ", None);
    check(r#"{"name":{"deep":1}}"#, "", None);
    check(r#"["name"]"#, "", None);
    check("{\"name\":\"a\u{0}\\n\\u0007b\",\"version\":\"1\"}", "", None);
    check(r#"{"name":"a\n\u0007b","version":"1"}"#, "a\u{fffd}\u{fffd}b 1", None);
    // Another reader may take the other one.
    let faults = |text: &[u8]| read("npm", "node_modules/a/package.json", text).faults.len();
    assert_eq!(faults(br#"{"name":"a","name":"b","version":"1","version":"1"}"#), 1);
    assert_eq!(faults(br#"{"name":"a","name":"a","version":"1","version":"2"}"#), 1);
    assert_eq!(faults(br#"{"name":"a","name":"a","version":"1"}"#), 0);
    let deep = format!("{{\"name\":\"a\",\"x\":{}", "[".repeat(1 << 20));
    check(&deep, "", None);
    let depends = r#"{"name":"a","dependencies":{"c":"^1","b":"2","c":"1"}}"#;
    let part = read("npm", "node_modules/a/package.json", depends.as_bytes());
    assert_eq!(part.packages[0].details.depends, ["b", "c"]);
}

#[test]
fn a_lock_file_speaks_where_nothing_else_does() {
    let text = br#"{"name":"p","lockfileVersion":3,"packages":{
        "":{"name":"p","version":"9"},
        "node_modules/a":{"version":"1.0.0","license":"MIT"},
        "node_modules/alias":{"name":"real","version":"2.0.0"},
        "node_modules/a/node_modules/@s/b":{"version":"3.0.0"},
        "node_modules/l":{"resolved":"packages/l","link":true},
        "node_modules/../../etc":{"version":"1"},
        "../node_modules/x":{"version":"1"},
        "packages/l":{"version":"4.0.0"}}}"#;
    let part = read("npm", "app/package-lock.json", text);
    let found: Vec<String> = part
        .otherwise
        .iter()
        .map(|one| format!("{} {}{}", one.name, one.version, suffix(one)))
        .collect();
    let expect = [
        "a 1.0.0 node_modules/a",
        "real 2.0.0 node_modules/alias",
        "@s/b 3.0.0 node_modules/a/node_modules/@s/b",
    ];
    assert_eq!(found, expect);
    assert!(names(&part).is_empty());
    let mut units = Units::default();
    let mut sink = PackageSink::default();
    let path = TreePath::parse(b"app/package-lock.json").expect("is a path");
    let own = read("npm", "app/node_modules/a/package.json", br#"{"name":"a","version":"1.0.1"}"#);
    units.unit("npm", (b"app", &path), vec![part], None, &mut sink);
    units.unit("npm", (b"app/node_modules/a", &path), vec![own], None, &mut sink);
    assert!(units.finish(&|place| place != b"app/node_modules/alias", &mut sink));
    let records = sink.finish(Completeness::Complete);
    let all: Vec<(&str, &str)> =
        records.packages().iter().map(|one| (&*one.version, &*one.location)).collect();
    let expect =
        [("3.0.0", "app/node_modules/a/node_modules/@s/b"), ("1.0.1", "app/node_modules/a")];
    assert_eq!(all, expect);
}

#[test]
fn specifications_of_ruby_are_read_and_never_run() {
    let text = br#"# -*- encoding: utf-8 -*-
# stub: net-http 1.2.3 x86_64-linux lib

Gem::Specification.new do |s|
  s.name = "net-http".freeze
  s.version = "1.2.3"
  s.licenses = ["MIT".freeze, "X".freeze]
  s.homepage = "https://e/\"x\"".freeze
  s.add_runtime_dependency(%q<uri>.freeze, [">= 0"])
  s.add_dependency(%q<b>, ["~> 1"])
  s.add_development_dependency(%q<c>, ["~> 1"])
end
"#;
    let part = read("gem", "specifications/net-http-1.2.3.gemspec", text);
    assert_eq!(names(&part), ["net-http 1.2.3 x86_64-linux"]);
    let details = &part.packages[0].details;
    assert_eq!(details.depends, ["uri", "b"]);
    assert_eq!(details.licence.as_deref(), Some("MIT"));
    assert_eq!(details.homepage.as_deref(), Some("https://e/\"x\""));
    let code =
        b"Gem::Specification.new do |s|\n s.name = `rm -rf /`\n s.version = Foo::VERSION\nend\n";
    let part = read("gem", "specifications/a-1.gemspec", code);
    assert_eq!((names(&part).len(), part.faults.len(), part.lost), (0, 1, false));
    let old = b"  s.name = %q{old}\n  s.name = 'a'\n  s.version = Gem::Version.new(\"0.1\")\n  s.platform = Gem::Platform::RUBY\n";
    assert_eq!(names(&read("gem", "specifications/a-1.gemspec", old)), ["a 0.1"]);
    let open = b"  s.name = \"never closed\n";
    assert_eq!(names(&read("gem", "specifications/a-1.gemspec", open)).len(), 0);
}

/// A program with sections of these names and contents, and one writable segment of `data`.
fn program(wide: bool, little: bool, sections: &[(&str, &[u8])], data: (u64, &[u8])) -> Vec<u8> {
    let word = |value: u64, length: usize| -> Vec<u8> {
        let bytes = value.to_le_bytes()[..length].to_vec();
        if little { bytes } else { bytes.into_iter().rev().collect() }
    };
    let long = if wide { 8 } else { 4 };
    let header = if wide { 64 } else { 52 };
    let (segment_size, section_size) = if wide { (56, 64) } else { (32, 40) };
    let mut names = vec![0u8];
    let mut body: Vec<u8> = Vec::new();
    let base = header + segment_size;
    let mut places = Vec::new();
    for (name, content) in sections {
        places.push((names.len() as u64, (base + body.len()) as u64, content.len() as u64));
        names.extend_from_slice(name.as_bytes());
        names.push(0);
        body.extend_from_slice(content);
    }
    let data_at = (base + body.len()) as u64;
    body.extend_from_slice(data.1);
    places.push((0, (base + body.len()) as u64, names.len() as u64));
    body.extend_from_slice(&names);
    let table = (base + body.len()) as u64;
    let mut out =
        vec![0x7f, b'E', b'L', b'F', if wide { 2 } else { 1 }, if little { 1 } else { 2 }];
    out.resize(16, 0);
    out.extend(word(2, 2));
    out.extend(word(62, 2));
    out.extend(word(1, 4));
    out.extend(word(0, long));
    out.extend(word(header as u64, long));
    out.extend(word(table, long));
    out.extend(word(0, 4));
    for value in [header, segment_size, 1, section_size, places.len(), places.len() - 1] {
        out.extend(word(value as u64, 2));
    }
    let length = data.1.len() as u64;
    let segment: Vec<(u64, usize)> = match wide {
        true => vec![
            (1, 4),
            (6, 4),
            (data_at, 8),
            (data.0, 8),
            (0, 8),
            (length, 8),
            (length, 8),
            (0, 8),
        ],
        false => vec![
            (1, 4),
            (data_at, 4),
            (data.0, 4),
            (0, 4),
            (length, 4),
            (length, 4),
            (6, 4),
            (0, 4),
        ],
    };
    segment.into_iter().for_each(|(value, size)| out.extend(word(value, size)));
    out.extend_from_slice(&body);
    for (name, at, size) in places {
        out.extend(word(name, 4));
        out.extend(word(1, 4));
        out.extend(word(0, long));
        out.extend(word(0, long));
        out.extend(word(at, long));
        out.extend(word(size, long));
        out.resize(out.len() + section_size - 8 - 4 * long, 0);
    }
    out
}

const MODULES: &str = "path\te.org/cmd\nmod\te.org/main\t(devel)\t\ndep\te.org/a\tv1.2.3\th1:x\n\
                       dep\te.org/b\tv1.0.0\n=>\te.org/fork\tv1.0.1\th1:y\nbuild\t-x=1\n";

fn framed(text: &str) -> Vec<u8> {
    [&[b'{'; 16][..], text.as_bytes(), &[b'}'; 16]].concat()
}

fn inline(version: &str, modules: &[u8]) -> Vec<u8> {
    let mut out = b"\xff Go buildinf:\x00\x02".to_vec();
    out.resize(32, 0);
    for text in [version.as_bytes(), modules] {
        let mut length = text.len();
        while length >= 0x80 {
            out.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(text);
    }
    out
}

const FOUND: [&str; 4] =
    ["e.org/main (devel)", "e.org/a v1.2.3", "e.org/fork v1.0.1", "stdlib 1.22.1"];

#[test]
fn build_information_of_go_inline_and_behind_pointers() {
    let info = inline("go1.22.1 X:experiment", &framed(MODULES));
    for (wide, little) in [(true, true), (true, false), (false, true), (false, false)] {
        let bytes = program(wide, little, &[(".text", b"x"), (".go.buildinfo", &info)], (0, b""));
        assert_eq!(names(&read("golang", "bin/a", &bytes)), FOUND, "{wide} {little}");
        // Without the section it is found on a boundary of sixteen bytes of the data.
        let data = [&[7; 48][..], &info].concat();
        let bytes = program(wide, little, &[], (0x1000, &data));
        assert_eq!(names(&read("golang", "bin/a", &bytes)), FOUND, "{wide} {little}");

        let width = if wide { 8u64 } else { 4 };
        let base = 0x40_0000u64;
        let word = |value: u64| -> Vec<u8> {
            let bytes = value.to_le_bytes()[..width as usize].to_vec();
            if little { bytes } else { bytes.into_iter().rev().collect() }
        };
        let modules = framed(MODULES);
        let strings = base + 32 + 4 * width;
        let mut data = b"\xff Go buildinf:".to_vec();
        data.extend([width as u8, u8::from(!little)]);
        data.extend(word(base + 32));
        data.extend(word(base + 32 + 2 * width));
        data.resize(32, 0);
        for value in [strings, 8, strings + 8, modules.len() as u64] {
            data.extend(word(value));
        }
        data.extend_from_slice(b"go1.22.1");
        data.extend_from_slice(&modules);
        let bytes = program(wide, little, &[], (base, &data));
        assert_eq!(names(&read("golang", "bin/a", &bytes)), FOUND, "{wide} {little}");
        // A pointer past the end loses the modules, and that is told.
        data[16..32].fill(0xff);
        let part = read("golang", "bin/a", &program(wide, little, &[], (base, &data)));
        assert_eq!((part.packages.len(), part.faults.len(), part.lost), (0, 1, true));
    }
}

#[test]
fn programs_of_other_languages_say_nothing_and_damaged_ones_never_panic() {
    let info = inline("go1.22.1", &framed(MODULES));
    let whole =
        program(true, true, &[(".go.buildinfo", &info), (".dep-v0", b"x\x9c")], (0, b"abc"));
    for end in 0..whole.len() {
        let _ = read("golang", "a", &whole[..end]);
        let _ = read("cargo", "a", &whole[..end]);
    }
    for at in 0..whole.len() {
        for value in [0, 0x7f, 0xff] {
            let mut bad = whole.clone();
            bad[at] = value;
            let _ = read("golang", "a", &bad);
            let _ = read("cargo", "a", &bad);
        }
    }
    for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF\x02\x01"] {
        let part = read("golang", "a", bytes);
        assert_eq!((part.packages.len(), part.faults.len(), part.lost), (0, 0, false));
    }
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writes to memory")
}

#[test]
fn crates_of_an_auditable_program() {
    let list = br#"{"packages":[
        {"name":"app","version":"0.1.0","source":"local","root":true,"dependencies":[1,2,99]},
        {"name":"serde","version":"1.0.0","source":"crates.io"},
        {"name":"cc","version":"1.1.0","source":"crates.io","kind":"build"}]}"#;
    let bytes = program(true, true, &[(".dep-v0", &zlib(list))], (0, b""));
    let part = read("cargo", "bin/app", &bytes);
    assert_eq!(names(&part), ["app 0.1.0", "serde 1.0.0", "cc 1.1.0 build"]);
    assert_eq!(part.packages[0].details.depends, ["cc", "serde"]);
    let check = |content: &[u8]| {
        let part =
            read("cargo", "bin/app", &program(true, true, &[(".dep-v0", content)], (0, b"")));
        assert_eq!((part.packages.len(), part.faults.len(), part.lost), (0, 1, true));
    };
    check(&zlib(&vec![b' '; 9 << 20]));
    check(&zlib(b"[]"));
    check(b"not zlib");
    check(&zlib(list)[..20]);
}

#[test]
fn every_language_survives_any_bytes() {
    let samples: [&[u8]; 6] =
        [b"", b"\0", b"\xff\xff\xff\xff", b"PK\x05\x06", b"{", b"\x7fELF\x01\x02\x01"];
    for one in LANGUAGES {
        for sample in samples {
            for path in ["a", "x/RECORD", "x/installed-files.txt", "package-lock.json"] {
                let part = one.read(path.as_bytes(), sample);
                assert!(part.packages.iter().all(|one| !one.name.is_empty()));
            }
        }
    }
}
