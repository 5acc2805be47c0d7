# METADATA
# title: The user that containers start as is an account, and not root under another name
# custom:
#   id: image/user_is_an_account
#   severity: high
#   references: {cis-docker: ["4.1"], nist: ["AC-6", "IA-2"]}
#   rationale: A name means what the passwd of the image says; it may be root under another name, and a runtime refuses to start one that is not there.
#   remediation: Make the account in the image, with a number other than 0.
#   paths: [/etc/passwd]
package drift.image.user_is_an_account

user := split(input.image.config.user, ":")[0] if input.image.config.user != null

# Runtimes look for an account of this name first, be it a number or not.
deny contains {"path": "/etc/passwd", "line": account.line, "observed": concat(" ", [user, "with the user id 0"]), "expected": "another user id"} if {
	user != "root"
	account := input.accounts.users[user]
	account.uid == 0
}

deny contains {"path": "/etc/passwd", "observed": concat(" ", ["no account", user]), "expected": "an account of this name, or a number"} if {
	named
	input.files["/etc/passwd"].state in {"present", "absent"}
	not input.accounts.users[user]
}

# A runtime may read such a line otherwise than the C library does, and find another number.
deny contains {"path": "/etc/passwd", "line": bad.line, "observed": bad.reason, "expected": "a line that runtimes and the C library read alike"} if {
	not user in {"", "root"}
	some bad in input.accounts.malformed
	bad.file == "/etc/passwd"
}

# The image names somebody by name, and not root.
named if {
	not user in {"", "root"}
	trim_left(user, "+-0123456789") != ""
}

not_applicable contains "the target is no image" if input.image == null

not_applicable contains "the image names no account, but a number or root" if {
	input.image != null
	not named
}
