# METADATA
# title: The target was compared with a signed baseline
# custom:
#   id: supply-chain/baseline_signed
#   severity: high
#   references: {nist: [CM-2, CM-14]}
#   rationale: >-
#     Whoever can change a system can change its package database too. Only a baseline that was signed
#     elsewhere says what the system was meant to be.
#   remediation: >-
#     Capture the golden image, seal it with a key that is kept off the hosts, and check with
#     --baseline.
package drift.supply_chain.baseline_signed

import data.drift.lib.baseline

deny contains {"observed": input.baseline.kind, "expected": "sealed", "message": "the reference is no baseline whose seal was verified"} if {
	not baseline.sealed
}

deny contains {"observed": "no signature", "expected": "a signature by a trusted key", "message": part.file} if {
	baseline.sealed
	some part in baseline.parts
	count(part.signers) == 0
}
