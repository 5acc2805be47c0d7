//! Package URLs: one line that names a package of any manager, as bills of materials do.
//!
//! Source: <https://github.com/package-url/purl-spec>, with its types `deb`, `rpm`, `apk`, `alpm`,
//! `pypi`, `npm`, `gem`, `golang`, `cargo`, `maven`. Of spellings that the specification leaves open
//! (a colon, which need not be encoded) the one of its Python library is written; all are read.

use std::collections::BTreeMap;

use crate::model::{Identity, Package};

/// Bytes of a package URL that is read; the longest of real bills have some 300.
const MAX_BYTES: usize = 8192;

/// Managers of systems, and the type that the specification gives their packages.
const SYSTEMS: [(&str, &str); 4] =
    [("dpkg", "deb"), ("rpm", "rpm"), ("apk", "apk"), ("pacman", "alpm")];

/// Types of packages of languages, which are their managers' names here as well.
const LANGUAGES: [&str; 6] = ["pypi", "npm", "gem", "golang", "cargo", "maven"];

/// A package URL, taken apart and decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Purl {
    /// The type, in lower case, such as `deb`.
    pub kind: String,
    /// What the name is unique in, such as `debian`; segments joined by `/`.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The version; empty where none is given.
    pub version: String,
    /// The rest by key, such as `arch`.
    pub qualifiers: BTreeMap<String, String>,
}

/// Writes the package URL of an installed package. `source` is name and version of the source that
/// it was built from.
///
/// ```
/// use drift_core::model::{Identity, Package};
/// let package = Package {
///     manager: "dpkg".to_owned(),
///     name: "libc6".to_owned(),
///     architecture: "amd64".to_owned(),
///     version: "2.36-9+deb12u1".to_owned(),
///     ..Package::default()
/// };
/// let system = Identity {
///     os: Some("debian".to_owned()),
///     version: Some("12".to_owned()),
///     ..Identity::default()
/// };
/// let purl = drift_core::packages::purl(&package, &system, Some(("glibc", "2.36-9+deb12u1")));
/// assert_eq!(
///     purl,
///     "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=glibc"
/// );
/// ```
#[must_use]
pub fn purl(package: &Package, system: &Identity, source: Option<(&str, &str)>) -> String {
    let manager = package.manager.as_str();
    let kind = SYSTEMS.iter().find(|(known, _)| *known == manager).map(|(_, kind)| *kind);
    let mut purl = Purl {
        kind: kind.unwrap_or(manager).to_owned(),
        version: package.version.clone(),
        ..Purl::default()
    };
    (purl.namespace, purl.name) = names(package);
    if kind.is_some() {
        of_system(&mut purl, package, system, source);
    } else if manager == "gem" && !package.architecture.is_empty() {
        purl.qualifiers.insert("platform".to_owned(), package.architecture.clone());
    }
    purl.to_string()
}

/// Adds what only packages of systems have.
fn of_system(purl: &mut Purl, package: &Package, system: &Identity, source: Option<(&str, &str)>) {
    purl.namespace = system.os.as_deref().unwrap_or_default().to_ascii_lowercase();
    if matches!(purl.kind.as_str(), "apk" | "alpm") {
        purl.name = purl.name.to_lowercase();
    }
    let mut add = |key: &str, value: String| {
        if !value.is_empty() {
            purl.qualifiers.insert(key.to_owned(), value);
        }
    };
    add("arch", package.architecture.clone());
    if let Some(os) = &system.os {
        let version = system.version.as_ref().map(|version| format!("-{version}"));
        add("distro", format!("{os}{}", version.unwrap_or_default()));
    }
    match source {
        Some((name, version)) if version != package.version && !version.is_empty() => {
            add("upstream", format!("{name}@{version}"));
        }
        Some((name, _)) if name != package.name => add("upstream", name.to_owned()),
        _ => {}
    }
    let epoch = package.version.split_once(':').filter(|_| package.manager == "rpm");
    if let Some((epoch, version)) = epoch {
        add("epoch", epoch.to_owned());
        purl.version = version.to_owned();
    }
}

/// Splits the name of a package of a language into namespace and name.
fn names(package: &Package) -> (String, String) {
    let name = package.name.as_str();
    let split = match package.manager.as_str() {
        "maven" => name.rsplit_once([':', '/']),
        "npm" | "golang" => name.rsplit_once('/'),
        _ => None,
    };
    let (namespace, name) = split.unwrap_or(("", name));
    let name = match package.manager.as_str() {
        "pypi" => name.to_lowercase().replace('_', "-"),
        "npm" => name.to_lowercase(),
        _ => name.to_owned(),
    };
    (namespace.to_owned(), name)
}

impl Purl {
    /// Reads one; `None` of what is none. Never panics and takes no more memory than the text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = Some(text).filter(|text| text.len() <= MAX_BYTES)?.strip_prefix("pkg:")?;
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, rest) = rest.trim_matches('/').split_once('/')?;
        // An `@` of the name itself is encoded, but that of npm's scopes is often not.
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !path.is_empty() && !version.contains('/') => (path, version),
            _ => (rest, ""),
        };
        let path = path.trim_matches('/');
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let namespace: Option<Vec<String>> =
            namespace.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
        let mut purl = Self {
            kind: kind.to_ascii_lowercase(),
            namespace: namespace?.join("/"),
            name: decoded(name)?,
            version: decoded(version)?,
            qualifiers: BTreeMap::new(),
        };
        for (key, value) in qualifiers.split('&').filter_map(|pair| pair.split_once('=')) {
            purl.qualifiers.insert(key.to_ascii_lowercase(), decoded(value)?);
        }
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
        let named = !purl.name.is_empty() && !name.starts_with('@');
        (named && !purl.kind.is_empty() && purl.kind.bytes().all(known)).then_some(purl)
    }

    /// Returns the package that it names, of a manager that this version of drift reads.
    #[must_use]
    pub fn package(&self) -> Option<Package> {
        let system = SYSTEMS.iter().find(|(_, kind)| *kind == self.kind);
        let language = LANGUAGES.into_iter().find(|kind| *kind == self.kind);
        let manager = system.map(|(manager, _)| *manager).or(language)?;
        let qualifier = |key: &str| self.qualifiers.get(key).cloned().unwrap_or_default();
        let name = match (manager, self.namespace.as_str()) {
            ("maven", namespace) if !namespace.is_empty() => format!("{namespace}:{}", self.name),
            ("npm" | "golang", namespace) if !namespace.is_empty() => {
                format!("{namespace}/{}", self.name)
            }
            _ => self.name.clone(),
        };
        let epoch = qualifier("epoch");
        let version = match (manager, epoch.is_empty()) {
            ("rpm", false) if !self.version.contains(':') => format!("{epoch}:{}", self.version),
            _ => self.version.clone(),
        };
        let architecture = match (system, manager) {
            (Some(_), _) => qualifier("arch"),
            (None, "gem") => qualifier("platform"),
            _ => String::new(),
        };
        Some(Package {
            manager: manager.to_owned(),
            name,
            architecture,
            version,
            ..Package::default()
        })
    }
}

impl std::fmt::Display for Purl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "pkg:{}/", self.kind)?;
        for segment in self.namespace.split('/').filter(|segment| !segment.is_empty()) {
            write!(formatter, "{}/", encoded(segment))?;
        }
        formatter.write_str(&encoded(&self.name))?;
        if !self.version.is_empty() {
            write!(formatter, "@{}", encoded(&self.version))?;
        }
        for (at, (key, value)) in self.qualifiers.iter().enumerate() {
            let mark = if at == 0 { '?' } else { '&' };
            write!(formatter, "{mark}{key}={}", encoded(value))?;
        }
        Ok(())
    }
}

/// Encodes all but the unreserved characters of RFC 3986 and the colon.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Decodes `%XX`; `None` of what is cut, of what is no UTF-8 and of control characters.
fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
        out.push(u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?);
    }
    String::from_utf8(out).ok().filter(|text| !text.contains(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::{Purl, purl};
    use crate::model::{Identity, Package};

    fn package(manager: &str, name: &str, version: &str, architecture: &str) -> Package {
        Package {
            manager: manager.to_owned(),
            name: name.to_owned(),
            architecture: architecture.to_owned(),
            version: version.to_owned(),
            ..Package::default()
        }
    }

    fn system(os: &str, version: &str) -> Identity {
        let told = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Identity { os: told(os), version: told(version), ..Identity::default() }
    }

    /// The examples of the specification, and what tools write for systems.
    #[test]
    fn what_is_written_names_the_same_package_when_read() {
        let check = |given: Package, (os, version): (&str, &str), expect: &str| {
            let text = purl(&given, &system(os, version), None);
            assert_eq!(text, expect);
            let read = Purl::parse(&text).and_then(|purl| purl.package());
            assert_eq!(read, Some(given), "{text}");
        };
        let deb = "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=debian-8";
        check(package("dpkg", "curl", "7.50.3-1", "i386"), ("debian", "8"), deb);
        let epoch = "pkg:deb/debian/a%2B%2B@1:2~rc1%2Bb1?arch=all&distro=debian";
        check(package("dpkg", "a++", "1:2~rc1+b1", "all"), ("debian", ""), epoch);
        let rpm = "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25&epoch=1";
        check(package("rpm", "curl", "1:7.50.3-1.fc25", "i386"), ("fedora", "25"), rpm);
        let apk = "pkg:apk/alpine/apk@2.12.9-r3?arch=x86&distro=alpine-3.16";
        check(package("apk", "apk", "2.12.9-r3", "x86"), ("alpine", "3.16"), apk);
        let alpm = "pkg:alpm/arch/python-pip@21.0-1?arch=any&distro=arch";
        check(package("pacman", "python-pip", "21.0-1", "any"), ("arch", ""), alpm);
        check(package("dpkg", "x", "1", ""), ("", ""), "pkg:deb/x@1");
        let npm = "pkg:npm/%40angular/animation@12.3.1";
        check(package("npm", "@angular/animation", "12.3.1", ""), ("debian", "12"), npm);
        let go = "pkg:golang/google.golang.org/genproto@v0.1.0";
        check(package("golang", "google.golang.org/genproto", "v0.1.0", ""), ("", ""), go);
        let maven = "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1";
        check(package("maven", "org.apache.xmlgraphics:batik-anim", "1.9.1", ""), ("", ""), maven);
        let gem = "pkg:gem/nokogiri@1.8.2?platform=x86_64-linux";
        check(package("gem", "nokogiri", "1.8.2", "x86_64-linux"), ("", ""), gem);
        check(package("cargo", "rand", "0.7.2", ""), ("", ""), "pkg:cargo/rand@0.7.2");
        check(package("pypi", "django", "1.11.1", ""), ("", ""), "pkg:pypi/django@1.11.1");
    }

    #[test]
    fn names_of_python_are_normal_and_sources_are_told() {
        let none = system("", "");
        let shown = purl(&package("pypi", "Typing_Extensions", "4", ""), &none, None);
        assert_eq!(shown, "pkg:pypi/typing-extensions@4");
        let one = package("dpkg", "libc6", "2", "");
        assert_eq!(purl(&one, &none, Some(("glibc", "3"))), "pkg:deb/libc6@2?upstream=glibc%403");
        assert_eq!(purl(&one, &none, Some(("libc6", "2"))), "pkg:deb/libc6@2");
    }

    #[test]
    fn what_others_write_is_read() {
        let read = |text: &str| Purl::parse(text).and_then(|purl| purl.package());
        let scoped = read("pkg:npm/@angular/core@1#src/main").expect("it is valid");
        assert_eq!((scoped.name.as_str(), scoped.version.as_str()), ("@angular/core", "1"));
        let unversioned = read("pkg:npm/%40angular/core").expect("it is valid");
        assert_eq!(
            (unversioned.name.as_str(), unversioned.version.as_str()),
            ("@angular/core", "")
        );
        assert_eq!(
            read("pkg:DEB/debian/a@1%3A2?arch=amd64"),
            read("pkg:deb/debian/a@1:2?arch=amd64")
        );
        assert_eq!(read("pkg:generic/openssl@1.1"), None, "drift reads no such packages");
    }

    #[test]
    fn what_is_no_package_url_is_none() {
        let long = format!("pkg:deb/{}", "a".repeat(10_000));
        for text in [
            "",
            "pkg:",
            "pkg:deb",
            "pkg:deb/",
            "pkg:/a",
            "deb/a",
            "pkg:deb/%",
            "pkg:deb/%4",
            "pkg:deb/%zz",
            "pkg:deb/%ff",
            "pkg:deb/a@%00",
            "pkg:d\u{e9}b/a",
            "pkg:deb/a?b=%1b",
            "pkg:deb/a%0a",
            "pkg:///",
            "pkg:deb/@1",
            &long,
        ] {
            assert_eq!(Purl::parse(text).map(|purl| purl.name), Option::<String>::None, "{text}");
        }
    }
}
