package drift.image.no_secrets_in_configuration_test

import data.drift.image.no_secrets_in_configuration

test_none_passes if {
	found := no_secrets_in_configuration.deny with input as {
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
	count(found) == 0
}

test_each_is_denied if {
	found := no_secrets_in_configuration.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [{"location": "config.env.API_TOKEN", "kind": "token"}],
		},
	}
	{denial.observed | some denial in found} == {"token in config.env.API_TOKEN"}
}

test_without_image_it_is_not_applicable if {
	found := no_secrets_in_configuration.not_applicable with input as {"image": null}
	found == {"the target is no image"}
}
