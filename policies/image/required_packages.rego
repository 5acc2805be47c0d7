# METADATA
# title: The required packages are installed
# custom:
#   id: image/required_packages
#   severity: high
#   references: {nist: ["CM-2", "CM-6", "SI-4"]}
#   rationale: A host without its agent is watched by nobody, and nobody notices.
#   remediation: Install the package in the image.
#   parameters:
#     required_packages: {description: "Names of packages that must be installed, such as those of agents.", default: []}
package drift.image.required_packages

installed contains name if some name, _ in input.packages[_]

deny contains {"package": wanted, "observed": "not installed", "expected": "installed"} if {
	count(input.packages) > 0
	some wanted in data.params.required_packages
	not wanted in installed
}

not_checked contains "the parameter required_packages is empty" if count(data.params.required_packages) == 0

not_checked contains "there is no package database" if count(input.packages) == 0
