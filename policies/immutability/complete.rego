# METADATA
# title: Everything in scope was compared
# custom:
#   id: immutability/complete
#   severity: medium
#   references: {nist: [SI-7, CA-7]}
#   rationale: >-
#     What was not read may have been changed. A comparison with gaps proves nothing of what lies in
#     them.
#   remediation: >-
#     Run with the rights to read everything, and mend what the problems name.
package drift.immutability.complete

deny contains {"path": problem.path, "observed": problem.reason, "expected": "observed", "message": problem.stage} if {
	some problem in input.problems
}

deny contains {"observed": sprintf("%d entries not compared", [input.coverage.not_compared]), "expected": "all compared"} if {
	input.coverage.not_compared > 0
}

deny contains {"observed": name, "expected": "an attribute that this version knows", "message": "it stands in the baseline and was not compared"} if {
	some name in input.coverage.attributes_not_compared
}
