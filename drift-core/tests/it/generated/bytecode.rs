//! Python's bytecode, by py_compile.

use drift_testkit::command::run;
use drift_testkit::{TempRoot, need};

use super::scene::{Older, Said, Scene, flip_everywhere, furnish};

const SOURCE: &str = "usr/lib/python3/dist-packages/own.py";
const TEXT: &[u8] = b"import os\n\n\nclass Own:\n    '''\xc3\x96wn.'''\n    limit = 1 << 80\n\n    def run(self, *names, k={1, 2}):\n        return [os.path.join(n, 'x') for n in names if n not in {'a', 'b'}], 1.5, 2j, None, ...\n";

/// A system whose source was compiled, and the path of the bytecode.
fn compiled(text: &[u8], mtime: i64, mode: &str) -> Option<(Scene, String)> {
    let python = need::tool("python3")?;
    let root = furnish(TempRoot::new(), &[(SOURCE, text, 0o644)]);
    let at = root.at(SOURCE);
    let _ = run("touch", ["-d".as_ref(), format!("@{mtime}").as_ref(), at.as_os_str()]).success();
    let program = "import py_compile, sys; print(py_compile.compile(sys.argv[1], \
                   dfile='/' + sys.argv[2], doraise=True, \
                   invalidation_mode=py_compile.PycInvalidationMode[sys.argv[3]]))";
    let arguments =
        ["-c".as_ref(), program.as_ref(), at.as_os_str(), SOURCE.as_ref(), mode.as_ref()];
    let made = run(python, arguments).success();
    let made = made.trim().rsplit('/').next().unwrap().to_owned();
    let path = format!("usr/lib/python3/dist-packages/__pycache__/{made}");
    let scene = Scene::read(root.path(), &["usr"]).package("python3-own", "1", [SOURCE]);
    Some((scene, path))
}

const MODES: [&str; 3] = ["TIMESTAMP", "CHECKED_HASH", "UNCHECKED_HASH"];

#[test]
fn bytecode_is_never_more_than_unproven_and_no_more_than_its_body_is_unknown() {
    for mode in MODES {
        let Some((after, path)) = compiled(TEXT, 1_700_000_001, mode) else { return };
        let before = after.clone().without(&path);
        let before = before.without("usr/lib/python3/dist-packages/__pycache__");
        let older = Older::new(&before);
        let told = older.all(&after);
        assert_eq!(told.get(&path), Some(&Said::Unproven), "{mode}: {told:?}");
        assert_eq!(told.get("usr/lib/python3/dist-packages/__pycache__"), Some(&Said::Right));
        // Whether a hash is checked by the interpreter is one bit that both modes have.
        let header = |at| {
            if at < 16 && !(at == 4 && mode != "TIMESTAMP") { Said::Wrong } else { Said::Unproven }
        };
        flip_everywhere(&older, &after, &path, 120, &header);
        for at in 0..16 {
            let mut bytes = after.bytes(&path);
            bytes[at] ^= 0x40;
            let bent = after.clone().file(&path, &bytes);
            assert_eq!(older.said(&bent, &path), Said::Wrong, "{mode}: byte {at}");
        }
    }
}

#[test]
fn the_same_code_for_a_newer_time_is_right() {
    let (Some((before, path)), Some((after, _))) =
        (compiled(TEXT, 1_700_000_000, "TIMESTAMP"), compiled(TEXT, 1_700_005_000, "TIMESTAMP"))
    else {
        return;
    };
    let older = Older::new(&before);
    assert_eq!(older.said(&after, &path), Said::Right);
    flip_everywhere(&older, &after, &path, 120, &|_| Said::Wrong);
    // Bytecode that changed beside a source that did not.
    let mut bytes = before.bytes(&path);
    *bytes.last_mut().unwrap() ^= 1;
    let time = 1_700_000_000;
    let bent = before.clone().file(&path, &bytes).mtime(SOURCE, time);
    assert_eq!(older.said(&bent, &path), Said::Wrong);
}

#[test]
fn bytecode_belongs_to_its_source() {
    let Some((after, path)) = compiled(TEXT, 1_700_000_001, "TIMESTAMP") else { return };
    let older = Older::new(&after.clone().without(&path));
    let lost = after.clone().without(SOURCE);
    assert_eq!(older.said(&lost, &path), Said::Wrong);
    assert_eq!(older.said(&after.clone().mtime(SOURCE, 5), &path), Said::Wrong);
    assert_eq!(older.said(&after.clone().mode(&path, 0o4755), &path), Said::Wrong);
    // Of another source that is there.
    let other = path.replace("own.", "other.");
    let text = after.bytes(&path);
    let planted = after.clone().file(&other, &text);
    let source = SOURCE.replace("own.", "other.");
    let planted = planted.file(&source, TEXT).mtime(&source, 1_700_000_001);
    let planted = planted.package("python3-own", "1", [SOURCE, &source]);
    assert_eq!(older.said(&planted, &other), Said::Wrong);
    // Nobody's source.
    let nobody = after.clone().package("python3-own", "1", [""; 0]);
    let older = Older::new(&nobody.clone().without(&path).without(SOURCE));
    assert_eq!(older.said(&nobody, &path), Said::Wrong);
}
