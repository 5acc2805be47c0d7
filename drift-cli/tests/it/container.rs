//! A process in namespaces of its own, as a container engine starts one: looked at through
//! `/proc/PID/root` and through the layers of its root, the same changes show.

use drift_testkit::need;

use crate::stage::{Report, Space, Stage};

/// What a container changes in place. `/etc/hosts`, `/dev`, `/proc` and `/sys` are mounted over, as
/// engines do.
const CHANGES: &str = "echo changed >/etc/conf; rm /usr/share/doomed; chmod 4755 /usr/bin/tool
    mv /usr/share/old /usr/share/new; rm -r /var/lib/replaced; mkdir /var/lib/replaced
    echo planted >/usr/bin/planted; chmod 755 /usr/bin/planted; echo mine >/etc/hosts; echo >/dev/shm/x";

/// Makes a root with a few programs in it.
const ROOT: &str = "cd $s/root; mkdir -p proc sys dev var/lib/replaced usr/share/old etc
    for program in sh rm mv chmod mkdir sleep umount; do
        found=$(readlink -f \"$(command -v $program)\"); cp \"$found\" usr/bin/$program
        ldd \"$found\" | grep -o '/[^ ]*' | while read -r library; do cp -n --parents -L \"$library\" .; done
    done
    echo conf >etc/conf; echo doomed >usr/share/doomed; echo old >usr/share/old/file
    echo gone >var/lib/replaced/file; chmod 555 proc sys";

/// Starts the container in `$merged`; `$pid` is its process, as seen from here.
const START: &str = "mkfifo $s/ready; exec 3<>$s/ready
    echo engine >$s/hosts
    unshare --mount --pid --uts --ipc --fork bash -ec 'trap \"echo failed >&3\" EXIT
        mount --make-rprivate /; cd \"$1\"
        mount -t proc proc proc; mount -t sysfs sysfs sys
        mount -t tmpfs -o mode=755 tmpfs dev; mkdir dev/shm; mount -t tmpfs shm dev/shm
        mknod -m 666 dev/null c 1 3; mount --bind \"$3\" etc/hosts
        pivot_root . .; cd /; /usr/bin/umount -l .
        exec /usr/bin/sh -c \"$2; echo ready >&3; exec sleep 1000\"
    ' bash $merged \"$changes\" $s/hosts >$s/log 2>&1 &
    engine=$!; trap 'kill -9 $pid $engine 2>/dev/null || :' EXIT
    read -r line <&3; test \"$line\" = ready || { cat $s/log >&2; exit 1; }
    pid=$(cat /proc/$engine/task/$engine/children); pid=${pid% }";

#[test]
fn a_container_shows_the_same_changes_from_inside_and_in_its_layers() {
    let (Some(()), Some(_)) = (need::overlay(), need::tool("pivot_root")) else { return };
    let stage = Stage::new();
    let _made = stage.script(Space::Shared, ROOT).expect(0);
    // What an engine mounts is no change of the image.
    stage.write("rules", "read-only /\nignore /dev\nignore /etc/hosts\n");
    stage.capture("root", &["--rules", &stage.path("rules")]);
    let run = stage.script(
        Space::Mounts,
        &format!(
            "mkdir $s/c; mount -t tmpfs none $s/c; mkdir $s/c/u $s/c/w $s/c/m
             merged=$s/c/m; changes='{CHANGES}'
             mount -t overlay overlay -o lowerdir=$s/root,upperdir=$s/c/u,workdir=$s/c/w $merged
             {START}
             against() {{ \"$drift\" check --format json --state $s/state \"$@\" || :; }}
             seal=\"--baseline $s/golden.drift --trust $s/golden.pub.pem\"
             against dir:/proc/$pid/root $seal >$s/inside
             against overlay:$s/c/u:$s/root $seal >$s/layers
             against overlay:$s/c/u:$s/root --rules $s/rules >$s/unsealed
             against overlay::$s/root $seal >$s/before",
        ),
    );
    assert_eq!(run.code, Some(0), "{}{}", run.text(), run.error_text());
    let report = |name| {
        let document = serde_json::from_slice(&stage.read(name)).expect("a report");
        Report { code: None, document }
    };
    let told = |report: &Report| {
        let line = |change: &serde_json::Value| {
            let word = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
            format!("{} {} {} {}", word("path"), word("kind"), word("cause"), change["attributes"])
        };
        let mut told: Vec<String> = report.all("/changes").map(line).collect();
        told.sort();
        told
    };
    let inside = report("inside");
    let paths: Vec<&str> =
        inside.all("/changes").filter_map(|change| change["path"].as_str()).collect();
    let expected = [
        "/etc/conf",
        "/usr/bin/planted",
        "/usr/bin/tool",
        "/usr/share/doomed",
        "/usr/share/new",
        "/usr/share/new/file",
        "/var/lib/replaced/file",
    ];
    assert_eq!(paths, expected);
    assert_eq!(told(&inside), told(&report("layers")));
    assert_eq!(told(&inside), told(&report("unsealed")));
    assert_eq!(told(&report("before")), Vec::<String>::new());
    for name in ["inside", "layers", "unsealed"] {
        let report = report(name);
        assert_eq!(report.document["verdict"]["exit_code"], 1, "{name}");
        assert_eq!(report.document["verdict"]["complete"], true, "{name}: {:#}", report.document);
    }
}

/// Whoever cannot see `trusted.*` cannot know what a directory hides.
#[test]
fn an_ordinary_user_is_told_what_cannot_be_seen() {
    let (Some(()), Some(setpriv)) = (need::root(), need::tool("setpriv")) else { return };
    let stage = Stage::new();
    let _made = stage.script(Space::Shared, "chmod 755 $s; mkdir $s/upper").expect(0);
    let check = |scheme: &str| {
        let target = format!("{scheme}:{}:{}", stage.path("upper"), stage.path("root"));
        let user = ["--reuid=65534", "--regid=65534", "--clear-groups", crate::stage::DRIFT];
        let words = ["check", &target, "--format", "json"];
        let words = user.iter().chain(&words).map(|word| (*word).to_owned());
        Report::of(&drift_testkit::command::run_within(crate::stage::LIMIT, &setpriv, words))
    };
    let report = check("overlay").expect(3);
    let reason = report.problems("/")[0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("trusted.overlay") && reason.contains("userxattr"), "{reason}");
    let report = check("overlay,userxattr").expect(0);
    assert_eq!(report.all("/problems").count(), 0, "{:#}", report.document);
    assert_eq!(report.document["baseline"]["kind"], "snapshot");
    assert_eq!(report.document["baseline"]["verified"], false);
}
