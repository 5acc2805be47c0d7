# METADATA
# title: No account of the image has a password
# custom:
#   id: image/no_passwords
#   severity: high
#   references: {nist-800-190: ["4.1.4"], nist: ["IA-5"]}
#   rationale: A password in an image is the password of every host made from it, and known to everybody who can pull it.
#   remediation: Lock the accounts in the image (passwd -l NAME); set passwords, if any, when a host starts.
#   paths: [/etc/passwd]
package drift.image.no_passwords

deny contains {"path": "/etc/passwd", "line": user.line, "observed": concat(" ", [name, "with", kind]), "expected": "a locked account"} if {
	input.target.kind != "host"
	some name, user in input.accounts.users
	kind := word[user.password]
}

word := {"set": "a password", "empty": "an empty password"}

not_checked contains concat(" ", ["the password of", name, "could not be read"]) if {
	some name, user in input.accounts.users
	user.password == "unreadable"
}

not_applicable contains "the target is a host, whose accounts may have passwords" if input.target.kind == "host"

not_applicable contains "there is no /etc/passwd" if input.files["/etc/passwd"].state == "absent"
