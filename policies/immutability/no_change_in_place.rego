# METADATA
# title: Nothing was modified, moved or covered in place
# custom:
#   id: immutability/no_change_in_place
#   severity: high
#   references: {nist: [CM-3, SI-7]}
#   rationale: >-
#     An immutable system changes by being replaced. What differs and is explained by no package, rule
#     or trigger was changed by hand or by an intruder.
#   remediation: >-
#     Replace the system by a new instance of the image. Make the change in the image, capture that and
#     seal it.
package drift.immutability.no_change_in_place

import data.drift.lib.baseline
import data.drift.lib.changes

causes := {"modified-in-place", "moved", "vendor-record-differs", "covered-by-mount"}

deny contains denial if {
	some change in changes.of_target
	change.cause in causes
	denial := changes.denial(change, "as in the reference")
}

# What was moved is missed where it was.
deny contains {"path": change.moved_from, "observed": concat(" ", ["moved to", change.path]), "expected": "as in the reference", "message": change.cause} if {
	some change in changes.entries
	change.cause == "moved"
	is_string(object.get(change, "moved_from", null))
}

not_checked contains baseline.nothing_compared if not baseline.compared
