//! Whether a signature of OpenPGP holds: asked of the program that the package manager itself asks.
//!
//! This runs where manifests are made, never where a target is looked at.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use drift_core::bounds::escape::escaped;
use drift_core::manifest;
use drift_core::seal::{Reason, Untrusted};

use crate::failure::Failure;
use crate::terminal::shown;

/// What a program may say at the most; a release has less than 1 MiB.
const MAX_SAID: u64 = 64 << 20;

/// A text that was signed, and the fingerprints of the keys that signed it.
pub(super) struct Signed {
    pub(super) text: Vec<u8>,
    pub(super) keys: Vec<String>,
}

/// Verifies a message that is signed in clear (`InRelease`), and returns what was signed.
pub(super) fn in_clear(message: &[u8], keyrings: &[PathBuf]) -> Result<Signed, Failure> {
    manifest::check_framing(message)
        .map_err(|error| Untrusted::new(Reason::Malformed, error.to_string()))?;
    let said = gpgv(keyrings, &["--output", "-"], message)?;
    let keys = keys(&said)?;
    Ok(Signed { text: said.stdout, keys })
}

/// Verifies a signature that stands in a file of its own (`Release.gpg`).
pub(super) fn detached(
    text: Vec<u8>,
    signature: &Path,
    keyrings: &[PathBuf],
) -> Result<Signed, Failure> {
    let signature = std::path::absolute(signature)
        .map_err(|error| Failure::usage_text(format!("{}: {error}", shown(signature))))?;
    let said = gpgv(keyrings, &[&signature.to_string_lossy(), "-"], &text)?;
    let keys = keys(&said)?;
    Ok(Signed { text, keys })
}

/// What a program said.
struct Said {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    success: bool,
}

fn gpgv(keyrings: &[PathBuf], arguments: &[&str], input: &[u8]) -> Result<Said, Failure> {
    // What apt refuses, this refuses: SHA-1 and older no longer prove anything.
    let mut all = vec!["--status-fd", "2", "--weak-digest", "SHA1", "--weak-digest", "RIPEMD160"]
        .into_iter()
        .map(Into::into)
        .collect::<Vec<std::ffi::OsString>>();
    for keyring in keyrings {
        let absolute = std::path::absolute(keyring)
            .map_err(|error| Failure::usage_text(format!("{}: {error}", shown(keyring))))?;
        all.extend(["--keyring".into(), absolute.into_os_string()]);
    }
    // A message in clear comes on standard input without being named; a text to a signature as "-".
    all.extend(arguments.iter().map(Into::into));
    run("gpgv", "gpgv", &all, input)
}

/// Reads what gpgv reports: every signature that is there is good or of a key that is not known, and
/// one at least is good.
fn keys(said: &Said) -> Result<Vec<String>, Failure> {
    let text = String::from_utf8_lossy(&said.stderr);
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("[GNUPG:] ")).collect();
    let refused = |reason: Reason, detail: &str| {
        let heard = text.lines().filter(|line| !line.starts_with("[GNUPG:] "));
        let heard: Vec<String> =
            heard.map(|line| escaped(line.trim().as_bytes()).to_string()).collect();
        Failure::from(Untrusted::new(reason, format!("{detail}; gpgv says: {}", heard.join(" / "))))
    };
    let mut keys = Vec::new();
    // The words that speak of one signature stand between two NEWSIG.
    let mut good = false;
    for line in lines {
        let mut words = line.split(' ');
        match words.next().unwrap_or_default() {
            "NEWSIG" => good = false,
            "GOODSIG" => good = true,
            "BADSIG" => return Err(refused(Reason::Altered, "a signature does not hold")),
            "VALIDSIG" if good => {
                let own = words.next().unwrap_or_default().to_owned();
                // The last word is the fingerprint of the primary key.
                keys.push(words.next_back().map_or(own, str::to_owned));
            }
            _ => {}
        }
    }
    keys.sort();
    keys.dedup();
    match keys.is_empty() {
        true => Err(refused(Reason::WrongKey, "no signature of a key that is trusted holds")
            .hint("name the archive's keys with --keyring FILE")),
        false => Ok(keys),
    }
}

/// Verifies the signature of a .rpm file by rpm's own database of keys.
pub(super) fn rpm(file: &Path, database: &Path) -> Result<Vec<String>, Failure> {
    let absolute = |path: &Path| {
        std::path::absolute(path)
            .map_err(|error| Failure::usage_text(format!("{}: {error}", shown(path))))
    };
    let (file, database) = (absolute(file)?, absolute(database)?);
    let arguments = [
        "--checksig".into(),
        "--verbose".into(),
        "--dbpath".into(),
        database.into_os_string(),
        file.into_os_string(),
    ];
    let said = run("rpmkeys", "rpm", &arguments, &[])?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let signatures = text.lines().filter(|line| line.contains("Signature, key ID "));
    let mut keys = Vec::new();
    let mut others = false;
    for line in signatures {
        let id = line.split("key ID ").nth(1).unwrap_or_default();
        match id.split_once(": ") {
            Some((id, "OK")) => keys.push(id.to_owned()),
            _ => others = true,
        }
    }
    keys.sort();
    keys.dedup();
    if said.success && !others && !keys.is_empty() {
        return Ok(keys);
    }
    let heard: Vec<String> =
        text.lines().map(|line| escaped(line.trim().as_bytes()).to_string()).collect();
    let reason = match text.contains("NOKEY") {
        _ if keys.is_empty() && !others => Reason::Unsigned,
        true => Reason::WrongKey,
        false => Reason::Altered,
    };
    Err(Untrusted::new(
        reason,
        format!("no signature of a key that is trusted holds; rpmkeys says: {}", heard.join(" / ")),
    )
    .into())
}

/// Runs a program to its end.
fn run(
    program: &str,
    package: &str,
    arguments: &[std::ffi::OsString],
    input: &[u8],
) -> Result<Said, Failure> {
    let failed = |error: std::io::Error| Failure::usage_text(format!("{program}: {error}"));
    #[expect(
        clippy::disallowed_methods,
        reason = "no target is looked at where manifests are made"
    )]
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C").env_remove("GNUPGHOME").current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::usage_text(format!(
            "{program} is needed to verify signatures, and is not there"
        ))
        .hint(format!("install the package {package} (apt-get install {package})")),
        _ => failed(error),
    })?;
    let said = converse(&mut child, input);
    let ended = child.wait().map_err(failed)?;
    let (stdout, stderr) = said.map_err(failed)?;
    Ok(Said { stdout, stderr, success: ended.success() })
}

/// Writes and reads at once: a program may speak before it has heard all.
fn converse(child: &mut Child, input: &[u8]) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = pipes else {
        return Err(std::io::Error::other("it has no pipes"));
    };
    std::thread::scope(|scope| {
        // A program that refuses before it has read everything says why.
        let writer = scope.spawn(move || drop(stdin.write_all(input)));
        let errors = scope.spawn(move || {
            let mut said = Vec::new();
            stderr.take(MAX_SAID).read_to_end(&mut said).map(|_| said)
        });
        let mut said = Vec::new();
        let read = stdout.take(MAX_SAID).read_to_end(&mut said);
        let _written = writer.join();
        let errors = errors.join().unwrap_or_else(|_| Ok(Vec::new()))?;
        read.map(|_| (said, errors))
    })
}
