//! A capture of an image beside decompression with digests, and beside unpacking and hashing: S9.

use std::error::Error;

use drift_benches::goals::Outcome;
use drift_benches::{Contender, is_installed, table, versions};

use crate::bench::{Bench, Section};

/// Parts of a root that become layers of their own.
const LAYERS: [&str; 3] = ["usr", "etc", "var"];

pub(crate) fn measure(bench: &Bench) -> Result<Section, Box<dyn Error>> {
    let umoci = is_installed("umoci")?;
    let layout = match &bench.arguments.image {
        Some(layout) => layout.display().to_string(),
        None if umoci => made(bench)?,
        None => {
            let why = "no image was named, and without umoci none can be made";
            let outcomes = vec![Outcome::missing("S9", why)];
            return Ok(Section { text: String::new(), outcomes });
        }
    };
    let (snapshot, bundle) = (bench.place("image.drift"), bench.place("bundle"));
    let (drift, threads) = (bench.drift(), bench.arguments.threads);
    let decode = format!("{} '{layout}' {threads}", bench.own("decode")?);
    let capture = format!(
        "{drift} capture 'oci:{layout}' --no-config --threads {threads} --out '{snapshot}'"
    );
    let mut contenders = vec![
        Contender::new("drift capture oci:", capture),
        Contender::new("decompression and SHA-256 of both streams", decode.clone()),
    ];
    if umoci && bench.arguments.peers {
        let unpack = format!(
            "tag=$(umoci list --layout '{layout}' | head -n 1); \
             umoci unpack --image '{layout}:'\"$tag\" '{bundle}' && \
             find '{bundle}/rootfs' -xdev -type f -print0 | xargs -0 -n 256 -P {threads} sha256sum"
        );
        let before = Some(format!("rm -rf '{bundle}'"));
        contenders.push(Contender { before, ..Contender::new("umoci unpack; sha256sum", unpack) });
    }
    let runs = bench.compete(&contenders)?;
    let outcome = match runs.as_slice() {
        [drift, decode, ..] => Outcome::ratio("S9", drift, decode),
        _ => Outcome::missing("S9", "nothing was run"),
    };
    let about = bench.succeed(&decode)?;
    let text = format!(
        "\n## A capture of an image\n\n- image: {about}\n{}\n{}",
        versions(&["umoci"])?,
        table(&runs)
    );
    Ok(Section { text, outcomes: vec![outcome] })
}

/// Makes an image of the root: some layers, compressed by gzip.
fn made(bench: &Bench) -> Result<String, Box<dyn Error>> {
    let (root, layout) = (bench.root()?, bench.place("layout"));
    let root = root.display();
    let insert = LAYERS
        .map(|part| format!(" && umoci insert --image '{layout}:bench' '{root}/{part}' '/{part}'"));
    bench.succeed(&format!(
        "umoci init --layout '{layout}' && umoci new --image '{layout}:bench'{}",
        insert.concat()
    ))?;
    Ok(layout)
}
