//! What may stand in drift.toml: one table, which the reader, `config show`, `init` and
//! docs/operations.md follow.

use drift_core::report;
use drift_core::seal::Term;

use crate::args::{NICE, PageCacheMode, READ_LIMITS};
use crate::inputs;

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    /// The table it stands in; empty at the top.
    pub(crate) table: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// The option that it is the default of, as clap calls it.
    pub(crate) option: &'static str,
    pub(crate) kind: Kind,
    /// What holds when nobody says anything and the option has no default of its own.
    pub(crate) unset: &'static str,
    /// A value as it may be written.
    pub(crate) example: &'static str,
    pub(crate) meaning: &'static str,
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text(Form),
    /// One or several of a form.
    Texts(Form),
    /// A path, relative to the file it stands in.
    File,
    /// One or several paths.
    Files,
    /// `FORMAT=FILE`, one or several.
    Outputs,
    /// Private keys, or `external`.
    Signers,
    /// Profiles of tailoring: files, or names.
    Profiles,
    /// Directories, files or bundles of policies, or `builtin:NAME`.
    Policies,
    /// A table of texts.
    Facts,
    /// A whole number from this one on.
    Number(u64),
    /// A whole number from the first to the second.
    Within((u64, u64)),
    Flag,
    /// A whole number, or a share.
    Threads,
}

/// The form of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) expected: &'static str,
    pub(crate) holds: fn(&str) -> bool,
}

impl Kind {
    /// Returns what should stand there.
    pub(crate) fn expected(self) -> String {
        match self {
            Self::Text(form) => form.expected.to_owned(),
            Self::Texts(form) => format!("{}, or an array of such", form.expected),
            Self::File => "a path, as \"FILE\"".to_owned(),
            Self::Files => "a path, as \"FILE\", or an array of paths".to_owned(),
            Self::Outputs => "\"FORMAT=FILE\" with a known format, or an array of such".to_owned(),
            Self::Signers => "\"KEY.pem\" or \"external\", or an array of such".to_owned(),
            Self::Profiles => "a profile's name or \"FILE.toml\", or an array of such".to_owned(),
            Self::Policies => {
                "a path or \"builtin:NAME\" with a known name, or an array of such".to_owned()
            }
            Self::Facts => "a table of texts, as { git_commit = \"\u{2026}\" }".to_owned(),
            Self::Number(least) => format!("a whole number from {least}"),
            Self::Within((least, most)) => format!("a whole number from {least} to {most}"),
            Self::Flag => "true or false".to_owned(),
            Self::Threads => "a number from 1 to 1024, or a share such as \"50%\"".to_owned(),
        }
    }
}

impl Key {
    /// Returns the name as reports and messages give it.
    pub(crate) fn full_name(&self) -> String {
        if self.table.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}.{}", self.table, self.name)
        }
    }
}

const ANY: Form = Form { expected: "a text", holds: |text| !text.is_empty() };

const TARGET: Form = Form {
    expected: "\"/\", or a target with an absolute path, such as \"dir:/srv/root\"",
    holds: |text| {
        let path = text.split_once(':').map_or(text, |(_, path)| path);
        path.starts_with('/') || text == "host:"
    },
};

const TERM: Form = Form {
    expected: "a span such as \"90d\", \"12h\" or \"30m\", or a date",
    holds: |text| Term::parse(text).is_ok(),
};

const DEADLINE: Form = Form {
    expected: "a span such as \"90s\", \"5m\" or \"1h\"",
    holds: |text| inputs::span(text).is_some(),
};

const SEVERITY: Form = Form {
    expected: "\"low\", \"medium\", \"high\", \"critical\" or \"never\"",
    holds: |text| inputs::fail_on(text).is_ok(),
};

const FORMAT: Form =
    Form { expected: "the name of a report format", holds: |text| report::find(text).is_some() };

const PART: Form =
    Form { expected: "\"entries\" or \"packages\"", holds: |text| inputs::part(text).is_some() };

const OBSERVABLE: Form = Form {
    expected: "a name that --require knows, such as \"entries.xattr\"",
    holds: |text| inputs::require(&[text.to_owned()]).is_ok(),
};

const PLATFORM: Form = Form {
    expected: "OS/ARCH or OS/ARCH/VARIANT, such as \"linux/arm64\"",
    holds: |text| inputs::platform(text).is_ok(),
};

const PARAM: Form = Form {
    expected: "\"NAME=VALUE\"",
    holds: |text| text.split_once('=').is_some_and(|(name, _)| !name.is_empty()),
};

const PAGE_CACHE: Form = Form {
    expected: "\"as-found\" or \"keep\"",
    holds: |text| PageCacheMode::named(text).is_some(),
};

const MODE: Form =
    Form { expected: "\"full\" or \"incremental\"", holds: |text| inputs::mode(text).is_some() };

const fn key(
    (table, name, option): (&'static str, &'static str, &'static str),
    kind: Kind,
    (unset, example): (&'static str, &'static str),
    meaning: &'static str,
) -> Key {
    Key { table, name, option, kind, unset, example, meaning }
}

/// Every key, in the order in which they are shown.
#[rustfmt::skip]
pub(crate) const KEYS: &[Key] = &[
    key(("", "target", "target"), Kind::Text(TARGET), ("/", "\"/\""), "what is looked at, where none is typed"),
    key(("", "platform", "platform"), Kind::Text(PLATFORM), ("the only one, or that of this machine", "\"linux/amd64\""), "which image of that target is looked at"),
    key(("", "baseline", "baseline"), Kind::Files, ("none", "\"/var/lib/drift/golden.drift\""), "the sealed snapshot to compare with; several are laid over each other"),
    key(("", "baselines", "baselines"), Kind::File, ("none", "\"/usr/share/drift/baselines\""), "a directory of sealed snapshots, of which one is chosen by its identity"),
    key(("", "trust", "trust"), Kind::Files, ("nobody", "[\"golden.pub.pem\"]"), "public keys in PEM, or a trust.toml"),
    key(("", "threshold", "threshold"), Kind::Number(1), ("1, or what trust.toml says", "2"), "signatures by so many different keys are needed"),
    key(("", "identity", "expect_identity"), Kind::Text(ANY), ("any, or what trust.toml says", "\"web\""), "whose golden state the baseline must be; what capture seals for"),
    key(("", "min_sequence", "min_sequence"), Kind::Number(0), ("none, or what trust.toml says", "7"), "the lowest sequence that is taken"),
    key(("", "max_age", "max_age"), Kind::Text(TERM), ("any, or what trust.toml says", "\"90d\""), "the greatest age of a seal"),
    key(("", "rules", "rules"), Kind::File, ("those in the baseline, or the profile", "\"rules.drift\""), "rules that replace those of the baseline"),
    key(("", "profile", "profile"), Kind::Texts(ANY), ("the one that fits os-release", "[\"debian\"]"), "built-in rules by name"),
    key(("", "only", "only"), Kind::Texts(PART), ("everything", "[\"entries\"]"), "what is looked at"),
    key(("", "policy", "policy"), Kind::Policies, ("without a baseline builtin:immutability and builtin:host", "[\"builtin:host\", \"policies\"]"), "the policies to evaluate: directories, sealed bundles, or packs that come with drift"),
    key(("", "require", "require"), Kind::Texts(OBSERVABLE), ("nothing", "[\"entries.xattr\"]"), "what must be observable in the target"),
    key(("", "mode", "mode"), Kind::Text(MODE), ("full", "\"full\""), "how much of the target is read"),
    key(("", "tailor", "tailor"), Kind::Profiles, ("every policy, as it is", "[\"web.toml\"]"), "profiles that say which policies run, and how loud they are"),
    key(("", "param", "param"), Kind::Texts(PARAM), ("what the policies say", "[\"max_baseline_age_days=30\"]"), "values for parameters of policies"),
    key(("", "waivers", "waivers"), Kind::File, ("none", "\"waivers.toml\""), "findings that are accepted: who, why and until when"),
    key(("", "require_sealed_waivers", "require_sealed_waivers"), Kind::Flag, ("false", "true"), "whether the file of waivers must be sealed"),
    key(("", "fail_on", "fail_on"), Kind::Text(SEVERITY), ("medium", "\"medium\""), "the lowest severity that fails"),
    key(("", "exit_zero", "exit_zero"), Kind::Flag, ("false", "false"), "whether findings end with 0"),
    key(("", "format", "format"), Kind::Text(FORMAT), ("text", "\"text\""), "the form of the report on standard output"),
    key(("", "output", "output"), Kind::Outputs, ("none", "[\"json=/var/log/drift/report.json\"]"), "files that get the report as well"),
    key(("", "sign_report", "sign_report"), Kind::File, ("none", "\"report.key.pem\""), "the key that signs each report in a file"),
    key(("", "quiet", "quiet"), Kind::Flag, ("false", "true"), "whether a clean run prints nothing"),
    key(("", "with_content", "with_content"), Kind::Flag, ("false", "false"), "whether the report shows what small text files that changed say now"),
    key(("", "threads", "threads"), Kind::Threads, ("all processors", "\"50%\""), "threads, as a number or a share of the processors"),
    key(("", "read_limit", "read_limit"), Kind::Within(READ_LIMITS), ("none", "100"), "the most that is read of the target's content, in MiB a second"),
    key(("", "nice", "nice"), Kind::Within(NICE), ("as it was started", "10"), "niceness of the process, for processors and disks"),
    key(("", "page_cache", "page_cache"), Kind::Text(PAGE_CACHE), ("as-found", "\"as-found\""), "whether what reading brings into the page cache is dropped again, or kept"),
    key(("", "state", "state"), Kind::File, ("/var/lib/drift for root, else $XDG_STATE_HOME/drift", "\"/var/lib/drift\""), "where sequences and the last runs are remembered"),
    key(("", "deadline", "deadline"), Kind::Text(DEADLINE), ("none", "\"30m\""), "the time after which a run ends as incomplete"),
    key(("capture", "sign", "sign"), Kind::Signers, ("none", "[\"golden.key.pem\"]"), "private keys that seal what is captured"),
    key(("capture", "expires", "expires"), Kind::Text(TERM), ("never", "\"180d\""), "until when the seal holds"),
    key(("capture", "provenance", "provenance"), Kind::Facts, ("none", "{ built_by = \"ci\" }"), "facts on where the snapshot comes from"),
    key(("capture", "rules", "rules"), Kind::File, ("as above", "\"rules.drift\""), "rules that are sealed into what is captured"),
    key(("capture", "profile", "profile"), Kind::Texts(ANY), ("as above", "[\"debian\"]"), "built-in rules of a capture, by name"),
];
