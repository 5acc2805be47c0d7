# METADATA
# title: The seal says until when it holds
# custom:
#   id: supply-chain/seal_has_expiry
#   severity: low
#   references: {nist: [CM-2, SC-12]}
#   rationale: >-
#     A seal without an end can be replayed for ever: an old image with known weaknesses stays valid.
#   remediation: >-
#     Seal with --expires, such as 90d.
package drift.supply_chain.seal_has_expiry

import data.drift.lib.baseline

deny contains {"observed": "no expiry", "expected": "a time until which the seal holds", "message": part.file} if {
	baseline.sealed
	some part in baseline.parts
	not is_string(part.expires)
}

not_checked contains baseline.unsealed if not baseline.sealed
