# METADATA
# title: Only root and the group shadow can read password hashes
# custom:
#   id: host/shadow_permissions
#   severity: critical
#   references: {cis: ["7.1.5", "7.1.6", "7.1.7", "7.1.8", "7.1.10"], ssg: ["file_permissions_etc_shadow", "file_owner_etc_shadow", "file_groupowner_etc_shadow", "file_permissions_etc_gshadow", "file_permissions_etc_security_opasswd"], nist: ["AC-3", "IA-5"]}
#   rationale: Whoever can read the hashes can guess passwords at leisure; whoever can write them needs no guess.
#   remediation: Restore root:shadow and mode 0640, and change the passwords if others could read them.
#   paths: [/etc/shadow, /etc/shadow-, /etc/gshadow, /etc/gshadow-, /etc/security/opasswd]
package drift.host.shadow_permissions

import data.drift.lib.permissions

files contains input.files["/etc/shadow"]

files contains input.files["/etc/shadow-"]

files contains input.files["/etc/gshadow"]

files contains input.files["/etc/gshadow-"]

files contains input.files["/etc/security/opasswd"]

deny contains object.union({"path": file.path}, flaw) if {
	some file in files
	some flaw in permissions.flaws(file, {0}, "0640")
}

deny contains object.union({"path": file.path}, flaw) if {
	some file in files
	some flaw in permissions.wrong_group(file, ["shadow"])
}

not_checked contains sentence if some sentence in permissions.unseen(files)

not_checked contains sentence if some sentence in permissions.led_away(files)

not_applicable contains "there is neither /etc/shadow nor /etc/gshadow" if {
	input.files["/etc/shadow"].state == "absent"
	input.files["/etc/gshadow"].state == "absent"
}
