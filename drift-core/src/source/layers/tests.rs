//! What only shows from inside: how often a layer is read, and what becomes of a blob that changes.

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::bounds::{Cancel, Pool, Silent};
use crate::model::{BlobDigest, Digest, Image, Intake, RowId, SourceKind, TreePath};
use crate::rules::RuleSet;
use crate::source::{Ask, Content, ContentSink, Error, Plan, Source, Unread, Want};

use super::{Blob, LayerInput, source};

/// Bytes that count their readings, and can be another's from a reading on.
struct Counted {
    bytes: Vec<u8>,
    opened: AtomicUsize,
    later: Option<(usize, Vec<u8>)>,
}

impl Blob for Counted {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        let before = self.opened.fetch_add(1, Ordering::Relaxed);
        match &self.later {
            Some((from, bytes)) if before >= *from => Ok(Box::new(&**bytes)),
            _ => Ok(Box::new(&*self.bytes)),
        }
    }

    fn unchanged(&self) -> Result<(), String> {
        Ok(())
    }
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        builder.append_data(&mut header, path, *content).expect("writes");
    }
    builder.into_inner().expect("writes")
}

fn image(layers: Vec<Counted>) -> (Box<dyn Source>, Vec<Arc<Counted>>) {
    let layers: Vec<Arc<Counted>> = layers.into_iter().map(Arc::new).collect();
    let inputs = layers.iter().map(|layer| LayerInput {
        blob: Arc::clone(layer) as Arc<dyn Blob>,
        name: "a layer".to_owned(),
        stored: None,
        diff_id: BlobDigest::parse(&Digest::sha256_of(&layer.bytes).to_string()).expect("good"),
        coding: None,
    });
    let inputs = inputs.collect();
    (source(SourceKind::Oci, "oci:test", Image::default(), inputs), layers)
}

fn counted(files: &[(&str, &[u8])]) -> Counted {
    Counted { bytes: archive(files), opened: AtomicUsize::new(0), later: None }
}

#[derive(Default)]
struct Answers(Mutex<Vec<(RowId, Result<Content, Unread>)>>);

impl ContentSink for Answers {
    fn take(&self, row: RowId, answer: Result<Content, Unread>) {
        self.0.lock().expect("no panic").push((row, answer));
    }
}

/// Surveys, and asks for the bytes of each path.
fn asked(source: &dyn Source, paths: &[&str]) -> Result<Vec<Option<Vec<u8>>>, Error> {
    let rules = RuleSet::parse(&[("test", "")]).expect("good");
    let (pool, cancel) = (Pool::new(2).expect("threads"), Cancel::new());
    let plan = Plan {
        rules: &rules,
        artifacts: &[],
        pool: &pool,
        cancel: &cancel,
        observer: &Silent,
        known: None,
    };
    let intake = Intake::default();
    source.survey(&plan, &intake)?;
    let tree = intake.freeze().tree;
    let want = Want { bytes: Some(1 << 20), ..Want::default() };
    let path = |path: &str| TreePath::parse(path.as_bytes()).expect("good");
    let asks: Vec<Ask> = paths
        .iter()
        .map(|name| Ask { row: tree.find(&path(name)).expect("there"), want })
        .collect();
    let answers = Answers::default();
    source.read(&plan, &tree, &asks, &answers)?;
    let answers = answers.0.into_inner().expect("no panic");
    let bytes = |row| {
        let answer = answers.iter().find(|(of, _)| *of == row)?.1.as_ref().ok()?;
        answer.bytes.clone()
    };
    Ok(asks.iter().map(|ask| bytes(ask.row)).collect())
}

/// Two readings of each layer: one to recognise its coding, one for everything.
#[test]
fn package_databases_records_and_probes_cost_no_further_reading() {
    const RECORD: &str = "usr/lib/python3/dist-packages/a-1.dist-info/METADATA";
    let status = b"Package: a\n".repeat(5000);
    let record = b"Name: a\nVersion: 1\n".repeat(500);
    let (source, layers) = image(vec![
        counted(&[("var/lib/dpkg/status", b"old"), ("var/lib/dpkg/info/a.list", b"/.\n")]),
        counted(&[("var/lib/dpkg/status", &status), ("etc/os-release", b"ID=a\n")]),
        counted(&[("usr/bin/a", b"program"), (RECORD, &record)]),
    ]);
    let opened =
        || layers.iter().map(|layer| layer.opened.load(Ordering::Relaxed)).collect::<Vec<_>>();
    let release = TreePath::parse(b"etc/os-release").expect("good");
    assert_eq!(source.probe(&release, 100).as_deref(), Some(&b"ID=a\n"[..]));
    let paths = ["var/lib/dpkg/status", "var/lib/dpkg/info/a.list", RECORD];
    let bytes = asked(&*source, &paths).expect("reads");
    assert_eq!(bytes, [Some(status), Some(b"/.\n".to_vec()), Some(record)]);
    assert_eq!(opened(), [2, 2, 2]);
    // Anything else costs its own layer one.
    let bytes = asked(&*source, &["usr/bin/a"]).expect("reads");
    assert_eq!(bytes, [Some(b"program".to_vec())]);
    assert_eq!(opened(), [2, 2, 3]);
}

#[test]
fn a_file_that_is_another_at_the_second_look_is_refused() {
    let later = Some((2, archive(&[("usr/bin/a", b"another")])));
    let (source, _) = image(vec![Counted { later, ..counted(&[("usr/bin/a", b"program")]) }]);
    let error = asked(&*source, &["usr/bin/a"]).expect_err("it changed");
    assert!(error.to_string().contains("no longer the one that was read before"), "{error}");
}

#[test]
fn an_image_of_no_layers_is_an_empty_root() {
    let (source, _) = image(Vec::new());
    assert!(asked(&*source, &[]).expect("reads").is_empty());
}
