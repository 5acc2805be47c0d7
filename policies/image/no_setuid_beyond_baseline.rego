# METADATA
# title: No setuid or setgid program that the baseline has not
# custom:
#   id: image/no_setuid_beyond_baseline
#   severity: high
#   references: {cis-docker: ["4.8"], nist: ["AC-6", "CM-7"]}
#   rationale: What the baseline has was reviewed when it was sealed; a program with such a bit that came since gives more rights to whoever starts it.
#   remediation: Take the bit away (chmod a-s) or leave the program out; one that is needed belongs in the next baseline.
package drift.image.no_setuid_beyond_baseline

import data.drift.lib.changes
import data.drift.lib.permissions

privileged contains file if some file in input.lists.setuid

privileged contains file if some file in input.lists.setgid

# A program that was there and gained the bit is a change of its mode (immutability/mode_not_looser).
deny contains {"path": file.path, "observed": concat(", ", [permissions.shown(file), "not in the baseline"]), "expected": "no such bit beyond the baseline", "package": file.package} if {
	input.baseline.kind in {"sealed", "snapshot"}
	some file in privileged
	file.in_baseline == false
}

# What was a link or a directory there is another object, and a change of type names no mode.
deny contains {"path": file.path, "observed": concat(", ", [permissions.shown(file), "of another type in the baseline"]), "expected": "no such bit beyond the baseline", "package": file.package} if {
	input.baseline.kind in {"sealed", "snapshot"}
	some file in privileged
	file.in_baseline == true
	file.path in changes.retyped
}
