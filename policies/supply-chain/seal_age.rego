# METADATA
# title: The seal is not older than the time allowed
# custom:
#   id: supply-chain/seal_age
#   severity: medium
#   references: {nist: [CM-2, SR-4]}
#   rationale: >-
#     An old seal means an old image, or one that nobody looks after. Signing keys and builders may have
#     changed since.
#   remediation: >-
#     Build the image anew, capture and seal it, and check with the new baseline.
#   parameters:
#     max_seal_age_days:
#       description: Days after which a seal is too old.
#       default: 365
package drift.supply_chain.seal_age

import data.drift.lib.baseline
import data.drift.lib.dates

deny contains {"observed": concat(" ", ["sealed", part.created]), "expected": sprintf("at most %d days ago", [data.params.max_seal_age_days]), "message": part.file} if {
	baseline.sealed
	some part in baseline.parts
	dates.seconds(input.now) - dates.seconds(part.created) > data.params.max_seal_age_days * dates.day
}

# A seal from the future comes of a wrong clock: its age says nothing.
deny contains {"observed": concat(" ", ["sealed", part.created]), "expected": concat(" ", ["before", input.now]), "message": part.file} if {
	baseline.sealed
	some part in baseline.parts
	dates.seconds(part.created) > dates.seconds(input.now)
}

not_checked contains baseline.unsealed if not baseline.sealed

not_checked contains "the age of the seal is unknown" if {
	baseline.sealed
	some part in baseline.parts
	not dates.seconds(part.created)
}
