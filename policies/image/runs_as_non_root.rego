# METADATA
# title: Containers do not start as root
# custom:
#   id: image/runs_as_non_root
#   severity: high
#   references: {cis-docker: ["4.1"], nist-800-190: ["4.1.2"], nist: ["AC-6"]}
#   rationale: Root in a container is one mistake of the kernel or of a mount away from root of the host.
#   remediation: Make an account in the image and name it, best by its number (USER 10001).
#   paths: [/etc/passwd]
package drift.image.runs_as_non_root

# What stands before the colon; nothing there, or no user at all, is root.
user := "" if input.image.config.user == null

user := split(input.image.config.user, ":")[0] if input.image.config.user != null

shown := "no user, which is root" if user == ""

shown := input.image.config.user if user != ""

deny contains {"observed": shown, "expected": "an account that is not root"} if user in {"", "root"}

# Runtimes read the number as strconv.Atoi does: 00, +0 and -0 are 0.
deny contains {"observed": shown, "expected": "an account that is not root"} if {
	user != ""
	trim_left(trim_left(user, "+-"), "0") == ""
}

deny contains {"path": "/etc/passwd", "line": account.line, "observed": concat(" ", [shown, "with the user id 0"]), "expected": "an account that is not root"} if {
	account := input.accounts.users[user]
	account.uid == 0
	user != "root"
}

deny contains {"observed": concat(" ", [shown, "of no account"]), "expected": "an account of /etc/passwd, or a number"} if {
	input.files["/etc/passwd"].state in {"present", "absent"}
	not user in {"", "root"}
	not input.accounts.users[user]
	not regex.match("^[+-]?[0-9]+$", user)
}

not_applicable contains "the target is no image" if input.image == null
