# METADATA
# title: Only root can change who may use sudo
# custom:
#   id: host/sudoers_permissions
#   severity: critical
#   references: {nist: ["AC-3", "AC-6"]}
#   rationale: Whoever can write these files can make themselves root; whoever can read them knows whom to attack.
#   remediation: Restore root:root and mode 0440, and compare the file with the baseline.
#   paths: [/etc/sudoers, /etc/sudoers.d, /etc/sudoers.d/*]
package drift.host.sudoers_permissions

import data.drift.lib.permissions

deny contains object.union({"path": file.path}, flaw) if {
	some file in files
	some flaw in permissions.flaws(file, {0}, "0640")
}

deny contains object.union({"path": "/etc/sudoers.d"}, flaw) if {
	some flaw in permissions.flaws(input.files["/etc/sudoers.d"], {0}, "0755")
}

files contains input.files["/etc/sudoers"]

files contains file if some file in input.files["/etc/sudoers.d/*"].matches

not_checked contains sentence if some sentence in permissions.unseen(files)

not_checked contains sentence if some sentence in permissions.led_away(files)

not_checked contains sentence if some sentence in permissions.led_away([input.files["/etc/sudoers.d"]])

not_applicable contains "sudo is not configured: there is no /etc/sudoers" if {
	input.files["/etc/sudoers"].state == "absent"
	input.files["/etc/sudoers.d"].state == "absent"
}
