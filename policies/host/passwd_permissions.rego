# METADATA
# title: Only root can change passwd, group and shells
# custom:
#   id: host/passwd_permissions
#   severity: critical
#   references: {cis: ["7.1.1", "7.1.2", "7.1.3", "7.1.4", "7.1.9"], ssg: ["file_permissions_etc_passwd", "file_owner_etc_passwd", "file_groupowner_etc_passwd", "file_permissions_etc_group", "file_permissions_etc_shells"], nist: ["AC-3", "AC-6"]}
#   rationale: Whoever can write these files can make themselves root.
#   remediation: Restore root:root and mode 0644, and compare the file with the baseline.
#   paths: [/etc/passwd, /etc/passwd-, /etc/group, /etc/group-, /etc/shells]
package drift.host.passwd_permissions

import data.drift.lib.permissions

files contains input.files["/etc/passwd"]

files contains input.files["/etc/passwd-"]

files contains input.files["/etc/group"]

files contains input.files["/etc/group-"]

files contains input.files["/etc/shells"]

deny contains object.union({"path": file.path}, flaw) if {
	some file in files
	some flaw in permissions.flaws(file, {0}, "0644")
}

deny contains object.union({"path": file.path}, flaw) if {
	some file in files
	some flaw in permissions.wrong_group(file, [])
}

not_checked contains sentence if some sentence in permissions.unseen(files)

not_checked contains sentence if some sentence in permissions.led_away(files)

not_applicable contains "there is neither /etc/passwd nor /etc/group" if {
	input.files["/etc/passwd"].state == "absent"
	input.files["/etc/group"].state == "absent"
}
