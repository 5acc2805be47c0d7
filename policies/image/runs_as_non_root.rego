# METADATA
# title: Containers do not start as root
# custom:
#   id: image/runs_as_non_root
#   severity: high
#   references: {cis-docker: ["4.1"], nist-800-190: ["4.1.2"], nist: ["AC-6"]}
#   rationale: Root in a container is one mistake of the kernel or of a mount away from root of the host.
#   remediation: Make an account in the image and name it, best by its number (USER 10001).
package drift.image.runs_as_non_root

# What stands before the colon; nothing there, or no user at all, is root.
user := split(configured, ":")[0]

configured := "" if input.image.config.user == null

configured := input.image.config.user if input.image.config.user != null

shown := "no user, which is root" if configured == ""

shown := configured if configured != ""

deny contains {"observed": shown, "expected": "an account that is not root"} if user in {"", "root"}

# Runtimes read the number as strconv.Atoi does: 00, +0 and -0 are 0.
deny contains {"observed": shown, "expected": "an account that is not root"} if {
	trim_left(trim_left(user, "+-"), "0") == ""
}

# A sign makes a number of it for some runtimes and a name for others.
deny contains {"observed": shown, "expected": "an account that is not root"} if regex.match("^[+-]", user)

# A number that an int of 32 bits does not hold may become any other, 0 as well.
deny contains {"observed": shown, "expected": "an account that is not root"} if {
	regex.match("^[0-9]+$", user)
	too_large(trim_left(user, "0"))
}

too_large(digits) if count(digits) > 10

too_large(digits) if {
	count(digits) == 10
	digits > "2147483647"
}

not_applicable contains "the target is no image" if input.image == null
