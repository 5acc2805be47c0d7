# METADATA
# title: No package is older than in the baseline
# custom:
#   id: immutability/packages_not_downgraded
#   severity: high
#   references: {nist: [SI-2, CM-3]}
#   rationale: >-
#     An older version brings back the weaknesses that a newer one mended, and is an intruder's way to
#     get a known one.
#   remediation: >-
#     Replace the system by a new instance of the image.
package drift.immutability.packages_not_downgraded

import data.drift.lib.baseline
import data.drift.lib.changes

deny contains {"package": change.path, "observed": change.package.after, "expected": concat(" ", [change.package.before, "or newer"])} if {
	some change in changes.of_target
	change.subject == "package"
	change.cause == "downgraded"
}

not_checked contains baseline.no_earlier if not baseline.earlier

not_checked contains "packages were not observed on both sides" if {
	"packages" in input.coverage.not_observable
}
