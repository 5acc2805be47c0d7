package drift.host.setuid_allowed_test

import data.drift.host.setuid_allowed

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
	found := setuid_allowed.deny with input as {
		"lists": {
			"setuid": [
				object.union(file, {"path": "/usr/bin/su", "mode": "4755", "package": "util-linux"}),
			],
		},
	}
		with data.params.setuid_allowed as ["/usr/bin/su"]
	count(found) == 0
}

test_one_that_is_not_listed_is_denied if {
	found := setuid_allowed.deny with input as {"lists": {"setuid": [object.union(file, {"path": "/usr/bin/evil", "mode": "4755"})]}}
		with data.params.setuid_allowed as ["/usr/bin/su"]
	{denial.observed | some denial in found} == {"root:root 4755"}
}

test_a_listed_one_of_no_package_is_denied if {
	found := setuid_allowed.deny with input as {"lists": {"setuid": [object.union(file, {"path": "/usr/bin/su", "mode": "4755"})]}}
		with data.params.setuid_allowed as ["/usr/bin/su"]
	{denial.observed | some denial in found} == {"root:root 4755, of no package that was read"}
}

test_a_listed_one_that_others_can_write_is_denied if {
	found := setuid_allowed.deny with input as {
		"lists": {
			"setuid": [
				object.union(file, {"path": "/usr/bin/su", "mode": "4775", "package": "util-linux"}),
			],
		},
	}
		with data.params.setuid_allowed as ["/usr/bin/su"]
	{denial.observed | some denial in found} == {"root:root 4775"}
}

test_one_that_is_not_listed_is_denied_once if {
	found := setuid_allowed.deny with input as {
		"lists": {"setuid": [object.union(file, {"path": "/usr/bin/x", "mode": "4777", "package": "p"})]},
	}
		with data.params.setuid_allowed as []
	count(found) == 1
	{denial.observed | some denial in found} == {"root:root 4777"}
}
