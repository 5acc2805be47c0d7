# METADATA
# title: The baseline is not older than the time allowed
# custom:
#   id: immutability/baseline_fresh
#   severity: medium
#   references: {nist: [CM-2, SI-2]}
#   rationale: >-
#     A golden state that is never renewed holds the weaknesses of its day. A system that has not been
#     replaced for so long misses all mended since.
#   remediation: >-
#     Build a new image, capture and seal it, and replace the system.
#   parameters:
#     max_baseline_age_days:
#       description: Days after which a baseline must have been replaced by a newer one.
#       default: 90
package drift.immutability.baseline_fresh

import data.drift.lib.baseline
import data.drift.lib.dates

deny contains {"observed": concat(" ", ["sealed", part.created]), "expected": sprintf("at most %d days ago", [data.params.max_baseline_age_days]), "message": part.file} if {
	baseline.sealed
	some part in baseline.parts
	dates.seconds(input.now) - dates.seconds(part.created) > data.params.max_baseline_age_days * dates.day
}

not_checked contains baseline.unsealed if not baseline.sealed

not_checked contains "the age of the baseline is unknown" if {
	baseline.sealed
	some part in baseline.parts
	not dates.seconds(part.created)
}
