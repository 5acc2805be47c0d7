package drift.image.required_packages_test

import data.drift.image.required_packages

test_installed_ones_pass if {
	found := required_packages.deny with input as {"packages": {"dpkg": {"auditd": [{"version": "1", "architecture": "amd64"}]}}}
		with data.params.required_packages as ["auditd"]
	count(found) == 0
}

test_missing_ones_are_denied if {
	found := required_packages.deny with input as {"packages": {"dpkg": {"bash": [{"version": "1", "architecture": "amd64"}]}}}
		with data.params.required_packages as ["auditd"]
	{denial.observed | some denial in found} == {"not installed"}
}

test_without_database_it_is_not_checked if {
	found := required_packages.not_checked with input as {"packages": {}}
		with data.params.required_packages as ["auditd"]
	found == {"there is no package database"}
}

test_without_parameter_it_is_not_checked if {
	found := required_packages.not_checked with input as {"packages": {"dpkg": {"bash": [{"version": "1", "architecture": "amd64"}]}}}
		with data.params.required_packages as []
	found == {"the parameter required_packages is empty"}
}

test_without_database_nothing_is_denied if {
	found := required_packages.deny with input as {"packages": {}}
		with data.params.required_packages as ["auditd"]
	count(found) == 0
}
