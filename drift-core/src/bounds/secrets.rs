//! What looks like a secret: the one judgement by which values are masked before anything stores or
//! shows them (promise 7).
//!
//! Looks deceive: a mask more costs a reader little, a mask less shows a password. Where text is
//! masked, doubt therefore masks; [`kind_of_name`] alone, which makes findings, is narrower.

/// Stands for a value that is not shown.
pub const MASK: &str = "[masked]";

/// Words in a key that make its value a secret.
const WORDS: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "private",
    "psk",
    "auth",
    "cookie",
    "key",
];

/// Words that make a name a secret's where they stand alone in it.
const WHOLE_WORDS: [&str; 6] = ["key", "pass", "pwd", "pw", "psk", "auth"];

/// Words that make a name a secret's wherever they stand in it.
const TELLING_WORDS: [&str; 8] =
    ["password", "passwd", "passphrase", "secret", "token", "credential", "apikey", "privatekey"];

/// Words of names that speak of something public, or of a place.
const PUBLIC_WORDS: [&str; 8] = ["gpg", "pgp", "public", "pub", "file", "path", "dir", "keyring"];

/// What key material and password hashes (crypt(5), RFC 2307) look like wherever they stand.
const MARKS: [&str; 14] = [
    "PRIVATE KEY",
    "AGE-SECRET-KEY",
    "$1$",
    "$2",
    "$5$",
    "$6$",
    "$7$",
    "$y$",
    "$gy$",
    "$apr1$",
    "$argon2",
    "$sha1$",
    "{SSHA",
    "{CRYPT}",
];

/// How the tokens of well-known services begin, how many characters of a token follow at least, and
/// what they are.
const TOKENS: [(&str, usize, &str); 18] = [
    ("AKIA", 16, "aws-access-key"),
    ("ASIA", 16, "aws-access-key"),
    ("ghp_", 20, "github-token"),
    ("gho_", 20, "github-token"),
    ("ghu_", 20, "github-token"),
    ("ghs_", 20, "github-token"),
    ("ghr_", 20, "github-token"),
    ("github_pat_", 20, "github-token"),
    ("glpat-", 16, "gitlab-token"),
    ("xoxb-", 10, "slack-token"),
    ("xoxp-", 10, "slack-token"),
    ("xoxa-", 10, "slack-token"),
    ("xoxr-", 10, "slack-token"),
    ("xoxs-", 10, "slack-token"),
    ("npm_", 30, "npm-token"),
    ("pypi-", 30, "pypi-token"),
    ("sk_live_", 16, "stripe-key"),
    ("eyJ", 30, "json-web-token"),
];

/// What stands between a key and its value.
const SEPARATORS: [char; 6] = ['=', ':', ' ', '\t', '>', '"'];

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'l> {
    /// Like no secret.
    Plain,
    /// Only this part of it may be shown.
    Secret {
        /// The part before the value.
        kept: &'l str,
    },
    /// It announces a secret that stands on the lines after it.
    SecretBelow,
}

/// Returns whether key material or a password hash seems to stand anywhere in the text.
#[must_use]
pub fn has_key_material(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

/// Judges one line of a configuration file.
#[must_use]
pub fn look(line: &str) -> Line<'_> {
    if let Some((at, _)) = by_value(line) {
        return Line::Secret { kept: line.get(..at).unwrap_or_default() };
    }
    let lower = line.to_ascii_lowercase();
    let Some(word) = WORDS.iter().filter_map(|word| lower.find(word)).min() else {
        return Line::Plain;
    };
    let end = line.get(word..).and_then(|rest| rest.find(SEPARATORS.as_slice()));
    let Some(value) = end.map(|end| word.saturating_add(end).saturating_add(1)) else {
        return Line::Plain;
    };
    match line.get(value..).unwrap_or_default().trim() {
        // A comment says what it likes.
        "" if lower.trim_start().starts_with(['#', ';'].as_slice()) => Line::Plain,
        "" | "|" | ">" | "|-" | ">-" | "=" | "\\" => Line::SecretBelow,
        _ => Line::Secret { kept: line.get(..value).unwrap_or_default() },
    }
}

/// Returns what a value looks like, whatever its name.
#[must_use]
pub fn kind_of_value(text: &str) -> Option<&'static str> {
    if text.contains("PRIVATE KEY") || text.contains("AGE-SECRET-KEY") {
        return Some("private-key");
    }
    by_value(text).map(|(_, kind)| kind).or(has_key_material(text).then_some("password-hash"))
}

/// Returns `named-like-a-secret` for a name such as `API_TOKEN` or `db.password`.
#[must_use]
pub fn kind_of_name(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    if words.iter().any(|word| PUBLIC_WORDS.contains(word)) {
        return None;
    }
    let joined = words.concat();
    // PWD alone is where a shell stands.
    let whole = |word: &&str| WHOLE_WORDS.contains(word) && (words.len() > 1 || *word != "pwd");
    let named = TELLING_WORDS.iter().any(|word| joined.contains(word)) || words.iter().any(whole);
    named.then_some("named-like-a-secret")
}

/// Finds the first part of a text that is a secret by its looks: where it begins, and its kind.
fn by_value(text: &str) -> Option<(usize, &'static str)> {
    let tokens = TOKENS
        .iter()
        .filter_map(|(start, length, kind)| token(text, start, *length).map(|at| (at, *kind)));
    tokens.chain(credentials(text).map(|at| (at, "url-with-password"))).min()
}

fn token(text: &str, start: &str, length: usize) -> Option<usize> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    text.match_indices(start).map(|(at, _)| at).find(|&at| {
        let before = text.get(..at).and_then(|before| before.bytes().next_back());
        let rest = text.get(at.saturating_add(start.len())..).unwrap_or_default();
        !before.is_some_and(|byte| byte.is_ascii_alphanumeric())
            && rest.bytes().take_while(|&byte| part(byte)).count() >= length
    })
}

/// Finds what follows `://` in `scheme://user:password@host`.
fn credentials(text: &str) -> Option<usize> {
    let mut parts = text.split("://");
    let mut at = parts.next()?.len().saturating_add(3);
    for part in parts {
        let word = part.split([' ', '\t', '\n', '\'', '"']).next().unwrap_or_default();
        let user = word.find('@').and_then(|host| word.get(..host));
        if user.is_some_and(|user| user.contains(':')) {
            return Some(at);
        }
        at = at.saturating_add(part.len()).saturating_add(3);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Line, kind_of_name, kind_of_value, look};

    #[test]
    fn names_of_secrets() {
        for name in [
            "API_TOKEN",
            "DB_PASSWORD",
            "PGPASSWORD",
            "MYSQL_PWD",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "db.password",
            "STRIPE_KEY",
            "BASIC_AUTH",
            "api-key",
            "SECRET",
            "KEY",
            "dbPassword",
        ] {
            assert_eq!(kind_of_name(name), Some("named-like-a-secret"), "{name}");
        }
        for name in [
            "PATH",
            "HOME",
            "PWD",
            "OLDPWD",
            "KEYMAP",
            "GPG_KEY",
            "PUBLIC_KEY",
            "MONKEY",
            "AUTHOR",
            "SSL_CERT_FILE",
            "POSTGRES_PASSWORD_FILE",
            "COMPASS",
        ] {
            assert_eq!(kind_of_name(name), None, "{name}");
        }
    }

    #[test]
    fn values_of_secrets() {
        let long = "a".repeat(40);
        for (value, kind) in [
            ("AKIAIOSFODNN7EXAMPLE".to_owned(), "aws-access-key"),
            (format!("ghp_{long}"), "github-token"),
            (format!("x eyJhbGciOiJIUzI1NiJ9.{long}.x"), "json-web-token"),
            ("xoxb-1234567890-abc".to_owned(), "slack-token"),
            ("https://u:p@h/x".to_owned(), "url-with-password"),
            ("-----BEGIN EC PRIVATE KEY-----".to_owned(), "private-key"),
            ("$6$salt$hash".to_owned(), "password-hash"),
        ] {
            assert_eq!(kind_of_value(&value), Some(kind), "{value}");
        }
        for value in
            ["https://example.org/a@b", "AKIA", "eyJ", "http://h:80/", "MAKIAIOSFODNN7EXAMPLE"]
        {
            assert_eq!(kind_of_value(value), None, "{value}");
        }
    }

    #[test]
    fn lines_keep_what_stands_before_the_value() {
        assert_eq!(look("url: https://u:p@h"), Line::Secret { kept: "url: https://" });
        assert_eq!(look("x AKIAIOSFODNN7EXAMPLE"), Line::Secret { kept: "x " });
        assert_eq!(look("Port 22"), Line::Plain);
    }
}
