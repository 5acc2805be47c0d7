package drift.image.runs_as_non_root_test

import data.drift.image.runs_as_non_root

test_a_name_passes if {
	found := runs_as_non_root.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "app"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
	count(found) == 0
}

test_a_number_passes if {
	found := runs_as_non_root.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "10001:10001"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
	count(found) == 0
}

test_no_user_is_denied if {
	found := runs_as_non_root.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
	{denial.observed | some denial in found} == {"no user, which is root"}
}

test_an_empty_user_is_denied if {
	found := runs_as_non_root.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": ""},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
	{denial.observed | some denial in found} == {"no user, which is root"}
}

test_root_is_denied if {
	found := runs_as_non_root.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "root:adm"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
	{denial.observed | some denial in found} == {"root:adm"}
}

test_zero_is_denied if {
	found := runs_as_non_root.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "0"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
	{denial.observed | some denial in found} == {"0"}
}

test_another_zero_is_denied if {
	found := runs_as_non_root.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": "+00:5"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
	{denial.observed | some denial in found} == {"+00:5"}
}

test_an_empty_name_with_a_group_is_denied if {
	found := runs_as_non_root.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": ":5"},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
	{denial.observed | some denial in found} == {":5"}
}

test_without_image_it_is_not_applicable if {
	found := runs_as_non_root.not_applicable with input as {"image": null}
	found == {"the target is no image"}
}
