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

setting(name, value) := {"image": {"config": {"environment_values": {name: [value]}}}}

test_directories_that_hide_where_they_lead_are_denied if {
	every value in ["//tmp", "/usr/../tmp", "/./tmp", "/usr/bin/..", "/usr/."] {
		found := environment_safe.deny with input as setting("PATH", value)
			with data.params.environment_allowed as []
		count(found) == 1
	}
	plain := environment_safe.deny with input as setting("PATH", "/usr/..bin:/usr/.local/bin:/usr/bin/")
		with data.params.environment_allowed as []
	count(plain) == 0
}

test_what_shells_run_first_is_denied if {
	every name in ["BASH_ENV", "ENV"] {
		found := environment_safe.deny with input as setting(name, "/x")
			with data.params.environment_allowed as []
		count(found) == 1
	}
}
