//! What of the configuration holds for a verb: every option that was not typed.

use std::path::PathBuf;

use clap::ArgMatches;
use clap::parser::ValueSource;
use drift_core::artifact;

use crate::args::{
    Capture, Check, Command, Diff, Explain, ImageArgs, ManifestCommand, MannersArgs, PageCacheMode,
    Part, PolicyCommand, ReportArgs, RuleArgs, RulesCommand, RulesExplain, Sbom, ScopeArgs,
    TailorArgs, TrustArgs, WaiverArgs, WaiverCommand,
};
use crate::failure::Failure;
use crate::inputs;
use crate::settings::Settings;

use super::{Config, Value, check_owned, choose};

/// Fills in what was not typed.
pub(crate) fn fill(
    command: &mut Command,
    matches: &ArgMatches,
    config: &Config,
    settings: &Settings,
) -> Result<(), Failure> {
    let mut typed = matches;
    while let Some((_, inner)) = typed.subcommand() {
        typed = inner;
    }
    let layers = Layers { config, typed, settings };
    match command {
        Command::Check(args) => layers.check(args),
        Command::Capture(args) => layers.capture(args),
        Command::Explain(args) => layers.explain(args),
        Command::Rules(args) => match &mut args.command {
            RulesCommand::Explain(args) => layers.rules_explain(args),
        },
        Command::Diff(args) => layers.diff(args),
        Command::Sbom(args) => layers.sbom(args),
        Command::Verify(args) => layers.trust(&mut args.trust),
        Command::Accept(args) => {
            layers.threads(&mut args.threads);
            layers.trust(&mut args.trust)
        }
        Command::Waiver(args) => match &mut args.command {
            WaiverCommand::List(args) => {
                layers.acceptance(&mut args.acceptance);
                if args.unverified { Ok(()) } else { layers.trust(&mut args.trust) }
            }
            WaiverCommand::Seal(_) => Ok(()),
        },
        Command::Inspect(args) if !args.unverified => layers.trust(&mut args.trust),
        Command::Export(args) if !args.unverified => layers.trust(&mut args.trust),
        Command::Seal(args) => {
            layers.take("state", "state", &mut args.state, |value| value.path().map(Some));
            Ok(())
        }
        Command::Manifest(args) => match &mut args.command {
            ManifestCommand::Build(args) => {
                layers.take("state", "state", &mut args.state, |value| value.path().map(Some));
                Ok(())
            }
        },
        Command::Policy(args) => match &mut args.command {
            PolicyCommand::Input(args) => layers.check(&mut args.check),
            PolicyCommand::List(args) => layers.trust(&mut args.trust),
            PolicyCommand::Bundle(args) => {
                layers.take("state", "state", &mut args.state, |value| value.path().map(Some));
                Ok(())
            }
            PolicyCommand::Check(_) | PolicyCommand::Test(_) | PolicyCommand::New(_) => Ok(()),
        },
        Command::Inspect(_)
        | Command::Export(_)
        | Command::Keygen(_)
        | Command::Summarize(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Init(_)
        | Command::PolicyWorker { .. }
        | Command::Config(_) => Ok(()),
    }
}

/// The options that decide what a check finds, besides its target.
const DECIDING: &[&str] = &[
    "baseline",
    "baselines",
    "trust",
    "threshold",
    "expect_identity",
    "min_sequence",
    "max_age",
    "platform",
    "policy",
    "rules",
    "profile",
    "tailor",
    "param",
    "waivers",
    "require_sealed_waivers",
    "only",
    "mode",
    "require",
    "fail_on",
    "fail_on_new",
];

/// The command line above the files.
struct Layers<'l> {
    config: &'l Config,
    typed: &'l ArgMatches,
    settings: &'l Settings,
}

impl Layers<'_> {
    fn is_typed(&self, option: &str) -> bool {
        self.typed.value_source(option) == Some(ValueSource::CommandLine)
    }

    /// Puts what the files say into an option that was not typed; returns whether it did.
    fn take<T>(
        &self,
        name: &str,
        option: &str,
        into: &mut T,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> bool {
        self.take_of(&[("", name)], option, into, read)
    }

    /// The same, from the first of these keys that is stated.
    fn take_of<T>(
        &self,
        keys: &[(&str, &str)],
        option: &str,
        into: &mut T,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> bool {
        if self.is_typed(option) {
            return false;
        }
        let stated = keys.iter().find_map(|(table, name)| self.config.get(table, name));
        match stated.and_then(|setting| read(setting.value)) {
            Some(value) => *into = value,
            None => return false,
        }
        true
    }

    fn check(&self, args: &mut Check) -> Result<(), Failure> {
        let usual = match self.config.get("", "target").and_then(|setting| setting.value.text()) {
            Some(text) => text,
            None => "/".to_owned(),
        };
        args.elsewhere = !self.is_typed("state")
            && (self.is_typed("target") && args.target != usual || self.asks_otherwise());
        self.target(&mut args.target, &mut args.image);
        self.rules(&["rules", "profile"].map(|name| vec![("", name)]), &mut args.rules)?;
        self.scope(&mut args.scope);
        self.manners(&mut args.manners);
        self.report(&mut args.report);
        self.take("policy", "policy", &mut args.policy, Value::texts);
        self.tailoring(&mut args.tailoring);
        self.acceptance(&mut args.acceptance);
        self.take("mode", "mode", &mut args.mode, |value| inputs::mode(&value.text()?));
        self.take("with_content", "with_content", &mut args.with_content, Value::flag);
        self.take("deadline", "deadline", &mut args.deadline, |value| value.text().map(Some));
        self.take("sign_report", "sign_report", &mut args.sign_report, |value| {
            value.path().map(Some)
        });
        self.trust(&mut args.trust)?;
        self.subject(&mut args.trust);
        // Choosing a baseline may open the target, which takes time as well.
        inputs::deadline(self.settings, args.deadline.as_deref())?;
        let reference = (&mut args.baseline, &args.baselines);
        self.reference(reference, (&args.target, &args.image), &mut args.trust)
    }

    pub(super) fn tailoring(&self, args: &mut TailorArgs) {
        self.take("tailor", "tailor", &mut args.tailor, Value::texts);
        args.is_param_configured = self.take("param", "param", &mut args.param, Value::texts);
    }

    fn acceptance(&self, args: &mut WaiverArgs) {
        self.take("waivers", "waivers", &mut args.waivers, |value| value.path().map(Some));
        let sealed = &mut args.require_sealed_waivers;
        self.take("require_sealed_waivers", "require_sealed_waivers", sealed, Value::flag);
    }

    /// Whether a configuration says what is watched, and something else was typed. Looking elsewhere,
    /// at less, or with a milder eye must not pass for the run that is watched.
    fn asks_otherwise(&self) -> bool {
        self.config.reference().is_some() && DECIDING.iter().any(|option| self.is_typed(option))
    }

    fn capture(&self, args: &mut Capture) -> Result<(), Failure> {
        self.target(&mut args.target, &mut args.image);
        let keys = ["rules", "profile"].map(|name| vec![("capture", name), ("", name)]);
        self.rules(&keys, &mut args.rules)?;
        self.scope(&mut args.scope);
        self.manners(&mut args.manners);
        self.take("state", "state", &mut args.state, |value| value.path().map(Some));
        self.take("deadline", "deadline", &mut args.deadline, |value| value.text().map(Some));
        let seal = &mut args.seal;
        self.take("identity", "identity", &mut seal.identity, |value| value.text().map(Some));
        self.take_of(&[("capture", "sign")], "sign", &mut seal.sign, Value::texts);
        self.take_of(&[("capture", "expires")], "expires", &mut seal.expires, |value| {
            value.text().map(Some)
        });
        let provenance = &mut seal.provenance;
        self.take_of(&[("capture", "provenance")], "provenance", provenance, Value::texts);
        Ok(())
    }

    fn explain(&self, args: &mut Explain) -> Result<(), Failure> {
        self.threads(&mut args.threads);
        self.manners(&mut args.manners);
        self.target(&mut args.target, &mut args.image);
        self.rules(&["rules", "profile"].map(|name| vec![("", name)]), &mut args.rules)?;
        self.trust(&mut args.trust)?;
        self.subject(&mut args.trust);
        self.take("policy", "policy", &mut args.policy, Value::texts);
        self.tailoring(&mut args.tailoring);
        let reference = (&mut args.baseline, &args.baselines);
        self.reference(reference, (&args.target, &args.image), &mut args.trust)
    }

    /// As a check would decide: rules of the operator, else those of the baseline.
    fn rules_explain(&self, args: &mut RulesExplain) -> Result<(), Failure> {
        self.target(&mut args.target, &mut args.image);
        self.trust(&mut args.trust)?;
        self.subject(&mut args.trust);
        if args.baseline.is_some() {
            return Ok(());
        }
        self.rules(&["rules", "profile"].map(|name| vec![("", name)]), &mut args.rules)?;
        if args.rules.rules.is_none() && args.rules.profile.is_empty() {
            let mut found = Vec::new();
            let target = (args.target.as_str(), &args.image);
            self.reference((&mut found, &None), target, &mut args.trust)?;
            // Of several, the rules of the last hold.
            args.baseline = found.pop();
        }
        Ok(())
    }

    fn diff(&self, args: &mut Diff) -> Result<(), Failure> {
        // What a check looks at says nothing of two targets that somebody names.
        self.threads(&mut args.scope.threads);
        self.manners(&mut args.manners);
        if args.unverified { Ok(()) } else { self.trust(&mut args.trust) }
    }

    fn sbom(&self, args: &mut Sbom) -> Result<(), Failure> {
        self.target(&mut args.target, &mut args.image);
        self.rules(&["rules", "profile"].map(|name| vec![("", name)]), &mut args.rules)?;
        self.threads(&mut args.threads);
        self.manners(&mut args.manners);
        self.take("deadline", "deadline", &mut args.deadline, |value| value.text().map(Some));
        if args.unverified { Ok(()) } else { self.trust(&mut args.trust) }
    }

    /// What is looked at. The platform is one of the target that stands beside it.
    fn target(&self, target: &mut String, image: &mut ImageArgs) {
        if self.is_typed("target") {
            return;
        }
        self.take("target", "target", target, Value::text);
        self.take("platform", "platform", &mut image.platform, |value| value.text().map(Some));
    }

    /// Whom to trust, for any sealed file.
    fn trust(&self, args: &mut TrustArgs) -> Result<(), Failure> {
        if self.take("trust", "trust", &mut args.trust, Value::paths) {
            for path in &args.trust {
                check_owned(path, self.settings).map_err(no_key)?;
            }
            for path in artifact::trust_files(&args.trust)? {
                check_owned(&path, self.settings)?;
            }
        }
        self.take("threshold", "threshold", &mut args.threshold, |value| {
            value.number().and_then(|number| u32::try_from(number).ok()).map(Some)
        });
        self.take("max_age", "max_age", &mut args.max_age, |value| value.text().map(Some));
        self.take("state", "state", &mut args.state, |value| value.path().map(Some));
        Ok(())
    }

    /// What is expected of the baseline of this system, and of no other file.
    fn subject(&self, args: &mut TrustArgs) {
        self.take("identity", "expect_identity", &mut args.expect_identity, |value| {
            value.text().map(Some)
        });
        self.take("min_sequence", "min_sequence", &mut args.min_sequence, |value| {
            value.number().map(Some)
        });
    }

    /// The baselines that are typed or stated, or the one that is chosen.
    fn reference(
        &self,
        (baseline, typed_directory): (&mut Vec<PathBuf>, &Option<PathBuf>),
        target: (&str, &ImageArgs),
        trust: &mut TrustArgs,
    ) -> Result<(), Failure> {
        if !baseline.is_empty() {
            return Ok(());
        }
        let directory = match (typed_directory, self.config.reference()) {
            (Some(directory), _) => directory.clone(),
            (None, Some(("baseline", setting))) => {
                *baseline = setting.value.paths().unwrap_or_default();
                return Ok(());
            }
            (None, Some((_, setting))) => setting.value.path().unwrap_or_default(),
            (None, None) => return Ok(()),
        };
        let chosen = choose::choose(&directory, target, trust, self.settings)?;
        *baseline = vec![chosen.path];
        trust.expect_identity = Some(chosen.identity);
        trust.named_by_target = chosen.by_target;
        Ok(())
    }

    fn rules(
        &self,
        [rules, profile]: &[Vec<(&str, &str)>; 2],
        args: &mut RuleArgs,
    ) -> Result<(), Failure> {
        // Rules that were typed come alone: a profile of the files would stand before them.
        let typed = self.is_typed("rules") || self.is_typed("profile");
        if typed {
            return Ok(());
        }
        let stated = self.take_of(rules, "rules", &mut args.rules, |value| value.path().map(Some));
        if let Some(path) = args.rules.as_ref().filter(|_| stated) {
            check_owned(path, self.settings)?;
        }
        self.take_of(profile, "profile", &mut args.profile, Value::texts);
        Ok(())
    }

    fn scope(&self, args: &mut ScopeArgs) {
        self.take("only", "only", &mut args.only, |value| {
            let texts = value.texts()?;
            texts.iter().map(|text| inputs::part(text)).collect::<Option<Vec<Part>>>()
        });
        self.threads(&mut args.threads);
    }

    fn threads(&self, threads: &mut Option<String>) {
        self.take("threads", "threads", threads, |value| value.text().map(Some));
    }

    fn manners(&self, args: &mut MannersArgs) {
        let number = |value: &Value| value.number().map(Some);
        self.take("read_limit", "read_limit", &mut args.read_limit, number);
        self.take("nice", "nice", &mut args.nice, number);
        self.take("page_cache", "page_cache", &mut args.page_cache, |value| {
            PageCacheMode::named(&value.text()?)
        });
    }

    fn report(&self, args: &mut ReportArgs) {
        self.take("format", "format", &mut args.format, Value::text);
        self.take("output", "output", &mut args.output, Value::texts);
        self.take("fail_on", "fail_on", &mut args.fail_on, Value::text);
        self.take("exit_zero", "exit_zero", &mut args.exit_zero, Value::flag);
        self.take("quiet", "quiet", &mut args.quiet, Value::flag);
        self.take("require", "require", &mut args.require, Value::texts);
    }
}

impl Value {
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn texts(&self) -> Option<Vec<String>> {
        match self {
            Self::Texts(texts) => Some(texts.clone()),
            _ => None,
        }
    }

    fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Path(path) => Some(path.clone()),
            _ => None,
        }
    }

    fn paths(&self) -> Option<Vec<PathBuf>> {
        match self {
            Self::Paths(paths) => Some(paths.clone()),
            _ => None,
        }
    }

    fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            _ => None,
        }
    }
}

/// Says what to do where the key that drift.toml names is not there.
fn no_key(error: artifact::Error) -> Failure {
    let missing = matches!(&error, artifact::Error::System { source, .. }
        if source.kind() == std::io::ErrorKind::NotFound);
    let failure = Failure::from(error);
    if missing {
        return failure.hint(
            "drift.toml names it under `trust`; copy the public key there, or make one with \
             drift keygen",
        );
    }
    failure
}
