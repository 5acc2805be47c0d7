//! File systems that fail, hang, hide what was there, or number their objects strangely.

use drift_testkit::command;
use drift_testkit::need;

use crate::stage::{LIMIT, Report, Space, Stage, hostile};

#[test]
fn an_unreadable_block_in_the_middle_of_a_file_is_a_problem() {
    let Some(()) = need::loop_mount() else { return };
    let stage = Stage::new();
    // The file's first half stays on the disk; the second lies beyond the end of the truncated one.
    let run = stage.script(
        Space::Mounts,
        "truncate -s 64M $s/disk; mkfs.ext4 -q -F -E lazy_itable_init=0 $s/disk
         mount -o loop $s/disk $s/root
         echo small >$s/root/small
         head -c 40000000 /dev/urandom >$s/root/large
         capture >/dev/null 2>&1
         umount $s/root
         mount -o loop,ro $s/disk $s/root
         truncate -s 20M $s/disk
         echo 1 >/proc/sys/vm/drop_caches
         check --format json",
    );
    let report = Report::of(&run);
    let document = &report.document;
    assert!([Some(1), Some(3)].contains(&report.code), "{document:#}");
    assert_eq!(document["verdict"]["complete"], false, "{document:#}");
    let problems = report.problems("/large");
    assert_eq!(problems.len(), 1, "{document:#}");
    assert_eq!((&problems[0]["stage"], &problems[0]["errno"]), (&"read".into(), &"EIO".into()));
    assert!(report.changes("/small").is_empty(), "the rest is compared as ever");
}

/// The kernel asks whoever serves the mount, and nobody ever answers.
#[test]
fn a_mount_that_never_answers_is_a_change_and_a_problem() {
    let (Some(()), Some(python)) = (need::fuse(), need::tool("python3")) else { return };
    let stage = Stage::new();
    let _made =
        stage.script(Space::Shared, "mkdir $s/root/srv; echo data >$s/root/srv/file").expect(0);
    stage.capture("root", &[]);
    let mut arguments = vec![
        "--mount".to_owned(),
        python.to_string_lossy().into_owned(),
        hostile("hung_fuse.py"),
        stage.path("root/srv"),
        crate::stage::DRIFT.to_owned(),
    ];
    arguments.extend(stage.check_arguments("root"));
    arguments.extend(["--format", "json"].map(str::to_owned));
    let report = Report::of(&command::run_within(LIMIT, "unshare", &arguments)).expect(1);
    let covered: Vec<&str> = report
        .all("/changes")
        .filter(|change| change["path"].as_str().is_some_and(|path| path.starts_with("/srv")))
        .filter_map(|change| change["cause"].as_str())
        .collect();
    assert!(!covered.is_empty(), "{:#}", report.document["changes"]);
    assert!(covered.iter().all(|cause| *cause == "covered-by-mount"), "{covered:?}");
    let problems = report.problems("/srv");
    assert_eq!(problems.len(), 1, "{:#}", report.document["problems"]);
    assert_eq!(problems[0]["stage"], "mount");
    assert_eq!(report.document["verdict"]["complete"], false);
}

/// Files of an overlay bear the device number of the layer that holds them, not that of the mount.
#[test]
fn both_layers_of_an_overlay_are_compared() {
    let Some(()) = need::overlay() else { return };
    let stage = Stage::new();
    let run = stage.script(
        Space::Mounts,
        "mkdir $s/lower $s/upper
         mount -t tmpfs lower $s/lower; mount -t tmpfs upper $s/upper
         mkdir -p $s/lower/usr/bin $s/lower/etc $s/upper/u $s/upper/w
         echo tool >$s/lower/usr/bin/tool; echo conf >$s/lower/etc/conf
         mount -t overlay overlay -o xino=off,lowerdir=$s/lower,upperdir=$s/upper/u,workdir=$s/upper/w $s/root
         capture >/dev/null 2>&1
         check >/dev/null
         stat -c %d $s/root/usr $s/root/usr/bin/tool >$s/devices
         echo bad! >$s/root/usr/bin/tool
         echo new >$s/root/etc/new
         cp $s/root/etc/conf $s/root/etc/twin
         check --format json",
    );
    let devices = String::from_utf8(stage.read("devices")).expect("numbers");
    let mut devices = devices.lines();
    assert_ne!(devices.next(), devices.next(), "the layers must differ to split anything");
    let report = Report::of(&run).expect(1);
    assert_eq!(report.changes("/usr/bin/tool")[0]["cause"], "modified-in-place");
    assert_eq!(report.changes("/etc/new")[0]["kind"], "added");
    assert_eq!(report.changes("/etc/twin")[0]["kind"], "added");
    assert_eq!(report.all("/changes").count(), 3, "{:#}", report.document["changes"]);
    assert_eq!(report.document["verdict"]["complete"], true);
}
