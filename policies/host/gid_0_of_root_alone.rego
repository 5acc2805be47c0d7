# METADATA
# title: Only root has the group id 0
# custom:
#   id: host/gid_0_of_root_alone
#   severity: high
#   references: {cis: ["5.4.2.2", "5.4.2.3"], ssg: ["accounts_root_gid_zero", "groups_no_zero_gid_except_root"], nist: ["AC-6"]}
#   rationale: Whoever has the group id 0 may read and change what belongs to root's group, and new files of root would belong to another group if root had none of its own.
#   remediation: Give root the group id 0, and other accounts and groups ids of their own; look for what else the change brought.
#   paths: [/etc/passwd, /etc/group]
#   parameters:
#     gid_0_allowed: {description: Accounts that may have root's group as their first one or be members of it., default: [root, sync, shutdown, halt, operator]}
package drift.host.gid_0_of_root_alone

deny contains {"path": "/etc/passwd", "line": user.line, "observed": name, "expected": "another first group than 0"} if {
	some name, user in input.accounts.users
	user.gid == 0
	not name in data.params.gid_0_allowed
	name != "root"
}

deny contains {"path": "/etc/passwd", "line": user.line, "observed": format_int(user.gid, 10), "expected": "0, the first group of root"} if {
	user := input.accounts.users.root
	user.gid != 0
}

deny contains {"path": "/etc/group", "line": group.line, "observed": name, "expected": "root alone"} if {
	some name, group in input.accounts.groups
	group.gid == 0
	name != "root"
}

deny contains {"path": "/etc/group", "line": group.line, "observed": member, "expected": "no member but root"} if {
	some group in input.accounts.groups
	group.gid == 0
	some member in group.members
	not member in data.params.gid_0_allowed
	member != "root"
}

not_applicable contains "there is neither /etc/passwd nor /etc/group" if {
	input.files["/etc/passwd"].state == "absent"
	input.files["/etc/group"].state == "absent"
}
