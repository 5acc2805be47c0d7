# METADATA
# title: Only allowed packages are installed
# custom:
#   id: image/packages_allowed
#   severity: medium
#   references: {cis-docker: ["4.3"], nist: ["CM-7", "CM-11"]}
#   rationale: What is not needed is only there for who breaks in, and has to be kept up to date all the same.
#   remediation: Remove the package from the image, or have it allowed (allowed_packages).
#   parameters:
#     allowed_packages: {description: Names of packages that may be installed; every other one is denied., default: []}
package drift.image.packages_allowed

deny contains {"package": name, "observed": version.version, "expected": "not installed"} if {
	count(data.params.allowed_packages) > 0
	some name, versions in input.packages[_]
	not name in data.params.allowed_packages
	some version in versions
}

not_checked contains "the parameter allowed_packages is empty" if count(data.params.allowed_packages) == 0

not_checked contains "there is no package database" if count(input.packages) == 0
