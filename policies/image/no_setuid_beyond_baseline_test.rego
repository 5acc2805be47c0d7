package drift.image.no_setuid_beyond_baseline_test

import data.drift.image.no_setuid_beyond_baseline

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

test_those_of_the_baseline_pass if {
	found := no_setuid_beyond_baseline.deny with input as {
		"baseline": {"kind": "sealed"},
		"lists": {"setuid": [], "setgid": [object.union(file, {"mode": "2755", "in_baseline": true})]},
	}
	count(found) == 0
}

test_those_beyond_the_baseline_are_denied if {
	found := no_setuid_beyond_baseline.deny with input as {
		"baseline": {"kind": "sealed"},
		"lists": {"setuid": [], "setgid": [object.union(file, {"mode": "2755", "in_baseline": false})]},
	}
	{denial.observed | some denial in found} == {"root:root 2755, not in the baseline"}
}

test_without_baseline_nothing_is_denied if {
	found := no_setuid_beyond_baseline.deny with input as {
		"baseline": {"kind": "none"},
		"lists": {"setuid": [], "setgid": [object.union(file, {"mode": "2755", "in_baseline": null})]},
	}
	count(found) == 0
}

test_another_reference_is_no_baseline if {
	found := no_setuid_beyond_baseline.deny with input as {
		"baseline": {"kind": "package-database"},
		"lists": {"setuid": [], "setgid": [object.union(file, {"mode": "2755", "in_baseline": false})]},
	}
	count(found) == 0
}

test_another_type_is_denied if {
	change := {"subject": "entry", "path": "/usr/bin/x", "kind": "modified", "type": "file", "attributes": [{"name": "type", "before": "symlink", "after": "file"}]}
	found := no_setuid_beyond_baseline.deny with input as {
		"baseline": {"kind": "sealed"},
		"changes": [change, object.union(change, {"path": "/usr/bin/y"})],
		"lists": {"setuid": [object.union(file, {"mode": "4755", "in_baseline": true})], "setgid": []},
	}
	{denial.observed | some denial in found} == {"root:root 4755, of another type in the baseline"}
}
