# METADATA
# title: Every change is explained by more than the word of the target
# custom:
#   id: immutability/no_unverified_changes
#   severity: medium
#   references: {nist: [SI-7, CM-3]}
#   rationale: >-
#     That a package was upgraded, or that a configuration file is one, only the package database of the
#     target says. Whoever changed the system may have changed that too.
#   remediation: >-
#     Confirm that the upgrade was meant, or replace the system by a new instance of an image that has
#     it.
package drift.immutability.no_unverified_changes

import data.drift.lib.baseline
import data.drift.lib.changes

deny contains denial if {
	baseline.sealed
	some change in changes.unfolded
	change.cause_verified == false
	denial := changes.denial(change, "a cause that the baseline vouches for")
}

not_checked contains baseline.unsealed if not baseline.sealed
