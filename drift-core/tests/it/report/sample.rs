//! A report in which every member is filled, with whatever names a test wants in it.

use std::collections::BTreeMap;

use drift_core::model::{Cause, Severity};
use drift_core::policy::Value;
use drift_core::report::document::{
    AttributeChange, BaselineOf, Change, ChangeCounts, Component, ConfigDigest, Content, Coverage,
    Evidence, Exclusion, Fact, FindingName, Image, ImageConfig, ImageLayer, ImageSecret, ImageStep,
    Incomparable, LayerOf, Manifest, Mount, PackageEvent, PackageOf, Policy, PolicyOrigin, Problem,
    Reference, Report, SCHEMA, Scope, Score, Signer, SincePrevious, Summary, Tailored, Tailoring,
    TailoringParameter, TailoringProfile, Target, TargetIdentity, Tool, Trusted, Verdict, Waiver,
    WaiverMatch, WaiverOrigin,
};
use drift_core::report::lossy;
use serde_json::json;

/// Digests of the sample; they differ from the first digit on.
const DIGESTS: [&str; 3] = [
    "sha256:1111111111111111111111111111111111111111111111111111111111111111",
    "sha256:2222222222222222222222222222222222222222222222222222222222222222",
    "sha256:3333333333333333333333333333333333333333333333333333333333333333",
];

/// Makes a report; `name` may add bytes to whatever a target or an operator names, `made` text to
/// what drift itself makes (digests, times).
pub(crate) struct Sample<'f> {
    pub(crate) name: &'f dyn Fn(&str) -> Vec<u8>,
    pub(crate) made: &'f dyn Fn(&str) -> String,
}

/// The sample with nothing added.
pub(crate) fn plain() -> Report {
    Sample { name: &|text| text.as_bytes().to_vec(), made: &str::to_owned }.report()
}

impl Sample<'_> {
    fn text(&self, text: &str) -> String {
        lossy(&(self.name)(text)).0
    }

    fn some(&self, text: &str) -> Option<String> {
        Some(self.text(text))
    }

    fn made(&self, text: &str) -> Option<String> {
        Some((self.made)(text))
    }

    pub(crate) fn report(&self) -> Report {
        let changes = self.changes();
        let summary = Summary {
            changes: counts(&changes),
            policies: [("pass", 1), ("fail", 2), ("error", 1), ("notchecked", 1)].into(),
            waived: 2,
            score: Score { method: "weighted", value: Some(0.25), waived: 4, not_checked: 7 },
            recommendation: "replace",
        };
        Report {
            schema: SCHEMA,
            tool: self.tool(),
            run_id: (self.made)("0123456789abcdef0123456789abcdef"),
            // The clock of the run: nobody else has a say in it.
            started: "2026-01-02T03:04:05Z".to_owned(),
            finished: "2026-01-02T03:04:07Z".to_owned(),
            scope: self.scope(),
            target: self.target(),
            baseline: self.baseline(),
            manifests: vec![Manifest {
                file: self.text("debian.manifest"),
                digest: (self.made)(DIGESTS[0]),
                verified: true,
                signers: vec![Signer { name: self.text("vendor"), key: (self.made)(DIGESTS[1]) }],
                sequence: Some(1),
                expires: Some((self.made)("2027-01-01T00:00:00Z")),
            }],
            verdict: Verdict {
                status: "findings",
                exit_code: 1,
                complete: false,
                reason: None,
                detail: None,
            },
            coverage: self.coverage(),
            problems: self.problems(),
            changes,
            policy_origins: self.origins(),
            tailoring: Some(self.tailoring()),
            policies: self.policies(),
            waiver_origin: Some(WaiverOrigin {
                file: self.text("waivers.toml"),
                digest: (self.made)(DIGESTS[1]),
                signed: true,
                signers: vec![Signer { name: self.text("release"), key: (self.made)(DIGESTS[0]) }],
            }),
            waivers: self.waivers(),
            since_previous: Some(self.since_previous()),
            summary,
            notes: vec![self.text("Run from outside the host to be safe from a rootkit.")],
        }
    }

    fn tailoring(&self) -> Tailoring {
        Tailoring {
            profiles: vec![TailoringProfile {
                name: self.text("web"),
                title: self.some("Web servers"),
                file: self.text("web.toml"),
                digest: (self.made)(DIGESTS[0]),
            }],
            parameters: vec![TailoringParameter {
                name: self.text("allowed"),
                value: Value::array([Value::text("a")]),
                by: self.text("web.toml:3"),
            }],
        }
    }

    fn origins(&self) -> Vec<PolicyOrigin> {
        let signer = Signer { name: self.text("security"), key: (self.made)(DIGESTS[1]) };
        vec![
            PolicyOrigin {
                name: self.text("builtin:host"),
                kind: "builtin",
                digest: (self.made)(DIGESTS[0]),
                signed: false,
                signers: Vec::new(),
            },
            PolicyOrigin {
                name: self.text("site.bundle"),
                kind: "bundle",
                digest: (self.made)(DIGESTS[2]),
                signed: true,
                signers: vec![signer],
            },
        ]
    }

    /// One of each status that has something to say.
    fn policies(&self) -> Vec<Policy> {
        let ended = |name: &str, status, reason: Option<&str>| Policy {
            status,
            reason: reason.map(|reason| self.text(reason)),
            evidence: Vec::new(),
            ..self.policy(name)
        };
        vec![
            Policy { evidence_omitted: 12, ..self.policy("host/no_empty_password") },
            Policy { waived_by: self.some("W2"), ..self.policy("host/setuid") },
            ended("host/sysctl", "notchecked", Some("/etc/sysctl.d could not be listed")),
            ended("image/labels", "notapplicable", Some("it is no image")),
            ended("image/user", "pass", None),
            ended("site/loops", "error", Some("two answers contradict each other")),
            ended("site/slow", "unknown", Some("it took more than 5 s")),
            ended("site/unwanted", "notselected", Some("deselected by the profile web")),
            ended("supply-chain/signer", "fixed", None),
            Policy {
                status: "informational",
                severity: Severity::Informational,
                ..self.policy("supply-chain/sbom")
            },
        ]
    }

    pub(crate) fn policy(&self, name: &str) -> Policy {
        Policy {
            id: self.text(name),
            title: self.text("No account has an empty password"),
            status: "fail",
            severity: Severity::Critical,
            tailored: Some(Tailored { severity: Severity::High, by: self.text("web.toml:7") }),
            reason: self.some("2 denials"),
            references: BTreeMap::from([(self.text("cis"), vec![self.text("6.2.1")])]),
            origin: self.text("builtin:host"),
            revision: (self.made)(DIGESTS[1]),
            evidence: vec![
                self.evidence(name, "/etc/shadow", None),
                Evidence { line: None, ..self.evidence(name, "/usr/bin/su", Some("W1")) },
                Evidence { path: None, ..self.evidence(name, "", None) },
            ],
            evidence_omitted: 0,
            rationale: self.text("Whoever knows the name can log in."),
            remediation: self.text("Lock the account: passwd --lock NAME"),
            waived_by: None,
        }
    }

    pub(crate) fn evidence(&self, policy: &str, path: &str, waiver: Option<&str>) -> Evidence {
        Evidence {
            id: (self.made)(&digest_of(&format!("{policy} {path}"))),
            path: self.some(path),
            line: Some(3),
            observed: self.some("empty"),
            expected: self.some("locked"),
            message: self.some("bob can log in without a password"),
            package: self.some("passwd"),
            waived_by: waiver.and_then(|waiver| self.some(waiver)),
        }
    }

    fn waivers(&self) -> Vec<Waiver> {
        let waiver = |id: &str, state, matched| Waiver {
            id: self.text(id),
            owner: self.text("ops"),
            approver: self.some("security"),
            reason: self.text("known since the migration"),
            created: self.made("2025-12-01T00:00:00Z"),
            expires: (self.made)("2026-12-31T23:59:59Z"),
            ticket: self.some("OPS-17"),
            selector: WaiverMatch {
                policy: self.some("host/*"),
                path: self.some("/etc/**"),
                package: self.some("login"),
                cause: Some("conffile-edited"),
                identity: self.some("web-*"),
                change: self.made(&digest_of("change")),
            },
            matched,
            state,
        };
        vec![
            waiver("W1", "active", 3),
            waiver("W2", "expiring", 3),
            waiver("W3", "expired", 1),
            waiver("W4", "unused", 0),
        ]
    }

    fn since_previous(&self) -> SincePrevious {
        let named = |kind, policy: Option<&str>, path: &str| FindingName {
            kind,
            id: (self.made)(&digest_of(&lossy(&(self.name)(path)).0)),
            policy: policy.map(|policy| self.text(policy)),
            path: self.some(path),
            path_b64: lossy(&(self.name)(path)).1,
            severity: Severity::High,
        };
        SincePrevious {
            file: self.text("yesterday.json"),
            digest: (self.made)(DIGESTS[0]),
            verified: true,
            run_id: (self.made)("fedcba9876543210fedcba9876543210"),
            finished: (self.made)("2026-01-01T03:04:07Z"),
            new: vec![named("change", None, "/usr/bin/ssh")],
            fixed: vec![named("policy", Some("supply-chain/signer"), "/etc/old")],
            replaced: 1,
            unchanged: 5,
            again: vec![named("change", None, "/usr/bin/passwd")],
            incomparable: vec![Incomparable {
                what: self.text("host/setuid"),
                reason: self.text("another revision of the policy"),
                now: 3,
                before: 1,
            }],
            not_counted: 0,
        }
    }

    fn tool(&self) -> Tool {
        Tool {
            name: "drift",
            version: "0.1.0",
            binary_digest: self.made(DIGESTS[0]),
            policies_digest: self.made(DIGESTS[1]),
            rules_digest: (self.made)(DIGESTS[2]),
            waivers_digest: self.made(DIGESTS[0]),
            config_digests: vec![ConfigDigest {
                file: self.text("/etc/drift/drift.toml"),
                digest: (self.made)(DIGESTS[1]),
            }],
        }
    }

    fn scope(&self) -> Scope {
        Scope {
            only: vec!["entries".to_owned(), "packages".to_owned()],
            mode: "full",
            fail_on: "medium".to_owned(),
            profiles: vec![self.text("debian")],
            require: vec![self.text("entries.xattr")],
            rules_overridden: true,
            options_digest: (self.made)(DIGESTS[1]),
            previous: self.made(DIGESTS[0]),
            fail_on_new: true,
        }
    }

    fn target(&self) -> Target {
        Target {
            kind: "host".to_owned(),
            locator: self.text("host:/"),
            identity: TargetIdentity {
                os: self.some("debian"),
                version: self.some("12"),
                architecture: self.some("amd64"),
                hostname: self.some("web1"),
                image_digest: self.made(DIGESTS[2]),
            },
            root_digest: self.made(DIGESTS[0]),
            effective_root: self.made(DIGESTS[1]),
            image: Some(self.image()),
        }
    }

    fn baseline(&self) -> Reference {
        Reference {
            kind: "sealed",
            verified: true,
            file: self.some("golden.drift"),
            digest: self.made(DIGESTS[0]),
            root_digest: self.made(DIGESTS[1]),
            effective_root: self.made(DIGESTS[2]),
            composed_of: vec![self.component("base"), self.component("web")],
            signers: vec![Signer { name: self.text("release"), key: (self.made)(DIGESTS[0]) }],
            identity: self.some("web"),
            created: self.made("2026-01-01T00:00:00Z"),
            expires: self.made("2027-01-01T00:00:00Z"),
            sequence: Some(7),
            age_seconds: Some(97_445),
            provenance: BTreeMap::from([(self.text("git_commit"), self.text("4f2a"))]),
            image: Some(self.image()),
        }
    }

    fn coverage(&self) -> Coverage {
        let (path, path_b64) = lossy(&(self.name)("/proc"));
        let (usr, usr_b64) = lossy(&(self.name)("/usr"));
        Coverage {
            entries: 123_456,
            files_hashed: 100_000,
            bytes_hashed: 4_096_000_000,
            files_from_cache: 5,
            proved_by_verity: 2,
            rehash_sample: 1,
            trusted_from_cache: vec![Trusted { path: usr, path_b64: usr_b64, files: 5 }],
            unreadable: 4,
            unstable: 1,
            vanished: 2,
            not_compared: 5,
            mounts_not_entered: vec![Mount { path, path_b64, file_system: self.text("proc") }],
            excluded: vec![
                Exclusion { rule: self.text("ignore /tmp/**"), entries: 12 },
                Exclusion { rule: self.text("ignore *.log"), entries: 1_200 },
            ],
            not_observable: vec!["facts".to_owned(), self.text("entries.xattr")],
            attributes_not_compared: vec![self.text("colour")],
        }
    }

    fn problems(&self) -> Vec<Problem> {
        let problem = |path: &str, stage, reason: &str, errno| {
            let (path, path_b64) = lossy(&(self.name)(path));
            Problem { path, path_b64, stage, reason: self.text(reason), errno }
        };
        vec![
            problem("/etc/shadow", "open", "permission denied", Some("EACCES")),
            problem("/root", "list", "permission denied", Some("EACCES")),
            problem("/root/a", "open", "permission denied", Some("EACCES")),
            problem("/root/b", "open", "permission denied", Some("EACCES")),
            problem("/var/lib/dpkg/status", "parse", "line 3 has no colon", None),
        ]
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = vec![
            self.edited(),
            Change {
                severity: Severity::Critical,
                attributes: vec![self.difference("mode", Some("0755"), Some("4755"))],
                package: self.package("passwd", Some("1:4.13"), Some("1:4.13")),
                ..self.change("/usr/bin/passwd", Cause::ModifiedInPlace)
            },
            Change { kind: "removed", ..self.change("/etc/cron.allow", Cause::ModifiedInPlace) },
            Change {
                moved_from: self.some("/usr/bin/old"),
                moved_from_b64: lossy(&(self.name)("/usr/bin/old")).1,
                ..self.change("/usr/bin/new", Cause::Moved)
            },
            Change {
                attributes: vec![self.difference("digest", Some(DIGESTS[0]), Some(DIGESTS[2]))],
                package: self.package("openssl", Some("3.0.1"), Some("3.0.2")),
                ..self.change("/usr/bin/openssl", Cause::VendorRecordDiffers)
            },
        ];
        changes.extend(self.additions());
        changes.extend(self.upgrade());
        changes.extend([
            self.change("/srv/data", Cause::CoveredByMount),
            self.change("/etc/ld.so.cache", Cause::Generated),
            Change {
                severity: Severity::Medium,
                waived_by: self.some("W1"),
                attributes: vec![self.difference("size", Some("10"), Some("12"))],
                ..self.change("/etc/ssh/sshd_config", Cause::ConffileEdited)
            },
            Change {
                severity: Severity::None,
                ..self.change("/var/log/a", Cause::DeclaredDynamic)
            },
            Change {
                severity: Severity::None,
                ..self.change("/etc/hostname", Cause::ExpectedPerHost)
            },
            Change {
                subject: "setting",
                file_type: None,
                setting: Some(json!({"file": "/etc/sysctl.conf", "key": "a.b", "line": 3})),
                ..self.change("/etc/sysctl.conf", Cause::RuntimeDiffers)
            },
            Change {
                subject: "fact",
                file_type: None,
                severity: Severity::Medium,
                fact: Some(Fact { collector: "image", key: self.text("config.user") }),
                attributes: vec![self.difference("value", None, Some("app"))],
                rule: None,
                ..self.change("config.user", Cause::ModifiedInPlace)
            },
            Change {
                layer: Some(LayerOf {
                    of: "baseline",
                    index: 3,
                    created_by: self.some("RUN adduser --system app"),
                }),
                attributes: vec![self.difference("size", Some("10"), Some("12"))],
                baseline_of: Some(self.baseline_of("base")),
                altered_by: Some(self.baseline_of("app")),
                ..self.change("/etc/passwd", Cause::ModifiedInPlace)
            },
            Change {
                layer: Some(LayerOf { of: "target", index: 0, created_by: None }),
                attributes: vec![self.difference("mode", Some("0644"), Some("0666"))],
                baseline_of: Some(self.baseline_of("base")),
                ..self.change("/etc/group", Cause::ModifiedInPlace)
            },
        ]);
        changes
    }

    fn baseline_of(&self, name: &str) -> BaselineOf {
        BaselineOf { identity: self.text(name), file: self.text(&format!("{name}.drift")) }
    }

    fn component(&self, name: &str) -> Component {
        Component {
            file: self.text(&format!("{name}.drift")),
            digest: (self.made)(DIGESTS[0]),
            root_digest: (self.made)(DIGESTS[1]),
            identity: self.text(name),
            sequence: 4,
            created: (self.made)("2026-01-01T00:00:00Z"),
            expires: self.made("2027-01-01T00:00:00Z"),
            signers: vec![Signer { name: self.text("release"), key: (self.made)(DIGESTS[0]) }],
        }
    }

    fn image(&self) -> Image {
        let map = |name: &str| BTreeMap::from([(self.text(name), self.text("value"))]);
        Image {
            reference: self.some("registry.example/web:1"),
            manifest_digest: self.made(DIGESTS[0]),
            config_digest: self.made(DIGESTS[1]),
            platform: self.text("linux/amd64"),
            size: 1_000,
            config: ImageConfig {
                user: self.some("app"),
                entrypoint: vec![self.text("/usr/bin/web")],
                command: vec![self.text("--port")],
                healthcheck: vec![self.text("CMD-SHELL")],
                environment: vec![self.text("PATH")],
                environment_values: BTreeMap::from([(
                    self.text("PATH"),
                    vec![self.text("/usr/bin:/bin")],
                )]),
                working_directory: self.some("/srv"),
                exposed_ports: vec![self.text("80/tcp")],
                volumes: vec![self.text("/data")],
                stop_signal: self.some("SIGTERM"),
                labels: map("label"),
            },
            layers: vec![ImageLayer {
                digest: self.made(DIGESTS[2]),
                diff_id: (self.made)(DIGESTS[1]),
                size: 999,
                created_by: self.some("ADD rootfs.tar /"),
            }],
            history: vec![ImageStep {
                created: self.some("2026-01-01T00:00:00Z"),
                created_by: self.some("ADD rootfs.tar /"),
                layer: Some(0),
            }],
            annotations: map("org.opencontainers.image.base.name"),
            secrets: vec![ImageSecret {
                location: self.text("config.env.API_TOKEN"),
                kind: self.text("token"),
            }],
        }
    }

    /// One entry with every attribute of the table changed.
    fn edited(&self) -> Change {
        let xattr = (self.name)("xattr:user.note");
        let (name, name_b64) = lossy(&xattr);
        Change {
            attributes: vec![
                self.difference("digest", Some(DIGESTS[0]), Some(DIGESTS[1])),
                self.difference("uid", Some("0"), Some("1000")),
                self.difference("gid", Some("0"), Some("1000")),
                self.difference("mtime", Some("2026-01-01T00:00:00.000000000Z"), None),
                self.difference("link_target", Some("a b"), Some("none")),
                self.difference("hardlinks", None, Some("/usr/bin/x")),
                self.difference("capability", None, Some("cap_net_raw=ep")),
                self.difference("acl", None, Some("user::rw-,user:1000:r--")),
                self.difference("selinux", Some("system_u:object_r:bin_t:s0"), None),
                AttributeChange { name, name_b64, ..self.difference("", None, Some("Zm9v")) },
            ],
            package: self.package("openssh-client", Some("1:9.2p1-2"), Some("1:9.2p1-2")),
            ..self.change("/usr/bin/ssh", Cause::ModifiedInPlace)
        }
    }

    fn additions(&self) -> Vec<Change> {
        let mut changes = vec![Change {
            kind: "added",
            on_path: true,
            content: Some(Content {
                after: Some("Port 22\n".to_owned()),
                masked_lines: 1,
                withheld: Some("it looks like key material".to_owned()),
            }),
            attributes: vec![
                self.difference("mode", None, Some("6755")),
                self.difference("uid", None, Some("0")),
                self.difference("size", None, Some("123456")),
                self.difference("digest", None, Some(DIGESTS[2])),
            ],
            ..self.change("/usr/local/bin/backdoor", Cause::Unowned)
        }];
        for path in ["/opt/app/a", "/opt/app/b", "/opt/app/c", "/opt/app/d/e", "/srv/x"] {
            changes.push(Change {
                kind: "added",
                severity: Severity::Medium,
                file_type: Some("directory"),
                entries: Some(250),
                ..self.change(path, Cause::Unowned)
            });
        }
        changes
    }

    fn upgrade(&self) -> Vec<Change> {
        let mut package = self.package("openssl", Some("3.0.1"), Some("3.0.2"));
        if let Some(package) = &mut package {
            package.event = Some(PackageEvent {
                time: "2026-11-20T02:10:30Z".to_owned(),
                action: "upgraded",
                command: Some(self.text("apt-get -y dist-upgrade")),
                requested_by: Some(self.text("anna (1000)")),
                log: self.text("/var/log/dpkg.log"),
                line: 6,
            });
        }
        let event = Change {
            subject: "package",
            file_type: None,
            severity: Severity::Medium,
            cause_verified: false,
            explanation: None,
            attributes: vec![self.difference("version", Some("3.0.1"), Some("3.0.2"))],
            package: package.clone(),
            ..self.change("openssl", Cause::Upgraded)
        };
        let folded = |path: &str| Change {
            severity: Severity::None,
            folded_into: Some(event.id.clone()),
            package: package.clone(),
            ..self.change(path, Cause::Upgraded)
        };
        let files = vec![folded("/usr/lib/libssl.so.3"), folded("/usr/lib/libcrypto.so.3")];
        let exception = self.change("/usr/lib/libssl.extra", Cause::Upgraded);
        files.into_iter().chain([event, exception]).collect()
    }

    pub(crate) fn change(&self, path: &str, cause: Cause) -> Change {
        let (path, path_b64) = lossy(&(self.name)(path));
        Change {
            id: (self.made)(&digest_of(&path)),
            subject: "entry",
            path,
            path_b64,
            kind: "modified",
            file_type: Some("file"),
            moved_from: None,
            moved_from_b64: None,
            folded_into: None,
            setting: None,
            fact: None,
            attributes: Vec::new(),
            cause,
            cause_verified: cause != Cause::Generated,
            explanation: self
                .some("its header fits its source")
                .filter(|_| cause == Cause::Generated),
            layer: None,
            baseline_of: None,
            altered_by: None,
            package: None,
            rule: self.some("read-only /usr/**"),
            entries: None,
            on_path: false,
            content: None,
            severity: Severity::High,
            waived_by: None,
        }
    }

    fn difference(&self, name: &str, before: Option<&str>, after: Option<&str>) -> AttributeChange {
        let value = |value: Option<&str>| match value {
            None => (None, None),
            Some(value) => {
                let (text, base64) = lossy(&(self.name)(value));
                (Some(text), base64)
            }
        };
        let ((before, before_b64), (after, after_b64)) = (value(before), value(after));
        AttributeChange {
            name: name.to_owned(),
            name_b64: None,
            before,
            before_b64,
            after,
            after_b64,
        }
    }

    fn package(&self, name: &str, before: Option<&str>, after: Option<&str>) -> Option<PackageOf> {
        Some(PackageOf {
            name: self.text(name),
            manager: self.text("dpkg"),
            architecture: self.text("amd64"),
            location: before.filter(|_| before != after).map(|_| self.text("opt/app")),
            before: before.map(|version| self.text(version)),
            after: after.map(|version| self.text(version)),
            event: None,
        })
    }
}

pub(crate) fn counts(changes: &[Change]) -> ChangeCounts {
    let mut counts = ChangeCounts { total: changes.len() as u64, ..ChangeCounts::default() };
    for change in changes {
        counts.folded += u64::from(change.folded_into.is_some());
        *counts.by_cause.entry(change.cause.name()).or_default() += 1;
        *counts.by_severity.entry(change.severity.name()).or_default() += 1;
    }
    counts
}

/// Sixty-four digits that differ by path; no digest is needed here.
fn digest_of(path: &str) -> String {
    let sum = path.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{sum:064x}")
}
