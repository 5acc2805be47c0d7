# METADATA
# title: Nothing differs in the directories of programs and libraries
# custom:
#   id: immutability/usr_unmodified
#   severity: critical
#   references: {nist: [CM-5, SI-7]}
#   rationale: >-
#     Programs and libraries change only when the image does. Here even an upgrade is a change to a
#     running system that nobody can repeat.
#   remediation: >-
#     Replace the system by a new instance of the image. Upgrade packages in the image alone.
#   parameters:
#     immutable_directories:
#       description: Directories in which nothing may differ.
#       default: [/usr, /bin, /sbin, /lib, /lib32, /lib64, /libx32, /boot]
package drift.immutability.usr_unmodified

import data.drift.lib.baseline
import data.drift.lib.changes
import data.drift.lib.paths

# Changes that the rules of the baseline declare.
declared := {"declared-dynamic", "expected-per-host"}

differing := [change |
	some change in changes.entries
	not change.cause in declared
	told_by_reference(change)
	paths.below_any(change.path, data.params.immutable_directories)
]

told_by_reference(_) if baseline.earlier

# A package database knows what its files hold, and not what was there besides.
told_by_reference(change) if change.cause == "vendor-record-differs"

deny contains denial if {
	some change in differing
	not is_string(object.get(change, "folded_into", null))
	denial := changes.denial(change, "as in the reference")
}

# What went away is missed where it was, wherever it is now.
deny contains {"path": change.moved_from, "observed": concat(" ", ["moved to", change.path]), "expected": "as in the reference", "message": change.cause} if {
	baseline.earlier
	some change in changes.entries
	change.cause == "moved"
	is_string(object.get(change, "moved_from", null))
	paths.below_any(change.moved_from, data.params.immutable_directories)
}

# One for each package, or an upgrade would be told by a thousand files.
deny contains {"package": change.package.name, "observed": change.cause, "expected": "as in the reference", "message": "its files lie in an immutable directory"} if {
	some change in differing
	is_string(object.get(change, "folded_into", null))
}

not_checked contains baseline.no_earlier if not baseline.earlier

not_checked contains "the parameter immutable_directories names no directory" if count(data.params.immutable_directories) == 0
