# METADATA
# title: Only named packages differ from the baseline
# custom:
#   id: immutability/packages_unchanged
#   severity: medium
#   references: {nist: [CM-3, CM-8]}
#   rationale: >-
#     Packages that change on a running system make it another system than the one that was tested.
#     Those that must, such as a list of certificates, are named.
#   remediation: >-
#     Upgrade in the image and replace the system, or name the package in the parameter may_change.
#   parameters:
#     may_change:
#       description: Names of packages that may be installed, upgraded or removed unattended.
#       default: []
package drift.immutability.packages_unchanged

import data.drift.lib.baseline
import data.drift.lib.changes

deny contains {"package": change.path, "observed": version(change.package.after), "expected": version(change.package.before), "message": change.cause} if {
	some change in changes.of_target
	change.subject == "package"
	not change.path in data.params.may_change
}

version(text) := text if is_string(text)

version(text) := "not installed" if not is_string(text)

not_checked contains baseline.no_earlier if not baseline.earlier

not_checked contains "packages were not observed on both sides" if {
	"packages" in input.coverage.not_observable
}
