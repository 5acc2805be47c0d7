package drift.image.no_setuid_above_base_test

import data.drift.image.no_setuid_above_base

file := {
	"path": "/usr/bin/x",
	"state": "present",
	"type": "file",
	"mode": "0755",
	"uid": 0,
	"gid": 0,
	"user": "root",
	"group": "root",
	"size": 1,
	"setuid": false,
	"setgid": false,
	"package": null,
	"layer": null,
	"in_baseline": null,
	"capability": null,
}

test_those_of_the_base_pass if {
	found := no_setuid_above_base.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:aa"}, {"diff_id": "sha256:bb"}, {"diff_id": "sha256:cc"}],
			"history": [],
			"secrets": [],
		},
		"lists": {"setuid": [object.union(file, {"mode": "4755", "layer": 1})], "setgid": []},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	count(found) == 0
}

test_those_above_it_are_denied if {
	found := no_setuid_above_base.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:aa"}, {"diff_id": "sha256:bb"}, {"diff_id": "sha256:cc"}],
			"history": [],
			"secrets": [],
		},
		"lists": {"setuid": [object.union(file, {"mode": "4755", "layer": 2})], "setgid": []},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	{denial.observed | some denial in found} == {"root:root 4755 from layer 2"}
}

test_without_parameter_it_is_not_checked if {
	found := no_setuid_above_base.not_checked with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:aa"}],
			"history": [],
			"secrets": [],
		},
		"lists": {"setuid": [object.union(file, {"layer": 0})], "setgid": []},
	}
		with data.params.base_layers as []
	found == {"the parameter base_layers is empty"}
}

test_on_another_base_it_is_not_checked if {
	found := no_setuid_above_base.not_checked with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:dd"}, {"diff_id": "sha256:bb"}],
			"history": [],
			"secrets": [],
		},
		"lists": {"setuid": [], "setgid": []},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	found == {"the image is not built on base_layers"}
}

test_on_a_part_of_the_base_it_is_not_checked if {
	found := no_setuid_above_base.not_checked with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:aa"}],
			"history": [],
			"secrets": [],
		},
		"lists": {"setuid": [], "setgid": []},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	found == {"the image is not built on base_layers"}
}

test_without_image_it_is_not_applicable if {
	found := no_setuid_above_base.not_applicable with input as {"image": null}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	found == {"the target is no image"}
}

test_without_parameter_nothing_is_denied if {
	found := no_setuid_above_base.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:aa"}],
			"history": [],
			"secrets": [],
		},
		"lists": {"setuid": [object.union(file, {"mode": "4755", "layer": 2})], "setgid": []},
	}
		with data.params.base_layers as []
	count(found) == 0
}

test_on_another_base_nothing_is_denied if {
	found := no_setuid_above_base.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [{"diff_id": "sha256:dd"}, {"diff_id": "sha256:bb"}],
			"history": [],
			"secrets": [],
		},
		"lists": {"setuid": [object.union(file, {"mode": "4755", "layer": 2})], "setgid": []},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	count(found) == 0
}

test_without_image_nothing_is_unknown if {
	found := no_setuid_above_base.not_checked with input as {"image": null}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	count(found) == 0
}
