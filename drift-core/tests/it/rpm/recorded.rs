//! Every package, path and record of the three formats is what rpm says of it.

use std::collections::BTreeMap;
use std::path::Path;

use drift_core::model::AttributeSet;
use drift_core::packages::{Completeness, Owner, Presence, Records};

use super::roots::{built, contents, records_of, rpm};

const PACKAGE: &str = "%{NAME}|%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}|%{ARCH}\\n";

/// What rpm's own reader says of each file.
const FILE: &str = "[%{=NAME}-%{=VERSION}\\t%{FILENAMES}\\t%{FILEMODES}\\t%{FILESIZES}\\t%{FILEMTIMES}\
    \\t%{FILEDIGESTS}\\t%{FILEUSERNAME}\\t%{FILEGROUPNAME}\\t%{FILELINKTOS}\\t%{FILERDEVS}\\t%{FILEFLAGS}\
    \\t%{FILEVERIFYFLAGS}\\t%{FILESTATES}\\t%{FILECAPS}\\n]";

/// The formats and what reads them: rpm's own format is not in Debian's rpm, its headers are.
const FORMATS: [(&str, &str, &str); 3] =
    [("sqlite", "sqlite", "sqlite"), ("bdb", "bdb", "bdb_ro"), ("ndb", "sqlite", "sqlite")];

fn text(bytes: Vec<u8>) -> Vec<String> {
    let text = String::from_utf8(bytes).expect("because rpm was asked for UTF-8");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn packages(records: &Records) -> Vec<String> {
    let shown = records
        .packages()
        .iter()
        .map(|package| format!("{}|{}|{}", package.name, package.version, package.architecture));
    let mut shown: Vec<String> = shown.collect();
    shown.sort();
    shown
}

/// The records as lines of text, built from what drift parsed.
fn ours(records: &Records) -> Vec<String> {
    let claims = records.claims().iter();
    let mut lines: Vec<String> = claims
        .map(|claim| {
            let package = &records.packages()[claim.package.index()];
            let version = package.version.rsplit_once('-').expect("a release").0;
            let version = version.rsplit(':').next().expect("a version");
            let record = records.record(claim);
            let path = String::from_utf8(records.path(claim.path).as_bytes().to_vec());
            let mut line = format!("{}-{version} /{}", package.name, path.expect("is UTF-8"));
            line += &format!(" optional={}", claim.presence == Presence::Optional);
            line += &format!(" config={}", record.conffile.is_some());
            let digest = record.expected_digest();
            line += &format!(" {}", digest.map(|digest| digest.to_string()).unwrap_or_default());
            let Some(shipped) = record.shipped else { return line + " unrecorded" };
            let owner = |owner: Option<Owner>| match owner {
                Some(Owner::Name(name)) => String::from_utf8_lossy(records.text(name)).into_owned(),
                other => format!("{other:?}"),
            };
            let word = |id| String::from_utf8_lossy(records.text(id)).into_owned();
            line += &format!(
                " {:?} {:?} {} {} {:?} {:?} {:?} {:?} {:?} {}",
                shipped.file_type.map(|kind| kind.name()),
                shipped.mode,
                owner(shipped.user),
                owner(shipped.group),
                shipped.size,
                shipped.mtime,
                shipped.link_target.map(word),
                shipped.rdev,
                shipped.capability.map(word),
                shown(shipped.unverified),
            );
            line
        })
        .collect();
    lines.sort();
    lines
}

fn shown(set: AttributeSet) -> String {
    let mut names: Vec<&str> = set.iter().map(|attribute| attribute.name).collect();
    names.sort_unstable();
    names.join(",")
}

/// The same lines from what rpm prints, by the rules of rpm's own verification.
fn theirs(line: &str) -> String {
    let field: Vec<&str> = line.split('\t').collect();
    let number = |at: usize| field[at].parse::<u64>().expect("rpm prints a number");
    let (mode, flags, verify, state) = (number(2) & 0xffff, number(10), number(11), number(12));
    let (ghost, absent) = (flags & 64 != 0, state == 2 || state == 3);
    let mut out = format!("{} {}", field[0], field[1]);
    out += &format!(" optional={}", ghost || absent || flags & 8 != 0);
    let unrecorded = absent || state == 1;
    out += &format!(" config={}", flags & 1 != 0 && !unrecorded);
    let (kind, regular, link) = (mode >> 12, mode >> 12 == 8, mode >> 12 == 10);
    let algorithm = match field[5].len() {
        32 => "md5",
        40 => "sha1",
        64 => "sha256",
        _ => "",
    };
    let digested = regular && !ghost && !unrecorded && !algorithm.is_empty();
    out += &if digested { format!(" {algorithm}:{}", field[5]) } else { " ".to_owned() };
    if unrecorded {
        return out + " unrecorded";
    }
    let name = match kind {
        8 => "file",
        4 => "directory",
        10 => "symlink",
        2 => "char",
        6 => "block",
        _ => "other",
    };
    let flagged = [
        (1, "digest"),
        (2, "size"),
        (4, "link_target"),
        (8, "uid"),
        (16, "gid"),
        (32, "mtime"),
        (64, "mode"),
        (64, "type"),
        (128, "rdev"),
        (256, "capability"),
    ];
    let mut unverified: Vec<&str> =
        flagged.iter().filter(|(flag, _)| verify & flag == 0).map(|(_, name)| *name).collect();
    unverified.sort_unstable();
    let when = |wanted: bool, value: String| {
        if wanted { format!("Some({value})") } else { "None".to_owned() }
    };
    let rdev = number(9);
    out += &format!(
        " {} {} {} {} {} {} {} {} {} {}",
        when(!ghost, format!("\"{name}\"")),
        when(!link, (mode & 0o7777).to_string()),
        field[6],
        field[7],
        when(regular && !ghost, field[3].to_owned()),
        when(regular && !ghost, field[4].to_owned()),
        when(link && !ghost, format!("{:?}", field[8])),
        when(kind == 2 || kind == 6, format!("({}, {})", rdev >> 8 & 0xff, rdev & 0xff)),
        when(regular, format!("{:?}", if field[13] == "(none)" { "" } else { field[13] })),
        unverified.join(","),
    );
    out
}

fn check(built: &Path, (format, root, backend): (&str, &str, &str)) {
    let records = records_of(&contents(&built.join(format)));
    let theirs_at = built.join(root);
    let said = text(rpm(&theirs_at, backend, ["-qa", "--qf", PACKAGE]));
    assert!(said.len() > 35, "{said:?}");
    assert_eq!(packages(&records), said, "{format}");
    let said = text(rpm(&theirs_at, backend, ["-qa", "--qf", FILE]));
    let mut said: Vec<String> = said.iter().map(|line| theirs(line)).collect();
    said.sort();
    assert!(said.len() > 1_500);
    let own = ours(&records);
    for (own, said) in own.iter().zip(&said) {
        assert_eq!(own, said, "{format}");
    }
    assert_eq!(own.len(), said.len(), "{format}");
    // One package has digests that drift does not compute, and that is all.
    let reasons: Vec<&str> = records.problems().iter().map(|problem| &*problem.reason).collect();
    assert_eq!(
        reasons,
        ["sha512: digests by the algorithm SHA-512; its files are not checked"],
        "{format}"
    );
    assert_eq!(records.completeness(), Completeness::RecordsIncomplete);
}

#[test]
fn packages_paths_and_records_are_what_rpm_says() {
    let Some(built) = built() else { return };
    for format in FORMATS {
        check(built, format);
    }
}

/// By what rpm says: kinds of files that must be among those compared.
#[test]
fn the_roots_have_every_kind_of_file() {
    let Some(built) = built() else { return };
    let lines = ours(&records_of(&contents(&built.join("sqlite"))));
    let mut seen = BTreeMap::new();
    for part in [
        "\"char\"",
        "\"block\"",
        "\"symlink\"",
        "\"directory\"",
        "md5:",
        "sha1:",
        "sha256:",
        "config=true",
        "optional=true",
        "unrecorded",
        "cap_net_raw=ep",
        "daemon",
        "digest,mtime,size",
        "gid,link_target,mode,type,uid",
        "(7, 200)",
        "Some(2541)",
        "Some(1023)",
        "[odd]",
    ] {
        seen.insert(part, lines.iter().filter(|line| line.contains(part)).count());
    }
    let missing: Vec<&str> =
        seen.iter().filter(|(_, count)| **count == 0).map(|(part, _)| *part).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn details_are_what_rpm_says() {
    let Some(built) = built() else { return };
    let records = records_of(&contents(&built.join("sqlite")));
    let at = records.packages().iter().position(|package| package.name == "alpha").expect("alpha");
    let id = drift_core::model::PackageId(u32::try_from(at).expect("is small"));
    let details = records.details(id).expect("rpm tells them");
    assert_eq!(details.source, Some(("alpha".to_owned(), "1.2-1".to_owned())));
    assert_eq!(details.licence.as_deref(), Some("MIT and (BSD or ISC)"));
    assert_eq!(details.supplier.as_deref(), Some("Someone"));
    assert_eq!(details.homepage.as_deref(), Some("https://example.org/alpha"));
    let said = text(rpm(&built.join("sqlite"), "sqlite", ["-q", "--requires", "alpha"]));
    let needed = said.iter().map(|line| line.split(' ').next().unwrap_or_default());
    let mut needed: Vec<&str> = needed.filter(|name| !name.starts_with("rpmlib(")).collect();
    needed.dedup();
    assert_eq!(details.depends, needed);
}
