package drift.image.packages_allowed_test

import data.drift.image.packages_allowed

test_allowed_ones_pass if {
	found := packages_allowed.deny with input as {"packages": {"dpkg": {"bash": [{"version": "1", "architecture": "amd64"}]}}}
		with data.params.allowed_packages as ["bash"]
	count(found) == 0
}

test_others_are_denied if {
	found := packages_allowed.deny with input as {
		"packages": {
			"dpkg": {
				"bash": [{"version": "1", "architecture": "amd64"}],
				"gcc": [{"version": "12.2", "architecture": "amd64"}],
			},
		},
	}
		with data.params.allowed_packages as ["bash"]
	{denial.observed | some denial in found} == {"12.2"}
}

test_without_parameter_nothing_is_denied if {
	found := packages_allowed.deny with input as {"packages": {"dpkg": {"bash": [{"version": "1", "architecture": "amd64"}]}}}
		with data.params.allowed_packages as []
	count(found) == 0
}

test_without_parameter_it_is_not_checked if {
	found := packages_allowed.not_checked with input as {"packages": {"dpkg": {"bash": [{"version": "1", "architecture": "amd64"}]}}}
		with data.params.allowed_packages as []
	found == {"the parameter allowed_packages is empty"}
}
