package drift.image.base_layers_approved_test

import data.drift.image.base_layers_approved

test_the_same_layers_pass if {
	found := base_layers_approved.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:aa"}, {"diff_id": "sha256:bb"}, {"diff_id": "sha256:cc"}],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	count(found) == 0
}

test_another_layer_is_denied if {
	found := base_layers_approved.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:aa"}, {"diff_id": "sha256:dd"}, {"diff_id": "sha256:cc"}],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	{denial.observed | some denial in found} == {"sha256:dd"}
}

test_a_missing_layer_is_denied if {
	found := base_layers_approved.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:aa"}],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	{denial.observed | some denial in found} == {"no such layer"}
}

test_without_parameter_it_is_not_checked if {
	found := base_layers_approved.not_checked with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:aa"}],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.base_layers as []
	found == {"the parameter base_layers is empty"}
}
