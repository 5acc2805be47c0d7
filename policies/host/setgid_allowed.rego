# METADATA
# title: Only known programs have the setgid bit
# custom:
#   id: host/setgid_allowed
#   severity: high
#   references: {nist: ["AC-6", "CM-7"], attack: ["T1548.001"]}
#   rationale: Such a program runs with its group's rights, whoever starts it; one that nobody expects is a way to more rights, often left for later.
#   remediation: Take the bit away (chmod g-s) and find out who set it; a program that needs it belongs in a package and in setgid_allowed.
#   parameters:
#     setgid_allowed:
#       description: Programs of packages that may have the setgid bit; one that no package claims is denied even so. The default is what packages of Debian 12 set.
#       default:
#         - /usr/bin/at
#         - /usr/bin/chage
#         - /usr/bin/crontab
#         - /usr/bin/dotlockfile
#         - /usr/bin/expiry
#         - /usr/bin/plocate
#         - /usr/bin/ssh-agent
#         - /usr/lib/aarch64-linux-gnu/utempter/utempter
#         - /usr/lib/x86_64-linux-gnu/utempter/utempter
#         - /usr/sbin/postdrop
#         - /usr/sbin/postqueue
#         - /usr/sbin/unix_chkpwd
package drift.host.setgid_allowed

import data.drift.lib.permissions

deny contains {"path": file.path, "observed": permissions.shown(file), "expected": "no setgid bit", "package": file.package} if {
	some file in input.lists.setgid
	not file.path in data.params.setgid_allowed
}

deny contains {"path": file.path, "observed": concat(", ", [permissions.shown(file), "of no package that was read"]), "expected": "a file of a package"} if {
	some file in input.lists.setgid
	file.path in data.params.setgid_allowed
	file.package == null
}

deny contains {"path": file.path, "observed": permissions.shown(file), "expected": "writable by its owner alone", "package": file.package} if {
	some file in input.lists.setgid
	file.path in data.params.setgid_allowed
	permissions.beyond(file.mode, "7755")
}
