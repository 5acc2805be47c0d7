# METADATA
# title: Passwords stand in shadow, not in passwd
# custom:
#   id: host/passwords_shadowed
#   severity: high
#   references: {cis: ["7.2.1"], ssg: ["accounts_password_all_shadowed"], nist: ["IA-5"]}
#   rationale: Everybody can read /etc/passwd, and so try to guess what a hash in it stands for.
#   remediation: Move the hashes (pwconv) and change the passwords, which many may have read.
#   paths: [/etc/passwd]
package drift.host.passwords_shadowed

deny contains {"path": "/etc/passwd", "line": user.line, "observed": concat(" ", ["a password of", name]), "expected": "x, and the password in /etc/shadow"} if {
	some name, user in input.accounts.users
	user.password == "set"
	user.shadow_line == null
}

not_applicable contains "there is no /etc/passwd" if input.files["/etc/passwd"].state == "absent"
