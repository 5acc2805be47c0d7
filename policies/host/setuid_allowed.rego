# METADATA
# title: Only known programs have the setuid bit
# custom:
#   id: host/setuid_allowed
#   severity: high
#   references: {nist: ["AC-6", "CM-7"], attack: ["T1548.001"]}
#   rationale: Such a program runs as its owner, mostly root, whoever starts it; one that nobody expects is a way to more rights, often left for later.
#   remediation: Take the bit away (chmod u-s) and find out who set it; a program that needs it belongs in a package and in setuid_allowed.
#   parameters:
#     setuid_allowed:
#       description: Programs of packages that may have the setuid bit; one that no package claims is denied even so. The default is what packages of Debian 12 set.
#       default:
#         - /usr/bin/at
#         - /usr/bin/chfn
#         - /usr/bin/chsh
#         - /usr/bin/fusermount
#         - /usr/bin/fusermount3
#         - /usr/bin/gpasswd
#         - /usr/bin/mount
#         - /usr/bin/newgidmap
#         - /usr/bin/newgrp
#         - /usr/bin/newuidmap
#         - /usr/bin/ntfs-3g
#         - /usr/bin/passwd
#         - /usr/bin/pkexec
#         - /usr/bin/su
#         - /usr/bin/sudo
#         - /usr/bin/umount
#         - /usr/lib/dbus-1.0/dbus-daemon-launch-helper
#         - /usr/lib/openssh/ssh-keysign
#         - /usr/lib/polkit-1/polkit-agent-helper-1
#         - /usr/libexec/lxc/lxc-user-nic
#         - /usr/sbin/exim4
#         - /usr/sbin/mount.cifs
#         - /usr/sbin/mount.nfs
#         - /usr/sbin/pppd
package drift.host.setuid_allowed

import data.drift.lib.permissions

deny contains {"path": file.path, "observed": permissions.shown(file), "expected": "no setuid bit", "package": file.package} if {
	some file in input.lists.setuid
	not file.path in data.params.setuid_allowed
}

deny contains {"path": file.path, "observed": concat(", ", [permissions.shown(file), "of no package that was read"]), "expected": "a file of a package"} if {
	some file in input.lists.setuid
	file.path in data.params.setuid_allowed
	file.package == null
}

deny contains {"path": file.path, "observed": permissions.shown(file), "expected": "writable by its owner alone", "package": file.package} if {
	some file in input.lists.setuid
	file.path in data.params.setuid_allowed
	permissions.beyond(file.mode, "7755")
}
