package drift.image.no_setuid_beyond_base_test

import data.drift.image.no_setuid_beyond_base

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
	found := no_setuid_beyond_base.deny with input as {
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
		"baseline": {"kind": "none"},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	count(found) == 0
}

test_those_above_it_are_denied if {
	found := no_setuid_beyond_base.deny with input as {
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
		"baseline": {"kind": "none"},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	{denial.observed | some denial in found} == {"root:root 4755 from layer 2"}
}

test_those_of_the_baseline_pass if {
	found := no_setuid_beyond_base.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"lists": {"setuid": [object.union(file, {"mode": "4755", "in_baseline": true})], "setgid": []},
		"baseline": {"kind": "sealed"},
	}
		with data.params.base_layers as []
	count(found) == 0
}

test_those_beyond_the_baseline_are_denied if {
	found := no_setuid_beyond_base.deny with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"lists": {"setuid": [object.union(file, {"mode": "4755", "in_baseline": false})], "setgid": []},
		"baseline": {"kind": "sealed"},
	}
		with data.params.base_layers as []
	{denial.observed | some denial in found} == {"root:root 4755 not in the baseline"}
}

test_without_either_it_is_not_checked if {
	found := no_setuid_beyond_base.not_checked with input as {
		"image": {
			"reference": null,
			"annotations": {},
			"size": 1000,
			"config": {"user": null, "labels": {}, "environment_values": {}},
			"layers": [],
			"history": [],
			"secrets": [],
		},
		"lists": {"setuid": [], "setgid": []},
		"baseline": {"kind": "none"},
	}
		with data.params.base_layers as []
	found == {"neither base_layers nor a baseline says what the base has"}
}

test_on_another_base_it_is_not_checked if {
	found := no_setuid_beyond_base.not_checked with input as {
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
		"baseline": {"kind": "none"},
	}
		with data.params.base_layers as ["sha256:aa", "sha256:bb"]
	found == {"the image is not built on base_layers"}
}
