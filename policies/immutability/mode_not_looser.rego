# METADATA
# title: No permission is looser than in the baseline
# custom:
#   id: immutability/mode_not_looser
#   severity: high
#   references: {nist: [AC-6, CM-6]}
#   rationale: >-
#     A mode may only become stricter. A new write bit, a lost owner root or a new access control list
#     opens a way that the image did not have.
#   remediation: >-
#     Replace the system. If the image is to have the permission, set it there.
package drift.immutability.mode_not_looser

import data.drift.lib.baseline
import data.drift.lib.changes
import data.drift.lib.mode

deny contains {"path": change.path, "observed": attribute.after, "expected": concat(" ", [attribute.before, "or stricter"]), "message": concat(" ", ["allows in addition:", concat(", ", sort(gained))])} if {
	some change in changes.entries
	change.kind == "modified"
	some attribute in change.attributes
	attribute.name == "mode"
	is_string(attribute.before)
	is_string(attribute.after)
	gained := mode.gained(attribute.before, attribute.after)
	count(gained) > 0
}

deny contains {"path": change.path, "observed": concat(" ", [attribute.name, attribute.after]), "expected": concat(" ", [attribute.name, "0"]), "message": "it no longer belongs to root"} if {
	some change in changes.entries
	change.kind == "modified"
	some attribute in change.attributes
	attribute.name in {"uid", "gid"}
	attribute.before == "0"
	is_string(attribute.after)
	attribute.after != "0"
}

# Whether one list allows less than another is not told by their texts, so that any other one counts.
deny contains {"path": change.path, "observed": concat(" ", ["another", attribute.name]), "expected": "as in the baseline, or none"} if {
	some change in changes.entries
	change.kind == "modified"
	some attribute in change.attributes
	attribute.name in {"acl", "acl_default", "capability"}
	is_string(attribute.after)
}

not_checked contains baseline.no_earlier if not baseline.earlier

not_checked contains concat(" ", [name, "cannot be observed on both sides"]) if {
	some name in input.coverage.not_observable
	name in {"entries.mode", "entries.uid", "entries.gid", "entries.acl", "entries.acl_default", "entries.capability"}
}
