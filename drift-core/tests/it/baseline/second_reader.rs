//! `fixtures/read_baseline.py` knows the format's document alone; it must see what this crate sees.

use std::ffi::OsStr;
use std::io::Write as _;

use drift_core::baseline;
use drift_core::model::{
    BlobDigest, Entry, Image, Listing, Mount, Observed, PerHostValue, Snapshot, Xattrs, hex,
};
use drift_testkit::command::run;
use drift_testkit::need;
use serde_json::{Value, json};

use super::sample::{Line, Plan, Random, image, judge, snapshot, written};

fn observed<T>(value: &Observed<T>, show: impl FnOnce(&T) -> Value) -> Value {
    match value {
        Observed::Is(value) => show(value),
        Observed::NotApplicable => Value::Null,
        Observed::Unobserved => json!("unobserved"),
    }
}

fn listing_word(listing: Listing) -> &'static str {
    match listing {
        Listing::Complete => "complete",
        Listing::Partial => "partial",
        Listing::NotEntered => "not-entered",
    }
}

fn entry_line((depth, name, entry, listing, owner, origin): &Line) -> Value {
    let Entry { file_type, mode, uid, gid, size, mtime, digest, .. } = entry;
    let xattrs =
        |set: &Xattrs| set.iter().map(|(name, value)| json!([hex(name), hex(value)])).collect();
    json!({
        "depth": depth,
        "name": hex(name),
        "type": file_type.name(),
        "listing": listing_word(*listing),
        "mode": observed(mode, |mode| json!(mode)),
        "uid": observed(uid, |uid| json!(uid)),
        "gid": observed(gid, |gid| json!(gid)),
        "flags": observed(&entry.flags, |flags| {
            json!(u8::from(flags.immutable) + 2 * u8::from(flags.append))
        }),
        "xattrs": observed(&entry.xattrs, xattrs),
        "size": observed(size, |size| json!(size)),
        "mtime": observed(mtime, |time| json!([time.seconds, time.nanoseconds])),
        "digest": observed(digest, |digest| json!(digest.to_string())),
        "link_target": observed(&entry.link_target, |target| json!(hex(target))),
        "rdev": observed(&entry.rdev, |rdev| json!([rdev.major, rdev.minor])),
        "nlink": observed(&entry.nlink, |nlink| json!(nlink)),
        "hardlinks": observed(&entry.hardlinks, |leader| json!(hex(leader.as_bytes()))),
        "per_host": observed(&entry.per_host, |judged| match judged.value {
            PerHostValue::Conforms => json!([judged.form.hex(), "conforms"]),
            PerHostValue::Left(left) => json!([judged.form.hex(), left.hex()]),
            PerHostValue::Violates => json!([judged.form.hex(), "violates"]),
        }),
        "owner": owner.map(|owner| owner.0),
        "layer": origin.map(|layer| layer.0),
    })
}

fn head_line(snapshot: &Snapshot, root: &str) -> Value {
    let mut columns = COLUMNS.to_vec();
    columns.extend(snapshot.tree.has_per_host().then_some("per_host"));
    let coverage = &snapshot.coverage;
    let mount =
        |kind: u8, mount: &Mount| json!([kind, hex(mount.path.as_bytes()), mount.file_system]);
    let mut records: Vec<Value> = coverage.mounts_entered.iter().map(|one| mount(1, one)).collect();
    records.extend(coverage.mounts_not_entered.iter().map(|one| mount(2, one)));
    records.extend(coverage.excluded.iter().map(|one| json!([3, one.rule, one.entries])));
    records.extend(snapshot.problems.iter().map(|one| {
        let path = hex(one.path.as_bytes());
        json!([4, path, one.stage as u8, one.reason, one.errno.unwrap_or_default()])
    }));
    let identity = &snapshot.identity;
    let carried: Vec<&str> = snapshot.carries.attributes.iter().map(|one| one.name).collect();
    let located = snapshot.packages.iter().any(|one| !one.location.is_empty());
    let package = |one: &drift_core::model::Package| {
        let five = [&one.manager, &one.name, &one.architecture, &one.version, &one.status];
        json!(five.into_iter().chain(located.then_some(&one.location)).collect::<Vec<_>>())
    };
    let packages: Vec<Value> = snapshot.packages.iter().map(package).collect();
    json!({
        "root": root,
        "kind": snapshot.kind as u8,
        "identity": [identity.os, identity.version, identity.architecture, identity.hostname],
        "carried": carried,
        "mtime_precision": snapshot.carries.mtime as u8,
        "packages_complete": snapshot.packages_complete,
        "columns": columns,
        "rules": snapshot.rules,
        "packages": packages,
        "coverage": records,
        "locator": snapshot.locator,
        "image": snapshot.image.as_ref().map(image_value),
        "counters": [
            coverage.entries, coverage.files_hashed, coverage.bytes_hashed, coverage.unreadable,
            coverage.unstable, coverage.vanished,
        ],
    })
}

const COLUMNS: [&str; 15] = [
    "depth",
    "shape",
    "shapes",
    "xattr_sets",
    "name_length",
    "name",
    "size",
    "mtime_seconds",
    "mtime_nanoseconds",
    "link_length",
    "link_target",
    "rdev",
    "nlink",
    "hardlinks",
    "leaders",
];
fn image_value(image: &Image) -> Value {
    let digest = |digest: &Option<BlobDigest>| digest.as_ref().map(BlobDigest::to_string);
    let config = &image.config;
    let layers: Vec<Value> = image
        .layers
        .iter()
        .map(|one| json!([digest(&one.digest), one.diff_id.as_str(), one.size, one.created_by]))
        .collect();
    let history: Vec<Value> =
        image.history.iter().map(|one| json!([one.created, one.created_by, one.layer])).collect();
    let secrets: Vec<Value> =
        image.secrets.iter().map(|one| json!([one.location, one.kind])).collect();
    json!({
        "manifest": digest(&image.manifest),
        "config_digest": digest(&image.config_digest),
        "reference": image.reference,
        "platform": [image.platform.os, image.platform.architecture, image.platform.variant],
        "layers": layers,
        "history": history,
        "config": {
            "user": config.user,
            "entrypoint": config.entrypoint,
            "command": config.command,
            "healthcheck": config.healthcheck,
            "environment": config.environment,
            "environment_values": config.environment_values,
            "working_directory": config.working_directory,
            "exposed_ports": config.exposed_ports,
            "volumes": config.volumes,
            "stop_signal": config.stop_signal,
            "labels": config.labels,
        },
        "annotations": image.annotations,
        "size": image.size,
        "secrets": secrets,
    })
}

#[test]
fn python_reads_what_rust_wrote() {
    let (Some(python), Some(_zstd)) = (need::tool("python3"), need::tool("zstd")) else { return };
    for (seed, entries) in [(1, 1), (2, 300), (3, 9000)] {
        let mut random = Random::new(seed);
        let frozen = Plan::random(&mut random, entries).freeze(&mut random.clone());
        let mut snapshot = snapshot(&mut random, frozen);
        snapshot.image = (seed > 1).then(|| image(&mut random));
        if entries > 1 {
            judge(&mut random, &mut snapshot.tree);
        }
        let encoded = baseline::encode(&snapshot).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&encoded.bytes).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/read_baseline.py");
        let arguments = [OsStr::new("-B"), OsStr::new(script), file.path().as_os_str()];
        let output = run(&python, arguments).expect(0);
        let mut lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut next = || serde_json::from_slice::<Value>(lines.next().unwrap()).unwrap();
        assert_eq!(next(), head_line(&snapshot, &encoded.root.to_string()));
        let written = written(&snapshot);
        for line in &written {
            assert_eq!(next(), entry_line(line));
        }
        assert_eq!(lines.next(), None);
        assert_eq!(written.len(), snapshot.tree.len());
    }
}
