//! What can be typed. Nothing is resolved here: see `settings.rs` and `inputs.rs`.

mod accept;
mod acceptance;
mod config;
mod explain;
mod manifest;
mod manners;
mod policy;
mod sbom;
mod sealed;
mod summarize;

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};

pub(crate) use self::accept::Accept;
pub(crate) use self::acceptance::{
    TailorArgs, Waiver, WaiverArgs, WaiverCommand, WaiverList, WaiverSeal,
};
pub(crate) use self::config::{Config, ConfigCommand, ShowFormat};
pub(crate) use self::policy::{
    CatalogueFormat, Policy, PolicyBundle, PolicyCheck, PolicyCommand, PolicyInput, PolicyList,
    PolicyNew, PolicyTest, TestFormat, Work,
};
pub(crate) use explain::Explain;
pub(crate) use manifest::{Manifest, ManifestBuild, ManifestCommand};
pub(crate) use manners::{MannersArgs, NICE, PageCacheMode, READ_LIMITS};
pub(crate) use sbom::{Sbom, SbomFiles, SbomFormat};
pub(crate) use sealed::{
    Export, ExportFormat, Inspect, InspectPart, KeyAlgorithm, Keygen, Seal, Verify,
};
pub(crate) use summarize::Summarize;

/// Proves that a running host, or an image about to be deployed, is still its golden image.
#[derive(Debug, Parser)]
#[command(name = "drift", version, after_help = after_help(), max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which drift.toml is read.
#[derive(Debug, Clone, Group)]
pub(crate) struct ConfigArgs {
    /// Read this drift.toml alone, instead of those of the project, the user and the system
    #[arg(long, value_name = "FILE", global = true, conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Read no drift.toml
    #[arg(long, global = true)]
    pub(crate) no_config: bool,
}

fn after_help() -> String {
    let codes: Vec<String> = drift_core::judge::EXIT_CODES
        .iter()
        .map(|exit| format!("  {:>3}  {:<12} {}", exit.code, exit.name, exit.when))
        .collect();
    format!("Exit codes:\n{}", codes.join("\n"))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compare a target with a sealed baseline, or without one with its own package database
    Check(Box<Check>),
    /// Capture a target into a snapshot, and seal it with --sign
    Capture(Capture),
    /// Seal a snapshot, a bundle of policies or a bill of materials: sign it for an identity, with a sequence and an expiry
    Seal(Seal),
    /// Make the next baseline from a golden one and chosen changes of a snapshot
    Accept(Box<Accept>),
    /// Verify the seal of a baseline, report, bundle of policies, file of waivers or bill of materials
    Verify(Verify),
    /// Compare any two targets
    Diff(Diff),
    /// Say everything that is known of one path, or of one policy
    Explain(Explain),
    /// Group many reports by what their targets have in common, and name the outliers
    Summarize(Summarize),
    /// Show what a baseline holds
    Inspect(Inspect),
    /// Write the entries of a baseline in another form
    Export(Export),
    /// Write a bill of materials: the packages of a target, their licences, needs and files
    Sbom(Box<Sbom>),
    /// Make a key pair: PREFIX.key.pem and PREFIX.pub.pem
    Keygen(Keygen),
    /// Look at the rules
    Rules(Rules),
    /// Write a commented drift.toml and rules to begin with
    Init(Init),
    /// Look at waivers, or seal them
    Waiver(Waiver),
    /// Look at the configuration
    Config(Config),
    /// Print the completion script of a shell
    Completions(Completions),
    /// Write the manual pages: one for drift and one for each verb
    Man(Man),
    /// Read what packages contain into a sealed file
    Manifest(Manifest),
    /// Show, check, test, write and bundle policies
    Policy(Policy),
    /// Evaluate policies for another process of drift
    #[command(hide = true)]
    PolicyWorker {
        /// What for
        #[arg(value_enum)]
        work: Work,
    },
}

/// Which target, and how its entries are classed.
#[derive(Debug, Clone, Group)]
pub(crate) struct RuleArgs {
    /// Rules, one a line: CLASS PATTERN [+attribute|-attribute]...; they follow the profiles
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// Built-in rules by name; without it the one that fits os-release. `mutable` stands beside any:
    /// what a manifest verifies of an upgrade is informational then
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Vec<String>,
}

/// Which image, where a target holds several.
#[derive(Debug, Clone, Group)]
pub(crate) struct ImageArgs {
    /// The image for this platform; without it the only one there is, else that of this machine
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) platform: Option<String>,
}

/// What of the target is looked at, and with how many threads.
#[derive(Debug, Clone, Group)]
pub(crate) struct ScopeArgs {
    /// Look at these alone
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) only: Vec<Part>,
    /// Threads, as a number or a share of the processors such as 50%
    #[arg(long, value_name = "N|N%")]
    pub(crate) threads: Option<String>,
}

/// A part of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    Entries,
    Packages,
    /// What policies say of the target; differences are not findings then
    Policies,
}

/// Whom to trust.
#[derive(Debug, Clone, Default, Group)]
pub(crate) struct TrustArgs {
    /// A public key in PEM, or a trust.toml; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Vec<PathBuf>,
    /// Signatures by so many different keys are needed
    #[arg(long, value_name = "N")]
    pub(crate) threshold: Option<u32>,
    /// The baseline must have been sealed for this identity
    #[arg(long, value_name = "NAME")]
    pub(crate) expect_identity: Option<String>,
    /// The baseline's sequence must be at least this
    #[arg(long, value_name = "N")]
    pub(crate) min_sequence: Option<u64>,
    /// The baseline must have been sealed within this time, such as 90d, 12h
    #[arg(long, value_name = "D")]
    pub(crate) max_age: Option<String>,
    /// Where the last sequence of each lineage is remembered; /var/lib/drift for root, else
    /// $XDG_STATE_HOME/drift
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// The time that expiry, age and reports use, RFC 3339, instead of the clock
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
    // Whether the expected identity is what the target's own os-release says.
    #[arg(skip)]
    pub(crate) named_by_target: bool,
}

/// Where the report goes.
#[derive(Debug, Clone, Group)]
pub(crate) struct ReportArgs {
    /// The form of the report on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: String,
    /// Write the report in another form to a file as well; may be repeated
    #[arg(long, value_name = "FORMAT=FILE")]
    pub(crate) output: Vec<String>,
    /// The lowest severity that fails: low, medium, high, critical or never
    #[arg(long, value_name = "SEVERITY", default_value = "medium")]
    pub(crate) fail_on: String,
    /// End with 0 where findings would give 1
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub(crate) exit_zero: bool,
    /// Print nothing when clean; the files of --output are written all the same
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub(crate) quiet: bool,
    /// What must be observable in the target, such as entries.xattr
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) require: Vec<String>,
}

/// How a file is sealed.
#[derive(Debug, Clone, Group)]
pub(crate) struct SealArgs {
    /// A private key in PEM, or "external" to sign elsewhere; may be repeated
    #[arg(long, value_name = "KEY.pem|external")]
    pub(crate) sign: Vec<String>,
    /// Until when the seal holds: a time, a date, or a duration such as 90d
    #[arg(long, value_name = "D")]
    pub(crate) expires: Option<String>,
    /// The place in the lineage; without it the last known plus one
    #[arg(long, value_name = "N")]
    pub(crate) sequence: Option<u64>,
    /// The name of the lineage, such as the image's name
    #[arg(long, value_name = "NAME")]
    pub(crate) identity: Option<String>,
    /// A fact on where it comes from, such as git_commit=…; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) provenance: Vec<String>,
}

/// How much of the target is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Everything.
    Full,
    /// What looks as it did when an earlier check read it is not read, but for a random part.
    Incremental,
}

/// What a target can be; no comment of a field, where brackets would be links.
const TARGETS: &str = "/, dir:PATH, overlay:UPPER:LOWER, tar:FILE, oci:DIR|FILE[@TAG], \
    docker-archive:FILE[@TAG], baseline:FILE, sbom:FILE, a path whose kind is detected, or - for an \
    archive on standard input";

/// What can be captured.
const CAPTURED: &str = "/, dir:PATH, overlay:UPPER:LOWER, tar:FILE, oci:DIR|FILE[@TAG], \
    docker-archive:FILE[@TAG], a path whose kind is detected, or - for an archive on standard input";

#[derive(Debug, Parser)]
pub(crate) struct Check {
    #[arg(default_value = "/", help = TARGETS)]
    pub(crate) target: String,
    /// Policies: a directory, a sealed bundle, or builtin:NAME; may be repeated
    #[arg(long, value_name = "DIR|BUNDLE|builtin:NAME")]
    pub(crate) policy: Vec<String>,
    #[command(flatten)]
    pub(crate) tailoring: TailorArgs,
    #[command(flatten)]
    pub(crate) acceptance: WaiverArgs,
    /// The sealed snapshot to compare with; may be repeated, later ones are laid over earlier ones; or
    /// one sealed bill of materials
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Vec<PathBuf>,
    /// A directory of sealed snapshots; the one is taken whose identity is expected, else the one
    /// that IMAGE_ID and IMAGE_VERSION of the target's os-release name
    #[arg(long, value_name = "DIR", conflicts_with = "baseline")]
    pub(crate) baselines: Option<PathBuf>,
    /// A sealed manifest of what packages contain, which vouches for them beside the target's own
    /// database; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) manners: MannersArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// Read everything, or only what looks otherwise than when an earlier check read it
    #[arg(long, value_enum, default_value = "full")]
    pub(crate) mode: Mode,
    /// With --mode incremental: within so many checks read every file again that is not sealed, at
    /// random; 1 reads all of them
    #[arg(long, value_name = "RUNS", default_value_t = drift_core::cache::DEFAULT_WITHIN,
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rehash_within: u32,
    /// Show in the JSON report what small text files that changed say now, secrets masked by looks
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub(crate) with_content: bool,
    /// Sign each report that goes to a file
    #[arg(long, value_name = "KEY.pem")]
    pub(crate) sign_report: Option<PathBuf>,
    /// An earlier report in JSON: say what is new since, what is fixed, and what cannot be compared
    #[arg(long, value_name = "REPORT.json")]
    pub(crate) previous: Option<PathBuf>,
    /// Fail only for what the report of --previous does not have, or not for certain
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub(crate) fail_on_new: bool,
    /// End as incomplete after this time, such as 90s, 5m, 1h, and say how far it came
    #[arg(long, value_name = "D")]
    pub(crate) deadline: Option<String>,
    /// It is not the check that the configuration speaks of, so its run leaves no stamp in the state
    /// directory.
    #[arg(skip)]
    pub(crate) elsewhere: bool,
}

#[derive(Debug, Parser)]
pub(crate) struct Capture {
    #[arg(default_value = "/", help = CAPTURED)]
    pub(crate) target: String,
    /// The snapshot to write
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// End after this time, such as 90s, 5m, 1h, without a snapshot
    #[arg(long, value_name = "D")]
    pub(crate) deadline: Option<String>,
    #[command(flatten)]
    pub(crate) seal: SealArgs,
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) manners: MannersArgs,
    /// Where the last sequence of each lineage is remembered; /var/lib/drift for root, else
    /// $XDG_STATE_HOME/drift
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// The time of sealing, RFC 3339, instead of the clock
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
}

#[derive(Debug, Parser)]
pub(crate) struct Diff {
    /// The older target
    pub(crate) a: String,
    /// The newer target
    pub(crate) b: String,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Open baselines without verifying their seal
    #[arg(long, conflicts_with_all = ["trust", "manifest"])]
    pub(crate) unverified: bool,
    /// A sealed manifest of what packages contain, which vouches for them; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) manners: MannersArgs,
    /// The form of the report on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: String,
    /// Write the report in another form to a file as well; may be repeated
    #[arg(long, value_name = "FORMAT=FILE")]
    pub(crate) output: Vec<String>,
}

#[derive(Debug, Parser)]
pub(crate) struct Rules {
    #[command(subcommand)]
    pub(crate) command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Say which rule decides for a path, and what it compares
    Explain(RulesExplain),
}

#[derive(Debug, Parser)]
pub(crate) struct RulesExplain {
    /// The path, as it is inside the target; end it with / for a directory that does not exist here
    pub(crate) path: String,
    /// The target whose os-release chooses the profile
    #[arg(default_value = "/")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Take the rules of this baseline instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rules", "profile"])]
    pub(crate) baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}

#[derive(Debug, Parser)]
pub(crate) struct Init {
    /// Write to /etc/drift, for this host, instead of the working directory
    #[arg(long)]
    pub(crate) system: bool,
}

#[derive(Debug, Parser)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Parser)]
pub(crate) struct Man {
    /// The directory for them; it is made when it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}
