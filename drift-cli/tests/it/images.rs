//! Images as targets of the program: exit codes, standard input, `--platform`, what is told.

use drift_testkit::need;

use crate::stage::{Report, Space, Stage};

/// A stage with the layout `layout` of one layer, tagged `web`.
fn staged() -> Option<Stage> {
    let _umoci = need::tool("umoci")?;
    need::root()?;
    let stage = Stage::new();
    let _made = stage
        .script(
            Space::Shared,
            "umoci init --layout $s/layout
             umoci new --image $s/layout:web
             umoci insert --image $s/layout:web $s/root /
             tar --create --file $s/layout.tar --directory $s/layout .
             gzip --keep $s/layout.tar",
        )
        .success();
    Some(stage)
}

#[test]
fn a_broken_image_is_incomplete_and_a_wrong_choice_is_usage() {
    let Some(stage) = staged() else { return };
    let layout = stage.path("layout");
    let _spoiled = stage
        .script(
            Space::Shared,
            "cp -r $s/layout $s/bad; for f in $s/bad/blobs/sha256/*; do echo >>$f; done",
        )
        .success();
    let report = Report::of(&stage.drift(["check", &stage.path("bad"), "--format", "json"]));
    assert_eq!(report.code, Some(3));
    assert_eq!(report.document["verdict"]["status"], "incomplete");
    let reason = report.document["problems"][0]["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains("bytes and has"), "{reason}");
    let said = stage.drift(["check", &stage.path("bad")]).expect(3).text();
    assert!(said.starts_with("INCOMPLETE: nothing was compared: the target"), "{said}");
    assert_eq!(said.matches("bytes and has").count(), 1, "{said}");
    let run = stage.drift(["capture", &stage.path("bad"), "--out", &stage.path("no.drift")]);
    assert!(run.expect(3).error_text().contains("bytes and has"));
    let _run = stage.drift(["diff", &stage.path("bad"), &stage.path("root")]).expect(3);
    assert!(!stage.at("no.drift").exists());

    let tagged = format!("oci:{layout}@other");
    let root = format!("dir:{}", stage.path("root"));
    let cases: &[(&[&str], &str)] = &[
        (&["check", &tagged], "among @web sha256:"),
        (&["check", &layout, "--platform", "plan9/mips"], "there is none for plan9/mips"),
        (&["check", &layout, "--platform", "arm64"], "OS/ARCH"),
        (&["check", &root, "--platform", "linux/amd64"], "not a directory"),
        (&["capture", &root, "--platform", "linux/amd64", "--out", "x"], "not a directory"),
        (&["explain", "/etc", &root, "--platform", "linux/amd64"], "not a directory"),
        (&["rules", "explain", "/etc", &root, "--platform", "linux/amd64"], "not a directory"),
        (&["diff", "-", "oci:-@x"], "only one of two"),
        (&["check", "oci:no-such-file@x"], "no-such-file"),
    ];
    for (arguments, needle) in cases {
        let run = stage.drift(*arguments).expect(2);
        assert!(run.error_text().contains(needle), "{arguments:?}: {}", run.error_text());
    }
}

#[test]
fn an_image_is_captured_and_named_from_wherever_it_comes() {
    let Some(stage) = staged() else { return };
    let said = stage
        .script(
            Space::Shared,
            "roots() { grep -e '^image' -e '^root'; }
             for target in $s/layout oci:$s/layout@web $s/layout.tar $s/layout.tar.gz; do
                 \"$drift\" capture $target --out $s/x.drift 2>/dev/null | roots
             done
             for target in - oci:- oci:-@web; do
                 \"$drift\" capture $target --out $s/x.drift <$s/layout.tar 2>/dev/null | roots
                 cat $s/layout.tar.gz | \"$drift\" capture $target --out $s/x.drift 2>/dev/null | roots
             done",
        )
        .success();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 20, "{said}");
    assert!(lines[0].starts_with("image web, manifest sha256:"), "{said}");
    assert!(lines[0].ends_with(" 1 layer"), "{said}");
    for pair in lines.chunks(2) {
        assert_eq!(pair, &lines[..2]);
    }
}

#[test]
fn files_of_an_image_count_as_read() {
    let Some(stage) = staged() else { return };
    let root = format!("dir:{}", stage.path("root"));
    let [image, root] = [stage.path("layout"), root].map(|target| {
        let report = Report::of(&stage.drift(["check", &target, "--format", "json"]));
        let coverage = &report.document["coverage"];
        [coverage["files_hashed"].as_u64(), coverage["bytes_hashed"].as_u64()]
    });
    assert!(root[0] > Some(0));
    assert_eq!(image, root);
}

/// The same root in every form that the tools of this machine write.
const FORMS: &str = r#"
    root=$s/same
    mkdir -p $root/etc $root/usr/bin $root/var/empty
    printf 'web\n' >$root/etc/hostname
    printf '#!/bin/sh\n' >$root/usr/bin/tool
    chmod 4755 $root/usr/bin/tool
    chown 7:8 $root/etc/hostname
    ln $root/etc/hostname $root/etc/linked
    ln -s ../usr/bin/tool $root/etc/link
    setfattr -n user.note -v golden $root/etc/hostname
    find $root -exec touch --no-dereference --date=@1700000000.75 {} +
    tar --xattrs --xattrs-include='*' -C $root -cf $s/same.tar .
    gzip --keep $s/same.tar
    umoci init --layout $s/umoci
    umoci new --image $s/umoci:web
    umoci insert --image $s/umoci:web $root /
    build() { buildah --storage-driver=vfs --root=$s/store --runroot=$s/run "$@"; }
    container=$(build from scratch)
    cp -a $root/. "$(build mount $container)"
    build commit --quiet $container oci:$s/buildah:web >&2
    skopeo copy --quiet oci:$s/buildah:web oci-archive:$s/buildah.tar:web
    skopeo copy --quiet oci:$s/buildah:web docker-archive:$s/docker.tar:web:1
"#;

#[test]
fn one_root_in_every_form_is_the_same() {
    let Some(stage) = staged() else { return };
    if need::tool("buildah").is_none()
        || need::tool("skopeo").is_none()
        || need::tool("setfattr").is_none()
    {
        return;
    }
    let _made = stage.script(Space::Shared, FORMS).success();
    let forms = [
        format!("dir:{}", stage.path("same")),
        stage.path("same.tar"),
        stage.path("same.tar.gz"),
        format!("oci:{}@web", stage.path("umoci")),
        stage.path("buildah"),
        stage.path("buildah.tar"),
        format!("docker-archive:{}@1", stage.path("docker.tar")),
    ];
    let mut pairs = 0;
    for (at, one) in forms.iter().enumerate() {
        for other in forms.iter().skip(at + 1) {
            let report = Report::of(&stage.drift(["diff", one, other, "--format", "json"]));
            let document = &report.document;
            assert_eq!(document["changes"], serde_json::json!([]), "{one} {other}");
            assert_eq!(document["problems"], serde_json::json!([]), "{one} {other}");
            assert_eq!(report.code, Some(0), "{one} {other}");
            pairs += 1;
        }
    }
    println!("{pairs} pairs of forms, no difference");
    stage.write("same/etc/hostname", "evil\n");
    for form in forms.iter().skip(1) {
        let report = Report::of(&stage.drift(["diff", form, &forms[0], "--format", "json"]));
        assert_eq!(report.code, Some(1));
        let changes = report.document["changes"].as_array().map(Vec::len);
        assert_eq!(changes, Some(2), "{form}: both names of one file");
    }
}
