package drift.image.base_digest_approved_test

import data.drift.image.base_digest_approved

test_an_approved_one_passes if {
	found := base_digest_approved.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.digest": "sha256:aa"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_base_digests as ["sha256:aa"]
	count(found) == 0
}

test_another_is_denied if {
	found := base_digest_approved.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.digest": "sha256:bb"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_base_digests as ["sha256:aa"]
	{denial.observed | some denial in found} == {"sha256:bb"}
}

test_without_parameter_it_is_not_checked if {
	found := base_digest_approved.not_checked with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.digest": "sha256:aa"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_base_digests as []
	found == {"the parameter approved_base_digests is empty"}
}

test_without_image_it_is_not_applicable if {
	found := base_digest_approved.not_applicable with input as {"image": null}
		with data.params.approved_base_digests as ["sha256:aa"]
	found == {"the target is no image"}
}

test_without_parameter_nothing_is_denied if {
	found := base_digest_approved.deny with input as {
		"image": {
			"reference": null,
			"annotations": {"org.opencontainers.image.base.digest": "sha256:aa"},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
	}
		with data.params.approved_base_digests as []
	count(found) == 0
}

test_without_a_word_of_the_image_it_is_not_checked if {
	found := base_digest_approved.not_checked with input as {
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
		with data.params.approved_base_digests as ["sha256:aa"]
	found == {"the image does not say what it is built on (org.opencontainers.image.base.digest)"}
}

test_without_image_nothing_is_unknown if {
	found := base_digest_approved.not_checked with input as {"image": null}
		with data.params.approved_base_digests as ["sha256:aa"]
	count(found) == 0
}
