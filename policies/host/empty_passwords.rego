# METADATA
# title: No account has an empty password
# custom:
#   id: host/empty_passwords
#   severity: critical
#   references: {cis: ["7.2.2"], ssg: ["no_empty_passwords_etc_shadow"], nist: ["IA-5"]}
#   rationale: Whoever names such an account is let in without being asked for anything.
#   remediation: Lock the account (passwd -l NAME) or set a password; look in the logs for who used it.
#   paths: [/etc/passwd]
package drift.host.empty_passwords

deny contains object.union(place(user), {"observed": concat(" ", [name, "has an empty password"]), "expected": "a password, or a lock"}) if {
	some name, user in input.accounts.users
	user.password == "empty"
}

place(user) := {"path": "/etc/shadow", "line": user.shadow_line} if user.shadow_line != null

place(user) := {"path": "/etc/passwd", "line": user.line} if user.shadow_line == null

not_checked contains concat(" ", ["the password of", name, "could not be read"]) if {
	some name, user in input.accounts.users
	user.password == "unreadable"
}

not_applicable contains "there is no /etc/passwd" if input.files["/etc/passwd"].state == "absent"
