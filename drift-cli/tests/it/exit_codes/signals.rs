//! SIGINT is 130, SIGTERM 143: within a second, and no partial file is left.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

use drift_testkit::need;

use crate::stage::{Space, Stage};

/// How long a run may take to end after the signal.
const LIMIT_MILLISECONDS: u128 = 1_000;

#[test]
fn a_signal_ends_a_run_within_a_second() {
    let Some(_python) = need::tool("python3") else { return };
    let stage = Stage::sealed();
    // Hours of zeros: no run of these ends by itself.
    let _made = stage
        .script(Space::Shared, "truncate -s 8T $s/root/zeros || truncate -s 900G $s/root/zeros")
        .expect(0);
    let before = stage.names("");
    let golden = stage.read("golden.drift");
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        for verb in ["check", "capture", "diff"] {
            let command = match verb {
                "check" => "$check --output json=$s/report.json".to_owned(),
                "capture" => "$capture".to_owned(),
                _ => "\"$drift\" diff dir:$s/root dir:$s/root --output json=$s/report.json"
                    .to_owned(),
            };
            let script = command
                .replace("$check", &quoted(&stage.check_arguments("root")))
                .replace("$capture", &quoted(&stage.capture_arguments("root")));
            // An interactive shell's job has SIGINT; a background job of a script ignores it.
            let run = stage.script(
                Space::Shared,
                &format!(
                    "cat >$s/run.py <<'PYTHON'
import signal, subprocess, sys, time
run = subprocess.Popen(['bash', '-c', 'exec ' + sys.argv[2]], stdout=subprocess.DEVNULL,
    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
stat = f'/proc/{{run.pid}}/task'
def busy():
    return sum(int(open(f'/proc/{{run.pid}}/stat').read().rsplit(')')[1].split()[k]) for k in (11, 12))
while busy() < 15:
    time.sleep(0.01)
run.send_signal(getattr(signal, 'SIG' + sys.argv[1]))
begun = time.monotonic()
code = run.wait()
print(code, int((time.monotonic() - begun) * 1000))
PYTHON
export s drift; python3 $s/run.py {signal} \"{}\"",
                    script.replace('"', "\\\"")
                ),
            );
            std::fs::remove_file(stage.at("run.py")).expect("the script");
            let said = run.success();
            let mut words = said.split_whitespace();
            assert_eq!(words.next(), Some(code.to_string().as_str()), "{verb} {signal}: {said}");
            let took: u128 = words.next().and_then(|took| took.parse().ok()).expect("a time");
            assert!(took <= LIMIT_MILLISECONDS, "{verb} {signal}: {took} ms");
            println!("{verb} SIG{signal}: {took} ms");
            assert_eq!(stage.names(""), before, "{verb} {signal} left something");
            assert_eq!(stage.read("golden.drift"), golden, "{verb} {signal} touched the baseline");
        }
    }
}

/// The command line of the program with these arguments.
fn quoted(arguments: &[String]) -> String {
    let words: Vec<String> = arguments.iter().map(|word| format!("'{word}'")).collect();
    format!("$drift {}", words.join(" "))
}
