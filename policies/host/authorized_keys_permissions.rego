# METADATA
# title: Only the account itself can change its authorized keys
# custom:
#   id: host/authorized_keys_permissions
#   severity: high
#   references: {nist: ["AC-3", "AC-6", "IA-5"]}
#   rationale: Whoever can write such a file can log in as the account.
#   remediation: Give the file to the account and take the permission to write from everybody else (chmod go-w); see whether a key was added.
#   paths: [/etc/passwd]
package drift.host.authorized_keys_permissions

import data.drift.lib.permissions

deny contains object.union({"path": key.path}, flaw) if {
	some user in input.accounts.users
	some key in user.authorized_keys
	some flaw in permissions.flaws(key, {0, user.uid}, "0755")
}

not_checked contains sentence if {
	some user in input.accounts.users
	some sentence in permissions.unseen(user.authorized_keys)
}

not_checked contains sentence if {
	some user in input.accounts.users
	some sentence in permissions.led_away(user.authorized_keys)
}

not_applicable contains "there is no /etc/passwd" if input.files["/etc/passwd"].state == "absent"
