# METADATA
# title: The seal will not expire within the time of warning
# custom:
#   id: supply-chain/seal_not_expiring
#   severity: low
#   references: {nist: [CM-2]}
#   rationale: >-
#     When a seal expires, every check with it ends as untrusted. Renew it before that.
#   remediation: >-
#     Capture and seal the current image anew, and roll it out before the time named.
#   parameters:
#     min_days_until_expiry:
#       description: Days that must be left before a seal expires.
#       default: 14
package drift.supply_chain.seal_not_expiring

import data.drift.lib.baseline
import data.drift.lib.dates

expiring contains part if {
	baseline.sealed
	some part in baseline.parts
	is_string(part.expires)
}

deny contains {"observed": concat(" ", ["expires", part.expires]), "expected": sprintf("%d days or more from now", [data.params.min_days_until_expiry]), "message": part.file} if {
	some part in expiring
	dates.seconds(part.expires) - dates.seconds(input.now) < data.params.min_days_until_expiry * dates.day
}

not_checked contains baseline.unsealed if not baseline.sealed

not_checked contains "the time of expiry cannot be read" if {
	some part in expiring
	not dates.seconds(part.expires)
}

not_applicable contains "the seal has no expiry" if {
	baseline.sealed
	count(expiring) == 0
}
