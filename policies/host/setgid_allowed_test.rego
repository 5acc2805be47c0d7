package drift.host.setgid_allowed_test

import data.drift.host.setgid_allowed

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

test_a_listed_one_of_a_package_passes if {
	found := setgid_allowed.deny with input as {
		"lists": {
			"setgid": [
				object.union(file, {"path": "/usr/bin/su", "mode": "2755", "package": "util-linux"}),
			],
		},
	}
		with data.params.setgid_allowed as ["/usr/bin/su"]
	count(found) == 0
}

test_one_that_is_not_listed_is_denied if {
	found := setgid_allowed.deny with input as {"lists": {"setgid": [object.union(file, {"path": "/usr/bin/evil", "mode": "2755"})]}}
		with data.params.setgid_allowed as ["/usr/bin/su"]
	{denial.observed | some denial in found} == {"root:root 2755"}
}

test_a_listed_one_of_no_package_is_denied if {
	found := setgid_allowed.deny with input as {"lists": {"setgid": [object.union(file, {"path": "/usr/bin/su", "mode": "2755"})]}}
		with data.params.setgid_allowed as ["/usr/bin/su"]
	{denial.observed | some denial in found} == {"root:root 2755, of no package that was read"}
}

test_a_listed_one_that_others_can_write_is_denied if {
	found := setgid_allowed.deny with input as {
		"lists": {
			"setgid": [
				object.union(file, {"path": "/usr/bin/su", "mode": "2775", "package": "util-linux"}),
			],
		},
	}
		with data.params.setgid_allowed as ["/usr/bin/su"]
	{denial.observed | some denial in found} == {"root:root 2775"}
}

test_one_that_is_not_listed_is_denied_once if {
	found := setgid_allowed.deny with input as {
		"lists": {"setgid": [object.union(file, {"path": "/usr/bin/x", "mode": "2777", "package": "p"})]},
	}
		with data.params.setgid_allowed as []
	count(found) == 1
	{denial.observed | some denial in found} == {"root:root 2777"}
}
