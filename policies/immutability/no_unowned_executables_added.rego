# METADATA
# title: No program was added that no package claims
# custom:
#   id: immutability/no_unowned_executables_added
#   severity: high
#   references: {nist: [CM-7(5), SI-7]}
#   rationale: >-
#     A program that neither the image nor a package brought is the plainest trace of an intruder, also
#     where rules let data come and go.
#   remediation: >-
#     Replace the system. If the program is needed, package it or put it into the image.
package drift.immutability.no_unowned_executables_added

import data.drift.lib.baseline
import data.drift.lib.changes
import data.drift.lib.mode

stray := [change |
	baseline.earlier
	some change in changes.entries
	change.kind == "added"
	not is_object(object.get(change, "package", null))
]

deny contains {"path": change.path, "observed": concat(" ", ["an added file of mode", changes.after(change, "mode")]), "expected": "no such program", "message": change.cause} if {
	some change in stray
	change.type == "file"
	mode.executable(changes.after(change, "mode"))
}

deny contains {"path": change.path, "observed": "an added name on PATH", "expected": "no such program", "message": change.cause} if {
	some change in stray
	change.type == "symlink"
	object.get(change, "on_path", false) == true
}

# What was of another type there is another object now.
deny contains {"path": change.path, "observed": concat(" ", ["on PATH, now of type", change.type]), "expected": "no such program", "message": change.cause} if {
	baseline.earlier
	some change in changes.entries
	change.path in changes.retyped
	change.type in {"file", "symlink"}
	object.get(change, "on_path", false) == true
	not is_object(object.get(change, "package", null))
}

not_checked contains baseline.no_earlier if not baseline.earlier

not_checked contains "entries.mode cannot be observed on both sides" if {
	"entries.mode" in input.coverage.not_observable
}
