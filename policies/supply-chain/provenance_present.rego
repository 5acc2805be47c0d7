# METADATA
# title: The seal says where the baseline comes from
# custom:
#   id: supply-chain/provenance_present
#   severity: medium
#   references: {nist: [SR-4, CM-3]}
#   rationale: >-
#     Without the commit and the builder nobody can say which change brought what into an image, nor
#     build it again.
#   remediation: >-
#     Seal with --provenance git_commit=… --provenance builder=… in the pipeline that builds the image.
#   parameters:
#     required_provenance:
#       description: What the provenance in the seal must hold.
#       default: [git_commit, builder]
package drift.supply_chain.provenance_present

import data.drift.lib.baseline

deny contains {"observed": "absent", "expected": name, "message": "the provenance in the seal lacks it"} if {
	baseline.sealed
	some name in data.params.required_provenance
	trim_space(object.get(input.baseline.provenance, name, "")) == ""
}

not_checked contains "the parameter required_provenance names nothing" if count(data.params.required_provenance) == 0

# Of several baselines that compose, only the last one's provenance is known.
not_checked contains "the provenance of the earlier baselines is not known" if count(input.baseline.composed_of) > 0

not_checked contains baseline.unsealed if not baseline.sealed
