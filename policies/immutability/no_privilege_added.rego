# METADATA
# title: Nothing new gives rights that its caller does not have
# custom:
#   id: immutability/no_privilege_added
#   severity: critical
#   references: {nist: [AC-6, CM-5, SI-7]}
#   rationale: >-
#     A new program with setuid, setgid or capabilities, or a new device node, is how an intruder keeps
#     the rights of root.
#   remediation: >-
#     Replace the system, and look for how the file came there before the evidence is gone.
package drift.immutability.no_privilege_added

import data.drift.lib.baseline
import data.drift.lib.changes
import data.drift.lib.mode

added := [change |
	baseline.earlier
	some change in changes.entries
	change.kind == "added"
]

deny contains {"path": change.path, "observed": concat(" ", ["mode", changes.after(change, "mode")]), "expected": "no setuid or setgid"} if {
	some change in added
	change.type == "file"
	mode.privileged(changes.after(change, "mode"))
}

# A change of type names no mode.
deny contains {"path": file.path, "observed": concat(" ", ["another type, now mode", file.mode]), "expected": "no setuid or setgid"} if {
	baseline.earlier
	some file in array.concat(input.lists.setuid, input.lists.setgid)
	file.path in changes.retyped
}

deny contains {"path": file.path, "observed": concat(" ", ["another type, now with", file.capability]), "expected": "no capabilities"} if {
	baseline.earlier
	some file in input.lists.capabilities
	file.path in changes.retyped
}

deny contains {"path": change.path, "observed": concat(" ", [change.type, "device"]), "expected": "no device node"} if {
	baseline.earlier
	some change in changes.entries
	change.path in changes.retyped
	change.type in {"char", "block"}
	not startswith(change.path, "/dev/")
}

deny contains {"path": change.path, "observed": changes.after(change, "capability"), "expected": "no capabilities"} if {
	some change in added
}

deny contains {"path": change.path, "observed": concat(" ", [change.type, "device"]), "expected": "no device node"} if {
	some change in added
	change.type in {"char", "block"}
	not startswith(change.path, "/dev/")
}

not_checked contains baseline.no_earlier if not baseline.earlier

not_checked contains concat(" ", [name, "cannot be observed on both sides"]) if {
	some name in input.coverage.not_observable
	name in {"entries.mode", "entries.capability"}
}
