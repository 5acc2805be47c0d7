//! Archives of Java, written by Python's `zipfile`, and hostile ones.

use drift_core::bounds::Ranges;
use drift_core::model::SourceKind;
use drift_core::packages::{LANGUAGES, Part};
use drift_core::source::{Faulty, HostVolume, Operation, Resolution, Walked};
use drift_testkit::command::run;
use drift_testkit::{TempRoot, need};

use super::scene::{capture, directory, packages, problems};

fn read(bytes: &[u8]) -> Part {
    let java = LANGUAGES.iter().find(|language| language.name() == "maven").unwrap();
    java.read(b"opt/some-lib-2.0.jar", bytes)
}

#[test]
fn coordinates_manifests_and_nested_archives() {
    let Some(python) = need::tool("python3") else { return };
    let root = TempRoot::new().directory("opt", 0o755);
    let script = r#"
import io, sys, zipfile
pom = lambda g, a, v: f'#c\ngroupId={g}\nartifactId={a}\nversion={v}\n'
def archive(files, method=zipfile.ZIP_DEFLATED, target=None):
    target = target or io.BytesIO()
    with zipfile.ZipFile(target, 'w', method) as out:
        for name, text in files.items():
            out.writestr(name, text)
    return target.getvalue() if isinstance(target, io.BytesIO) else None
P = 'META-INF/maven/{}/{}/pom.properties'.format
write = lambda name, data: open(f'{sys.argv[1]}/{name}', 'wb').write(data)
inner = archive({P('org.x', 'inner'): pom('org.x', 'inner', '3.1')}, zipfile.ZIP_STORED)
deep = archive({'lib/i.jar': inner, P('org.x', 'deep'): pom('org.x', 'deep', '1')})
write('plain-1.0.jar', archive({P('org.x', 'a'): pom('org.x', 'a', '1.0-SNAPSHOT'), P('org.x', 'b'): pom('org.x', 'b', '2')}))
write('osgi.jar', archive({'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\r\nBundle-SymbolicName: org.osgi.th\r\n ing;singleton:=true\r\nBundle-Version: 4.5\r\n\r\nName: x\r\nBundle-Version: 9\r\n'}))
write('named-7.8.9.jar', archive({'a.class': 'x'}))
write('bare.jar', archive({'a.class': 'x'}))
write('app.war', archive({'WEB-INF/lib/inner-3.1.jar': inner, 'WEB-INF/lib/deep-1.jar': deep, 'META-INF/MANIFEST.MF': 'Implementation-Version: 5\n'}))
# A program before the archive, as Spring Boot has it, and a comment after it.
body = archive({P('org.x', 'boot'): pom('org.x', 'boot', '1')})
write('boot.jar', b'#!/bin/sh\nexec java -jar "$0"\n' + body)
commented = io.BytesIO(body)
with zipfile.ZipFile(commented, 'a') as out:
    out.comment = b'PK\x05\x06 is not the end' * 10
write('commented.jar', commented.getvalue())
# More files than a short end record can count.
with zipfile.ZipFile(f'{sys.argv[1]}/many.jar', 'w', zipfile.ZIP_STORED) as out:
    for number in range(65600):
        out.writestr(f'c/{number}', b'')
    out.writestr(P('org.x', 'many'), pom('org.x', 'many', '6'))
"#;
    let _ = run(python, ["-c", script, &root.at("opt").to_string_lossy()]).success();
    let captured = capture(&directory(root.path()));
    assert_eq!(problems(&captured), Vec::<String>::new());
    let mut found = packages(&captured, "maven");
    found.sort();
    let expect = [
        ("app 5", "opt"),
        ("bare ", "opt"),
        ("named 7.8.9", "opt"),
        ("org.osgi.thing 4.5", "opt"),
        ("org.x:a 1.0-SNAPSHOT", "opt"),
        ("org.x:b 2", "opt"),
        ("org.x:boot 1", "opt"),
        ("org.x:deep 1", "opt/app.war/WEB-INF/lib"),
        ("org.x:inner 3.1", "opt/app.war/WEB-INF/lib"),
        ("org.x:many 6", "opt"),
    ];
    assert_eq!(found, expect.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

fn u16(value: usize) -> [u8; 2] {
    (value as u16).to_le_bytes()
}

fn u32(value: usize) -> [u8; 4] {
    (value as u32).to_le_bytes()
}

/// An archive of one file, with the numbers that its headers claim.
fn archive(name: &str, packed: &[u8], method: usize, size: usize, members: usize) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(
        [&b"PK\x03\x04"[..], &[0; 4], &u16(method), &[0; 8], &u32(packed.len()), &u32(size)]
            .concat(),
    );
    out.extend([&u16(name.len())[..], &u16(0), name.as_bytes(), packed].concat());
    let start = out.len();
    for _ in 0..members {
        out.extend(
            [&b"PK\x01\x02"[..], &[0; 6], &u16(method), &[0; 8], &u32(packed.len()), &u32(size)]
                .concat(),
        );
        out.extend([&u16(name.len())[..], &[0; 12], &u32(0), name.as_bytes()].concat());
    }
    let length = out.len() - start;
    out.extend(
        [
            &b"PK\x05\x06"[..],
            &[0; 4],
            &u16(members),
            &u16(members),
            &u32(length),
            &u32(start),
            &u16(0),
        ]
        .concat(),
    );
    out
}

const COORDINATES: &str = "META-INF/maven/g/a/pom.properties";
const TEXT: &[u8] = b"groupId=g\nartifactId=a\nversion=1\n";

#[test]
fn hostile_archives_cost_little_and_lose_nothing_silently() {
    let good = archive(COORDINATES, TEXT, 0, TEXT.len(), 1);
    assert_eq!(read(&good).packages.len(), 1);
    for end in 0..good.len() {
        let part = read(&good[..end]);
        assert!(part.lost && !part.faults.is_empty(), "{end}");
    }
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let _ = read(&bad);
        }
    }
    // A gigabyte of zeros in a megabyte: a text is never that long.
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..1024 {
        std::io::Write::write_all(&mut encoder, &vec![0; 1 << 20]).unwrap();
    }
    let packed = encoder.finish().unwrap();
    for (name, claimed) in
        [(COORDINATES, 10), ("lib/x.jar", 10), ("lib/x.jar", 1 << 30), (COORDINATES, 1 << 30)]
    {
        let part = read(&archive(name, &packed, 8, claimed, 1));
        assert!(part.lost && part.faults.len() == 1, "{name} {claimed}: {:?}", part.faults);
    }
    // Forty thousand headers of one and the same archive inside.
    let part = read(&archive("lib/x.jar", &good, 0, good.len(), 40_000));
    assert!(part.lost && part.faults.len() <= 4, "{:?}", part.faults);
    assert!(part.packages.len() <= 4097);
    let part = read(&archive(COORDINATES, TEXT, 0, TEXT.len(), 40_000));
    assert!(part.packages.len() <= 4096);
    assert!(read(&archive(COORDINATES, TEXT, 99, TEXT.len(), 1)).lost);
    assert!(read(&archive(COORDINATES, TEXT, 0, 7, 1)).lost);
}

/// Of a large archive on a disk little is read, and it is what a stream of all its bytes gives.
#[test]
fn an_archive_is_looked_into_by_ranges() {
    let Some(python) = need::tool("python3") else { return };
    let root = TempRoot::new().directory("opt", 0o755);
    let script = r#"
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_STORED) as out:
    out.writestr('data', bytes(range(256)) * 40000)
    out.writestr('META-INF/maven/org.x/large/pom.properties', 'groupId=org.x\nartifactId=large\nversion=7\n')
"#;
    let path = root.at("opt/large.jar");
    let _ = run(python, ["-c", script, &path.to_string_lossy()]).success();
    let bytes = std::fs::read(&path).unwrap();
    let mut file = Counting { bytes: &bytes, read: 0 };
    let java = LANGUAGES.iter().find(|language| language.name() == "maven").unwrap();
    let part = java.look(b"opt/large.jar", &mut file);
    assert_eq!(part.packages, read(&bytes).packages);
    assert_eq!(part.packages.len(), 1);
    assert!(file.read < 70_000, "{} of {} bytes were read", file.read, bytes.len());
    let captured = capture(&directory(root.path()));
    let found = packages(&captured, "maven");
    assert_eq!(found, [("org.x:large 7".to_owned(), "opt".to_owned())]);
    // It is digested all the same.
    assert_eq!(captured.snapshot.coverage.bytes_hashed, bytes.len() as u64);
}

struct Counting<'b> {
    bytes: &'b [u8],
    read: u64,
}

impl Ranges for Counting<'_> {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn range(&mut self, start: u64, length: u64) -> Option<Vec<u8>> {
        self.read += length;
        let mut bytes = self.bytes;
        bytes.range(start, length)
    }
}

/// What an archive within another says of its size bounds what it costs, whatever comes out of it.
#[test]
fn archives_that_lie_about_their_size_are_not_unpacked() {
    let Some(python) = need::tool("python3") else { return };
    let root = TempRoot::new().directory("opt", 0o755);
    // A thousand names of one stream of 16 MiB that all say it has one byte.
    let script = r#"
import struct, sys, zlib
packer = zlib.compressobj(9, zlib.DEFLATED, -15)
packed = packer.compress(bytes(16 << 20)) + packer.flush()
local = struct.pack('<4s5H3I2H', b'PK\x03\x04', 20, 0, 8, 0, 0, 0, len(packed), 1, 5, 0) + b'a.jar' + packed
entry = lambda n: struct.pack('<4s6H3I5H2I', b'PK\x01\x02', 20, 20, 0, 8, 0, 0, 0, len(packed), 1, len(n), 0, 0, 0, 0, 0, 0) + n
names = b''.join(entry(f'{n}.jar'.encode()) for n in range(1000))
end = struct.pack('<4s4H2IH', b'PK\x05\x06', 0, 0, 1000, 1000, len(names), len(local), 0)
open(sys.argv[1], 'wb').write(local + names + end)
"#;
    let path = root.at("opt/bomb.jar");
    let _ = run(python, ["-c", script, &path.to_string_lossy()]).success();
    let part = read(&std::fs::read(&path).unwrap());
    assert!(part.lost);
    assert!(
        part.faults[0].contains("not the length that the directory says"),
        "{:?}",
        part.faults[0]
    );
}

/// An archive that changes during every reading names no packages, and the list says that it is not whole.
#[test]
fn an_archive_that_never_stands_still_leaves_the_list_incomplete() {
    let Some(python) = need::tool("python3") else { return };
    let root = TempRoot::new().directory("opt", 0o755);
    let script = r#"
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as out:
    out.writestr('META-INF/maven/org.x/a/pom.properties', 'groupId=org.x\nartifactId=a\nversion=7\n')
"#;
    let path = root.at("opt/a.jar");
    let _ = run(python, ["-c", script, &path.to_string_lossy()]).success();
    let still = capture(&directory(root.path()));
    assert!(still.snapshot.packages_complete);
    let volume = HostVolume::open(root.path(), Resolution::Automatic).unwrap();
    let restless = Faulty::new(volume, move |call| {
        if (call.operation, call.name) == (Operation::Read, b"a.jar") {
            let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
            std::io::Write::write_all(&mut file, b"x").unwrap();
        }
        None
    });
    let captured = capture(&Walked::new(restless, SourceKind::Directory, "dir:test"));
    assert_eq!(packages(&captured, "maven"), Vec::<(String, String)>::new());
    assert!(!captured.snapshot.packages_complete);
    assert_eq!(captured.snapshot.coverage.unstable, 1);
}
