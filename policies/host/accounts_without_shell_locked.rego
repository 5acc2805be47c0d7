# METADATA
# title: Accounts without a login shell have no password
# custom:
#   id: host/accounts_without_shell_locked
#   severity: medium
#   references: {cis: ["5.4.2.8"], ssg: ["no_invalid_shell_accounts_unlocked"], nist: ["AC-6", "IA-5"]}
#   rationale: A password opens more than a shell; file transfer, mail and su with a shell of one's own take it too.
#   remediation: Lock the account (usermod -L NAME).
#   paths: [/etc/passwd]
package drift.host.accounts_without_shell_locked

deny contains {"path": "/etc/passwd", "line": user.line, "observed": concat(" ", [name, "with a password"]), "expected": "a locked account"} if {
	some name, user in input.accounts.users
	not user.login
	user.password in {"set", "empty"}
}

not_checked contains concat(" ", ["the password of", name, "could not be read"]) if {
	some name, user in input.accounts.users
	user.password == "unreadable"
}

not_applicable contains "there is no /etc/passwd" if input.files["/etc/passwd"].state == "absent"
