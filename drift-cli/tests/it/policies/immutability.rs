//! The pack `immutability`: what differs from the golden state.

use super::scene::{Need, Scene, fail, not_applicable, not_checked, pass, play};

const PACK: &[&str] = &["immutability"];

const NO_CHANGE_IN_PLACE: &str = "immutability/no_change_in_place";
const USR_UNMODIFIED: &str = "immutability/usr_unmodified";
const MODE_NOT_LOOSER: &str = "immutability/mode_not_looser";
const NO_PRIVILEGE_ADDED: &str = "immutability/no_privilege_added";
const PACKAGES_UNCHANGED: &str = "immutability/packages_unchanged";
const PACKAGES_NOT_DOWNGRADED: &str = "immutability/packages_not_downgraded";
const NO_UNOWNED_EXECUTABLES_ADDED: &str = "immutability/no_unowned_executables_added";
const NO_UNVERIFIED_CHANGES: &str = "immutability/no_unverified_changes";
const IMAGE_DIGEST_APPROVED: &str = "immutability/image_digest_approved";
const IMAGE_CONFIGURATION_UNCHANGED: &str = "immutability/image_configuration_unchanged";
const BASELINE_FRESH: &str = "immutability/baseline_fresh";

/// What the run itself says when there is nothing to compare with.
const NO_DATABASE: &str = "no package database was found";

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "nothing differs",
        packs: PACK,
        needs: &[],
        script: "packaged tool 1.0 usr/bin/tool; golden; check sealed",
        ends: &[
            pass(NO_CHANGE_IN_PLACE),
            pass(USR_UNMODIFIED),
            pass(MODE_NOT_LOOSER),
            pass(NO_PRIVILEGE_ADDED),
            pass(PACKAGES_UNCHANGED),
            pass(PACKAGES_NOT_DOWNGRADED),
            pass(NO_UNOWNED_EXECUTABLES_ADDED),
            pass(NO_UNVERIFIED_CHANGES),
            pass(BASELINE_FRESH),
            not_applicable(IMAGE_DIGEST_APPROVED, "the target is no image"),
            not_applicable(IMAGE_CONFIGURATION_UNCHANGED, "neither side is an image"),
        ],
    },
    Scene {
        name: "a file is rewritten and a program moved",
        packs: PACK,
        needs: &[],
        script: "golden; echo 10.0.0.1 evil >>root/etc/hosts; mv root/usr/bin/tool root/usr/bin/other
            check sealed",
        ends: &[
            fail(
                NO_CHANGE_IN_PLACE,
                &[
                    "/etc/hosts | modified: digest, size, mtime | as in the reference",
                    "/usr/bin/other | moved from /usr/bin/tool | as in the reference",
                    "/usr/bin/tool | moved to /usr/bin/other | as in the reference",
                ],
            ),
            fail(
                USR_UNMODIFIED,
                &[
                    "/usr/bin/other | moved from /usr/bin/tool | as in the reference",
                    "/usr/bin/tool | moved to /usr/bin/other | as in the reference",
                ],
            ),
            pass(MODE_NOT_LOOSER),
            pass(NO_UNVERIFIED_CHANGES),
            not_checked(PACKAGES_UNCHANGED, "packages were not observed on both sides"),
        ],
    },
    Scene {
        name: "permissions are looser",
        packs: PACK,
        needs: &[],
        script: "golden; chmod 0666 root/etc/hosts; chmod 4755 root/usr/bin/tool; check sealed",
        ends: &[
            fail(
                MODE_NOT_LOOSER,
                &[
                    "/etc/hosts | 0666 | 0644 or stricter",
                    "/usr/bin/tool | 4755 | 0755 or stricter",
                ],
            ),
            pass(NO_PRIVILEGE_ADDED),
        ],
    },
    Scene {
        name: "permissions are stricter",
        packs: PACK,
        needs: &[],
        script: "golden; chmod 0600 root/etc/hosts; chmod 0500 root/usr/bin/tool; check sealed",
        ends: &[
            pass(MODE_NOT_LOOSER),
            fail(
                NO_CHANGE_IN_PLACE,
                &[
                    "/etc/hosts | modified: mode | as in the reference",
                    "/usr/bin/tool | modified: mode | as in the reference",
                ],
            ),
        ],
    },
    Scene {
        name: "files leave root and gain lists and capabilities",
        packs: PACK,
        needs: &[Need::Root, Need::Tool("setfacl"), Need::Tool("setcap")],
        script: "golden; chown 5:6 root/etc/hosts; setfacl -m u:7:r root/etc/hosts
            setcap cap_setuid+ep root/usr/bin/tool; check sealed",
        ends: &[fail(
            MODE_NOT_LOOSER,
            &[
                "/etc/hosts | another acl | as in the baseline, or none",
                "/etc/hosts | gid 6 | gid 0",
                "/etc/hosts | uid 5 | uid 0",
                "/usr/bin/tool | another capability | as in the baseline, or none",
            ],
        )],
    },
    Scene {
        name: "programs are added",
        packs: PACK,
        needs: &[],
        script: "golden; cp root/usr/bin/tool root/usr/bin/door; chmod 6755 root/usr/bin/door
            ln -s tool root/usr/bin/alias; mkdir -p root/srv; echo data >root/srv/data
            check sealed",
        ends: &[
            fail(NO_PRIVILEGE_ADDED, &["/usr/bin/door | mode 6755 | no setuid or setgid"]),
            fail(
                NO_UNOWNED_EXECUTABLES_ADDED,
                &[
                    "/usr/bin/alias | an added name on PATH | no such program",
                    "/usr/bin/door | an added file of mode 6755 | no such program",
                ],
            ),
            fail(
                USR_UNMODIFIED,
                &[
                    "/usr/bin/alias | added | as in the reference",
                    "/usr/bin/door | added | as in the reference",
                ],
            ),
            pass(NO_CHANGE_IN_PLACE),
        ],
    },
    Scene {
        name: "a program lies where rules let data come and go",
        packs: PACK,
        needs: &[],
        script: "mkdir -p root/var/spool; echo 'dynamic /var/spool' >rules; golden --rules rules
            cp root/usr/bin/tool root/var/spool/door; echo data >root/var/spool/data; check sealed",
        ends: &[
            fail(
                NO_UNOWNED_EXECUTABLES_ADDED,
                &["/var/spool/door | an added file of mode 0755 | no such program"],
            ),
            pass(NO_CHANGE_IN_PLACE),
        ],
    },
    Scene {
        name: "a link becomes a program",
        packs: PACK,
        needs: &[],
        script: "ln -s tool root/usr/bin/alias; golden; rm root/usr/bin/alias
            cp root/usr/bin/tool root/usr/bin/alias; chmod 4755 root/usr/bin/alias; check sealed",
        ends: &[
            fail(
                NO_PRIVILEGE_ADDED,
                &["/usr/bin/alias | another type, now mode 4755 | no setuid or setgid"],
            ),
            fail(
                NO_UNOWNED_EXECUTABLES_ADDED,
                &["/usr/bin/alias | on PATH, now of type file | no such program"],
            ),
        ],
    },
    Scene {
        name: "a device node is added",
        packs: PACK,
        needs: &[Need::Root],
        script: "golden; mknod root/etc/disk b 8 0; check sealed",
        ends: &[fail(NO_PRIVILEGE_ADDED, &["/etc/disk | block device | no device node"])],
    },
    Scene {
        name: "a package is upgraded and one is installed",
        packs: PACK,
        needs: &[],
        script: "packaged tool 1.0 usr/bin/tool; golden; rm -r root/var/lib/dpkg
            echo new >>root/usr/bin/tool; echo extra >root/usr/bin/extra
            packaged tool 2.0 usr/bin/tool; packaged extra 1.0 usr/bin/extra; check sealed",
        ends: &[
            fail(PACKAGES_UNCHANGED, &["(extra) | 1.0 | not installed", "(tool) | 2.0 | 1.0"]),
            fail(
                USR_UNMODIFIED,
                &[
                    "(extra) | installed | as in the reference",
                    "(tool) | upgraded | as in the reference",
                ],
            ),
            pass(PACKAGES_NOT_DOWNGRADED),
            pass(NO_UNOWNED_EXECUTABLES_ADDED),
        ],
    },
    Scene {
        name: "a package that may change is upgraded",
        packs: PACK,
        needs: &[],
        script: "packaged tool 1.0 usr/bin/tool; golden; sed -i s/1.0/2.0/ root/var/lib/dpkg/status
            check sealed --param 'may_change=[\"tool\"]'",
        ends: &[pass(PACKAGES_UNCHANGED)],
    },
    Scene {
        name: "a package is downgraded",
        packs: PACK,
        needs: &[],
        script: "packaged tool 1:1.0 usr/bin/tool; golden
            sed -i s/1:1.0/2.0/ root/var/lib/dpkg/status; check sealed",
        ends: &[
            fail(PACKAGES_NOT_DOWNGRADED, &["(tool) | 2.0 | 1:1.0 or newer"]),
            fail(
                NO_UNVERIFIED_CHANGES,
                &[
                    "(tool) | downgraded | a cause that the baseline vouches for",
                    "/var/lib/dpkg/status | modified: digest, size, mtime | \
                     a cause that the baseline vouches for",
                ],
            ),
        ],
    },
    Scene {
        name: "the image is the approved one",
        packs: PACK,
        needs: &[Need::Root, Need::Tool("umoci")],
        script: "image web root --config.user 1000
            \"$drift\" capture oci:web@latest --out golden.drift --sign golden.key.pem --identity web \
                --state state --now $sealed --no-config >/dev/null 2>&1
            check oci:web@latest --baseline golden.drift --trust golden.pub.pem",
        ends: &[
            pass(IMAGE_DIGEST_APPROVED),
            pass(IMAGE_CONFIGURATION_UNCHANGED),
            pass(NO_CHANGE_IN_PLACE),
        ],
    },
    Scene {
        name: "the image starts something else",
        packs: PACK,
        needs: &[Need::Root, Need::Tool("umoci")],
        script: "image web root --config.user 1000
            \"$drift\" capture oci:web@latest --out golden.drift --sign golden.key.pem --identity web \
                --state state --now $sealed --no-config >/dev/null 2>&1
            umoci config --image web:latest --config.user 0 --history.created $sealed >/dev/null
            check oci:web@latest --baseline golden.drift --trust golden.pub.pem |
                sed -E 's/sha256:[0-9a-f]{64}/sha256:some/g'",
        ends: &[
            fail(IMAGE_DIGEST_APPROVED, &["| sha256:some | sha256:some, sha256:some"]),
            fail(IMAGE_CONFIGURATION_UNCHANGED, &["| 0 | 1000"]),
        ],
    },
    Scene {
        name: "an image of which nobody said that it is approved",
        packs: PACK,
        needs: &[Need::Root, Need::Tool("umoci")],
        script: "image web root; check oci:web@latest",
        ends: &[
            not_checked(IMAGE_DIGEST_APPROVED, "approved_image_digests is empty"),
            not_checked(IMAGE_CONFIGURATION_UNCHANGED, NO_DATABASE),
        ],
    },
    Scene {
        name: "the baseline is old",
        packs: PACK,
        needs: &[],
        script: "golden; now=2026-04-01T00:00:01Z; check sealed",
        ends: &[fail(BASELINE_FRESH, &["| sealed 2026-01-01T00:00:00Z | at most 90 days ago"])],
    },
    Scene {
        name: "the baseline is as old as it may be",
        packs: PACK,
        needs: &[],
        script: "golden; now=2026-04-01T00:00:00Z; check sealed",
        ends: &[pass(BASELINE_FRESH)],
    },
    Scene {
        name: "there is no reference at all",
        packs: PACK,
        needs: &[],
        script: "check dir:root",
        ends: &[
            not_checked(NO_CHANGE_IN_PLACE, NO_DATABASE),
            not_checked(USR_UNMODIFIED, NO_DATABASE),
            not_checked(MODE_NOT_LOOSER, NO_DATABASE),
            not_checked(NO_PRIVILEGE_ADDED, NO_DATABASE),
            not_checked(PACKAGES_UNCHANGED, NO_DATABASE),
            not_checked(PACKAGES_NOT_DOWNGRADED, NO_DATABASE),
            not_checked(NO_UNOWNED_EXECUTABLES_ADDED, NO_DATABASE),
            not_checked(NO_UNVERIFIED_CHANGES, NO_DATABASE),
            not_checked(BASELINE_FRESH, "there is no sealed baseline"),
        ],
    },
    Scene {
        name: "a package database is the reference, and finds nothing",
        packs: PACK,
        needs: &[],
        script: "packaged tool 1.0 usr/bin/tool; install -m 4755 root/usr/bin/tool root/usr/bin/door
            check dir:root",
        ends: &[
            not_checked(NO_CHANGE_IN_PLACE, "own package databases"),
            not_checked(USR_UNMODIFIED, "does not tell what was there before"),
            not_checked(NO_PRIVILEGE_ADDED, "does not tell what was there before"),
            not_checked(NO_UNOWNED_EXECUTABLES_ADDED, "does not tell what was there before"),
        ],
    },
    Scene {
        name: "a package database is the reference",
        packs: PACK,
        needs: &[],
        script: "packaged tool 1.0 usr/bin/tool; echo evil >>root/usr/bin/tool; check dir:root",
        ends: &[
            fail(NO_CHANGE_IN_PLACE, &["/usr/bin/tool | modified: digest | as in the reference"]),
            fail(USR_UNMODIFIED, &["/usr/bin/tool | modified: digest | as in the reference"]),
            not_checked(MODE_NOT_LOOSER, "there is no baseline"),
            not_checked(NO_UNVERIFIED_CHANGES, "there is no sealed baseline"),
        ],
    },
];

#[test]
fn immutability_ends_as_its_scenes_say() {
    play(SCENES);
}
