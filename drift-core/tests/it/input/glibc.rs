//! The parsers of account files against those of the C library: fgetpwent(3), fgetgrent(3) and
//! fgetspent(3), asked through Python.

use drift_core::configs::{Configs, GROUP, PASSWD, Password, SHADOW};

const PROGRAM: &str = r#"
import ctypes, json, sys
libc = ctypes.CDLL(None)
class P(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('passwd', ctypes.c_char_p), ('uid', ctypes.c_uint32),
                ('gid', ctypes.c_uint32), ('gecos', ctypes.c_char_p), ('dir', ctypes.c_char_p),
                ('shell', ctypes.c_char_p)]
class G(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('passwd', ctypes.c_char_p), ('gid', ctypes.c_uint32),
                ('mem', ctypes.POINTER(ctypes.c_char_p))]
class S(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('passwd', ctypes.c_char_p), ('lstchg', ctypes.c_long)]
libc.fmemopen.restype = ctypes.c_void_p
libc.fmemopen.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p]
text = lambda b: (b or b'').decode()
def members(g):
    at, out = 0, []
    while g.mem[at]:
        out.append(text(g.mem[at])); at += 1
    return out
KINDS = {
 'passwd': ('fgetpwent', P, lambda p: [text(p.name), text(p.passwd), p.uid, p.gid, text(p.gecos), text(p.dir), text(p.shell)]),
 'group': ('fgetgrent', G, lambda g: [text(g.name), g.gid, members(g)]),
 'shadow': ('fgetspent', S, lambda s: [text(s.name), text(s.passwd), s.lstchg]),
}
for line in sys.stdin:
    kind, content = json.loads(line)
    name, struct, show = KINDS[kind]
    raw = content.encode()
    stream = libc.fmemopen(raw, len(raw), b'r')
    get = getattr(libc, name)
    get.restype = ctypes.POINTER(struct)
    get.argtypes = [ctypes.c_void_p]
    out = []
    while True:
        entry = get(stream)
        if not entry:
            break
        if text(entry.contents.name)[:1] not in '+-' or text(entry.contents.name) == '':
            out.append(show(entry.contents))
    libc.fclose.argtypes = [ctypes.c_void_p]
    libc.fclose(stream)
    print(json.dumps(out))
"#;

/// Fields that programs read differently, and plain ones.
const FIELDS: [&str; 22] = [
    "",
    "root",
    "x",
    "*",
    "!",
    "0",
    "00",
    "+0",
    "-0",
    "-1",
    " 7",
    "7 ",
    "4294967295",
    "4294967296",
    "18446744073709551616",
    "-18446744073709551615",
    "0x10",
    "a,b",
    " a, b,,c",
    "#",
    "/root",
    "1000",
];

/// Lines of so many fields, from a generator whose every run is the same.
fn lines(kind: &str, count: usize) -> Vec<String> {
    let widest = match kind {
        "passwd" => 9,
        "group" => 6,
        _ => 11,
    };
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % limit
    };
    let numeric = ["0", "00", "1000", "-1", "", "+0"];
    let mut made = Vec::new();
    for _ in 0..count {
        let fields = 1 + next(widest);
        let field = |at: usize, next: &mut dyn FnMut(usize) -> usize| match next(3) {
            0 if at > 0 => FIELDS[next(FIELDS.len())],
            0 => ["root", "", " ann", "# c", "+", "-x", "\tb"][next(7)],
            _ if at >= 2 => numeric[next(numeric.len())],
            _ => ["ann", "x", "$y$h"][next(3)],
        };
        let line: Vec<&str> = (0..fields).map(|at| field(at, &mut next)).collect();
        made.push(line.join(":"));
    }
    made
}

fn ours(kind: &str, content: &str) -> serde_json::Value {
    let mut configs = Configs::default();
    let path = match kind {
        "passwd" => PASSWD,
        "group" => GROUP,
        _ => SHADOW,
    };
    configs.read(path, content.as_bytes());
    let word = |password: Password| match password {
        Password::Set => "set",
        Password::Empty => "empty",
        Password::Locked => "locked",
    };
    let users = configs.passwd.iter().flat_map(|passwd| &passwd.entries).map(|user| {
        let password = user.password.map_or("shadow", word);
        let (name, gecos, home, shell) = (&user.name, &user.gecos, &user.home, &user.shell);
        serde_json::json!([name, password, user.uid, user.gid, gecos, home, shell])
    });
    let groups = configs.group.iter().flat_map(|group| &group.entries);
    let groups = groups.map(|group| serde_json::json!([group.name, group.gid, group.members]));
    let shadows = configs.shadow.iter().flat_map(|shadow| &shadow.entries).map(|shadow| {
        let days = shadow.last_change_days.map_or(-1, i64::from);
        serde_json::json!([shadow.name, word(shadow.password), days])
    });
    users.chain(groups).chain(shadows).collect()
}

/// Puts what the library says of a password into our words; the days are a `long` made of an `int`.
fn theirs(kind: &str, mut entries: serde_json::Value) -> serde_json::Value {
    for entry in entries.as_array_mut().unwrap() {
        if kind != "group" {
            let word = match entry[1].as_str().unwrap() {
                "x" if kind == "passwd" => "shadow",
                "" => "empty",
                text if text.starts_with(['*', '!']) => "locked",
                _ => "set",
            };
            entry[1] = word.into();
        }
    }
    entries
}

#[test]
#[expect(clippy::print_stderr, reason = "how many lines agree is what the test shows")]
fn account_files_are_read_as_the_c_library_reads_them() {
    let Some(python) = drift_testkit::need::tool("python3") else { return };
    let mut cases = Vec::new();
    for kind in ["passwd", "group", "shadow"] {
        // Each line alone, so that one that is skipped hides no other; and all together.
        let made = lines(kind, 6000);
        // Without a line end glibc 2.36 doubles the last letter of a line that begins with a space.
        let made: Vec<String> = made.into_iter().map(|line| line + "\n").collect();
        let together = made.concat();
        cases.extend(made.into_iter().map(|line| (kind, line)));
        cases.push((kind, together));
    }
    let asked: Vec<String> =
        cases.iter().map(|case| serde_json::to_string(case).unwrap()).collect();
    let output = super::python(&python, PROGRAM, &asked);
    assert_eq!(output.lines().count(), cases.len());
    let mut entries = 0;
    for ((kind, content), line) in cases.iter().zip(output.lines()) {
        let expected = theirs(kind, serde_json::from_str(line).unwrap());
        entries += expected.as_array().unwrap().len();
        let mut found = ours(kind, content);
        if *kind == "shadow" {
            // The library puts the number through an int.
            for entry in found.as_array_mut().unwrap() {
                if entry[2].as_i64() == Some(i64::from(u32::MAX)) {
                    entry[2] = (-1).into();
                }
            }
        }
        let shown = content.get(..200).unwrap_or(content);
        assert!(found == expected, "{kind} {shown:?}: {found} is not {expected}");
    }
    assert!(entries > 5000, "{entries}");
    eprintln!("{} files, {entries} entries read alike", cases.len());
}
