# METADATA
# title: Every account's first group exists
# custom:
#   id: host/primary_groups_exist
#   severity: low
#   references: {cis: ["7.2.3"], ssg: ["gid_passwd_group_same"], nist: ["IA-2"]}
#   rationale: The files of such an account belong to a group that does not exist, and to whichever group gets the number later.
#   remediation: Make the group, or give the account another one.
#   paths: [/etc/passwd, /etc/group]
package drift.host.primary_groups_exist

known contains group.gid if some group in input.accounts.groups

deny contains {"path": "/etc/passwd", "line": user.line, "observed": concat(" ", [name, "in group", format_int(user.gid, 10)]), "expected": "a group of /etc/group"} if {
	input.files["/etc/group"].state == "present"
	some name, user in input.accounts.users
	not user.gid in known
}

not_applicable contains "there is no /etc/passwd" if input.files["/etc/passwd"].state == "absent"

not_applicable contains "there is no /etc/group" if input.files["/etc/group"].state == "absent"
