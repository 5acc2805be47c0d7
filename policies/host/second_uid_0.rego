# METADATA
# title: Only root has the user id 0
# custom:
#   id: host/second_uid_0
#   severity: critical
#   references: {cis: ["5.4.2.1"], ssg: ["accounts_no_uid_except_zero"], nist: ["AC-6"]}
#   rationale: Whoever has the user id 0 is root, under whatever name, and is easily overlooked.
#   remediation: Replace the host. In the image, remove the account or give it an id of its own.
#   paths: [/etc/passwd]
package drift.host.second_uid_0

deny contains {"path": "/etc/passwd", "line": user.line, "observed": name, "expected": "root alone"} if {
	some name, user in input.accounts.users
	user.uid == 0
	name != "root"
}

not_applicable contains "there is no /etc/passwd" if input.files["/etc/passwd"].state == "absent"
