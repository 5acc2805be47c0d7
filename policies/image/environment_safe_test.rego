package drift.image.environment_safe_test

import data.drift.image.environment_safe

test_the_usual_path_passes if {
	found := environment_safe.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"environment_values": {"PATH": ["/usr/local/bin:/usr/bin:/tmpfiles"]}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.environment_allowed as []
	count(found) == 0
}

test_preloading_and_temporary_directories_are_denied if {
	found := environment_safe.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"environment_values": {"PATH": ["/usr/bin:/tmp/bin"], "LD_PRELOAD": ["/x.so"]}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.environment_allowed as []
	{denial.observed | some denial in found} == {"LD_PRELOAD=/x.so", "PATH=/usr/bin:/tmp/bin"}
}

test_an_empty_directory_is_denied if {
	found := environment_safe.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"environment_values": {"PATH": ["/usr/bin:"]}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.environment_allowed as []
	{denial.observed | some denial in found} == {"PATH=/usr/bin:"}
}

test_an_allowed_variable_passes if {
	found := environment_safe.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"environment_values": {"LD_LIBRARY_PATH": ["/opt/lib"]}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.environment_allowed as ["LD_LIBRARY_PATH"]
	count(found) == 0
}

test_without_image_it_is_not_applicable if {
	found := environment_safe.not_applicable with input as {"image": null}
	found == {"the target is no image"}
}
