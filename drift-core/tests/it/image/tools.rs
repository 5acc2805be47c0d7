//! Images that other tools made, against what those tools say of them.

use std::fs;
use std::path::Path;

use drift_core::model::Image;
use drift_testkit::{command, need};
use serde_json::Value;

use super::{image, text};

/// A small root in a directory.
fn root(at: &Path) {
    fs::create_dir_all(at.join("etc")).unwrap();
    fs::write(at.join("etc/hostname"), "web\n").unwrap();
}

fn run(program: &Path, arguments: &[&str]) {
    let _ran = command::run(program, arguments).expect(0);
}

/// Compares with what skopeo says of the same image.
fn compare(found: &Image, skopeo: &Path, reference: &str) {
    let inspect = |more: &[&str]| {
        let arguments = [&["inspect"], more, &[reference]].concat();
        let said = command::run(skopeo, arguments).expect(0);
        serde_json::from_slice::<Value>(&said.stdout).unwrap()
    };
    let (said, config) = (inspect(&[]), inspect(&["--config"]));
    if let Some(manifest) = &found.manifest {
        assert_eq!(said["Digest"], manifest.as_str());
        let layers: Vec<&str> =
            found.layers.iter().filter_map(|layer| Some(layer.digest.as_ref()?.as_str())).collect();
        assert_eq!(said["Layers"], serde_json::json!(layers));
    }
    assert_eq!(said["Architecture"], found.platform.architecture.as_str());
    assert_eq!(said["Os"], found.platform.os.as_str());
    let labels = said["Labels"].as_object().map(serde_json::Map::len).unwrap_or_default();
    assert_eq!(labels, found.config.labels.len());
    for (name, value) in &found.config.labels {
        assert_eq!(said["Labels"][name], value.as_str());
    }
    let ids: Vec<&str> = found.layers.iter().map(|layer| layer.diff_id.as_str()).collect();
    let said_ids: Vec<&str> = config["rootfs"]["diff_ids"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(ids, said_ids);
    let history = config["history"].as_array().map(Vec::len).unwrap_or_default();
    assert_eq!(found.history.len(), history);
}

#[test]
fn umoci_and_skopeo() {
    let (Some(umoci), Some(skopeo)) = (need::tool("umoci"), need::tool("skopeo")) else { return };
    if need::root().is_none() {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&temp.path().join(name));
    let tagged = format!("{}:web", at("layout"));
    run(&umoci, &["init", "--layout", &at("layout")]);
    run(&umoci, &["new", "--image", &tagged]);
    for step in ["one", "two", "three"] {
        root(&temp.path().join(step));
        run(
            &umoci,
            &[
                "insert",
                "--image",
                &tagged,
                "--history.created_by",
                &format!("RUN {step}"),
                &at(step),
                &format!("/{step}"),
            ],
        );
    }
    run(
        &umoci,
        &[
            "config",
            "--image",
            &tagged,
            "--config.label",
            "org.example=1",
            "--config.env",
            "API_TOKEN=hunter2",
            "--config.user",
            "7:8",
        ],
    );
    let found = image(&format!("oci:{}@web", at("layout")), "");
    assert_eq!(found.layers.len(), 3);
    assert_eq!(found.layers[1].created_by.as_deref(), Some("RUN two"));
    assert_eq!(found.config.user.as_deref(), Some("7:8"));
    assert!(found.config.environment.iter().any(|name| name == "API_TOKEN"));
    assert_eq!(found.secrets.len(), 1);
    assert_eq!(found.secrets[0].location, "config.env.API_TOKEN");
    assert!(!format!("{found:?}").contains("hunter2"), "no value is kept");
    compare(&found, &skopeo, &format!("oci:{tagged}"));
    let from = format!("oci:{tagged}");
    for (to, target) in [
        (format!("oci-archive:{}:web", at("layout.tar")), format!("oci:{}@web", at("layout.tar"))),
        (
            format!("docker-archive:{}:example.org/web:1", at("docker.tar")),
            format!("docker-archive:{}@1", at("docker.tar")),
        ),
    ] {
        run(&skopeo, &["copy", "--quiet", &from, &to]);
        let copied = image(&target, "");
        compare(&copied, &skopeo, &to);
        let ids = |image: &Image| {
            image.layers.iter().map(|layer| layer.diff_id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&copied), ids(&found));
        // The scheme can be left out.
        let path =
            target.split_once(':').and_then(|(_, rest)| rest.rsplit_once('@')).expect("a tag").0;
        assert_eq!(image(path, ""), copied);
    }
    run(
        &skopeo,
        &["copy", "--quiet", "--format", "v2s2", &from, &format!("oci:{}:web", at("again"))],
    );
    let _image = image(&at("again"), "");
}

#[test]
fn buildah() {
    let (Some(buildah), Some(skopeo)) = (need::tool("buildah"), need::tool("skopeo")) else {
        return;
    };
    if need::root().is_none() {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let at = |name: &str| text(&temp.path().join(name));
    root(&temp.path().join("root"));
    let stores = [
        format!("--root={}", at("store")),
        format!("--runroot={}", at("run")),
        "--storage-driver=vfs".to_owned(),
    ];
    let build = |arguments: &[&str]| {
        let all: Vec<&str> =
            stores.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        command::run(&buildah, all).expect(0).text().trim().to_owned()
    };
    let container = build(&["from", "scratch"]);
    let _added = build(&["add", "--quiet", &container, &at("root"), "/"]);
    let _set = build(&[
        "config",
        "--label",
        "a=b",
        "--env",
        "B=hunter2",
        "--env",
        "A_PASSWORD=hunter2",
        "--entrypoint",
        "[\"/bin/x\",\"--token=hunter2\"]",
        "--port",
        "80/tcp",
        "--annotation",
        "org.opencontainers.image.base.name=debian",
        "--created-by",
        "RUN make PASSWORD=hunter2 all",
        &container,
    ]);
    for (to, target) in [
        (format!("oci:{}:web", at("layout")), at("layout")),
        (format!("oci-archive:{}:web", at("layout.tar")), at("layout.tar")),
        (format!("docker-archive:{}:web:1", at("docker.tar")), at("docker.tar")),
    ] {
        let _committed = build(&["commit", "--quiet", "--timestamp", "0", &container, &to]);
        let found = image(&target, "");
        compare(&found, &skopeo, &to);
        assert_eq!(found.config.environment.join(","), "A_PASSWORD,B");
        assert_eq!(found.config.exposed_ports, ["80/tcp"]);
        assert_eq!(found.config.entrypoint, ["/bin/x", "--token=[masked]"]);
        assert_eq!(found.history[0].created_by.as_deref(), Some("RUN make PASSWORD=[masked] all"));
        let places: Vec<&str> =
            found.secrets.iter().map(|secret| secret.location.as_str()).collect();
        assert_eq!(places, ["config.entrypoint", "config.env.A_PASSWORD", "history[0].created_by"]);
        assert!(!format!("{found:?}").contains("hunter2"), "no value is kept");
        if found.manifest.is_some() {
            assert!(
                found
                    .annotations
                    .iter()
                    .any(|(name, _)| name == "org.opencontainers.image.base.name")
            );
        }
    }
}
