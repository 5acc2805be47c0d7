package drift.image.no_remote_add_test

import data.drift.image.no_remote_add

test_local_and_verified_ones_pass if {
	found := no_remote_add.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [
				{"created_by": "ADD file:abc in /"},
				{"created_by": "RUN curl https://x"},
				{"created_by": "ADD --checksum=sha256:aa https://example.org/x /x # buildkit"},
				{"created_by": null},
			],
			"secrets": [],
		},
	}
	count(found) == 0
}

test_addresses_are_denied if {
	found := no_remote_add.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [
				{"created_by": "/bin/sh -c #(nop) ADD https://example.org/x /x"},
				{"created_by": "ADD --chown=1:1 https://example.org/y /y # buildkit"},
			],
			"secrets": [],
		},
	}
	{denial.observed | some denial in found} == {"/bin/sh -c #(nop) ADD https://example.org/x /x", "ADD --chown=1:1 https://example.org/y /y # buildkit"}
}

test_without_history_it_is_not_checked if {
	found := no_remote_add.not_checked with input as {
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
	found == {"the image has no history"}
}

test_without_image_it_is_not_applicable if {
	found := no_remote_add.not_applicable with input as {"image": null}
	found == {"the target is no image"}
}

test_with_history_it_is_checked if {
	found := no_remote_add.not_checked with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [{"created_by": "RUN x"}],
			"secrets": [],
		},
	}
	count(found) == 0
}

test_without_image_nothing_is_unknown if {
	found := no_remote_add.not_checked with input as {"image": null}
	count(found) == 0
}

steps(text) := {"image": {"history": [{"created_by": text}]}}

test_every_form_of_address_is_denied if {
	every text in [
		"ADD\thttps://example.org/x /x",
		"ADD [\"https://example.org/x\", \"/x\"]",
		"ADD git@example.org:x.git /x",
		"ADD ssh://example.org/x /x",
		"ADD https://example.org/x?--checksum=no /x",
		"ADD https://example.org/x /--checksum=no",
	] {
		found := no_remote_add.deny with input as steps(text)
		count(found) == 1
	}
}

test_a_checksum_after_other_options_passes if {
	found := no_remote_add.deny with input as steps("ADD --chown=1:1 --checksum=sha256:aa https://example.org/x /x")
	count(found) == 0
}
