//! The pack `image`: what an image is built on, starts as, and should not hold.

use super::scene::{Need, Scene, fail, not_applicable, not_checked, pass, play};

const PACK: &[&str] = &["image"];

/// What makes images: umoci unpacks as root.
const IMAGES: &[Need] = &[Need::Root, Need::Tool("umoci")];

/// A root for an image with an account and a package; `layers LAYOUT` tells its diff_ids with commas
/// between them. A script goes on from there.
macro_rules! root {
    ($($rest:literal)*) => {
        concat!(
            r#"
chmod 755 root
cat >root/etc/passwd <<'EOF'
root:x:0:0:root:/root:/bin/bash
app:x:1000:1000::/app:/usr/sbin/nologin
EOF
printf 'root:x:0:\napp:x:1000:\n' >root/etc/group
printf 'root:*:19000:0:99999:7:::\napp:!:19000:0:99999:7:::\n' >root/etc/shadow
mkdir -p root/var/lib/apt/lists/partial root/root
: >root/etc/machine-id
: >root/var/lib/apt/lists/lock
cp root/usr/bin/tool root/usr/bin/su
chmod 4755 root/usr/bin/su
packaged tools 1.0 usr/bin/tool usr/bin/su
layers() {
    cat "$1"/blobs/sha256/* | tr -d '\n' | grep -ao '"diff_ids":\[[^]]*' | head -n 1 | grep -o 'sha256:[0-9a-f]*' | paste -sd ,
}
"#,
            $($rest),*
        )
    };
}

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "a sound image",
        packs: PACK,
        needs: IMAGES,
        script: root!(
            r#"
image web root --config.user app:app --config.env PATH=/usr/local/bin:/usr/bin \
    --manifest.annotation org.opencontainers.image.base.name=registry.example.org/base/debian:12 \
    --manifest.annotation org.opencontainers.image.base.digest=sha256:aaaa
check oci:web --param approved_registries=registry.example.org/base --param approved_base_digests=sha256:aaaa \
    --param "base_layers=$(layers web)" --param required_packages=tools --param allowed_packages=tools,other \
    --param max_image_bytes=1000000
"#
        ),
        ends: &[
            pass("image/approved_registry"),
            pass("image/base_digest_approved"),
            pass("image/base_layers_approved"),
            pass("image/environment_safe"),
            pass("image/no_build_tools"),
            pass("image/no_host_identity"),
            pass("image/no_package_caches"),
            pass("image/no_passwords"),
            pass("image/no_remote_add"),
            pass("image/no_secret_files"),
            pass("image/no_secrets_in_configuration"),
            pass("image/no_setuid_above_base"),
            not_checked("image/no_setuid_beyond_baseline", "there is no baseline"),
            pass("image/packages_allowed"),
            pass("image/required_packages"),
            pass("image/runs_as_non_root"),
            pass("image/size_budget"),
            pass("image/user_is_an_account"),
        ],
    },
    Scene {
        name: "an image with everything that it should not have",
        packs: PACK,
        needs: IMAGES,
        script: root!(
            r#"
sed -i 's/^root:[*]/root:$y$j9T$made$up/' root/etc/shadow
mkdir -p root/root/.ssh root/root/.docker root/root/.cache/pip root/var/cache/apt/archives root/usr/local/bin
echo key >root/root/.ssh/id_ed25519
echo key >root/root/.ssh/id_ed25519.pub
echo '{}' >root/root/.docker/config.json
echo 0123456789abcdef0123456789abcdef >root/etc/machine-id
echo list >root/var/lib/apt/lists/deb_InRelease
echo package >root/var/cache/apt/archives/x_1_all.deb
echo cached >root/root/.cache/pip/x
mkdir root/root/.config
echo token >root/root/.config/credentials.toml
cp root/usr/bin/tool root/usr/bin/x86_64-linux-gnu-gcc-12
ln -s x86_64-linux-gnu-gcc-12 root/usr/bin/gcc
packaged extra 2.0 usr/bin/x86_64-linux-gnu-gcc-12
image web root --config.env PATH=/usr/bin:/tmp/bin --config.env LD_PRELOAD=/x.so \
    --config.env API_TOKEN=aaaaaaaaaaaaaaaaaaaaaaaa \
    --manifest.annotation org.opencontainers.image.base.name=registry.example.org.evil.example/debian \
    --manifest.annotation org.opencontainers.image.base.digest=sha256:bbbb \
    --history.created_by '/bin/sh -c #(nop) ADD https://example.org/x /x'
check oci:web --param approved_registries=registry.example.org --param approved_base_digests=sha256:aaaa \
    --param base_layers=sha256:aaaa --param required_packages=tools,agent --param allowed_packages=tools \
    --param max_image_bytes=1
"#
        ),
        ends: &[
            fail(
                "image/approved_registry",
                &["| registry.example.org.evil.example/debian | registry.example.org"],
            ),
            fail(
                "image/base_digest_approved",
                &["| sha256:bbbb | a digest of approved_base_digests"],
            ),
            fail(
                "image/environment_safe",
                &[
                    "| LD_PRELOAD=/x.so | LD_PRELOAD is not set",
                    "| PATH=/usr/bin:/tmp/bin | directories from the root on, none of them temporary",
                ],
            ),
            fail(
                "image/no_build_tools",
                &[
                    "/usr/bin/gcc | a build tool | no such file",
                    "/usr/bin/x86_64-linux-gnu-gcc-12 (extra) | a build tool | no such file",
                ],
            ),
            fail(
                "image/no_host_identity",
                &["/etc/machine-id | a machine id | an empty file, or none"],
            ),
            fail(
                "image/no_package_caches",
                &[
                    "/root/.cache/pip/x | a cache of a language's packages | no such file",
                    "/var/cache/apt/archives/x_1_all.deb | a downloaded package | no such file",
                    "/var/lib/apt/lists/deb_InRelease | a package list of apt | no such file",
                ],
            ),
            fail(
                "image/no_passwords",
                &["/etc/passwd:1 | root with a password | a locked account"],
            ),
            fail(
                "image/no_remote_add",
                &["| /bin/sh -c #(nop) ADD https://example.org/x /x | COPY, or ADD --checksum"],
            ),
            fail(
                "image/no_secret_files",
                &[
                    "/root/.config/credentials.toml | credentials | no such file",
                    "/root/.docker/config.json | credentials | no such file",
                    "/root/.ssh/id_ed25519 | a private key | no such file",
                ],
            ),
            fail(
                "image/no_secrets_in_configuration",
                &["| named-like-a-secret in config.env.API_TOKEN | no secret"],
            ),
            fail("image/packages_allowed", &["(extra) | 2.0 | not installed"]),
            fail("image/required_packages", &["(agent) | not installed | installed"]),
            fail(
                "image/runs_as_non_root",
                &["| no user, which is root | an account that is not root"],
            ),
            not_applicable("image/user_is_an_account", "a number or root"),
            not_checked("image/no_setuid_above_base", "not built on base_layers"),
        ],
    },
    Scene {
        name: "an image beyond its budget, on another base",
        packs: PACK,
        needs: IMAGES,
        script: root!(
            r#"
image web root
check oci:web --param max_image_bytes=100 --param "base_layers=$(layers web),sha256:1111"
"#
        ),
        ends: &[
            fail("image/base_layers_approved", &["| no such layer | sha256:1111"]),
            fail("image/size_budget", &["| … bytes | 100 bytes or less"]),
        ],
    },
    Scene {
        name: "a setuid program above the base",
        packs: PACK,
        needs: IMAGES,
        script: root!(
            r#"
image web root
base=$(layers web)
mkdir -p more/usr/bin
cp root/usr/bin/tool more/usr/bin/gain
chmod 4755 more/usr/bin/gain
umoci insert --image web:latest more/usr/bin/gain /usr/bin/gain >/dev/null
umoci gc --layout web >/dev/null
check oci:web --param "base_layers=$base"
"#
        ),
        ends: &[
            fail(
                "image/no_setuid_above_base",
                &["/usr/bin/gain | root:root 4755 from layer 1 | no such bit above the base"],
            ),
            pass("image/base_layers_approved"),
        ],
    },
    Scene {
        name: "a setuid program beyond the baseline",
        packs: PACK,
        needs: &[Need::Root],
        script: root!(
            r#"
golden
cp root/usr/bin/tool root/usr/bin/gain
chmod 4755 root/usr/bin/gain
check sealed
"#
        ),
        ends: &[fail(
            "image/no_setuid_beyond_baseline",
            &[
                "/usr/bin/gain | root:root 4755, not in the baseline | no such bit beyond the baseline",
            ],
        )],
    },
    Scene {
        name: "a setuid program that the baseline has",
        packs: PACK,
        needs: &[Need::Root],
        script: root!("golden; check sealed"),
        ends: &[pass("image/no_setuid_beyond_baseline")],
    },
    Scene {
        name: "an image that starts as root under another name",
        packs: PACK,
        needs: IMAGES,
        script: root!(
            r#"
echo 'toor:x:0:0::/root:/bin/sh' >>root/etc/passwd
image web root --config.user toor
check oci:web
"#
        ),
        ends: &[
            fail(
                "image/user_is_an_account",
                &["/etc/passwd:3 | toor with the user id 0 | another user id"],
            ),
            pass("image/runs_as_non_root"),
            not_checked("image/approved_registry", "approved_registries is empty"),
            not_checked("image/base_digest_approved", "approved_base_digests is empty"),
            not_checked("image/base_layers_approved", "base_layers is empty"),
            not_checked("image/packages_allowed", "allowed_packages is empty"),
            not_checked("image/required_packages", "required_packages is empty"),
            not_checked("image/size_budget", "max_image_bytes sets no budget"),
            not_checked("image/no_setuid_above_base", "base_layers is empty"),
        ],
    },
    Scene {
        name: "an image from scratch",
        packs: PACK,
        needs: IMAGES,
        script: r#"
mkdir -p scratch/app
chmod 755 scratch
cp root/usr/bin/tool scratch/app/server
image web scratch --config.user 65532:65532
check oci:web --param required_packages=agent --param allowed_packages=libc6 --param approved_registries=quay.io
"#,
        ends: &[
            pass("image/runs_as_non_root"),
            pass("image/no_secret_files"),
            pass("image/no_build_tools"),
            pass("image/no_package_caches"),
            pass("image/no_host_identity"),
            pass("image/environment_safe"),
            not_applicable("image/user_is_an_account", "a number or root"),
            not_applicable("image/no_passwords", "there is no /etc/passwd"),
            not_checked("image/required_packages", "no package database"),
            not_checked("image/packages_allowed", "no package database"),
            not_checked("image/approved_registry", "does not say what it is built on"),
        ],
    },
    Scene {
        name: "a directory that is no image",
        packs: PACK,
        needs: &[Need::Root],
        script: root!("check dir:root"),
        ends: &[
            not_applicable("image/approved_registry", "the target is no image"),
            not_applicable("image/base_digest_approved", "the target is no image"),
            not_applicable("image/base_layers_approved", "the target is no image"),
            not_applicable("image/environment_safe", "the target is no image"),
            not_applicable("image/no_remote_add", "the target is no image"),
            not_applicable("image/no_secrets_in_configuration", "the target is no image"),
            not_applicable("image/runs_as_non_root", "the target is no image"),
            not_applicable("image/size_budget", "the target is no image"),
            not_applicable("image/user_is_an_account", "the target is no image"),
            pass("image/no_build_tools"),
            pass("image/no_passwords"),
        ],
    },
];

#[test]
fn image_ends_as_its_scenes_say() {
    play(SCENES);
}
