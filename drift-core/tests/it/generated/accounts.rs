//! Accounts by useradd(8) and groupadd(8), and by others.

use drift_testkit::command::run;
use drift_testkit::{TempRoot, need};

use super::scene::{Older, Said, Scene, flip_everywhere, furnish};

const FILES: [(&str, &str); 4] = [
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n",
    ),
    ("etc/group", "root:x:0:\nshadow:x:42:\nnogroup:x:65534:\n"),
    ("etc/shadow", "root:*:20000:0:99999:7:::\nnobody:*:20000:0:99999:7:::\n"),
    ("etc/gshadow", "root:*::\nshadow:*::\nnogroup:*::\n"),
];

fn base() -> Scene {
    FILES.iter().fold(Scene::default(), |scene, (path, text)| scene.file(path, text.as_bytes()))
}

#[test]
fn system_accounts_by_useradd_are_right_and_no_byte_of_them_may_change() {
    if need::root().is_none() || need::tool("useradd").is_none() {
        return;
    }
    let files = FILES.map(|(path, text)| (path, text.as_bytes(), 0o644));
    let root = furnish(TempRoot::new(), &files);
    let prefix = root.path().as_os_str();
    let home = ["--home-dir", "/var/lib/own", "--shell", "/usr/sbin/nologin", "own"];
    let system = ["--system", "--user-group", "--no-create-home", "--prefix"];
    let arguments = system.iter().map(std::ffi::OsStr::new).chain([prefix]);
    let _ = run("useradd", arguments.chain(home.iter().map(std::ffi::OsStr::new))).success();
    let _ = run("groupadd", ["--system".as_ref(), "--prefix".as_ref(), prefix, "more".as_ref()])
        .success();
    let older = Older::new(&base());
    let made = Scene::read(root.path(), &["etc"]);
    let after = FILES.iter().fold(base(), |scene, (path, _)| scene.file(path, &made.bytes(path)));
    for (path, _) in FILES {
        assert_eq!(older.said(&after, path), Said::Right, "{path}");
        // Which name, number, comment and home an added account gets, nothing here can tell; but
        // neither its password nor its shell may be another, nor any older line.
        let bytes = after.bytes(path);
        let free = |at: usize| {
            let start = bytes[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            let field = bytes[start..at].iter().filter(|&&byte| byte == b':').count();
            let old = base().bytes(path).len() > at;
            let plain = !old && field != 1 && field != 6 && bytes[at] != b'\n';
            if plain { Said::Right } else { Said::Wrong }
        };
        flip_everywhere(&older, &after, path, usize::MAX, &free);
    }
}

/// Appends a line to a file and says how that is explained.
#[track_caller]
fn check(path: &str, line: &str, expect: Said) {
    let system = b"own:x:998:998::/var/lib/own:/usr/sbin/nologin\n";
    let accounts = |scene: Scene| {
        let passwd = [&scene.bytes("etc/passwd")[..], system].concat();
        let groups = [&scene.bytes("etc/group")[..], b"own:x:998:\n"].concat();
        let scene = scene.file("etc/group", &groups);
        scene.file("etc/passwd", &passwd).file("etc/subuid", b"one:100000:65536\n")
    };
    let before = accounts(base());
    let after = [&before.bytes(path)[..], line.as_bytes()].concat();
    let mut scene = before.clone().file(path, &after);
    if path == "etc/passwd" {
        // The groups of the same names came as well.
        let groups = [&before.bytes("etc/group")[..], b"a:x:997:\nb:x:996:\n"].concat();
        scene = scene.file("etc/group", &groups);
    }
    let said = Older::new(&before).said(&scene, path);
    assert_eq!(said, expect, "{path}: {line:?}");
}

#[test]
fn only_accounts_that_give_nobody_anything_are_right() {
    let cases = [
        ("etc/passwd", "a:x:997:997::/var/lib/a:/usr/sbin/nologin\n", Said::Right),
        ("etc/passwd", "a:x:997:65534:A,,,:/:/bin/false\nb:x:996:996::/:/bin/false\n", Said::Right),
        ("etc/passwd", "a:x:997:997::/var/lib/a:/usr/sbin/nologin", Said::Wrong),
        ("etc/passwd", "a:x:0:997::/var/lib/a:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "a:x:00:997::/var/lib/a:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "a:x:998:997::/var/lib/a:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "own:x:997:997::/var/lib/a:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "a:x:997:42::/var/lib/a:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "a:x:997:997::/root:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "a:x:997:997::/tmp/a:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "a:x:997:997::/home/a:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "c:*:995:997::/var/lib/c:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "c:*:995:995::/var/lib/c:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "a:x:997:997::/var/lib/a:/bin/bash\n", Said::Wrong),
        ("etc/passwd", "a:x:997:997::/var/lib/a:\n", Said::Wrong),
        ("etc/passwd", "a::997:997::/var/lib/a:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "a:$6$a$b:997:997::/var/lib/a:/usr/sbin/nologin\n", Said::Wrong),
        ("etc/passwd", "+::::::\n", Said::Wrong),
        ("etc/passwd", "\n", Said::Wrong),
        ("etc/group", "a:x:997:\n", Said::Right),
        ("etc/group", "a:x:997:own\n", Said::Right),
        ("etc/group", "a:x:997:root\n", Said::Wrong),
        ("etc/group", "a:x:997:own,nobody\n", Said::Wrong),
        ("etc/group", "a:x:0:\n", Said::Wrong),
        ("etc/group", "a:x:42:\n", Said::Wrong),
        ("etc/group", "a::997:\n", Said::Wrong),
        ("etc/shadow", "own:!:20000::::::\n", Said::Right),
        ("etc/shadow", "own:!*:20000::::::\n", Said::Right),
        ("etc/shadow", "own::20000::::::\n", Said::Wrong),
        ("etc/shadow", "own:$y$j9T$a$b:20000::::::\n", Said::Wrong),
        ("etc/shadow", "other:!:20000::::::\n", Said::Wrong),
        ("etc/shadow", "root:!:20000::::::\n", Said::Wrong),
        ("etc/gshadow", "a:!::\n", Said::Right),
        ("etc/gshadow", "a:!:own:\n", Said::Wrong),
        ("etc/gshadow", "a:::\n", Said::Wrong),
        ("etc/subuid", "own:165536:65536\n", Said::Right),
        ("etc/subuid", "own:100001:65536\n", Said::Wrong),
        ("etc/subuid", "own:0:65536\n", Said::Wrong),
        ("etc/subuid", "root:165536:65536\n", Said::Wrong),
    ];
    for (path, line, expect) in cases {
        check(path, line, expect);
    }
}

#[test]
fn accounts_of_people_beside_them_are_left_to_the_rule() {
    let person = "ann:x:1000:1000::/home/ann:/bin/bash\n";
    let group = [FILES[1].1, "own:x:998:\nann:x:1000:\n"].concat();
    let after = |first: &str, second: &str| {
        let text = [FILES[0].1, first, person, second].concat();
        base().file("etc/passwd", text.as_bytes()).file("etc/group", group.as_bytes())
    };
    let older = Older::new(&base());
    let system = "own:x:998:998::/var/lib/own:/usr/sbin/nologin\n";
    assert_eq!(older.said(&after(system, ""), "etc/passwd"), Said::Right);
    assert_eq!(older.said(&after("", system), "etc/passwd"), Said::Right);
    let root = "own:x:0:998::/var/lib/own:/usr/sbin/nologin\n";
    assert_eq!(older.said(&after(root, system), "etc/passwd"), Said::Wrong);
}
