# METADATA
# title: Every line of passwd, group and shadow has its form
# custom:
#   id: host/malformed_account_lines
#   severity: medium
#   references: {nist: ["CM-6", "SI-10"]}
#   rationale: Programs differ in what they make of a broken line; an account may be there for one and not for another, and what another policy says of accounts does not cover it.
#   remediation: Correct or remove the line (pwck and grpck name them too), and find out what wrote it.
#   paths: [/etc/passwd, /etc/group]
package drift.host.malformed_account_lines

deny contains {"path": bad.file, "line": bad.line, "observed": bad.reason, "expected": "a line of its form"} if {
	some bad in input.accounts.malformed
}

not_applicable contains "there is neither /etc/passwd nor /etc/group" if {
	input.files["/etc/passwd"].state == "absent"
	input.files["/etc/group"].state == "absent"
}
