# METADATA
# title: The baseline was sealed by an approved signer
# custom:
#   id: supply-chain/approved_signer
#   severity: high
#   references: {nist: [CM-14, SR-4]}
#   rationale: >-
#     A trust store may hold keys for many purposes. A golden image is signed by those who release
#     images, and by nobody else.
#   remediation: >-
#     Have the baseline sealed by an approved key, or add the key to the parameter approved_signers.
#   parameters:
#     approved_signers:
#       description: Names in trust.toml, or digests of keys, of which one must have signed.
#       default: []
package drift.supply_chain.approved_signer

import data.drift.lib.baseline

by_approved(part) if {
	some signer in part.signers
	signer.key in data.params.approved_signers
}

by_approved(part) if {
	some signer in part.signers
	signer.name in data.params.approved_signers
}

deny contains {"observed": concat(", ", sort([signer.name | some signer in part.signers])), "expected": concat(", ", sort(data.params.approved_signers)), "message": part.file} if {
	baseline.sealed
	count(data.params.approved_signers) > 0
	some part in baseline.parts
	not by_approved(part)
}

not_checked contains baseline.unsealed if not baseline.sealed

not_checked contains "the parameter approved_signers names nobody" if count(data.params.approved_signers) == 0
