# METADATA
# title: No account, group or number stands twice
# custom:
#   id: host/duplicate_accounts
#   severity: medium
#   references: {cis: ["7.2.5", "7.2.6", "7.2.7", "7.2.8"], ssg: ["account_unique_id", "group_unique_id", "account_unique_name", "group_unique_name"], nist: ["IA-2", "IA-4"]}
#   rationale: Two accounts with one number are one account under two names, and of a name that stands twice programs see only one. Logs and permissions then name the wrong one.
#   remediation: Remove one of the two lines, or give its account another name or number and its files to that.
#   paths: [/etc/passwd, /etc/group]
package drift.host.duplicate_accounts

file_of := {"user": "/etc/passwd", "uid": "/etc/passwd", "group": "/etc/group", "gid": "/etc/group"}

deny contains {"path": file_of[twice.what], "line": max(twice.lines), "observed": concat(" ", [twice.what, twice.value]), "expected": "once"} if {
	some twice in input.accounts.duplicates
}

not_applicable contains "there is neither /etc/passwd nor /etc/group" if {
	input.files["/etc/passwd"].state == "absent"
	input.files["/etc/group"].state == "absent"
}
