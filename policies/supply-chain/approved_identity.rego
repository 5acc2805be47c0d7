# METADATA
# title: The baseline was sealed for an approved image
# custom:
#   id: supply-chain/approved_identity
#   severity: medium
#   references: {nist: [CM-2, SR-4]}
#   rationale: >-
#     A valid seal of another image is still a valid seal. The name that a baseline was sealed for ties
#     it to what is meant to run here.
#   remediation: >-
#     Check with the baseline of the right image, or add its name to the parameter approved_identities.
#   parameters:
#     approved_identities:
#       description: Identities that a baseline may have been sealed for.
#       default: []
package drift.supply_chain.approved_identity

import data.drift.lib.baseline

deny contains {"observed": part.identity, "expected": concat(", ", sort(data.params.approved_identities)), "message": part.file} if {
	baseline.sealed
	count(data.params.approved_identities) > 0
	some part in baseline.parts
	not part.identity in data.params.approved_identities
}

not_checked contains baseline.unsealed if not baseline.sealed

not_checked contains "the parameter approved_identities names no image" if count(data.params.approved_identities) == 0
