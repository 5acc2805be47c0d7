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

test_a_sign_is_denied if {
	found := runs_as_non_root.deny with input as {"image": {"config": {"user": "-1:5"}}}
	{denial.observed | some denial in found} == {"-1:5"}
	signed := runs_as_non_root.deny with input as {"image": {"config": {"user": "+7"}}}
	count(signed) == 1
}

test_a_number_beyond_all_accounts_is_denied if {
	longer := runs_as_non_root.deny with input as {"image": {"config": {"user": "4294967296"}}}
	{denial.observed | some denial in longer} == {"4294967296"}
	long := runs_as_non_root.deny with input as {"image": {"config": {"user": "0018446744073709551616"}}}
	count(long) == 1
	next := runs_as_non_root.deny with input as {"image": {"config": {"user": "2147483648"}}}
	count(next) == 1
}

test_the_largest_number_passes if {
	found := runs_as_non_root.deny with input as {"image": {"config": {"user": "002147483647"}}}
	count(found) == 0
}
