package drift.host.executables_in_temporary_directories_test

import data.drift.host.executables_in_temporary_directories

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

test_none_and_allowed_ones_pass if {
	found := executables_in_temporary_directories.deny with input as {"lists": {"temporary_executables": [object.union(file, {"path": "/tmp/build/x"})]}}
		with data.params.temporary_executables_allowed as ["/tmp/build"]
	count(found) == 0
}

test_others_are_denied if {
	found := executables_in_temporary_directories.deny with input as {"lists": {"temporary_executables": [object.union(file, {"path": "/tmp/x"})]}}
		with data.params.temporary_executables_allowed as ["/tmp/build"]
	{denial.observed | some denial in found} == {"root:root 0755"}
}
