package drift.image.size_budget_test

import data.drift.image.size_budget

test_within_passes if {
	found := size_budget.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.max_image_bytes as 1000
	count(found) == 0
}

test_beyond_is_denied if {
	found := size_budget.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.max_image_bytes as 999
	{denial.observed | some denial in found} == {"1000 bytes"}
}

test_without_budget_it_is_not_checked if {
	found := size_budget.not_checked with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.max_image_bytes as 0
	found == {"the parameter max_image_bytes sets no budget"}
}

test_without_image_it_is_not_applicable if {
	found := size_budget.not_applicable with input as {"image": null}
		with data.params.max_image_bytes as 1
	found == {"the target is no image"}
}

test_without_budget_nothing_is_denied if {
	found := size_budget.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.max_image_bytes as 0
	count(found) == 0
}
