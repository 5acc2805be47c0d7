# METADATA
# title: Nobody is in the group shadow
# custom:
#   id: host/shadow_group_empty
#   severity: high
#   references: {cis: ["7.2.4"], ssg: ["ensure_shadow_group_empty"], nist: ["AC-6", "IA-5"]}
#   rationale: The group may read every password hash, to guess the passwords at leisure.
#   remediation: Remove the accounts from the group, and change the passwords that they could read.
#   paths: [/etc/group]
package drift.host.shadow_group_empty

deny contains {"path": "/etc/group", "line": group.line, "observed": member, "expected": "no member of shadow"} if {
	group := input.accounts.groups.shadow
	some member in group.members
}

deny contains {"path": "/etc/passwd", "line": user.line, "observed": name, "expected": "another first group than shadow"} if {
	group := input.accounts.groups.shadow
	some name, user in input.accounts.users
	user.gid == group.gid
}

# Of several lines one alone is seen by name; members of the others may read the hashes as well.
deny contains {"path": "/etc/group", "line": twice.lines[1], "observed": concat(" ", [twice.what, twice.value]), "expected": "once"} if {
	group := input.accounts.groups.shadow
	some twice in input.accounts.duplicates
	[twice.what, twice.value] in [["group", "shadow"], ["gid", format_int(group.gid, 10)]]
}

not_applicable contains "there is no /etc/group" if input.files["/etc/group"].state == "absent"
